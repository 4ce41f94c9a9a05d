"""The glass in Qt: which signals leave it, what it tells the station, and what it forgets."""

from collections.abc import Iterator
from dataclasses import fields, replace

import pytest
from PySide6.QtCore import QCoreApplication

from kiosk.domain.events import Act
from kiosk.domain.states import Abandoned, Late, Why
from kiosk.domain.view import StationView, StopAnswer
from kiosk.ui.station.model import StationModel
from kiosk.ui.station.parts import Page, StationProps
from tests.ui import scenes
from tests.ui.scenes import INFO, FakeNow, FakeStations, at, nok, one

PARTS = [field.name for field in fields(StationProps)]


class Glassed:
    """A model with its station, its clock, and the signals it has sent since they were last asked for."""

    def __init__(self, *views: StationView, dim_s: int = 300) -> None:
        self.now = FakeNow()
        self.stations = FakeStations(views)
        self.model = StationModel(self.stations, now=self.now, dim_s=dim_s)
        self._heard: list[str] = []
        for name in [*PARTS, "scene"]:
            getattr(self.model, f"{name}_changed").connect(lambda name=name: self._heard.append(name))

    def heard(self) -> set[str]:
        said, self._heard = set(self._heard), []
        return said

    def go(self, seconds: float) -> None:
        self.now.go(seconds)
        self.model.tick()

    def page(self) -> Page:
        return self.model.shown.page


@pytest.fixture
def glassed(qapp: QCoreApplication) -> Iterator[Glassed]:
    made = Glassed(*one().views)
    yield made
    made.model.rest()


def charging(qapp: QCoreApplication) -> Glassed:
    return Glassed(*one(scenes.CHARGING).views)


def test_a_tick_in_which_nothing_changes_is_silent(glassed: Glassed) -> None:
    glassed.go(1)
    assert glassed.heard() == set()


def test_a_new_minute_changes_the_footer_alone(glassed: Glassed) -> None:
    glassed.go(60)
    assert glassed.heard() == {"footer"}


def test_a_press_changes_the_page_and_the_parts_of_both(glassed: Glassed) -> None:
    glassed.model.press("begin")
    assert glassed.heard() == {"page", "ready", "hold", "scene"}


def test_choosing_a_hold_moves_the_mark_and_nothing_else(glassed: Glassed) -> None:
    glassed.model.press("begin")
    glassed.heard()
    glassed.model.choose(0)
    assert glassed.heard() == {"chosen"}


def test_an_observer_of_any_signal_sees_everything_swapped(glassed: Glassed) -> None:
    seen: list[tuple[str, str, str]] = []
    for name in PARTS:
        signal = getattr(glassed.model, f"{name}_changed")
        signal.connect(
            lambda: seen.append(
                (glassed.page(), glassed.model.part("ready")["label"], glassed.model.part("hold")["title"])
            )
        )
    glassed.model.press("begin")
    assert set(seen) == {(Page.HOLD, "", "Hvor mye skal reserveres?")}


def test_the_way_to_an_offer_is_four_touches_and_one_call(glassed: Glassed) -> None:
    glassed.model.speak("en")
    glassed.model.press("begin")
    glassed.model.choose(0)
    glassed.model.press("pay")
    assert glassed.stations.told == [("start", "NO-SND-003", nok(100), "en")]
    assert glassed.model.shown.notice.title == "Getting your payment code"


def test_a_second_press_while_the_first_is_under_way_is_not_sent(glassed: Glassed) -> None:
    glassed.model.press("begin")
    for _ in range(3):
        glassed.model.press("pay")
    assert len(glassed.stations.told) == 1


def test_a_start_that_is_turned_away_is_said_at_once_and_the_same_driver_begins_again(glassed: Glassed) -> None:
    for touch in ("begin", "pay"):
        glassed.model.speak("en")
        glassed.model.press(touch)
    glassed.heard()
    glassed.stations.becomes(*one(turned_away=scenes.TROUBLE).views)
    assert glassed.model.shown.notice.title == "The charge could not start"
    assert "scene" in glassed.heard(), "or the second tap of a double tap would land on its button"
    glassed.model.press("again")
    assert glassed.stations.told[1:] == [("leave", "NO-SND-003")]
    glassed.stations.becomes(*one().views)
    assert glassed.model.shown.ready.label == "Price per kWh"


def test_who_is_turned_away_and_walks_off_is_forgotten_after_a_minute(qapp: QCoreApplication) -> None:
    glassed = Glassed(*one(turned_away=scenes.TROUBLE).views)
    glassed.model.speak("en")
    glassed.go(59)
    assert glassed.stations.told == []
    glassed.go(1)
    assert glassed.stations.told == [("leave", "NO-SND-003")]
    glassed.stations.becomes(*one().views)
    assert glassed.model.shown.ready.label == "Pris per kWh"


