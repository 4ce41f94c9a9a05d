"""Toy meters over real sockets and a pty, register by register against values computed by hand from the data sheets."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest
from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusIOException

from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.meter import MAKES
from kiosk.sim.modbus_frames import Frame, RtuFraming, crc16
from kiosk.sim.modbus_server import Line, serving_tcp
from kiosk.sim.post import Post, PostFaults
from kiosk.sim.toys import meter_line, run_meter, serving, serving_on_tty

Client = AsyncModbusTcpClient | AsyncModbusSerialClient
ExpectLog = Callable[[str], None]
NO_ANSWER = "pymodbus.logging: No response received"
KWH_12345_678 = [0x4640, 0xE6B6]
"""12345.678 as IEEE 754: 2^13 x 1.5070407..., sign 0, exponent 140."""


class Bench:
    """A post whose car draws 11 040 W (16 A on each of three phases) behind a counter at 12 345 678 Wh; time stands."""

    def __init__(self) -> None:
        self.real_s = 0.0
        clock = SimClock(utc_ms=0, real_s=lambda: self.real_s)
        self.post = Post(clock, Car(power_max_w=11_040), register_wh=12_345_678, serial=21_031_977)
        self.post.command(enabled=True)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@asynccontextmanager
async def talking(post: Post, profile: str, *, timeout_s: float = 3.0) -> AsyncIterator[AsyncModbusTcpClient]:
    async with serving(post, meter_profile=profile) as ports:
        client = AsyncModbusTcpClient("127.0.0.1", port=ports.meter, timeout=timeout_s, retries=0, reconnect_delay=0)
        assert await client.connect()
        yield client
        client.close()


async def words(client: Client, address: int, count: int, *, function: str = "H", unit: int = 1) -> list[int]:
    read = client.read_holding_registers if function == "H" else client.read_input_registers
    answer = await read(address, count=count, device_id=unit)
    assert not answer.isError(), answer
    return list(answer.registers)


async def refusal(client: Client, address: int, count: int, *, function: str = "H", unit: int = 1) -> int:
    read = client.read_holding_registers if function == "H" else client.read_input_registers
    answer = await read(address, count=count, device_id=unit)
    assert answer.isError(), answer
    return int(answer.exception_code)


# fmt: off
ROWS = [
    # profile, function, address, words
    ("eastron-sdm630", "I", 0x00, [0x4366, 0x0000]),             # 230.0 V
    ("eastron-sdm630", "I", 0x04, [0x4366, 0x0000]),
    ("eastron-sdm630", "I", 0x06, [0x4180, 0x0000]),             # 16.0 A
    ("eastron-sdm630", "I", 0x0C, [0x4566, 0x0000]),             # 3680 W
    ("eastron-sdm630", "I", 0x34, [0x462C, 0x8000]),             # 11040 W
    ("eastron-sdm630", "I", 0x46, [0x4248, 0x0000]),             # 50.0 Hz
    ("eastron-sdm630", "I", 0x48, KWH_12345_678),
    ("eastron-sdm630", "I", 0x4A, [0, 0]),
    ("eastron-sdm630", "I", 0x156, KWH_12345_678),
    ("eastron-sdm630", "I", 0x15A, [0x4580, 0x99CF]),            # a third: 4115.226 kWh
    ("eastron-sdm630", "I", 0x160, [0, 0]),
    ("eastron-sdm630", "H", 0xFC00, [0x0140, 0xEC29]),           # 21031977
    ("eastron-sdm630", "H", 0x0A, [0x4040, 0x0000]),             # 3.0: three phases, four wires
    ("eastron-sdm630", "H", 0x1C, [0x4000, 0x0000]),             # 2.0: 9600 baud
    ("eastron-sdm630", "H", 0x1E, [0, 0]),                       # 0.0: kWh
    ("abb-b23", "H", 0x5000, [0, 0, 0x0012, 0xD687]),            # 1234567 x 0.01 kWh
    ("abb-b23", "H", 0x5004, [0, 0, 0, 0]),
    ("abb-b23", "H", 0x5460, [0, 0, 0x0006, 0x4782]),            # 411522
    ("abb-b23", "H", 0x5B00, [0x0000, 0x08FC]),                  # 2300 x 0.1 V
    ("abb-b23", "H", 0x5B0C, [0x0000, 0x0640]),                  # 1600 x 0.01 A
    ("abb-b23", "H", 0x5B14, [0x0010, 0xD880]),                  # 1104000 x 0.01 W
    ("abb-b23", "H", 0x5B16, [0x0005, 0x9D80]),                  # 368000
    ("abb-b23", "H", 0x5B2C, [0x1388]),                          # 5000 x 0.01 Hz
    ("abb-b23", "H", 0x5B3A, [0x03E8]),                          # 1.000
    ("abb-b23", "H", 0x5B06, [0xFFFF]),                          # not available
    ("abb-b23", "H", 0x8900, [0x0140, 0xEC29]),
    ("abb-b23", "H", 0x8960, [0x4232, 0x3320]),                  # "B23 "
    ("carlo-gavazzi-em340", "H", 0x00, [0x08FC, 0x0000]),        # 2300 x 0.1 V, low word first
    ("carlo-gavazzi-em340", "H", 0x0C, [0x3E80, 0x0000]),        # 16000 mA
    ("carlo-gavazzi-em340", "H", 0x12, [0x8FC0, 0x0000]),        # 36800 x 0.1 W
    ("carlo-gavazzi-em340", "H", 0x28, [0xAF40, 0x0001]),        # 110400 x 0.1 W
    ("carlo-gavazzi-em340", "H", 0x32, [0x0000]),
    ("carlo-gavazzi-em340", "H", 0x33, [0x01F4]),                # 500 x 0.1 Hz
    ("carlo-gavazzi-em340", "H", 0x34, [0xE240, 0x0001]),        # 123456 x 0.1 kWh
    ("carlo-gavazzi-em340", "I", 0x34, [0xE240, 0x0001]),        # both functions
    ("carlo-gavazzi-em340", "H", 0x40, [0xA0C0, 0x0000]),        # 41152 x 0.1 kWh
    ("carlo-gavazzi-em340", "H", 0x4E, [0, 0]),
    ("carlo-gavazzi-em340", "H", 0x0400, [0x3039, 0, 0x02A6, 0, 0, 0, 0, 0, 0, 0, 0, 0]),  # 12345 kWh and 678 Wh
    ("carlo-gavazzi-em340", "H", 0x000B, [341]),                 # EM340, alone
    ("carlo-gavazzi-em340", "H", 0x000A, [0, 0]),                # in a block it is another value's half
    ("carlo-gavazzi-em340", "H", 0x000B, [0, 0x3E80]),           # not alone either: the next is L1's current
    ("carlo-gavazzi-em340", "H", 0x5000, [0x4B58, 0x3231, 0x3033, 0x3139, 0x3737, 0, 0]),  # "KX21031977"
    ("carlo-gavazzi-em340", "H", 0x2001, [1]),                   # 9600 baud
    ("sunspec-203", "H", 40000, [0x5375, 0x6E53, 1, 66]),        # "SunS", common model
    ("sunspec-203", "H", 40052, [0x3231, 0x3033, 0x3139, 0x3737]),
    ("sunspec-203", "H", 40070, [203, 105]),
    ("sunspec-203", "H", 40072, [4800, 1600, 1600, 1600, 0xFFFE]),          # 48 A in 0.01 A
    ("sunspec-203", "H", 40077, [2300, 2300, 2300, 2300]),
    ("sunspec-203", "H", 40085, [0xFFFF]),                                  # V_SF -1
    ("sunspec-203", "H", 40086, [5000, 0xFFFE]),                            # 50.00 Hz
    ("sunspec-203", "H", 40088, [1104, 368, 368, 368, 1]),                  # 11040 W in 10 W
    ("sunspec-203", "H", 40108, [0, 0]),                                    # exported
    ("sunspec-203", "H", 40116, [0x00BC, 0x614E, 0, 0, 0, 0, 0, 0, 0]),     # 12345678 Wh, TotWh_SF 0
    ("sunspec-203", "H", 40177, [0xFFFF, 0]),                               # the end
    ("sunspec-201", "H", 40078, [2300, 0x8000, 0x8000]),                    # one phase, two not implemented
    ("sunspec-204", "H", 40078, [0x8000, 0x8000, 0x8000, 4000, 4000, 4000, 4000, 0xFFFF]),  # between the phases
    ("sunspec-213", "H", 40070, [213, 124]),
    ("sunspec-213", "H", 40082, [0x4366, 0, 0x4366, 0, 0x4366, 0]),         # 230.0 V
    ("sunspec-213", "H", 40098, [0x462C, 0x8000]),                          # 11040 W
    ("sunspec-213", "H", 40138, [0x4B3C, 0x614E]),                          # 12345678 Wh
    ("sunspec-211", "H", 40084, [0x7FC0, 0]),                               # no second phase
    ("sunspec-214", "H", 40090, [0x43C8, 0]),                               # 400.0 V
    ("sunspec-213", "H", 40196, [0xFFFF, 0]),                               # the end
    ("eastron-sdm72d-m-v2", "H", 0xFC02, [0x0089, 0x0101]),
    ("eastron-sdm72d-m-v2", "I", 0x48, KWH_12345_678),
    ("eastron-sdm120", "I", 0x0C, [0x462C, 0x8000]),                        # 11040 W
    ("eastron-sdm120", "I", 0x48, KWH_12345_678),
    ("eastron-sdm120", "H", 0xFC02, [0x0020, 0x0205]),
    ("abb-b21", "H", 0x5B00, [0x0000, 0x08FC, 0xFFFF, 0xFFFF]),             # L1, and none of L2
    ("abb-b21", "H", 0x8960, [0x4232, 0x3120]),                             # "B21 "
    ("abb-b24", "H", 0x8960, [0x4232, 0x3420]),                             # "B24 "
    ("carlo-gavazzi-em24-din", "I", 0x3E, [0xE240, 0x0001]),                # 123456 x 0.1 kWh
    ("carlo-gavazzi-em24-din", "I", 0x42, [0x01C8, 0x0000]),                # the partial counter says 45.6 kWh
    ("carlo-gavazzi-em24-din", "I", 0x000B, [71]),
    ("carlo-gavazzi-em24-din", "I", 0x1300, [0x4B58, 0x3231, 0x3033, 0x3139, 0x3737, 0, 0]),  # "KX21031977"
    ("carlo-gavazzi-em24-e1", "H", 0x34, [0xE240, 0x0001]),
    ("carlo-gavazzi-em24-e1", "H", 0xA000, [7]),
    ("carlo-gavazzi-em24-e1", "H", 0x000B, [1648]),
    ("schneider-iem3155", "H", 0x0BF3, [0x4130, 0xA3D7]),                   # 11.04 kW
    ("schneider-iem3155", "H", 0x0C83, [0, 0, 0x00BC, 0x614E]),             # 12345678 Wh
    ("siemens-pac2200", "H", 801, [0x4167, 0x1217, 0xC000, 0, 0x410E, 0x8480, 0, 0]),  # 12095678 and 250000 Wh
    ("siemens-pac2200", "I", 65, [0x462C, 0x8000]),
    ("janitza-umg96rm", "H", 19068, [0x4B3C, 0x614E]),                      # 12345678 Wh
    ("janitza-umg96rm", "H", 754, [0x0140, 0xEC29]),
    ("inepro-pro380", "H", 0x5012, [0x4130, 0xA3D7]),                       # 11.04 kW
    ("inepro-pro380", "H", 0x600C, KWH_12345_678),
    ("inepro-pro380", "H", 0x1010, [0x2007]),
    ("orno-we-514", "H", 0x0131, [23000]),                                  # 230.00 V
    ("orno-we-514", "H", 0x0140, [0, 11040]),
    ("orno-we-514", "H", 0xA000, [0x0012, 0xD687]),                         # 1234567 x 0.01 kWh
    ("orno-we-516", "H", 0x001C, [0x4130, 0xA3D7]),                         # 11.04 kW
    ("orno-we-516", "H", 0x0108, KWH_12345_678),
    ("bauer-bsm-ws36a", "H", 40090, [203, 105]),
    ("bauer-bsm-ws36a", "H", 40136, [0x00BC, 0x614E, 0, 0, 0, 0, 0, 0, 0]),
]
# fmt: on


@pytest.mark.parametrize(("profile", "function", "address", "expected"), ROWS)
async def test_a_register_holds_what_the_data_sheet_says(
    bench: Bench, profile: str, function: str, address: int, expected: list[int]
) -> None:
    async with talking(bench.post, profile) as client:
        unit = MAKES[profile].unit
        assert await words(client, address, len(expected), function=function, unit=unit) == expected


async def test_sunspec_models_form_a_chain_that_can_be_walked(bench: Bench) -> None:
    for profile, expected in (
        ("sunspec-203", [1, 203]),
        ("sunspec-213", [1, 213]),
        ("bauer-bsm-ws36a", [1, 10, 17, 203]),
    ):
        unit = MAKES[profile].unit
        async with talking(bench.post, profile) as client:
            address, met = 40002, []
            while (header := await words(client, address, 2, unit=unit))[0] != 0xFFFF:
                met.append(header[0])
                address += 2 + header[1]
            assert met == expected


async def test_the_register_moves_by_power_times_time(bench: Bench) -> None:
    async with talking(bench.post, "abb-b23") as client:
        bench.real_s += 1800
        assert await words(client, 0x5000, 4) == [0, 0, 0x0012, 0xD687 + 552]


async def test_the_sdm630_counts_in_mwh_after_its_prefix_was_changed(bench: Bench) -> None:
    async with talking(bench.post, "eastron-sdm630") as client:
        await client.write_registers(0x1E, [0x3F80, 0], device_id=1)
        assert await words(client, 0x1E, 2) == [0x3F80, 0]
        assert await words(client, 0x48, 2, function="I") == [0x4145, 0x87E6]  # 12.345678


async def test_undefined_addresses_and_forbidden_shapes_are_refused(bench: Bench) -> None:
    async with talking(bench.post, "eastron-sdm630") as client:
        assert await refusal(client, 0x500, 2, function="I") == 2
        assert await refusal(client, 0x49, 2, function="I") == 2  # odd address
        assert await refusal(client, 0x48, 3, function="I") == 3  # odd count
        assert await refusal(client, 0x00, 82, function="I") == 3  # more than 80 registers
        assert await words(client, 0x00, 76, function="I")
        assert (await client.write_register(0x48, 0, device_id=1)).exception_code == 1
        assert (await client.read_coils(0, count=1, device_id=1)).exception_code == 1
    async with talking(bench.post, "abb-b23") as client:
        assert await refusal(client, 0x5000, 4, function="I") == 1
        assert await refusal(client, 0x4FFF, 1) == 2
    async with talking(bench.post, "carlo-gavazzi-em340") as client:
        assert await refusal(client, 0x00, 51) == 3


async def test_a_foreign_unit_is_silent_on_tcp_or_a_gateway_exception(bench: Bench, expected_log: ExpectLog) -> None:
    expected_log(NO_ANSWER)
    async with talking(bench.post, "abb-b23", timeout_s=0.2) as client:
        with pytest.raises(ModbusIOException):
            await words(client, 0x5000, 4, unit=9)
        assert await words(client, 0x5000, 4)
    toy = meter_line(bench.post, "abb-b23")._devices
    async with serving_tcp(Line(toy, gateway=True), "127.0.0.1", 0) as port:
        client = AsyncModbusTcpClient("127.0.0.1", port=port, retries=0, reconnect_delay=0)
        await client.connect()
        assert await refusal(client, 0x5000, 4, unit=9) == 0x0B
        client.close()


async def test_a_silent_meter_does_not_answer_and_comes_back(bench: Bench, expected_log: ExpectLog) -> None:
    expected_log(NO_ANSWER)
    async with talking(bench.post, "abb-b23", timeout_s=0.2) as client:
        bench.post.meter_line.silent = True
        with pytest.raises(ModbusIOException):
            await words(client, 0x5000, 4)
        bench.post.meter_line.silent = False
        assert await words(client, 0x5000, 4)


@pytest.mark.parametrize(
    ("fault", "logged"),
    [
        ("foreign_transaction", "transaction_id"),
        ("foreign_unit", "ask for id=1 but got id=0"),
        ("noise", "Invalid Modbus protocol id"),
    ],
)
async def test_an_answer_that_is_not_for_us_ends_as_a_timeout(
    bench: Bench, fault: str, logged: str, expected_log: ExpectLog
) -> None:
    expected_log(logged)
    expected_log(NO_ANSWER)
    async with talking(bench.post, "abb-b23", timeout_s=0.2) as client:
        setattr(bench.post.meter_line, fault, True)
        with pytest.raises(ModbusIOException):
            await words(client, 0x5000, 4)


async def test_a_late_answer_comes_late(bench: Bench) -> None:
    async with talking(bench.post, "abb-b23") as client:
        bench.post.meter_line.late_s = 0.3
        asked_s = asyncio.get_running_loop().time()
        assert await words(client, 0x5000, 4)
        assert asyncio.get_running_loop().time() - asked_s >= 0.3


async def test_a_dropped_connection_is_closed(bench: Bench) -> None:
    async with serving(bench.post, meter_profile="abb-b23") as ports:
        bench.post.meter_line.drop = True
        reader, writer = await asyncio.open_connection("127.0.0.1", ports.meter)
        writer.write(bytes.fromhex("0001 0000 0006 01 03 5000 0004"))
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_a_short_answer_has_fewer_registers_than_asked_for(bench: Bench) -> None:
    async with talking(bench.post, "abb-b23") as client:
        bench.post.meter_line.wrong_length = True
        assert len(await words(client, 0x5000, 4)) == 3


async def test_garbage_half_words_and_sentinels_reach_the_reader(bench: Bench) -> None:
    line = bench.post.meter_line
    async with talking(bench.post, "eastron-sdm630") as client:
        line.garbage = "nan"
        assert await words(client, 0x48, 2, function="I") == [0x7FC0, 0]
        line.garbage = "ones"
        assert await words(client, 0x48, 2, function="I") == [0xFFFF, 0xFFFF]
        line.garbage = "random"
        first = await words(client, 0x48, 2, function="I")
        assert first != KWH_12345_678
        assert await words(client, 0x48, 2, function="I") != first
        line.garbage, line.half_word = None, True
        assert await words(client, 0x48, 2, function="I") == [0x4640, 0]
        line.energy_only = True
        assert await words(client, 0x34, 2, function="I") == [0x462C, 0x8000]
        assert await words(client, 0x46, 4, function="I") == [0x4248, 0, 0x4640, 0]


async def test_half_a_word_is_half_of_the_value_wherever_the_read_began(bench: Bench) -> None:
    line = bench.post.meter_line
    line.half_word = line.energy_only = True
    async with talking(bench.post, "sunspec-203") as client:
        assert await words(client, 40115, 3) == [0, 0x00BC, 0]


async def test_a_frozen_register_stands_while_power_flows(bench: Bench) -> None:
    async with talking(bench.post, "eastron-sdm630") as client:
        bench.post.fail(PostFaults(frozen=True))
        bench.real_s += 3600
        assert await words(client, 0x48, 2, function="I") == KWH_12345_678
        assert await words(client, 0x34, 2, function="I") == [0x462C, 0x8000]


async def test_a_reversed_transformer_shows_negative_power_and_import_stands(bench: Bench) -> None:
    async with talking(bench.post, "carlo-gavazzi-em340") as client:
        bench.post.fail(PostFaults(reversed_ct=True))
        bench.real_s += 3600
        assert await words(client, 0x28, 2) == [0x50C0, 0xFFFE]  # -110400
        assert await words(client, 0x34, 2) == [0xE240, 0x0001]
        assert await words(client, 0x4E, 2) == [110, 0]


async def test_a_replaced_meter_answers_with_another_serial_and_register(bench: Bench) -> None:
    async with talking(bench.post, "eastron-sdm630") as client:
        bench.post.replace_meter()
        assert await words(client, 0xFC00, 2) == [0x0150, 0x2E6A]  # 22031978
        assert await words(client, 0x48, 2, function="I") == [0x429A, 0]  # 77.0


async def test_the_meter_answers_rtu_on_a_tty_beside_a_controller(bench: Bench, expected_log: ExpectLog) -> None:
    expected_log(NO_ANSWER)
    async with serving_on_tty(bench.post, charger_profile="relay-coil", charger_unit=7) as path:
        client = AsyncModbusSerialClient(path, baudrate=9600, timeout=0.3, retries=0, reconnect_delay=0)
        assert await client.connect()
        assert await words(client, 0x48, 2, function="I") == KWH_12345_678
        assert (await client.read_coils(0, count=1, device_id=7)).bits[0] is True
        with pytest.raises(ModbusIOException):
            await words(client, 0x48, 2, function="I", unit=9)
        bench.post.meter_line.bad_crc = True
        with pytest.raises(ModbusIOException):
            await words(client, 0x48, 2, function="I")
        bench.post.meter_line.bad_crc = False
        assert await words(client, 0x34, 2, function="I") == [0x462C, 0x8000]
        client.close()


async def test_a_late_answer_on_a_tty_is_taken_for_the_next_question(bench: Bench, expected_log: ExpectLog) -> None:
    """Measured on real lines (FACTS, stale answers): the toy must be able to play this trap."""
    expected_log(NO_ANSWER)
    async with serving_on_tty(bench.post) as path:
        client = AsyncModbusSerialClient(path, baudrate=9600, timeout=0.4, retries=0, reconnect_delay=0)
        assert await client.connect()
        bench.post.meter_line.late_s = 0.6
        with pytest.raises(ModbusIOException):
            await words(client, 0x34, 2, function="I")
        assert await words(client, 0x48, 2, function="I") == [0x462C, 0x8000]
        client.close()


async def test_rtu_over_tcp_forgets_a_torn_request_after_a_gap(bench: Bench) -> None:
    async with serving_tcp(meter_line(bench.post), "127.0.0.1", 0, rtu_framed=True) as port:
        client = AsyncModbusTcpClient("127.0.0.1", port=port, framer=FramerType.RTU, timeout=0.3, retries=5)
        assert await client.connect()
        assert isinstance(client.ctx.transport, asyncio.WriteTransport)
        client.ctx.transport.write(b"\x01\x04\x00")
        assert await words(client, 0x48, 2, function="I") == KWH_12345_678
        client.close()


async def test_rtu_joins_a_request_that_came_in_two_pieces() -> None:
    reader = asyncio.StreamReader()
    receiving = asyncio.create_task(RtuFraming().receive(reader))
    request = bytes.fromhex("01 04 0048 0002")
    whole = request + crc16(request).to_bytes(2, "little")
    for piece in (whole[:3], whole[3:]):
        reader.feed_data(piece)
        await asyncio.sleep(0)
    assert await receiving == Frame(1, request[1:])


def test_the_crc_is_the_one_of_the_standard() -> None:
    assert crc16(b"123456789") == 0x4B37  # the catalogued check value of CRC-16/MODBUS


async def test_the_admin_door_answers_on_the_meters_own_port(bench: Bench) -> None:
    async with serving(bench.post, doors=True) as ports, httpx.AsyncClient() as http:
        door = f"http://127.0.0.1:{ports.meter}/_sim"
        state = (await http.get(door)).json()
        assert (state["register_wh"], state["power_w"], state["pilot"]) == (12_345_678, 11_040, "C")
        assert (state["contactor"], state["car"]["plugged"], state["clock"]["rate"]) == ("closed", True, 1.0)

        await http.post(f"{door}/faults", json={"silent": True, "frozen": True})
        assert bench.post.meter_line.silent
        assert not bench.post.charger_line.silent
        assert bench.post.faults.frozen
        state = (await http.post(f"{door}/faults", json={"silent": False, "frozen": False, "reset": True})).json()
        assert (state["register_wh"], state["faults"]["silent"]) == (0, False)
        replaced = (await http.post(f"{door}/faults", json={"replaced": True, "register_wh": 42})).json()
        assert (replaced["serial"], replaced["register_wh"]) == (22_031_978, 42)

        assert (await http.post(f"{door}/car", json={"plug": False})).json()["car"] is None
        plugged = (await http.post(f"{door}/car", json={"plug": True, "power_max_w": 3680, "phases": 1})).json()
        assert (plugged["power_w"], plugged["pilot"]) == (3_680, "C")
        assert (await http.put(f"{door}/clock", json={"rate": 60})).json()["clock"]["rate"] == 60


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("faults", {"sielnt": True}, "Unknown here: sielnt. Known: "),
        ("faults", {"garbage": "purple"}, "garbage"),
        ("faults", [], "not a JSON object"),
        ("car", {"phases": 5}, "phases is 5"),
        ("car", {"seed": "x"}, "invalid literal"),
        ("clock", {"rate": 0}, "rate"),
    ],
)
async def test_the_admin_door_refuses_with_a_sentence(bench: Bench, path: str, body: object, says: str) -> None:
    async with serving(bench.post, doors=True) as ports, httpx.AsyncClient() as http:
        url = f"http://127.0.0.1:{ports.meter}/_sim/{path}"
        answer = await (http.put(url, json=body) if path == "clock" else http.post(url, json=body))
        assert answer.status_code == 400
        assert says in answer.json()["error"]


async def test_a_busy_port_is_one_clear_sentence(bench: Bench) -> None:
    async with serving(bench.post) as ports:
        with pytest.raises(OSError, match=rf"^Port {ports.meter} on 127.0.0.1 cannot be opened .*in use.* free one"):
            await run_meter(ports.meter)


async def test_a_meter_on_its_own_announces_itself_and_counts() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    running = asyncio.create_task(run_meter(0, "abb-b23", rate=3600, announce=said.put_nowait))
    async with httpx.AsyncClient() as http, asyncio.timeout(10):
        door = (await said.get()).rsplit(" ", 1)[1]
        while (await http.get(door)).json()["register_wh"] <= 1_234_567:
            continue
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def test_an_unknown_profile_is_refused_with_the_known_ones(bench: Bench) -> None:
    with pytest.raises(ValueError, match=r"no toy meter 'sdm'. There are: eastron-sdm630, "):
        meter_line(bench.post, "sdm")
