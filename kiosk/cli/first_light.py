"""Light up the glass of `kiosk station` before its words are really read, which takes longer than the first frame."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.ui.splash import Splash

SIZE = re.compile(r"([1-9][0-9]{2,3})x([1-9][0-9]{2,3})")
TAKES_A_VALUE = {"--config", "--station", "--size"}
TAKES_NONE = {"--night"}


def raised(words: list[str]) -> "Splash | None":
    """None for words that may be wrong, ask for help or for no screen: whoever reads them all decides."""
    size: tuple[int, int] | None = None
    left = iter(words)
    for word in left:
        value = next(left, None) if word in TAKES_A_VALUE else ""
        if value is None or (word not in TAKES_A_VALUE and word not in TAKES_NONE):
            return None
        if word == "--size" and (size := pixels(value)) is None:
            return None
    from kiosk.ui.splash import Splash

    return Splash(size)


def pixels(text: str) -> tuple[int, int] | None:
    """Width and height of a word such as 1280x800."""
    found = SIZE.fullmatch(text)
    return (int(found[1]), int(found[2])) if found else None
