"""The rules of conftest.py bite: each is broken once in a run of its own, and that run must say so."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

BREAKERS = """
import asyncio, contextlib, logging, socket, warnings

def test_a_warning_nobody_asked_for(): logging.getLogger("kiosk.flow").warning("meter is away")
def test_a_warning_that_was_asked_for(expected_log):
    expected_log("meter is away")
    logging.getLogger("kiosk.flow").warning("meter is away")
def test_a_warning_that_never_came(expected_log): expected_log("meter is away")
def test_an_info_line(): logging.getLogger("kiosk.flow").info("all is well")
def test_a_python_warning(): warnings.warn("old")
def test_a_connection_beyond_loopback():
    with socket.socket() as line, contextlib.suppress(OSError):
        line.settimeout(0.2)
        line.connect(("192.0.2.1", 9))
def test_a_swallowed_connection():
    with socket.socket() as line, contextlib.suppress(OSError, AssertionError):
        line.settimeout(0.2)
        line.connect(("192.0.2.1", 9))
def test_a_datagram():
    with socket.socket(type=socket.SOCK_DGRAM) as line, contextlib.suppress(OSError): line.sendto(b"", ("192.0.2.1", 9))
def test_a_name_looked_up():
    with contextlib.suppress(OSError): socket.getaddrinfo("example.invalid", 443)
def test_loopback():
    with socket.create_server(("127.0.0.1", 0)) as door, socket.create_connection(door.getsockname()): pass
def test_a_unix_socket():
    a, b = socket.socketpair()
    a.close(); b.close()
async def test_a_loop(): await asyncio.sleep(0)
def test_the_screen_is_offscreen(qapp): assert qapp.platformName() == "offscreen"
def test_a_qt_warning():
    from PySide6.QtCore import qWarning
    qWarning("QML: cannot assign")
"""
GREEN = {
    "test_a_warning_that_was_asked_for", "test_an_info_line", "test_loopback", "test_a_unix_socket", "test_a_loop",
    "test_the_screen_is_offscreen",
}  # fmt: skip


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    folder = tmp_path_factory.mktemp("breakers")
    (folder / "conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (folder / "test_breakers.py").write_text(BREAKERS)
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "pytest",
        "-rA",
        "-q",
        "-c",
        ROOT / "pyproject.toml",
        "--rootdir",
        folder,
        folder,
    ]
    environment = {**os.environ, "QT_QPA_PLATFORM": "minimal"}
    run = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=100, check=False)
    seen: dict[str, set[str]] = {}
    for line in run.stdout.splitlines():
        verdict, _, rest = line.partition(" ")
        if verdict in {"PASSED", "FAILED", "ERROR"} and "::" in rest:
            seen.setdefault(rest.split("::")[1].split(" ")[0], set()).add(verdict)
    return seen


def test_every_broken_rule_turns_its_test_red(outcomes: dict[str, set[str]]) -> None:
    written = {line.split("def ")[1].split("(")[0] for line in BREAKERS.splitlines() if "def test_" in line}
    assert outcomes.keys() == written
    assert {name for name, verdicts in outcomes.items() if verdicts == {"PASSED"}} == GREEN
