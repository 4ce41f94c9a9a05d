"""The program around the windows: it ends when told to, awaits its own work first, and closes in reverse."""

import signal
import subprocess
import sys
import time

import pytest

STARTED = "started"
PATIENCE_S = 30
PROGRAM = """
import asyncio, sys
from kiosk.ui.app import run
from tests.ui.scenes import FakeNow, FakeStations, one

async def main(app):
    windows = [app.open_station(FakeStations(one().views), now=FakeNow(), size=(800, 480)) for _ in range(2)]
    closed = []
    for number, window in enumerate(windows):
        window.view.visibleChanged.connect(lambda shown, number=number: closed.append(number))
    try:
        print("started", flush=True)
        {body}
    finally:
        await asyncio.sleep(0.01)
        print("settled", closed, flush=True)

code = run(main)
print("ended", code, flush=True)
sys.exit(code)
"""


def started(body: str) -> subprocess.Popen[str]:
    program = PROGRAM.replace("{body}", body)
    return subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ending(process: subprocess.Popen[str]) -> tuple[int, list[str], str]:
    said, complaints = process.communicate(timeout=PATIENCE_S)
    return (
        process.returncode,
        said.splitlines(),
        complaints.replace("This plugin does not support propagateSizeHints()\n", ""),
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_program_after_its_work_is_awaited(number: signal.Signals) -> None:
    process = started("await asyncio.Event().wait()")
    assert process.stdout is not None
    end = time.monotonic() + PATIENCE_S
    while STARTED not in process.stdout.readline():
        assert time.monotonic() < end, process.communicate()
    process.send_signal(number)
    assert ending(process) == (0, ["settled []", "ended 0"], "")


def test_closing_the_last_window_ends_the_program() -> None:
    process = started("[window.view.close() for window in windows]; await asyncio.Event().wait()")
    assert ending(process) == (0, ["started", "settled [0, 1]", "ended 0"], "")


def test_closing_one_of_two_windows_does_not() -> None:
    process = started("windows[0].view.close(); await asyncio.sleep(0.05); return 5")
    assert ending(process) == (5, ["started", "settled [0]", "ended 5"], "")


def test_the_exit_code_is_what_the_program_returns() -> None:
    code, _said, complaints = ending(started("return 3"))
    assert (code, complaints) == (3, "")


def test_a_fault_of_the_program_is_not_swallowed() -> None:
    code, said, complaints = ending(started("raise ValueError('broken')"))
    assert code == 1
    assert said == ["started", "settled []"]
    assert "ValueError: broken" in complaints


def test_windows_are_closed_in_reverse_order() -> None:
    code, said, _complaints = ending(started("app.close(); return 0"))
    assert (code, said) == (0, ["started", "settled [1, 0]", "ended 0"])
