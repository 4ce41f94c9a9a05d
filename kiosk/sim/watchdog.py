"""A charge controller's fail-safe: it falls to a set current when nobody has talked to it for a while."""

from kiosk.sim.clock import SimClock


class Watchdog:
    """Off while `timeout_s` is 0. It counts on `counts_on`: the post's own clock, or one that stays at real rate."""

    def __init__(self, clock: SimClock, counts_on: SimClock | None = None) -> None:
        self.timeout_s = 0
        self.current_ma = 0
        self._clock = clock
        self._counts_on = counts_on or clock
        self._fed_ms = self._counts_on.utc_ms()

    def feed(self) -> None:
        self._fed_ms = self._counts_on.utc_ms()

    def trips_at_ms(self, now_ms: int) -> int | None:
        """The instant on the post's clock at which it trips if nobody feeds it from `now_ms` on."""
        if not self.timeout_s:
            return None
        left_ms = self._fed_ms + self.timeout_s * 1000 - self._counts_on.utc_ms()
        if self._counts_on is self._clock:
            return self._fed_ms + self.timeout_s * 1000
        return now_ms + round(left_ms * self._clock.rate / self._counts_on.rate)
