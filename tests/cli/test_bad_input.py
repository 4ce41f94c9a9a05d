"""What goes wrong at a site, each as one clear sentence with what would be right, exit code 3, and nothing lost."""

import asyncio
import contextlib
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk.domain.energy import Instant
from kiosk.flow.ports import Row
from kiosk.journal.store import open_journal
from tests.cli.running import ROOT, Ran, kiosk, serving, write_config


def assert_sentence(ran: Ran, *words: str, fault: str) -> None:
    """One sentence or two on stderr, the code behind it, no traceback, and exit code 3."""
    assert ran.code == 3, (ran.out, ran.err)
    assert "Traceback" not in ran.err + ran.out
    for word in words:
        assert word in ran.err
    sentence, code = ran.err.rstrip().rsplit("\n", 1)
    assert code == f"({fault})"
    assert sentence.endswith(".")
    assert "\n" not in sentence


def test_a_wrong_config_names_the_key(tmp_path: Path) -> None:
    config = write_config(tmp_path, 'energy = "4.90"', 'energy = "4,90"')
    ran = kiosk("station", "--headless", "--config", config)
    assert_sentence(ran, "[tariff] energy", "such as 4.90", fault="config-wrong")
    assert not (tmp_path / "journal.sqlite3").exists()


def test_half_a_config_names_what_is_missing(tmp_path: Path) -> None:
    config = tmp_path / "kiosk.toml"
    config.write_text('[vipps]\nenvironment = "simulator"\n', "utf-8")
    assert_sentence(kiosk("station", "--headless", "--config", config), "is missing", fault="config-wrong")


def test_an_unknown_profile_is_answered_with_the_nearest(tmp_path: Path) -> None:
    config = write_config(tmp_path, "eastron-sdm630", "eastron-sdm360")
    ran = kiosk("station", "--headless", "--config", config)
    assert_sentence(ran, "eastron-sdm360", "eastron-sdm630", fault="config-wrong")


def test_a_controller_without_a_watchdog_needs_a_name_that_allows_it(tmp_path: Path) -> None:
    config = write_config(tmp_path, 'profile = "keba-p30", url = "tcp://127.0.0.1:8503?unit=255", amps = 32',
                          'profile = "relay-coil", url = "tcp://127.0.0.1:8503?unit=1"')  # fmt: skip
    assert_sentence(kiosk("station", "--headless", "--config", config), "waiver", fault="config-wrong")


