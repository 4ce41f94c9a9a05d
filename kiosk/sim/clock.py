"""A simulator's own time: it runs at a rate that its admin door can change, so that a day fits into a minute."""

import asyncio
import time
from collections.abc import Callable

LONGEST_NAP_S = 0.25


class SimClock:
    """Simulated UTC in milliseconds, `rate` simulated seconds to one real second.

    `real_s` is the underlying monotonic clock in seconds: the machine's, or a virtual loop's `loop.time`.
    Changing the rate keeps the present instant and only changes how fast it goes on.
    """

    def __init__(
        self, utc_ms: int | None = None, rate: float = 1.0, real_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._real_s = real_s
        self._anchor_real_s = real_s()
        self._anchor_utc_ms = time.time_ns() // 1_000_000 if utc_ms is None else utc_ms
        self.rate = rate

    def utc_ms(self) -> int:
        return self._anchor_utc_ms + round((self._real_s() - self._anchor_real_s) * 1000 * self.rate)

    def set_rate(self, rate: float) -> None:
        self._anchor_utc_ms, self._anchor_real_s = self.utc_ms(), self._real_s()
        self.rate = rate

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of simulated time; a change of rate is noticed within a quarter of a real second."""
        end_ms = self.utc_ms() + seconds * 1000
        while (left_ms := end_ms - self.utc_ms()) > 0:  # noqa: ASYNC110 - no event tells of a changed rate
            await asyncio.sleep(min(left_ms / 1000 / self.rate, LONGEST_NAP_S))
