"""A damaged journal: nothing of it is thrown away, what verifies goes on, and no cut in between loses it."""

import asyncio
import contextlib
import json
import sqlite3
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from kiosk.domain.energy import Instant
from kiosk.flow.ports import Row
from kiosk.journal import salvage, store
from kiosk.journal.errors import JournalBroken, JournalBusy, JournalDamaged
from kiosk.journal.reading import open_reader, sessions, verify
from kiosk.journal.salvage import Salvaged, open_or_salvage, release, salvaged
from kiosk.journal.store import Journal, open_journal

INSTALLATION = UUID("6f1c2c5e-3b0e-4a9d-9f5e-0d5b1f1f7c11")
PER_SESSION = 30


@pytest.fixture(autouse=True)
def small_ballast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BALLAST_BYTES", 2**20)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A closed journal of ten sessions, each of thirty rows, in 300 commits' order."""
    path = tmp_path / "journal.sqlite3"

    async def work() -> None:
        journal = open_journal(path, INSTALLATION)
        for number in range(300):
            name = f"session-{number // PER_SESSION}"
            body = json.dumps({"reference": name, "padding": "x" * 200}, separators=(",", ":"))
            await journal.append([Row(name, "event:Ticked", body, Instant(number, "b", number))])
        await journal.close()

    asyncio.run(work())
    return path


def tear(path: Path, page: int) -> None:
    """One page of the file becomes noise, as a worn flash cell leaves it."""
    with path.open("r+b") as file:
        file.seek(page * 4096)
        file.write(b"\xa5" * 4096)


def table_pages(path: Path) -> list[int]:
    """The leaves of the event table, in the order of their rows."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.pages USING dbstat(main)")
        query = "SELECT pageno FROM temp.pages WHERE name = 'event' AND pagetype = 'leaf' ORDER BY path"
        return [page - 1 for (page,) in connection.execute(query)]


def change_row(path: Path, seq: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"DROP TRIGGER event_no_update; UPDATE event SET body = '{{}}' WHERE seq = {seq};")  # noqa: S608


def reopened(path: Path) -> Salvaged | None:
    """Open as the station does, close again, and tell what was salvaged."""

    async def work() -> Journal:
        journal = open_or_salvage(path, uuid4())
        await journal.append([Row("s-new", "event:Ticked", "{}", Instant(1, "b", 1))])
        await journal.close()
        return journal

    asyncio.run(work())
    return salvaged(path)


def bytes_of(path: Path) -> dict[str, bytes]:
    return {name.name: name.read_bytes() for name in path.parent.glob("*") if "damaged" in name.name}


def test_a_whole_journal_is_opened_as_ever(path: Path) -> None:
    assert reopened(path) is None
    assert not bytes_of(path)


def test_the_rows_before_a_changed_one_go_on_and_what_stands_behind_it_is_named(path: Path) -> None:
    change_row(path, 100)
    before = path.read_bytes()
    found = reopened(path)
    assert found is not None
    assert found.rows == 99
    assert found.lost == tuple(f"session-{number}" for number in range(4, 10))
    assert Path(found.file).read_bytes() == before
    with contextlib.closing(open_reader(path)) as connection:
        assert sessions(connection) == ["session-0", "session-1", "session-2", "session-3", "s-new"]
        assert verify(connection) is None
        name = "SELECT value FROM meta WHERE name = 'installation'"
        assert connection.execute(name).fetchone()[0] == str(INSTALLATION)


def test_a_torn_page_costs_only_what_follows_it(path: Path) -> None:
    pages = table_pages(path)
    tear(path, pages[len(pages) // 2])
    found = reopened(path)
    assert found is not None
    assert 100 < found.rows < 200
    assert found.lost[-1] == "session-9", "its bytes still name what the table cannot show"


@pytest.mark.parametrize("page", range(1, 12))
def test_wherever_the_file_is_torn_it_opens_again_whole_and_keeps_the_old_one(path: Path, page: int) -> None:
    tear(path, page)
    before = path.read_bytes()
    found = reopened(path)
    assert found is not None
    assert Path(found.file).read_bytes() == before
    with contextlib.closing(open_reader(path)) as connection:
        assert verify(connection) is None
    assert open_and_close(path)


def open_and_close(path: Path) -> bool:
    asyncio.run(open_journal(path, uuid4()).close())
    return True


@pytest.mark.parametrize("step", range(1, 5))
def test_a_power_cut_between_any_two_steps_loses_nothing(
    path: Path, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a write-ahead log beside it, so that every step has something to do."""
    change_row(path, 100)
    wal = path.with_name(path.name + "-wal")
    wal.write_bytes(b"torn")
    count, real = 0, salvage._rename

    def cut(old: Path, new: Path) -> None:
        nonlocal count
        count += 1
        if count == step:
            raise KeyboardInterrupt
        real(old, new)

    monkeypatch.setattr(salvage, "_rename", cut)
    with contextlib.suppress(KeyboardInterrupt):
        reopened(path)
    monkeypatch.setattr(salvage, "_rename", real)
    assert count == step
    found = reopened(path)
    assert found is not None
    assert found.rows == 99
    assert Path(found.file).exists()
    assert Path(found.file + "-wal").read_bytes() == b"torn"
    assert not list(path.parent.glob("*.rebuilt*")) + list(path.parent.glob("*.draft*"))


