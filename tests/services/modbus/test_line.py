"""What a line does when its device answers something else, late, or not at all. Raw bytes on the other side."""

import asyncio
import fcntl
import logging
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.domain.fault import Fault, FaultError
from kiosk.services.modbus import errors
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.errors import BadAnswer, DeviceRefused, LineBusy, LineDown, LineError, NoAnswer
from kiosk.services.modbus.line import Device, Line, Pace
from kiosk.services.modbus.url import Serial, parse
from kiosk.services.modbus.wire import PymodbusWire
from tests.services.modbus.raw import QUICK, HangUp, Slave, address, crc, on_tcp, on_tty, registers, until


@asynccontextmanager
async def talking(slave: Slave, *, pace: Pace = QUICK, unit: int = 1) -> AsyncIterator[Device]:
    async with on_tcp(slave) as port, Lines() as lines:
        yield device(lines, f"tcp://127.0.0.1:{port}", pace, unit)


def device(lines: Lines, url: str, pace: Pace = QUICK, unit: int = 1) -> Device:
    return lines.device(parse(url, unit, Serial()), pace)


async def test_registers_and_coils_are_read_as_they_stand_on_the_wire() -> None:
    coils = Slave(lambda *_: bytes([1, 2, 0b101, 1]))
    async with talking(Slave(lambda _, pdu: registers(pdu, 0x4640, 0xE6B6))) as one, talking(coils) as two:
        assert await one.read(4, 0x48, 2) == (0x4640, 0xE6B6)
        assert await one.read(3, 0x48, 2) == (0x4640, 0xE6B6)
        assert await two.read(1, 400, 9) == (1, 0, 1, 0, 0, 0, 0, 0, 1)


async def test_commands_are_the_bytes_of_the_standard() -> None:
    slave = Slave(lambda _, pdu: pdu[:5])
    async with talking(slave, unit=255) as one:
        await one.write_coil(400, True)
        await one.write_coil(400, False)
        await one.write_register(5004, 16_000)
        await one.write_registers(0x1210, [1, 0xFFFF])
    assert slave.heard == [
        (255, bytes.fromhex("05 0190 ff00")),
        (255, bytes.fromhex("05 0190 0000")),
        (255, bytes.fromhex("06 138c 3e80")),
        (255, bytes.fromhex("10 1210 0002 04 0001 ffff")),
    ]


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("04 04 0001 0002", "wrong_function"),  # pymodbus calls this a success
        ("03 02 0001", "wrong_length"),  # and this
        ("03 06 0001 0002 0003", "wrong_length"),
        ("84 02", "wrong_function"),
        ("77 00", "wrong_function"),  # on this pymodbus writes a traceback and loses the connection
        ("03 04 0001", "wrong_function"),
    ],
)
async def test_an_answer_to_another_question_is_never_a_value(said: str, counted: str) -> None:
    async with talking(Slave(lambda *_: bytes.fromhex(said))) as one:
        with pytest.raises(BadAnswer, match=r"^unit 1 on tcp://127\.0\.0\.1:\d+ answered "):
            await one.read(3, 0x48, 2)
    assert getattr(one.line.counts, counted) == 1


async def test_a_coil_read_has_the_right_number_of_octets() -> None:
    async with talking(Slave(lambda *_: bytes([1, 2, 1, 0]))) as one:
        with pytest.raises(BadAnswer, match="answered 16 values to a read of 0x0000"):
            await one.read(1, 0, 1)


@pytest.mark.parametrize("said", ["06 138c 3e81", "06 138e 3e80"])
async def test_a_confirmation_of_something_else_is_no_confirmation(said: str) -> None:
    async with talking(Slave(lambda *_: bytes.fromhex(said))) as one:
        with pytest.raises(BadAnswer, match="confirmed something else than a write of 0x138c"):
            await one.write_register(5004, 16_000)
    assert one.line.counts.wrong_echo == 1


