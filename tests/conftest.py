"""What holds for every test: no screen, no network beyond this machine, no log line that nobody asked for."""

import ipaddress
import logging
import os
import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from PySide6.QtGui import QGuiApplication

ENVIRONMENT = {"QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
CONNECTING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
RESOLVING = {"socket.getaddrinfo", "socket.gethostbyname"}


def pytest_configure() -> None:
    os.environ.update(ENVIRONMENT)
    # An audit hook sees every socket of this process, also those that C code opens; it cannot be taken out again.
    sys.addaudithook(refuse_the_network)


def refuse_the_network(event: str, args: tuple[object, ...]) -> None:
    if event in CONNECTING:
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None  # AF_UNIX addresses are text, and stay allowed
    elif event in RESOLVING:
        host = args[0]
    else:
        return
    if isinstance(host, str) and not is_loopback(host):
        refused.append(f"{event} {host}")
        raise AssertionError(f"A test reached for {host}. Tests speak to 127.0.0.1 only: start the toy there.")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"", "localhost"}


# What was refused, because the code under test may swallow the AssertionError.
refused: list[str] = []


class ExpectedLog(logging.Handler):
    """The records at WARNING and above of one test. Call it with a regular expression for each one that must come."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []
        self.patterns: list[str] = []

    def __call__(self, pattern: str) -> None:
        self.patterns.append(pattern)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")

    def complaints(self) -> list[str]:
        unexpected = [line for line in self.lines if not any(re.search(p, line) for p in self.patterns)]
        missing = [p for p in self.patterns if not any(re.search(p, line) for line in self.lines)]
        return [f"Nobody asked for this log line: {line}" for line in unexpected] + [
            f"This log line was expected and never came: {pattern}" for pattern in missing
        ]


@pytest.fixture(autouse=True)
def expected_log() -> Iterator[ExpectedLog]:
    log = ExpectedLog()
    logging.getLogger().addHandler(log)
    yield log
    logging.getLogger().removeHandler(log)
    assert not log.complaints(), "\n".join(log.complaints())


@pytest.fixture(scope="session")
def qapp_cls() -> "type[QGuiApplication]":
    """pytest-qt would make one with widgets, and stumble over the one without that a label was painted with."""
    from PySide6.QtGui import QGuiApplication

    return QGuiApplication


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[None]:
    refused.clear()
    yield
    assert not refused, f"The network was reached for and refused: {', '.join(refused)}."
