"""`kiosk meter` and `kiosk charger`: one device by hand, on any of the three transports."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Annotated, Any

import typer

from kiosk.cli.exits import fail, guarded, show
from kiosk.cli.options import Json
from kiosk.domain.energy import Plug, Reading
from kiosk.domain.fault import Trouble
from kiosk.domain.outcome import Done
from kiosk.services.charger.controller import Controller
from kiosk.services.charger.opening import NoController, open_charger
from kiosk.services.clock import SystemClock
from kiosk.services.meter.reader import MeterReader, open_meter
from kiosk.services.modbus.bus import Lines

meter_app = typer.Typer(no_args_is_help=True, help="Read a meter's billing register.")
charger_app = typer.Typer(no_args_is_help=True, help="See and switch a charge controller.")

Profile = Annotated[str, typer.Option("--profile", help="Such as eastron-sdm630; a file in resources/.")]
Url = Annotated[
    str, typer.Option("--url", help="tcp://host:port?unit=1, rtu:///dev/ttyUSB0?baud=9600&unit=1 or rtutcp://...")
]
WATCH_S = 1.0


@meter_app.command("read")
def meter_read(profile: Profile, url: Url, as_json: Json = False) -> None:
    """One billing read: the register, read twice, and the power beside it."""
    reading = _with_meter(profile, url, as_json, lambda meter: meter.read())
    if isinstance(reading, Trouble):
        fail(reading, as_json)
    show(_reading(reading), as_json, lambda: _say_reading(reading))


@meter_app.command("watch")
def meter_watch(
    profile: Profile,
    url: Url,
    count: Annotated[int, typer.Option(help="Readings, 0 for ever.")] = 0,
    as_json: Json = False,
) -> None:
    """A reading every second, until Ctrl-C. A fault is said and the watch goes on."""

    async def watch(meter: MeterReader) -> None:
        number = 0
        while count == 0 or number < count:
            number += 1
            reading = await meter.read()
            if isinstance(reading, Trouble):
                show({"fault": reading.fault, "detail": reading.detail}, as_json, partial(print, reading.detail))
            else:
                show(_reading(reading), as_json, partial(_say_reading, reading))
            await asyncio.sleep(WATCH_S if count == 0 or number < count else 0)

    _with_meter(profile, url, as_json, watch)


@charger_app.command("read")
def charger_read(profile: Profile, url: Url, as_json: Json = False) -> None:
    """What the controller says: IEC 61851 state, whether it is enabled, the offered current, and what it calls itself."""

    async def see(charger: Controller | NoController) -> tuple[Plug | Trouble, dict[str, str | None] | Trouble, str]:
        return await charger.look(), await charger.shows(), _doubts(profile, charger.doubts)

    plug, shown, doubts = _with_charger(profile, url, 6, as_json, see)
    for answer in (plug, shown):
        if isinstance(answer, Trouble):
            fail(answer, as_json)
    _say_plug(plug, shown, doubts, as_json)


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


def _with_meter(profile: str, url: str, as_json: bool, use: Callable[[MeterReader], Awaitable[Any]]) -> Any:
    async def work() -> Any:
        async with Lines() as lines:
            return await use(open_meter(lines, profile, url, SystemClock().now))

    return guarded(lambda: asyncio.run(work()), as_json)


def _with_charger(
    profile: str, url: str, amps: int, as_json: bool, use: Callable[[Controller | NoController], Awaitable[Any]]
) -> Any:
    async def work() -> Any:
        async with Lines() as lines:
            return await use(open_charger(lines, profile, url, SystemClock().now, amps))

    return guarded(lambda: asyncio.run(work()), as_json)


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "import_wh": reading.import_wh,
        "power_w": reading.power_w,
        "serial": reading.serial,
        "resolution_wh": reading.resolution_wh,
        "utc_ms": reading.at.utc_ms,
    }


def _say_reading(reading: Reading) -> None:
    print(f"{reading.import_wh} Wh  {reading.power_w} W  serial {reading.serial}  steps of {reading.resolution_wh} Wh")


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
