"""What can happen to a session. Every event carries its instant; nothing in the domain looks at a clock."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.energy import Instant, Plug, Reading
from kiosk.domain.fault import Trouble
from kiosk.domain.payment import Payment
from kiosk.domain.states import Offer, Step


class Verdict(StrEnum):
    """The three answers of the outside world (`outcome.py`), as the journal keeps them."""

    DONE = "done"
    REFUSED = "refused"
    IN_DOUBT = "in-doubt"


class Act(StrEnum):
    """What a person can press. None of them names an amount."""

    CANCEL = "cancel"
    STOP = "stop"
    CONTINUE = "continue"
    RELEASE = "release"


@dataclass(frozen=True)
class Opened:
    """A driver accepted price and terms and chose a hold."""

    at: Instant
    offer: Offer


@dataclass(frozen=True)
class Answered:
    """What came of one step at Vipps. `code` is Vipps' own; `note` is what it said when done (an address, an id)."""

    at: Instant
    step: Step
    verdict: Verdict
    code: str = ""
    note: str = ""
    trouble: Trouble | None = None
    retry_after_s: int | None = None


@dataclass(frozen=True)
class Looked:
    """Vipps' account of the payment, or its word that there is none."""

    at: Instant
    payment: Payment | None


@dataclass(frozen=True)
class LookFailed:
    at: Instant
    trouble: Trouble
    retry_after_s: int | None = None


@dataclass(frozen=True)
class Watched:
    """One look at meter and controller. `gap_ms` is how long nobody had looked before."""

    at: Instant
    gap_ms: int
    reading: Reading | None = None
    plug: Plug | None = None
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Switched:
    """What the controller answered to being switched on (`closed`) or off."""

    at: Instant
    closed: bool
    verdict: Verdict
    trouble: Trouble | None = None


@dataclass(frozen=True)
class Pressed:
    at: Instant
    act: Act
    who: str


@dataclass(frozen=True)
class Ticked:
    """A wait is over."""

    at: Instant


@dataclass(frozen=True)
class Restarted:
    """The program has come back and knows only its journal; of a `salvaged` one the last rows may be lost."""

    at: Instant
    salvaged: bool = False


Event = Opened | Answered | Looked | LookFailed | Watched | Switched | Pressed | Ticked | Restarted