async def test_a_refusal_carries_its_code_and_says_what_was_asked() -> None:
    async with talking(Slave(lambda _, pdu: bytes([pdu[0] | 0x80, 2]))) as one:
        with pytest.raises(
            DeviceRefused, match=r"refused the read of 0x0048 .* exception 2, illegal address"
        ) as caught:
            await one.read(3, 0x48, 2)
    assert caught.value.code == 2
    assert one.line.counts.exceptions == {2: 1}


async def test_a_gateway_that_reaches_nobody_is_silence_not_refusal() -> None:
    async with talking(Slave(lambda _, pdu: bytes([pdu[0] | 0x80, 0x0B]))) as one:
        with pytest.raises(NoAnswer, match="says its gateway"):
            await one.read(3, 0x48, 2)


async def test_silence_names_unit_place_and_seconds() -> None:
    async with talking(Slave(lambda *_: None), pace=replace(QUICK, timeout_s=0.3), unit=7) as one:
        with pytest.raises(NoAnswer, match=r"^unit 7 on tcp://127\.0\.0\.1:\d+ did not answer in 0\.3 s$"):
            await one.read(3, 0x48, 2)


def hang_up(unit: int, pdu: bytes) -> bytes:
    raise HangUp


async def test_hanging_up_is_noticed_at_once() -> None:
    async with talking(Slave(hang_up), pace=replace(QUICK, timeout_s=60)) as one, asyncio.timeout(5):
        with pytest.raises(LineDown, match="hung up instead of answering"):
            await one.read(3, 0x48, 2)


async def test_nobody_at_the_address_is_a_line_that_is_down() -> None:
    async with on_tcp(Slave()) as port:
        pass
    async with Lines() as lines:
        with pytest.raises(LineDown, match=f"^unit 1 on tcp://127.0.0.1:{port} cannot be reached"):
            await device(lines, f"tcp://127.0.0.1:{port}").read(3, 0, 1)


async def test_everyone_on_a_host_and_port_shares_one_connection_one_frame_at_a_time() -> None:
    slave = Slave(lambda unit, pdu: registers(pdu, unit, address(pdu)))
    async with on_tcp(slave) as port, Lines() as lines:
        meter, controller = (device(lines, f"tcp://127.0.0.1:{port}", unit=unit) for unit in (1, 2))
        said = await asyncio.gather(*((meter, controller)[n % 2].read(3, n, 2) for n in range(20)))
        assert said == [(1 + n % 2, n) for n in range(20)]
        assert meter.line is controller.line
    assert slave.connections == 1


async def test_a_half_open_connection_is_closed_after_three_silences() -> None:
    slave = Slave(lambda *_: None)
    async with talking(slave, pace=replace(QUICK, timeout_s=0.2)) as one:
        for _ in range(3):
            with pytest.raises(NoAnswer):
                await one.read(3, 0, 1)
        assert slave.connections == 1
        slave.say = lambda _, pdu: registers(pdu, 5)
        assert await one.read(3, 0, 1) == (5,)
    assert slave.connections == 2
    assert (one.line.counts.timeouts, one.line.counts.reconnects, one.connection) == (3, 1, 2)


async def test_one_answer_between_silences_keeps_the_connection() -> None:
    said = iter([None, None, b"\x03\x02\0\5", None, None, b"\x03\x02\0\5"])
    slave = Slave(lambda *_: next(said))
    async with talking(slave, pace=replace(QUICK, timeout_s=0.2)) as one:
        for _ in range(6):
            await asyncio.gather(one.read(3, 0, 1), return_exceptions=True)
    assert (slave.connections, one.line.counts.timeouts) == (1, 4)


async def test_a_device_that_hangs_up_while_idle_is_connected_again_quietly() -> None:
    slave = Slave()
    async with talking(slave) as one:
        await one.read(3, 0, 1)
        slave.open[0].close()
        await until(lambda: not one.line._wire.is_open)
        await one.read(3, 0, 1)
        assert one.connection == 2


