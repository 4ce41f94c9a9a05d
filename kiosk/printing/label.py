"""One layout for the label on a post, in millimetres: the code at the left, the post's number and how to pay at the right."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPen

from kiosk.printing.screenless import FAMILY, load_letters
from kiosk.printing.symbol import LabelError, paint_symbol

WIDTH_MM, HEIGHT_MM = 90, 50
CODE_MM = (2.2, 2.2, 45.6)
COLUMN_MM = (51.0, 86.0)
TOP_MM, BOTTOM_MM = 4.2, 45.9

# Letters are set in hundredths of a millimetre, because Qt takes font sizes in whole units only.
UNITS_PER_MM = 100
SMALLEST_MM = 1.6
NUMBER_MM, NUMBER_MIN_MM = 22, 9
WRAPPED = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft


@dataclass(frozen=True)
class Label:
    """Finished texts, from top to bottom, and `payload`, which the QR code says."""

    payload: str
    word: str
    number: str
    call: str
    how_to_pay: tuple[str, ...]
    address: str
    phone: str
    caution: str
    imprint: str


def paint_label(painter: QPainter, label: Label, px_per_mm: float) -> None:
    """Paint black on white. Raises LabelError where a text or the code could not be read at this size."""
    load_letters()
    painter.resetTransform()
    painter.scale(px_per_mm / UNITS_PER_MM, px_per_mm / UNITS_PER_MM)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(Qt.GlobalColor.black, 0.5 * UNITS_PER_MM))
    painter.drawRoundedRect(_area(0.75, 0.75, WIDTH_MM - 0.75, HEIGHT_MM - 0.75), 3 * UNITS_PER_MM, 3 * UNITS_PER_MM)
    small_top_mm = _paint_small_print(painter, label)
    words_top_mm = _paint_how_to_pay(painter, label, small_top_mm - 2.2)
    _paint_post(painter, label, words_top_mm - 1.8)
    paint_symbol(painter, label.payload, CODE_MM, px_per_mm)


def _paint_small_print(painter: QPainter, label: Label) -> float:
    """What helps when the code does not: address, phone, warning, imprint. Returns where it begins."""
    reach = _fitting(f"{label.address} · {label.phone}", 2.6, QFont.Weight.Bold)
    phone = QFont(reach)
    phone.setWeight(QFont.Weight.Medium)
    reach_mm = BOTTOM_MM - 6.4
    _paint_line(painter, [(label.address, reach), (f" · {label.phone}", phone)], reach_mm)
    for text, baseline_mm in ((label.caution, BOTTOM_MM - 3.1), (label.imprint, BOTTOM_MM)):
        _paint_line(painter, [(text, _fitting(text, 2.2))], baseline_mm)
    return reach_mm - _cap_mm(reach)


def _paint_how_to_pay(painter: QPainter, label: Label, bottom_mm: float) -> float:
    """The call and its lines, broken between words, ending at `bottom_mm`. Returns where they begin."""
    texts = [(label.call, _font(3.1, QFont.Weight.Bold)), *((line, _font(2.7)) for line in label.how_to_pay)]
    heights_mm = [_height_mm(text, font) for text, font in texts]
    top_mm = begin_mm = bottom_mm - sum(heights_mm)
    for (text, font), height_mm in zip(texts, heights_mm, strict=True):
        painter.setFont(font)
        painter.drawText(_area(COLUMN_MM[0], top_mm, COLUMN_MM[1], top_mm + height_mm), WRAPPED, text)
        top_mm += height_mm
    return begin_mm


def _paint_post(painter: QPainter, label: Label, bottom_mm: float) -> None:
    """The word, and below it the number as large as the room that the other texts leave."""
    word = _fitting(label.word, 3.8, QFont.Weight.Bold)
    word_mm = TOP_MM + _cap_mm(word)
    room_mm = bottom_mm - word_mm - 2.2
    size_mm = min(NUMBER_MM, room_mm / _cap_mm(_font(1, QFont.Weight.Bold)))
    if size_mm < NUMBER_MIN_MM:
        raise LabelError(
            f"How to pay leaves no room for the number of post {label.number}. Use fewer or shorter lines."
        )
    number = _fitting(label.number, size_mm, QFont.Weight.Bold)
    _paint_line(painter, [(label.word, word)], word_mm)
    _paint_line(painter, [(label.number, number)], word_mm + 2.2 + _cap_mm(number))


def _paint_line(painter: QPainter, pieces: list[tuple[str, QFont]], baseline_mm: float) -> None:
    x = COLUMN_MM[0] * UNITS_PER_MM
    for text, font in pieces:
        painter.setFont(font)
        painter.drawText(QPointF(x, baseline_mm * UNITS_PER_MM), text)
        x += QFontMetricsF(font).horizontalAdvance(text)


def _fitting(text: str, size_mm: float, weight: QFont.Weight = QFont.Weight.Medium) -> QFont:
    """Letters of at most `size_mm` in which `text` stands on one line of the column."""
    width = QFontMetricsF(_font(size_mm, weight)).horizontalAdvance(text)
    fit_mm = size_mm * min(1, (COLUMN_MM[1] - COLUMN_MM[0]) * UNITS_PER_MM / max(width, 1))
    if fit_mm < SMALLEST_MM:
        raise LabelError(f"{text!r} is too long for one line of the label. Use fewer words.")
    return _font(fit_mm, weight)


def _font(size_mm: float, weight: QFont.Weight = QFont.Weight.Medium) -> QFont:
    font = QFont(FAMILY)
    font.setPixelSize(int(size_mm * UNITS_PER_MM))
    font.setWeight(weight)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def _cap_mm(font: QFont) -> float:
    return QFontMetricsF(font).capHeight() / UNITS_PER_MM


def _height_mm(text: str, font: QFont) -> float:
    column = _area(COLUMN_MM[0], 0, COLUMN_MM[1], HEIGHT_MM)
    broken = QFontMetricsF(font).boundingRect(column, WRAPPED, text)
    if broken.width() > column.width():
        raise LabelError(f"{text!r} has a word that is too long for the label. Use shorter words.")
    return broken.height() / UNITS_PER_MM


def _area(left_mm: float, top_mm: float, right_mm: float, bottom_mm: float) -> QRectF:
    corners = [value * UNITS_PER_MM for value in (left_mm, top_mm, right_mm - left_mm, bottom_mm - top_mm)]
    return QRectF(*corners)
