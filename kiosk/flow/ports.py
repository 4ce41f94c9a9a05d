"""What the flow needs from the outside, and no more. Makers live in `services`, `journal` and `compose`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from kiosk.domain.energy import Instant, Plug, Reading
from kiosk.domain.fault import Trouble
from kiosk.domain.money import Money
from kiosk.domain.outcome import Outcome
from kiosk.domain.payment import Account, Checkout, Payment
from kiosk.domain.receipt import Receipt


class Clock(Protocol):
    def now(self) -> Instant: ...

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds` of business time; I/O deadlines never use this."""


class Payments(Protocol):
    """Vipps ePayment. Every changing call takes a key that was journalled before; the same key is the same bytes."""

    async def create(
        self, reference: str, amount: Money, key: str, description: str, return_url: str | None
    ) -> Outcome[Checkout]:
        """Ask for approval: as a QR code on the glass, or (with `return_url`) by WEB_REDIRECT on the phone."""

    async def look(self, reference: str) -> Outcome[Payment | None]:
        """The payment and its event log; Done(None) is Vipps' word that it does not exist."""

    async def capture(self, reference: str, amount: Money, key: str) -> Outcome[Account]: ...

    async def release(self, reference: str, key: str, unapproved_only: bool) -> Outcome[Account]:
        """Cancel all that is not captured. `unapproved_only` never destroys an approval (Refused, code 6060)."""


class Receipts(Protocol):
    """Order Management. `Done("skipped: ...")` where the environment has none."""

    async def send(self, receipt: Receipt, language: str) -> Outcome[str]:
        """`language` is the driver's."""

    async def link(self, reference: str, url: str) -> Outcome[str]: ...


class Meter(Protocol):
    async def read(self) -> Reading | Trouble:
        """One billing read, or why there is none."""


class Charger(Protocol):
    """A charge controller. `sells` is False where nothing can be switched; `fails_safe` is a watchdog that opens it."""

    sells: bool
    fails_safe: bool

    async def enable(self) -> Outcome[None]: ...

    async def disable(self) -> Outcome[None]: ...

    async def look(self) -> Plug | Trouble: ...


@dataclass(frozen=True)
class Row:
    """One line of the journal: what happened (`event`) or what is about to be done (`command`), as JSON text."""

    session: str
    kind: str
    body: str
    at: Instant


class Stored(Protocol):
    """A row as the journal gives it back."""

    @property
    def kind(self) -> str: ...
    @property
    def body(self) -> str: ...


class Journal(Protocol):
    async def append(self, rows: Sequence[Row]) -> None:
        """All rows or none, on disk when this returns. Raises if the disk refused; never retried."""

    async def unsettled(self) -> Sequence[Sequence[Stored]]:
        """The rows of every session that has not ended, oldest session first."""
