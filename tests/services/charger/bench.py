"""A post, its toy controller on a socket, and the kiosk's controller, all on one clock that moves when somebody sleeps."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace

from kiosk.domain.energy import Instant, Plug
from kiosk.domain.fault import Trouble
from kiosk.services.charger.controller import Controller
from kiosk.services.charger.profile import ChargerProfile
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.catalogue import load
from kiosk.services.modbus.url import parse
from kiosk.sim import modbus_pdu
from kiosk.sim.car import Car
from kiosk.sim.charger import Controller as Toy
from kiosk.sim.charger import controller as make_toy
from kiosk.sim.clock import SimClock
from kiosk.sim.modbus_server import serving_rtu, serving_tcp
from kiosk.sim.post import Post
from kiosk.sim.toys import line_of

KEBA, PHOENIX, RELAY = "keba-p30", "phoenix-em-cp-pp-eth", "relay-coil"
Write = tuple[int, int, int]  # function, address, value


class Bench:
    """A post and its kiosk on one business clock that only moves when somebody sleeps on it."""

    def __init__(self, profile_id: str = KEBA, car: Car | None = None, timeout_ms: int = 2000) -> None:
        self.ms = 0
        self.writes: list[Write] = []
        self.at_ms: list[int] = []
        self.reads: list[int] = []
        self.toy: modbus_pdu.Device | None = None
        clock = SimClock(utc_ms=0, real_s=lambda: self.ms / 1000)
        self.post = Post(clock, Car(power_max_w=11_040) if car is None else car)
        profile = load("chargers", profile_id, ChargerProfile)
        line = profile.line.model_copy(update={"timeout_ms": timeout_ms, "gap_ms": 0, "unit_pause_ms": 0})
        self.profile = profile.model_copy(update={"line": line})
        self.amps, self.connector = 16, 1

    def now(self) -> Instant:
        return Instant(self.ms, "boot", self.ms)

    async def sleep(self, seconds: float) -> None:
        self.ms += round(seconds * 1000)
        await asyncio.sleep(0)

    def controller(self, lines: Lines, url: str) -> Controller:
        line = self.profile.line
        where = parse(url, line.unit, line.serial)
        units = {block.unit for block in self.profile.blocks.values() if block.unit is not None}
        others = {unit: lines.device(replace(where, unit=unit), line.pace) for unit in units}
        return Controller(
            self.profile,
            lines.device(where, line.pace),
            self.now,
            self.sleep,
            self.amps,
            others=others,
            connector=self.connector,
        )

    @asynccontextmanager
    async def on_tcp(self, toy: str | None = None, *, made: Toy | None = None) -> AsyncIterator[Controller]:
        """`toy` is what really stands there, if it is not what the profile says; `made` is one that the test prepared."""
        device = made or make_toy(self.post, toy or self.profile.id)
        self._listen(device)
        async with serving_tcp(line_of(device), "127.0.0.1", 0) as port, Lines() as lines:
            yield self.controller(lines, f"tcp://127.0.0.1:{port}")

    def on(self, transport: str) -> AbstractAsyncContextManager[Controller]:
        if transport == "tcp":
            return self.on_tcp()
        return self.on_rtu() if transport == "rtu" else self.on_gateway()

    @asynccontextmanager
    async def on_gateway(self) -> AsyncIterator[Controller]:
        """RTU frames through a transparent gateway."""
        device = make_toy(self.post, self.profile.id)
        self._listen(device)
        async with serving_tcp(line_of(device), "127.0.0.1", 0, rtu_framed=True) as port, Lines() as lines:
            yield self.controller(lines, f"rtutcp://127.0.0.1:{port}")

    @asynccontextmanager
    async def on_rtu(self, made: Toy | None = None) -> AsyncIterator[Controller]:
        device = made or make_toy(self.post, self.profile.id)
        self._listen(device)
        async with serving_rtu(line_of(device)) as path, Lines() as lines:
            yield self.controller(lines, f"rtu://{path}?parity=N")  # a pty knows no parity

    def _listen(self, toy: modbus_pdu.Device) -> None:
        self.toy = toy
        write, read = toy.write, toy.read

        def heard(function: int, address: int, values: Sequence[int]) -> None:
            self.writes.append((function, address, values[0]))
            self.at_ms.append(self.ms)
            write(function, address, values)

        def asked(function: int, address: int, count: int) -> list[int]:
            self.reads.append(address)
            return read(function, address, count)

        toy.__dict__.update(write=heard, read=asked)


def plug(answer: Plug | Trouble) -> Plug:
    assert isinstance(answer, Plug), answer
    return answer


async def kept_alive(bench: Bench, controller: Controller, seconds: int) -> None:
    """Let the keep-alive run for this much business time."""
    end_ms = bench.ms + seconds * 1000
    task = asyncio.create_task(controller.keep_alive())
    async with asyncio.timeout(10):
        while True:
            if bench.ms >= end_ms:
                break
            assert not task.done()
            await asyncio.sleep(0.001)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
