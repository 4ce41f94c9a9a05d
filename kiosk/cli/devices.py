"""`kiosk meter` and `kiosk charger`: one device by hand, on any of the three transports."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import typer

from kiosk.cli.exits import announce, carry, fail, show, typed
from kiosk.cli.live import searching, watching
from kiosk.cli.options import Json
from kiosk.domain.energy import Plug, Reading
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.outcome import Done, Outcome
from kiosk.services.charger.controller import Controller
from kiosk.services.charger.opening import NoController, open_charger
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

MeterProfile = Annotated[str, typer.Option("--profile", help="Make of the meter, such as eastron-sdm630.")]
ChargerProfile = Annotated[str, typer.Option("--profile", help="Make of the controller, such as keba-p30.")]
Url = Annotated[
    str,
    typer.Option(
        "--url",
        help="Where it is, in quotes: 'tcp://192.168.1.20:502?unit=1' (Modbus TCP), 'rtu:///dev/ttyUSB0?baud=9600&unit=1' "
        "(serial line) or 'rtutcp://192.168.1.21:4001' (serial line behind a gateway). What it leaves out, such as port "
        "(502) or unit, is taken from the profile.",
    ),
]
Amps = Annotated[int, typer.Option("--amps", min=6, max=80, help="Current to offer on each phase, in amperes.")]
WATCH_S = 1.0
NO_ADAPTER = (
    "There is no serial adapter on this machine. Plug one in, or name a meter or gateway with --url tcp://host:port."
)

T = TypeVar("T")


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
    profiles = meter_profiles()
    with typed():
        units = ways.units(unit_ids) if unit_ids else ways.usual_units(profiles)
        if "unit" in stated(url):
            units = [parse(url, 1, Serial()).unit]
        places = [url] if url else [f"rtu://{port}" for port in ways.ports()]
        found = [way for place in places for way in ways.ways(place, profiles)]
    if not found:
        fail(Trouble(Fault.METER_SILENT, NO_ADAPTER))

    async def search() -> Report:
        with searching(as_json) as say:
            return await Search(profiles, units, SystemClock().now, say).run(found, within_s)

    report = carry(search)
    if not any(each.fits for each in report.found):
        fail(report.trouble)
    show(asdict(report), as_json, lambda: _say_report(report))


def _say_report(report: Report) -> None:
    for found in report.found:
        for fit in found.fits:
            how = "" if fit.certain else ", by its values alone: it does not say what it is"
            print(f"{fit.profile} ({fit.name}), {_serial(fit.serial)}, {fit.import_wh} Wh{how}")
            print(f"  kiosk meter read --profile {fit.profile} --url '{found.url}'")
            if fit.experimental:
                print(f"  {fit.experimental}")
        if not found.fits:
            print(f"{found.url} answers, but no profile fits.", *found.why_not[:3], sep="\n  ")
        elif len(found.fits) > 1:
            print("  Several profiles fit. Compare the register with the meter's display.")
    if not report.complete:
        print("The search ended before everything was tried; --within gives it more time.")


@meter_app.command("read")
def meter_read(profile: MeterProfile, url: Url, as_json: Json = False) -> None:
    """Read the total import register once, as for a bill (Wh), and the power beside it (W)."""

    async def read(meter: MeterReader, lines: Lines) -> tuple[Reading | Trouble, Counts]:
        return await meter.read(), lines.counts()[0]

    reading, counts = _with_meter(profile, url, read)
    if isinstance(reading, Trouble):
        fail(reading)
    show(_reading(reading, counts), as_json, lambda: _say_reading(reading))


@meter_app.command("watch")
def meter_watch(
    profile: MeterProfile,
    url: Url,
    count: Annotated[int, typer.Option(min=0, help="End after so many readings; 0 goes on until Ctrl-C.")] = 0,
    as_json: Json = False,
) -> None:
    """A reading every second: a table on a terminal, lines elsewhere. A fault is said and the watch goes on."""

    def say(reading: Reading | Trouble, counts: Counts) -> None:
        show(_reading(reading, counts), as_json, lambda: _say_reading(reading))

    async def watch(meter: MeterReader, lines: Lines) -> None:
        with watching(say, as_json) as shown:
            number = 0
            while count == 0 or number < count:
                number += 1
                shown(await meter.read(), lines.counts()[0])
                await asyncio.sleep(WATCH_S if count == 0 or number < count else 0)

    _with_meter(profile, url, watch)


@charger_app.command("read")
def charger_read(profile: ChargerProfile, url: Url, as_json: Json = False) -> None:
    """What the controller says: IEC 61851 state (A to F), whether it is enabled, the offered current (mA), and its own names."""

    async def see(charger: Controller | NoController) -> tuple[Plug | Trouble, dict[str, str | None] | Trouble, str]:
        return await charger.look(), await charger.shows(), _doubts(profile, charger.doubts)

    plug, shown, doubts = _with_charger(profile, url, 6, see)
    if isinstance(plug, Trouble):
        fail(plug)
    if isinstance(shown, Trouble):
        fail(shown)
    _say_plug(plug, shown, doubts, as_json)


@charger_app.command("enable")
def charger_enable(profile: ChargerProfile, url: Url, amps: Amps, as_json: Json = False) -> None:
    """Let the car charge. Only for a test: without the kiosk the controller's own watchdog ends it."""
    _switch(profile, url, amps, True, as_json)


