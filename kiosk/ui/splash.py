"""The first frame: shown before the rest of the program is even loaded, so that a driver sees that the glass lives."""

import builtins
import os
import sys
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, Qt, QtMsgType, QUrl, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication
from PySide6.QtQuick import QQuickView

from kiosk.domain.fault import Fault

QML = Path(__file__).parent / "controls" / "Splash.qml"
NO_SCREEN = (
    "There is no screen to open a window on (DISPLAY, WAYLAND_DISPLAY or QT_QPA_PLATFORM names none that answers). "
)
INSTEAD = "Start it in a desktop or kiosk session, or with --headless."
FAULT = 3  # as kiosk/cli/exits.py has it; Qt aborts the process behind everybody's back, so it is said here


def open_screen() -> QGuiApplication:
    """The Qt application of the program, one for all. Without a screen the process ends here with one sentence."""
    os.environ.setdefault("QT_QUICK_BACKEND", "software")
    running = QGuiApplication.instance()
    if isinstance(running, QGuiApplication):
        return running
    if running is not None:
        raise TypeError("A program without a screen has been started already; a surface needs QGuiApplication.")
    said: list[str] = []

    def hear(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind is QtMsgType.QtFatalMsg:
            print(f"{NO_SCREEN}{INSTEAD}\n({Fault.SCREEN_AWAY})", file=sys.stderr, flush=True)
            os._exit(FAULT)
        said.append(text)

    before = qInstallMessageHandler(hear)
    gui = QGuiApplication(["kiosk"])
    qInstallMessageHandler(before)
    for text in said:
        print(text, file=sys.stderr)
    return gui


class Splash:
    """Stands until the real window is there. `size` None is full screen. Makes the Qt application of the program."""

    def __init__(self, size: tuple[int, int] | None) -> None:
        # PySide6 reads the source of every module that is imported after it, and keeps it: for `from __feature__ import`,
        # which nobody here uses, 10 MB of every station and a third of the time it takes to load.
        builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
        self.gui = open_screen()
        self.view = QQuickView()
        self.view.setResizeMode(QQuickView.ResizeMode.SizeRootObjectToView)
        self.view.setSource(QUrl.fromLocalFile(str(QML)))
        if size is None:
            self.view.setCursor(Qt.CursorShape.BlankCursor)
            self.view.showFullScreen()
        else:
            self.view.resize(*size)
            self.view.show()
        self.gui.processEvents()

    def close(self) -> None:
        self.view.close()
        self.view.deleteLater()
