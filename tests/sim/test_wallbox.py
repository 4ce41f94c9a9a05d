"""Toy wallboxes and boards over real sockets, against values computed by hand from the makers' tables."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ConnectionException, ModbusIOException

from kiosk.sim.boards import BenderCc612, CharxSec, MennekesHcc3
from kiosk.sim.car import Car
from kiosk.sim.charger import CONTROLLERS, Controller, PhoenixEvEth
from kiosk.sim.clock import SimClock
from kiosk.sim.modbus_server import serving_tcp
from kiosk.sim.post import Post, PostFaults
from kiosk.sim.toys import line_of
from kiosk.sim.wallbox import AbbTerraAc, AlfenEve, GoE, Heidelberg, MennekesCompact, Vestel, WebastoNext

ExpectLog = Callable[[str], None]


class Bench:
    """A post with a car of 11 040 W (16 A on three phases) that waits; time stands until the test moves it."""

    def __init__(self) -> None:
        self.real_s = 0.0
        self.post = Post(SimClock(utc_ms=0, real_s=lambda: self.real_s), Car(power_max_w=11_040))

    def power_w(self) -> int:
        self.post.advance()
        return self.post.power_w


@pytest.fixture
def bench() -> Bench:
    return Bench()


class Client:
    def __init__(self, client: AsyncModbusTcpClient, unit: int) -> None:
        self.client, self.unit = client, unit

    async def holding(self, address: int, count: int = 1, unit: int | None = None) -> list[int] | int:
        """The registers, or the exception code."""
        answer = await self.client.read_holding_registers(address, count=count, device_id=unit or self.unit)
        return said(answer)

    async def inputs(self, address: int, count: int = 1) -> list[int] | int:
        return said(await self.client.read_input_registers(address, count=count, device_id=self.unit))

    async def one(self, address: int, value: int) -> int | None:
        """The exception code, None when it was taken. By FC06."""
        answer = await self.client.write_register(address, value, device_id=self.unit)
        return int(answer.exception_code) if answer.isError() else None

    async def many(self, address: int, *values: int) -> int | None:
        answer = await self.client.write_registers(address, list(values), device_id=self.unit)
        return int(answer.exception_code) if answer.isError() else None


def said(answer: Any) -> list[int] | int:
    return int(answer.exception_code) if answer.isError() else list(answer.registers)


@asynccontextmanager
async def talking(toy: Controller) -> AsyncIterator[Client]:
    async with serving_tcp(line_of(toy), "127.0.0.1", 0) as port:
        client = AsyncModbusTcpClient("127.0.0.1", port=port, timeout=3, retries=0, reconnect_delay=0)
        assert await client.connect()
        yield Client(client, toy.unit)
        client.close()


async def test_terra_shows_its_states_in_the_second_byte_and_limits_in_two_registers(bench: Bench) -> None:
    async with talking(AbbTerraAc(bench.post)) as terra:
        assert await terra.holding(0x400C, 4) == [0, 0x0100, 0, 0]  # B1, no limit given
        assert await terra.many(0x4100, 0, 16_000) is None
        assert await terra.holding(0x400C, 4) == [0, 0x0400, 0, 16_000]  # C2
        assert await terra.holding(0x401C, 2) == [0, 11_040]
        assert await terra.holding(0x4010, 6) == [0, 16_000] * 3
        assert await terra.one(0x4100, 16_000) == 2
        bench.post.unplug()
        assert await terra.holding(0x400A, 4) == [0, 0, 0, 0]


async def test_terra_lives_on_being_polled_and_falls_to_its_fallback(bench: Bench) -> None:
    async with talking(AbbTerraAc(bench.post)) as terra:
        await terra.many(0x4100, 0, 16_000)
        for _ in range(3):
            bench.real_s += 59
            await terra.holding(0x400C, 2)
        assert bench.power_w() == 11_040
        bench.real_s += 61
        assert bench.power_w() == 11_040, "its fallback is 16 A until somebody sets another"
        assert await terra.holding(0x4008, 2) == [0, 0x4000]
        assert await terra.one(0x4109, 0) is None
        assert await terra.holding(0x400C, 4) == [0, 0x0100, 0, 0]


async def test_alfen_is_a_station_and_a_socket(bench: Bench) -> None:
    async with talking(AlfenEve(bench.post)) as alfen:
        assert await alfen.holding(157, 5, unit=200) == [0x4143, 0x4530, 0x3132, 0x3334, 0x3536]
        assert await alfen.holding(157, 5) == 2
        assert await alfen.holding(1201, 5) == [0x4231, 0, 0, 0, 0]  # B1
        assert await alfen.many(1210, 0x4180, 0) is None  # 16.0
        assert await alfen.holding(1201, 1) == [0x4332]  # C2
        assert await alfen.holding(1206, 2) == [0x4180, 0]
        assert await alfen.one(1210, 16) == 2


async def test_alfen_forgets_a_setpoint_after_a_minute_however_often_it_is_read(bench: Bench) -> None:
    async with talking(AlfenEve(bench.post)) as alfen:
        await alfen.many(1210, 0x4180, 0)
        for _ in range(6):
            bench.real_s += 9
            await alfen.holding(1201, 5)
        assert bench.power_w() == 11_040
        bench.real_s += 7
        assert bench.power_w() == 0
        await alfen.many(1210, 0x4180, 0)
        assert bench.power_w() == 11_040


async def test_bender_takes_0_as_a_pause_and_hangs_up_on_what_it_does_not_know(
    bench: Bench, expected_log: ExpectLog
) -> None:
    expected_log("pymodbus")
    async with talking(BenderCc612(bench.post)) as bender:
        assert await bender.holding(100, 2) == [0x352E, 0x3232]
        assert await bender.holding(122) == [2]
        assert await bender.holding(124) == [1]
        assert await bender.many(1000, 16) is None
        assert (await bender.holding(122), bench.power_w()) == ([3], 11_040)
        assert await bender.many(1000, 0) is None
        assert bench.power_w() == 0
        with pytest.raises((ModbusIOException, ConnectionException)):
            await bender.holding(730)


async def test_heidelberg_counts_in_tenths_and_forgets_without_power(bench: Bench) -> None:
    toy = Heidelberg(bench.post)
    async with talking(toy) as box:
        assert await box.inputs(4, 2) == [0x0108, 4]  # B1
        assert await box.one(261, 160) is None
        assert await box.inputs(5, 4) == [7, 160, 160, 160]  # C2, 16.0 A
        assert await box.one(261, 161) == 3
        assert await box.one(258, 4) is None
        toy.power_cycle()
        assert await box.holding(257) == [15_000]
        assert (await box.holding(258), await box.holding(261)) == ([0], [0])
        await box.one(261, 160)
        bench.real_s += 16
        assert await box.inputs(5, 2) == [7, 60], "its failsafe is 6 A until somebody sets another"
        await box.one(259, 0)
        assert await box.inputs(5) == [10]


async def test_mennekes_takes_0_as_no_limit_and_pauses_without_a_heartbeat(bench: Bench) -> None:
    async with talking(MennekesCompact(bench.post)) as box:
        assert await box.holding(0x0108) == [11]  # B1
        assert await box.many(0x0302, 0x4120, 0) is None  # 10.0
        assert await box.one(0x0D05, 1) is None
        assert (await box.holding(0x0108), bench.power_w()) == ([28], 6_900)  # C2, 10 A on three phases
        assert await box.many(0x0302, 0, 0) is None
        assert bench.power_w() == 11_040, "the car takes all it can"
        bench.real_s += 9
        assert await box.one(0x0D00, 0x55AA) is None
        bench.real_s += 9
        assert bench.power_w() == 11_040
        await box.holding(0x0108)
        bench.real_s += 2
        assert bench.power_w() == 0
        assert await box.one(0x0D00, 1) == 2


async def test_charx_has_a_thousand_registers_a_point(bench: Bench) -> None:
    toy = CharxSec(bench.post)
    async with talking(toy) as board:
        assert await board.holding(114) == [2]
        assert await board.holding(1299, 3) == [0x4231, 0, 32]  # B1, not released
        assert await board.holding(2299) == [0x4131]  # A1
        assert await board.many(1301, 16) is None
        assert await board.many(1300, 1) is None
        assert await board.holding(1299, 3) == [0x4332, 1, 16]  # C2
        assert await board.holding(1307) == [0xFFFF]
        await board.many(1306, 0)
        await board.many(1307, 30)
        bench.real_s += 29
        await board.holding(1299)
        bench.real_s += 2
        assert (await board.holding(1299), bench.power_w()) == ([0x4231], 0)
        assert await board.many(165, 1) == 2
        assert await board.many(3300, 1) == 2


async def test_go_e_counts_what_wears_it_out_and_knows_only_fc16(bench: Bench) -> None:
    toy = GoE(bench.post)
    async with talking(toy) as box:
        assert await box.inputs(100) == [3]
        assert await box.one(337, 2) == 1
        assert await box.many(337, 2) is None
        assert await box.many(299, 10) is None
        assert (await box.inputs(100), bench.power_w(), toy.eeprom_writes) == ([2], 6_900, 0)
        assert await box.many(300, 16) is None
        assert (bench.power_w(), toy.eeprom_writes) == (11_040, 1)
        assert await box.many(299, 5) == 3
        bench.real_s += 3600
        assert await box.inputs(128, 2) == [0, 110]  # 0.1 kWh
        toy.swaps = True
        assert await box.inputs(108, 2) == [0, 0xE600]


async def test_vestel_shows_a_car_by_its_cable_and_lives_on_its_alive_register(bench: Bench) -> None:
    async with talking(Vestel(bench.post)) as box:
        assert (await box.inputs(1001), await box.inputs(1004)) == ([0], [3])
        assert await box.one(5004, 16) is None
        assert (await box.inputs(1001), await box.holding(5004)) == ([1], [16])
        assert await box.inputs(1001, 4) == 2, "it reads no gaps"
        for _ in range(3):
            bench.real_s += 19
            await box.one(6000, 1)
        assert bench.power_w() == 11_040
        bench.real_s += 10
        await box.inputs(1001)
        bench.real_s += 11
        assert bench.power_w() == 0
        bench.post.fail(PostFaults(pilot="E"))
        assert await box.inputs(1006, 2) == [0, 1]


async def test_webasto_shows_no_setpoint_and_lives_on_its_life_bit(bench: Bench) -> None:
    async with talking(WebastoNext(bench.post)) as box:
        assert await box.holding(1000) == [1]
        assert await box.holding(5004) == 2
        assert await box.one(5004, 10) is None
        assert (await box.holding(1000), bench.power_w()) == ([3], 6_900)
        await box.one(2000, 0)
        await box.one(2002, 20)
        bench.real_s += 19
        await box.one(6000, 1)
        bench.real_s += 19
        assert bench.power_w() == 6_900
        await box.holding(1000)
        bench.real_s += 2
        assert (await box.holding(1000), bench.power_w()) == ([1], 0)


async def test_hcc3_hangs_up_after_half_a_minute(bench: Bench, expected_log: ExpectLog) -> None:
    expected_log("pymodbus")
    async with talking(MennekesHcc3(bench.post)) as box:
        assert await box.inputs(0x0302) == [3]  # B1
        assert await box.inputs(0x030B, 2) == [0x481A, 0x0116]
        assert await box.one(0x0400, 16) is None
        assert (await box.inputs(0x0302), bench.power_w()) == ([6], 11_040)
        assert await box.one(0x0401, 1) == 2
        bench.real_s += 30
        with pytest.raises((ModbusIOException, ConnectionException)):
            await box.inputs(0x0302)


async def test_ev_eth_limits_at_528_and_wallb_e_shows_it_in_tenths(bench: Bench) -> None:
    toy = PhoenixEvEth(bench.post)
    async with talking(toy) as board:
        assert await board.one(528, 16) is None
        assert await board.holding(528) == [16]
        assert await board.one(300, 16) == 2
        toy.is_wallbe = True
        assert await board.holding(528) == [160]


@pytest.mark.parametrize("make", [make for make in CONTROLLERS if make != "bender-cc612"])
async def test_no_toy_answers_to_a_function_that_it_does_not_have(make: str, bench: Bench) -> None:
    async with talking(CONTROLLERS[make](bench.post)) as box:
        answer = await box.client.read_discrete_inputs(0, count=1, device_id=box.unit)
        assert answer.exception_code == 1
