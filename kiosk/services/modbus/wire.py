"""All of pymodbus, which nobody else in the product imports: it carries frames, and decides nothing."""

import asyncio
import os
import socket
import termios
import traceback
from pathlib import Path

from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ExceptionResponse, ModbusPDU
from pymodbus.transaction import TransactionManager

from kiosk.services.modbus import rivals
from kiosk.services.modbus.errors import Heard, LineBusy, LineDown
from kiosk.services.modbus.frames import Answer, Request, Silence
from kiosk.services.modbus.line import READ_COILS, READS, WRITE_COIL, WRITE_REGISTER, WRITE_REGISTERS
from kiosk.services.modbus.url import Address

CONNECT_S = 3.0
# The deadline of an answer is ours. pymodbus' own only has to be later, because its late one would log and count.
NEVER_S = 3600.0


class NoModbus(ModbusPDU):
    """Stands for a frame that cannot be read, so that it is an answer like any other."""


class TolerantDecoder(DecodePDU):
    def decode(self, frame: bytes) -> ModbusPDU | None:
        # On None pymodbus raises inside asyncio's data_received: a traceback in the log, and the transport is gone.
        return super().decode(frame) or NoModbus()


class Ear:
    """Notes what comes in beside the answer, because pymodbus throws it away without a word."""

    def __init__(self, any_id: bool) -> None:
        self.late = 0
        self.echoes = False
        self._any_id = any_id
        self._heard: Heard | None = None
        self._unit = 0
        self._asks = False
        self._question = b""
        self._unanswered: set[int] = set()

    def begin(self, unit: int, *, asks: bool) -> None:
        """`asks` is a question; the answer to a command is its own echo."""
        self._heard, self._unit, self._asks = Heard.NOTHING, unit, asks

    def end(self, transaction: int) -> Heard:
        """`transaction` is 0 where there is none, or where the answer has come."""
        heard, self._heard = self._heard or Heard.NOTHING, None
        self._unanswered |= {transaction} - {0}
        return heard

    def connected(self) -> None:
        self._unanswered.clear()  # the numbers begin again

    def octets(self, sending: bool, data: bytes) -> bytes:
        if sending:
            self._question = data
        elif self._heard is not None and self._asks and data.startswith(self._question):
            self._heard, self.echoes = Heard.ECHO, True
        elif self._heard is Heard.NOTHING:
            self._heard = Heard.NOISE
        return data

    def frame(self, unit: int, transaction: int, expected: int) -> int:
        """The transaction that this frame is taken for; 0 fits every question."""
        if self._heard is None or transaction in self._unanswered:
            self.late += 1
            self._heard = Heard.NOTHING if self._heard is Heard.NOISE else self._heard
        elif self._unit not in (0, unit):
            self._heard = Heard.OTHER_UNIT
        elif transaction not in (0, expected):
            self._heard = Heard.OTHER_ID
            return 0 if self._any_id else transaction
        return transaction


class HearingRtu(FramerRTU):
    ear: Ear

    def decode(self, data: bytes) -> tuple[int, int, int, bytes]:
        used, unit, transaction, pdu = super().decode(data)
        if pdu:
            self.ear.frame(unit, 0, 0)
        return used, unit, transaction, pdu


class HearingSocket(FramerSocket):
    ear: Ear
    expected = 0

    def encode(self, payload: bytes, device_id: int, tid: int) -> bytes:
        self.expected = tid
        return super().encode(payload, device_id, tid)

    def decode(self, data: bytes) -> tuple[int, int, int, bytes]:
        used, unit, transaction, pdu = super().decode(data)
        return used, unit, self.ear.frame(unit, transaction, self.expected) if pdu else transaction, pdu


