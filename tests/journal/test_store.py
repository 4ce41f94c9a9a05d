"""The journal keeps what it has acknowledged, notices what was changed, and refuses with a sentence what it cannot do."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kiosk.domain.energy import Instant
from kiosk.domain.fault import Fault
from kiosk.flow.ports import Row
from kiosk.journal import store
from kiosk.journal.errors import JournalBroken, JournalBusy, JournalError, JournalFailed
from kiosk.journal.reading import entries, open_reader, sessions, unsettled, verify
from kiosk.journal.schema import MIGRATIONS
from kiosk.journal.store import Journal, open_journal

WRITER = Path(__file__).parent / "writer.py"
ROOT = Path(__file__).parent.parent.parent
INSTALLATION = UUID("6f1c2c5e-3b0e-4a9d-8a52-6d1f2f4b7a10")


@pytest.fixture(autouse=True)
def small_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    """64 MiB for each test would only wear out the disk of whoever runs them."""
    monkeypatch.setattr(store, "BALLAST_BYTES", 2**20)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite3"


def row(number: int, session: str = "s-1", kind: str = "event:Ticked") -> Row:
    return Row(session, kind, f'{{"number":{number}}}', Instant(number, "boot-1", number))


@asynccontextmanager
async def writing(path: Path) -> AsyncIterator[Journal]:
    journal = open_journal(path, INSTALLATION)
    try:
        yield journal
    finally:
        await journal.close()


async def written(path: Path, rows: int = 10) -> None:
    async with writing(path) as journal:
        for number in range(rows):
            await journal.append([row(number)])


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(open_reader(path)) as connection:
        yield connection


def bytes_of(path: Path) -> dict[str, bytes]:
    return {name.name: name.read_bytes() for name in path.parent.glob(path.name + "*") if name.suffix != ".lock"}


def refusal(path: Path, kind: type[JournalError]) -> JournalError:
    with pytest.raises(kind) as caught:
        open_journal(path, uuid4())
    return caught.value


# --- what was written is there ------------------------------------------------------------------------------------


async def test_what_was_appended_is_read_back_in_order(path: Path) -> None:
    async with writing(path) as journal:
        await journal.append([row(1, "b"), row(2, "a"), row(3, "b")])
        await journal.append([row(4, "a", "ended")])
        assert [[entry.seq for entry in group] for group in await journal.unsettled()] == [[1, 3]]
    with reading(path) as connection:
        assert sessions(connection) == ["b", "a"]
        assert entries(connection, "b")[1] == (3, "b", "event:Ticked", '{"number":3}', Instant(3, "boot-1", 3))
        assert [entry.seq for entry in entries(connection, "a")] == [2, 4]
        assert verify(connection) is None


async def test_the_installation_is_made_once_and_kept(path: Path) -> None:
    await written(path)
    journal = open_journal(path, uuid4())
    assert journal.installation == INSTALLATION
    await journal.close()


async def test_the_chain_goes_on_after_it_was_opened_again(path: Path) -> None:
    for _ in range(3):
        await written(path, 5)
    with reading(path) as connection:
        assert [entry.seq for entry in entries(connection, "s-1")] == list(range(1, 16))
        assert verify(connection) is None


async def test_one_journal_under_two_names_has_one_writer(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.sqlite3"
    link.symlink_to(path)
    async with writing(path):
        assert "is in use by process" in str(refusal(link, JournalBusy))


async def test_a_hard_link_is_another_name_too(path: Path, tmp_path: Path) -> None:
    await written(path)
    (tmp_path / "hard.sqlite3").hardlink_to(path)
    assert "has another name too" in str(refusal(path, JournalBroken))


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become somebody else")
def test_a_folder_that_may_not_be_made_or_entered_is_one_sentence(tmp_path: Path) -> None:
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    script = f"""
import os
from pathlib import Path
from uuid import uuid4
from kiosk.journal.errors import JournalError
from kiosk.journal.salvage import open_or_salvage
os.setuid(65534)
for path in ("/var/lib/nobody-made-this/journal.sqlite3", "{shut}/journal.sqlite3", "/proc/x/journal.sqlite3"):
    try:
        open_or_salvage(Path(path), uuid4())
    except JournalError as error:
        print(error)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=tmp_path,
                         env={"PYTHONPATH": os.pathsep.join(sys.path)})  # fmt: skip
    assert ran.stderr == ""
    assert len(ran.stdout.splitlines()) == 3
    assert ran.stdout.count("Put [journal] path on a disk that this user may write") == 3


async def test_nobody_else_may_read_a_journal(path: Path) -> None:
    async with writing(path) as journal:
        await journal.append([row(1)])
        assert {name.name: oct(name.stat().st_mode & 0o077) for name in path.parent.glob("journal.sqlite3*")
                if name.suffix != ".ballast" and name.stat().st_mode & 0o077} == {}  # fmt: skip


