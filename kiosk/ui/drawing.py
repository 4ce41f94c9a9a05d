"""What QML cannot find by itself: the family of the house, and the icons in the colour of the text beside them."""

from importlib.util import find_spec
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QSize
from PySide6.QtGui import QFontDatabase, QImage, QImageReader
from PySide6.QtQuick import QQuickImageProvider

from kiosk import RESOURCES

ICONS = RESOURCES / "icons"
WEIGHTS = ("Regular", "Bold")


def load_fonts() -> None:
    """Hanken Grotesk: regular for text, bold for what must be seen first. All its figures are one width."""
    package = find_spec("font_hanken_grotesk")
    if package is None or package.origin is None:
        raise FileNotFoundError("The package font-hanken-grotesk is missing; install it beside this program.")
    folder = Path(package.origin).parent / "files"
    for weight in WEIGHTS:
        file = folder / f"HankenGrotesk-{weight}.otf"
        if QFontDatabase.addApplicationFont(str(file)) < 0:
            raise FileNotFoundError(f"{file} is no font; install font-hanken-grotesk again.")


class Icons(QQuickImageProvider):
    """`image://icon/<name>/<rrggbb>`: a drawing of resources/icons, its strokes in that colour."""

    def __init__(self) -> None:
        super().__init__(QQuickImageProvider.ImageType.Image)

    def requestImage(self, id: str, size: QSize, requestedSize: QSize) -> QImage:  # noqa: A002, N802, N803
        name, colour = id.split("/")
        drawing = (ICONS / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", f"#{colour}")
        buffer = QBuffer()
        buffer.setData(QByteArray(drawing.encode()))
        buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        reader = QImageReader(buffer, QByteArray(b"svg"))
        reader.setScaledSize(requestedSize if requestedSize.isValid() else QSize(24, 24))
        image = reader.read()
        size.setWidth(image.width())
        size.setHeight(image.height())
        return image
