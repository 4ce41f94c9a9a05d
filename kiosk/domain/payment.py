"""A payment as Vipps accounts for it: amounts decide, states only say how the approval went.

There is no captured state to wait for (vipps ePayment: `state` stays AUTHORIZED after capture, refund and cancel).
"""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.money import Money


class Approval(StrEnum):
    """`state` of an ePayment, and `UNKNOWN` for a word that we have not met."""

    CREATED = "CREATED"
    AUTHORIZED = "AUTHORIZED"
    ABORTED = "ABORTED"
    EXPIRED = "EXPIRED"
    TERMINATED = "TERMINATED"
    UNKNOWN = "UNKNOWN"

    @property
    def dead(self) -> bool:
        """Nothing was reserved and nothing can be any more."""
        return self in (Approval.ABORTED, Approval.EXPIRED, Approval.TERMINATED)


class Effect(StrEnum):
    """Names in the event log that this product acts on; any other name is kept as text and ignored."""

    CREATED = "CREATED"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    CANCELLED = "CANCELLED"
    REFUNDED = "REFUNDED"
    ABORTED = "ABORTED"
    EXPIRED = "EXPIRED"
    TERMINATED = "TERMINATED"


@dataclass(frozen=True)
class Account:
    """Vipps' own sums for one payment (`aggregate`), each zero or more."""

    authorized: Money
    captured: Money
    cancelled: Money
    refunded: Money

    @property
    def remaining(self) -> Money:
        """What can still be captured or released."""
        return self.authorized - self.captured - self.cancelled

    @property
    def refundable(self) -> Money:
        return self.captured - self.refunded


@dataclass(frozen=True)
class LogEntry:
    """One line of the payment's event log. `name` is as sent; `key` is our idempotency key where the log gives one."""

    name: str
    amount: Money
    utc_ms: int
    success: bool
    key: str | None
    psp_reference: str


@dataclass(frozen=True)
class Payment:
    """GET payment and its event log, read together. `log` is sorted by time.

    `capture_until_utc_ms` is `captureGuaranteedUntil`, None where Vipps does not send it.
    """

    reference: str
    amount: Money
    approval: Approval
    account: Account
    log: tuple[LogEntry, ...]
    redirect_url: str | None = None
    capture_until_utc_ms: int | None = None


@dataclass(frozen=True)
class Checkout:
    """Where the driver pays: the address to open (WEB_REDIRECT), or for QR the PNG that Vipps drew, fetched at once
    because its address dies."""

    url: str
    image_png: bytes | None = None
