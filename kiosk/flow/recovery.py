"""A session from its journal rows: the same `step` as in life, so that there is no second path."""

from collections.abc import Iterable
from dataclasses import replace

from kiosk.domain.commands import Command
from kiosk.domain.session import step
from kiosk.domain.states import Session, Settling
from kiosk.flow.codec import DUE, decode_due, decode_event, decode_intent
from kiosk.flow.ports import Stored

UPDATE = "go back to the version that wrote it"


def fold(rows: Iterable[Stored]) -> Session:
    """The state after all rows. Raises ValueError if there is no event in them, or if they do not fit this version."""
    session: Session | None = None
    meant: tuple[Command, ...] = ()
    for row in rows:
        if row.kind == DUE:
            session = _owing(session, row)
        elif (intent := decode_intent(row.kind, row.body)) is not None:
            if intent not in meant:
                # What was meant then may have been sent. Another amount or key now would come on top of it.
                raise ValueError(f"{row.kind} {row.body} is not what this version would do there; {UPDATE}")
        elif (event := decode_event(row.kind, row.body)) is not None:
            session, meant = step(session, event)
    if session is None:
        raise ValueError("A session without any event cannot be restored.")
    return session


def _owing(session: Session | None, row: Stored) -> Session:
    """A due is never worked out twice: what was fixed then is owed now, whatever this version would come to."""
    if not isinstance(session, Settling):
        state = type(session).__name__
        raise ValueError(f"a due was fixed where this version comes to {state}; {UPDATE}")
    return replace(session, due=decode_due(row.body))
