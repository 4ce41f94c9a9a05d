"""What moves on a terminal: the table of a watched meter, the progress of a search. Plain lines where there is none."""

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Table

from kiosk.cli.exits import announce
from kiosk.domain.energy import Reading
from kiosk.domain.fault import Trouble
from kiosk.services.meter.findings import Step
from kiosk.services.modbus.counts import Counts

ROWS = 12
Watched = Callable[[Reading | Trouble, Counts], None]


@contextmanager
def watching(say: Watched, as_json: bool, console: Console | None = None) -> Iterator[Watched]:
    """Takes each reading with what happened on the line. `say` is how it is said where no table can stand."""
    console = console or Console()
    if as_json or not console.is_terminal:
        yield say
        return
    rows: deque[tuple[str, ...]] = deque(maxlen=ROWS)
    first_wh: int | None = None
    with Live(console=console, auto_refresh=False) as live:

        def show(reading: Reading | Trouble, counts: Counts) -> None:
            nonlocal first_wh
            if isinstance(reading, Reading):
                first_wh = reading.import_wh if first_wh is None else first_wh
            rows.append(_row(reading, first_wh or 0))
            live.update(_table(rows, counts), refresh=True)

        yield show


def _row(reading: Reading | Trouble, first_wh: int) -> tuple[str, ...]:
    if isinstance(reading, Trouble):
        return _clock(datetime.now(UTC)), "", "", "", reading.detail
    at = datetime.fromtimestamp(reading.at.utc_ms / 1000, UTC)
    return _clock(at), str(reading.import_wh), f"+{reading.import_wh - first_wh}", str(reading.power_w), reading.number


def _clock(at: datetime) -> str:
    return f"{at.astimezone():%H:%M:%S}"


def _table(rows: deque[tuple[str, ...]], counts: Counts) -> Table:
    table = Table(title=counts.place, caption=str(counts))
    for head in ("time", "import Wh", "since start", "power W"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("serial, or what is wrong")
    for row in rows:
        table.add_row(*row)
    return table


@contextmanager
def searching(as_json: bool, console: Console | None = None) -> Iterator[Callable[[Step], None]]:
    """A bar on a terminal, otherwise a line for each way that is tried; on stderr, and nothing for programs."""
    console = console or Console(stderr=True)
    if as_json:
        yield lambda _: None
    elif console.is_terminal:
        with Progress(BarColumn(), TaskProgressColumn(), TextColumn("{task.description}"), console=console) as bar:
            task = bar.add_task("", total=None)
            yield lambda step: bar.update(task, completed=step.done, total=step.most, description=step.text)
    else:
        yield _line_by_line()


def _line_by_line() -> Callable[[Step], None]:
    last = ""

    def say(step: Step) -> None:
        nonlocal last
        way = step.text.partition(", ")[0]
        if way != last:
            last = way
            announce(f"Trying {way} ...", sys.stderr)

    return say
