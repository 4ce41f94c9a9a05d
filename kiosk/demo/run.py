"""The demo itself: raises the backdrop, lets a station process of its own play the day, cuts its power, counts the money."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from kiosk.config import load
from kiosk.demo.backdrop import Backdrop, fresh_folder, owned, raised, write_config
from kiosk.demo.label import print_label
from kiosk.demo.plan import ENDS, Drive, day
from kiosk.demo.report import Entry, disagreements, read_journal

RATE = 60.0
DEADLINE_S = 240.0
FRESH = httpx.Limits(max_keepalive_connections=0)  # an idle one may be closed at the moment of the next request


class NotPlayedError(Exception):
    """The day did not come to its end; the sentence says why."""


async def play_day(out: Path, seed: int, vipps_url: str | None) -> list[str]:
    """Play the whole day without a display. Returns what is wrong with the books: nothing, if all is well."""
    fresh_folder(out)
    since_utc_ms = time.time_ns() // 1_000_000
    drives = day(seed)
    async with raised(RATE, since_utc_ms, vipps_url) as backdrop:
        config = out / "kiosk.toml"
        write_config(config, backdrop, RATE, since_utc_ms)
        try:
            async with asyncio.timeout(DEADLINE_S), httpx.AsyncClient(timeout=10, limits=FRESH) as http:
                await print_label(load(config), drives[0].station, out)
                names = await _play(config, out, backdrop, list(drives), seed)
                ledger = (await http.get(f"{backdrop.vipps_url}/_sim/ledger")).raise_for_status().json()
        except (NotPlayedError, httpx.HTTPError) as error:
            return _complained([f"The day was not played to its end: {error}."])
        except TimeoutError:
            return _complained([f"The day was not over after {DEADLINE_S:.0f} s; this machine may be too slow for it."])
    return _books(out, ledger, names, drives)


async def _play(config: Path, out: Path, backdrop: Backdrop, drives: list[Drive], seed: int) -> dict[str, Drive]:
    """Station processes one after the other: each power cut kills one, the next takes up its journal.

    Returns which driver made which payment.
    """
    names: dict[str, Drive] = {}
    left = {drive.name: drive for drive in drives}
    cut = True
    while cut:
        async with owned(await _station(config, out, backdrop, list(left.values()), seed)) as process:
            cut = await _listen(process, left, names)
    if left:
        raise NotPlayedError(f"the station process ended with {process.returncode}; not served: {', '.join(left)}")
    return names


async def _listen(process: asyncio.subprocess.Process, left: dict[str, Drive], names: dict[str, Drive]) -> bool:
    """Follow the station's reports; True when its power was cut."""
    assert process.stdout is not None
    async for line in process.stdout:
        report: dict[str, Any] = json.loads(line)
        drive = left.get(report["drive"])
        if drive is None:
            continue
        if report["what"] == "offered":
            names[report["reference"]] = drive
            print(f"  {drive.name:<8} at {drive.station}: {drive.story}")
        if report["what"] == "cut":
            print(f"  power cut: SIGKILL to the station process {process.pid}")
            process.send_signal(signal.SIGKILL)
            await process.wait()
            for name in report["begun"]:
                left.pop(name, None)
            return True
        if report["what"] == "ended":
            del left[drive.name]
    await process.wait()
    return False


async def _station(
    config: Path, out: Path, backdrop: Backdrop, drives: Sequence[Drive], seed: int
) -> asyncio.subprocess.Process:
    plan = out / "plan.json"
    urls = {name: f"http://127.0.0.1:{ports.charger}" for name, ports in backdrop.ports.items()}
    names = [drive.name for drive in drives]
    plan.write_text(
        json.dumps({"vipps_url": backdrop.vipps_url, "post_urls": urls, "drives": names, "seed": seed}), "utf-8"
    )
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "kiosk.demo.stage", str(config), str(out), stdout=asyncio.subprocess.PIPE, env=environ
    )


def _books(out: Path, ledger: dict[str, Any], names: dict[str, Drive], drives: Sequence[Drive]) -> list[str]:
    entries, wrong = read_journal(out / "journal.sqlite3")
    payments = ledger["payments"]
    wrong += disagreements(entries, payments)
    wrong += _unlike_the_plan(entries, names, drives)
    receipts = {name: payment["receipt"] for name, payment in payments.items() if payment.get("receipt")}
    (out / "receipts.json").write_text(json.dumps(receipts, indent=2, ensure_ascii=False), "utf-8")
    (out / "ledger.json").write_text(json.dumps(ledger, indent=2, ensure_ascii=False), "utf-8")
    _print(out, entries, names, wrong)
    return wrong


def _unlike_the_plan(entries: Sequence[Entry], names: dict[str, Drive], drives: Sequence[Drive]) -> list[str]:
    """A day that was not played as written proves nothing: every driver, with the hold they chose, and their own end."""
    wrong = [f"{drive.name} left no session." for drive in drives if drive not in names.values()]
    for entry in entries:
        drive = names.get(entry.offer.reference)
        if drive is None:
            wrong.append(f"Nobody in the plan made {entry.offer.reference}.")
            continue
        if entry.offer.hold.minor != drive.hold_minor:
            wrong.append(f"{drive.name} chose {_amount(drive.hold_minor)}, but {entry.offer.hold} was reserved.")
        if entry.why is not ENDS[drive.story]:
            wrong.append(f"{drive.name} {drive.story}, but the session ended by {entry.why}.")
    return wrong


def _print(out: Path, entries: Sequence[Entry], names: dict[str, Drive], wrong: list[str]) -> None:
    table = Table("Driver", "Station", "What happened", title="The day")
    for column in ("Energy", "Reserved", "Paid", "Released"):
        table.add_column(column, justify="right")
    for entry in entries:
        drive = names.get(entry.offer.reference)
        told = (drive.name, entry.offer.station[-3:], str(drive.story)) if drive else (entry.offer.reference, "", "")
        amounts = (_amount(entry.offer.hold.minor), _amount(entry.captured), _amount(entry.released))
        table.add_row(*told, f"{entry.energy_wh / 1000:.3f} kWh", *amounts)
    console = Console()
    console.print(table)
    paid, back = sum(entry.captured for entry in entries), sum(entry.released for entry in entries)
    console.print(f"Paid {_amount(paid)} NOK, released {_amount(back)} NOK.", highlight=False)
    if not _complained(wrong):
        console.print(f"Vipps' ledger and the journal agree to the øre. Look into {out}.", highlight=False)


def _complained(wrong: list[str]) -> list[str]:
    for sentence in wrong:
        Console().print(sentence, style="red", markup=False)
    return wrong


def _amount(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"
