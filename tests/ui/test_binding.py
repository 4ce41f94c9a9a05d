"""PySide6 must not lose references to None and True: 6.12.0 does on Python 3.11, and a kiosk dies of it within minutes."""

import sys

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QFont

ROUNDS = 1000
# References that the test's own frames take and give back.
NOISE = 20


class Bell(QObject):
    rung = Signal(int)


def test_a_thousand_void_calls_lose_no_reference_to_none(qapp: object) -> None:
    font = QFont()
    before = sys.getrefcount(None)
    for _ in range(ROUNDS):
        font.setPixelSize(4)
    assert abs(sys.getrefcount(None) - before) < NOISE


def test_a_thousand_signals_lose_no_reference_to_true(qapp: object) -> None:
    # 6.12.0 aborts the interpreter after some 570, so losing is a crash of this run rather than a failed assertion.
    bell, heard = Bell(), list[int]()
    bell.rung.connect(heard.append)
    before = sys.getrefcount(True)
    for number in range(ROUNDS):
        bell.rung.emit(number)
    assert abs(sys.getrefcount(True) - before) < NOISE
    assert heard == list(range(ROUNDS))