@charger_app.command("disable")
def charger_disable(profile: ChargerProfile, url: Url, as_json: Json = False) -> None:
    """Open the contactor: the car gets nothing more."""
    _switch(profile, url, 6, False, as_json)


def _switch(profile: str, url: str, amps: int, on: bool, as_json: bool) -> None:
    async def switch(charger: Controller | NoController) -> Outcome[None]:
        if not on:
            return await charger.disable()
        if doubts := _doubts(profile, charger.doubts):
            announce(doubts, sys.stderr)
        return await charger.enable()

    try:
        outcome = _with_charger(profile, url, amps, switch)
    except typer.Exit:
        opens = f"kiosk charger disable --profile {profile} --url '{url}'"
        announce(f"Broken off: the contactor may be closed. To open it: {opens}", sys.stderr)
        raise
    if not isinstance(outcome, Done):
        fail(outcome.trouble)
    show({"enabled": on}, as_json, lambda: print("Enabled." if on else "Disabled."))


def _with_meter(profile: str, url: str, use: Callable[[MeterReader, Lines], Awaitable[T]]) -> T:
    async def work() -> T:
        async with Lines() as lines:
            with typed():
                meter = open_meter(lines, profile, url, SystemClock().now)
            if meter.experimental:  # beside the reading and its JSON
                print(meter.experimental, file=sys.stderr)
            return await use(meter, lines)

    return carry(work)


def _with_charger(profile: str, url: str, amps: int, use: Callable[[Controller | NoController], Awaitable[T]]) -> T:
    async def work() -> T:
        async with Lines() as lines:
            with typed():
                charger = open_charger(lines, profile, url, SystemClock().now, amps)
            return await use(charger)

    return carry(work)


def _reading(reading: Reading | Trouble, counts: Counts) -> dict[str, Any]:
    if isinstance(reading, Trouble):
        return {"fault": reading.fault, "detail": reading.detail, "line": counts.report()}
    return {
        "import_wh": reading.import_wh,
        "power_w": reading.power_w,
        "serial": reading.number or None,
        "resolution_wh": reading.resolution_wh,
        "utc_ms": reading.at.utc_ms,
        "line": counts.report(),
    }


def _say_reading(reading: Reading | Trouble) -> None:
    if isinstance(reading, Trouble):
        print(reading.detail)
        return
    text = f"{reading.import_wh} Wh  {reading.power_w} W  {_serial(reading.number)}"
    print(f"{text}  steps of {reading.resolution_wh} Wh")


def _serial(number: str) -> str:
    return f"serial {number}" if number else "no serial number"


def _say_plug(plug: Plug, shown: dict[str, str | None], doubts: str, as_json: bool) -> None:
    data = {"pilot": plug.pilot, "enabled": plug.enabled, "offered_ma": plug.offered_ma}
    lines: list[Mapping[str, object]] = [data, shown] if shown else [data]

    def say() -> None:
        for line in lines:
            print("  ".join(f"{name} {'cannot tell' if value is None else value}" for name, value in line.items()))
        if doubts:
            print(doubts)

    show(data | {"shows": shown, "experimental": doubts or None}, as_json, say)


def _doubts(profile: str, names: tuple[str, ...]) -> str:
    if not names:
        return ""
    return (
        f"{profile} is experimental: no source proves its {', '.join(names)}. Prove them at the device before it sells."
    )
