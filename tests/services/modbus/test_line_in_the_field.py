"""What stands in the field: answers that are very late, other masters, gateways, echoes, and devices that know one connection."""

import asyncio
import dataclasses
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import pytest

from kiosk.services.modbus import rivals
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.errors import BadAnswer, DeviceRefused, Heard, LineBusy, LineDown, NoAnswer
from kiosk.services.modbus.line import Device
from kiosk.services.modbus.url import Serial, parse
from tests.services.modbus.raw import QUICK, HangUp, Slave, address, crc, on_tcp, on_tty, registers, until

LATE = replace(QUICK, timeout_s=0.2)


def own_address(unit: int, pdu: bytes) -> bytes:
    """Each register holds its own address, so that an answer shows what it belongs to."""
    return registers(pdu, address(pdu), 0)


@asynccontextmanager
async def on_line(slave: Slave, transport: str, options: str = "") -> AsyncIterator[Device]:
    async with (
        on_tty(slave) if transport == "rtu" else on_tcp(slave, rtu=transport == "rtutcp") as at,
        Lines() as lines,
    ):
        where = f"rtu://{at}" if transport == "rtu" else f"{transport}://127.0.0.1:{at}"
        yield lines.device(parse(where + options, 1, Serial()), LATE)


# Later than a timeout and its silence.


@pytest.mark.parametrize("transport", ["rtu", "rtutcp"])
@pytest.mark.parametrize("slow_s", [0, 0.1])
@pytest.mark.parametrize("late_s", [0.25, 0.45, 0.7])
async def test_however_late_an_answer_is_it_is_never_the_answer_to_the_next_question(
    transport: str, late_s: float, slow_s: float
) -> None:
    slave = Slave(own_address)
    slave.late_s = [late_s, *[slow_s] * 20]
    async with on_line(slave, transport) as one:
        with pytest.raises(NoAnswer):
            await one.read(3, 0x20, 2)
        for place in (0x34, 0x40, 0x48):
            said = None
            while said is None:
                try:
                    said = await one.read(3, place, 2)
                except NoAnswer:
                    continue
            assert said == (place, 0)


async def test_the_first_answer_after_a_silence_is_thrown_away_and_then_all_is_as_before() -> None:
    slave = Slave(own_address)
    async with on_line(slave, "rtu") as one:
        slave.say = lambda *_: None
        with pytest.raises(NoAnswer):
            await one.read(3, 0x20, 2)
        slave.say = own_address
        assert await one.read(3, 0x34, 2) == (0x34, 0)
        assert await one.read(3, 0x48, 2) == (0x48, 0)
    assert slave.asked() == [0x20, 0x34, 0x34, 0x48]


async def test_a_command_never_waits_for_a_trial() -> None:
    slave = Slave(lambda *_: None)
    async with on_line(slave, "rtu") as one:
        with pytest.raises(NoAnswer):
            await one.read(3, 0x20, 2)
        slave.say = lambda _, pdu: pdu[:5]
        await one.write_coil(400, False)
    assert slave.asked() == [0x20, 400]


# Somebody else talks.


def frame(unit: int, pdu: bytes) -> bytes:
    return bytes([unit]) + pdu + crc(bytes([unit]) + pdu)


async def test_an_answer_that_nobody_waited_for_is_counted_and_gone() -> None:
    slave = Slave(own_address)
    async with on_line(slave, "rtu") as one:
        assert await one.read(3, 0x20, 2) == (0x20, 0)
        slave.put(frame(1, bytes.fromhex("03 04 beef beef")))
        await until_late(one, 1)
        assert await one.read(3, 0x34, 2) == (0x34, 0)
        assert one.line.counts.late == 1


async def until_late(one: Device, number: int) -> None:
    await until(lambda: one.line.counts.late >= number)


