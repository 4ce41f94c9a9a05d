"""The demo for real, with fewer drivers: processes, a screen, a power cut, and exit code 0 only if the books agree."""

import asyncio
import json
import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from kiosk.__main__ import build
from kiosk.demo import backdrop, run
from kiosk.demo.backdrop import Backdrop
from kiosk.demo.plan import STATIONS, Drive, Story, day
from kiosk.demo.report import read_journal
from kiosk.domain.states import Why

RATE = 240.0


def play(monkeypatch: pytest.MonkeyPatch, out: Path, *stories: Story) -> Result:
    """`kiosk demo --headless` with the drivers of these stories alone."""
    monkeypatch.setattr(run, "RATE", RATE)
    # The devices that need least silence between two messages, since that silence is real time.
    quick = tuple(replace(station, meter="eastron-sdm630", controller="relay-coil") for station in STATIONS)
    monkeypatch.setattr(backdrop, "STATIONS", quick)
    monkeypatch.setattr(run, "day", lambda seed: tuple(drive for drive in day(seed) if drive.story in stories))
    monkeypatch.delenv("KIOSK_VIPPS__BASE_URL", raising=False)
    return CliRunner().invoke(build(["demo"]), ["demo", "--headless", "--out", str(out)])


def test_a_short_day_ends_with_0_and_leaves_its_papers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = play(monkeypatch, out, Story.REJECTS, Story.POWER_CUT)
    assert result.exit_code == 0, result.output
    assert "power cut: SIGKILL" in result.output
    assert "agree to the øre" in result.output

    entries, wrong = read_journal(out / "journal.sqlite3")
    assert (wrong, [entry.why for entry in entries]) == ([], [Why.REJECTED, Why.RESTARTED])
    paid = entries[1]
    ledger = json.loads((out / "ledger.json").read_text("utf-8"))["payments"]
    assert ledger[paid.offer.reference]["captured"] == paid.captured > 0
    receipts = json.loads((out / "receipts.json").read_text("utf-8"))
    assert {name: total(receipt) for name, receipt in receipts.items()} == {paid.offer.reference: paid.captured}
    energy = receipts[paid.offer.reference]["orderLines"][0]["name"]
    assert re.fullmatch(r"Strøm\. Måler \d+: [\d ]+,\d{2,3} til [\d ]+,\d{2,3} kWh", energy), energy

    pictures = sorted((out / "screens").glob("*.png"))
    assert len(pictures) >= 6, pictures
    assert {picture.read_bytes()[:8] for picture in pictures} == {b"\x89PNG\r\n\x1a\n"}
    assert (out / "label.pdf").read_bytes().startswith(b"%PDF-")
    with closing(sqlite3.connect(out / "journal.sqlite3")) as journal:
        assert journal.execute("SELECT count(*) FROM event WHERE kind = 'ended'").fetchone() == (2,)


def test_cooked_books_are_no_success(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When the day is over, somebody in the portal gives money back, and a row is lost to the journal."""
    played = run._play

    async def then_cook(config: Path, out: Path, site: Backdrop, drives: list[Drive], seed: int) -> dict[str, Drive]:
        names = await played(config, out, site, drives, seed)
        (reference,) = names
        async with httpx.AsyncClient(base_url=site.vipps_url) as portal:
            (await portal.post(f"/_sim/payments/{reference}/refund", json={"value": 1})).raise_for_status()
        await asyncio.to_thread(lose_a_row, out / "journal.sqlite3")
        return names

    monkeypatch.setattr(run, "_play", then_cook)
    result = play(monkeypatch, tmp_path / "out", Story.STOPS)
    assert result.exit_code == 3, result.output
    assert "Vipps has 1 refunded" in " ".join(result.output.split())
    assert "The journal's chain breaks at row 2." in result.output
    assert "agree to the øre" not in result.output


def lose_a_row(path: Path) -> None:
    """The intent to create: what is left still folds to the same end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as journal:
        journal.execute("DROP TRIGGER event_no_delete")
        assert journal.execute("DELETE FROM event WHERE seq = 2 AND kind LIKE 'intent:%'").rowcount == 1


def total(receipt: dict[str, Any]) -> int:
    return sum(line["totalAmount"] for line in receipt["orderLines"])
