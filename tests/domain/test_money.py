"""Money is whole minor units, and the only rounding is half up."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.money import Currency, Money, half_up, zero


def test_the_market_minimum_is_one_krone_one_oere_one_cent() -> None:
    assert [(currency.value, currency.minimum.minor) for currency in Currency] == [("NOK", 100), ("DKK", 1), ("EUR", 1)]
    assert all(currency.minimum.currency is currency for currency in Currency)


@pytest.mark.parametrize("minor", [1.0, 2.5, True, "3", None, Decimal(4)])
def test_money_takes_nothing_but_whole_minor_units(minor: object) -> None:
    with pytest.raises(TypeError, match="whole minor units"):
        Money(minor, Currency.NOK)  # type: ignore[arg-type]


def test_currencies_are_never_combined() -> None:
    krone, euro = Money(100, Currency.NOK), Money(100, Currency.EUR)
    for combine in (
        lambda: krone + euro,
        lambda: krone - euro,
        lambda: krone < euro,
        lambda: krone <= euro,
        lambda: krone > euro,
        lambda: krone >= euro,
    ):
        with pytest.raises(ValueError, match="cannot be combined"):
            combine()
    assert krone != euro


@pytest.mark.parametrize(
    ("minor", "text"), [(0, "0.00 NOK"), (5, "0.05 NOK"), (21_614, "216.14 NOK"), (-150, "-1.50 NOK")]
)
def test_money_reads_as_an_amount_with_its_currency(minor: int, text: str) -> None:
    assert str(Money(minor, Currency.NOK)) == text


def test_zero_is_false_and_anything_else_is_true() -> None:
    assert not zero(Currency.EUR)
    assert Money(1, Currency.EUR)
    assert Money(-1, Currency.EUR)


@given(st.integers(0, 10**15), st.integers(1, 10**9))
def test_half_up_is_what_an_accountant_does(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    if 2 * numerator % denominator == 0:  # exact halves are decided, never left to the precision of Decimal
        assert half_up(numerator, denominator) == (2 * numerator // denominator + 1) // 2
    else:
        assert half_up(numerator, denominator) == exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)


@pytest.mark.parametrize(
    ("numerator", "denominator", "rounded"), [(0, 7, 0), (1, 2, 1), (3, 2, 2), (5, 2, 3), (4, 10, 0), (149, 100, 1)]
)
def test_a_half_goes_up(numerator: int, denominator: int, rounded: int) -> None:
    assert half_up(numerator, denominator) == rounded


@pytest.mark.parametrize(("numerator", "denominator"), [(-1, 2), (1, 0), (1, -2)])
def test_half_up_refuses_what_would_round_the_other_way(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="zero or more"):
        half_up(numerator, denominator)
