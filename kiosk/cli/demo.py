"""`kiosk demo`: a whole site on this machine."""

import os
from pathlib import Path
from typing import Annotated

import typer

from kiosk.cli.exits import FAULT, carry, typed


def _vipps_url(text: str) -> str:
    from kiosk.services.vipps import VippsSettings

    with typed():
        return VippsSettings.simulator(text).base_url


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Play a whole day offscreen, also where there is a display.")
    ] = False,
    out: Annotated[
        Path,
        typer.Option("--out", help="Folder for pictures, receipts and the journal; new, empty or of a demo before."),
    ] = Path("demo-out"),
    seed: Annotated[
        int, typer.Option("--seed", help="Any whole number; it draws how much energy the drivers take.")
    ] = 1,
    vipps_url: Annotated[
        str | None,
        typer.Option(
            envvar="KIOSK_VIPPS__BASE_URL",
            metavar="URL",
            parser=_vipps_url,
            help="A running `kiosk sim vipps` to use instead of an own one, such as http://127.0.0.1:8100.",
        ),
    ] = None,
) -> None:
    """Open a station and a phone page with simulators behind them.

    Without a display (or with --headless) play a day with eight drivers instead, and compare the books: 0 if they agree.
    """
    if not headless and (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        from kiosk.demo.live import show_live

        code = carry(lambda: show_live(out, vipps_url))
    else:
        from kiosk.demo.run import play_day

        code = FAULT if carry(lambda: play_day(out, seed, vipps_url)) else 0
    raise typer.Exit(code)
