"""Whether a reading can be believed after the last one. Only what is believed is ever billed."""

from kiosk.domain.energy import Instant, Reading, elapsed_ms
from kiosk.domain.fault import Fault, Trouble

MOVING_W = 200  # energy flows
QUIET_W = 50  # none does
STEPS = 3
FROZEN_MS = 60_000
FROZEN_WH = 30  # three steps of a meter that counts 10 Wh although its register could show one
CATCH_UP_MS = 15_000  # a register may still count for so long what the power no longer shows
MS_PER_HOUR = 3_600_000
WRITTEN_MS = 60_000


def doubt(last: Reading, now: Reading, rated_power_w: int) -> Trouble | None:
    """None when `now` may follow `last`. A step back within the register's own resolution is noise, not a fault."""
    where = f"Meter {last.serial}"
    if now.serial != last.serial:
        who = f"serial {now.serial}" if now.tells_serial else now.serial
        text = f"{where} was replaced: {who} answers now. Read both registers and commission the new one."
        return Trouble(Fault.METER_REPLACED, text)
    if now.import_wh < last.import_wh - now.resolution_wh:
        text = f"{where} fell from {last.import_wh} Wh to {now.import_wh} Wh; an import register only rises."
        return Trouble(Fault.METER_FELL, text)
    if now.import_wh - last.import_wh > largest_step_wh(last, now, rated_power_w):
        text = (
            f"{where} jumped from {last.import_wh} Wh to {now.import_wh} Wh, more than {rated_power_w} W can deliver."
        )
        return Trouble(Fault.METER_JUMPED, text)
    if now.power_w < -MOVING_W:
        text = (
            f"{where} shows {now.power_w} W: energy flows the wrong way. Turn the current transformers or the wiring."
        )
        return Trouble(Fault.METER_REVERSED, text)
    if is_frozen(now):
        text = f"{where} stands at {now.import_wh} Wh although energy flows ({now.power_w} W now)."
        return Trouble(Fault.METER_FROZEN, text)
    if now.unpowered_wh > caught_up_wh(now, rated_power_w):
        text = f"{where} has counted {now.unpowered_wh} Wh to {now.import_wh} Wh while it showed no power ({now.power_w} W now)."
        return Trouble(Fault.METER_CONTRADICTS, text)
    return None


def is_frozen(now: Reading) -> bool:
    """For a minute power has flowed, at least three steps of the register by its integral, and none came."""
    rests_ms = elapsed_ms(now.since, now.at)
    if rests_ms <= FROZEN_MS or now.power_w <= MOVING_W:
        return False
    if now.flowed_wh is None:  # decided as it was when it was written (docs/adr/0011)
        return rests_ms > STEPS * now.resolution_wh * MS_PER_HOUR // now.power_w
    return now.flowed_wh > max(STEPS * now.resolution_wh, FROZEN_WH)


def caught_up_wh(now: Reading, rated_power_w: int) -> int:
    """What a register may rise by after the power has gone: three steps, and what it was late by."""
    return STEPS * now.resolution_wh + rated_power_w * CATCH_UP_MS // MS_PER_HOUR


def largest_step_wh(last: Reading, now: Reading, rated_power_w: int) -> int:
    """A fifth more than rated power over the time between, and two register steps of rounding."""
    gone_ms = between_ms(last.at, now.at)
    if last.at.boot != now.at.boot:
        # A machine without a clock of its own comes back in the past; the last written look is up to a minute old.
        gone_ms = max(gone_ms, WRITTEN_MS)
    return rated_power_w * gone_ms * 6 // (5 * MS_PER_HOUR) + 2 * now.resolution_wh + 1


def between_ms(begin: Instant, end: Instant) -> int:
    """Within a boot the monotonic clock; across one the wall clock, and nothing if that went backwards."""
    return elapsed_ms(begin, end) if begin.boot == end.boot else max(0, end.utc_ms - begin.utc_ms)


def gone_s(since: Instant, now: Instant) -> int:
    """Whole seconds within a boot, or by the wall clock across one."""
    return between_ms(since, now) // 1000
