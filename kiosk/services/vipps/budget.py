"""Stay below Vipps' rate limits, which are counted per payment: ask here before each call, on the business clock."""

from collections import deque
from collections.abc import Callable
from typing import Literal

from kiosk.services.vipps.errors import Busy

Operation = Literal["create", "capture", "cancel", "refund", "payment", "events"]
Counted = tuple[Operation, str]

WINDOW_S = 60.0
# Vipps allows 5 and 120. The rest is for what we cannot count: a repeat after a 401, a colleague in the portal.
PER_WINDOW: dict[Operation, int] = {
    "create": 4,
    "capture": 4,
    "cancel": 4,
    "refund": 4,
    "payment": 110,
    "events": 110,
}


class Budget:
    """The calls of the last minute, by operation and reference, and what Retry-After forbids until when."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._calls: dict[Counted, deque[float]] = {}
        self._closed_until_s: dict[Counted, float] = {}

    def take(self, counted: Counted) -> None:
        """Count one call. Raises Busy, with the seconds to wait, if it would be one too many."""
        now_s = self._now_s()
        self._forget(now_s)
        operation, reference = counted
        calls = self._calls.setdefault(counted, deque())
        wait_s = self._closed_until_s.get(counted, now_s) - now_s
        if len(calls) >= PER_WINDOW[operation]:
            wait_s = max(wait_s, calls[0] + WINDOW_S - now_s)
        if wait_s > 0:
            text = (
                f"The budget of {operation} calls for {reference} is used up; the next one is free in {wait_s:.0f} s."
            )
            raise Busy(text, retry_after_s=wait_s)
        calls.append(now_s)

    def close(self, counted: Counted, wait_s: float) -> None:
        """Vipps itself asked for a pause."""
        self._closed_until_s[counted] = self._now_s() + wait_s

    def _forget(self, now_s: float) -> None:
        """Drop what is older than the window, and what a clock that was set back has put into the future."""
        for counted, calls in list(self._calls.items()):
            recent = [at_s for at_s in calls if now_s - WINDOW_S < at_s <= now_s]
            if recent:
                self._calls[counted] = deque(recent)
            else:
                del self._calls[counted]
        for counted, until_s in list(self._closed_until_s.items()):
            if until_s <= now_s:
                del self._closed_until_s[counted]
