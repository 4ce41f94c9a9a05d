"""`kiosk meter` and `kiosk charger`: one device by hand, on any of the three transports."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any

import typer

from kiosk.cli.exits import fail, guarded, show
from kiosk.cli.live import Watched, searching, watching
from kiosk.cli.options import Json
from kiosk.domain.energy import Plug, Reading
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.domain.outcome import Done
from kiosk.services.charger.controller import Controller, NoController, open_charger
from kiosk.services.clock import SystemClock
from kiosk.services.meter import ways
from kiosk.services.meter.detect import Search, meter_profiles
from kiosk.services.meter.findings import Report
from kiosk.services.meter.reader import MeterReader, open_meter
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.counts import Counts
from kiosk.services.modbus.url import Serial, parse, stated

meter_app = typer.Typer(no_args_is_help=True, help="Read a meter's billing register.")
charger_app = typer.Typer(no_args_is_help=True, help="See and switch a charge controller.")

Profile = Annotated[str, typer.Option("--profile", help="Such as eastron-sdm630; a file in resources/.")]
Url = Annotated[
    str, typer.Option("--url", help="tcp://host:port?unit=1, rtu:///dev/ttyUSB0?baud=9600&unit=1 or rtutcp://...")
]
WATCH_S = 1.0


@meter_app.command("detect")
def meter_detect(
    url: Annotated[
        str, typer.Option("--url", help="tcp://host:port or rtu:///dev/ttyUSB0; left out: every serial adapter.")
    ] = "",
    unit_ids: Annotated[
        str, typer.Option("--units", help="Such as 1-247 or 1-10,42; left out: 1-32 and those that makers deliver.")
    ] = "",
    within_s: Annotated[float, typer.Option("--within", min=1, max=3600, help="Seconds after which it ends.")] = 300,
    as_json: Json = False,
) -> None:
    """Find the meters on a line or host, and their profiles. Nothing is ever written to a device."""
    try:
        units = ways.units(unit_ids) if unit_ids else []
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--units") from None
    report = guarded(lambda: asyncio.run(_detect(url, units, within_s, as_json)), as_json)
    if not any(found.fits for found in report.found):
        fail(report.trouble, as_json)
    show(asdict(report), as_json, lambda: _say_report(report))


async def _detect(url: str, units: list[int], within_s: float, as_json: bool) -> Report:
    profiles = meter_profiles()
    places = [url] if url else [f"rtu://{port}" for port in ways.ports()]
    if not places:
        raise FaultError(
            Trouble(
                Fault.METER_SILENT,
                "There is no serial adapter on this machine. Plug one in, or name a meter or gateway with "
                "--url tcp://host:port.",
            )
        )
    if "unit" in stated(url):
        units = [parse(url, 1, Serial()).unit]
    units = units or ways.usual_units(profiles)
    with searching(as_json) as say:
        search = Search(profiles, units, SystemClock().now, say)
        return await search.run([way for place in places for way in ways.ways(place, profiles)], within_s)


def _say_report(report: Report) -> None:
    for found in report.found:
        for fit in found.fits:
            how = "" if fit.certain else ", by its values alone: it does not say what it is"
            print(f"{fit.profile} ({fit.name}), serial {fit.serial}, {fit.import_wh} Wh{how}")
            print(f"  kiosk meter read --profile {fit.profile} --url '{found.url}'")
        if not found.fits:
            print(f"{found.url} answers, but no profile fits.", *found.why_not[:3], sep="\n  ")
        elif len(found.fits) > 1:
            print("  Several profiles fit. Compare the register with the meter's display.")
    if not report.complete:
        print("The search ended before everything was tried; --within gives it more time.")


@meter_app.command("read")
def meter_read(profile: Profile, url: Url, as_json: Json = False) -> None:
    """One billing read: the register, read twice, and the power beside it."""

    async def read(meter: MeterReader, lines: Lines) -> tuple[Reading | Trouble, Counts]:
        return await meter.read(), lines.counts()[0]

    reading, counts = _with_meter(profile, url, as_json, read)
    if isinstance(reading, Trouble):
        fail(reading, as_json)
    show(_reading(reading, counts), as_json, lambda: _say_reading(reading))


@meter_app.command("watch")
def meter_watch(
    profile: Profile,
    url: Url,
    count: Annotated[int, typer.Option(help="Readings, 0 for ever.")] = 0,
    as_json: Json = False,
) -> None:
    """A reading every second, until Ctrl-C. A fault is said and the watch goes on."""

    async def watch(meter: MeterReader, lines: Lines) -> None:
        with printing_json() if as_json else watching(_say_reading) as shown:
            number = 0
            while count == 0 or number < count:
                number += 1
                shown(await meter.read(), lines.counts()[0])
                await asyncio.sleep(WATCH_S if count == 0 or number < count else 0)

    _with_meter(profile, url, as_json, watch)


@contextmanager
def printing_json() -> Iterator[Watched]:
    yield lambda reading, counts: show(_reading(reading, counts), True, lambda: None)


@charger_app.command("read")
def charger_read(profile: Profile, url: Url, as_json: Json = False) -> None:
    """What the controller says: IEC 61851 state, whether it is enabled, the offered current."""
    plug = _with_charger(profile, url, 6, as_json, lambda charger: charger.look())
    if isinstance(plug, Trouble):
        fail(plug, as_json)
    _say_plug(plug, as_json)


@charger_app.command("enable")
def charger_enable(
    profile: Profile, url: Url, amps: Annotated[int, typer.Option("--amps", min=6, max=80)], as_json: Json = False
) -> None:
    """Let the car take AMPS. Only for a test: without the kiosk the controller's own watchdog ends it."""
    _switch(profile, url, amps, True, as_json)


