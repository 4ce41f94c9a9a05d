"""The first frame: shown before the rest of the program is even loaded, so that a driver sees that the glass lives."""

import builtins
import os
from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtQuick import QQuickView

QML = Path(__file__).parent / "controls" / "Splash.qml"


class Splash:
    """Stands until the real window is there. `size` None is full screen. Makes the Qt application of the program."""

    def __init__(self, size: tuple[int, int] | None) -> None:
        os.environ.setdefault("QT_QUICK_BACKEND", "software")
        # PySide6 reads the source of every module that is imported after it, and keeps it: for `from __feature__ import`,
        # which nobody here uses, 10 MB of every station and a third of the time it takes to load.
        builtins.__import__ = getattr(builtins, "__orig_import__", builtins.__import__)
        self.gui = QGuiApplication.instance() or QGuiApplication(["kiosk"])
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
