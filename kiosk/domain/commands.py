"""What a session wants done. Those that change something outside are journalled before they are performed."""

from dataclasses import dataclass

from kiosk.domain.money import Money
from kiosk.domain.receipt import Receipt


@dataclass(frozen=True)
class Create:
    reference: str
    amount: Money
    key: str


@dataclass(frozen=True)
class Withdraw:
    """Cancel, but only what nobody has approved."""

    reference: str
    key: str


@dataclass(frozen=True)
class Capture:
    reference: str
    amount: Money
    key: str


@dataclass(frozen=True)
class Release:
    reference: str
    key: str


@dataclass(frozen=True)
class SendReceipt:
    receipt: Receipt


@dataclass(frozen=True)
class LinkSession:
    reference: str
    url: str


@dataclass(frozen=True)
class Switch:
    """Close or open the contactor."""

    closed: bool


@dataclass(frozen=True)
class Look:
    """Ask Vipps what it knows. It changes nothing and is not journalled."""

    reference: str


@dataclass(frozen=True)
class Watch:
    """Read meter and controller now."""


Intent = Create | Withdraw | Capture | Release | SendReceipt | LinkSession | Switch
Command = Intent | Look | Watch