@charger_app.command("disable")
def charger_disable(profile: Profile, url: Url, as_json: Json = False) -> None:
    """Open the contactor."""
    _switch(profile, url, 6, False, as_json)


def _switch(profile: str, url: str, amps: int, on: bool, as_json: bool) -> None:
    outcome = _with_charger(profile, url, amps, as_json, lambda charger: charger.enable() if on else charger.disable())
    if not isinstance(outcome, Done):
        fail(outcome.trouble, as_json)
    show({"enabled": on}, as_json, lambda: print("Enabled." if on else "Disabled."))


def _with_meter(profile: str, url: str, as_json: bool, use: Callable[[MeterReader, Lines], Awaitable[Any]]) -> Any:
    async def work() -> Any:
        async with Lines() as lines:
            return await use(open_meter(lines, profile, url, SystemClock().now), lines)

    return guarded(lambda: asyncio.run(work()), as_json)


def _with_charger(
    profile: str, url: str, amps: int, as_json: bool, use: Callable[[Controller | NoController], Awaitable[Any]]
) -> Any:
    async def work() -> Any:
        async with Lines() as lines:
            return await use(open_charger(lines, profile, url, SystemClock().now, amps))

    return guarded(lambda: asyncio.run(work()), as_json)


def _reading(reading: Reading | Trouble, counts: Counts) -> dict[str, Any]:
    if isinstance(reading, Trouble):
        return {"fault": reading.fault, "detail": reading.detail, "line": counts.report()}
    return {
        "import_wh": reading.import_wh,
        "power_w": reading.power_w,
        "serial": reading.serial,
        "resolution_wh": reading.resolution_wh,
        "utc_ms": reading.at.utc_ms,
        "line": counts.report(),
    }


def _say_reading(reading: Reading | Trouble) -> None:
    if isinstance(reading, Trouble):
        print(reading.detail, flush=True)
        return
    text = f"{reading.import_wh} Wh  {reading.power_w} W  serial {reading.serial}"
    print(f"{text}  steps of {reading.resolution_wh} Wh", flush=True)


def _say_plug(plug: Plug, as_json: bool) -> None:
    data = {"pilot": plug.pilot, "enabled": plug.enabled, "offered_ma": plug.offered_ma}
    known = {name: "cannot tell" if value is None else value for name, value in data.items()}
    show(data, as_json, lambda: print("  ".join(f"{name} {value}" for name, value in known.items())))