async def test_a_line_on_which_another_master_asks_all_the_time_is_said_to_be_one() -> None:
    slave = Slave(own_address)
    async with on_line(slave, "rtu") as one:
        await one.read(3, 0x20, 2)

        async def chatter() -> None:
            while True:
                slave.put(frame(7, bytes.fromhex("03 04 beef beef")))
                await asyncio.sleep(0.05)

        other = asyncio.create_task(chatter())
        await until_late(one, 1)
        with pytest.raises(BadAnswer, match="answers to others are heard all the time") as caught:
            await one.read(3, 0x34, 2)
        slave.say = lambda _, pdu: pdu[:5]
        await one.write_coil(400, False)  # a contactor opens whoever talks
        other.cancel()
    assert "nobody else talks on this line" in caught.value.remedy


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        (bytes.fromhex("00 ff 13 37 00"), Heard.NOISE),
        (frame(2, bytes.fromhex("03 04 0020 0000")), Heard.OTHER_UNIT),
        (b"", Heard.NOTHING),
    ],
)
async def test_silence_says_what_came_instead(said: bytes, heard: Heard) -> None:
    slave = Slave(own_address)
    slave.frame = lambda _: said
    async with on_line(slave, "rtu") as one:
        with pytest.raises(NoAnswer, match=r"did not answer in 0\.2 s" + heard) as caught:
            await one.read(3, 0x20, 2)
    assert caught.value.heard is heard


# Adapters that echo.


async def test_an_adapter_that_echoes_confirms_no_command() -> None:
    slave = Slave(lambda *_: None)
    async with echoing(slave) as one:
        with pytest.raises(NoAnswer, match="only the question came back, so the adapter echoes"):
            await one.read(3, 0x20, 2)
        with pytest.raises(NoAnswer):
            await one.write_register(5004, 16_000)  # its echo is word for word what a device would answer


async def test_a_device_behind_an_adapter_that_echoes_is_read_and_switched() -> None:
    slave = Slave(lambda unit, pdu: own_address(unit, pdu) if pdu[0] == 3 else pdu[:5])
    async with echoing(slave) as one:
        with pytest.raises(NoAnswer):
            await one.read(3, 0x20, 2)  # the echo and the answer came as one
        assert await one.read(3, 0x34, 2) == (0x34, 0)
        await one.write_register(5004, 16_000)
    assert slave.asked()[-1] == 5004


@asynccontextmanager
async def echoing(slave: Slave) -> AsyncIterator[Device]:
    said = slave.say
    asked = b""

    def answer(unit: int, pdu: bytes) -> bytes:
        nonlocal asked
        asked = frame(unit, pdu)
        return said(unit, pdu) or b""

    slave.say = answer
    slave.frame = lambda whole: asked + (whole if len(whole) > 3 else b"")
    async with on_line(slave, "rtu") as one:
        yield one


# Gateways that change transaction ids.


def renumbered(whole: bytes) -> bytes:
    return bytes([whole[0] ^ 0x55]) + whole[1:]


async def test_a_gateway_that_changes_ids_is_named_and_told_how_to_be_used() -> None:
    slave = Slave(own_address)
    slave.frame = renumbered
    async with on_line(slave, "tcp") as one:
        with pytest.raises(NoAnswer, match=r"another transaction id.*add ids=any") as caught:
            await one.read(3, 0x20, 2)
    assert caught.value.heard is Heard.OTHER_ID
    async with on_line(slave, "tcp", "?ids=any") as one:
        assert await one.read(3, 0x34, 2) == (0x34, 0)


async def test_where_ids_mean_nothing_a_late_answer_is_kept_away_by_silence() -> None:
    slave = Slave(own_address)
    slave.late_s, slave.frame = [0.3], renumbered
    async with on_line(slave, "tcp", "?ids=any") as one:
        with pytest.raises(NoAnswer):
            await one.read(3, 0x20, 2)
        assert await one.read(3, 0x34, 2) == (0x34, 0)


