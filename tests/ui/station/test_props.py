"""From view and glass to finished texts, state by state, without Qt."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import pytest

from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Currency
from kiosk.domain.states import Abandoned, Settling, Step, Why
from kiosk.ui.station.glass import Message, Place
from kiosk.ui.station.parts import Page, StationProps
from kiosk.ui.station.props import derive
from kiosk.words import faults
from kiosk.words.catalogue import languages, open_words
from tests.ui import scenes
from tests.ui.scenes import SCENES, Scene, at, nok, on, one

NB, EN = open_words("nb"), open_words("en")
# A number with its unit behind an ordinary space, where a line could end.
TORN = re.compile(r"\d (kr|NOK|kWh|kW|min|t|h|s|%)\b")


def shown(scene: Scene, language: str = "nb", seconds: float = 0) -> StationProps:
    return derive(scene.views, replace(scene.glass, language=language), open_words(language), at(seconds))


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from texts(part)
    elif is_dataclass(value):
        for field in fields(value):
            if field.name != "code":
                yield from texts(getattr(value, field.name))


def whole(props: StationProps) -> str:
    return " | ".join(texts(props))


@pytest.mark.parametrize(
    ("name", "page", "status"),
    [
        ("tiles", Page.TILES, ""),
        ("ready", Page.READY, "Ledig"),
        ("hold", Page.HOLD, "Ledig"),
        ("terms", Page.TERMS, "Ledig"),
        ("making", Page.NOTICE, "Et øyeblikk"),
        ("pay", Page.PAY, "Betal"),
        ("on-the-phone", Page.NOTICE, "Opptatt"),
        ("withdrawing", Page.NOTICE, "Et øyeblikk"),
        ("late", Page.NOTICE, "Ditt valg"),
        ("approved", Page.NOTICE, "Godkjent"),
        ("plug-in", Page.NOTICE, "Godkjent"),
        ("charging", Page.CHARGING, "Lader"),
        ("charging-offline", Page.CHARGING, "Lader"),
        ("charging-done", Page.CHARGING, "Bilen er ferdig"),
        ("charging-withheld", Page.CHARGING, "Venter"),
        ("charging-no-code", Page.CHARGING, "Lader"),
        ("code", Page.CODE, "Lader"),
        ("code-locked", Page.CODE, "Lader"),
        ("returning", Page.NOTICE, "Et øyeblikk"),
        ("stopping", Page.NOTICE, "Stopper"),
        ("settling", Page.NOTICE, "Gjør opp"),
        ("settling-slow", Page.NOTICE, "Gjør opp"),
        ("settling-fault", Page.NOTICE, "Gjør opp"),
        ("settling-part", Page.NOTICE, "Gjør opp"),
        ("summary", Page.SUMMARY, "Ferdig"),
        ("summary-all-parts", Page.SUMMARY, "Ferdig"),
        ("nothing-charged", Page.NOTICE, "Ferdig"),
        ("abandoned", Page.NOTICE, "Avbrutt"),
        ("stuck", Page.NOTICE, "Ring oss"),
        ("out-of-order", Page.NOTICE, "Ute av drift"),
        ("turned-away", Page.NOTICE, "Ikke startet"),
        ("turned-away-still", Page.NOTICE, "Ikke startet"),
        ("offline", Page.NOTICE, "Uten nett"),
    ],
)
def test_every_state_has_its_page_and_its_status(name: str, page: Page, status: str) -> None:
    props = shown(SCENES[name]())
    assert props.page is page
    if status:
        assert props.pill.text == status


def test_a_device_of_which_something_is_not_proven_is_said_on_every_page() -> None:
    assert shown(SCENES["ready"]()).footer.station == "Stasjon NO-SND-003"
    said = shown(SCENES["ready-on-trial"](), "en").footer.station
    assert said.endswith("on trial: orno-we-514, mennekes-amtron-compact")


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", SCENES)
def test_every_text_is_finished_and_no_number_leaves_its_unit(name: str, language: str) -> None:
    said = list(texts(shown(SCENES[name](), language)))
    assert [text for text in said if "{" in text or "None" in text or TORN.search(text)] == []


@pytest.mark.parametrize("name", SCENES)
def test_norwegian_and_english_never_share_a_sentence(name: str) -> None:
    norwegian, english = (set(texts(shown(SCENES[name](), language))) for language in ("nb", "en"))
    shared = {text for text in norwegian & english if text.endswith(".")}
    assert shared == set()


@pytest.mark.parametrize("name", SCENES)
def test_only_the_page_on_the_glass_has_any_text(name: str) -> None:
    props = shown(SCENES[name]())
    others = [page for page in Page if page is not props.page]
    assert [page for page in others if "".join(texts(getattr(props, page)))] == []


@pytest.mark.parametrize("name", [name for name in SCENES if not name.startswith("summary")])
def test_nothing_is_called_paid_before_it_is_verified(name: str) -> None:
    assert "har betalt" not in whole(shown(SCENES[name]()))
    assert "have paid" not in whole(shown(SCENES[name](), "en"))


@pytest.mark.parametrize("name", SCENES)
def test_nothing_is_called_failed(name: str) -> None:
    assert not re.search(r"\bfail|\berror", whole(shown(SCENES[name](), "en")), re.IGNORECASE)


def test_the_price_comes_with_all_its_parts_in_order() -> None:
    ready = shown(SCENES["ready-all-parts"]()).ready
    assert (ready.number, ready.unit) == ("4,90", "kr/kWh")
    assert [(row.label, row.value.replace("\u2060", "")) for row in ready.rows] == [
        ("Per minutt lading", "0,25\u00a0kr/min"),
        ("Oppstart", "5,00\u00a0kr"),
        ("Etter at bilen er ferdig, fra 15\u00a0min", "0,50\u00a0kr/min, høyst\u00a0120\u00a0kr"),
    ]
    assert (
        ready.example
        == "20\u00a0kWh på 1\u00a0t\u00a049\u00a0min koster 130,27\u00a0kr. Alle priser med 25\u00a0% mva."
    )


def test_without_an_idle_fee_the_driver_reads_that_parking_is_free_and_short() -> None:
    info = replace(scenes.INFO, tariff=replace(scenes.TARIFF, idle=None))
    assert shown(one(info=info)).ready.rows[-1].value == "Gratis, slutter etter 15\u00a0min"


def test_each_hold_says_what_it_buys_and_the_preferred_is_marked() -> None:
    props = shown(SCENES["hold"]())
    assert [(choice.number, choice.energy) for choice in props.hold.choices] == [
        ("100", "20\u00a0kWh"),
        ("200", "40\u00a0kWh"),
        ("350", "71\u00a0kWh"),
        ("500", "102\u00a0kWh"),
    ]
    assert props.chosen == 2


def test_a_price_per_minute_makes_what_a_hold_buys_an_estimate() -> None:
    info = replace(scenes.INFO, tariff=scenes.IDLE_TARIFF)
    assert shown(one(info=info, glass=on(Place.HOLD))).hold.choices[0].buys == "rekker til ca."


def test_the_payment_page_counts_down_and_names_the_driver_s_own_payment() -> None:
    pay = shown(SCENES["pay"]()).pay
    assert (pay.left, pay.hold, pay.nickname) == ("4:38", "350,00\u00a0kr", "HVIT OTER · Lader 3")
    assert pay.code.startswith("data:image/png;base64,")
    assert shown(SCENES["pay"](), seconds=400).pay.left == "0:00"


def test_an_offer_without_its_code_yet_is_waited_for_in_a_sentence() -> None:
    assert shown(one(scenes.OFFERED)).notice.title == "Henter betalingskoden din"


def test_the_running_account_is_the_tariffs_own_due_and_the_meters_own_register() -> None:
    page = shown(SCENES["charging"]()).charging
    assert (page.number, page.cost, page.power, page.time) == ("17,24", "84,49", "11,0", "1\u00a0t\u00a034\u00a0min")
    assert (page.meter, page.meter_to) == ("Måler 23-118842", "4\u202f200,155\u00a0kWh")
    assert page.meter_from == "fra 4\u202f182,912\u00a0kWh til"
    assert page.gauge == pytest.approx(84.49 / 350)
    assert page.reserve == "av 350,00\u00a0kr, rekker til ca. 19:27"


def test_a_meter_that_tells_no_serial_number_is_shown_without_one() -> None:
    nameless = replace(scenes.reading(4_200_155), serial="unit 3 on rtu:///dev/ttyUSB0", tells_serial=False)
    assert shown(one(replace(scenes.CHARGING, last=nameless))).charging.meter == "Måler"


def test_a_coarse_meter_shows_no_decimals_that_it_does_not_have() -> None:
    coarse = replace(scenes.CHARGING, last=scenes.reading(4_200_100, resolution_wh=100))
    assert shown(one(coarse)).charging.meter_to == "4\u202f200,1\u00a0kWh"


def test_nothing_is_foretold_while_no_power_flows() -> None:
    assert shown(SCENES["charging-done"]()).charging.reserve == "av 350,00\u00a0kr reservert"


def test_a_day_ends_before_a_slow_hold_does() -> None:
    slow = replace(scenes.CHARGING, last=scenes.reading(4_200_155, 60))
    assert "12:58" in shown(one(slow)).charging.reserve


def test_a_finished_car_reads_until_when_parking_is_free() -> None:
    note = shown(SCENES["charging-done"]()).charging.note
    assert note.startswith("Bilen er ferdig. Gratis til 14:43, så")


def test_after_the_grace_the_fee_is_named_as_running() -> None:
    late = replace(scenes.DONE, usage=replace(scenes.USED, car_done_ms=1_000_000))
    assert "Nå koster det" in shown(one(late)).charging.note


def test_the_stop_code_is_shown_as_dots_only() -> None:
    props = shown(SCENES["code"]())
    assert props.code.filled == (True, True, False, False)
    assert "47" not in whole(replace(props, footer=replace(props.footer, time="")))


def test_a_wrong_code_and_a_locked_pad_say_so() -> None:
    wrong = one(scenes.CHARGING, glass=on(Place.CODE, message=Message.WRONG))
    assert shown(wrong).code.message == "Det er ikke koden. Prøv igjen."
    locked = shown(SCENES["code-locked"](), seconds=7).code
    assert (locked.locked, locked.message) == (True, "For mange gale koder. Prøv igjen om 0:40.")
    assert not shown(SCENES["code-locked"](), seconds=47).code.locked


def test_settling_says_what_will_happen_and_what_has_happened() -> None:
    rows = [row.label for row in shown(SCENES["settling"]()).notice.rows]
    assert rows == ["Levert", "Reservert", "Blir trukket", "Blir frigitt"]
    assert shown(SCENES["settling-part"]()).notice.rows[2].label == "Trukket 14:31:59"


METERED = "Måler 23-118842: 4\u202f182,912 til 4\u202f213,191\u00a0kWh"


def test_whose_register_is_billed_from_where_to_where_stands_on_the_last_pages() -> None:
    assert shown(SCENES["settling"]()).notice.side_foot == METERED
    assert shown(SCENES["settling-slow"]()).notice.side_foot.startswith("Vipps svarer ikke"), "the delay is news"
    assert shown(SCENES["summary"]()).summary.meter == METERED
    unread = replace(scenes.SETTLED, settling=replace(scenes.SETTLED.settling, begin=None, end=None))
    assert shown(one(unread)).summary.meter == ""


def test_the_summary_shows_what_vipps_reports_with_its_times() -> None:
    props = shown(SCENES["summary"]())
    assert (props.summary.number, props.summary.label) == ("148,37", "Du har betalt")
    assert [(row.label, row.value) for row in props.summary.rows] == [
        ("Levert", "30,279\u00a0kWh"),
        ("Reservert", "350,00\u00a0kr"),
        ("Trukket 14:31:07", "148,37\u00a0kr"),
        ("Frigitt 14:31:09", "201,63\u00a0kr"),
    ]


def test_paid_may_stand_as_soon_as_capture_and_release_are_verified() -> None:
    on_its_way = replace(scenes.SETTLED.settling, step=Step.RECEIPT, receipt="")
    props = shown(one(on_its_way))
    assert props.page is Page.SUMMARY
    assert "på vei" in props.summary.receipt


@pytest.mark.parametrize(
    "unproven",
    [
        replace(scenes.SETTLED.settling, step=Step.RECEIPT, checked=None),
        replace(scenes.SETTLED.settling, step=Step.RECEIPT, checked=scenes.PART_TAKEN),
        replace(scenes.SETTLED.settling, step=Step.RELEASE),
    ],
)
def test_paid_may_not_stand_on_anything_less(unproven: Settling) -> None:
    assert shown(one(unproven)).page is Page.NOTICE


def test_a_receipt_that_was_not_sent_is_not_promised() -> None:
    skipped = replace(scenes.SETTLED, settling=replace(scenes.SETTLED.settling, receipt="skipped: no Order Management"))
    assert "ligger i Vipps" not in shown(one(skipped)).summary.receipt


def test_nothing_charged_is_said_outright() -> None:
    notice = shown(SCENES["nothing-charged"]()).notice
    assert (notice.title, notice.rows[-1].label) == ("Du betaler ingenting", "Frigitt 14:31:58")


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_reaches_the_glass_as_what_money_and_what_to_do(fault: Fault) -> None:
    notice = shown(one(trouble=Trouble(fault, "detail for the technician"))).notice
    said = faults.driver(fault, NB)
    assert notice.lead == said.what
    assert said.money in notice.side
    assert said.todo in notice.side
    assert "technician" not in notice.side


@pytest.mark.parametrize("fault", Fault)
def test_a_start_that_is_turned_away_says_why_that_nothing_is_reserved_and_what_to_do(fault: Fault) -> None:
    trouble = Trouble(fault, "detail for the technician")
    notice = shown(one(turned_away=trouble, trouble=trouble)).notice
    said = faults.driver(fault, NB)
    assert (notice.title, notice.side_title) == ("Ladingen kom ikke i gang", "Ingenting er reservert")
    assert (notice.lead, notice.side) == (said.what, said.todo)
    assert (notice.primary.text, notice.secondary.intent) == ("", "again")
    assert notice.rows[0].value == "22\u00a000\u00a000\u00a000"


def test_trouble_that_has_passed_invites_to_start_again() -> None:
    notice = shown(SCENES["turned-away"]()).notice
    assert notice.side == "Ingenting ble trukket. Du kan starte på nytt nå."
    assert (notice.primary.text, notice.primary.intent) == ("Start på nytt", "again")


@pytest.mark.parametrize("name", ["out-of-order", "offline"])
def test_who_cannot_start_sees_whom_to_call(name: str) -> None:
    assert shown(SCENES[name]()).notice.rows[0].value == "22\u00a000\u00a000\u00a000"


@pytest.mark.parametrize("reason", Why)
def test_every_end_without_payment_gives_its_reason(reason: Why) -> None:
    assert shown(one(Abandoned(scenes.offer(), reason, at()))).notice.lead.endswith(".")


def test_a_session_is_shown_even_where_nothing_can_be_sold() -> None:
    assert shown(one(scenes.CHARGING, trouble=scenes.TROUBLE, offline_since=at())).page is Page.CHARGING


def test_offline_names_the_neighbours_that_can_sell() -> None:
    first, *others = scenes.several()
    away = replace(first, offline_since=at(-600))
    free = replace(others[0], session=None)
    scene = Scene((away, free, *others[1:]), replace(scenes.GLASS, station=away.info.id))
    assert "Ledig nå: Lader 2." in shown(scene).notice.lead


def test_a_slow_answer_is_named_with_the_next_try() -> None:
    assert shown(SCENES["settling-slow"]()).notice.side_foot == "Vipps svarer ikke akkurat nå. Neste forsøk 14:32"


def test_the_page_warns_before_it_closes() -> None:
    assert shown(SCENES["hold-closing"]()).footer.warning == "Trykk på skjermen for å bli her: 15\u00a0s"
    assert shown(one(glass=on(Place.HOLD, closes_s=40))).footer.warning == ""


def test_english_drivers_read_units_with_their_number_too() -> None:
    assert shown(SCENES["hold-closing"](), "en").footer.warning == "Touch the screen to stay here: 15\u00a0s"


def test_start_is_remembered_until_the_station_answers() -> None:
    props = shown(one(glass=on(Place.HOLD, sent="pay", sent_in="NoneType")))
    assert props.notice.title == "Henter betalingskoden din"
    assert props.notice.secondary.text == ""


def test_a_danish_post_says_mobilepay() -> None:
    tariff = replace(scenes.TARIFF, currency=Currency.DKK)
    assert "MobilePay" in whole(shown(one(info=replace(scenes.INFO, tariff=tariff, holds=(), preferred=nok(1)))))


def test_no_qt_is_needed_to_decide_what_is_shown() -> None:
    asks = "import sys, kiosk.ui.station.props; print([name for name in sys.modules if name.startswith('PySide6')])"
    answer = subprocess.run([sys.executable, "-c", asks], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
