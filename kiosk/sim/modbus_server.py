"""Modbus lines that toys sit on: a TCP port, a serial line (a pty), or no wire at all for virtual time.

Written out here, because a library's server is too well-behaved: it cannot be silent, late, torn or somebody else.
"""

import asyncio
import os
import termios
import tty
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress

from kiosk.sim.line_faults import LineFaults
from kiosk.sim.modbus_frames import Frame, Framing, MbapFraming, RtuFraming
from kiosk.sim.modbus_pdu import GATEWAY_TARGET_SILENT, Device, answer

Stranger = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]
"""Takes over a TCP connection whose first four bytes are not Modbus."""

Send = Callable[[bytes, Frame], Coroutine[None, None, None]]
"""Takes a frame, and the request that it answers."""

RTU_OVERHEAD = 3  # unit and CRC
BITS_AN_OCTET = 11
OUTPUT_SPEED = 5  # its place in what tcgetattr returns


class HangUpError(Exception):
    """The device hangs up instead of answering."""


class Line:
    """The units that share one wire. A unit that is not there is silent, or, behind a `gateway`, exception 0x0B."""

    def __init__(self, devices: Mapping[int, Device], *, gateway: bool = False) -> None:
        self._devices = devices
        self._gateway = gateway

    def faults(self, unit: int) -> LineFaults:
        device = self._devices.get(unit)
        return device.line if device else LineFaults()

    async def ask(self, unit: int, request: bytes) -> bytes | None:
        """One request without a frame, as the virtual world asks it. None is silence."""
        device = self._devices.get(unit)
        if device is None:
            return bytes([request[0] | 0x80, GATEWAY_TARGET_SILENT]) if self._gateway else None
        if device.line.drop:
            raise HangUpError
        if device.line.silent:
            return None
        said = answer(device, request)
        if device.line.late_s:
            await asyncio.sleep(device.line.late_s)
        return None if device.line.mute else said


async def converse(line: Line, framing: Framing, reader: asyncio.StreamReader, send: Send) -> None:
    """Answer one request after the other, as a slave with one small processor does, until the other side leaves."""
    while (asked := await framing.receive(reader)) is not None:
        said = await line.ask(asked.unit, asked.pdu)
        if said is not None:
            await send(framing.wrap(Frame(asked.unit, said, asked.transaction), line.faults(asked.unit)), asked)


@asynccontextmanager
async def serving_tcp(
    line: Line, host: str, port: int, *, rtu_framed: bool = False, stranger: Stranger | None = None
) -> AsyncIterator[int]:
    """The bound port. `rtu_framed` is what a transparent RS-485 gateway carries."""
    conversations: set[asyncio.Task[None]] = set()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if task := asyncio.current_task():
            conversations.add(task)
            task.add_done_callback(conversations.discard)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, HangUpError, asyncio.CancelledError):
                await _serve_connection(line, rtu_framed, stranger, reader, writer)
        finally:
            writer.close()

    try:
        server = await asyncio.start_server(receive, host, port)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise OSError(f"Port {port} on {host} cannot be opened ({why}). Choose a free one.") from error
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(conversations):
            task.cancel()
        await asyncio.gather(*conversations, return_exceptions=True)
        await server.wait_closed()


async def _serve_connection(
    line: Line,
    rtu_framed: bool,
    stranger: Stranger | None,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    async def send(frame: bytes, _: Frame) -> None:
        writer.write(frame)

    if rtu_framed:
        await converse(line, RtuFraming(), reader, send)
        return
    opening = await reader.readexactly(4)
    if stranger is not None and opening[2:] != b"\0\0":
        await stranger(opening, reader, writer)
        return
    await converse(line, MbapFraming(opening), reader, send)


@asynccontextmanager
async def serving_rtu(line: Line, baud: int | None = None) -> AsyncIterator[str]:
    """The path of a tty; whoever opens it talks to `line` as over RS-485.

    At any baud rate at once; with `baud` only at that one, and every octet takes the time that it takes on a wire.
    """
    loop = asyncio.get_running_loop()
    master, slave = os.openpty()
    tty.setraw(slave)
    reader = asyncio.StreamReader()
    loop.add_reader(master, lambda: reader.feed_data(os.read(master, 512)))

    async def send(frame: bytes, asked: Frame) -> None:
        if baud is not None:
            if termios.tcgetattr(slave)[OUTPUT_SPEED] != getattr(termios, f"B{baud}"):
                return
            await asyncio.sleep((RTU_OVERHEAD + len(asked.pdu) + len(frame)) * BITS_AN_OCTET / baud)
        os.write(master, frame)

    task = asyncio.create_task(_answer_on_tty(line, reader, send))
    try:
        yield os.ttyname(slave)
    finally:
        loop.remove_reader(master)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        os.close(master)
        os.close(slave)


async def _answer_on_tty(line: Line, reader: asyncio.StreamReader, send: Send) -> None:
    while True:
        with suppress(HangUpError):  # a serial line cannot hang up; the request is lost
            await converse(line, RtuFraming(), reader, send)
