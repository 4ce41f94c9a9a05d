"""A process that writes a journal, to be killed, refused or starved: `python writer.py PATH [how]`; says what is on disk.

`how`: `fast` writes small rows for ever, `full N` writes under a limit of N bytes a file, `hold` only holds the lock.
"""

import asyncio
import resource
import signal
import sys
from pathlib import Path
from uuid import UUID

from kiosk.domain.energy import Instant
from kiosk.flow.ports import Row
from kiosk.journal import store
from kiosk.journal.errors import JournalError
from kiosk.journal.store import open_journal

INSTALLATION = UUID("6f1c2c5e-3b0e-4a9d-8a52-6d1f2f4b7a10")


def row(number: int, size: int = 40) -> Row:
    return Row(f"s-{number % 7}", "event:Ticked", f"{number}:" + "x" * size, Instant(number, "boot-1", number))


async def main(path: Path, how: str, limit: int) -> None:
    store.BALLAST_BYTES = 2**20
    journal = open_journal(path, INSTALLATION)
    say("open")
    if how == "hold":
        await asyncio.sleep(60)
    if how == "full":
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    number = 0
    while True:
        number += 1
        await journal.append([row(number, 20_000 if how == "full" else 40)])
        say(str(number))


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int([*sys.argv, "0"][3])))
    except JournalError as error:
        say(f"{type(error).__name__} {error.trouble.fault} {error}")
        sys.exit(3)