async def test_the_oldest_session_is_settled_first(path: Path) -> None:
    async with writing(path) as journal:
        await journal.append([row(1, "z"), row(2, "m"), row(3, "a"), row(4, "m", "ended"), row(5, "z")])
        assert [group[0].session for group in await journal.unsettled()] == ["z", "a"]
    with reading(path) as connection:
        assert [group[0].session for group in unsettled(connection)] == ["z", "a"]


async def test_a_batch_is_stored_whole_or_not_at_all(path: Path) -> None:
    async with writing(path) as journal:
        await journal.append([row(1), row(2, kind="ended")])
        with pytest.raises(JournalFailed):
            await journal.append([row(3, "s-2"), row(4, kind="ended")])
        await journal.append([row(5, "s-3")])
    with reading(path) as connection:
        assert sessions(connection) == ["s-1", "s-3"]
        assert verify(connection) is None


async def test_a_session_ends_once(path: Path) -> None:
    async with writing(path) as journal:
        await journal.append([row(1, kind="ended"), row(2, "s-2", "ended")])
        with pytest.raises(JournalFailed, match="UNIQUE"):
            await journal.append([row(3, kind="ended")])


async def test_the_database_itself_refuses_to_change_or_delete_a_row(path: Path) -> None:
    await written(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in (
            "UPDATE event SET body = '' WHERE seq = 3",
            "DELETE FROM event",
            "DELETE FROM event WHERE seq = 10",
        ):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(statement)
        for wrong in ("'x', 's', 'k', 'b', 1, 'b', 1, zeroblob(32)", "99, 's', 'k', 'b', 1, 'b', 1, zeroblob(31)"):
            with pytest.raises(sqlite3.Error):
                connection.execute(f"INSERT INTO event VALUES({wrong})")


async def test_what_is_promised_about_power_cuts_is_switched_on(path: Path) -> None:
    async with writing(path) as journal:
        pragmas = {
            name: journal._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}


# --- what was changed is noticed ----------------------------------------------------------------------------------

TAMPER = {
    "a body": ("UPDATE event SET body = '{}' WHERE seq = 4", 4),
    "a session's name": ("UPDATE event SET session = 's-2' WHERE seq = 5", 5),
    "an instant": ("UPDATE event SET utc_ms = 99 WHERE seq = 1", 1),
    "a row taken out": ("DELETE FROM event WHERE seq = 6", 6),
    "the first row taken out": ("DELETE FROM event WHERE seq = 1", 1),
    "two rows swapped": (
        "UPDATE event SET seq = CASE seq WHEN 3 THEN -4 ELSE -3 END WHERE seq IN (3, 4); UPDATE event SET seq = -seq WHERE seq < 0",
        3,
    ),
    "a hash": ("UPDATE event SET hash = zeroblob(32) WHERE seq = 10", 10),
    "a row put in between": (
        "INSERT INTO event SELECT 11, session, kind, body, utc_ms, boot, mono_ms, hash FROM event WHERE seq = 10",
        11,
    ),
}


@pytest.mark.parametrize("what", TAMPER)
def test_a_row_that_was_touched_is_named_and_the_file_left_as_it_is(path: Path, what: str) -> None:
    asyncio.run(written(path))
    statement, seq = TAMPER[what]
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"DROP TRIGGER event_no_update; DROP TRIGGER event_no_delete; {statement};")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = path.read_bytes()
    error = refusal(path, JournalBroken)
    assert error.trouble.fault is Fault.JOURNAL_BROKEN
    assert f"the hash chain breaks at row {seq}" in str(error)
    assert str(path) in str(error)
    assert path.read_bytes() == before


def closed_with_rows(path: Path) -> bytes:
    async def work() -> None:
        async with writing(path) as journal:
            await journal.append([row(number, f"s-{number % 20}") for number in range(300)])

    asyncio.run(work())
    return path.read_bytes()


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_file_cut_short_is_refused_and_left_as_it_is(path: Path, part: float) -> None:
    whole = closed_with_rows(path)
    short = whole[: int(len(whole) * part)]
    path.write_bytes(short)
    error = refusal(path, JournalBroken)
    assert "is damaged" in str(error)
    assert "Nothing was changed" in str(error)
    assert path.read_bytes() == short


def test_a_file_of_something_else_is_refused_and_left_as_it_is(path: Path) -> None:
    path.write_text("Dear diary, " * 1_000)
    before = bytes_of(path)
    assert "is damaged" in str(refusal(path, JournalBroken))
    assert bytes_of(path) == before


