"""A label as dots: for the screen, for label printers, and to prove that it scans before anything is written."""

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QImage, QImageWriter, QPainter

from kiosk.printing.label import HEIGHT_MM, WIDTH_MM, Label, paint_label
from kiosk.printing.symbol import prove_readable

MM_PER_INCH = 25.4


def draw(label: Label, dpi: int) -> QImage:
    """The label in grey at `dpi` dots per inch, proved to scan. Raises LabelError. Needs `screenless.painting_app()`."""
    px_per_mm = dpi / MM_PER_INCH
    image = QImage(round(WIDTH_MM * px_per_mm), round(HEIGHT_MM * px_per_mm), QImage.Format.Format_Grayscale8)
    image.setDotsPerMeterX(round(px_per_mm * 1000))
    image.setDotsPerMeterY(round(px_per_mm * 1000))
    image.fill(Qt.GlobalColor.white)
    painter = QPainter(image)
    try:
        paint_label(painter, label, px_per_mm)
    finally:
        painter.end()
    prove_readable(image, label.payload)
    return image


def label_png(label: Label, dpi: int) -> bytes:
    """The same as a PNG file that knows its size in millimetres."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(draw(label, dpi))
    return bytes(buffer.data().data())
