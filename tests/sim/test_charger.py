"""Toy charge controllers over real sockets, against values computed by hand from the makers' tables."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.post import Post, PostFaults
from kiosk.sim.toys import charger_line, run_charger, run_post, serving

KEBA, PHOENIX = 255, 180
ExpectLog = Callable[[str], None]
NO_ANSWER = "pymodbus.logging: No response received"


class Bench:
    """A post with a car of 11 040 W (16 A on three phases) that waits; time stands until the test moves it."""

    def __init__(self) -> None:
        self.real_s = 0.0
        self.post = Post(SimClock(utc_ms=0, real_s=lambda: self.real_s), Car(power_max_w=11_040), register_wh=1_000)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@asynccontextmanager
async def talking(post: Post, profile: str, *, timeout_s: float = 3.0) -> AsyncIterator[AsyncModbusTcpClient]:
    async with serving(post, charger_profile=profile) as ports:
        client = AsyncModbusTcpClient("127.0.0.1", port=ports.charger, timeout=timeout_s, retries=0, reconnect_delay=0)
        assert await client.connect()
        yield client
        client.close()


async def keba(client: AsyncModbusTcpClient, address: int) -> int:
    answer = await client.read_holding_registers(address, count=2, device_id=KEBA)
    assert not answer.isError(), answer
    return int(answer.registers[0] << 16 | answer.registers[1])


async def keba_write(client: AsyncModbusTcpClient, address: int, value: int) -> int | None:
    """The exception code, None when it was taken."""
    answer = await client.write_register(address, value, device_id=KEBA)
    return int(answer.exception_code) if answer.isError() else None


async def phoenix(client: AsyncModbusTcpClient, address: int, count: int = 1) -> list[int]:
    answer = await client.read_input_registers(address, count=count, device_id=PHOENIX)
    assert not answer.isError(), answer
    return list(answer.registers)


async def test_keba_goes_through_its_states(bench: Bench) -> None:
    post, seen = bench.post, []
    async with talking(post, "keba-p30") as client:
        for act in (
            post.unplug,
            lambda: post.plug(Car()),
            lambda: post.command(enabled=True),
            lambda: post.plug(Car(asleep=True)),
            lambda: post.fail(PostFaults(pilot="E")),
            lambda: post.fail(PostFaults(pilot="F")),
        ):
            act()
            seen.append(await keba(client, 1000))
    assert seen == [1, 5, 3, 2, 4, 0]


async def test_keba_registers_hold_what_the_table_says(bench: Bench) -> None:
    async with talking(bench.post, "keba-p30") as client:
        assert await keba_write(client, 5014, 1) is None
        bench.real_s += 3600
        # fmt: off
        expected = {
            1000: 3, 1004: 7, 1006: 0,
            1008: 16_000, 1010: 16_000, 1012: 16_000,  # mA
            1018: 0x030A0D00,                          # 3.10.13
            1020: 11_040_000,                          # mW
            1036: 110_400, 1502: 110_400,              # 0.1 Wh
            1040: 230, 1042: 230, 1044: 230,
            1500: 0, 1600: 0, 1602: 0,
        }
        # fmt: on
        assert {address: await keba(client, address) for address in expected} == expected


async def test_keba_keeps_the_old_session_until_the_next_start(bench: Bench) -> None:
    async with talking(bench.post, "keba-p30") as client:
        await keba_write(client, 5014, 1)
        bench.real_s += 3600
        bench.post.unplug()
        await keba_write(client, 5014, 0)
        bench.post.plug(Car())
        assert (await keba(client, 1502), await keba(client, 1004)) == (110_400, 7)
        await keba_write(client, 5014, 1)
        assert (await keba(client, 1502), await keba(client, 1036)) == (0, 110_400)


async def test_keba_sets_the_current_and_refuses_what_it_cannot(bench: Bench) -> None:
    async with talking(bench.post, "keba-p30") as client:
        await keba_write(client, 5014, 1)
        assert await keba_write(client, 5004, 6_000) is None
        assert await keba(client, 1008) == 6_000
        assert await keba_write(client, 5004, 63_000) is None
        assert [await keba_write(client, 5004, ma) for ma in (0, 5_999, 63_001)] == [3, 3, 3]
        assert await keba_write(client, 5014, 2) == 3
        assert await keba_write(client, 5018, 4) == 3
        assert await keba_write(client, 1000, 1) == 2
        assert (await client.write_registers(5014, [0, 1], device_id=KEBA)).exception_code == 1
        assert (await client.read_holding_registers(1000, count=4, device_id=KEBA)).exception_code == 3
        assert (await client.read_holding_registers(1002, count=2, device_id=KEBA)).exception_code == 2
        assert (await client.read_input_registers(1000, count=2, device_id=KEBA)).exception_code == 1


async def test_keba_falls_to_its_failsafe_when_nobody_talks_to_it(bench: Bench) -> None:
    async with talking(bench.post, "keba-p30") as client:
        await keba_write(client, 5014, 1)
        await keba_write(client, 5016, 0)
        await keba_write(client, 5018, 30)
        assert (await keba(client, 1600), await keba(client, 1602)) == (0, 30)
        for _ in range(3):
            bench.real_s += 29
            assert await keba(client, 1000) == 3
        bench.real_s += 31
        assert (await keba(client, 1000), await keba(client, 1020)) == (5, 0)
        assert bench.post.delivered_mj == 11_040 * 1000 * (3 * 29 + 30)
        await keba_write(client, 5014, 1)
        assert await keba(client, 1000) == 3


async def test_keba_answers_only_as_unit_255(bench: Bench, expected_log: ExpectLog) -> None:
    expected_log(NO_ANSWER)
    async with talking(bench.post, "keba-p30", timeout_s=0.2) as client:
        with pytest.raises(ModbusIOException):
            await client.read_holding_registers(1000, count=2, device_id=1)


async def test_phoenix_says_its_state_in_letters(bench: Bench) -> None:
    async with talking(bench.post, "phoenix-em-cp-pp-eth") as client:
        seen = [await phoenix(client, 100)]
        await client.write_coil(400, True, device_id=PHOENIX)
        seen.append(await phoenix(client, 100))
        bench.post.unplug()
        seen.append(await phoenix(client, 100))
        bench.post.fail(PostFaults(pilot="E"))
        seen.append(await phoenix(client, 100))
    assert seen == [[66], [67], [65], [69]]


async def test_phoenix_registers_hold_what_the_table_says(bench: Bench) -> None:
    async with talking(bench.post, "phoenix-em-cp-pp-eth") as client:
        await client.write_coil(400, True, device_id=PHOENIX)
        bench.real_s += 7 * 3600  # long enough for the first car to be full
        bench.post.plug(Car(power_max_w=11_040))
        bench.real_s += 100
        assert await phoenix(client, 102, 2) == [100, 0]  # s, low word first
        assert await phoenix(client, 108, 2) == [23_000, 0]  # 0.01 V
        assert await phoenix(client, 114, 6) == [16_000, 0, 16_000, 0, 16_000, 0]  # mA
        assert await phoenix(client, 120, 2) == [1_104, 0]  # 10 W
        assert await phoenix(client, 128, 2) == [4_030, 0]  # 40 000 Wh of the first car and 306 Wh, in 10 Wh
        assert (await client.read_coils(400, count=3, device_id=PHOENIX)).bits[:3] == [True, False, True]


async def test_phoenix_takes_a_current_between_6_and_80_amps(bench: Bench) -> None:
    async with talking(bench.post, "phoenix-em-cp-pp-eth") as client:
        await client.write_coil(400, True, device_id=PHOENIX)
        await client.write_register(300, 10, device_id=PHOENIX)
        assert (await client.read_holding_registers(300, count=1, device_id=PHOENIX)).registers == [10]
        assert await phoenix(client, 114, 2) == [10_000, 0]
        assert (await client.write_register(300, 5, device_id=PHOENIX)).exception_code == 3
        assert (await client.write_register(300, 81, device_id=PHOENIX)).exception_code == 3
        assert (await client.write_register(301, 6, device_id=PHOENIX)).exception_code == 2
        await client.write_coil(400, False, device_id=PHOENIX)
        assert await phoenix(client, 120, 2) == [0, 0]


async def test_a_relay_is_one_coil_and_knows_no_car(bench: Bench) -> None:
    async with talking(bench.post, "relay-coil") as client:
        assert (await client.read_coils(0, count=1, device_id=1)).bits[0] is False
        bench.real_s += 3600
        await client.write_coil(0, True, device_id=1)
        bench.real_s += 3600
        await client.write_coil(0, False, device_id=1)
        bench.real_s += 3600
        bench.post.advance()
        assert bench.post.counter.import_wh == 1_000 + 11_040
        assert (await client.read_coils(1, count=1, device_id=1)).exception_code == 2
        assert (await client.read_holding_registers(0, count=1, device_id=1)).exception_code == 1


async def test_a_welded_contactor_is_seen_at_the_meter_although_the_controller_says_b(bench: Bench) -> None:
    async with talking(bench.post, "phoenix-em-cp-pp-eth") as client:
        await client.write_coil(400, True, device_id=PHOENIX)
        bench.post.fail(PostFaults(welded=True))
        await client.write_coil(400, False, device_id=PHOENIX)
        bench.real_s += 3600
        assert await phoenix(client, 100) == [66]
        assert bench.post.counter.import_wh == 1_000 + 11_040


async def test_a_mute_controller_does_as_it_is_told_and_a_silent_one_does_not(
    bench: Bench, expected_log: ExpectLog
) -> None:
    expected_log(NO_ANSWER)
    async with talking(bench.post, "keba-p30", timeout_s=0.2) as client:
        bench.post.charger_line.silent = True
        with pytest.raises(ModbusIOException):
            await keba_write(client, 5014, 1)
        assert not bench.post.enabled
        bench.post.charger_line.silent, bench.post.charger_line.mute = False, True
        with pytest.raises(ModbusIOException):
            await keba_write(client, 5014, 1)
        assert bench.post.enabled


async def test_a_controller_can_be_asked_without_any_wire(bench: Bench) -> None:
    line = charger_line(bench.post, "phoenix-em-cp-pp-eth")
    assert await line.ask(PHOENIX, bytes.fromhex("04 0064 0001")) == bytes.fromhex("04 02 0042")
    assert await line.ask(1, bytes.fromhex("04 0064 0001")) is None


async def test_faults_at_the_controllers_door_do_not_touch_the_meters_line(bench: Bench) -> None:
    async with serving(bench.post, doors=True) as ports, httpx.AsyncClient() as http:
        door = f"http://127.0.0.1:{ports.charger}/_sim"
        state = (await http.post(f"{door}/faults", json={"mute": True, "welded": True})).json()
        assert (state["profile"], state["contactor"], state["faults"]["mute"]) == ("keba-p30", "closed", True)
        assert not bench.post.meter_line.mute


async def test_meter_and_controller_of_one_post_agree() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    running = asyncio.create_task(run_post(0, 0, rate=3600, announce=said.put_nowait))
    async with httpx.AsyncClient() as http, asyncio.timeout(10):
        meter_door, charger_door = [(await said.get()).rsplit(" ", 1)[1] for _ in range(2)]
        client = AsyncModbusTcpClient("127.0.0.1", port=httpx.URL(charger_door).port or 0, reconnect_delay=0)
        await client.connect()
        await keba_write(client, 5014, 1)
        while (await http.get(meter_door)).json()["register_wh"] <= 1_234_567:
            continue
        assert (await http.get(charger_door)).json()["pilot"] == "C"
        client.close()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_controller_on_its_own_refuses_a_busy_port() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    running = asyncio.create_task(run_charger(0, "relay-coil", seed=4, announce=said.put_nowait))
    port = httpx.URL((await said.get()).rsplit(" ", 1)[1]).port
    with pytest.raises(OSError, match=f"Port {port} on 127.0.0.1 cannot be opened"):
        await run_charger(port or 0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_an_unknown_controller_is_refused_with_the_known_ones(bench: Bench) -> None:
    with pytest.raises(ValueError, match=r"no toy controller 'keba'. There are: abb-terra-ac, alfen-eve, "):
        charger_line(bench.post, "keba")
