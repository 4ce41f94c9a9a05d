"""After the day: what each driver paid and why, and whether Vipps' ledger and the journal tell the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kiosk.domain.states import Abandoned, Offer, Session, Settled, Stuck, Why, offer_of
from kiosk.flow.recovery import fold
from kiosk.journal.reading import entries, open_reader, sessions, verify


@dataclass(frozen=True)
class Entry:
    """One session as the journal ends it."""

    offer: Offer
    session: Session
    why: Why | None
    energy_wh: int
    due: int
    captured: int
    released: int
    receipt: str


def read_journal(path: Path) -> tuple[list[Entry], list[str]]:
    """Every session of the day, and what is wrong with the journal itself."""
    connection = open_reader(path)
    try:
        broken = verify(connection)
        found = [entry_of(fold(entries(connection, name))) for name in sessions(connection)]
    finally:
        connection.close()
    return found, [] if broken is None else [f"The journal's chain breaks at row {broken}."]


def entry_of(session: Session) -> Entry:
    offer = offer_of(session)
    if isinstance(session, Settled):
        settling, account = session.settling, session.account
        return Entry(
            offer,
            session,
            settling.why,
            settling.usage.energy_wh,
            settling.due.due.minor,
            account.captured.minor,
            account.cancelled.minor,
            settling.receipt,
        )
    why = session.why if isinstance(session, Abandoned) else None
    return Entry(offer, session, why, 0, 0, 0, 0, "")


def disagreements(entries_: Sequence[Entry], ledger: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Every way in which the two books differ, in a sentence each. Nothing to say is the promise kept."""
    ours = {entry.offer.reference: entry for entry in entries_}
    found = [f"Vipps knows {reference}, the journal does not." for reference in ledger.keys() - ours.keys()]
    for reference, entry in ours.items():
        theirs = ledger.get(reference)
        if isinstance(entry.session, Settled):
            found += _compare(entry, theirs)
        elif isinstance(entry.session, Abandoned):
            if theirs is not None and (theirs["captured"] or theirs["authorized"] > theirs["cancelled"]):
                found.append(f"{reference} is abandoned, but Vipps holds {theirs}.")
        elif isinstance(entry.session, Stuck):
            found.append(f"{reference} waits for a person: {entry.session.trouble.detail}")
        else:
            found.append(f"{reference} is not settled: {type(entry.session).__name__}.")
    return found


def _compare(entry: Entry, theirs: Mapping[str, Any] | None) -> list[str]:
    reference = entry.offer.reference
    if theirs is None:
        return [f"{reference} is settled in the journal, but Vipps does not know it."]
    found = []
    for name, value in (("captured", entry.captured), ("cancelled", entry.released)):
        if theirs[name] != value:
            found.append(f"{reference}: the journal has {value} {name}, Vipps has {theirs[name]}.")
    if entry.captured + entry.released != theirs["authorized"]:
        found.append(f"{reference}: {entry.captured} + {entry.released} is not the {theirs['authorized']} authorised.")
    if theirs["refunded"]:
        found.append(f"{reference}: Vipps has {theirs['refunded']} refunded, the journal knows of no refund.")
    if entry.captured != entry.due:
        found.append(f"{reference}: due {entry.due}, captured {entry.captured}.")
    receipt = theirs.get("receipt")
    lines = receipt["orderLines"] if receipt else []
    if sum(line["totalAmount"] for line in lines) != entry.captured:
        found.append(f"{reference}: the receipt's lines do not add up to {entry.captured}.")
    return found
