"""`kiosk sessions`: what the journal knows, also beside a running station."""

import time
from typing import Annotated, Any

import typer

from kiosk.cli.exits import fail, show
from kiosk.cli.options import CONFIG_DEFAULT, Config, Json, formed
from kiosk.config import load
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.states import Charging, Session, Settled, Settling, Stopping, Stuck, offer_of
from kiosk.flow.recovery import fold
from kiosk.journal.reading import Entry, entries, open_reader, sessions, verify
from kiosk.journal.salvage import release

app = typer.Typer(no_args_is_help=True, help="Sessions in the journal, also beside a running station.")

Tail = Annotated[
    str,
    typer.Argument(
        metavar="REFERENCE",
        parser=formed(r"[A-Za-z0-9-]{1,64}", "write a session's reference, or its last letters, digits and hyphens"),
        help="The session's reference, or as many of its last characters as tell it from the others.",
    ),
]


@app.command("list")
def list_(config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Every session, oldest first: its state, energy in kWh, and what was due, captured and released."""
    connection = open_reader(load(config).journal.path)
    broken = verify(connection)
    chain = "verified" if broken is None else f"breaks at row {broken}"
    found = [{**_told(name, entries(connection, name)), "chain": chain} for name in sessions(connection)]

    def lines() -> None:
        for row in found:
            print(f"{row['opened']}  {row['session']:<36} {row['state']:<12} {row['why']:<16} "
                  f"{row['energy_wh'] / 1000:9.3f} kWh  due {row['due']:>12}  "
                  f"captured {row['captured']:>12}  released {row['released']:>12}")  # fmt: skip

        if broken is not None:
            print(f"The chain {chain}: what stands from there on was changed after it was written.")

    show(found, as_json, lines)


@app.command("show")
def show_(session: Tail, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Every journal row of one session, and whether the journal's chain is unbroken."""
    connection = open_reader(load(config).journal.path)
    names = [name for name in sessions(connection) if name.endswith(session)]
    if len(names) != 1:
        text = f"{len(names)} sessions end in {session!r}; `kiosk sessions list` shows their references."
        fail(Trouble(Fault.PAYMENT_UNKNOWN, text))
    rows = entries(connection, names[0])
    broken = verify(connection)
    data = {
        **_told(names[0], rows),
        "chain": "verified" if broken is None else f"breaks at row {broken}",
        "rows": [{"seq": row.seq, "at": clock_text(row.at.utc_ms), "kind": row.kind, "body": row.body} for row in rows],
    }

    def lines() -> None:
        for row in rows:
            print(f"{row.seq:>6}  {clock_text(row.at.utc_ms)}  {row.kind:<20} {row.body}")
        print(
            f"chain {data['chain']}; {data['state']}, due {data['due']}, captured {data['captured']}, released {data['released']}"
        )

    show(data, as_json, lines)


@app.command("release")
def release_(
    who: Annotated[str, typer.Option(help="Your name; it is kept beside what was taken over.")],
    config: Config = CONFIG_DEFAULT,
    as_json: Json = False,
) -> None:
    """Let the station sell again after a damaged journal was taken over. Stop the station first."""
    found = release(load(config).journal.path, who, round(time.time() * 1000))

    def lines() -> None:
        if found is None:
            print("Nothing waits to be released: the journal is whole.")
        else:
            print(f"Released by {who}. The station sells again from its next start; {found.file} is kept.")

    show({"released": found is not None, "file": found.file if found else None}, as_json, lines)


def _told(name: str, rows: list[Entry]) -> dict[str, Any]:
    """A session that this version cannot read is still told of: the others are none the worse for it."""
    try:
        return summary(fold(rows))
    except ValueError as error:
        nothing = dict.fromkeys(("due", "captured", "released"), "-")
        opened = clock_text(rows[0].at.utc_ms)
        return {"session": name, "opened": opened, "state": "unreadable", "why": str(error), "energy_wh": 0, **nothing}


def summary(session: Session) -> dict[str, Any]:
    """One session in finished words and whole numbers."""
    offer = offer_of(session)
    inner = session.settling if isinstance(session, Settled) else session.was if isinstance(session, Stuck) else session
    settling = inner if isinstance(inner, Settling) else None
    used = inner if isinstance(inner, Charging | Stopping | Settling) else None
    account = settling.checked if settling else None
    return {
        "session": offer.reference,
        "station": offer.station,
        "opened": clock_text(offer.at.utc_ms),
        "state": type(session).__name__.lower(),
        "why": str(getattr(inner, "why", "")),
        "hold": str(offer.hold),
        "energy_wh": used.usage.energy_wh if used else 0,
        "due": str(settling.due.due) if settling else "-",
        "captured": str(account.captured) if account else "-",
        "released": str(account.cancelled) if account else "-",
        "receipt": settling.receipt if settling else "",
        "fault": str(settling.fault.fault) if settling and settling.fault else "",
        "meter": used.begin.number if used and used.begin else "",
        "begin_wh": used.begin.import_wh if used and used.begin else None,
        "end_wh": settling.end.import_wh if settling and settling.end else None,
    }


def clock_text(utc_ms: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(utc_ms / 1000))