async def test_a_late_answer_on_tcp_is_not_taken_for_a_gateway_that_changes_ids() -> None:
    slave = Slave(own_address)
    slave.late_s = [0.3]
    async with on_line(slave, "tcp") as one:
        with pytest.raises(NoAnswer):
            await one.read(3, 0x20, 2)
        assert await one.read(3, 0x34, 2) == (0x34, 0)
        assert (one.line.counts.late, one.line.counts.timeouts) == (1, 1)
        slave.late_s, slave.say = [0.3, 0.3], own_address
        with pytest.raises(NoAnswer):
            await one.read(3, 0x40, 2)
        with pytest.raises(NoAnswer) as caught:
            await one.read(3, 0x48, 2)
        assert caught.value.heard is Heard.NOTHING  # nor for noise


# Devices that hang up.


async def test_a_link_that_is_closed_at_the_very_moment_of_a_read_is_opened_again_quietly() -> None:
    slave = Slave(own_address)
    async with on_line(slave, "tcp") as one:
        await one.read(3, 0x20, 2)
        slave.say = hang_up_once(slave)
        assert await one.read(3, 0x34, 2) == (0x34, 0)
        assert one.line.counts.reconnects == 1
        slave.say = hang_up_once(slave)
        with pytest.raises(LineDown, match="hung up instead of answering"):
            await one.write_register(5004, 16_000)  # nobody knows whether it was done
    assert slave.asked() == [0x20, 0x34, 0x34, 5004]


async def test_a_device_that_hangs_up_at_a_question_each_time_is_not_asked_for_ever() -> None:
    slave = Slave(own_address)
    async with on_line(slave, "tcp") as one:
        await one.read(3, 0x20, 2)
        slave.say = hang_up
        with pytest.raises(LineDown, match="hung up"):
            await one.read(3, 0x34, 2)
    assert slave.asked() == [0x20, 0x34, 0x34]


def hang_up(unit: int, pdu: bytes) -> bytes:
    raise HangUp


def hang_up_once(slave: Slave) -> Callable[[int, bytes], bytes]:
    def say(unit: int, pdu: bytes) -> bytes:
        slave.say = own_address
        raise HangUp

    return say


# One owner.

HOLD_TCP = "import socket, sys; held = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); print('held', flush=True); sys.stdin.read()"
HOLD_TTY = "import fcntl, os, sys; fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); {}; print('held', flush=True); sys.stdin.read()"
LOCK = "fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)"


