"""The price worked out once more, by fractions and on its own, to hold the product's tariff against."""

from fractions import Fraction
from math import floor

from kiosk.domain.tariff import Tariff, Usage


def proven_minor(tariff: Tariff, usage: Usage) -> int:
    """Meter times tariff in whole minor units, each part rounded half up once; nothing without energy."""
    if usage.energy_wh == 0:
        return 0
    parts = [
        Fraction(tariff.energy_e4 * usage.energy_wh, 1000),
        Fraction(tariff.minute_e4 * (usage.charging_ms // 1000), 60),
        Fraction(tariff.session_e4),
    ]
    total = sum(half_up(part / 100) for part in parts)
    if tariff.idle is not None:
        over_s = max(0, usage.car_done_ms // 1000 - tariff.idle.grace_s)
        total += min(tariff.idle.cap_minor, half_up(Fraction(tariff.idle.price_e4 * over_s, 6_000)))
    return total


def due_minor(tariff: Tariff, usage: Usage, hold_minor: int) -> int:
    """At most the hold, and nothing below what the market lets one charge."""
    due = min(proven_minor(tariff, usage), hold_minor)
    least = {"NOK": 100, "DKK": 1, "EUR": 1}[tariff.currency]
    return due if due >= least else 0


def half_up(value: Fraction) -> int:
    return floor(value + Fraction(1, 2))