def test_a_start_that_nobody_answers_gives_the_page_back(glassed: Glassed) -> None:
    glassed.model.press("begin")
    glassed.model.press("pay")
    glassed.go(11)
    assert glassed.page() is Page.HOLD


def test_an_intent_that_the_page_does_not_offer_is_nothing(glassed: Glassed) -> None:
    for intent in ("pay", "cancel", "leave", "stop", "release", "continue", "stop-now"):
        glassed.model.press(intent)
    assert glassed.stations.told == []
    assert glassed.page() is Page.READY


@pytest.mark.parametrize(("intent", "act"), [("continue", Act.CONTINUE), ("release", Act.RELEASE)])
def test_a_late_approval_is_continued_or_released_once(qapp: QCoreApplication, intent: str, act: Act) -> None:
    glassed = Glassed(*one(Late(scenes.offer(), at())).views)
    glassed.model.press(intent)
    glassed.model.press(intent)
    assert glassed.stations.told == [("press", "NO-SND-003", act, "driver")]


def test_a_cancel_is_one_call_until_the_state_changes(qapp: QCoreApplication) -> None:
    glassed = Glassed(*one(scenes.OFFERED, code_png=scenes.code_png()).views)
    glassed.model.press("cancel")
    glassed.model.press("cancel")
    glassed.stations.becomes(*one(scenes.SCENES["plug-in"]().views[0].session).views)
    glassed.model.press("cancel")
    assert glassed.stations.told == [("press", "NO-SND-003", Act.CANCEL, "driver")] * 2


def test_stopping_asks_for_the_code_and_the_fourth_digit_tries_it(qapp: QCoreApplication) -> None:
    glassed = charging(qapp)
    glassed.model.press("stop")
    assert glassed.page() is Page.CODE
    for digit in "4711":
        glassed.model.enter(digit)
    assert glassed.stations.told == [("stop", "NO-SND-003", "4711")]
    assert glassed.model.shown.code.message == "Det er ikke koden. Prøv igjen."
    assert not any(glassed.model.shown.code.filled)


def test_the_right_code_goes_back_to_the_account_until_the_station_stops(qapp: QCoreApplication) -> None:
    glassed = charging(qapp)
    glassed.stations.answer = StopAnswer.STOPPED
    glassed.model.press("stop")
    for digit in "4711":
        glassed.model.enter(digit)
    assert glassed.page() is Page.CHARGING


def test_an_erased_digit_is_gone_and_a_letter_never_counts(qapp: QCoreApplication) -> None:
    glassed = charging(qapp)
    glassed.model.press("stop")
    for digit in ("4", "x", "47", "7"):
        glassed.model.enter(digit)
    glassed.model.erase()
    assert glassed.model.shown.code.filled == (True, False, False, False)


def test_a_locked_pad_takes_no_digits(qapp: QCoreApplication) -> None:
    glassed = Glassed(*one(scenes.CHARGING, stop_locked_s=30).views)
    glassed.model.press("stop")
    for digit in "4711":
        glassed.model.enter(digit)
    assert glassed.stations.told == []


def test_without_a_stop_code_holding_is_enough(qapp: QCoreApplication) -> None:
    glassed = Glassed(*one(scenes.CHARGING, info=replace(INFO, asks_stop_code=False)).views)
    glassed.model.press("stop")
    assert glassed.stations.told == [("press", "NO-SND-003", Act.STOP, "driver")]


@pytest.mark.parametrize("way", [["begin"], ["begin", "terms"]])
def test_a_choosing_page_goes_home_after_a_minute_without_a_touch(glassed: Glassed, way: list[str]) -> None:
    for intent in way:
        glassed.model.press(intent)
    glassed.model.speak("en")
    glassed.go(59)
    assert glassed.model.shown.footer.warning != ""
    glassed.go(1)
    assert glassed.page() is Page.READY
    assert glassed.model.shown.ready.label == "Pris per kWh"


def test_a_touch_anywhere_gives_another_minute(glassed: Glassed) -> None:
    glassed.model.press("begin")
    glassed.go(55)
    glassed.model.touched()
    assert glassed.model.shown.footer.warning == ""
    glassed.go(55)
    assert glassed.page() is Page.HOLD


def test_a_language_is_forgotten_with_its_driver(glassed: Glassed) -> None:
    glassed.model.speak("en")
    glassed.go(60)
    assert glassed.model.shown.ready.label == "Pris per kWh"


