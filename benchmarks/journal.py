"""A journal commit beside bare SQLite with FULL, timed inside the thread, interleaved in one run."""

import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from uuid import UUID

from benchmarks._line import say
from kiosk.domain.energy import Instant
from kiosk.flow.ports import Row
from kiosk.journal.schema import PRAGMAS
from kiosk.journal.store import Journal, open_journal

ROUNDS = 1500
BODY = json.dumps({"at": {"utc_ms": 1_790_000_000_000, "boot": "bench", "mono_ms": 1}, "reading": "x" * 260})


def main() -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        journal = open_journal(Path(folder) / "journal.sqlite3", UUID(int=1))
        bare = _bare(Path(folder) / "bare.sqlite3")
        ours_us: list[float] = []
        bare_us: list[float] = []
        for number in range(ROUNDS):
            row = Row(f"session-{number}", "event:Watched", BODY, Instant(number, "bench", number))
            sides = [(ours_us, partial(journal.append_now, [row])), (bare_us, partial(_insert, bare, number))]
            for times_us, work in sides if number % 2 else reversed(sides):
                times_us.append(_timed(work))
        awaited_us = asyncio.run(_awaited(journal))
    ours, plain = statistics.median(ours_us), statistics.median(bare_us)
    return {
        "commit_us": round(ours, 1),
        "bare_sqlite_us": round(plain, 1),
        "ratio": round(ours / plain, 2),
        "awaited_us": round(awaited_us, 1),
    }


def _bare(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    connection.execute(
        "CREATE TABLE event(seq INTEGER PRIMARY KEY, session TEXT, kind TEXT, body TEXT, a INT, b TEXT, c INT)"
    )
    return connection


def _insert(connection: sqlite3.Connection, number: int) -> None:
    connection.execute("BEGIN IMMEDIATE")
    row = (None, f"session-{number}", "event:Watched", BODY, number, "bench", number)
    connection.execute("INSERT INTO event VALUES(?,?,?,?,?,?,?)", row)
    connection.execute("COMMIT")


async def _awaited(journal: Journal) -> float:
    times_us = []
    for number in range(ROUNDS):
        row = Row(f"awaited-{number}", "event:Watched", BODY, Instant(number, "bench", number))
        begin = time.perf_counter_ns()
        await journal.append([row])
        times_us.append((time.perf_counter_ns() - begin) / 1000)
    await journal.close()
    return statistics.median(times_us)


def _timed(work: Callable[[], None]) -> float:
    begin = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - begin) / 1000


if __name__ == "__main__":
    figures = main()
    say("journal commit beside bare SQLite", figures, value=figures["ratio"], most=1.3)
