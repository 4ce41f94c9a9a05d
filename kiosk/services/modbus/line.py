"""One Modbus line and its one owner: one frame at a time, gaps kept, and no answer taken for another question."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from kiosk.services.modbus.counts import Counts
from kiosk.services.modbus.errors import BadAnswer, DeviceRefused, Heard, LineBusy, LineDown, NoAnswer
from kiosk.services.modbus.frames import Answer, Request, Silence, Wire
from kiosk.services.modbus.turns import Turns

READ_COILS, READ_HOLDING, READ_INPUTS, WRITE_COIL, WRITE_REGISTER, WRITE_REGISTERS = 1, 3, 4, 5, 6, 16
READS = (READ_COILS, READ_HOLDING, READ_INPUTS)
GATEWAY_SILENT = (0x0A, 0x0B)
MISSES_MAX = 3
QUIET_TRIES = 3
# fmt: off
EXCEPTIONS = {1: "illegal function", 2: "illegal address", 3: "illegal value", 4: "device failure", 5: "still working",
              6: "busy"}
# fmt: on


@dataclass(frozen=True)
class Pace:
    """The time a device needs: for an answer, between frames, after another unit was spoken to, after connecting.

    `silence_s` is what follows a missed answer where late ones cannot be told apart; as long as the timeout, if None.
    """

    timeout_s: float
    gap_s: float
    unit_pause_s: float
    connect_delay_s: float
    silence_s: float | None = None


class Line:
    """`remembers` is a line without transaction ids (RTU), where a late answer fits the next question.

    `reopens` is one whose connection can be half open (TCP).
    """

    def __init__(self, wire: Wire, place: str, *, remembers: bool, reopens: bool) -> None:
        self.place = place
        self._counts = Counts(place)
        self._wire, self._remembers, self._reopens = wire, remembers, reopens
        self._turns = Turns()
        self._frame: asyncio.Future[Answer] | asyncio.Future[None] | None = None
        self._misses = 0
        self._answered = False  # on this connection
        self._doubted: set[int] = set()  # units whose next answer may belong to an earlier question
        self._strays = 0
        self._last_unit: int | None = None
        self._ended_s = self._quiet_until_s = float("-inf")
        self._closed = False

    @property
    def counts(self) -> Counts:
        return replace(self._counts, late=self._wire.late)

    async def ask(self, unit: int, request: Request, pace: Pace) -> Answer:
        """Cancelling the caller before its turn sends nothing; later the frame is finished all the same."""
        await self._turns.take(unit, commands=request.function not in READS)
        frame = self._frame = asyncio.ensure_future(self._exchange(unit, request, pace))
        frame.add_done_callback(partial(self._finish, pace.gap_s))
        return await asyncio.shield(frame)

    async def connect(self, unit: int, pace: Pace) -> int:
        """The number of the connection, opened if it was not."""
        await self._turns.take(unit)
        # Before Python 3.12 asyncio.wait_for, which pymodbus connects in, can lose a cancellation: whoever is told to end
        # in that moment would run on for ever. So the connect runs to its end, and only the waiting for it is cancelled.
        self._frame = asyncio.ensure_future(self._connect(f"unit {unit} on {self.place}", pace))
        self._frame.add_done_callback(partial(self._finish, 0.0))
        await asyncio.shield(self._frame)
        return self._counts.connects

    def _finish(self, gap_s: float, frame: asyncio.Future[Any]) -> None:
        self._turns.give(gap_s)
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
        if unit in self._doubted and request.function in READS:
            # The silence after a miss keeps away what is late by one timeout more. What is later still is the first
            # thing that is heard now, so that goes, and what follows it is waited for.
            await self._raw(where, unit, request, pace)
            self._fall_silent(unit, pace)
            await self._keep_quiet(where, unit, request, pace)
            self._doubted.discard(unit)
        worked = self._answered and self._wire.is_open
        try:
            answer = await self._raw(where, unit, request, pace)
        except LineDown:
            if not worked or self._remembers or request.function not in READS:
                raise
            # A device that closes links from time to time did so just now. Only a read may be sent twice.
            answer = await self._raw(where, unit, request, pace)
        return self._checked(answer, request, where, unit, pace)

    async def _raw(self, where: str, unit: int, request: Request, pace: Pace) -> Answer:
        """What came back, whatever it is."""
        await self._connect(where, pace)
        await self._keep_gap(where, unit, request, pace)
        self._counts = self._counts.plus(requests=1)
        begun_s = _time_s()
        try:
            answer = await self._wire.ask(unit, request, pace.timeout_s)
        except LineDown as error:
            self._counts = self._counts.plus(lost=1)
            self._fall_silent(unit, pace)
            rival = None if self._answered else await self._wire.rival()
            if rival:
                raise LineBusy(f"{where} {error}: {rival} is connected to it too") from None
            raise type(error)(f"{where} {error}") from None
        finally:
            self._ended_s, self._last_unit = _time_s(), unit
        if isinstance(answer, Silence):
            raise await self._missed(where, unit, answer.heard, pace)
        self._counts = self._counts.answered(self._ended_s - begun_s)
        self._misses, self._answered = 0, True
        return answer

    async def _connect(self, where: str, pace: Pace) -> None:
        if self._closed:
            raise LineDown(f"{where} is closed because the kiosk is ending")
        if self._wire.is_open:
            return
        try:
            await self._wire.open()
        except LineDown as error:
            raise type(error)(f"{where} {error}") from None
        self._counts = self._counts.plus(connects=1)
        self._misses, self._answered = 0, False
        await asyncio.sleep(pace.connect_delay_s)

    async def _keep_gap(self, where: str, unit: int, request: Request, pace: Pace) -> None:
        changes = self._last_unit is not None and self._last_unit != unit
        await _sleep_until(self._ended_s + (max(pace.gap_s, pace.unit_pause_s) if changes else pace.gap_s))
        await self._keep_quiet(where, unit, request, pace)

    async def _keep_quiet(self, where: str, unit: int, request: Request, pace: Pace) -> None:
        for _ in range(QUIET_TRIES):
            await _sleep_until(self._quiet_until_s)
            # A command that opens a contactor is sent whoever talks; its echo proves itself.
            if not self._remembers or self._wire.late == self._strays or request.function not in READS:
                return
            # Somebody answered and nobody had asked: wait until nothing comes any more.
            self._strays = self._wire.late
            self._fall_silent(unit, pace)
        raise BadAnswer(f"{where} was not asked, because answers to others are heard all the time")

    def _fall_silent(self, unit: int, pace: Pace) -> None:
        # RTU has no transaction ids: an answer that comes late would be taken for the answer to the next request,
        # and reopening the port does not help. Nobody may be listening for anything when it arrives.
        if self._remembers:
            self._doubted.add(unit)
            self._quiet_until_s = _time_s() + (pace.timeout_s if pace.silence_s is None else pace.silence_s)

    async def _missed(self, where: str, unit: int, heard: Heard, pace: Pace) -> NoAnswer:
        self._counts = self._counts.plus(timeouts=1)
        self._misses += 1
        self._fall_silent(unit, pace)
        rival = None
        if self._misses == MISSES_MAX:
            rival = await self._wire.rival()
        if self._reopens and self._misses >= MISSES_MAX:
            self._wire.close()  # half open: nobody else would notice
        also = f", and {rival} is on this line too" if rival else ""
        return NoAnswer(
            f"{where} did not answer in {pace.timeout_s:g} s{heard}{also}",
            heard,
            wired=not self.place.startswith("tcp:"),
        )

    def _checked(self, answer: Answer, request: Request, where: str, unit: int, pace: Pace) -> Answer:
        if answer.function != request.function:
            said = f"with function {answer.function}" if answer.function else "with no Modbus"
            raise self._desynced("wrong_function", f"{where} answered {said} to a {request}", unit, pace)
        if answer.exception is not None:
            self._counts = self._counts.refused(answer.exception)
            if answer.exception in GATEWAY_SILENT:
                raise NoAnswer(f"{where} does not answer{Heard.GATEWAY} (exception {answer.exception})", Heard.GATEWAY)
            meaning = EXCEPTIONS.get(answer.exception, "unknown to Modbus")
            raise DeviceRefused(
                f"{where} refused the {request} with exception {answer.exception}, {meaning}", answer.exception
            )
        if request.function in READS:
            # Coils come in whole octets.
            expected = -(-request.count // 8) * 8 if request.function == READ_COILS else request.count
            if len(answer.values) != expected:
                text = f"{where} answered {len(answer.values)} values to a {request}"
                raise self._desynced("wrong_length", text, unit, pace)
        elif (answer.address, answer.values) != _echo(request):
            raise self._desynced("wrong_echo", f"{where} confirmed something else than a {request}", unit, pace)
        return answer

    def _desynced(self, what: str, text: str, unit: int, pace: Pace) -> BadAnswer:
        self._counts = self._counts.plus(**{what: 1})
        self._fall_silent(unit, pace)
        if self._reopens:
            self._wire.close()
        return BadAnswer(text)


def _echo(request: Request) -> tuple[int, tuple[int, ...]]:
    return request.address, (request.count,) if request.function == WRITE_REGISTERS else request.values


def _time_s() -> float:
    return asyncio.get_running_loop().time()


async def _sleep_until(at_s: float) -> None:
    if (wait_s := at_s - _time_s()) > 0:
        await asyncio.sleep(wait_s)


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
