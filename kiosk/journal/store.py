"""The journal on disk: one writer, append-only, a commit that is reported survives a power cut."""

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from kiosk.domain.energy import Instant
from kiosk.domain.fault import Fault, Trouble
from kiosk.journal.chain import GENESIS, Link, link_hash
from kiosk.journal.errors import JournalBroken, JournalBusy, JournalError, JournalFailed
from kiosk.journal.reading import Entry, damaged, read_only, unsettled, verify
from kiosk.journal.schema import APPLICATION_ID, MIGRATIONS, PRAGMAS
from kiosk.journal.wal import lost_commits

BALLAST_BYTES = 64 * 2**20
SELL_FREE_BYTES = 200 * 2**20
FULL_BYTES = 2**20
ROW = "(?,?,?,?,?,?,?,?)"
INSERT_ROW = f"INSERT INTO event VALUES{ROW}"

T = TypeVar("T")


class Written(Protocol):
    """A row to be appended; `flow.ports.Row` is one."""

    @property
    def session(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def at(self) -> Instant: ...


class Journal:
    """The one writer of a journal file. All SQLite work happens in one thread of its own; open it with `open_journal`."""

    def __init__(self, path: Path, connection: sqlite3.Connection, thread: ThreadPoolExecutor, lock: int) -> None:
        self._path, self._db, self._thread, self._lock = path, connection, thread, lock
        seq, self._head = _head(connection)
        self._next_seq = seq + 1
        self.installation = UUID(_meta(connection, "installation"))

    async def append(self, rows: Sequence[Written]) -> None:
        """All rows or none, on disk when this returns. Raises JournalFailed; the process must then end."""
        await self._run(lambda: self.append_now(rows))

    async def unsettled(self) -> list[list[Entry]]:
        """The rows of every session without an `ended` row, oldest session first."""
        return await self._run(lambda: unsettled(self._db))

    async def close(self) -> None:
        await self._run(self._db.close)
        self._thread.shutdown()
        os.close(self._lock)

    def append_now(self, rows: Sequence[Written]) -> None:
        """The commit itself, in the journal's thread. A full disk is given the ballast once; nothing else is tried again."""
        try:
            self._commit(rows)
        except sqlite3.OperationalError as error:
            ballast = _ballast(self._path)
            if error.sqlite_errorcode != sqlite3.SQLITE_FULL or not ballast.exists():
                raise JournalFailed(_disk_trouble(self._path, error)) from error
            ballast.unlink()
            try:
                self._commit(rows)
            except sqlite3.Error as again:
                raise JournalFailed(_disk_trouble(self._path, again)) from again
        except sqlite3.Error as error:
            raise JournalFailed(_disk_trouble(self._path, error)) from error

    def room_to_sell(self) -> Trouble | None:
        """Why no new session may begin: less than 200 MiB left beside the ballast."""
        free = shutil.disk_usage(self._path.parent).free
        if free >= SELL_FREE_BYTES:
            return None
        text = f"{self._path.parent} has {free // 2**20} MiB left; new sessions need {SELL_FREE_BYTES // 2**20} MiB."
        return Trouble(Fault.DISK_FULL, text)

    def _commit(self, rows: Sequence[Written]) -> None:
        head, seq = self._head, self._next_seq
        values: list[object] = []
        for row in rows:
            link = Link(seq, row.session, row.kind, row.body, row.at.utc_ms, row.at.boot, row.at.mono_ms)
            head = link_hash(head, link)
            values += (*link, head)
            seq += 1
        # One statement is one transaction, and one release of the interpreter lock: each more would wait for the loop.
        self._db.execute(INSERT_ROW + f",{ROW}" * (len(rows) - 1), values)
        self._head, self._next_seq = head, seq

    async def _run(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)


def open_journal(path: Path, new_installation: UUID) -> Journal:
    """Open or create the journal for writing. Raises JournalBusy, JournalBroken or JournalFailed, each with a sentence."""
    path = path.resolve()  # one journal under two names is still one
    _refuse_hard_links(path)
    lock = take_lock(path)
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
    try:
        connection = thread.submit(_prepare, path, new_installation).result()
        return Journal(path, connection, thread, lock)
    except BaseException:
        thread.shutdown()
        os.close(lock)
        raise


def _refuse_hard_links(path: Path) -> None:
    if path.is_file() and path.stat().st_nlink > 1:
        text = f"The file of {path} has another name too (a hard link), under which another kiosk could write it. Remove that name."
        raise JournalBroken(Trouble(Fault.CONFIG_WRONG, text))


def _prepare(path: Path, new_installation: UUID) -> sqlite3.Connection:
    """Open it. A disk that is full is given the ballast, for the sessions in it still have to be settled."""
    try:
        return _opened(path, new_installation)
    except JournalError:
        if not _ballast(path).exists() or not _is_full(path):
            raise
    _ballast(path).unlink()
    return _opened(path, new_installation)


def _opened(path: Path, new_installation: UUID) -> sqlite3.Connection:
    try:
        if path.exists() and path.stat().st_size:
            _inspect(path)
        connection = create(path, new_installation)
        try:
            _lay_ballast(path)
        except BaseException:
            connection.close()
            raise
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # Damaged text fails in Python's own module, which gives no code.
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
            raise damaged(path, str(error)) from error
        raise JournalFailed(_disk_trouble(path, error)) from error
    except OSError as error:
        raise JournalFailed(_disk_trouble(path, error)) from error
    return connection


def create(path: Path, installation: UUID) -> sqlite3.Connection:
    """A connection that writes, to a file with today's tables. `installation` is for a file that has none yet."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # stop codes and the drivers' own links stand in it
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        for pragma in PRAGMAS:
            connection.execute(pragma)
        _migrate(connection, installation)
        connection.execute(
            "PRAGMA wal_checkpoint(TRUNCATE)"
        )  # the less stands in the log alone, the less can go with it
    except BaseException:
        connection.close()
        raise
    return connection


def _inspect(path: Path) -> None:
    """Look at all of it read-only: opening for writing, and closing again, would change a damaged file."""
    if commits := lost_commits(path):
        raise damaged(path, f"its log has {commits} commits behind a place that cannot be read")
    with contextlib.closing(read_only(path)) as connection:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version > len(MIGRATIONS):
            text = f"{path} was written by a newer kiosk (schema {version}, this one knows {len(MIGRATIONS)}). Update the kiosk."
            raise JournalBroken(Trouble(Fault.JOURNAL_BROKEN, text))
        checked = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
        if checked != "ok":
            raise damaged(path, checked)
        if version == 0:
            if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                text = f"{path} is the database of another program. Put [journal] path where no other file is."
                raise JournalBroken(Trouble(Fault.JOURNAL_BROKEN, text))
        elif (seq := verify(connection)) is not None:
            raise damaged(path, f"the hash chain breaks at row {seq}")
        else:
            _check_installation(connection, path)


def _check_installation(connection: sqlite3.Connection, path: Path) -> None:
    row = connection.execute("SELECT value FROM meta WHERE name = 'installation'").fetchone()
    try:
        UUID(row[0] if row else "0" * 32)
    except ValueError as error:
        raise damaged(path, "the id of this installation cannot be read") from error


def _migrate(connection: sqlite3.Connection, new_installation: UUID) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    for number, script in enumerate(MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute("INSERT OR IGNORE INTO meta VALUES('installation', ?)", (str(new_installation),))


def take_lock(path: Path) -> int:
    """One writer. The kernel frees the lock when the process dies, however it dies."""
    lock_path = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise JournalFailed(_disk_trouble(path, error)) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.pread(lock, 32, 0).decode().strip() or "unknown"
        os.close(lock)
        text = f"The journal {path} is in use by process {owner}. Stop that process first, or use its own commands."
        raise JournalBusy(Trouble(Fault.JOURNAL_BUSY, text)) from error
    with contextlib.suppress(OSError):  # a full disk: the lock holds all the same, only its owner is not told
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
    return lock


def _lay_ballast(path: Path) -> None:
    """Space that only settlement may use, once the disk is full. Not laid where it would itself fill the disk."""
    ballast = _ballast(path)
    if ballast.exists() or shutil.disk_usage(path.parent).free < BALLAST_BYTES + SELL_FREE_BYTES:
        return
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, BALLAST_BYTES)


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < FULL_BYTES
    except OSError:
        return False


def _ballast(path: Path) -> Path:
    return path.with_name(path.name + ".ballast")


def _head(connection: sqlite3.Connection) -> tuple[int, bytes]:
    row = connection.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
    return row or (0, GENESIS)


def _meta(connection: sqlite3.Connection, name: str) -> str:
    return str(connection.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()[0])


def _disk_trouble(path: Path, error: Exception) -> Trouble:
    """The disk's own refusal in one sentence, with what would be right."""
    code = getattr(error, "sqlite_errorcode", None)
    number = getattr(error, "errno", None)
    if os.path.isdir(path):  # noqa: PTH112 - which answers also where nothing may be asked
        return Trouble(
            Fault.CONFIG_WRONG, f"{path} is a folder. Put [journal] path to a file in it, such as journal.sqlite3."
        )
    if code == sqlite3.SQLITE_FULL or number == errno.ENOSPC or _is_full(path):
        return Trouble(
            Fault.DISK_FULL, f"The disk of {path} is full. Free at least 200 MiB, then start the kiosk again."
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM) or number is not None:
        text = f"The journal {path} cannot be written ({error}). Put [journal] path on a disk that this user may write."
        return Trouble(Fault.DISK_READ_ONLY, text)
    return Trouble(Fault.JOURNAL_BROKEN, f"The disk refused to store the journal {path} ({error}). Check the disk.")
