"""The colours can be read: every pair that stands on each other, by day and by night, computed."""

import re
from pathlib import Path

import pytest

THEME = Path(__file__).parents[2] / "kiosk" / "ui" / "controls" / "Theme.qml"
TOKEN = re.compile(r'property color (\w+): night \? "(#\w{6})" : "(#\w{6})"')
TEXT = [(text, ground) for ground in ("paper", "card") for text in ("ink", "soft", "go", "warn", "stop", "info")] + [
    ("go", "goGround"),
    ("warn", "warnGround"),
    ("stop", "stopGround"),
    ("info", "infoGround"),
    ("goText", "go"),
    ("stopText", "stop"),
]
SHAPES = [("edge", "paper"), ("edge", "card"), ("go", "line"), ("go", "paper"), ("stop", "paper"), ("info", "paper")]


def tokens(night: bool) -> dict[str, str]:
    return {name: dark if night else light for name, dark, light in TOKEN.findall(THEME.read_text("utf-8"))}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_right() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


def test_every_token_is_walked() -> None:
    used = {name for pair in TEXT + SHAPES for name in pair}
    assert set(tokens(night=False)) == used


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize(("text", "ground"), TEXT)
def test_text_can_be_read(text: str, ground: str, night: bool) -> None:
    colours = tokens(night)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize(("shape", "ground"), SHAPES)
def test_shapes_can_be_seen(shape: str, ground: str, night: bool) -> None:
    colours = tokens(night)
    assert contrast(colours[shape], colours[ground]) >= 3