@contextmanager
def another(script: str, argument: object) -> Iterator[int]:
    """Another program that holds on to something; its process id."""
    with subprocess.Popen(
        [sys.executable, "-c", script, str(argument)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        try:
            yield process.pid
        finally:
            process.kill()


async def test_a_device_with_one_connection_is_told_to_be_in_use_and_by_whom() -> None:
    slave = Slave(own_address)
    slave.connections_most = 1
    async with on_tcp(slave) as port, Lines() as lines:
        one = lines.device(parse(f"tcp://127.0.0.1:{port}", 1, Serial()), QUICK)
        with another(HOLD_TCP, port) as pid, pytest.raises(LineBusy, match=rf"process {pid} \(python") as caught:
            await one.read(3, 0x20, 2)
    assert caught.value.remedy.startswith("Close the other program")


async def test_a_device_that_refuses_a_second_connection_is_told_to_be_in_use_and_by_whom() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    with another(HOLD_TCP, port) as pid, listener.accept()[0]:
        listener.close()
        async with Lines() as lines:
            one = lines.device(parse(f"tcp://127.0.0.1:{port}", 1, Serial()), QUICK)
            with pytest.raises(LineBusy, match=rf"cannot be reached: process {pid} \(python.* is connected to it"):
                await one.read(3, 0x20, 2)


async def test_a_port_is_said_to_be_held_and_by_whom() -> None:
    async with on_tty(Slave()) as path, Lines() as lines:
        one = lines.device(parse(f"rtu://{path}", 1, Serial()), QUICK)
        said = r"cannot be opened: process {} \(python.*\) holds the port"
        with another(HOLD_TTY.format(LOCK), path) as pid, pytest.raises(LineBusy, match=said.format(pid)):
            await one.read(3, 0, 1)


async def test_a_program_that_talks_on_the_port_without_holding_it_is_named_after_three_silences() -> None:
    async with on_tty(Slave(lambda *_: None)) as path, Lines() as lines:
        one = lines.device(parse(f"rtu://{path}", 1, Serial()), LATE)
        alone = [str(await silence(one)) for _ in range(3)]
        assert not any("too" in text for text in alone)
    async with on_tty(Slave(lambda *_: None)) as path, Lines() as lines:
        one = lines.device(parse(f"rtu://{path}", 1, Serial()), LATE)
        with another(HOLD_TTY.format("0"), path) as pid:
            said = [str(error) for error in [await silence(one), await silence(one), await silence(one)]]
    assert ["is on this line too" in text for text in said] == [False, False, True]
    assert f"process {pid} (python" in said[2]


async def test_another_connection_of_this_program_is_named_but_never_its_own() -> None:
    slave = Slave(own_address)
    async with on_tcp(slave) as port, Lines() as lines, Lines() as others:
        where = parse(f"tcp://127.0.0.1:{port}", 1, Serial())
        first = lines.device(where, LATE)
        await first.read(3, 0x20, 2)
        slave.say = lambda *_: None
        alone = [str(await silence(first)) for _ in range(3)]
        assert not any("too" in text for text in alone)
        slave.say = own_address
        await first.read(3, 0x20, 2)
        slave.say = lambda *_: None
        second = others.device(where, LATE)
        assert str([await silence(second) for _ in range(3)][2]).endswith("and this program itself is on this line too")


async def silence(one: Device) -> NoAnswer:
    with pytest.raises(NoAnswer) as caught:
        await one.read(3, 0, 1)
    return caught.value


async def test_a_second_owner_in_this_program_is_told_so() -> None:
    slave = Slave(own_address)
    slave.connections_most = 1
    async with on_tcp(slave) as port, Lines() as lines, Lines() as others:
        address = parse(f"tcp://127.0.0.1:{port}", 1, Serial())
        await lines.device(address, QUICK).read(3, 0x20, 2)
        with pytest.raises(LineBusy, match=rivals.OURSELVES):
            await others.device(address, QUICK).read(3, 0x20, 2)


# What happened is counted.


async def test_a_line_tells_what_happened_on_it_and_the_numbers_stand_still() -> None:
    slave = Slave(own_address)
    async with on_tcp(slave) as port, Lines() as lines:
        one = lines.device(parse(f"tcp://127.0.0.1:{port}", 1, Serial()), LATE)
        slave.late_s = [0.1, 0, 0.3]
        await one.read(3, 0x20, 2)
        await one.read(3, 0x34, 2)
        with pytest.raises(NoAnswer):
            await one.read(3, 0x40, 2)
        slave.say = lambda _, pdu: bytes([pdu[0] | 0x80, 2])
        with pytest.raises(DeviceRefused):
            await one.read(3, 0x48, 2)
        slave.say = lambda _, pdu: bytes([4]) + own_address(1, pdu)[1:]
        with pytest.raises(BadAnswer):
            await one.read(3, 0x48, 2)
        (counts,) = lines.counts()
    assert (counts.place, counts.requests, counts.answers, counts.timeouts) == (f"tcp://127.0.0.1:{port}", 5, 4, 1)
    assert (counts.exceptions, counts.wrong_function, counts.wrong, counts.late) == ({2: 1}, 1, 1, 1)
    assert 0.1 <= counts.longest_answer_s < 0.2
    assert str(counts).endswith("1 silent, 1 refused, 1 wrong, 1 late, 0 reconnects")
    assert counts.report()["reconnects"] == 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        counts.requests = 0  # type: ignore[misc]
