"""What README.md promises is true: every command line in it runs, every command is in it, and its settings load."""

import asyncio
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from kiosk.__main__ import GROUPS, build
from kiosk.compose import open_site
from kiosk.config import load
from kiosk.domain.events import Act
from kiosk.domain.money import Currency, Money
from kiosk.domain.outcome import Done
from kiosk.domain.states import Charging, Offered, Session, Settled, Waiting, offer_of
from kiosk.services.vipps import VippsSettings, open_vipps
from kiosk.services.vipps.creation import PNG_MAGIC
from tests.cli.running import ROOT, serving, write_config

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
LINES = [
    line.split("#")[0].strip()
    for language, block in BLOCKS
    if language == "sh"
    for line in block.splitlines()
    if line.startswith("kiosk ")
]
SERVES = ("kiosk station", "kiosk sim", "kiosk meter watch")
ASKED = [line for line in LINES if not line.startswith((*SERVES, "kiosk demo"))]
PATIENCE_S = 20.0
RATE = 100.0
DRIVER_LANGUAGE = "en"  # the site's is nb
METER = 'meter = {{ profile = "eastron-sdm630", url = "tcp://127.0.0.1:{port}?unit=1" }}'
CONTROLLER = 'controller = {{ profile = "relay-coil", url = "tcp://127.0.0.1:{port}?unit=1", waiver = "a test" }}'
SIMULATOR = "\n[simulator]\nrate = {rate}\nsince_utc_ms = {since_utc_ms}\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Site"]:
    """Both simulators, and kiosk.toml beside them."""
    folder = tmp_path_factory.mktemp("site")
    post = ("sim", "post", "--meter-port", 0, "--charger-port", 0)
    with serving("sim", "vipps", "--port", 0) as (vipps,), serving(*post, lines=2) as (meter, charger):
        yield Site(folder, port_of(vipps), port_of(meter), port_of(charger))


def port_of(line: str) -> int:
    return int(re.findall(r"127\.0\.0\.1:(\d+)", line)[0])


