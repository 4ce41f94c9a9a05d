"""A session from its journal rows: the same `step` as in life, so that there is no second path."""

from collections.abc import Iterable

from kiosk.domain.session import step
from kiosk.domain.states import Session
from kiosk.flow.codec import decode_event
from kiosk.flow.ports import Stored


def fold(rows: Iterable[Stored]) -> Session:
    """The state after all rows. Raises ValueError if there is no event in them."""
    session: Session | None = None
    for row in rows:
        event = decode_event(row.kind, row.body)
        if event is not None:
            session, _ = step(session, event)
    if session is None:
        raise ValueError("A session without any event cannot be restored.")
    return session