def test_missing_credentials_say_where_they_were_looked_for(tmp_path: Path) -> None:
    config = write_config(tmp_path, 'environment = "simulator"\nbase_url = "http://127.0.0.1:8100"',
                          'environment = "test"\nmerchant_serial_number = "123456"')  # fmt: skip
    ran = kiosk(
        "vipps", "token", "--config", config, environ={"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    )
    assert_sentence(ran, "CLIENT_ID", "keyring", "KIOSK_SECRET_CLIENT_ID", fault="vipps-keys")


def test_wrong_credentials_are_said_to_be_wrong(tmp_path: Path) -> None:
    def deny(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(401)
        handler.end_headers()
        handler.wfile.write(b'{"error": "unauthorized_client", "error_description": "AADSTS700016"}')

    with answering(deny) as port:
        ran = kiosk("vipps", "token", "--config", write_config(tmp_path, vipps=port))
    assert_sentence(ran, "keys", fault="vipps-keys")


def test_a_vipps_that_answers_html_is_not_believed(tmp_path: Path) -> None:
    def portal(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(b"<html><body>Welcome to the guest network</body></html>")

    with answering(portal) as port:
        ran = kiosk("vipps", "payment", "show", "NO-SND-003-1", "--config", write_config(tmp_path, vipps=port))
    assert ran.code == 3
    assert "Traceback" not in ran.err
    assert re.search(r"\((vipps-away|network-away)\)", ran.err)


def test_a_vipps_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    ran = kiosk("vipps", "token", "--config", write_config(tmp_path, vipps=free_port()))
    assert_sentence(ran, fault="network-away")


def test_a_doubtful_capture_names_the_key_that_repeats_it_safely(tmp_path: Path) -> None:
    """Typed again without it, the same command would take the money a second time."""
    config = write_config(tmp_path, vipps=free_port())
    for act in (("capture", "NO-SND-003-1", "10.00"), ("refund", "NO-SND-003-1", "10.00"), ("release", "NO-SND-003-1")):
        ran = kiosk("vipps", "payment", *act, "--config", config)
        assert_sentence(ran, "look first", fault="network-away")
        assert re.search(r"--key [0-9a-f-]{36}\.", ran.err)
        assert "--key given-key." in kiosk("vipps", "payment", *act, "--key", "given-key", "--config", config).err


def test_a_payment_that_nobody_made_is_unknown(tmp_path: Path) -> None:
    with serving("sim", "vipps", "--port", 0) as (line,):
        config = write_config(tmp_path, vipps=port_of(line))
        assert_sentence(
            kiosk("vipps", "payment", "show", "NO-SND-003-1", "--config", config),
            "does not know",
            fault="payment-unknown",
        )


def test_a_meter_on_another_unit_id_is_looked_for_in_vain() -> None:
    with serving("sim", "post", "--meter-port", 0, "--charger-port", 0, lines=2) as (meter, _charger):
        url = f"tcp://127.0.0.1:{port_of(meter)}?unit=9"
        ran = kiosk("meter", "read", "--profile", "eastron-sdm630", "--url", url)
    assert_sentence(ran, "eastron-sdm630", "unit 9", fault="meter-silent")


def test_an_amount_with_three_decimals_is_no_amount(tmp_path: Path) -> None:
    ran = kiosk("vipps", "payment", "capture", "NO-SND-003-1", "1.005", "--config", write_config(tmp_path))
    assert_sentence(ran, "more than two decimals", fault="config-wrong")


def test_a_busy_port_is_said_with_its_number() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for toy in ("vipps", "meter", "charger"):
            assert_sentence(kiosk("sim", toy, "--port", port), str(port), fault="port-busy")


def test_a_disk_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", "utf-8")
    config = write_config(tmp_path, f'path = "{tmp_path}/journal.sqlite3"', f'path = "{tmp_path}/file/journal.sqlite3"')
    ran = kiosk("station", "--headless", "--config", config)
    assert_sentence(ran, "cannot be written", "[journal] path", fault="disk-read-only")


def test_a_clock_that_is_years_off_sells_nothing(tmp_path: Path) -> None:
    config = write_config(tmp_path, "[tariff]", "[simulator]\nsince_utc_ms = 946684800000\nrate = 0.0001\n\n[tariff]")
    ran = kiosk("station", "--headless", "--config", config)
    assert_sentence(ran, "2000-01-", "timedatectl", fault="clock-wrong")
    assert not (tmp_path / "journal.sqlite3").exists()


def test_a_second_process_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    config = write_config(tmp_path, vipps=free_port(), meter=free_port(), charger=free_port())
    command = [sys.executable, "-m", "kiosk", "station", "--headless", "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as station:
        assert station.stdout is not None
        assert "are served" in station.stdout.readline()
        try:
            second = kiosk("station", "--headless", "--config", config)
            assert_sentence(second, f"process {station.pid}", fault="journal-busy")
            assert kiosk("sessions", "list", "--config", config).code == 0
            assert station.poll() is None
        finally:
            station.send_signal(signal.SIGTERM)
        assert station.wait(20) == 0


def test_a_station_takes_over_what_is_whole_of_a_damaged_journal_and_waits_for_staff(tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite3"

    async def write() -> None:
        store = open_journal(journal, uuid4())
        for number in range(5):
            await store.append([Row("s-1", "ended", "{}", Instant(number, "b", number))] if number == 4 else
                               [Row("s-1", "due", "{}", Instant(number, "b", number))])  # fmt: skip
        await store.close()

    asyncio.run(write())
    with contextlib.closing(sqlite3.connect(journal)) as connection:
        connection.executescript("DROP TRIGGER event_no_update; UPDATE event SET body = 'x' WHERE seq = 1;")
    damaged = journal.read_bytes()
    config = write_config(tmp_path)
    assert "unreadable" in kiosk("sessions", "list", "--config", config).out
    assert "chain breaks at row 1" in kiosk("sessions", "show", "s-1", "--config", config).out
    with serving("station", "--headless", "--config", config) as lines:
        assert lines[0]
    assert (tmp_path / "journal.sqlite3.damaged-1").read_bytes() == damaged
    ran = kiosk("sessions", "release", "--who", "Kari", "--config", config)
    assert (ran.code, ran.err) == (0, "")
    assert "Released by Kari" in ran.out
    assert "Nothing waits" in kiosk("sessions", "release", "--who", "Kari", "--config", config).out


def test_a_damaged_journal_is_kept_and_named(tmp_path: Path) -> None:
    config, journal = write_config(tmp_path), tmp_path / "journal.sqlite3"
    journal.write_bytes(b"this is no database" * 100)
    assert_sentence(
        kiosk("station", "--headless", "--config", config), str(journal), "Keep the file", fault="journal-broken"
    )
    assert journal.read_bytes() == b"this is no database" * 100


@pytest.mark.parametrize(
    "words",
    [
        ["sessions", "show"],
        ["meter", "read"],
        ["nonsense"],
        ["station", "--headless", "--station", "X"],
        ["sim", "vipps", "--port", "x"],
    ],
)
def test_wrong_use_is_exit_code_2(words: list[str]) -> None:
    assert kiosk(*words).code == 2


def test_a_fault_can_be_had_as_json(tmp_path: Path) -> None:
    ran = kiosk("sessions", "list", "--json", "--config", write_config(tmp_path))
    assert ran.code == 3
    assert ran.json["fault"] == "journal-broken"
    assert "There is no journal at" in ran.json["detail"]


def port_of(line: str) -> int:
    found = re.search(r"127\.0\.0\.1:(\d+)", line)
    assert found is not None, line
    return int(found[1])


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def answering(answer: object) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)  # type: ignore[operator]

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, *_: object) -> None:
            return

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
