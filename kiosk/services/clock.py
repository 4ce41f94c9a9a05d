"""The machine's clocks behind the flow's Clock port; beside simulators they run at the simulators' rate."""

import asyncio
import time
from pathlib import Path

from kiosk.domain.energy import Instant

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """Wall clock for people, CLOCK_BOOTTIME for durations (it goes on while the machine sleeps)."""

    def __init__(self) -> None:
        self._boot = boot_id()

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1_000_000, self._boot, _boottime_ns() // 1_000_000)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class FastClock:
    """Business time that runs `rate` times as fast as the machine's, from `since_utc_ms` on, for a simulated site.

    Every process on the machine that is given the same two numbers agrees on the time. I/O deadlines stay real.
    """

    def __init__(self, rate: float, since_utc_ms: int) -> None:
        self._rate, self._since_utc_ms, self._boot = rate, since_utc_ms, boot_id()

    def now(self) -> Instant:
        gone_ms = time.time_ns() // 1_000_000 - self._since_utc_ms
        return Instant(
            self._since_utc_ms + round(gone_ms * self._rate),
            self._boot,
            round(_boottime_ns() * self._rate) // 1_000_000,
        )

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds) / self._rate)


def boot_id() -> str:
    """Another text after every start of the machine."""
    return BOOT_ID.read_text().strip()[:8] if BOOT_ID.exists() else "unknown"


def _boottime_ns() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)
