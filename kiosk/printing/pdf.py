"""A label as a one-page PDF in its true size, with letters as letters, for a print shop or any printer."""

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QSizeF
from PySide6.QtGui import QPageSize, QPainter, QPdfWriter

from kiosk.printing.label import HEIGHT_MM, WIDTH_MM, Label, paint_label
from kiosk.printing.raster import MM_PER_INCH, draw

DPI = 1200
PROOF_DPI = 300


def label_pdf(label: Label) -> bytes:
    """The PDF file. Raises LabelError where the same layout, drawn as dots, does not scan."""
    draw(label, PROOF_DPI)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(DPI)
    writer.setPageSize(QPageSize(QSizeF(WIDTH_MM, HEIGHT_MM), QPageSize.Unit.Millimeter))
    writer.setPageMargins(QMarginsF(0, 0, 0, 0))
    writer.setTitle(f"{label.word} {label.number}")
    painter = QPainter(writer)
    try:
        paint_label(painter, label, DPI / MM_PER_INCH)
    finally:
        painter.end()
    return bytes(buffer.data().data())