def test_the_database_of_another_program_is_refused_and_left_as_it_is(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE diary(day TEXT)")
    before = bytes_of(path)
    assert "is the database of another program. Put [journal] path" in str(refusal(path, JournalBroken))
    assert bytes_of(path) == before


def test_an_installation_that_cannot_be_read_is_refused(path: Path) -> None:
    asyncio.run(written(path))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE meta SET value = '6f1c2c5e-3b0e-4a9d'")
        connection.commit()
    assert "the id of this installation cannot be read" in str(refusal(path, JournalBroken))


async def test_a_journal_whose_making_was_cut_off_is_made_again(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
    assert path.stat().st_size > 0  # noqa: ASYNC240
    await written(path)


async def test_a_path_with_every_odd_letter_is_still_that_path(tmp_path: Path) -> None:
    odd = tmp_path / "what? 100% #1" / "journal.sqlite3"
    await written(odd)
    with reading(odd) as connection:
        assert verify(connection) is None


def test_no_flipped_bit_in_a_row_goes_unseen(path: Path) -> None:
    whole = closed_with_rows(path)
    lots = random.Random(7)
    seen = 0
    for _ in range(120):
        place = lots.randrange(len(whole))
        spoiled = bytearray(whole)
        spoiled[place] ^= 1 << lots.randrange(8)
        path.write_bytes(spoiled)
        for side in ("-wal", "-shm"):
            path.with_name(path.name + side).unlink(missing_ok=True)
        try:
            journal = open_journal(path, uuid4())
        except JournalError:
            seen += 1
            assert path.read_bytes() == spoiled, f"the damaged file was changed (bit in byte {place})"
        else:
            asyncio.run(journal.close())
            with reading(path) as connection:
                rows = [entry for name in sessions(connection) for entry in entries(connection, name)]
            assert sorted(entry.seq for entry in rows) == list(range(1, 301)), f"byte {place}"
            assert {entry.body for entry in rows} == {f'{{"number":{number}}}' for number in range(300)}, (
                f"byte {place}"
            )
    assert seen > 40


async def test_a_journal_of_a_newer_kiosk_is_refused_with_what_to_do(path: Path) -> None:
    await written(path)
    newer = len(MIGRATIONS) + 1
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {newer}")
    error = refusal(path, JournalBroken)
    assert f"newer kiosk (schema {newer}, this one knows {len(MIGRATIONS)})" in str(error)
    assert "Update the kiosk" in str(error)


# --- one writer, many readers -------------------------------------------------------------------------------------


@contextlib.contextmanager
def another_process(path: Path, *how: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, str(WRITER), str(path), *how]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment, cwd=path.parent)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def test_a_second_writer_is_refused_and_told_who_is_first(path: Path) -> None:
    with another_process(path, "hold") as process:
        error = refusal(path, JournalBusy)
        assert error.trouble.fault is Fault.JOURNAL_BUSY
        assert f"in use by process {process.pid}." in str(error)
        assert "Stop that process first" in str(error)


async def test_the_lock_dies_with_its_process(path: Path) -> None:
    with another_process(path, "hold") as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        deadline = time.monotonic() + 5
        while True:
            try:
                journal = open_journal(path, uuid4())
                break
            except JournalBusy:
                assert time.monotonic() < deadline
        await journal.close()


async def test_a_closed_journal_can_be_opened_again_at_once(path: Path) -> None:
    for _ in range(3):
        await written(path, 1)


def test_a_refused_journal_holds_no_lock(path: Path) -> None:
    path.write_text("Dear diary, " * 1_000)
    refusal(path, JournalBroken)
    path.unlink()
    asyncio.run(written(path, 1))


def test_a_reader_sees_what_is_written_while_it_is_written(path: Path) -> None:
    with another_process(path, "fast") as process, reading(path) as connection:
        assert process.stdout is not None
        for _ in range(3):
            acknowledged = int(process.stdout.readline())
            assert connection.execute("SELECT max(seq) FROM event").fetchone()[0] >= acknowledged
            assert verify(connection) is None
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            connection.execute("DELETE FROM event")


def test_a_reader_without_a_journal_is_told_where_it_looked(tmp_path: Path) -> None:
    with pytest.raises(JournalBroken, match=r"There is no journal at .*nowhere.*Check \[journal\] path"):
        open_reader(tmp_path / "nowhere.sqlite3")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "diary").write_text("Dear diary, " * 100)
    with pytest.raises(JournalBroken, match="is damaged"):
        open_reader(tmp_path / "diary")


# --- the process dies, the disk refuses ---------------------------------------------------------------------------


def test_a_killed_writer_has_lost_nothing_that_it_acknowledged(tmp_path: Path) -> None:
    lots = random.Random(11)
    path = tmp_path / "journal.sqlite3"
    promised = 0
    for _ in range(8):
        with another_process(path, "fast") as process:
            assert process.stdout is not None
            for _ in range(lots.randrange(1, 60)):
                process.stdout.readline()
                promised += 1
            process.send_signal(signal.SIGKILL)
            promised += sum(1 for line in process.stdout if line.endswith("\n"))
        with reading(path) as connection:
            stored = connection.execute("SELECT count(*), max(seq) FROM event").fetchone()
            assert stored[0] == stored[1] >= promised
            assert verify(connection) is None
            promised = stored[0]


