"""`kiosk station`: the station itself, with its screen or without."""

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from kiosk.cli.exits import FAULT, announce, say_if_heard, serve
from kiosk.cli.first_light import pixels
from kiosk.cli.options import CONFIG_DEFAULT, Config

if TYPE_CHECKING:
    from kiosk.config import Settings
    from kiosk.ui.splash import Splash


def station(
    context: typer.Context,
    config: Config = CONFIG_DEFAULT,
    headless: Annotated[bool, typer.Option("--headless", help="The engine alone, without a screen.")] = False,
    only: Annotated[
        str | None, typer.Option("--station", help="Id of the one station to show, such as NO-SND-003; all without it.")
    ] = None,
    size: Annotated[
        str | None, typer.Option(help="Window size in pixels, such as 1280x800; full screen without it.")
    ] = None,
    night: Annotated[bool, typer.Option("--night", help="Light text on dark ground.")] = False,
) -> None:
    """Serve the stations of a site until told to stop (Ctrl-C); unsettled sessions are taken up again first."""
    if headless and (only or size or night):
        raise typer.BadParameter("--station, --size and --night are for a screen, which --headless does without.")
    # httpx would load its own command line with rich, pygments and click: 7 MB that a station never uses.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # None: not to be imported
    found = pixels(size) if size is not None else None
    if size is not None and found is None:
        raise typer.BadParameter(f"{size!r} is no size; write width x height in pixels, such as 1280x800.")
    if headless:
        serve(partial(_engine, config))
    else:
        _glass(config, only, found, night, context.obj)


async def _engine(config: Path) -> None:
    from kiosk.cli.voice import Voice
    from kiosk.compose import open_site
    from kiosk.config import load

    settings = load(config)
    async with open_site(settings) as running:
        announce(f"{len(settings.station)} stations of {settings.site.name} are served.")
        Voice(running.site, say_if_heard)
        await running.site.run(running.scope)


def _glass(config: Path, only: str | None, size: tuple[int, int] | None, night: bool, raised: "Splash | None") -> None:
    from kiosk.ui.splash import Splash

    splash = raised or Splash(size)  # before the imports below, which take longer than all that a driver waits for
    from kiosk.compose import open_site
    from kiosk.config import load
    from kiosk.services.clock import SystemClock
    from kiosk.ui.app import App, run

    settings = load(config)
    if only is not None:
        _check_station(only, settings)

    async def work(app: App) -> int:
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

    raise typer.Exit(run(work))


def _check_station(only: str, settings: "Settings") -> None:
    ids = [part.id for part in settings.station]
    if only not in ids:
        raise typer.BadParameter(f"there is no station {only!r} in the settings; there are: {', '.join(ids)}.")
