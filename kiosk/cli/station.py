"""`kiosk station`: the station itself, with its screen or without."""

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.exits import FAULT, guarded
from kiosk.cli.first_light import pixels
from kiosk.cli.options import CONFIG_DEFAULT, Config

if TYPE_CHECKING:
    from kiosk.ui.splash import Splash


def station(
    context: typer.Context,
    config: Config = CONFIG_DEFAULT,
    headless: Annotated[bool, typer.Option("--headless", help="The engine alone, without a screen.")] = False,
    only: Annotated[str | None, typer.Option("--station", help="Show one station instead of all.")] = None,
    size: Annotated[str | None, typer.Option(help="Window size such as 1280x800; full screen without it.")] = None,
    night: Annotated[bool, typer.Option("--night", help="Dark ground.")] = False,
) -> None:
    """Serve the stations of a site until told to stop; unsettled sessions are taken up again first."""
    if headless and only is not None:
        raise typer.BadParameter("--station is for a screen; the engine always serves every station of the site.")
    # httpx would load its own command line with rich, pygments and click: 7 MB that a station never uses.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: not to be imported
    if headless:
        guarded(lambda: asyncio.run(_engine(config)))
        return
    found = pixels(size) if size else None
    if size and found is None:
        raise typer.BadParameter(f"{size!r} is no size; write width x height in pixels, such as 1280x800.")
    guarded(lambda: _glass(config, only, found, night, context.obj))


async def _engine(config: Config) -> None:
    from kiosk.compose import open_site
    from kiosk.config import load
    from kiosk.flow.tasks import first

    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    settings = load(config)
    async with open_site(settings) as running:
        print(f"{len(settings.station)} stations of {settings.site.name} are served.", flush=True)
        await first(stop.wait(), running.site.run(running.scope))


def _glass(
    config: Config, only: str | None, size: tuple[int, int] | None, night: bool, raised: "Splash | None"
) -> None:
    from kiosk.ui.splash import Splash

    splash = raised or Splash(size)  # before the imports below, which take longer than all that a driver waits for
    from kiosk.compose import open_site
    from kiosk.config import load
    from kiosk.services.clock import SystemClock
    from kiosk.ui.app import App, run

    settings = load(config)
    if only is not None and only not in {part.id for part in settings.station}:
        raise typer.BadParameter(f"there is no station {only!r} in {config}.")

    async def serve(app: App) -> int:
        async with open_site(settings) as running:
            app.open_station(
                running.site,
                now=running.clock.now,
                hand=SystemClock().now,
                station_id=only,
                size=size,
                language=settings.site.language,
                zone=settings.site.timezone,
                night=night,
            )
            splash.close()
            await running.site.run(running.scope)
        return FAULT

    raise typer.Exit(run(serve))
