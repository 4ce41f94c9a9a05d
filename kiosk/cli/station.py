"""`kiosk station`: the station itself, with its screen or without."""

import asyncio
import signal
from typing import Annotated

import typer

from kiosk.cli.exits import guarded
from kiosk.cli.options import CONFIG_DEFAULT, Config


def station(
    config: Config = CONFIG_DEFAULT,
    headless: Annotated[bool, typer.Option("--headless", help="The engine alone, without a screen.")] = False,
    only: Annotated[str | None, typer.Option("--station", help="Show one station instead of all.")] = None,
    size: Annotated[str | None, typer.Option(help="Window size such as 1280x800; full screen without it.")] = None,
) -> None:
    """Serve the stations of a site until told to stop; unsettled sessions are taken up again first."""
    if headless:
        guarded(lambda: asyncio.run(_engine(config)))
    else:
        from kiosk.ui.station_app import run_station

        guarded(lambda: run_station(config, only, size))


async def _engine(config: Config) -> None:
    from kiosk.compose import open_site
    from kiosk.config import load

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    settings = load(config)
    async with open_site(settings) as running:
        from kiosk.flow.tasks import first

        print(f"{len(settings.station)} stations of {settings.site.name} are served.", flush=True)
        await first(stop.wait(), running.site.run(running.scope))
