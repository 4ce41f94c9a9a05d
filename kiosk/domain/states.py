"""Where a session can be. Each state holds only what is true in it; `session` closes the union by `assert_never`."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID, uuid5

from kiosk.domain.energy import Instant, Reading
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money
from kiosk.domain.payment import Account
from kiosk.domain.tariff import Due, Tariff, Usage


class Step(StrEnum):
    """The acts at Vipps, in the order in which a settled session has passed them."""

    CREATE = "create"
    WITHDRAW = "withdraw"
    CAPTURE = "capture"
    RELEASE = "release"
    RECEIPT = "receipt"
    LINK = "link"


class Door(StrEnum):
    """Where the driver pays: the QR on the glass, or the page behind the printed label."""

    GLASS = "glass"
    PHONE = "phone"


class Why(StrEnum):
    """Why a session came to its end."""

    DRIVER_CANCELLED = "driver-cancelled"
    OFFER_RAN_OUT = "offer-ran-out"
    REJECTED = "rejected"
    EXPIRED = "expired"
    NOT_CREATED = "not-created"
    NOT_CONTINUED = "not-continued"
    NEVER_STARTED = "never-started"
    STOPPED = "stopped"
    HOLD_USED = "hold-used"
    CAR_DONE = "car-done"
    UNPLUGGED = "unplugged"
    TIME_LIMIT = "time-limit"
    RESTARTED = "restarted"
    FAULT = "fault"


class Phase(StrEnum):
    """What a charging minute is: only `DONE` may cost an idle fee, `WITHHELD` costs nothing."""

    CHARGING = "charging"
    DONE = "done"
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Offer:
    """What the driver agreed to. `reference` names the session and the payment; `code` is the driver's stop code.

    `stop_latency_s` (from a stop to no current) is kept free in the hold; `proves_contactor` holds the meter against the
    controller. They stand here to be replayed (docs/adr/0011); the defaults are how it was before they were written.
    """

    reference: str
    installation: UUID
    station: str
    door: Door
    tariff: Tariff
    hold: Money
    rated_power_w: int
    code: str
    at: Instant
    language: str = "nb"
    return_url: str | None = None
    session_url: str | None = None
    stop_latency_s: int = 10
    proves_contactor: bool = False

    def key(self, step: Step, generation: int) -> str:
        """The idempotency key: the same after any restart, another for every step and generation."""
        return str(uuid5(self.installation, f"{self.reference}|{step}|{generation}"))


@dataclass(frozen=True)
class Pace:
    """When to try next. It is part of the state, so a crash loop cannot try faster."""

    tries: int
    since: Instant
    wait_s: int

    def left_s(self, now: Instant) -> float:
        """Never more than `wait_s`, so that a clock that jumped back cannot hold a session up."""
        gone_s = (now.utc_ms - self.since.utc_ms) / 1000
        return min(float(self.wait_s), max(0.0, self.wait_s - gone_s))


@dataclass(frozen=True)
class Asked:
    """The request for approval is written down and may be on its way."""

    offer: Offer
    pace: Pace


@dataclass(frozen=True)
class Offered:
    """Vipps knows the payment; the driver has not decided."""

    offer: Offer
    url: str
    since: Instant


@dataclass(frozen=True)
class Withdrawing:
    """The offer is being taken back in a way that cannot destroy an approval.

    `known` is that Vipps has shown us this payment before, `unknowns` how often in a row it says there is none.
    """

    offer: Offer
    why: Why
    pace: Pace
    generation: int = 0
    refused: bool = False
    trouble: Trouble | None = None
    known: bool = False
    unknowns: int = 0


@dataclass(frozen=True)
class Late:
    """Approved after we had given up: the driver is asked to continue or release."""

    offer: Offer
    since: Instant


@dataclass(frozen=True)
class Ready:
    """Approved. The begin register is not read yet."""

    offer: Offer
    since: Instant


@dataclass(frozen=True)
class Waiting:
    """Told to close; no energy has flowed. `car_seen`: a car was plugged in; `dead_since`: it asks, may, and gets none."""

    offer: Offer
    begin: Reading
    last: Reading
    since: Instant
    car_seen: bool = False
    suspects: int = 0
    silent_since: Instant | None = None
    blind_since: Instant | None = None
    dead_since: Instant | None = None


@dataclass(frozen=True)
class Charging:
    """Energy has flowed. `last` is the last believed reading; `suspects` counts readings in a row that were not.

    `silent_since` is since when the meter has not answered, `blind_since` the controller, `quiet_since` since when
    nearly no power has flowed, `stray_since` since when power flows through a contactor that is said to be open.
    """

    offer: Offer
    begin: Reading
    last: Reading
    usage: Usage
    phase: Phase
    phase_since: Instant
    since: Instant
    suspects: int = 0
    silent_since: Instant | None = None
    blind_since: Instant | None = None
    quiet_since: Instant | None = None
    stray_since: Instant | None = None


@dataclass(frozen=True)
class Returning:
    """Back after a restart: does the charge still run under our enable, provably without a break?"""

    was: Waiting | Charging
    since: Instant


@dataclass(frozen=True)
class Stopping:
    """The contactor is told to open; the end register is still to come. `decided` stays over a restart, `since` does not."""

    offer: Offer
    begin: Reading
    last: Reading
    usage: Usage
    why: Why
    decided: Instant
    since: Instant
    fault: Trouble | None = None


@dataclass(frozen=True)
class Settling:
    """The due is fixed. One step after the other is written down, done, and verified at Vipps.

    `refusal` is the last definitive no for `step`, which only a later look at the event log may turn into a new
    `generation`, and not while a send of this one that nobody answered (`doubtful_since`) may still land;
    `capture_generation` is the one that was captured under. `checked` is Vipps' account at the last look, None before the first.
    """

    offer: Offer
    due: Due
    usage: Usage
    why: Why
    begin: Reading | None
    end: Reading | None
    step: Step
    pace: Pace
    generation: int = 0
    capture_generation: int = 0
    refusal: Trouble | None = None
    refusal_code: str = ""
    sent: bool = False
    doubtful_since: Instant | None = None
    unknowns: int = 0
    checked: Account | None = None
    captured_at: Instant | None = None
    released_at: Instant | None = None
    receipt: str = ""
    fault: Trouble | None = None


@dataclass(frozen=True)
class Settled:
    """Captured is the due, captured and released make up the hold, as Vipps reports it."""

    settling: Settling
    account: Account
    link: str
    at: Instant


@dataclass(frozen=True)
class Abandoned:
    """Nothing was ever reserved, or nothing is any more, and nothing was captured."""

    offer: Offer
    why: Why
    at: Instant
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Stuck:
    """The station stops acting by itself on this session: a person decides. `was` is where it stood."""

    was: "Settling | Withdrawing"
    trouble: Trouble
    at: Instant

    @property
    def fault(self) -> Fault:
        return self.trouble.fault


Session = (
    Asked
    | Offered
    | Withdrawing
    | Late
    | Ready
    | Waiting
    | Charging
    | Returning
    | Stopping
    | Settling
    | Settled
    | Abandoned
    | Stuck
)
Ended = Settled | Abandoned


def offer_of(session: Session) -> Offer:
    match session:
        case Returning(was=was) | Stuck(was=was):
            return was.offer
        case Settled(settling=settling):
            return settling.offer
        case _:
            return session.offer
