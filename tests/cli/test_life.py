"""How a process ends: told at any moment, with nobody who reads, and in poor surroundings; quiet, and with its code."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk.journal.store import open_journal
from tests.cli.running import ROOT, write_config

PATIENCE_S = 30
TOLD = [signal.SIGINT, signal.SIGTERM]

AT_ONCE = """
import os, signal, sys
from kiosk import __main__
sys.argv = ["kiosk", *sys.argv[2:]]
__main__.build = lambda words: os.kill(os.getpid(), int(number))
"""
AT_THE_FIRST_FRAME = """
import os, signal, sys
from kiosk import __main__
from kiosk.ui.app import App
sys.argv = ["kiosk", *sys.argv[2:]]
shown = App.open_station
def open_station(*parts, **more):
    window = shown(*parts, **more)
    os.kill(os.getpid(), int(number))
    return window
App.open_station = open_station
"""
AT_WORK = """
import os, signal, sys
from kiosk import __main__
from kiosk.services.vipps.client import Client
sys.argv = ["kiosk", *sys.argv[2:]]
send = Client._carried
async def carried(self, *parts, **more):
    os.kill(os.getpid(), int(number))
    return await send(self, *parts, **more)
Client._carried = carried
"""


def told(moment: str, number: int, *words: object) -> subprocess.CompletedProcess[str]:
    """`kiosk` with these words, which gets the signal at a moment of its own life."""
    program = f"import sys; number = sys.argv[1]\n{moment}\n__main__.main()"
    return subprocess.run(
        [sys.executable, "-c", program, str(int(number)), *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("number", TOLD)
@pytest.mark.parametrize("words", ["station", "station --headless", "sim vipps", "sessions list", "demo"])
def test_a_signal_before_anything_is_loaded_ends_it_quietly(number: signal.Signals, words: str) -> None:
    ran = told(AT_ONCE, number, *words.split())
    serves = words.startswith(("station", "sim"))
    assert (ran.returncode, ran.stdout, ran.stderr) == (0 if serves else 128 + number, "", "")


@pytest.mark.parametrize("number", TOLD)
def test_a_signal_at_the_first_price_frame_ends_a_station(number: signal.Signals, tmp_path: Path) -> None:
    ran = told(AT_THE_FIRST_FRAME, number, "station", "--size", "800x480", "--config", write_config(tmp_path))
    assert (ran.returncode, ran.stdout) == (0, "")
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("number", TOLD)
def test_a_capture_that_is_broken_off_names_the_key_that_repeats_it_safely(
    number: signal.Signals, tmp_path: Path
) -> None:
    words = ("vipps", "payment", "capture", "NO-SND-003-1", "10", "--key", "given-key")
    ran = told(AT_WORK, number, *words, "--config", write_config(tmp_path))
    assert (ran.returncode, ran.stdout) == (128 + number, "")
    assert "Traceback" not in ran.stderr
    assert ran.stderr.endswith("It may have happened: look first, and repeat it only with --key given-key.\n")


def test_a_demo_that_is_told_to_end_leaves_no_process_behind(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "kiosk", "demo", "--headless", "--out", str(tmp_path / "out")]
    environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environ,
        start_new_session=True,
    ) as demo:
        assert demo.stdout is not None
        assert " at NO-" in demo.stdout.readline()  # a driver stands at a station process
        demo.send_signal(signal.SIGINT)
        _, complaints = demo.communicate(timeout=PATIENCE_S)
    assert (demo.returncode, complaints) == (130, "")
    with pytest.raises(ProcessLookupError):
        os.killpg(demo.pid, 0)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings with a journal."""

    async def make() -> None:
        await open_journal(tmp_path / "journal.sqlite3", uuid4()).close()

    asyncio.run(make())
    return write_config(tmp_path)


def into(target: str, *words: object) -> tuple[int, str]:
    """The exit code of `kiosk` with its output going to `target`, and what it complained of."""
    command = f'exec "$@" {target}'
    ran = subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, "-m", "kiosk", *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"},
        timeout=PATIENCE_S,
        check=False,
        stdout=nobody(),
    )
    return ran.returncode, ran.stderr


def nobody() -> int:
    """The end of a pipe whose reader has gone."""
    read, write = os.pipe()
    os.close(read)
    return write


def test_a_reader_who_has_gone_ends_a_list_quietly(config: Path) -> None:
    assert into("", "sessions", "list", "--json", "--config", config) == (141, "")
    assert into("", "sessions", "--help") == (141, "")


def test_a_fault_that_nobody_reads_keeps_its_code() -> None:
    assert into("", "sessions", "list", "--json", "--config", "nowhere.toml") == (3, "")


def test_a_closed_output_is_no_fault(config: Path) -> None:
    assert into(">&- <&-", "sessions", "list", "--json", "--config", config) == (0, "")
    assert into(">&- 2>&-", "sessions", "list", "--config", "nowhere.toml") == (3, "")


def test_a_full_disk_behind_the_output_is_said(config: Path) -> None:
    code, complaint = into(">/dev/full", "sessions", "list", "--json", "--config", config)
    assert code == 3
    assert complaint.endswith("\n(disk-full)\n")


@pytest.mark.parametrize("environ", [{}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONIOENCODING": "ascii"}])
def test_neither_home_nor_locale_nor_a_folder_to_write_in_is_needed(config: Path, environ: dict[str, str]) -> None:
    for words, code in (
        (("sessions", "list", "--json", "--config", config), 0),
        (("sessions", "show", "Ø"), 2),
        (("sessions", "show", "Ø", "--json"), 2),
        (("vipps", "token", "--config", config), 3),
        (("demo", "--headless"), 3),
    ):
        ran = subprocess.run(
            [sys.executable, "-m", "kiosk", *map(str, words)],
            capture_output=True,
            env={"PYTHONPATH": str(ROOT), **environ},
            cwd="/proc",  # where nobody can write, whoever they are
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=False,
        )
        assert ran.returncode == code, (words, ran.stderr)
        assert b"Traceback" not in ran.stderr


def test_a_simulator_serves_although_nobody_reads_its_greeting() -> None:
    command = [sys.executable, "-m", "kiosk", "sim", "meter", "--port"]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with subprocess.Popen([*command, str(port)], stdout=nobody(), stderr=subprocess.PIPE, text=True, cwd=ROOT) as meter:
        end_s = time.monotonic() + PATIENCE_S
        while not served(port):
            assert meter.poll() is None
            assert time.monotonic() < end_s
            time.sleep(0.05)
        meter.terminate()
        _, complaint = meter.communicate(timeout=PATIENCE_S)
    assert (meter.returncode, complaint) == (0, "")


def served(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
