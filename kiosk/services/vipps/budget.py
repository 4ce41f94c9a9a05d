"""Stay below Vipps' rate limits, which are counted per payment: ask here before each call, on the business clock."""

from collections import deque
from collections.abc import Callable, Iterable
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
        self._closed: dict[Counted, tuple[float, float]] = {}
        self._swept_s = now_s()

    def take(self, counted: Counted) -> None:
        """Count one call. Raises Busy, with the seconds to wait, if it would be one too many."""
        now_s = self._now_s()
        self._sweep(now_s)
        operation, reference = counted
        calls = self._calls[counted] = _recent(self._calls.get(counted, ()), now_s)
        wait_s = _left_s(self._closed.get(counted), now_s)
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
        self._closed[counted] = (self._now_s(), wait_s)

    def _sweep(self, now_s: float) -> None:
        """Once a window, or when the clock was set back: drop what nobody asks for any more."""
        if self._swept_s <= now_s < self._swept_s + WINDOW_S:
            return
        self._swept_s = now_s
        kept = ((counted, _recent(calls, now_s)) for counted, calls in self._calls.items())
        self._calls = {counted: calls for counted, calls in kept if calls}
        self._closed = {counted: pause for counted, pause in self._closed.items() if _left_s(pause, now_s) > 0}


def _left_s(pause: tuple[float, float] | None, now_s: float) -> float:
    """What is left of a pause; nothing, if the clock was set back to before it began."""
    begun_s, wait_s = pause or (now_s, 0.0)
    return begun_s + wait_s - now_s if now_s >= begun_s else 0.0


def _recent(calls: Iterable[float], now_s: float) -> deque[float]:
    """Without what is older than the window, and what a clock that was set back has put into the future."""
    return deque(at_s for at_s in calls if now_s - WINDOW_S < at_s <= now_s)
