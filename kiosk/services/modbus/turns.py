"""Whose frame is next on a line: a command, then the unit that was just spoken to, then whoever has waited longest."""

import asyncio
from dataclasses import dataclass

IN_A_ROW_MAX = 8
"""Longer than any billing read, so that one unit's reads stay together and yet nobody waits for ever."""


@dataclass(frozen=True, eq=False)
class _Waiter:
    unit: int
    commands: bool
    called: asyncio.Future[None]


class Turns:
    """One at a time. Another unit costs a longer pause, and an opened contactor must not wait behind eight meters."""

    def __init__(self) -> None:
        self._waiting: list[_Waiter] = []
        self._taken = False
        self._unit: int | None = None
        self._in_a_row = 0

    async def take(self, unit: int, *, commands: bool = False) -> None:
        """Cancelled before its turn, it leaves no trace."""
        if not self._taken:
            self._begin(unit)
            return
        waiter = _Waiter(unit, commands, asyncio.get_running_loop().create_future())
        self._waiting.append(waiter)
        try:
            await waiter.called
        except asyncio.CancelledError:
            if not waiter.called.cancelled():
                self.give(0.0)  # it was called at the very moment
            raise

    def give(self, pause_s: float) -> None:
        """Who is next is decided after the pause that the line needs anyway: by then the same unit has its next question."""
        if not self._waiting:
            self._taken = False
            return
        loop = asyncio.get_running_loop()
        # One round of the loop at least, in which the answer reaches who asked.
        loop.call_soon(loop.call_later, pause_s, self._call)

    def _call(self) -> None:
        self._taken = False
        self._waiting = [waiter for waiter in self._waiting if not waiter.called.cancelled()]
        if self._waiting:
            waiter = min(
                self._waiting, key=self._rank
            )  # the first of the best: they stand in the order of their coming
            self._waiting.remove(waiter)
            self._begin(waiter.unit)
            waiter.called.set_result(None)

    def _rank(self, waiter: _Waiter) -> int:
        if waiter.commands:
            return 0
        return 1 if waiter.unit == self._unit and self._in_a_row < IN_A_ROW_MAX else 2

    def _begin(self, unit: int) -> None:
        self._in_a_row = self._in_a_row + 1 if unit == self._unit else 1
        self._taken, self._unit = True, unit
