"""Every line of a site, each with one owner; and all of pymodbus, which nobody else in the product imports."""

import asyncio
import logging
import os
import termios
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU

from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.services.modbus.errors import LineBusy, LineDown
from kiosk.services.modbus.line import (
    READ_COILS,
    WRITE_COIL,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    Answer,
    Device,
    Line,
    Pace,
    Request,
    Wire,
)
from kiosk.services.modbus.url import Address

CONNECT_S = 3.0
# The deadline of an answer is ours. pymodbus' own only has to be later, because its late one would log and count.
NEVER_S = 3600.0
LOGGERS = ("pymodbus", "pymodbus_internal", "pymodbus.logging")


class Lines:
    """Built by the composition root; hands the same line to everyone who names the same host and port, or tty."""

    def __init__(self, open_wire: Callable[[Address], Wire] | None = None) -> None:
        self._open_wire = open_wire or PymodbusWire
        self._lines: dict[str, tuple[Address, Line]] = {}
        self._levels: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        # pymodbus dumps the recent frames into its log whenever a device is silent; our errors say it shorter.
        self._levels = {name: logging.getLogger(name).level for name in LOGGERS}
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, line in self._lines.values():
            await line.close()
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)

    def device(self, address: Address, pace: Pace) -> Device:
        """Nothing is opened before the first request. Raises FaultError when the line is in use in another way."""
        first, line = self._lines.setdefault(address.owner_key, (address, self._line(address)))
        if (first.transport, first.serial) != (address.transport, address.serial) and (
            first.transport != address.transport or address.transport == "rtu"
        ):
            text = (
                f"{address.place} is asked for as {_manner(address)} and as {_manner(first)}. "
                f"All devices of one line need the same."
            )
            raise FaultError(Trouble(Fault.CONFIG_WRONG, text))
        return Device(line, address.unit, pace)

    def _line(self, address: Address) -> Line:
        return Line(
            self._open_wire(address),
            address.place,
            remembers=address.transport != "tcp",
            reopens=address.transport != "rtu",
        )


def _manner(address: Address) -> str:
    return f"rtu {address.serial}" if address.transport == "rtu" else address.transport


class NoModbus(ModbusPDU):
    """Stands for a frame that cannot be read, so that it is an answer like any other."""


class TolerantDecoder(DecodePDU):
    def decode(self, frame: bytes) -> ModbusPDU | None:
        # On None pymodbus raises inside asyncio's data_received: a traceback in the log, and the transport is gone.
        return super().decode(frame) or NoModbus()


class PymodbusWire:
    """pymodbus 3.16: no retries, no reconnecting of its own, and closed before it is opened again."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client: AsyncModbusTcpClient | AsyncModbusSerialClient | None = None
        self._lost: asyncio.Future[None] | None = None

    @property
    def is_open(self) -> bool:
        return self._client is not None and self._client.connected

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def open(self) -> None:
        # connect() on an open client opens a second socket, which a wallbox with one connection never survives.
        self.close()
        self._lost = asyncio.get_running_loop().create_future()
        client = self._make(self._lost)
        try:
            async with asyncio.timeout(CONNECT_S):
                opened = await client.connect()
        except TimeoutError:
            opened = False
        except (termios.error, ValueError):  # pymodbus lets through what the port says to baud, parity and stop bits
            client.close()
            raise LineDown(f"cannot be opened: the port refuses {self._address.serial}") from None
        if not opened:
            client.close()
            raise _unreachable(self._address)
        self._client = client

    async def ask(self, unit: int, request: Request, timeout_s: float) -> Answer | None:
        client, lost = self._client, self._lost
        if client is None or lost is None:
            raise LineDown("is not connected")
        reply = asyncio.ensure_future(_send(client, unit, request))
        either: set[asyncio.Future[Any]] = {reply, lost}
        try:
            # pymodbus goes on waiting when the other side hangs up.
            await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if reply.done():
                return _answer(reply.result())
        except ModbusException:
            raise LineDown("was lost before the request was sent") from None
        finally:
            if not reply.done():
                reply.cancel()
                await asyncio.wait({reply})
        if lost.done():
            raise LineDown("hung up instead of answering")
        return None

    def _make(self, lost: asyncio.Future[None]) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
        def heed(connected: bool) -> None:
            if not connected and not lost.done():
                lost.set_result(None)

        address, serial = self._address, self._address.serial
        client: AsyncModbusTcpClient | AsyncModbusSerialClient
        if address.transport == "rtu":
            client = AsyncModbusSerialClient(
                address.host,
                baudrate=serial.baud,
                parity=serial.parity,
                stopbits=serial.stopbits,
                timeout=NEVER_S,
                retries=0,
                reconnect_delay=0,
                trace_connect=heed,
            )
        else:
            client = AsyncModbusTcpClient(
                address.host.strip("[]"),
                port=address.port,
                framer=FramerType.RTU if address.transport == "rtutcp" else FramerType.SOCKET,
                timeout=NEVER_S,
                retries=0,
                reconnect_delay=0,
                trace_connect=heed,
            )
        client.ctx.framer.decoder = TolerantDecoder(False)
        return client


async def _send(client: AsyncModbusTcpClient | AsyncModbusSerialClient, unit: int, request: Request) -> ModbusPDU:
    at, count, values = request.address, request.count, request.values
    match request.function:
        case 1:
            return await client.read_coils(at, count=count, device_id=unit)
        case 3:
            return await client.read_holding_registers(at, count=count, device_id=unit)
        case 4:
            return await client.read_input_registers(at, count=count, device_id=unit)
        case 5:
            return await client.write_coil(at, bool(values[0]), device_id=unit)
        case 6:
            return await client.write_register(at, values[0], device_id=unit)
        case 16:
            return await client.write_registers(at, list(values), device_id=unit)
    raise ValueError(f"function {request.function} is not spoken here")


def _answer(pdu: ModbusPDU) -> Answer:
    if isinstance(pdu, ExceptionResponse):
        return Answer(pdu.function_code & 0x7F, exception=pdu.exception_code)
    match pdu.function_code:
        case _ if isinstance(pdu, NoModbus):
            return Answer(0)
        case 1:
            return Answer(READ_COILS, tuple(map(int, pdu.bits)))
        case 3 | 4:
            return Answer(pdu.function_code, tuple(pdu.registers))
        case 5:
            return Answer(WRITE_COIL, tuple(map(int, pdu.bits[:1])), pdu.address)
        case 6:
            return Answer(WRITE_REGISTER, tuple(pdu.registers), pdu.address)
        case 16:
            return Answer(WRITE_REGISTERS, (pdu.count,), pdu.address)
    return Answer(pdu.function_code)


def _unreachable(address: Address) -> LineDown:
    """pymodbus keeps the reason to itself; for a serial port it can be found out."""
    if address.transport != "rtu":
        return LineDown("cannot be reached: nobody accepts a connection there")
    if not Path(address.host).exists():
        return LineDown("cannot be opened: there is no such port; plug in the adapter")
    if not Path(address.host).is_char_device():
        return LineDown("cannot be opened: that is no serial line; name one such as /dev/ttyUSB0")
    if not os.access(address.host, os.R_OK | os.W_OK):
        return LineDown("cannot be opened: no permission; add this user to the group dialout")
    return LineBusy("cannot be opened: another program holds the port")
