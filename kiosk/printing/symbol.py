"""The QR symbol of a label: made with error correction Q, painted on whole device pixels, and read back from the picture."""

import qrcode
import zxingcpp
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

CORRECTION = "Q"  # reads with 8 % of it covered by dirt; H would make every module smaller and reads no better
QUIET_MODULES = 4
SIDE_MIN_MM = 40  # a phone at 40 to 60 cm from the post; quiet zone included
MODULE_MIN_MM = 0.5


class LabelError(ValueError):
    """This label cannot be made so that a driver could use it; the message says what would be right."""


def modules(payload: str) -> list[list[bool]]:
    """The square of dark (True) and light modules with its quiet zone."""
    maker = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_Q, border=QUIET_MODULES)
    maker.add_data(payload)
    try:
        maker.make(fit=True)
    except ValueError as error:
        raise LabelError(
            f"The QR target has {len(payload)} characters and fits no QR code. Use a short link."
        ) from error
    return [[bool(cell) for cell in row] for row in maker.get_matrix()]


def paint_symbol(painter: QPainter, payload: str, box_mm: tuple[float, float, float], px_per_mm: float) -> None:
    """Paint into the square box (left, top, side), as large as whole device pixels allow, in its middle."""
    rows = modules(payload)
    left_mm, top_mm, side_mm = box_mm
    module_px = int(side_mm * px_per_mm / len(rows))
    symbol_mm = module_px * len(rows) / px_per_mm
    if symbol_mm < SIDE_MIN_MM or module_px / px_per_mm < MODULE_MIN_MM:
        raise LabelError(
            f"The QR target {payload!r} makes a code of {symbol_mm:.1f} mm with modules of {module_px / px_per_mm:.2f} mm; "
            f"a phone needs {SIDE_MIN_MM} and {MODULE_MIN_MM} mm. Use a shorter link, or print with more dots per inch."
        )
    left_px = round((left_mm + (side_mm - symbol_mm) / 2) * px_per_mm)
    top_px = round((top_mm + (side_mm - symbol_mm) / 2) * px_per_mm)
    painter.save()
    painter.resetTransform()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
    for y, row in enumerate(rows):
        for start, length in dark_runs(row):
            # One rectangle for a whole run: two that only touch show a hairline in some PDF viewers.
            x_px, y_px = left_px + start * module_px, top_px + y * module_px
            painter.fillRect(x_px, y_px, length * module_px, module_px, Qt.GlobalColor.black)
    painter.restore()


def dark_runs(row: list[bool]) -> list[tuple[int, int]]:
    """Start and length of each run of dark modules."""
    edges = [x for x in range(len(row) + 1) if (x > 0 and row[x - 1]) != (x < len(row) and row[x])]
    return [(start, end - start) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def prove_readable(image: QImage, payload: str) -> None:
    """Raise LabelError unless a scanner finds exactly this payload, dark on light, in the finished picture."""
    found = zxingcpp.read_barcodes(image, formats=zxingcpp.barcode_formats_from_str("QRCode"), try_invert=False)
    read = [(code.text, code.ec_level) for code in found]
    if read != [(payload, CORRECTION)]:
        raise LabelError(
            f"The finished label does not scan as {payload!r} but as {read or 'nothing'}. It was not written; "
            "print with more dots per inch, or report the target that did this."
        )
