"""Reads a rendered glass item by item: what is cut, what lies on what, what is too small for a finger."""

from collections.abc import Iterator
from itertools import combinations

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtQml import QQmlEngine, QQmlExpression
from PySide6.QtQuick import QQuickItem

from kiosk.ui.window import Window

TARGET_PX = 104
SLACK_PX = 2.0
# Above and below its letters a line has this share of its size that no letter of the family fills.
BARE = 0.08


def items(root: QQuickItem) -> Iterator[QQuickItem]:
    """Everything below `root` that can be seen."""
    for child in root.childItems():
        if child.isVisible() and child.opacity() > 0:
            yield child
            yield from items(child)


def box(item: QQuickItem) -> QRectF:
    return QRectF(item.mapToScene(QPointF(0, 0)), item.mapToScene(QPointF(item.width(), item.height())))


def kind(item: QQuickItem) -> str:
    return item.metaObject().className()


def is_text(item: QQuickItem) -> bool:
    return item.inherits("QQuickText") and bool(item.property("text"))


def is_button(item: QQuickItem) -> bool:
    return item.inherits("QQuickAbstractButton")


def ancestors(item: QQuickItem) -> Iterator[QQuickItem]:
    parent = item.parentItem()
    while parent is not None:
        yield parent
        parent = parent.parentItem()


def viewport(item: QQuickItem) -> QQuickItem | None:
    """The list that `item` scrolls in, if any."""
    return next((each for each in ancestors(item) if each.inherits("QQuickFlickable")), None)


def seen(item: QQuickItem) -> QRectF:
    """The part of `item` that its list shows."""
    view = viewport(item)
    return box(item) if view is None else box(item).intersected(box(view))


def alignment(item: QQuickItem) -> int:
    """Asked of QML, since PySide cannot convert the enum: 1 left, 2 right, 4 centre."""
    expression = QQmlExpression(QQmlEngine.contextForObject(item), item, "effectiveHorizontalAlignment")
    answer = expression.evaluate()
    return int(answer[0] if isinstance(answer, tuple) else answer)


def painted(item: QQuickItem) -> QRectF:
    """Where the letters of a text are, which may be less than the room it has."""
    whole, width = box(item), float(item.property("contentWidth"))
    spare = whole.width() - width
    left = whole.left() + {2: spare, 4: spare / 2}.get(alignment(item), 0.0)
    bare = float(item.property("size")) * BARE
    letters = QRectF(left, whole.top() + bare, width, whole.height() - 2 * bare)
    view = viewport(item)
    return letters if view is None else letters.intersected(box(view))


def complaints(window: Window) -> list[str]:
    """Every sentence about something that a person could not read or touch."""
    everything = list(items(window.view.contentItem()))
    texts = [item for item in everything if is_text(item)]
    buttons = [item for item in everything if is_button(item)]
    return [
        *_cut(texts, window),
        *_lying_on_each_other(texts),
        *_small(buttons, window),
        *_buttons_on_each_other(buttons),
        *_outgrown(everything),
    ]


def _cut(texts: list[QQuickItem], window: Window) -> Iterator[str]:
    for item in texts:
        said = f"{item.property('text')!r}"
        if item.property("truncated") or item.property("contentWidth") > item.width() + SLACK_PX:
            yield f"{said} is wider than its room"
        if item.property("contentHeight") > item.height() + SLACK_PX:
            yield f"{said} is higher than its room"
        view, where = viewport(item), box(item)
        room = QRectF(0, 0, window.view.width(), window.view.height()) if view is None else box(view)
        if where.left() < room.left() - SLACK_PX or painted(item).right() > room.right() + SLACK_PX:
            yield f"{said} leaves the glass sideways"
        if view is None and (where.top() < -SLACK_PX or where.bottom() > room.bottom() + SLACK_PX):
            yield f"{said} leaves the glass"
        if view is not None:
            end = float(view.property("contentHeight")) - float(view.property("contentY")) + box(view).top()
            if where.bottom() > end + SLACK_PX:
                yield f"{said} cannot be scrolled to"


def _lying_on_each_other(texts: list[QQuickItem]) -> Iterator[str]:
    for one, other in combinations(texts, 2):
        shared = painted(one).intersected(painted(other))
        if shared.width() > SLACK_PX and shared.height() > SLACK_PX:
            yield f"{one.property('text')!r} lies on {other.property('text')!r}"


def _small(buttons: list[QQuickItem], window: Window) -> Iterator[str]:
    size = window.view.size()
    least = round(TARGET_PX * (0.375 + min(size.width(), size.height()) / 1280)) - 1
    for item in buttons:
        if item.width() < least or item.height() < least:
            yield f"button {item.property('text')!r} is {item.width():.0f} x {item.height():.0f}, not {least}"


def _buttons_on_each_other(buttons: list[QQuickItem]) -> Iterator[str]:
    for one, other in combinations(buttons, 2):
        shared = seen(one).intersected(seen(other))
        if shared.width() > SLACK_PX and shared.height() > SLACK_PX:
            yield f"button {one.property('text')!r} lies on button {other.property('text')!r}"


def _outgrown(everything: list[QQuickItem]) -> Iterator[str]:
    for item in everything:
        if kind(item).startswith("Card_") and item.property("implicitHeight") > item.height() + SLACK_PX:
            yield f"a card of {item.height():.0f} has parts of {item.property('implicitHeight'):.0f}"
