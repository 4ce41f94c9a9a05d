"""Our readers, controllers and search against servers that we did not write, over TCP and over serial lines."""

import asyncio
import os
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kiosk.domain.energy import Plug, Reading
from kiosk.domain.outcome import Done
from kiosk.services.charger.opening import open_charger
from kiosk.services.clock import SystemClock
from kiosk.services.meter import ways
from kiosk.services.meter.detect import Search, meter_profiles
from kiosk.services.meter.reader import open_meter
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.errors import DeviceRefused
from kiosk.services.modbus.url import Serial, parse
from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.meter import MAKES, MeterToy
from kiosk.sim.post import Post
from tests.foreign.parts import Tables, foreign_server, free_port
from tests.services.modbus.raw import QUICK

NOW = SystemClock().now
REGISTER_WH = 12_345_678
# What a float, a step of 10 Wh, and whole watt-hours make of it.
SHOWN_WH = {"eastron-sdm630": 12_345_678, "abb-b23": 12_345_670, "carlo-gavazzi-em340": 12_345_678,
            "sunspec-203": 12_345_678}  # fmt: skip


def registers_of(profile: str) -> Tables:
    """What the meter holds while a car draws 11 040 W, as a plain memory that knows no gaps."""
    post = Post(SimClock(utc_ms=0, real_s=lambda: 0.0), Car(power_max_w=11_040), register_wh=REGISTER_WH)
    post.command(enabled=True)
    make, sample = MAKES[profile], MeterToy(post, profile)._sample()
    words = {
        name: (build(sample) if build else {}) for name, build in (("holding", make.holding), ("inputs", make.inputs))
    }
    for table in words.values():
        table.update(make.alone)
    return words


@asynccontextmanager
async def two_ends() -> AsyncIterator[tuple[str, str]]:
    """A serial line: what is written into one tty comes out of the other."""
    loop = asyncio.get_running_loop()
    pairs = [os.openpty(), os.openpty()]
    for _, end in pairs:
        tty.setraw(end)
    (one, _), (other, _) = pairs

    def pump(source: int, sink: int) -> None:
        os.write(sink, os.read(source, 512))

    loop.add_reader(one, pump, one, other)
    loop.add_reader(other, pump, other, one)
    try:
        yield os.ttyname(pairs[0][1]), os.ttyname(pairs[1][1])
    finally:
        for master, end in pairs:
            loop.remove_reader(master)
            os.close(master)
            os.close(end)


async def read(profile: str, url: str) -> Reading:
    async with Lines() as lines:
        reading = await open_meter(lines, profile, url, NOW).read()
        assert isinstance(reading, Reading), reading
        (counts,) = lines.counts()
    assert (counts.answers, counts.timeouts, counts.wrong, counts.late) == (counts.requests, 0, 0, 0)
    return reading


@pytest.mark.parametrize("profile", SHOWN_WH)
async def test_libmodbus_over_tcp_is_read(profile: str) -> None:
    port = free_port()
    with foreign_server("libmodbus", registers_of(profile), "tcp", port):
        reading = await read(profile, f"tcp://127.0.0.1:{port}")
    assert (reading.import_wh, reading.power_w) == (SHOWN_WH[profile], 11_040)


@pytest.mark.parametrize("server", ["modbus-serial", "pyModbusTCP"])
@pytest.mark.parametrize("profile", ["eastron-sdm630", "carlo-gavazzi-em340"])
async def test_other_tcp_servers_are_read(server: str, profile: str) -> None:
    port = free_port()
    with foreign_server(server, registers_of(profile), port, 1):
        reading = await read(profile, f"tcp://127.0.0.1:{port}")
    assert (reading.import_wh, reading.power_w) == (SHOWN_WH[profile], 11_040)


async def test_libmodbus_on_a_serial_line_is_read() -> None:
    async with two_ends() as (ours, theirs):
        with foreign_server("libmodbus", registers_of("abb-b23"), "rtu", theirs, 9600, 1):
            reading = await read("abb-b23", f"rtu://{ours}")
    assert (reading.import_wh, reading.power_w) == (12_345_670, 11_040)


async def test_a_relay_of_libmodbus_is_switched_and_read_back() -> None:
    async with two_ends() as (ours, theirs):
        with foreign_server("libmodbus", {}, "rtu", theirs, 9600, 1):
            async with Lines() as lines:
                relay = open_charger(lines, "relay-coil", f"rtu://{ours}", NOW, 16)
                for on in (True, False):
                    outcome = await (relay.enable() if on else relay.disable())
                    assert isinstance(outcome, Done), outcome
                    plug = await relay.look()
                    assert isinstance(plug, Plug)
                    assert plug.enabled is on


async def test_a_meter_behind_libmodbus_is_found() -> None:
    profiles = meter_profiles()
    async with two_ends() as (ours, theirs):
        with foreign_server("libmodbus", registers_of("eastron-sdm630"), "rtu", theirs, 9600, 2):
            search = Search(profiles, [1, 2], NOW, lambda _: None)
            report = await search.run(ways.ways(f"rtu://{ours}?baud=9600&parity=N", profiles), 30)
    (found,) = report.found
    assert found.url == f"rtu://{ours}?baud=9600&parity=N&stopbits=1&unit=2"
    assert "eastron-sdm630" in [fit.profile for fit in found.fits]


async def test_many_registers_are_written_and_a_refusal_is_understood() -> None:
    port = free_port()
    with foreign_server("libmodbus", {}, "tcp", port):
        async with Lines() as lines:
            device = lines.device(parse(f"tcp://127.0.0.1:{port}", 1, Serial()), QUICK)
            await device.write_registers(0x100, [1, 0xFFFF])
            await device.write_register(0x102, 7)
            assert await device.read(3, 0x100, 3) == (1, 0xFFFF, 7)
            with pytest.raises(DeviceRefused, match="illegal address"):
                await device.read(3, 0xFFFF, 2)
