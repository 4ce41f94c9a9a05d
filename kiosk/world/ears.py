"""A warning in the program's log is a violation; what it says is kept from the terminal."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.world.checks import Inspector


@contextmanager
def listening(inspector: Inspector) -> Iterator[None]:
    log, ears = logging.getLogger("kiosk"), _Ears(inspector)
    log.addHandler(ears)
    before, log.propagate = log.propagate, False
    try:
        yield
    finally:
        log.removeHandler(ears)
        log.propagate = before


class _Ears(logging.Handler):
    def __init__(self, inspector: Inspector) -> None:
        super().__init__(logging.WARNING)
        self._inspector = inspector

    def emit(self, record: logging.LogRecord) -> None:
        self._inspector.wrong("T4 nothing in the log", record.getMessage())
