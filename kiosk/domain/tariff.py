"""What charging costs: the only place that rounds, once per receipt line.

Prices are gross, in ten-thousandths of the currency (`price_e4`: 4.90 NOK/kWh is 49000). Every surface, the capture and
the receipt are made by one tariff object, frozen and fingerprinted into the session at the offer.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from decimal import Decimal

from kiosk.domain.money import Currency, Money, half_up, zero
from kiosk.domain.receipt import Line, LineKind

PRICE_TEXT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?")


def price_e4(text: str) -> int:
    """`"4.90"` as ten-thousandths: 49000. Raises ValueError for a sign, an exponent or a fifth decimal."""
    if not PRICE_TEXT.fullmatch(text):
        raise ValueError(f"{text!r} is no price; write digits with up to four decimals, such as 4.90.")
    return int(Decimal(text) * 10_000)


@dataclass(frozen=True)
class Usage:
    """What a driver has used: energy by the register, time by the second in three kinds that are priced apart."""

    energy_wh: int = 0
    charging_ms: int = 0
    car_done_ms: int = 0
    withheld_ms: int = 0

    @property
    def charging_s(self) -> int:
        return self.charging_ms // 1000

    @property
    def car_done_s(self) -> int:
        return self.car_done_ms // 1000


@dataclass(frozen=True)
class IdleFee:
    """Per minute that a finished car stays, after a visible grace and up to a cap in minor units."""

    price_e4: int
    grace_s: int
    cap_minor: int


@dataclass(frozen=True)
class Due:
    """What the driver pays. `proven` is meter times tariff, the operator bears `overrun`, `lines` add up to `due`."""

    due: Money
    proven: Money
    overrun: Money
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Tariff:
    currency: Currency
    energy_e4: int
    minute_e4: int = 0
    session_e4: int = 0
    idle: IdleFee | None = None
    vat_bp: int = 2500

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits that change with any part of the price."""
        canonical = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    def lines(self, usage: Usage) -> tuple[Line, ...]:
        """Every part in the order kWh, minute, session, idle; all zero until energy has flowed."""
        if usage.energy_wh == 0:
            return ()
        parts = [
            self._line(LineKind.ENERGY, usage.energy_wh, self.energy_e4, 1000),
            self._line(LineKind.MINUTES, usage.charging_s, self.minute_e4, 60),
            self._line(LineKind.SESSION, 1, self.session_e4, 1),
        ]
        if self.idle is not None:
            over_s = max(0, usage.car_done_s - self.idle.grace_s)
            line = self._line(LineKind.IDLE, over_s, self.idle.price_e4, 60)
            cap = Money(self.idle.cap_minor, self.currency)
            parts.append(replace(line, gross=min(line.gross, cap, key=lambda money: money.minor)))
        return tuple(line for line in parts if line.gross)

    def proven(self, usage: Usage) -> Money:
        return Money(sum(line.gross.minor for line in self.lines(usage)), self.currency)

    def due(self, usage: Usage, hold: Money) -> Due:
        """The capture for `usage`: at most `hold`, nothing below the market's minimum. Never falls as usage grows."""
        proven = self.proven(usage)
        due = min(proven, hold, key=lambda money: money.minor)
        if due < self.currency.minimum:
            due = zero(self.currency)
        return Due(due, proven, proven - due, shrink(self.lines(usage), due))

    def idle_spent(self, usage: Usage) -> bool:
        """The idle fee has reached its cap: nothing more can be earned by waiting."""
        if self.idle is None:
            return False
        over_s = max(0, usage.car_done_s - self.idle.grace_s)
        return half_up(self.idle.price_e4 * over_s, 60 * 100) >= self.idle.cap_minor

    def outruns(self, usage: Usage, hold: Money, seconds: int, power_w: int) -> bool:
        """Whether `seconds` more at `power_w` could cost more than the hold."""
        energy_wh = usage.energy_wh + -(-power_w * seconds // 3600)
        ahead = replace(usage, energy_wh=energy_wh, charging_ms=usage.charging_ms + seconds * 1000)
        return self.proven(ahead) > hold

    def buys_wh(self, hold: Money, power_w: int) -> int:
        """The energy that `hold` pays for when charging at `power_w` throughout, whole Wh rounded down."""
        low, high = 0, 10_000_000
        while low < high:
            middle = (low + high + 1) // 2
            usage = Usage(energy_wh=middle, charging_ms=middle * 3_600_000 // power_w)
            low, high = (middle, high) if self.proven(usage) <= hold else (low, middle - 1)
        return low

    def _line(self, kind: LineKind, quantity: int, price_e4: int, per: int) -> Line:
        gross = Money(half_up(price_e4 * quantity, per * 100), self.currency)
        return Line(kind, quantity, price_e4, gross, self.vat_bp)


def shrink(lines: tuple[Line, ...], due: Money) -> tuple[Line, ...]:
    """The same lines with the last ones made smaller, or dropped, until they add up to `due`."""
    left, kept = due, []
    for line in lines:
        gross = min(line.gross, left, key=lambda money: money.minor)
        left = left - gross
        if gross:
            kept.append(replace(line, gross=gross))
    return tuple(kept)
