"""What the power says about the billing register: that it rests while energy flows, or rises while none does."""

from dataclasses import dataclass

from kiosk.domain.energy import Instant, elapsed_ms
from kiosk.domain.metering import MOVING_W, QUIET_W

UNSEEN_MS = 30_000
FORGIVEN_MS = 900_000
MWS_PER_WH = 3_600_000


@dataclass(frozen=True)
class Evidence:
    """`top_wh` is the highest register so far, `since` since when it stands there under power.

    `flowed_mws` (W x ms) is the least that has flowed since then, `unpowered_mws` by how much the register has risen
    beyond the most that can have flowed while no look saw power; a quarter of an hour without a rise (`rose`) clears it.
    """

    at: Instant
    since: Instant
    top_wh: int
    power_w: int
    rose: Instant
    flowed_mws: int = 0
    unpowered_mws: int = 0

    @property
    def flowed_wh(self) -> int:
        return self.flowed_mws // MWS_PER_WH

    @property
    def unpowered_wh(self) -> int:
        return self.unpowered_mws // MWS_PER_WH


def weigh(last: Evidence | None, import_wh: int, power_w: int, step_wh: int, at: Instant) -> Evidence:
    """After the next look. What nobody looked at for half a minute, and a register that fell, begin anew."""
    fresh = Evidence(at, at, import_wh, power_w, at)
    if last is None or last.at.boot != at.boot or elapsed_ms(last.at, at) > UNSEEN_MS:
        return fresh
    if import_wh < last.top_wh - step_wh:
        return fresh
    rise_wh, gone_ms = max(0, import_wh - last.top_wh), elapsed_ms(last.at, at)
    rests = not rise_wh and power_w > MOVING_W  # a register that stands while nothing flows proves nothing
    return Evidence(
        at=at,
        since=last.since if rests else at,
        top_wh=last.top_wh + rise_wh,
        power_w=power_w,
        rose=at if rise_wh else last.rose,
        flowed_mws=last.flowed_mws + max(0, min(last.power_w, power_w)) * gone_ms if rests else 0,
        unpowered_mws=_unpowered_mws(last, power_w, rise_wh, at),
    )


def _unpowered_mws(last: Evidence, power_w: int, rise_wh: int, at: Instant) -> int:
    most_w = max(abs(last.power_w), abs(power_w))
    if most_w >= QUIET_W or elapsed_ms(last.rose, at) >= FORGIVEN_MS:
        return 0
    return max(0, last.unpowered_mws + rise_wh * MWS_PER_WH - most_w * elapsed_ms(last.at, at))
