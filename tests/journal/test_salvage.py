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
            body = json.dumps({"number": number, "padding": "x" * 200})
            await journal.append(
                [Row(f"s-{number // PER_SESSION}", "event:Ticked", body, Instant(number, "b", number))]
            )
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
    assert found.lost == tuple(f"s-{number}" for number in range(4, 10))
    assert Path(found.file).read_bytes() == before
    with contextlib.closing(open_reader(path)) as connection:
        assert sessions(connection) == ["s-0", "s-1", "s-2", "s-3", "s-new"]
        assert verify(connection) is None
        name = "SELECT value FROM meta WHERE name = 'installation'"
        assert connection.execute(name).fetchone()[0] == str(INSTALLATION)


def test_a_torn_page_costs_only_what_follows_it(path: Path) -> None:
    pages = table_pages(path)
    tear(path, pages[len(pages) // 2])
    found = reopened(path)
    assert found is not None
    assert 100 < found.rows < 200
    assert found.lost[-1] == "s-9", "the index still names what the table cannot show"


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
    assert "s-9" in found.trouble.detail
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
