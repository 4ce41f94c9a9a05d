"""The station's glass in Qt: swaps first, emits second. Its slots change the memory of the glass or tell the station."""

from collections.abc import Callable
from dataclasses import asdict, fields, replace
from typing import Any

from PySide6.QtCore import Property, QObject, QTimer, Signal, SignalInstance, Slot

from kiosk.domain.energy import Instant
from kiosk.domain.events import Act
from kiosk.domain.view import Stations, StationView, StopAnswer
from kiosk.ui.station.glass import Glass, Message, Place, Tongue, chosen_hold, gone_s, shown
from kiosk.ui.station.parts import Page, StationProps
from kiosk.ui.station.props import derive
from kiosk.ui.station.touch import (
    DIGITS,
    PRESSES,
    SENT_S,
    again,
    follow,
    forget,
    go_back,
    idle,
    moment,
    state_name,
    typed,
)
from kiosk.words.catalogue import languages, open_words

TICK_MS = 1000
DIM_S = 300
WHO = "driver"


MAP: Any = "QVariantMap"  # Qt's name of the type; a Python dict would arrive in QML as an opaque object


def _part(name: str, notify: Signal) -> Property:
    return Property(MAP, lambda model: model.part(name), notify=notify)


class StationModel(QObject):
    """`station_id` binds the glass to one station; None shows all as tiles. `language` is every driver's first.

    `hand` is the clock of fingers and eyes, another than `now` only where business time runs fast.
    """

    page_changed = Signal()
    scene_changed = Signal()
    header_changed = Signal()
    footer_changed = Signal()
    pill_changed = Signal()
    dimmed_changed = Signal()
    wake_changed = Signal()
    chosen_changed = Signal()
    tiles_changed = Signal()
    ready_changed = Signal()
    hold_changed = Signal()
    terms_changed = Signal()
    pay_changed = Signal()
    charging_changed = Signal()
    code_changed = Signal()
    summary_changed = Signal()
    notice_changed = Signal()

    page = Property(str, lambda model: model.shown.page.value, notify=page_changed)
    forward = Property(bool, lambda model: model.is_forward, notify=page_changed)
    dimmed = Property(bool, lambda model: model.shown.dimmed, notify=dimmed_changed)
    wake_text = Property(str, lambda model: model.shown.wake, notify=wake_changed)
    chosen = Property(int, lambda model: model.shown.chosen, notify=chosen_changed)
    header = _part("header", header_changed)
    footer = _part("footer", footer_changed)
    pill = _part("pill", pill_changed)
    tiles = _part("tiles", tiles_changed)
    ready = _part("ready", ready_changed)
    hold = _part("hold", hold_changed)
    terms = _part("terms", terms_changed)
    pay = _part("pay", pay_changed)
    charging = _part("charging", charging_changed)
    code = _part("code", code_changed)
    summary = _part("summary", summary_changed)
    notice = _part("notice", notice_changed)

    def __init__(
        self,
        stations: Stations,
        *,
        now: Callable[[], Instant],
        hand: Callable[[], Instant] | None = None,
        station_id: str | None = None,
        language: str = "nb",
        zone: str = "Europe/Oslo",
        dim_s: int = DIM_S,
    ) -> None:
        super().__init__()
        self._stations, self._now, self._only = stations, now, station_id
        self._hand = hand or now
        self._zone, self._dim_s = zone, dim_s
        self._touched_at = self._sent_at = self._hand()
        codes = sorted(languages(), key=lambda code: code != language)
        self._glass = Glass(codes[0], tuple(Tongue(code, open_words(code, zone).own_name) for code in codes))
        self._maps: dict[str, Any] = {}
        self._resting = False
        self.is_forward = True
        self.shown = self._derived()
        self._scene = self._seen()
        stations.on_change(self._changed)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)
        self._timer.start(TICK_MS)

    @property
    def scene(self) -> str:
        shown = (self.shown.page.value, moment(self._view(), self._glass), self._glass.language)
        return "-".join(dict.fromkeys(part for part in shown if part))

    def rest(self) -> None:
        """No ticking and no listening any more: the station goes on, and the window goes."""
        self._timer.stop()
        self._resting = True

    def part(self, name: str) -> Any:
        """One part of what is shown as plain lists and maps, made once after each change."""
        if name not in self._maps:
            self._maps[name] = _plain(asdict(getattr(self.shown, name)))
        return self._maps[name]

    @Slot()
    def tick(self) -> None:
        """Once a second: countdowns, the clock, and what happens to a glass that nobody touches."""
        idle_s = gone_s(self._touched_at, self._hand())
        end = idle(self._view(), self._glass, several=len(self._views()) > 1)
        closes_s = None if end is None else max(0, end.after_s - idle_s)
        glass = replace(self._glass, closes_s=closes_s, dimmed=idle_s >= self._dim_s)
        if glass.sent and gone_s(self._sent_at, self._hand()) >= SENT_S:
            glass = replace(glass, sent="", sent_in="")
        if end is None or closes_s:
            self._show(glass)
        elif end.leave:
            self._leave()
        else:
            self._show(go_back(glass) if glass.place is Place.CODE else forget(glass))

    @Slot()
    def touched(self) -> None:
        self._touched_at = self._hand()
        if self._glass.closes_s is not None:
            self.tick()

    @Slot()
    def wake(self) -> None:
        """The first touch on a dimmed glass does nothing else."""
        self._touched_at = self._hand()
        self._show(replace(self._glass, dimmed=False))

    @Slot(str)
    def speak(self, language: str) -> None:
        if self._may_act():
            self._show(replace(self._glass, language=language))

    @Slot(str)
    def visit(self, station_id: str) -> None:
        if self._may_act():
            self._show(replace(self._glass, station=station_id))

    @Slot(int)
    def choose(self, index: int) -> None:
        if self._may_act():
            self._show(replace(self._glass, chosen=index))

    @Slot(str)
    def enter(self, digit: str) -> None:
        """A digit of the stop code; the fourth one tries it."""
        view = self._view()
        if view is None or self.shown.page is not Page.CODE or self.shown.code.locked or not self._may_act():
            return
        self._show(typed(self._glass, digit))
        if len(self._glass.digits) == DIGITS:
            self._try_code(view)

    @Slot()
    def erase(self) -> None:
        if self._may_act():
            self._show(replace(self._glass, digits=self._glass.digits[:-1], message=Message.NONE))

    @Slot(str)
    def press(self, intent: str) -> None:
        """One of the buttons that the props name. A press whose effect is still to come is not repeated."""
        view = self._view()
        if not self._may_act() or view is None or not self._offers(intent):
            return
        match intent:
            case "begin":
                self._show(replace(self._glass, place=Place.HOLD))
            case "terms":
                self._show(replace(self._glass, place=Place.TERMS))
            case "back":
                self._show(go_back(self._glass))
            case "home":
                self._show(replace(go_back(self._glass), station="", place=Place.HOME))
            case "pay":
                self._start(view)
            case "stop":
                self._stop(view)
            case "leave":
                self._leave()
            case "again":
                self._leave(again)
            case _:
                self._press(view, intent, PRESSES[intent])

    def _start(self, view: StationView) -> None:
        hold, language = view.info.holds[chosen_hold(view, self._glass)], self._glass.language
        self._send("pay", view)
        self._stations.start(view.info.id, hold, language)

    def _stop(self, view: StationView) -> None:
        if view.info.asks_stop_code:
            self._show(replace(self._glass, place=Place.CODE, digits="", message=Message.NONE))
        else:
            self._press(view, "stop", Act.STOP)

    def _press(self, view: StationView, intent: str, act: Act) -> None:
        self._send(intent, view)
        self._stations.press(view.info.id, act, WHO)

    def _try_code(self, view: StationView) -> None:
        answer = self._stations.stop(view.info.id, self._glass.digits)
        if answer is StopAnswer.STOPPED:
            self._show(go_back(self._glass))
        else:
            message = Message.WRONG if answer is StopAnswer.WRONG else Message.LOCKED
            self._show(replace(self._glass, digits="", message=message))

    def _leave(self, left: Callable[[Glass], Glass] = forget) -> None:
        view = self._view()
        self._show(left(self._glass))
        if view is not None:
            self._stations.leave(view.info.id)

    def _send(self, intent: str, view: StationView) -> None:
        """Remembered before it is sent: the station may answer within the call."""
        self._sent_at = self._hand()
        self._show(replace(self._glass, sent=intent, sent_in=state_name(view)))

    def _may_act(self) -> bool:
        """Every intent is a touch. None counts on a sleeping glass, or while another is under way."""
        self._touched_at = self._hand()
        return not self._glass.dimmed and not self._glass.sent

    def _offers(self, intent: str) -> bool:
        """Whether the page on the glass has a button of this intent."""
        buttons = self.part(self.shown.page).values()
        return any(isinstance(button, dict) and button.get("intent") == intent for button in buttons)

    def _changed(self, _station_id: str) -> None:
        if not self._resting:
            self._show(follow(self._glass, self._view()))

    def _views(self) -> tuple[StationView, ...]:
        return tuple(view for view in self._stations.views() if self._only in (None, view.info.id))

    def _view(self) -> StationView | None:
        return shown(self._views(), self._glass)

    def _derived(self) -> StationProps:
        return derive(self._views(), self._glass, open_words(self._glass.language, self._zone), self._now())

    def _seen(self) -> tuple[Page, str]:
        return self.shown.page, state_name(self._view())

    def _show(self, glass: Glass) -> None:
        """Swap everything, then say what is new. A new scene wakes the glass and starts its idle time afresh."""
        self._glass, before = glass, self.shown
        self.shown = self._derived()
        turned = self._seen() != self._scene
        if turned:
            self._scene = self._seen()
            self._touched_at = self._hand()
            self._glass = replace(glass, dimmed=False, closes_s=None)
            self.shown = self._derived()
        pages = list(Page)
        self.is_forward = pages.index(self.shown.page) >= pages.index(before.page)
        changed = [f.name for f in fields(StationProps) if getattr(before, f.name) != getattr(self.shown, f.name)]
        self._maps = {name: part for name, part in self._maps.items() if name not in changed}
        for name in changed:
            signal: SignalInstance = getattr(self, f"{name}_changed")
            signal.emit()
        if turned:
            self.scene_changed.emit()


def _plain(value: Any) -> Any:
    """Tuples as lists, which is what QML repeats over."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, tuple) else value