def test_half_a_code_is_forgotten_and_the_charge_goes_on(qapp: QCoreApplication) -> None:
    glassed = charging(qapp)
    glassed.model.press("stop")
    glassed.model.enter("4")
    glassed.go(60)
    assert glassed.page() is Page.CHARGING
    glassed.model.press("stop")
    assert not any(glassed.model.shown.code.filled)


def test_the_summary_leaves_by_itself_after_a_minute_and_takes_everything_with_it(qapp: QCoreApplication) -> None:
    glassed = charging(qapp)
    glassed.model.speak("en")
    glassed.go(3600)
    glassed.stations.becomes(*one(scenes.SETTLED).views)
    glassed.go(59)
    assert glassed.stations.told == []
    glassed.go(1)
    assert glassed.stations.told == [("leave", "NO-SND-003")]
    glassed.stations.becomes(*one().views)
    assert glassed.model.shown.ready.label == "Pris per kWh"
    assert "212" not in str([glassed.model.part(page) for page in Page])
    assert "148" not in str([glassed.model.part(page) for page in Page])


def test_a_cancelled_offer_leaves_sooner(qapp: QCoreApplication) -> None:
    glassed = Glassed(*one(Abandoned(scenes.offer(), Why.DRIVER_CANCELLED, at())).views)
    glassed.go(15)
    assert glassed.stations.told == [("leave", "NO-SND-003")]


def test_a_running_charge_stays_for_ever(qapp: QCoreApplication) -> None:
    glassed = charging(qapp)
    glassed.go(20_000)
    assert glassed.stations.told == []
    assert glassed.page() is Page.CHARGING


def test_the_glass_dims_when_left_alone_and_the_first_touch_only_wakes_it(qapp: QCoreApplication) -> None:
    glassed = Glassed(*one().views, dim_s=120)
    glassed.go(120)
    assert glassed.model.shown.dimmed
    glassed.model.press("begin")
    assert glassed.page() is Page.READY
    glassed.model.wake()
    assert not glassed.model.shown.dimmed
    glassed.model.press("begin")
    assert glassed.page() is Page.HOLD


def test_news_wakes_the_glass(qapp: QCoreApplication) -> None:
    glassed = Glassed(*one().views, dim_s=120)
    glassed.go(120)
    glassed.stations.becomes(*one(offline_since=at(120)).views)
    assert not glassed.model.shown.dimmed


def test_several_stations_are_tiles_and_a_tile_is_left_again(qapp: QCoreApplication) -> None:
    glassed = Glassed(*scenes.several())
    assert glassed.page() is Page.TILES
    glassed.model.visit("NO-SND-001")
    assert glassed.page() is Page.READY
    glassed.model.press("home")
    assert glassed.page() is Page.TILES
    glassed.model.visit("NO-SND-002")
    assert glassed.page() is Page.CHARGING
    glassed.go(60)
    assert glassed.page() is Page.TILES


def test_a_glass_bound_to_one_station_never_shows_another(qapp: QCoreApplication) -> None:
    stations = FakeStations(scenes.several())
    model = StationModel(stations, now=FakeNow(), station_id="NO-SND-002")
    assert model.shown.page is Page.CHARGING


def test_a_station_that_appears_while_the_hold_is_chosen_takes_the_glass(glassed: Glassed) -> None:
    glassed.model.press("begin")
    glassed.stations.becomes(*one(scenes.CHARGING).views)
    assert glassed.page() is Page.CHARGING


def test_a_resting_model_hears_nothing(glassed: Glassed) -> None:
    glassed.model.rest()
    glassed.stations.becomes(*one(scenes.CHARGING).views)
    assert glassed.page() is Page.READY
    assert glassed.heard() == set()


@pytest.mark.parametrize(
    ("name", "scene"),
    [
        ("ready", "ready-nb"),
        ("hold", "hold-nb"),
        ("offline", "notice-offline-nb"),
        ("charging", "charging-nb"),
        ("tiles", "tiles-nb"),
    ],
)
def test_a_scene_is_named_by_what_the_glass_shows(qapp: QCoreApplication, name: str, scene: str) -> None:
    assert scene_of(name) == scene


def test_no_scene_is_named_after_what_there_is_not(qapp: QCoreApplication) -> None:
    names = {name: scene_of(name) for name in scenes.SCENES}
    assert {name: scene for name, scene in names.items() if "none" in scene or scene == "notice-nb"} == {}


def scene_of(name: str) -> str:
    scene = scenes.SCENES[name]()
    model = StationModel(FakeStations(scene.views), now=FakeNow())
    model._show(replace(scene.glass, language="nb"))
    model.rest()
    return model.scene
