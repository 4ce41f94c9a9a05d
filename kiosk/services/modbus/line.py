"""One Modbus line and its one owner: one frame at a time, gaps kept, and no answer taken for another question."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from kiosk.services.modbus.errors import BadAnswer, DeviceRefused, LineDown, NoAnswer

READ_COILS, READ_HOLDING, READ_INPUTS, WRITE_COIL, WRITE_REGISTER, WRITE_REGISTERS = 1, 3, 4, 5, 6, 16
READS = (READ_COILS, READ_HOLDING, READ_INPUTS)
GATEWAY_SILENT = (0x0A, 0x0B)
MISSES_MAX = 3
# fmt: off
EXCEPTIONS = {1: "illegal function", 2: "illegal address", 3: "illegal value", 4: "device failure", 5: "still working",
              6: "busy"}
# fmt: on


@dataclass(frozen=True)
class Request:
    """A question, or a command with its `values` (coils as 0 and 1)."""

    function: int
    address: int
    count: int = 1
    values: tuple[int, ...] = ()

    def __str__(self) -> str:
        verb = "read" if self.function in READS else "write"
        return f"{verb} of {self.address:#06x} (function {self.function}, count {self.count})"


@dataclass(frozen=True)
class Answer:
    """What came back. `function` 0 is a frame that holds no Modbus; `address` is the echo of a command."""

    function: int
    values: tuple[int, ...] = ()
    address: int | None = None
    exception: int | None = None


class Wire(Protocol):
    """What carries frames: pymodbus, or the virtual world."""

    @property
    def is_open(self) -> bool: ...

    async def open(self) -> None:
        """Raises LineDown with the reason."""

    def close(self) -> None: ...

    async def ask(self, unit: int, request: Request, timeout_s: float) -> Answer | None:
        """None is silence until the deadline. Raises LineDown when the connection is lost."""


@dataclass(frozen=True)
class Pace:
    """The time a device needs: for an answer, between frames, after another unit was spoken to, after connecting."""

    timeout_s: float
    gap_s: float
    unit_pause_s: float
    connect_delay_s: float


@dataclass
class Counts:
    """What happened on a line since it was opened."""

    requests: int = 0
    timeouts: int = 0
    connects: int = 0
    lost: int = 0
    wrong_function: int = 0
    wrong_length: int = 0
    wrong_echo: int = 0
    exceptions: dict[int, int] = field(default_factory=dict)

    @property
    def reconnects(self) -> int:
        return max(0, self.connects - 1)


class Line:
    """`remembers` is a line without transaction ids (RTU), where a late answer fits the next question."""

    def __init__(self, wire: Wire, place: str, *, remembers: bool, reopens: bool) -> None:
        self.place = place
        self.counts = Counts()
        self._wire, self._remembers, self._reopens = wire, remembers, reopens
        self._lock = asyncio.Lock()
        self._frame: asyncio.Future[Answer] | None = None
        self._misses = 0
        self._last_unit: int | None = None
        self._ended_s = self._quiet_until_s = float("-inf")
        self._closed = False

    async def ask(self, unit: int, request: Request, pace: Pace) -> Answer:
        """Cancelling the caller before its turn sends nothing; later the frame is finished all the same."""
        await self._lock.acquire()
        self._frame = asyncio.ensure_future(self._exchange(unit, request, pace))
        self._frame.add_done_callback(self._finish)
        return await asyncio.shield(self._frame)

    async def connect(self, unit: int, pace: Pace) -> int:
        """The number of the connection, opened if it was not."""
        async with self._lock:
            await self._connect(f"unit {unit} on {self.place}", pace)
        return self.counts.connects

    def _finish(self, frame: asyncio.Future[Answer]) -> None:
        self._lock.release()
        if not frame.cancelled():
            frame.exception()  # asyncio would log it as never retrieved when the caller is gone

    async def close(self) -> None:
        """After the frame that is under way."""
        self._closed = True
        if self._frame is not None:
            await asyncio.wait({self._frame})
        self._wire.close()

    async def _exchange(self, unit: int, request: Request, pace: Pace) -> Answer:
        where = f"unit {unit} on {self.place}"
        await self._connect(where, pace)
        await self._keep_gap(unit, pace)
        self.counts.requests += 1
        try:
            answer = await self._wire.ask(unit, request, pace.timeout_s)
        except LineDown as error:
            self.counts.lost += 1
            raise LineDown(f"{where} {error}") from None
        finally:
            self._ended_s, self._last_unit = _time_s(), unit
        if answer is None:
            self._miss(pace)
            raise NoAnswer(f"{where} did not answer in {pace.timeout_s:g} s")
        self._misses = 0
        return self._checked(answer, request, where, pace)

    async def _connect(self, where: str, pace: Pace) -> None:
        if self._closed:
            raise LineDown(f"{where} is closed because the kiosk is ending")
        if self._wire.is_open:
            return
        try:
            await self._wire.open()
        except LineDown as error:
            raise type(error)(f"{where} {error}") from None
        self.counts.connects += 1
        self._misses = 0
        await asyncio.sleep(pace.connect_delay_s)

    async def _keep_gap(self, unit: int, pace: Pace) -> None:
        changes = self._last_unit is not None and self._last_unit != unit
        gap_s = max(pace.gap_s, pace.unit_pause_s) if changes else pace.gap_s
        wait_s = max(self._ended_s + gap_s, self._quiet_until_s) - _time_s()
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    def _miss(self, pace: Pace) -> None:
        self.counts.timeouts += 1
        self._misses += 1
        self._fall_silent(pace)
        if self._reopens and self._misses >= MISSES_MAX:
            self._wire.close()  # half open: nobody else would notice

    def _fall_silent(self, pace: Pace) -> None:
        # RTU has no transaction ids: an answer that comes late would be taken for the answer to the next request,
        # and reopening the port does not help. Nobody may be listening for anything when it arrives.
        if self._remembers:
            self._quiet_until_s = _time_s() + pace.timeout_s

    def _checked(self, answer: Answer, request: Request, where: str, pace: Pace) -> Answer:
        counts = self.counts
        if answer.function != request.function:
            counts.wrong_function += 1
            said = f"with function {answer.function}" if answer.function else "with no Modbus"
            raise self._desynced(f"{where} answered {said} to a {request}", pace)
        if answer.exception is not None:
            counts.exceptions[answer.exception] = counts.exceptions.get(answer.exception, 0) + 1
            if answer.exception in GATEWAY_SILENT:
                raise NoAnswer(f"{where} does not answer, says its gateway (exception {answer.exception})")
            meaning = EXCEPTIONS.get(answer.exception, "unknown to Modbus")
            raise DeviceRefused(
                f"{where} refused the {request} with exception {answer.exception}, {meaning}", answer.exception
            )
        if request.function in READS:
            # Coils come in whole octets.
            expected = -(-request.count // 8) * 8 if request.function == READ_COILS else request.count
            if len(answer.values) != expected:
                counts.wrong_length += 1
                raise self._desynced(f"{where} answered {len(answer.values)} values to a {request}", pace)
        elif (answer.address, answer.values) != _echo(request):
            counts.wrong_echo += 1
            raise self._desynced(f"{where} confirmed something else than a {request}", pace)
        return answer

    def _desynced(self, text: str, pace: Pace) -> BadAnswer:
        self._fall_silent(pace)
        if self._reopens:
            self._wire.close()
        return BadAnswer(text)


def _echo(request: Request) -> tuple[int, tuple[int, ...]]:
    return request.address, (request.count,) if request.function == WRITE_REGISTERS else request.values


def _time_s() -> float:
    return asyncio.get_running_loop().time()


class Device:
    """One unit on a line, spoken to at its own pace. Every method raises LineError."""

    def __init__(self, line: Line, unit: int, pace: Pace) -> None:
        self.line, self._unit, self._pace = line, unit, pace

    @property
    def where(self) -> str:
        return f"unit {self._unit} on {self.line.place}"

    @property
    def connection(self) -> int:
        """Another number after every connect."""
        return self.line.counts.connects

    async def connect(self) -> int:
        """The number of the connection that the next request will use unless it is lost before."""
        return await self.line.connect(self._unit, self._pace)

    async def read(self, function: int, address: int, count: int) -> tuple[int, ...]:
        """Registers (FC03, FC04), or coils (FC01) as 0 and 1."""
        answer = await self.line.ask(self._unit, Request(function, address, count), self._pace)
        return answer.values[:count]

    async def write_coil(self, address: int, on: bool) -> None:
        await self._write(Request(WRITE_COIL, address, 1, (int(on),)))

    async def write_register(self, address: int, value: int) -> None:
        await self._write(Request(WRITE_REGISTER, address, 1, (value,)))

    async def write_registers(self, address: int, values: Sequence[int]) -> None:
        await self._write(Request(WRITE_REGISTERS, address, len(values), tuple(values)))

    async def _write(self, request: Request) -> None:
        await self.line.ask(self._unit, request, self._pace)
