"""Numbers as people read them, each with its unit on the same line."""

from decimal import Decimal

import pytest
from babel.numbers import format_decimal, get_currency_symbol, get_group_symbol
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.money import Currency, Money
from kiosk.words import amounts
from kiosk.words.catalogue import open_words

NB, EN = open_words("nb"), open_words("en")
NOON_MS = 1_767_274_327_000


def kroner(minor: int) -> Money:
    return Money(minor, Currency.NOK)


@pytest.mark.parametrize(
    ("minor", "norwegian", "english"),
    [
        (0, "0,00\u00a0kr", "0.00\u00a0NOK"),
        (14_837, "148,37\u00a0kr", "148.37\u00a0NOK"),
        (123_456_789, "1\u202f234\u202f567,89\u00a0kr", "1\u202f234\u202f567.89\u00a0NOK"),
    ],
)
def test_money_has_two_decimals_and_thin_spaces(minor: int, norwegian: str, english: str) -> None:
    assert str(amounts.money(kroner(minor), NB)) == norwegian
    assert str(amounts.money(kroner(minor), EN)) == english


def test_a_round_hold_has_no_decimals_and_another_keeps_them() -> None:
    assert str(amounts.whole_money(kroner(35_000), NB)) == "350\u00a0kr"
    assert str(amounts.whole_money(kroner(35_050), NB)) == "350,50\u00a0kr"


def test_a_euro_is_a_euro() -> None:
    assert str(amounts.money(Money(990, Currency.EUR), NB)) == "9,90\u00a0€"


@pytest.mark.parametrize(
    ("price_e4", "text"), [(49_000, "4,90"), (49_990, "4,999"), (49_999, "4,9999"), (0, "0,00"), (12_500, "1,25")]
)
def test_a_price_keeps_two_to_four_decimals(price_e4: int, text: str) -> None:
    assert str(amounts.price(price_e4, Currency.NOK, "kWh", NB)) == f"{text}\u00a0kr/kWh"


def test_a_price_for_a_session_has_no_slash() -> None:
    assert str(amounts.price(50_000, Currency.NOK, "", NB)) == "5,00\u00a0kr"


@pytest.mark.parametrize(
    ("resolution_wh", "text"),
    [(1, "4\u202f182,919"), (10, "4\u202f182,91"), (100, "4\u202f182,9"), (1000, "4\u202f182")],
)
def test_a_register_shows_what_the_meter_proves_and_rounds_down(resolution_wh: int, text: str) -> None:
    assert str(amounts.energy(4_182_919, NB, resolution_wh)) == f"{text}\u00a0kWh"


def test_power_has_one_decimal_and_a_plate_none_that_is_nought() -> None:
    assert str(amounts.power(10_960, NB)) == "11,0\u00a0kW"
    assert str(amounts.rated_power(11_000, NB)) == "11\u00a0kW"
    assert str(amounts.rated_power(7_400, EN)) == "7.4\u00a0kW"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0\u00a0s"),
        (42, "42\u00a0s"),
        (60, "1\u00a0min"),
        (5_640, "1\u00a0t\u00a034\u00a0min"),
        (3_600, "1\u00a0t\u00a00\u00a0min"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, text: str) -> None:
    assert amounts.duration(seconds, NB) == text


def test_an_english_hour_is_an_h() -> None:
    assert amounts.duration(5_640, EN) == "1\u00a0h\u00a034\u00a0min"


@pytest.mark.parametrize(("seconds", "text"), [(278, "4:38"), (59, "0:59"), (0, "0:00"), (-3, "0:00"), (852, "14:12")])
def test_a_countdown_stops_at_nought(seconds: int, text: str) -> None:
    assert amounts.countdown(seconds) == text


def test_the_clock_is_the_sites_own_also_in_summer() -> None:
    assert amounts.clock(NOON_MS, NB) == "14:32"
    assert amounts.clock_seconds(NOON_MS, NB) == "14:32:07"
    assert amounts.clock(NOON_MS + 181 * 86_400_000, NB) == "15:32"
    assert amounts.clock(NOON_MS, open_words("nb", "Europe/Helsinki")) == "15:32"


def test_vat_is_a_percentage() -> None:
    assert amounts.percent(2_500, NB) == "25\u00a0%"
    assert amounts.percent(2_550, EN) == "25.5\u00a0%"


def test_a_line_never_ends_after_a_slash_or_inside_a_phone_number() -> None:
    assert amounts.unbroken(amounts.Amount("4,90", "kr/kWh")) == "4,90\u00a0kr/\u2060kWh"
    assert " " not in amounts.phone_number("22 00 00 00")


@given(st.decimals(0, 10**9, places=6), st.sampled_from(["nb", "en"]), st.integers(0, 4), st.integers(0, 4))
def test_numbers_are_written_as_the_unicode_locales_write_them(
    value: Decimal, language: str, least: int, more: int
) -> None:
    pattern = "#,##0." + "0" * least + "#" * more if least + more else "#,##0"
    written = format_decimal(value, pattern, locale=language).replace(get_group_symbol(language), amounts.THIN)
    assert amounts._number(value, open_words(language), least=least, most=least + more) == written


@pytest.mark.parametrize("unit", Currency)
def test_a_currency_is_called_as_the_unicode_locales_call_it(unit: Currency) -> None:
    assert [amounts.currency(unit, words) for words in (NB, EN)] == [
        get_currency_symbol(unit.value, language).rstrip(".") for language in ("nb", "en")
    ]