async def test_gaps_lie_between_frames_and_a_longer_one_between_units() -> None:
    slave = Slave()
    pace = replace(QUICK, gap_s=0.05, unit_pause_s=0.4)
    async with on_tcp(slave) as port, Lines() as lines:
        one, two = (device(lines, f"tcp://127.0.0.1:{port}", pace, unit) for unit in (1, 2))
        for each in (one, one, two, two):
            await each.read(3, 0, 1)
    gaps_s = [after - before for before, after in zip(slave.at_s, slave.at_s[1:], strict=False)]
    assert 0.05 <= gaps_s[0] < 0.4 <= gaps_s[1]
    assert 0.05 <= gaps_s[2] < 0.4


# RTU has no transaction ids.

REGISTERS = {0x20: (0x20, 0), 0x34: (0x34, 0)}
LATE = replace(QUICK, timeout_s=0.4)


def own_address(unit: int, pdu: bytes) -> bytes:
    return registers(pdu, *REGISTERS[address(pdu)])


def late_slave() -> Slave:
    slave = Slave(own_address)
    slave.late_s = [0.5]  # later than the deadline, earlier than deadline and silence
    return slave


async def test_a_late_answer_on_a_serial_line_is_never_the_answer_to_the_next_question() -> None:
    slave = late_slave()
    async with on_tty(slave) as path, Lines() as lines:
        one = device(lines, f"rtu://{path}", LATE)
        with pytest.raises(NoAnswer):
            await one.read(3, 0x20, 2)
        assert await one.read(3, 0x34, 2) == (0x34, 0)
    assert slave.at_s[1] - slave.at_s[0] > 1.9 * LATE.timeout_s


async def test_a_late_answer_through_a_transparent_gateway_is_never_the_next_answer() -> None:
    async with on_tcp(late_slave(), rtu=True) as port, Lines() as lines:
        one = device(lines, f"rtutcp://127.0.0.1:{port}", LATE)
        with pytest.raises(NoAnswer):
            await one.read(3, 0x20, 2)
        assert await one.read(3, 0x34, 2) == (0x34, 0)


async def test_without_the_silence_the_late_answer_would_be_believed() -> None:
    """The trap itself: the same line, told that it does not remember."""
    async with on_tty(late_slave()) as path, Lines():
        where = parse(f"rtu://{path}", 1, Serial())
        line = Line(PymodbusWire(where), where.place, remembers=False, reopens=False)
        with pytest.raises(NoAnswer):
            await Device(line, 1, LATE).read(3, 0x20, 2)
        assert await Device(line, 1, LATE).read(3, 0x34, 2) == (0x20, 0)
        await line.close()


async def test_on_tcp_the_transaction_id_keeps_a_late_answer_away_without_waiting() -> None:
    slave = late_slave()
    async with talking(slave, pace=LATE) as one:
        with pytest.raises(NoAnswer):
            await one.read(3, 0x20, 2)
        assert await one.read(3, 0x34, 2) == (0x34, 0)


async def test_cancelling_a_caller_never_splits_a_frame() -> None:
    slave = Slave(own_address)
    slave.late_s = [0.1]
    async with on_tty(slave) as path, Lines() as lines:
        one = device(lines, f"rtu://{path}")
        reading = asyncio.create_task(one.read(3, 0x20, 2))
        await until(lambda: len(slave.heard) == 1)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        assert await one.read(3, 0x34, 2) == (0x34, 0)
    assert slave.asked() == [0x20, 0x34]
    assert one.line.counts.timeouts == 0


async def test_a_frame_that_fails_after_its_caller_has_left_is_nobodys_business() -> None:
    slave = Slave(lambda *_: None)
    async with talking(slave, pace=replace(QUICK, timeout_s=0.2)) as one:
        reading = asyncio.create_task(one.read(3, 1, 1))
        await until(lambda: len(slave.heard) == 1)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await until(lambda: one.line.counts.timeouts == 1)
        del reading, one.line._frame  # asyncio complains when the last reference goes
        await asyncio.sleep(0)
        slave.say = lambda _, pdu: registers(pdu, 5)
        assert await one.read(3, 2, 1) == (5,)


