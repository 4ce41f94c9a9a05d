"""What opens the contactor when the kiosk is gone: set up after every connect, proven, and fed until then."""

import asyncio
from collections.abc import Callable

from kiosk.domain.energy import Instant, elapsed_ms
from kiosk.services.charger.profile import FailSafe, Setting
from kiosk.services.charger.registers import Registers


class Guard:
    """The watchdog of one controller, as its profile describes it."""

    def __init__(self, row: FailSafe, registers: Registers, now: Callable[[], Instant]) -> None:
        self.row = row
        self._registers, self._now = registers, now
        self._arming = asyncio.Lock()
        self._armed_on: int | None = None
        self._fed: Instant | None = None

    @property
    def lapsed(self) -> bool:
        """Whether the device may have fallen to its fail-safe since we last fed it."""
        return self._fed is None or elapsed_ms(self._fed, self._now()) >= self.row.lapses_s * 1000

    @property
    def armed(self) -> bool:
        return not self.lapsed and self._armed_on == self._registers.connection

    async def arm(self) -> None:
        """Write what does not already stand, prove all of it, and feed. Raises LineError or FaultError."""
        async with self._arming:
            if not self.armed:  # a charge that begins and the keep-alive may both have come for it
                await self._arm()

    async def _arm(self) -> None:
        await self._registers.greet()
        for check in self.row.demands:
            await self._registers.check(check)
        fed = False
        for row in self.row.settings:
            if await self._stands(row):
                continue
            await self._registers.set(row)
            await self._registers.verify(row.readback, lambda said, row=row: said == row.value, _what(row))  # type: ignore[misc]
            fed = self.row.feed is not None and row.address == self.row.feed.address
        if self.row.feed is not None and not fed:
            await self._registers.set(self.row.feed)
        self._armed_on, self._fed = self._registers.connection, self._now()

    async def feed(self) -> None:
        """By its own write, or by being read; and look whether it still stands, for a serial device comes back unseen."""
        if self.row.feed is not None:
            await self._registers.set(self.row.feed)
        elif self._registers.profile.state is not None:
            await self._registers.sheet([self._registers.profile.state.value])
        told = next((row for row in self.row.settings if row.readback), None)
        if told is not None and not await self._stands(told):
            self.forget()
            return
        self._fed = self._now()

    def fed(self) -> None:
        """The setpoint was written, which is what feeds `fed_by = 'current'`."""
        self._fed = self._now()

    def forget(self) -> None:
        self._armed_on = None

    async def _stands(self, row: Setting) -> bool:
        return row.readback is not None and await self._registers.number(row.readback) == row.value


def _what(row: Setting) -> str:
    return f"fail-safe at {row.address} as {row.value}"
