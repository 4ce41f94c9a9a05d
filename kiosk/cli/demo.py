"""`kiosk demo`: a whole site on this machine."""

import asyncio
import os
from pathlib import Path
from typing import Annotated

import typer

from kiosk.cli.exits import FAULT, guarded


def demo(
    headless: Annotated[bool, typer.Option("--headless", help="Play a whole day offscreen.")] = False,
    out: Annotated[Path, typer.Option("--out", help="Where pictures, receipts and the journal go.")] = Path("demo-out"),
    seed: Annotated[int, typer.Option("--seed", help="Draws what the drivers take.")] = 1,
    vipps_url: Annotated[
        str | None, typer.Option(envvar="KIOSK_VIPPS__BASE_URL", help="A running `kiosk sim vipps`.")
    ] = None,
) -> None:
    """Simulators, stations, drivers. Without a display a day is played and the books are compared; 0 if they agree."""
    if not headless and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        from kiosk.demo.live import show_live

        guarded(lambda: show_live(out))
        return
    from kiosk.demo.run import play_day

    wrong = guarded(lambda: asyncio.run(play_day(out, seed, vipps_url)))
    raise typer.Exit(FAULT if wrong else 0)