def test_a_disk_that_refuses_ends_the_process_with_every_row_before_it(path: Path) -> None:
    """A limit on the size of a file is no full disk: nothing is tried again, the ballast stays for who is to settle."""
    with another_process(path, "full", str(1_000_000)) as process:
        assert process.stdout is not None
        said = process.stdout.read().splitlines()
        assert process.wait() == 3
    assert said[-1].startswith("JournalFailed "), said[-1]
    assert path.with_name(path.name + ".ballast").exists()
    with reading(path) as connection:
        assert connection.execute("SELECT max(seq) FROM event").fetchone()[0] == len(said) - 1 > 10
        assert verify(connection) is None


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Eight MiB of their own, where this machine lets us mount it."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = os.geteuid() == 0 and shutil.which("mount") is not None
    mounted = (
        mounted
        and subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", place], check=False).returncode == 0
    )
    if not mounted:
        pytest.skip("needs root and mount to make a small disk")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


def fill_up(place: Path) -> None:
    with (place / "somebody-elses").open("wb", buffering=0) as hog, contextlib.suppress(OSError):
        while True:
            hog.write(bytes(4096))


async def fill(journal: Journal, number: int) -> None:
    while True:
        await journal.append([row(number)])
        number += 1


async def test_a_disk_that_is_really_full_frees_the_ballast_and_goes_on(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SELL_FREE_BYTES", 2**20)
    path = small_disk / "journal.sqlite3"
    async with writing(path) as journal:
        ballast = path.with_name(path.name + ".ballast")
        assert ballast.stat().st_size == 2**20
        assert journal.room_to_sell() is None
        fill_up(small_disk)
        trouble = journal.room_to_sell()
        assert trouble is not None
        assert trouble.fault is Fault.DISK_FULL
        stored = 0
        while ballast.exists():
            await journal.append([row(stored)])
            stored += 1
            assert stored < 5_000
        refused = fill(journal, stored)
        with pytest.raises(JournalFailed, match=r"is full\. Free at least 200 MiB") as caught:
            await refused
        assert caught.value.trouble.fault is Fault.DISK_FULL
    with reading(path) as connection:
        assert connection.execute("SELECT count(*) FROM event").fetchone()[0] > stored
        assert verify(connection) is None


async def test_a_station_that_starts_on_a_full_disk_takes_the_ballast_to_settle(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by a review: only a running station could use it, a restarted one was refused with its drivers' holds open."""
    monkeypatch.setattr(store, "SELL_FREE_BYTES", 2**20)
    path = small_disk / "journal.sqlite3"
    await written(path)
    fill_up(small_disk)
    async with writing(path) as journal:
        assert not path.with_name(path.name + ".ballast").exists()
        assert len(await journal.unsettled()) == 1
        await journal.append([row(11, kind="ended")])
        trouble = journal.room_to_sell()
        assert trouble is not None
        assert trouble.fault is Fault.DISK_FULL


async def test_a_folder_in_its_place_is_said_so(tmp_path: Path) -> None:
    assert "is a folder. Put [journal] path to a file in it" in str(refusal(tmp_path, JournalFailed))


def test_a_disk_that_may_not_be_written_is_refused_with_what_would_be_right(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    error = refusal(small_disk / "journal.sqlite3", JournalFailed)
    assert error.trouble.fault is Fault.DISK_READ_ONLY
    assert "Put [journal] path on a disk that this user may write" in str(error)


async def test_a_path_below_a_file_is_refused_with_what_would_be_right(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = refusal(tmp_path / "file" / "journal.sqlite3", JournalFailed)
    assert error.trouble.fault is Fault.DISK_READ_ONLY
    assert str(tmp_path / "file" / "journal.sqlite3") in str(error)


async def test_no_ballast_is_laid_where_it_would_itself_fill_the_disk(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "SELL_FREE_BYTES", 2**60)
    async with writing(path) as journal:
        assert not path.with_name(path.name + ".ballast").exists()
        trouble = journal.room_to_sell()
        assert trouble is not None
        assert "new sessions need" in trouble.detail


async def test_appends_of_several_stations_do_not_mix(path: Path) -> None:
    async with writing(path) as journal:
        batches = [[row(number, f"s-{number}"), row(number, f"s-{number}")] for number in range(30)]
        await asyncio.gather(*(journal.append(batch) for batch in batches))
    with reading(path) as connection:
        assert verify(connection) is None
        for number in range(30):
            first, second = entries(connection, f"s-{number}")
            assert second.seq == first.seq + 1