class Site:
    """Runs lines of the README as they stand, but for the ports, and for names that only a live site can give."""

    def __init__(self, folder: Path, vipps: int, meter: int, charger: int) -> None:
        self.folder, self.ports = folder, {8100: vipps, 8502: meter, 8503: charger}
        self.vipps_url = f"http://127.0.0.1:{vipps}"
        self.config = write_config(folder, vipps=vipps, meter=meter, charger=charger)
        (folder / "docs").mkdir()
        (folder / "docs" / "simulator.toml").write_text(self.config.read_text("utf-8"), "utf-8")

    @cached_property
    def session(self) -> str:
        """A session that the station has carried from offer to receipt, at a hundred times the speed; its reference.

        Its post is one with a plain relay, which may be spoken to without a pause.
        """
        post = ("sim", "post", "--meter-port", 0, "--charger-port", 0, "--charger-profile", "relay-coil")
        with serving(*post, "--rate", RATE, lines=2) as (meter, charger):
            text = self.config.read_text("utf-8")
            text = re.sub("meter = .*", METER.format(port=port_of(meter)), text)
            text = re.sub("controller = .*", CONTROLLER.format(port=port_of(charger)), text)
            fast = self.folder / "fast.toml"
            fast.write_text(text + SIMULATOR.format(rate=RATE, since_utc_ms=time.time_ns() // 1_000_000), "utf-8")
            return asyncio.run(self.charge(fast))

    async def charge(self, config: Path) -> str:
        async with httpx.AsyncClient() as http, open_site(load(config, {})) as running:
            (await http.put(f"{self.vipps_url}/_sim/clock", json={"rate": RATE})).raise_for_status()
            serving_task = asyncio.create_task(running.site.run(running.scope))

            async def until(true: Callable[[Session | None], bool]) -> Session:
                deadline_s = time.monotonic() + PATIENCE_S
                while not true(session := running.site.views()[0].session):
                    assert time.monotonic() < deadline_s, (session, running.site.views()[0].trouble)
                    await asyncio.sleep(0.01)
                assert session is not None
                return session

            view = running.site.views()[0]
            running.site.start(view.info.id, view.info.holds[0], DRIVER_LANGUAGE)
            reference = offer_of(await until(lambda session: isinstance(session, Offered))).reference
            await self.approve(reference)
            await until(lambda session: isinstance(session, Waiting | Charging))
            await until(lambda session: isinstance(session, Charging) and session.usage.energy_wh > 300)
            running.site.press(view.info.id, Act.STOP, "glass")
            await until(lambda session: isinstance(session, Settled))
            serving_task.cancel()
            await asyncio.gather(serving_task, return_exceptions=True)
            (await http.put(f"{self.vipps_url}/_sim/clock", json={"rate": 1})).raise_for_status()
        return reference

    async def approve(self, reference: str) -> None:
        async with httpx.AsyncClient() as http:
            (await http.post(f"{self.vipps_url}/_sim/payments/{reference}/approve")).raise_for_status()

    async def payment(self, number: int, *, approved: bool) -> str:
        """A payment of 350.00, as somebody in Vipps' portal might look at it."""
        reference = f"NO-SND-003-readme-{number}"
        async with open_vipps(VippsSettings.simulator(self.vipps_url), time.time) as vipps:
            made = await vipps.payments.create(reference, Money(350_00, Currency.NOK), reference, "By hand", None)
            assert isinstance(made, Done), made
        if approved:
            await self.approve(reference)
        return reference

    def words(self, line: str, payment: str = "", offer: str = "", code: str = "") -> list[str]:
        """The line with this site's ports and names."""
        for usual, real in self.ports.items():
            line = line.replace(f":{usual}", f":{real}").replace(f"--port {usual}", "--port 0")
        if line == "kiosk sim post":
            line += " --meter-port 0 --charger-port 0"
        elif line.startswith("kiosk sim") and "--port" not in line:
            line += " --port 0"
        if line.startswith(("kiosk sessions", "kiosk vipps receipt show")):
            line = line.replace("REFERENCE", self.session) if "REFERENCE" in line else line
        elif " create " in line or " withdraw " in line:
            line = line.replace("REFERENCE", f"{offer}-made-by-hand")
        else:
            line = line.replace("REFERENCE", offer if " approve " in line else payment)
        return shlex.split(line.replace(" ID", f" {code}"))[1:]

    @contextmanager
    def running(self, words: list[str]) -> Iterator[subprocess.Popen[str]]:
        """A process in the site's folder; whatever it prints is read as one."""
        environ = {name: value for name, value in os.environ.items() if not name.startswith("KIOSK_")}
        environ |= {"QT_QPA_PLATFORM": "offscreen", "PYTHONUNBUFFERED": "1", "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "kiosk", *words]
        with subprocess.Popen(
            command, cwd=self.folder, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def probes(self) -> int:
        """How often a station has asked Vipps whether it is there."""
        arrivals = httpx.get(f"{self.vipps_url}/_sim/requests").json()
        return sum("ladekiosk-probe" in arrival["path"] for arrival in arrivals)


def test_the_scan_sees_the_readme() -> None:
    assert len(LINES) > 20
    assert len(ASKED) > 15


def test_every_line_that_asks_or_changes_something_ends_with_0(site: Site) -> None:
    payment = asyncio.run(site.payment(1, approved=True))
    offer = asyncio.run(site.payment(2, approved=False))
    failed = {}
    for line in ["kiosk vipps qr register ID https://lad.example.no/s/3", *ASKED]:
        with site.running(site.words(line, payment, offer, code="plain")) as process:
            said, _ = process.communicate(timeout=PATIENCE_S)
        if process.returncode != 0 or not said.strip():
            failed[line] = (process.returncode, said)
    assert failed == {}
    assert (site.folder / "code.png").read_bytes().startswith(PNG_MAGIC)


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith(SERVES)])
def test_a_line_that_serves_is_seen_to_serve_and_stops_when_told(site: Site, line: str) -> None:
    before = site.probes()
    with site.running(site.words(line)) as process:
        assert process.stdout is not None
        if line.startswith("kiosk station"):
            deadline_s = time.monotonic() + PATIENCE_S
            while site.probes() == before:
                assert process.poll() is None, process.stdout.read()
                assert time.monotonic() < deadline_s, "the station never asked for Vipps"
                time.sleep(0.05)
        else:
            assert re.search(r"127\.0\.0\.1:\d+|\d+ Wh", process.stdout.readline())
        told, right = (signal.SIGINT, 130) if line.startswith("kiosk meter watch") else (signal.SIGTERM, 0)
        process.send_signal(told)
        said, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == right, said
    assert "Traceback" not in said


def commands() -> dict[str, Any]:
    """Every command of the program, by its words."""
    found = {}

    def walk(command: Any, words: str) -> None:
        parts = getattr(command, "commands", None)
        for name, part in (parts or {}).items():
            walk(part, f"{words} {name}")
        if parts is None:
            found[words] = command

    for group in GROUPS:
        walk(typer.main.get_command(build([group])), "kiosk")
    return found


def test_every_command_is_in_the_readme_and_nothing_else() -> None:
    known = commands()
    assert len(known) > 20
    written = {next((name for name in known if f"{line} ".startswith(f"{name} ")), line) for line in LINES}
    if "make demo" in README:
        written.add("kiosk demo")
    assert written - known.keys() == set(), "the README names commands that there are not"
    assert known.keys() - written == set(), "the README does not name these commands"


def test_the_json_of_every_command_parses(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site.folder)
    able = [name for name, command in commands().items() if any("--json" in part.opts for part in command.params)]
    assert len(able) > 15
    payment = asyncio.run(site.payment(3, approved=True))
    offer = asyncio.run(site.payment(4, approved=False))
    asked = ["kiosk vipps qr register ID https://lad.example.no/s/3", *LINES]
    shown = {}
    for line in asked:
        name = next((name for name in able if f"{line} ".startswith(f"{name} ")), None)
        if name is None:
            continue
        words = [*site.words(line, payment, offer, code="json"), "--json"]
        words += ["--count", "1"] if name.endswith("watch") else []
        result = CliRunner().invoke(build(words), words, env={"KIOSK_CONFIG": str(site.config)})
        assert result.exit_code == 0, (line, result.output)
        shown[name] = json.loads(result.stdout)
    assert all(isinstance(data, dict | list) for data in shown.values())
    assert shown["kiosk vipps payment refund"]["captured"] == "148.37 NOK"
    assert [row["session"] for row in shown["kiosk sessions list"]] == [site.session]


def test_the_receipt_of_a_driver_who_chose_english_reads_english(site: Site) -> None:
    words = ["vipps", "receipt", "show", site.session, "--json"]
    result = CliRunner().invoke(build(words), words, env={"KIOSK_CONFIG": str(site.config)})
    names = [line["name"] for line in json.loads(result.stdout)["receipt"]["orderLines"]]
    assert [name.split(".")[0] for name in names] == ["Energy"]


def test_the_settings_in_the_readme_load(tmp_path: Path) -> None:
    (toml,) = [block for language, block in BLOCKS if language == "toml"]
    path = tmp_path / "kiosk.toml"
    path.write_text(toml, "utf-8")
    settings = load(path, {})
    assert (settings.vipps.environment, settings.tariff.energy, len(settings.station)) == ("test", 49_000, 1)
