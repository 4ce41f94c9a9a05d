"""A toy on a serial line at a baud rate: it hears nothing at another one, and octets take their time."""

import time
from dataclasses import replace

import pytest

from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.errors import NoAnswer
from kiosk.services.modbus.url import Serial, parse
from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.modbus_server import serving_rtu
from kiosk.sim.post import Post
from kiosk.sim.toys import meter_line
from tests.services.modbus.raw import QUICK


async def test_octets_take_eleven_bits_each() -> None:
    # A question of 8 octets and an answer of 5 + 2 x 6, at 1200 baud.
    least_s = (8 + 17) * 11 / 1200
    async with serving_rtu(meter_line(Post(SimClock(), Car())), baud=1200) as path, Lines() as lines:
        one = lines.device(parse(f"rtu://{path}?baud=1200", 1, Serial()), QUICK)
        begin = time.perf_counter()
        await one.read(4, 0, 6)
        assert least_s <= time.perf_counter() - begin < least_s + 1


async def test_nothing_is_heard_at_another_baud_rate() -> None:
    async with serving_rtu(meter_line(Post(SimClock(), Car())), baud=1200) as path, Lines() as lines:
        one = lines.device(parse(f"rtu://{path}?baud=2400", 1, Serial()), replace(QUICK, timeout_s=0.5))
        with pytest.raises(NoAnswer):
            await one.read(4, 0, 6)
