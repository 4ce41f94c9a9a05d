"""What goes wrong at a site, each as one clear sentence with what would be right, exit code 3, and nothing lost."""

import asyncio
import contextlib
import json
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from kiosk.__main__ import build
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


CHANGES = ("create NO-SND-003-1 10", "capture NO-SND-003-1 10", "refund NO-SND-003-1 10", "release NO-SND-003-1",
           "withdraw NO-SND-003-1")  # fmt: skip


@pytest.mark.parametrize("act", CHANGES)
def test_a_doubtful_change_names_the_key_that_repeats_it_safely(tmp_path: Path, act: str) -> None:
    """Typed again without it, the same command would take the money a second time."""
    config = write_config(tmp_path, vipps=free_port())
    ran = kiosk("vipps", "payment", *act.split(), "--key", "given-key", "--config", config)
    assert_sentence(ran, "look first", "only with --key given-key.", fault="network-away")
    ran = kiosk("vipps", "payment", *act.split(), "--config", config)
    if act.startswith(("capture", "refund")):  # which look first, and so know that nothing was sent
        assert_sentence(ran, "reading of NO-SND-003-1", fault="network-away")
        assert "--key" not in ran.err
    else:
        assert_sentence(ran, "look first", fault="network-away")
        assert re.search(r"--key [0-9a-f-]{36}\.", ran.err)


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


METER = "meter read --profile eastron-sdm630 --url"
CHARGER = "charger enable --profile keba-p30 --url tcp://127.0.0.1:1 --amps"
CAPTURE = "vipps payment capture NO-SND-003-1"
WRONG: dict[str, list[str | None]] = {
    "": ["nonsense", "--nonsense"],
    "sessions": ["nonsense"],
    "sessions list": ["extra", "--jsn", "--config"],
    "sessions show": [None, "", "Ø", "a b", "\udcff", "x" * 65],
    "vipps payment show": [None, "", "x", "NO-SND-003/1", "x" * 65],
    "vipps payment capture": [None, "NO-SND-003-1", "REF 10"],
    CAPTURE: [
        "",
        "12,5x",
        "12,50",
        "0",
        "0.00",
        "-- -5",
        "1.005",
        "1e3",
        "nan",
        "9" * 11,
        "٣",
        "10 --key",
        "10 --key ø",
    ],
    "vipps payment refund NO-SND-003-1": ["", "12,5x", "0"],
    "vipps payment release": [None, "x"],
    "vipps payment withdraw": [None, "x"],
    "vipps payment create": [None, "NO-SND-003-1", "x 10"],
    "vipps payment create NO-SND-003-1 10": [
        "--return-url http://lad.example.no",
        "--return-url x",
        "--phone +4712345678",
        "--phone 4712345678 --return-url https://lad.example.no",
        "--image code.png --phone 4712345678",
    ],
    "vipps payment approve NO-SND-003-1": [None, "--phone +4712345678", "--phone 12", "--phone ٤٧١٢٣٤٥٦٧٨"],
    "vipps qr show": [None, "", "ø", "NO*SND", "x" * 129],
    "vipps qr register NO-SND-003": [None, "", "http://lad.example.no", "https://lad.example.no/ø"],
    "vipps qr repoint NO-SND-003": [None, "lad.example.no"],
    "vipps qr delete": [None, "NO-SND-003", "NO*SND --mounted-code-never-works-again"],
    "vipps receipt show": [None, "x"],
    "vipps receipt send": [None, "NO-SND-003-1", "NO-SND-003-1 0", "x 10"],
    "vipps receipt link NO-SND-003-1": [None, "", "http://lad.example.no"],
    "meter read": [None, "--profile eastron-sdm630", "--profile nope --url tcp://h", "--profile ../x --url tcp://h"],
    METER: [
        "",
        "xx",
        "http://h",
        "tcp://",
        "tcp://h:99999",
        "tcp://h:x",
        "tcp://h?unit=-1",
        "tcp://h?unit=²",
        "tcp://[::1",
    ],
    f"{METER} rtu:///dev/ttyUSB0": ["?baud=7", "?parity=X", "?wat=1"],
    "meter watch --profile eastron-sdm630 --url tcp://127.0.0.1:1 --count": [None, "-1", "x", ""],
    CHARGER: [None, "", "-1", "0", "5", "64", "81", "9" * 20, "12.5", "x"],
    "charger read --profile nope --url": ["tcp://127.0.0.1:1"],
    "sim vipps --port": [None, "", "-1", "65536", "1.5", "x"],
    "sim vipps --rate": ["0", "-1", "nan", "inf", "x"],
    "sim meter --profile": ["nope", ""],
    "sim charger": ["--profile nope", "--seed x"],
    "sim post": ["--charger-profile nope", "--meter-profile nope", "--meter-port 70000", "--charger-port -1"],
    "station": [
        "--size 12x",
        "--size 000x000",
        "--size 99999x1",
        "--wat",
        "--headless --station X",
        "--headless --night",
    ],
    "station --size": [None, ""],
    "demo": ["--seed x", "--vipps-url x", "--vipps-url http://127.0.0.1:99999", "--vipps-url https://api.vipps.no"],
}
"""What is typed wrongly, by its beginning. None is that nothing follows, an empty word that an empty one does."""


def words_of(beginning: str, end: str | None) -> list[str]:
    if beginning.endswith("ttyUSB0"):
        return f"{beginning}{end}".split()
    if end is None:
        return beginning.split()
    return [*beginning.split(), *(end.split() if end not in ("", "a b") else [end])]