async def test_a_caller_cancelled_before_its_turn_sends_nothing() -> None:
    slave = Slave()
    slave.late_s = [0.1]
    async with talking(slave) as one:
        first = asyncio.create_task(one.read(3, 1, 1))
        await until(lambda: len(slave.heard) == 1)
        waiting = asyncio.create_task(one.read(3, 2, 1))
        await asyncio.sleep(0)
        waiting.cancel()
        await first
        await one.read(3, 3, 1)
    assert slave.asked() == [1, 3]


async def test_closing_waits_for_the_frame_under_way_and_sends_no_more() -> None:
    slave = Slave()
    slave.late_s = [0.1]
    async with on_tcp(slave) as port:
        async with Lines() as lines:
            one = device(lines, f"tcp://127.0.0.1:{port}")
            reading = asyncio.create_task(one.read(3, 1, 1))
            await until(lambda: len(slave.heard) == 1)
        assert await reading == (0,)
        with pytest.raises(LineDown, match="closed because the kiosk is ending"):
            await one.read(3, 2, 1)


# Owners and ports.


async def test_a_port_that_is_not_there_says_so() -> None:
    async with Lines() as lines:
        with pytest.raises(LineDown, match=r"^unit 1 on rtu:///dev/ttyNOPE cannot be opened: there is no such port"):
            await device(lines, "rtu:///dev/ttyNOPE").read(3, 0, 1)


async def test_a_file_or_folder_is_no_serial_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with Lines() as lines:
        for path in (tmp_path, tmp_path / "file"):
            with pytest.raises(LineDown, match=r"is no serial line; name one such as /dev/ttyUSB0$") as caught:
                await device(lines, f"rtu://{path}").read(3, 0, 1)
            assert type(caught.value) is LineDown


async def test_a_port_that_another_program_holds_says_so() -> None:
    async with on_tty(Slave()) as path, Lines() as lines:
        other = os.open(path, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(LineBusy, match="this program itself holds the port"):
            await device(lines, f"rtu://{path}").read(3, 0, 1)
        os.close(other)
        assert await device(lines, f"rtu://{path}").read(3, 0, 1) == (0,)


async def test_a_port_that_cannot_do_the_parity_says_so() -> None:
    async with on_tty(Slave()) as path, Lines() as lines:  # a pty has no parity
        with pytest.raises(LineDown, match="the port refuses 19200 8E1"):
            await device(lines, f"rtu://{path}?baud=19200&parity=E").read(3, 0, 1)
        async with Lines() as others:  # and lets go of the port
            assert await device(others, f"rtu://{path}").read(3, 0, 1) == (0,)


async def test_one_line_has_one_setting_whatever_it_is_called(tmp_path: Path) -> None:
    alias = tmp_path / "by-id"
    alias.symlink_to("/dev/ttyUSB7")
    async with Lines() as lines:
        one = device(lines, "rtu:///dev/ttyUSB7?baud=9600")
        assert device(lines, f"rtu://{alias}?baud=9600", unit=2).line is one.line
        with pytest.raises(FaultError, match="asked for as rtu 19200 8N1 and as rtu 9600 8N1") as caught:
            device(lines, f"rtu://{alias}?baud=19200")
        assert caught.value.trouble.fault is Fault.CONFIG_WRONG
        device(lines, "tcp://gateway:502")
        with pytest.raises(FaultError, match="asked for as rtutcp and as tcp"):
            device(lines, "rtutcp://gateway:502")


async def test_pymodbus_is_quiet_while_lines_are_open_and_as_before_afterwards() -> None:
    log = logging.getLogger("pymodbus.logging")
    log.setLevel(logging.INFO)
    async with Lines():
        assert not log.isEnabledFor(logging.CRITICAL)
    assert log.level == logging.INFO
    log.setLevel(logging.NOTSET)


def test_every_line_error_stands_in_the_tree_and_says_what_would_be_right() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Exception)]
    assert len(classes) == 6
    for each in classes:
        assert issubclass(each, LineError)
        assert each.__name__ in (errors.__doc__ or "")
        assert each.remedy.endswith(".")


def test_the_raw_slave_speaks_the_checksum_of_the_standard() -> None:
    assert crc(bytes.fromhex("01 04 00 48 00 02")) == struct.pack("<H", 0xDDF1)
