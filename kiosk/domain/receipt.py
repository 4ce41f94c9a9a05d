"""A receipt whose lines add up exactly to what was captured."""

from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.domain.energy import Reading
from kiosk.domain.money import Money, half_up


class LineKind(StrEnum):
    """The parts of a price, in the order in which every surface shows them."""

    ENERGY = "energy"
    MINUTES = "minutes"
    SESSION = "session"
    IDLE = "idle"


@dataclass(frozen=True)
class Line:
    """One line: `gross` is what the driver pays for it, `net + tax == gross` to the minor unit.

    `quantity` counts Wh for ENERGY, seconds for MINUTES and IDLE, 1 for SESSION. `price_e4` is the gross unit price
    (per kWh, per minute, per session) in ten-thousandths of the currency. `vat_bp` is basis points: 25 % is 2500.
    """

    kind: LineKind
    quantity: int
    price_e4: int
    gross: Money
    vat_bp: int

    @property
    def net(self) -> Money:
        return Money(half_up(self.gross.minor * 10_000, 10_000 + self.vat_bp), self.gross.currency)

    @property
    def tax(self) -> Money:
        return self.gross - self.net


@dataclass(frozen=True)
class Registers:
    """Whose register was billed, and from where to where: the meter's serial number (empty if it tells none), and its total import in Wh."""

    serial: str
    begin_wh: int
    end_wh: int
    resolution_wh: int


def billed_registers(begin: Reading | None, end: Reading | None) -> Registers | None:
    """What the driver can compare with the meter; None where nothing was read."""
    if begin is None or end is None:
        return None
    return Registers(end.number, begin.import_wh, end.import_wh, end.resolution_wh)


@dataclass(frozen=True)
class Receipt:
    """What is sent once, after the capture is verified; it can never be changed (Order Management)."""

    reference: str
    station: str
    total: Money
    lines: tuple[Line, ...]
    registers: Registers | None = field(default=None, compare=False)  # says no other amount than before it was written

    def __post_init__(self) -> None:
        if sum(line.gross.minor for line in self.lines) != self.total.minor:
            raise ValueError(f"The lines of receipt {self.reference} do not add up to {self.total}.")

    @property
    def net(self) -> Money:
        return Money(sum(line.net.minor for line in self.lines), self.total.currency)

    @property
    def tax(self) -> Money:
        return self.total - self.net