class PymodbusWire:
    """pymodbus 3.16: no retries, no reconnecting of its own, and closed before it is opened again."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._client: AsyncModbusTcpClient | AsyncModbusSerialClient | None = None
        self._asked: TransactionManager | None = None
        self._ear = Ear(address.any_id)

    @property
    def is_open(self) -> bool:
        return self._client is not None and self._client.connected

    @property
    def late(self) -> int:
        return self._ear.late

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    async def open(self) -> None:
        # connect() on an open client opens a second socket, which a wallbox with one connection never survives.
        self.close()
        self._ear.connected()
        client = self._make()
        try:
            async with asyncio.timeout(CONNECT_S):
                opened = await client.connect()
        except TimeoutError:
            opened = False
        except (termios.error, ValueError) as error:  # what the port says to baud, parity and stop bits
            client.close()
            # The half-built transport hangs in these frames, with the port open and locked, until some garbage collection.
            traceback.clear_frames(error.__traceback__)
            raise LineDown(f"cannot be opened: the port refuses {self._address.serial}") from None
        if not opened:
            client.close()
            raise _unreachable(self._address, await self.rival())
        self._client = client

    async def ask(self, unit: int, request: Request, timeout_s: float) -> Answer | Silence:
        client = self._client
        if client is None:
            raise LineDown("is not connected")
        # An adapter that echoes would confirm every command by itself. A read has shown whether this one does.
        client.ctx.comm_params.handle_local_echo = self._ear.echoes
        client.ctx.sent_buffer = b""
        self._ear.begin(unit, asks=request.function in READS)
        self._asked = client.ctx
        unanswered = 0
        try:
            async with asyncio.timeout(timeout_s):
                return _answer(await _send(client, unit, request))
        except TimeoutError:
            unanswered = client.ctx.request_transaction_id
        except ModbusException:
            raise LineDown("was lost before the request was sent") from None
        finally:
            self._asked = None
            heard = self._ear.end(unanswered)
        return Silence(heard)

    async def rival(self) -> str | None:
        address = self._address
        if address.transport == "rtu":
            holder = await asyncio.to_thread(rivals.holding_port, address.host)
            return None if self.is_open and holder == rivals.OURSELVES else holder
        host = address.host.strip("[]")
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, address.port, type=socket.SOCK_STREAM)
        except OSError:
            return None
        ips = {str(row[4][0]) for row in found}
        return await asyncio.to_thread(rivals.connected_to, ips, address.port, self._own_inode())

    def _own_inode(self) -> int | None:
        transport = self._client.ctx.transport if self._client else None
        sock = transport.get_extra_info("socket") if transport else None
        return os.fstat(sock.fileno()).st_ino if sock and sock.fileno() >= 0 else None

    def _heed(self, connected: bool) -> None:
        # pymodbus goes on waiting when the other side hangs up.
        if not connected and self._asked is not None and not self._asked.response_future.done():
            serial = self._address.transport == "rtu"
            why = "lost its adapter while it was asked" if serial else "hung up instead of answering"
            self._asked.response_future.set_exception(LineDown(why))

    def _make(self) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
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
                trace_connect=self._heed,
                trace_packet=self._ear.octets,
            )
        else:
            client = AsyncModbusTcpClient(
                address.host.strip("[]"),
                port=address.port,
                timeout=NEVER_S,
                retries=0,
                reconnect_delay=0,
                trace_connect=self._heed,
                trace_packet=self._ear.octets,
            )
        framer = (HearingSocket if address.transport == "tcp" else HearingRtu)(TolerantDecoder(False))
        framer.ear = self._ear
        client.ctx.framer = framer
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


def _unreachable(address: Address, rival: str | None) -> LineDown:
    """pymodbus keeps the reason to itself; for a serial port it can be found out."""
    if address.transport != "rtu":
        if rival:
            return LineBusy(f"cannot be reached: {rival} is connected to it, and it may take only one connection")
        return LineDown("cannot be reached: nobody accepts a connection there")
    if not Path(address.host).exists():
        return LineDown("cannot be opened: there is no such port; plug in the adapter")
    if not Path(address.host).is_char_device():
        return LineDown("cannot be opened: that is no serial line; name one such as /dev/ttyUSB0")
    if not os.access(address.host, os.R_OK | os.W_OK):
        return LineDown("cannot be opened: no permission; add this user to the group dialout")
    return LineBusy(f"cannot be opened: {rival or 'another program'} holds the port")
