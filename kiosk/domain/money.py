"""Money in whole minor units of one currency. There is no float anywhere near it."""

from dataclasses import dataclass
from enum import StrEnum


class Currency(StrEnum):
    NOK = "NOK"
    DKK = "DKK"
    EUR = "EUR"

    @property
    def minimum(self) -> "Money":
        """The smallest amount that the market lets one charge (Vipps ePayment, `amount`)."""
        return Money({Currency.NOK: 100, Currency.DKK: 1, Currency.EUR: 1}[self], self)


@dataclass(frozen=True)
class Money:
    """`minor` øre, øre or cents of `currency`. Arithmetic across currencies is a bug and raises ValueError."""

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise TypeError(f"Money takes whole minor units, got {self.minor!r}.")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.minor + self._like(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.minor - self._like(other), self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.minor < self._like(other)

    def __le__(self, other: "Money") -> bool:
        return self.minor <= self._like(other)

    def __gt__(self, other: "Money") -> bool:
        return self.minor > self._like(other)

    def __ge__(self, other: "Money") -> bool:
        return self.minor >= self._like(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        sign, minor = ("-", -self.minor) if self.minor < 0 else ("", self.minor)
        return f"{sign}{minor // 100}.{minor % 100:02d} {self.currency}"

    def _like(self, other: "Money") -> int:
        if other.currency is not self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be combined.")
        return other.minor


def zero(currency: Currency) -> Money:
    return Money(0, currency)


def half_up(numerator: int, denominator: int) -> int:
    """Integer division rounded half up, for numerators of zero or more."""
    if numerator < 0 or denominator <= 0:
        raise ValueError(f"half_up is for amounts of zero or more, got {numerator}/{denominator}.")
    return (2 * numerator + denominator) // (2 * denominator)
