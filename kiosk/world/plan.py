"""What can go wrong in a world, and how often it does in this one: drawn swarm-style, each mishap on or off by the seed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Mishap(StrEnum):
    """Everything that the worlds at this depth do to a kiosk. Each has a counter in every report."""

    # Vipps and the way there
    REQUEST_LOST = "request-lost"
    ANSWER_LOST = "answer-lost"
    LANDS_LATER = "request-lands-later"
    DOUBLED = "request-doubled"
    LATE = "answer-late"
    OUTAGE = "outage"
    SLOW_HOURS = "slow-hours"
    STATUS_401 = "status-401"
    STATUS_403 = "status-403"
    STATUS_423 = "status-423"
    STATUS_429 = "status-429"
    STATUS_500 = "status-500-before"
    STATUS_500_DONE = "status-500-after"
    REDIRECTED = "redirected"
    GARBAGE = "answer-garbage"
    MISMATCH = "answer-of-another"
    STICKY_400 = "sticky-400"
    NOT_RESERVED = "not-reserved-6080"
    PROCESSED = "being-processed-6250"
    FUNDS_GONE = "funds-gone-6260"
    PART_REFUSED = "part-capture-refused-6140"
    DEADLINE = "deadline-passed-6100"
    NOT_FOUND = "not-found-404"
    KEYS_FORGOTTEN = "keys-forgotten"
    SUMS_LAG = "sums-lag"
    KEYLESS_LOG = "log-without-keys"
    RECEIPT_REFUSED = "receipt-refused"
    RECEIPT_THERE = "receipt-of-another-there"
    PORTAL_CAPTURE = "portal-capture"
    PORTAL_CANCEL = "portal-cancel"
    PORTAL_REFUND = "portal-refund"
    # the driver, the attendant and the offer
    REJECTED = "offer-rejected"
    EXPIRED = "offer-expired"
    LAST_SECOND = "approved-last-second"
    AFTER_WITHDRAWAL = "approved-after-withdrawal"
    DOUBLE_TAP = "double-tap"
    CANCELLED = "cancelled"
    WANDERED_OFF = "wandered-off"
    WRONG_CODE = "wrong-code"
    ATTENDANT = "attendant-at-once"
    # cable and car
    NEVER_DRAWS = "car-never-draws"
    DRAWS_ON = "car-draws-after-stop"
    POWER_STEP = "power-step-above-rated"
    UNPLUGGED = "unplugged"
    REPLUGGED = "re-plugged"
    # meter and controller
    METER_SILENT = "meter-silent"
    METER_GARBLED = "meter-garbled"
    METER_FROZEN = "meter-frozen"
    METER_SENTINEL = "meter-sentinel"
    METER_HALF_WORD = "meter-half-word"
    METER_JUMP = "meter-jump"
    METER_REVERSED = "meter-reversed"
    METER_RESET = "meter-reset"
    METER_REPLACED = "meter-replaced"
    METER_SLOW = "meter-slow"
    CHARGER_SILENT = "charger-silent"
    CHARGER_REFUSES = "charger-refuses"
    PILOT_FAULT = "pilot-fault"
    WELDED = "contactor-stuck-closed"
    STUCK_OPEN = "contactor-stuck-open"
    # the machine
    CUT_BEFORE_COMMIT = "cut-before-commit"
    CUT_IN_COMMIT = "cut-in-commit"
    CUT_BEFORE_SEND = "cut-before-send"
    CUT_AFTER_SEND = "cut-after-send"
    CUT_ANY_TIME = "cut-any-time"
    CRASH_LOOP = "crash-loop"
    TOLD_TO_STOP = "told-to-stop"
    REBOOTED = "rebooted"
    AWAY_LONG = "away-for-hours"
    CLOCK_BACK = "clock-jumped-back"
    CLOCK_FORWARD = "clock-jumped-forward"
    DISK_FULL = "disk-full"
    DISK_SLOW = "disk-slow"


# The chance at each occasion when it is on: per call, per commit, per visit, per life or per world, as the mishap has it.
RATES: Mapping[Mishap, float] = {
    Mishap.REQUEST_LOST: 0.15, Mishap.ANSWER_LOST: 0.2, Mishap.LANDS_LATER: 0.1, Mishap.DOUBLED: 0.1, Mishap.LATE: 0.15, Mishap.OUTAGE: 0.5,
    Mishap.SLOW_HOURS: 0.4, Mishap.STATUS_401: 0.04, Mishap.STATUS_403: 0.04, Mishap.STATUS_423: 0.08, Mishap.STATUS_429: 0.08,
    Mishap.STATUS_500: 0.1, Mishap.STATUS_500_DONE: 0.1, Mishap.REDIRECTED: 0.05, Mishap.GARBAGE: 0.1, Mishap.MISMATCH: 0.05,
    Mishap.STICKY_400: 0.2, Mishap.NOT_RESERVED: 0.2, Mishap.PROCESSED: 0.1, Mishap.FUNDS_GONE: 0.1, Mishap.PART_REFUSED: 0.2,
    Mishap.DEADLINE: 0.1, Mishap.NOT_FOUND: 0.05, Mishap.KEYS_FORGOTTEN: 0.7, Mishap.SUMS_LAG: 0.7, Mishap.KEYLESS_LOG: 0.7,
    Mishap.RECEIPT_REFUSED: 0.1, Mishap.RECEIPT_THERE: 0.1, Mishap.PORTAL_CAPTURE: 0.15, Mishap.PORTAL_CANCEL: 0.15, Mishap.PORTAL_REFUND: 0.15,
    Mishap.REJECTED: 0.1, Mishap.EXPIRED: 0.03, Mishap.LAST_SECOND: 0.03, Mishap.AFTER_WITHDRAWAL: 0.08, Mishap.DOUBLE_TAP: 0.5,
    Mishap.CANCELLED: 0.15, Mishap.WANDERED_OFF: 0.04, Mishap.WRONG_CODE: 0.3, Mishap.ATTENDANT: 0.2,
    Mishap.NEVER_DRAWS: 0.02, Mishap.DRAWS_ON: 0.5, Mishap.POWER_STEP: 0.3, Mishap.UNPLUGGED: 0.3, Mishap.REPLUGGED: 0.2,
    Mishap.METER_SILENT: 0.15, Mishap.METER_GARBLED: 0.15, Mishap.METER_FROZEN: 0.15, Mishap.METER_SENTINEL: 0.15, Mishap.METER_HALF_WORD: 0.15,
    Mishap.METER_JUMP: 0.15, Mishap.METER_REVERSED: 0.15, Mishap.METER_RESET: 0.15, Mishap.METER_REPLACED: 0.15, Mishap.METER_SLOW: 0.3,
    Mishap.CHARGER_SILENT: 0.15, Mishap.CHARGER_REFUSES: 0.15, Mishap.PILOT_FAULT: 0.15, Mishap.WELDED: 0.15, Mishap.STUCK_OPEN: 0.1,
    Mishap.CUT_BEFORE_COMMIT: 0.03, Mishap.CUT_IN_COMMIT: 0.03, Mishap.CUT_BEFORE_SEND: 0.04, Mishap.CUT_AFTER_SEND: 0.04,
    Mishap.CUT_ANY_TIME: 0.4, Mishap.CRASH_LOOP: 0.3, Mishap.TOLD_TO_STOP: 0.3, Mishap.REBOOTED: 0.5, Mishap.AWAY_LONG: 0.2,
    Mishap.CLOCK_BACK: 0.3, Mishap.CLOCK_FORWARD: 0.3, Mishap.DISK_FULL: 0.02, Mishap.DISK_SLOW: 0.1,
}  # fmt: skip
ON = 0.3


@dataclass(frozen=True)
class Weights:
    """A plan that looks in one direction: `rates` are on in every world; `others` is how often any other mishap is on."""

    rates: Mapping[Mishap, float] = field(default_factory=dict)
    others: float = ON


@dataclass
class Plan:
    """One world's own rates, and how often each mishap has struck."""

    chance: Random
    rates: dict[Mishap, float]
    counts: Counter[Mishap] = field(default_factory=Counter)
    over: bool = False

    def strikes(self, mishap: Mishap) -> bool:
        """Whether it happens now. Drawn only where it is on, so that a quiet world is a fast one."""
        rate = self.rates.get(mishap, 0.0)
        if not rate or self.over or self.chance.random() >= rate:
            return False
        self.counts[mishap] += 1
        return True

    def between(self, low: float, high: float) -> float:
        return self.chance.uniform(low, high)

    def spread(self, low: float, high: float) -> float:
        """Between the two, each order of magnitude as likely as another."""
        return float(low * (high / low) ** self.chance.random())


def draw(chance: Random, weights: Weights) -> Plan:
    """Half of a mishap's rate is its own in each world, so that rare and frequent worlds both come."""
    rates = {}
    for mishap, rate in RATES.items():
        if mishap in weights.rates:
            rates[mishap] = weights.rates[mishap]
        elif chance.random() < weights.others:
            rates[mishap] = rate * chance.uniform(0.3, 1.7)
    return Plan(chance, rates)
