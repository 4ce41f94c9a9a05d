"""The tables of sentences: every fault, every end, every part of a price, in every language."""

import re
from dataclasses import astuple
from uuid import UUID

import pytest

from kiosk.__main__ import GROUPS
from kiosk.domain.energy import Instant
from kiosk.domain.fault import Fault
from kiosk.domain.money import Currency, Money
from kiosk.domain.receipt import Line, LineKind, Registers
from kiosk.domain.states import Door, Offer, Why
from kiosk.domain.tariff import Tariff
from kiosk.words import faults, lines, terms
from kiosk.words.catalogue import languages, open_words
from kiosk.words.nickname import ANIMALS, COLOURS, nickname, payment_description
from kiosk.words.wallet import wallet
from kiosk.words.whys import why

TARIFF = Tariff(Currency.NOK, 49_000)


def offer(reference: str = "lk-1", hold_minor: int = 35_000) -> Offer:
    hold = Money(hold_minor, Currency.NOK)
    return Offer(reference, UUID(int=1), "s", Door.GLASS, TARIFF, hold, 11_000, "4711", Instant(0, "b", 0))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("fault", Fault)
def test_every_fault_tells_driver_and_attendant_in_whole_sentences(fault: Fault, language: str) -> None:
    words = open_words(language)
    said = [*astuple(faults.driver(fault, words)), *astuple(faults.attendant(fault, words))]
    assert len(said) == 5
    assert all(sentence.endswith(".") and len(sentence) > 10 for sentence in said)


@pytest.mark.parametrize("fault", Fault)
def test_the_driver_hears_no_code_and_no_jargon(fault: Fault) -> None:
    said = " ".join(astuple(faults.driver(fault, open_words("en")))).lower()
    assert fault not in said
    assert not [word for word in ("modbus", "api", "capture", "http", "register", "journal") if word in said]


@pytest.mark.parametrize("fault", Fault)
def test_a_command_that_an_attendant_is_told_to_run_is_one_that_there_is(fault: Fault) -> None:
    said = " ".join(astuple(faults.attendant(fault, open_words("en"))))
    named = re.findall(r"\bkiosk (\w+)", said)
    assert set(named) <= {*GROUPS, "station", "demo"}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("reason", Why)
def test_every_end_has_its_sentence(reason: Why, language: str) -> None:
    assert why(reason, open_words(language)).endswith(".")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", LineKind)
def test_every_part_of_a_price_has_a_name(kind: LineKind, language: str) -> None:
    line = Line(kind, 1, 49_000, Money(490, Currency.NOK), 2_500)
    assert lines.name(kind, open_words(language))
    assert lines.quantity(line, open_words(language))


def test_a_receipts_names_are_in_the_language_asked_for() -> None:
    assert lines.names("en", None)[LineKind.ENERGY] == "Energy"
    assert lines.names("nb", None)[LineKind.ENERGY] != "Energy"
    assert lines.names("nb", None).keys() == set(LineKind)


def test_a_receipt_line_says_what_was_counted_at_what_price() -> None:
    line = Line(LineKind.ENERGY, 30_279, 49_000, Money(14_837, Currency.NOK), 2_500)
    assert lines.quantity(line, open_words("nb")) == "30,279\u00a0kWh × 4,90\u00a0kr/kWh"


def test_a_nickname_is_the_same_creature_in_every_language() -> None:
    assert nickname("lk-7f3a-000142", open_words("nb")) == "HVIT OTER"
    assert nickname("lk-7f3a-000142", open_words("en")) == "WHITE OTTER"


def test_nicknames_use_all_colours_and_animals() -> None:
    assert len({nickname(f"lk-{number}", open_words("nb")) for number in range(3000)}) == len(COLOURS) * len(ANIMALS)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(
    "name", ["Lader 3", "L", "Parkeringshuset ved Sandvika stasjon, nivå 2, plass 117 mot øst, lader 3"]
)
def test_the_payment_text_names_creature_post_code_and_the_most_that_is_reserved(name: str, language: str) -> None:
    text = payment_description(offer(hold_minor=1_234_567_00), name, language)
    assert 3 <= len(text) <= 100
    assert nickname("lk-1", open_words(language)) in text
    assert name[:9] in text
    assert "4711" in text
    assert "1 234 567" in text


@pytest.mark.parametrize("language", languages())
def test_the_longest_nickname_leaves_room_for_the_post(language: str) -> None:
    words = open_words(language)
    longest = max((f"lk-{number}" for number in range(3000)), key=lambda reference: len(nickname(reference, words)))
    text = payment_description(offer(longest), "Lader 3", language)
    assert "Lader 3" in text
    assert len(text) <= 100


@pytest.mark.parametrize("language", languages())
def test_the_terms_say_whom_to_call_and_what_is_reserved_taken_and_released(language: str) -> None:
    clauses = terms.terms(open_words(language), wallet="Vipps", phone="22 00 00 00", site="Sandvika stasjon")
    whole = " ".join(clause.title + " " + clause.text for clause in clauses)
    assert len(clauses) == 6
    assert "22 00 00 00" in whole
    assert "{" not in whole


def test_the_app_is_vipps_in_kroner_and_mobilepay_elsewhere() -> None:
    assert [wallet(currency) for currency in Currency] == ["Vipps", "MobilePay", "MobilePay"]


@pytest.mark.parametrize(
    ("resolution_wh", "said"),
    [
        (1, "Måler 21031977: 12\u202f345,678 til 12\u202f375,957\u00a0kWh"),
        (100, "Måler 21031977: 12\u202f345,6 til 12\u202f375,9\u00a0kWh"),
    ],
)
def test_the_billed_register_is_said_with_the_digits_that_it_has(resolution_wh: int, said: str) -> None:
    billed = Registers("21031977", 12_345_678, 12_375_957, resolution_wh)
    assert lines.registers(billed, open_words("nb")) == said


def test_a_meter_that_tells_no_serial_number_is_a_meter_and_no_more() -> None:
    billed = Registers("", 12_345_678, 12_375_957, 1)
    assert lines.registers(billed, open_words("nb")) == "Måler: 12\u202f345,678 til 12\u202f375,957\u00a0kWh"
