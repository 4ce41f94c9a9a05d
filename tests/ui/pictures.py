"""Draws every scene of the glass: `python -m tests.ui.pictures FOLDER [SCENE...] [--sizes ...] [--languages ...]`."""

import argparse
import os
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_QUICK_BACKEND", "software")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtGui import QGuiApplication

from kiosk.ui.app import STATION_QML, App
from kiosk.ui.station.model import StationModel
from kiosk.ui.window import Window
from tests.ui.scenes import SCENES, FakeNow, FakeStations

SIZES = {
    "1280x800": (1280, 800),
    "1024x600": (1024, 600),
    "800x480": (800, 480),
    "800x1280": (800, 1280),
    "480x800": (480, 800),
}


def open_scene(
    app: App,
    name: str,
    *,
    size: tuple[int, int],
    language: str = "nb",
    night: bool = False,
    text_scale: float = 1.0,
) -> tuple[Window, StationModel]:
    """A window that shows the scene, standing still."""
    scene = SCENES[name]()
    model = StationModel(FakeStations(scene.views), now=FakeNow())
    model._timer.stop()
    model._show(replace(scene.glass, language=language))
    model._show(replace(scene.glass, language=language))  # a new scene wakes the glass; this one sleeps if it should
    shown = {"station": model, "night": night, "textScale": text_scale, "motion": False}
    return app.open(STATION_QML, model, shown, size=size), model


def draw(
    app: App, folder: Path, name: str, label: str, size: tuple[int, int], language: str, options: argparse.Namespace
) -> None:
    window, _model = open_scene(app, name, size=size, language=language, night=options.night, text_scale=options.text)
    breathe()
    window.grab(folder / f"{name}-{language}-{label}.png")
    for complaint in window.complaints:
        print(f"{name} {label} {language}: {complaint}")
    app.close()


def breathe(milliseconds: int = 30) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", nargs="*")
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--languages", default="nb,en")
    parser.add_argument("--night", action="store_true")
    parser.add_argument("--text", type=float, default=1.0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    _gui = QGuiApplication([])
    app = App()
    for name in options.scenes or SCENES:
        for label in options.sizes.split(","):
            for language in options.languages.split(","):
                draw(app, options.folder, name, label, SIZES[label], language, options)


if __name__ == "__main__":
    main()
