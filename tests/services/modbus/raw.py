"""A Modbus slave in raw bytes, over TCP and over a pty: it can say what no library would let it say."""

import asyncio
import os
import struct
import tty
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from kiosk.services.modbus.line import Pace

QUICK = Pace(timeout_s=3, gap_s=0, unit_pause_s=0, connect_delay_s=0)


class HangUp(Exception):
    """Raised by a script to close the connection."""


class Slave:
    """`say(unit, pdu)` makes the answer, a whole PDU; None is silence. What it heard stands in `heard`."""

    def __init__(self, say: Callable[[int, bytes], bytes | None] | None = None) -> None:
        self.say = say or (lambda _, pdu: registers(pdu, *range(count(pdu))))
        self.heard: list[tuple[int, bytes]] = []
        self.at_s: list[float] = []
        self.late_s: list[float] = []  # one delay per request, from the front
        self.connections = 0
        self.open: list[asyncio.StreamWriter] = []
        self.connections_most = 1000
        self.frame: Callable[[bytes], bytes] = bytes  # what becomes of a whole frame on its way out
        self.put: Callable[[bytes], object] = bytes  # to say something unasked; on a tty

    async def respond(self, unit: int, pdu: bytes, send: Callable[[bytes], None]) -> None:
        self.heard.append((unit, pdu))
        self.at_s.append(asyncio.get_running_loop().time())
        said = self.say(unit, pdu)
        if self.late_s and (wait_s := self.late_s.pop(0)):
            await asyncio.sleep(wait_s)
        if said is not None:
            send(said)

    def asked(self) -> list[int]:
        return [address(pdu) for _, pdu in self.heard]


async def until(happened: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while True:
            if happened():
                return
            await asyncio.sleep(0.005)


def address(pdu: bytes) -> int:
    return int.from_bytes(pdu[1:3], "big")


def count(pdu: bytes) -> int:
    return int.from_bytes(pdu[3:5], "big")


def registers(pdu: bytes, *words: int) -> bytes:
    return struct.pack(f">BB{len(words)}H", pdu[0], 2 * len(words), *words)


def crc(data: bytes) -> bytes:
    value = 0xFFFF
    for octet in data:
        value ^= octet
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return struct.pack("<H", value)


@asynccontextmanager
async def on_tcp(slave: Slave, *, rtu: bool = False) -> AsyncIterator[int]:
    """The port. With `rtu`, frames as a transparent gateway passes them."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        slave.connections += 1
        slave.open.append(writer)
        if slave.connections > slave.connections_most:
            writer.close()
            return
        with suppress(asyncio.IncompleteReadError, ConnectionError, HangUp):
            while True:
                await (_rtu_turn if rtu else _mbap_turn)(slave, reader.readexactly, writer.write)
        writer.close()

    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(converse(reader, writer))
        tasks.add(task)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in slave.open:
            writer.close()


@asynccontextmanager
async def on_tty(slave: Slave) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    master, end = os.openpty()
    tty.setraw(end)
    reader = asyncio.StreamReader()
    loop.add_reader(master, lambda: reader.feed_data(os.read(master, 256)))

    slave.put = lambda data: os.write(master, data)

    async def converse() -> None:
        while True:
            await _rtu_turn(slave, reader.readexactly, lambda frame: os.write(master, frame))

    task = asyncio.create_task(converse())
    try:
        yield os.ttyname(end)
    finally:
        loop.remove_reader(master)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        os.close(master)
        os.close(end)


Take = Callable[[int], Awaitable[bytes]]
Put = Callable[[bytes], object]


async def _mbap_turn(slave: Slave, take: Take, put: Put) -> None:
    head = await take(7)
    pdu = await take(int.from_bytes(head[4:6], "big") - 1)

    def send(said: bytes) -> None:
        put(slave.frame(head[:4] + struct.pack(">HB", len(said) + 1, head[6]) + said))

    await slave.respond(head[6], pdu, send)


async def _rtu_turn(slave: Slave, take: Take, put: Put) -> None:
    raw = await take(8)
    if raw[1] == 16:
        raw += await take(1 + raw[6])
    assert crc(raw[:-2]) == raw[-2:]

    def send(said: bytes) -> None:
        frame = raw[:1] + said
        put(slave.frame(frame + crc(frame)))

    await slave.respond(raw[0], raw[1:-2], send)
