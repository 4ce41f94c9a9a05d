"""What one would write for an empty window; it says when its first frame is on the glass (monotonic seconds)."""

import os
import sys
import time

from PySide6.QtGui import QGuiApplication
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

os.environ.setdefault("QT_QUICK_BACKEND", "software")
QML = "import QtQuick\nWindow { width: %s; height: %s; visible: true }"

if __name__ == "__main__":
    gui = QGuiApplication([])
    engine = QQmlApplicationEngine()
    engine.loadData((QML % tuple(sys.argv[1:])).encode())
    window = engine.rootObjects()[0]
    assert isinstance(window, QQuickWindow)
    window.frameSwapped.connect(lambda: print("first", time.monotonic(), flush=True))
    window.update()  # as for the station: the first frame may have come before anybody listened
    gui.exec()
