"""A finger on the glass, for the demo and the tests: it touches what is really shown, and only that."""

import asyncio
from collections.abc import Iterator

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QInputDevice, QMouseEvent, QPointingDevice
from PySide6.QtQuick import QQuickItem

from kiosk.ui.window import Window

LOOK_S = 0.02


class Finger:
    """One finger on one window. Each is a pointing device of its own: two that share one let go of each other's buttons."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self._device = QPointingDevice(
            "finger",
            id(self),
            QInputDevice.DeviceType.Mouse,
            QPointingDevice.PointerType.Generic,
            QInputDevice.Capability.Position,
            1,
            1,
        )

    async def tap(self, name: str, *, hold_s: float = 0.05, patience_s: float = 20.0) -> None:
        """Wait until something called `name` can be touched, press it for `hold_s`, let go. Raises TimeoutError if it never is."""
        async with asyncio.timeout(patience_s):
            while (item := self.find(name)) is None:
                await asyncio.sleep(LOOK_S)
        centre = item.mapToScene(QPointF(item.width() / 2, item.height() / 2))
        self._touch(QEvent.Type.MouseButtonPress, centre)
        await asyncio.sleep(hold_s)
        self._touch(QEvent.Type.MouseButtonRelease, centre)

    def find(self, name: str) -> QQuickItem | None:
        """What stands on the glass under `name`, visible, enabled and inside the window."""
        view = self._window.view
        for item in _below(view.contentItem()):
            if item.objectName() == name and item.isVisible() and item.isEnabled() and item.opacity() > 0:
                centre = item.mapToScene(QPointF(item.width() / 2, item.height() / 2))
                if 0 <= centre.x() < view.width() and 0 <= centre.y() < view.height():
                    return item
        return None

    def _touch(self, kind: QEvent.Type, at: QPointF) -> None:
        """Delivered at once: a nested event loop inside a coroutine would hang the program."""
        view, button, none = self._window.view, Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        down = button if kind is QEvent.Type.MouseButtonPress else none
        place = QPointF(view.mapToGlobal(at))
        event = QMouseEvent(kind, at, at, place, button, down, Qt.KeyboardModifier.NoModifier, self._device)
        QCoreApplication.sendEvent(view, event)


def _below(item: QQuickItem) -> Iterator[QQuickItem]:
    for child in item.childItems():
        yield child
        yield from _below(child)
