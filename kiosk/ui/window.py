"""One window of a surface: the model, the QML that shows it, and their end in the right order."""

from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, QEvent, QUrl
from PySide6.QtQml import QQmlApplicationEngine
from PySide6.QtQuick import QQuickWindow

from kiosk.ui.drawing import Icons


class Model(Protocol):
    """What every surface's model can do beside its own work."""

    @property
    def scene(self) -> str:
        """A short name of what is shown now; the same scene has the same name."""

    def rest(self) -> None:
        """Stop ticking and hear nothing more: the window is about to go."""


class Window:
    """`properties` are handed to the QML's root, among them the model. Raises RuntimeError for QML that cannot be shown."""

    def __init__(self, qml: Path, model: Model, properties: dict[str, Any], *, size: tuple[int, int] | None) -> None:
        self._model = model
        self._said: list[str] = []
        self._engine = QQmlApplicationEngine()
        self._engine.warnings.connect(self._hear)
        self._engine.addImageProvider("icon", Icons())
        self._engine.setInitialProperties(properties)
        self._engine.load(QUrl.fromLocalFile(str(qml)))
        roots = self._engine.rootObjects()
        if not roots or not isinstance(roots[0], QQuickWindow):
            raise RuntimeError(f"{qml} cannot be shown: {'; '.join(self._said) or 'its root is no window'}.")
        # Kept: asked for again, Qt hands out a wrapper that dies with the temporary list.
        self.view: QQuickWindow = roots[0]
        if size is None:
            self.view.showFullScreen()
        else:
            self.view.resize(*size)
            self.view.show()

    @property
    def scene(self) -> str:
        return self._model.scene

    @property
    def complaints(self) -> tuple[str, ...]:
        """What QML has warned of since the window was opened."""
        return tuple(self._said)

    def grab(self, path: Path) -> None:
        """A picture of what is shown now."""
        if not self.view.grabWindow().save(str(path)):
            raise OSError(f"The picture could not be written to {path}; its folder must exist and be writable.")

    def close(self) -> None:
        """The view goes before its model, so that no binding ever asks a dead model."""
        self._model.rest()
        self.view.close()
        self._engine.deleteLater()
        QCoreApplication.sendPostedEvents(self._engine, QEvent.Type.DeferredDelete)

    def _hear(self, warnings: list[Any]) -> None:
        self._said += [warning.toString() for warning in warnings]
