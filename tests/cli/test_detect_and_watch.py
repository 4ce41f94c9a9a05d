"""`kiosk meter` by hand: what it prints on a terminal, for a pipe and for programs."""

import io
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from rich.console import Console

from kiosk.cli.live import searching, watching
from kiosk.domain.energy import Instant, Reading
from kiosk.domain.fault import Fault, Trouble
from kiosk.services.meter.findings import Step
from kiosk.services.modbus.counts import Counts
from tests.cli.running import ROOT, kiosk, serving
from tests.cli.test_bad_input import assert_sentence, free_port, port_of

COUNTS = Counts("rtu:///dev/ttyUSB0", requests=9, answers=7, timeouts=2)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving("sim", "meter", "--port", 0, "--profile", "abb-b23", "--rate", 0.01) as (line,):
        yield port_of(line)


def test_detect_prints_the_command_that_reads_what_it_found(port: int) -> None:
    ran = kiosk("meter", "detect", "--url", f"tcp://127.0.0.1:{port}", "--units", "1-2")
    assert ran.code == 0, ran.err
    assert "abb-b23 (ABB B23" in ran.out
    assert f"Trying tcp://127.0.0.1:{port} ..." in ran.err.splitlines()
    command = re.findall(r"kiosk (meter read .*)", ran.out)[0].replace("'", "").split()
    assert kiosk(*command).code == 0


def test_detect_for_programs_is_json_and_nothing_else(port: int) -> None:
    ran = kiosk("meter", "detect", "--url", f"tcp://127.0.0.1:{port}?unit=1", "--json")
    assert (ran.code, ran.err) == (0, "")
    (found,) = ran.json["found"]
    assert (found["fits"][0]["profile"], found["fits"][0]["certain"]) == ("abb-b23", True)
    assert ran.json["tried"] == [{"way": f"tcp://127.0.0.1:{port}", "units": [1], "outcome": "answers"}]


def test_detect_that_finds_nothing_is_a_fault_that_says_what_was_tried() -> None:
    ran = kiosk("meter", "detect", "--url", f"tcp://127.0.0.1:{free_port()}", "--units", "1")
    err = "\n".join(line for line in ran.err.splitlines() if not line.startswith("Trying"))
    assert_sentence(
        replace(ran, err=err), "Tried tcp://", "nobody accepts a connection", "Check power", fault="meter-silent"
    )


@pytest.mark.parametrize("words", [["--units", "0-5"], ["--within", "0"], ["--url"]])
def test_detect_used_wrongly_ends_with_2(words: list[str]) -> None:
    assert kiosk("meter", "detect", *words).code == 2


def test_detect_with_a_wrong_address_says_what_would_be_right() -> None:
    ran = kiosk("meter", "detect", "--url", "http://10.0.0.5")
    assert ran.code == 2
    assert "has to begin with tcp://" in ran.err


def test_read_for_programs_has_whole_watt_hours_and_what_happened_on_the_line(port: int) -> None:
    data = kiosk("meter", "read", "--profile", "abb-b23", "--url", f"tcp://127.0.0.1:{port}?unit=1", "--json").json
    assert type(data["import_wh"]) is int
    line = data["line"]
    assert line["place"] == f"tcp://127.0.0.1:{port}"
    assert line["answers"] == line["requests"] > 4
    assert (line["timeouts"], line["reconnects"], line["late"]) == (0, 0, 0)


def test_watch_in_a_pipe_is_a_line_for_each_reading_and_ends_cleanly_on_ctrl_c(port: int) -> None:
    command = [sys.executable, "-m", "kiosk", "meter", "watch", "--profile", "abb-b23", "--url"]
    with subprocess.Popen(
        [*command, f"tcp://127.0.0.1:{port}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert re.match(r"\d+ Wh  \d+ W  serial 21031977", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == ""


def reading(import_wh: int) -> Reading:
    at = Instant(utc_ms=1_700_000_000_000, mono_ms=0, boot="test")
    return Reading(import_wh, 11_000, "21031977", at, at, 10)


def test_watch_on_a_terminal_is_a_table_that_tells_the_line_too() -> None:
    glass = io.StringIO()
    with watching(lambda *_: None, False, Console(file=glass, force_terminal=True, width=110)) as shown:
        shown(reading(1_000), COUNTS)
        shown(Trouble(Fault.METER_SILENT, "Meter abb-b23 did not answer."), COUNTS)
        shown(reading(1_030), COUNTS)
    last = glass.getvalue().rsplit("rtu:///dev/ttyUSB0", 1)[1]
    for words in ("1000", "1030", "+30", "11000", "21031977", "Meter abb-b23 did not answer.", "7 of 9 answered"):
        assert words in last
    assert glass.getvalue().rstrip().endswith("\x1b[?25h")  # the cursor is back


def test_a_search_on_a_terminal_shows_a_bar_and_in_json_nothing() -> None:
    glass = io.StringIO()
    with searching(False, Console(file=glass, force_terminal=True, width=110)) as say:
        say(Step(5, 10, "tcp://h:502, unit 5"))
    assert "50%" in glass.getvalue()
    assert "tcp://h:502, unit 5" in glass.getvalue()
    silent = io.StringIO()
    with searching(True, Console(file=silent, force_terminal=True)) as say:
        say(Step(5, 10, "tcp://h:502, unit 5"))
    assert silent.getvalue() == ""
