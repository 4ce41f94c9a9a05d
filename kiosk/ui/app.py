"""Qt, the loop and the windows: opened in order, closed in reverse. The program's own work is one coroutine."""

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication

from kiosk.domain.energy import Instant
from kiosk.domain.view import Stations
from kiosk.flow.tasks import Ending, Told
from kiosk.ui.drawing import load_fonts
from kiosk.ui.splash import open_screen
from kiosk.ui.station.model import StationModel
from kiosk.ui.window import Model, Window

STATION_QML = Path(__file__).parent / "station" / "Station.qml"


class App:
    """The windows of one program. One of these is handed to the coroutine that `run` drives."""

    def __init__(self) -> None:
        self._windows: list[Window] = []
        self.closing = False
        load_fonts()
        QGuiApplication.setFont(QFont("Hanken Grotesk"))

    def open_station(
        self,
        stations: Stations,
        *,
        now: Callable[[], Instant],
        hand: Callable[[], Instant] | None = None,
        station_id: str | None = None,
        size: tuple[int, int] | None = (1280, 800),
        language: str = "nb",
        zone: str = "Europe/Oslo",
        night: bool = False,
        text_scale: float = 1.0,
        motion: bool = True,
    ) -> Window:
        """The driver's glass for one station, or for all. `size` None is full screen without a pointer."""
        model = StationModel(stations, now=now, hand=hand, station_id=station_id, language=language, zone=zone)
        shown = {"station": model, "night": night, "textScale": text_scale, "motion": motion}
        return self.open(STATION_QML, model, shown, size=size)

    def open(self, qml: Path, model: Model, properties: dict[str, Any], *, size: tuple[int, int] | None) -> Window:
        """Any surface: its QML, its model, and what the QML's root is handed."""
        if size is None:
            QGuiApplication.setOverrideCursor(Qt.CursorShape.BlankCursor)
        window = Window(qml, model, properties, size=size)
        self._windows.append(window)
        return window

    def close(self) -> None:
        self.closing = True
        while self._windows:
            self._windows.pop().close()


def run(main: Callable[[App], Coroutine[Any, Any, int]]) -> int:
    """Drive `main` until it returns its exit code. SIGTERM, SIGINT and closing the last window cancel it: exit code 0."""
    gui = open_screen()
    # Qt must never end the loop by itself: work that is under way is awaited first.
    gui.setQuitOnLastWindowClosed(False)
    app, loop = App(), _loop_maker()
    # All that is loaded by now stays: else a full collection walks through it, 40 ms in the middle of a touch.
    gc.freeze()
    with asyncio.Runner(loop_factory=lambda: loop(gui)) as runner:
        return runner.run(_live(main, app, gui))


def _loop_maker() -> Callable[[QGuiApplication], asyncio.AbstractEventLoop]:
    """qasync wants nothing of QtWidgets but the name QApplication, and would load 4 MB of it for that."""
    widgets, nothing = "PySide6.QtWidgets", SimpleNamespace(QApplication=QGuiApplication)
    sys.modules.setdefault(widgets, nothing)  # type: ignore[arg-type]
    import qasync  # type: ignore[import-untyped]

    if sys.modules[widgets] is nothing:  # type: ignore[comparison-overlap]
        del sys.modules[widgets]
    maker: Callable[[QGuiApplication], asyncio.AbstractEventLoop] = qasync.QEventLoop
    return maker


async def _live(main: Callable[[App], Coroutine[Any, Any, int]], app: App, gui: QGuiApplication) -> int:
    ending = Ending()

    def end_unless_closing() -> None:
        if not app.closing:
            ending.now()

    gui.lastWindowClosed.connect(end_unless_closing)
    try:
        return await ending.of(main(app))
    except Told:
        return 0
    finally:
        gui.lastWindowClosed.disconnect(end_unless_closing)
        app.close()