def test_a_second_damage_does_not_overwrite_the_first(path: Path) -> None:
    change_row(path, 200)
    first = reopened(path)
    change_row(path, 100)
    second = reopened(path)
    assert first is not None
    assert second is not None
    assert first.file != second.file
    assert Path(first.file).exists()
    assert Path(second.file).exists()
    assert second.rows == 99


def test_what_the_first_damage_lost_is_still_named_after_the_second(path: Path) -> None:
    change_row(path, 280)
    assert (first := reopened(path)) is not None
    assert first.lost == ()
    change_row(path, 250)
    second, third = reopened(path), None
    assert second is not None
    assert second.lost == ("session-9",)
    change_row(path, 200)
    third = reopened(path)
    assert third is not None
    assert third.lost == ("session-7", "session-8", "session-9")


@pytest.mark.parametrize("name", ["jour[1].sqlite3", "j?.sqlite3"])
def test_any_name_of_a_journal_can_be_salvaged(path: Path, name: str) -> None:
    odd = path.rename(path.with_name(name))
    change_row(odd, 100)
    assert reopened(odd) is not None


def with_a_log(path: Path) -> bytearray:
    """A second journal with all its commits in the log alone, as a station leaves it that is always killed."""
    path.unlink()

    async def work() -> None:
        journal = open_journal(path, INSTALLATION)
        for number in range(40):
            body = json.dumps({"reference": f"session-{number}", "padding": "x" * 200}, separators=(",", ":"))
            await journal.append([Row(f"session-{number}", "event:Ticked", body, Instant(number, "b", number))])
        kept.extend(file.read_bytes() for file in (path, path.with_name(path.name + "-wal")))
        await journal.close()

    kept: list[bytes] = []
    asyncio.run(work())
    path.write_bytes(kept[0])
    return bytearray(kept[1])


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_bit_that_fell_over_in_the_log_does_not_silently_end_the_journal_there(path: Path, part: float) -> None:
    """Found by a review: SQLite passes over everything behind it, and the shorter chain still verifies."""
    log = with_a_log(path)
    log[int(len(log) * part)] ^= 1
    path.with_name(path.name + "-wal").write_bytes(log)
    found = reopened(path)
    assert found is not None
    assert 0 < found.rows < 40
    assert found.lost == tuple(sorted(f"session-{number}" for number in range(found.rows, 40)))


@pytest.mark.parametrize("cut", [10, 3_000])
def test_a_last_commit_that_the_power_cut_tore_is_no_damage(path: Path, cut: int) -> None:
    log = with_a_log(path)
    path.with_name(path.name + "-wal").write_bytes(log[:-cut])
    assert reopened(path) is None
    log[-cut] ^= 1
    path.with_name(path.name + "-wal").write_bytes(log)


def test_a_file_that_was_never_a_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "diary.txt"
    path.write_text("Dear diary, " * 1_000)
    with pytest.raises(JournalDamaged):
        open_or_salvage(path, uuid4())
    assert path.read_text() == "Dear diary, " * 1_000
    with contextlib.closing(sqlite3.connect(tmp_path / "other.sqlite3")) as connection:
        connection.execute("CREATE TABLE diary(day TEXT)")
    with pytest.raises(JournalBroken):
        open_or_salvage(tmp_path / "other.sqlite3", uuid4())
    assert not bytes_of(path)


def test_staff_release_it_once_and_it_stands_who_did(path: Path) -> None:
    change_row(path, 100)
    found = reopened(path)
    assert found is not None
    assert found.file in found.trouble.detail
    assert "session-9" in found.trouble.detail
    assert release(path, "Kari", 1) == found
    assert salvaged(path) is None
    assert release(path, "Kari", 1) is None
    with contextlib.closing(open_reader(path)) as connection:
        told = connection.execute("SELECT value FROM meta WHERE name LIKE 'released %'").fetchall()
    assert [json.loads(row[0])["who"] for row in told] == ["Kari"]


def test_a_running_station_is_not_released_behind_its_back(path: Path) -> None:
    change_row(path, 100)
    reopened(path)

    async def work() -> None:
        journal = open_journal(path, uuid4())
        with pytest.raises(JournalBusy):
            release(path, "Kari", 1)
        await journal.close()

    asyncio.run(work())
    assert salvaged(path) is not None
