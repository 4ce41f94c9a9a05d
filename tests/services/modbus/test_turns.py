"""Whose frame is next on a line, and that no turn is ever lost."""

import asyncio
from dataclasses import replace

from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.line import Device
from kiosk.services.modbus.turns import IN_A_ROW_MAX, Turns
from kiosk.services.modbus.url import Serial, parse
from tests.services.modbus.raw import QUICK, Slave, count, on_tcp, registers, until


def echo_or_read(_: int, pdu: bytes) -> bytes:
    return pdu[:5] if pdu[0] in (5, 6) else registers(pdu, *range(count(pdu)))


async def reads(one: Device, number: int) -> None:
    for at in range(number):
        await one.read(3, at, 1)


def units(slave: Slave) -> list[int]:
    return [unit for unit, _ in slave.heard]


async def test_the_reads_of_one_unit_stay_together_because_another_costs_a_pause() -> None:
    for gap_s in (0.0, 0.01):
        slave = Slave()
        async with on_tcp(slave) as port, Lines() as lines:
            pace = replace(QUICK, gap_s=gap_s)
            devices = [lines.device(parse(f"tcp://127.0.0.1:{port}", unit, Serial()), pace) for unit in (1, 2, 3)]
            await asyncio.gather(*(reads(one, 4) for one in devices))
        assert units(slave) == [1] * 4 + [2] * 4 + [3] * 4


async def test_a_unit_with_many_questions_lets_others_in_between() -> None:
    slave = Slave()
    async with on_tcp(slave) as port, Lines() as lines:
        one, two = (lines.device(parse(f"tcp://127.0.0.1:{port}", unit, Serial()), QUICK) for unit in (1, 2))
        await asyncio.gather(reads(one, 3 * IN_A_ROW_MAX), reads(two, 1))
    assert units(slave).index(2) == IN_A_ROW_MAX


async def test_a_command_goes_before_every_question() -> None:
    slave = Slave(echo_or_read)
    slave.late_s = [0.1]
    async with on_tcp(slave) as port, Lines() as lines:
        devices = [lines.device(parse(f"tcp://127.0.0.1:{port}", unit, Serial()), QUICK) for unit in range(1, 9)]
        asking = [asyncio.create_task(reads(one, 2)) for one in devices]
        await until(lambda: len(slave.heard) == 1)
        await devices[7].write_coil(0, False)
        assert [pdu[0] for _, pdu in slave.heard] == [3, 5]
        await asyncio.gather(*asking)


async def test_no_turn_is_lost_whenever_somebody_is_cancelled() -> None:
    for rounds in range(12):
        turns = Turns()
        await turns.take(1)
        waiting = [asyncio.create_task(turns.take(unit)) for unit in (2, 3)]
        await asyncio.sleep(0)
        turns.give(0.0)
        for _ in range(rounds):
            await asyncio.sleep(0)
        waiting[0].cancel()
        done, _ = await asyncio.wait(waiting, timeout=1, return_when=asyncio.FIRST_COMPLETED)
        if not waiting[0].cancelled() and waiting[0] in done:
            turns.give(0.0)
        async with asyncio.timeout(1):
            await waiting[1]
            turns.give(0.0)
            await turns.take(4)
