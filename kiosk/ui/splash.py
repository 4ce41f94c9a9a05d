"""The first frame: shown before the rest of the program is even loaded, so that a driver sees that the glass lives."""

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
