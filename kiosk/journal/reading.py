"""What stands in a journal, read without changing it, also beside the one who writes."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from kiosk.domain.energy import Instant
from kiosk.domain.fault import Fault, Trouble
from kiosk.journal.chain import Link, first_break
from kiosk.journal.errors import JournalBroken, JournalDamaged


class Entry(NamedTuple):
    """A row as it was read back."""

    seq: int
    session: str
    kind: str
    body: str
    at: Instant


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection, also beside a running station. Raises JournalBroken if there is nothing to read."""
    if not path.exists():
        raise JournalBroken(Trouble(Fault.JOURNAL_BROKEN, f"There is no journal at {path}. Check [journal] path."))
    connection = read_only(path)
    try:
        connection.execute("SELECT seq FROM event LIMIT 1").fetchone()
    except sqlite3.Error as error:
        connection.close()
        raise damaged(path, str(error)) from error
    return connection


def unsettled(connection: sqlite3.Connection) -> list[list[Entry]]:
    query = """SELECT DISTINCT session FROM event WHERE session NOT IN (SELECT session FROM event WHERE kind = 'ended')
               ORDER BY session"""
    groups = [entries(connection, session) for (session,) in connection.execute(query).fetchall()]
    return sorted(groups, key=lambda group: group[0].seq)


def sessions(connection: sqlite3.Connection) -> list[str]:
    query = "SELECT session FROM event GROUP BY session ORDER BY min(seq)"
    return [session for (session,) in connection.execute(query)]


def entries(connection: sqlite3.Connection, session: str) -> list[Entry]:
    query = "SELECT seq, session, kind, body, utc_ms, boot, mono_ms FROM event WHERE session = ? ORDER BY seq"
    rows = connection.execute(query, (session,)).fetchall()
    return [Entry(seq, name, kind, body, Instant(*at)) for seq, name, kind, body, *at in rows]


def verify(connection: sqlite3.Connection) -> int | None:
    """The first row that does not verify, None when the whole chain does."""
    return first_break(read_links(connection))


def read_links(connection: sqlite3.Connection) -> Iterator[tuple[Link, bytes]]:
    columns = "seq, session, kind, body, utc_ms, boot, mono_ms, hash"
    for row in connection.execute(f"SELECT {columns} FROM event ORDER BY seq"):  # noqa: S608 - fixed columns
        yield Link(*row[:7]), row[7]


def read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def damaged(path: Path, reason: str) -> JournalDamaged:
    text = (
        f"The journal {path} is damaged ({reason}). Nothing was changed. Keep the file, and restore a copy beside it."
    )
    return JournalDamaged(Trouble(Fault.JOURNAL_BROKEN, text))
