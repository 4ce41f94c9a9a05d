"""How long to wait before the next try. Vipps takes five changing calls a minute and payment; we stay below it."""

import zlib

from kiosk.domain.energy import Instant
from kiosk.domain.states import Pace

UNKNOWNS = 5  # "no such payment" so often in a row before a person is asked, of a payment that was there
WAITS_S = (2, 5, 15, 30, 60, 120, 240, 480, 900)


def begin(at: Instant) -> Pace:
    return Pace(0, at, 0)


def slower(pace: Pace, at: Instant, retry_after_s: int | None = None, longest_s: int = WAITS_S[-1]) -> Pace:
    """One more try: the wait grows to `longest_s`, or is what the other side asked for, within four times that."""
    wait_s = min(WAITS_S[min(pace.tries, len(WAITS_S) - 1)], longest_s)
    return Pace(pace.tries + 1, at, max(wait_s + _spread_s(wait_s, at), min(retry_after_s or 0, 4 * longest_s)))


def _spread_s(wait_s: int, at: Instant) -> int:
    """Up to a quarter on top, so that a site does not come back all at once after an outage."""
    return zlib.crc32(f"{at.boot}{at.mono_ms}".encode()) % (wait_s // 4 + 1)
