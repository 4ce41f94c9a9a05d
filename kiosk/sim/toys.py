"""Meter and charge controller toys of one post, served on ports of their own or on one serial line."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import NamedTuple

from starlette.applications import Starlette

from kiosk.sim.car import Car, car_from_seed
from kiosk.sim.charger import Controller, controller
from kiosk.sim.clock import SimClock
from kiosk.sim.meter import MeterToy
from kiosk.sim.modbus_server import Line, serving_rtu, serving_tcp
from kiosk.sim.post import Post
from kiosk.sim.post_door import door, pass_on, serving_door
from kiosk.sim.register_toy import RegisterToy

METER = "eastron-sdm630"
CHARGER = "keba-p30"


def say(sentence: str) -> None:
    print(sentence, flush=True)


class Ports(NamedTuple):
    meter: int
    charger: int


def meter_line(post: Post, profile: str = METER) -> Line:
    toy = MeterToy(post, profile)
    return Line({toy.make.unit: toy})


def charger_line(post: Post, profile: str = CHARGER) -> Line:
    return line_of(controller(post, profile))


def line_of(toy: Controller) -> Line:
    beside = toy.beside if isinstance(toy, RegisterToy) else {}
    return Line({toy.unit: toy, **beside})


@asynccontextmanager
async def serving(
    post: Post,
    *,
    meter_profile: str = METER,
    charger_profile: str = CHARGER,
    host: str = "127.0.0.1",
    meter_port: int = 0,
    charger_port: int = 0,
    doors: bool = False,
) -> AsyncIterator[Ports]:
    """Both toys over Modbus TCP. With `doors`, `/_sim` answers on the same two ports."""
    meter_toy, charger_toy = meter_line(post, meter_profile), charger_line(post, charger_profile)
    async with AsyncExitStack() as stack:
        meter_door = door(post, meter_profile, post.meter_line) if doors else None
        charger_door = door(post, charger_profile, post.charger_line) if doors else None
        meter = await stack.enter_async_context(_serving(meter_toy, meter_door, host, meter_port))
        charger = await stack.enter_async_context(_serving(charger_toy, charger_door, host, charger_port))
        yield Ports(meter, charger)


@asynccontextmanager
async def serving_on_tty(
    post: Post, *, meter_profile: str = METER, charger_profile: str | None = None, charger_unit: int | None = None
) -> AsyncIterator[str]:
    """Meter and, if asked for, controller on one serial line. `charger_unit` parts a relay (unit 1) from the meter."""
    meter = MeterToy(post, meter_profile)
    devices: dict[int, MeterToy | Controller] = {meter.make.unit: meter}
    if charger_profile is not None:
        charger = controller(post, charger_profile)
        unit = charger.unit if charger_unit is None else charger_unit
        if unit in devices:
            raise ValueError(f"Unit {unit} is the meter's. Give the controller another with charger_unit.")
        devices[unit] = charger
    async with serving_rtu(Line(devices)) as path:
        yield path


async def run_meter(
    port: int,
    profile: str = METER,
    *,
    seed: int | None = None,
    rate: float = 1.0,
    host: str = "127.0.0.1",
    announce: Callable[[str], None] = say,
) -> None:
    """A meter alone, until cancelled: a car charges behind it as on a plain socket. A busy port is an OSError."""
    post = Post(SimClock(rate=rate), _car(seed), has_pilot=False)
    post.command(enabled=True)
    async with _serving(meter_line(post, profile), door(post, profile, post.meter_line), host, port) as bound:
        await _stay(announce, f"Meter {profile} on {_addresses(host, bound)}")


async def run_charger(
    port: int,
    profile: str = CHARGER,
    *,
    seed: int | None = None,
    rate: float = 1.0,
    host: str = "127.0.0.1",
    announce: Callable[[str], None] = say,
) -> None:
    """A charge controller alone, with a car that waits for it, until cancelled. A busy port is an OSError."""
    post = Post(SimClock(rate=rate), _car(seed))
    async with _serving(charger_line(post, profile), door(post, profile, post.charger_line), host, port) as bound:
        await _stay(announce, f"Controller {profile} on {_addresses(host, bound)}")


async def run_post(
    meter_port: int,
    charger_port: int,
    *,
    meter_profile: str = METER,
    charger_profile: str = CHARGER,
    seed: int | None = None,
    rate: float = 1.0,
    host: str = "127.0.0.1",
    announce: Callable[[str], None] = say,
) -> None:
    """Meter and controller of one post, until cancelled. A busy port is an OSError."""
    post = Post(SimClock(rate=rate), _car(seed))
    async with serving(
        post,
        meter_profile=meter_profile,
        charger_profile=charger_profile,
        host=host,
        meter_port=meter_port,
        charger_port=charger_port,
        doors=True,
    ) as ports:
        announce(f"Meter {meter_profile} on {_addresses(host, ports.meter)}")
        await _stay(announce, f"Controller {charger_profile} on {_addresses(host, ports.charger)}")


@asynccontextmanager
async def _serving(line: Line, app: Starlette | None, host: str, port: int) -> AsyncIterator[int]:
    async with AsyncExitStack() as stack:
        stranger = None
        if app is not None:
            stranger = partial(pass_on, port=await stack.enter_async_context(serving_door(app)))
        yield await stack.enter_async_context(serving_tcp(line, host, port, stranger=stranger))


def _car(seed: int | None) -> Car:
    return Car() if seed is None else car_from_seed(seed)


def _addresses(host: str, port: int) -> str:
    return f"tcp://{host}:{port}, admin door http://{host}:{port}/_sim"


async def _stay(announce: Callable[[str], None], sentence: str) -> None:
    announce(sentence)
    await asyncio.Event().wait()