CASES = [words_of(beginning, end) for beginning, ends in WRONG.items() for end in ends]
HAVE_JSON = [
    words for words in CASES if words[0] in ("sessions", "vipps", "meter", "charger") and words[-1][:2] != "--"
]


@pytest.mark.parametrize("words", [*CASES, *([*words, "--json"] for words in HAVE_JSON)], ids=" ".join)
def test_what_is_typed_wrongly_is_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    """Judged before anything is opened: the settings are not even there."""
    monkeypatch.setenv("KIOSK_CONFIG", str(tmp_path / "nowhere.toml"))
    result = CliRunner().invoke(build(words), words)
    assert result.exit_code == 2, result.output
    if words[-1] == "--json":
        told = json.loads(result.stdout)
        assert (told["fault"], result.stderr) == ("wrong-use", "")
        sentence = told["detail"]
    else:
        sentence, code = result.stderr.rstrip().rsplit("\n", 1)
        assert (code, result.stdout) == ("(wrong-use)", "")
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_wrong_use_of_a_process_is_exit_code_2(tmp_path: Path) -> None:
    ran = kiosk("station", "--station", "NO-SND-009", "--size", "800x480", "--config", write_config(tmp_path))
    assert (ran.code, ran.out) == (2, "")
    assert "there is no station 'NO-SND-009' in the settings; there are: NO-SND-003." in ran.err


@pytest.mark.parametrize("group", ["", "sessions", "vipps", "vipps payment", "meter", "charger", "sim"])
def test_a_group_without_a_command_shows_its_help(group: str) -> None:
    result = CliRunner().invoke(build(group.split()), group.split())
    assert result.exit_code == 2
    assert "Commands" in result.output


SETTINGS: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "not text": lambda path: path.write_bytes(b"\xff\xfe"),
    "not TOML": lambda path: path.write_text("[vipps", "utf-8"),
    "empty": Path.touch,
    "not there": Path.exists,
}


@pytest.mark.parametrize("what", SETTINGS)
@pytest.mark.parametrize("command", ["sessions list", "vipps token", f"{CAPTURE} 10", "station --headless"])
def test_settings_that_cannot_be_read_are_a_fault_of_the_world(tmp_path: Path, what: str, command: str) -> None:
    path = tmp_path / "kiosk.toml"
    SETTINGS[what](path)
    result = CliRunner().invoke(build(command.split()), [*command.split(), "--config", str(path)])
    assert_sentence(Ran(result.exit_code, result.stdout, result.stderr), str(path), fault="config-wrong")


@pytest.mark.parametrize(
    "url", ["tcp://127.0.0.1:{port}", "rtu:///dev/not-there", f"tcp://{'a' * 300}", "tcp://[::1]:1"]
)
@pytest.mark.parametrize("as_json", [False, True])
def test_a_device_that_is_not_there_is_a_fault_of_the_world(url: str, as_json: bool) -> None:
    words = ["meter", "read", "--profile", "eastron-sdm630", "--url", url.format(port=free_port())]
    result = CliRunner().invoke(build(words), [*words, *["--json"] * as_json])
    assert result.exit_code == 3
    if as_json:
        assert json.loads(result.stdout)["fault"] == "meter-silent"
    else:
        assert_sentence(Ran(3, result.stdout, result.stderr), "eastron-sdm630", fault="meter-silent")


@pytest.mark.parametrize("port", ["99999", "0", "x"])
def test_an_address_in_the_settings_with_an_impossible_port_is_named(tmp_path: Path, port: str) -> None:
    config = write_config(tmp_path, 'base_url = "http://127.0.0.1:8100"', f'base_url = "http://127.0.0.1:{port}"')
    assert_sentence(kiosk("vipps", "token", "--config", config), f"127.0.0.1:{port}", fault="config-wrong")


def test_a_picture_that_cannot_be_written_says_how_to_get_it(tmp_path: Path) -> None:
    with serving("sim", "vipps", "--port", 0) as (line,):
        words = ("vipps", "qr", "register", "NO-SND-003", "https://lad.example.no/s/3", "--image", tmp_path)
        ran = kiosk(*words, "--config", write_config(tmp_path, vipps=port_of(line)))
    assert_sentence(ran, "is there", "qr show NO-SND-003 --image", fault="disk-read-only")


def test_a_demo_without_the_vipps_that_it_is_told_to_use_says_so(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    ran = kiosk("demo", "--headless", "--out", tmp_path / "out", environ={"KIOSK_VIPPS__BASE_URL": url})
    assert_sentence(ran, url, "kiosk sim vipps", fault="network-away")


def test_a_folder_of_somebody_else_is_left_alone_by_the_demo(tmp_path: Path) -> None:
    (tmp_path / "kiosk.toml").write_bytes(b"\xff mine")
    assert_sentence(kiosk("demo", "--headless", "--out", tmp_path), "not a demo's own", fault="config-wrong")
    assert (tmp_path / "kiosk.toml").read_bytes() == b"\xff mine"
    assert_sentence(kiosk("demo", "--headless", "--out", "/dev/null"), "cannot be made", fault="disk-read-only")


@pytest.mark.parametrize("platform", ["xcb", "nonsense"])
def test_a_station_without_a_screen_says_so(tmp_path: Path, platform: str) -> None:
    """Qt by itself would abort the process."""
    environ = {"QT_QPA_PLATFORM": platform, "DISPLAY": ":9999"}
    ran = kiosk("station", "--config", write_config(tmp_path), environ=environ)
    assert_sentence(ran, "no screen", "--headless", fault="screen-away")


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
