"""A damaged journal is set aside whole; what still verifies goes on in a new one, which sells nothing until staff say so.

The steps can be cut off anywhere: a finished rebuild waits beside the journal until the next start has put it in place.
"""

import contextlib
import glob
import json
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import UUID

from kiosk.domain.fault import Fault, Trouble
from kiosk.journal.chain import GENESIS, Link, link_hash
from kiosk.journal.errors import JournalDamaged
from kiosk.journal.reading import open_reader, read_links, read_only
from kiosk.journal.schema import APPLICATION_ID
from kiosk.journal.store import INSERT_ROW, Journal, create, open_journal, take_lock

SQLITE_MAGIC = b"SQLite format 3\x00"
APPLICATION_AT = 68  # where SQLite keeps the application's id
SUFFIXES = ("", "-wal", "-shm")
SALVAGED, RELEASED = "salvaged", "released "
NAMED = re.compile(rb'"reference":"([A-Za-z0-9-]{8,64})"')  # as the rows' own text has it


@dataclass(frozen=True)
class Salvaged:
    """What became of a damaged journal. `lost` are sessions that the damaged part still names and nobody can read."""

    file: str
    rows: int
    lost: tuple[str, ...]

    @property
    def trouble(self) -> Trouble:
        named = f" Look for {', '.join(self.lost)} in Vipps' portal; they are not settled here." if self.lost else ""
        text = (
            f"The journal was damaged and is kept as {self.file}; {self.rows} rows were taken over and their sessions are "
            f"settled after asking Vipps.{named} When all is in order, stop the station and run `kiosk sessions release`."
        )
        return Trouble(Fault.JOURNAL_BROKEN, text)


def open_or_salvage(path: Path, new_installation: UUID) -> Journal:
    """The journal, from what is left of it if it is damaged. Raises JournalError as `open_journal` does."""
    path = path.resolve()
    with locked(path):
        _finish(path)
    try:
        return open_journal(path, new_installation)
    except JournalDamaged:
        if not _is_ours(path):
            raise
    with locked(path):
        _rebuild(path, new_installation)
        _finish(path)
    return open_journal(path, new_installation)


def salvaged(path: Path) -> Salvaged | None:
    """What was salvaged and is not yet released by staff."""
    with contextlib.closing(open_reader(path)) as connection:
        row = connection.execute("SELECT value FROM meta WHERE name = 'salvaged'").fetchone()
    if row is None:
        return None
    told = json.loads(row[0])
    return Salvaged(told["file"], told["rows"], tuple(told["lost"]))


def release(path: Path, who: str, at_utc_ms: int) -> Salvaged | None:
    """Sell again. Answers what was released, None if there was nothing. Raises JournalBusy beside a running station."""
    path = path.resolve()
    with locked(path):
        found = salvaged(path)
        if found is not None:
            with contextlib.closing(sqlite3.connect(path)) as connection, connection:
                told = json.dumps({**asdict(found), "who": who, "at_utc_ms": at_utc_ms})
                connection.execute("DELETE FROM meta WHERE name = 'salvaged'")
                connection.execute("INSERT INTO meta VALUES(?, ?)", (f"{RELEASED}{Path(found.file).name}", told))
        return found


def _is_ours(path: Path) -> bool:
    """Only a file that was once a journal is moved; a wrong path in the settings must not cost anybody a file."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(read_only(path)) as connection:
        if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
            return True
    with path.open("rb") as file:
        head = file.read(100)
    return head.startswith(SQLITE_MAGIC) and head[APPLICATION_AT:72] == APPLICATION_ID.to_bytes(4, "big")


def _rebuild(path: Path, new_installation: UUID) -> None:
    """A new journal beside the damaged one, complete on disk before it gets its name."""
    draft, number = _beside(path, "draft"), _free_number(path)
    for suffix in SUFFIXES:
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)
    with contextlib.closing(read_only(path)) as old:
        rows = list(_verified(old))
        earlier = dict(_meta(old))
    kept = {link.session for link, _ in rows}
    lost = {*_named(path), *_lost_before(earlier)} - kept
    released = [(name, told) for name, told in earlier.items() if name.startswith(RELEASED)]
    with contextlib.closing(create(draft, _installation(earlier) or new_installation)) as new:
        told = json.dumps(asdict(Salvaged(str(_beside(path, f"damaged-{number}")), len(rows), tuple(sorted(lost)))))
        new.execute("BEGIN")
        new.executemany(INSERT_ROW, [(*link, stored) for link, stored in rows])
        new.executemany("INSERT INTO meta VALUES(?, ?)", [(SALVAGED, told), *released])
        new.execute("COMMIT")
    _rename(draft, _beside(path, f"rebuilt-{number}"))


def _finish(path: Path) -> None:
    """Put a finished rebuild in the damaged journal's place. Done again from the start if it was cut off."""
    for rebuilt in sorted(path.parent.glob(f"{glob.escape(path.name)}.rebuilt-*")):
        damaged = rebuilt.name.replace(".rebuilt-", ".damaged-")
        for suffix in SUFFIXES:
            part = path.with_name(path.name + suffix)
            if part.exists():
                _rename(part, path.with_name(damaged + suffix))
        _rename(rebuilt, path)


def _rename(old: Path, new: Path) -> None:
    """On disk when this returns, so that the steps cannot change their order in a power cut."""
    old.rename(new)
    folder = os.open(new.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    lock = take_lock(path)
    try:
        yield
    finally:
        os.close(lock)


def _verified(connection: sqlite3.Connection) -> Iterator[tuple[Link, bytes]]:
    """The rows from the first on, up to the first that does not verify or cannot be read."""
    previous, expected = GENESIS, 1
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        for link, stored in read_links(connection):
            if link.seq != expected or link_hash(previous, link) != stored:
                return
            yield link, stored
            previous, expected = stored, expected + 1


def _named(path: Path) -> Iterator[str]:
    """The sessions that any byte of the damaged file or its log still names."""
    for suffix in ("", "-wal"):
        with contextlib.suppress(OSError):
            for match in NAMED.finditer(path.with_name(path.name + suffix).read_bytes()):
                yield match[1].decode()


def _meta(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
        yield from connection.execute("SELECT name, value FROM meta")


def _lost_before(meta: dict[str, str]) -> list[str]:
    """What an earlier salvage lost, and nobody has released, is still not settled."""
    with contextlib.suppress(ValueError, KeyError):
        return list(json.loads(meta[SALVAGED])["lost"])
    return []


def _installation(meta: dict[str, str]) -> UUID | None:
    """It makes the keys of new offers; every older one carries its own."""
    with contextlib.suppress(ValueError):
        return UUID(meta.get("installation", ""))
    return None


def _free_number(path: Path) -> int:
    number = 1
    while _beside(path, f"damaged-{number}").exists():
        number += 1
    return number


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.name}.{what}")
