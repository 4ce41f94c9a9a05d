"""The glass as it is rendered: every scene in every size and language, touched by mouse and finger."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QImage, QPointingDevice
from PySide6.QtQuick import QQuickItem
from PySide6.QtTest import QTest

from kiosk.domain.view import StationView
from kiosk.ui.app import STATION_QML, App
from kiosk.ui.station.model import StationModel
from kiosk.ui.window import Window
from kiosk.words.catalogue import languages
from tests.ui import looking, scenes
from tests.ui.pictures import SIZES
from tests.ui.scenes import SCENES, FakeNow, FakeStations, nok, one

PATIENCE_S = 5.0
LARGE = 2.0


class Shown:
    """One window whose scene a test changes, and a hand to touch it with."""

    def __init__(self, app: App, *views: StationView, size: tuple[int, int], text_scale: float = 1.0) -> None:
        self.now, self.stations = FakeNow(), FakeStations(views)
        self.model = StationModel(self.stations, now=self.now)
        self.model._timer.stop()
        properties = {"station": self.model, "motion": False, "textScale": text_scale}
        self.window: Window = app.open(STATION_QML, self.model, properties, size=size)

    def scene(self, name: str, language: str) -> None:
        made = SCENES[name]()
        self.stations.becomes(*made.views)
        for _ in range(2):
            self.model._show(replace(made.glass, language=language))

    def find(self, name: str) -> QQuickItem | None:
        everything = looking.items(self.window.view.contentItem())
        return next((item for item in everything if item.objectName() == name and item.isEnabled()), None)

    def place(self, name: str) -> QPoint:
        self.until(lambda: self.find(name) is not None)
        item = self.find(name)
        assert item is not None
        return item.mapToScene(QPointF(item.width() / 2, item.height() / 2)).toPoint()

    def click(self, name: str) -> None:
        QTest.mouseClick(self.window.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, self.place(name))

    def until(self, true: Callable[[], bool], patience_s: float = PATIENCE_S) -> None:
        """Lets Qt work until `true`, or for `patience_s`."""
        end = time.monotonic() + patience_s
        while True:
            QCoreApplication.processEvents()
            if true() or time.monotonic() >= end:
                return
            QTest.qWait(5)


@pytest.fixture
def app(qapp: QCoreApplication) -> Iterator[App]:
    made = App()
    yield made
    made.close()


@pytest.fixture
def ready(app: App) -> Shown:
    return Shown(app, *one().views, size=(1280, 800))


def walked(app: App, size: tuple[int, int], text_scale: float = 1.0) -> dict[str, list[str]]:
    """What is wrong with which scene."""
    shown, wrong = Shown(app, *one().views, size=size, text_scale=text_scale), {}
    for name in SCENES:
        for language in languages():
            shown.scene(name, language)
            QTest.qWait(1)
            if found := looking.complaints(shown.window):
                wrong[f"{name} {language}"] = found
    assert shown.window.complaints == ()
    return wrong


@pytest.mark.parametrize("size", SIZES)
def test_every_scene_can_be_read_and_touched(app: App, size: str) -> None:
    assert walked(app, SIZES[size]) == {}


def test_the_looking_sees_what_is_wrong(app: App) -> None:
    shown = Shown(app, *one().views, size=(1280, 800))
    texts = [item for item in looking.items(shown.window.view.contentItem()) if looking.is_text(item)]
    assert len(texts) > 15
    button = shown.find("primary")
    assert button is not None
    button.setProperty("width", 60)
    texts[-1].setProperty("width", 3)
    found = looking.complaints(shown.window)
    assert any("wider than its room" in line for line in found)
    assert any("button 'Start lading' is 60" in line for line in found)


@pytest.mark.parametrize("size", ["1280x800", "800x1280", "480x800"])
def test_text_of_twice_the_size_still_fits_or_scrolls(app: App, size: str) -> None:
    wrong = walked(app, SIZES[size], LARGE)
    cut = {name: [line for line in lines if "button" not in line] for name, lines in wrong.items()}
    assert {name: lines for name, lines in cut.items() if lines} == {}


def test_a_scene_is_drawn_and_not_blank(ready: Shown, tmp_path: Path) -> None:
    QTest.qWait(50)
    ready.window.grab(tmp_path / "ready.png")
    picture = QImage(str(tmp_path / "ready.png"))
    colours = {picture.pixelColor(x, y).name() for x in range(0, 1280, 4) for y in range(0, 800, 4)}
    assert {"#f5f3ee", "#ffffff", "#0b6b4f", "#12211f"} <= colours


@pytest.mark.parametrize("name", SCENES)
def test_every_button_has_a_name_for_a_screen_reader(app: App, name: str) -> None:
    shown = Shown(app, *one().views, size=(800, 480))
    shown.scene(name, "en")
    QAccessible.setActive(True)
    found = list(roles(QAccessible.queryAccessibleInterface(shown.window.view)))
    touchable = (QAccessible.Role.Button, QAccessible.Role.RadioButton, QAccessible.Role.PageTab)
    names = [interface.text(QAccessible.Text.Name) for interface in found if interface.role() in touchable]
    buttons = [item for item in looking.items(shown.window.view.contentItem()) if looking.is_button(item)]
    assert len(names) >= len(buttons) > 0
    assert all(names)


def roles(interface: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    for number in range(interface.childCount()):
        child = interface.child(number)
        if child is not None and not child.state().invisible:
            yield child
            yield from roles(child)


def test_a_mouse_walks_from_price_to_offer(ready: Shown) -> None:
    ready.click("language-en")
    ready.click("primary")
    ready.click("choice1")
    ready.click("primary")
    assert ready.stations.told == [("start", "NO-SND-003", nok(200), "en")]


def test_a_finger_walks_the_same_way(ready: Shown) -> None:
    finger = QTest.createTouchDevice()
    for name in ("language-en", "primary", "terms", "back", "choice0", "primary"):
        touch(ready, finger, name)
    assert ready.stations.told == [("start", "NO-SND-003", nok(100), "en")]


def touch(shown: Shown, finger: QPointingDevice, name: str) -> None:
    place = shown.place(name)
    QTest.touchEvent(shown.window.view, finger).press(0, place).commit()
    QTest.touchEvent(shown.window.view, finger).release(0, place).commit()


def test_a_double_tap_opens_one_page_and_does_not_touch_the_next(ready: Shown) -> None:
    start = ready.place("primary")
    for _ in range(3):
        QTest.mouseClick(ready.window.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    assert ready.model.shown.page == "hold"
    assert ready.stations.told == []


def test_a_double_tap_on_pay_makes_one_offer(ready: Shown) -> None:
    ready.click("primary")
    pay = ready.place("primary")
    for _ in range(3):
        QTest.mouseClick(ready.window.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, pay)
    assert len(ready.stations.told) == 1


def test_the_first_touch_on_a_dimmed_glass_only_wakes_it(ready: Shown) -> None:
    ready.now.go(300)
    ready.model.tick()
    finger = QTest.createTouchDevice()
    place = ready.place("primary")
    for _ in range(2):
        QTest.touchEvent(ready.window.view, finger).press(0, place).commit()
        assert ready.model.shown.page == "ready"
        QTest.touchEvent(ready.window.view, finger).release(0, place).commit()
    assert ready.model.shown.page == "hold"


def test_a_touch_beside_every_button_counts_as_presence(ready: Shown) -> None:
    ready.click("primary")
    ready.now.go(55)
    ready.model.tick()
    assert ready.model.shown.footer.warning
    QTest.mouseClick(ready.window.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, QPoint(600, 95))
    assert not ready.model.shown.footer.warning


def test_stop_is_held_and_not_tapped(app: App) -> None:
    shown = Shown(app, *one(scenes.CHARGING).views, size=(1280, 800))
    shown.click("stop")
    assert shown.model.shown.page == "charging"
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(shown.window.view, left, plain, shown.place("stop"))
    pressed = time.monotonic()
    shown.until(lambda: shown.model.shown.page == "code")
    assert shown.model.shown.page == "code"
    assert time.monotonic() - pressed >= 1.1


def test_the_keypad_types_the_code(app: App) -> None:
    shown = Shown(app, *one(scenes.CHARGING).views, size=(800, 480))
    shown.model.press("stop")
    for digit in "4711":
        shown.click(f"digit{digit}")
    assert shown.stations.told == [("stop", "NO-SND-003", "4711")]


def test_a_locked_keypad_cannot_be_pressed(app: App) -> None:
    shown = Shown(app, *one(scenes.CHARGING, stop_locked_s=30).views, size=(1280, 800))
    shown.model.press("stop")
    shown.place("back")
    assert shown.find("digit4") is None


def test_more_shows_the_second_card_of_a_small_panel(app: App) -> None:
    shown = Shown(app, *one().views, size=(800, 480))
    hidden = text(shown, "Plugg i bilen")
    assert looking.seen(hidden).height() <= 0
    shown.click("more")
    shown.until(lambda: looking.seen(hidden).height() > 0)
    assert looking.seen(hidden).height() > 0


def text(shown: Shown, said: str) -> QQuickItem:
    return next(i for i in looking.items(shown.window.view.contentItem()) if i.property("text") == said)


def test_a_tile_opens_its_station(app: App) -> None:
    shown = Shown(app, *scenes.several(), size=(1280, 800))
    shown.click("tile-NO-SND-002")
    assert shown.model.shown.page == "charging"


def test_closing_ends_the_view_before_its_model(app: App) -> None:
    shown = Shown(app, *one(scenes.CHARGING).views, size=(1280, 800))
    app.close()
    shown.stations.becomes(*one().views)
    shown.model.tick()
    assert shown.window.complaints == ()
