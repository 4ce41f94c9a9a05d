"""Events and intents as the journal's JSON text, and back. A field's name and unit is the format; nothing else is kept."""

from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter

from kiosk.domain.commands import Intent
from kiosk.domain.energy import Instant
from kiosk.domain.events import Event
from kiosk.domain.tariff import Due
from kiosk.flow.ports import Row

EVENTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Event)}
INTENTS: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Intent)}
INTENT = "intent:"
DUE = "due"
ENDED = "ended"


def event_row(session: str, event: Event) -> Row:
    return Row(session, f"event:{type(event).__name__}", _encode(event), event.at)


def intent_row(session: str, intent: Intent, at: Instant) -> Row:
    return Row(session, f"{INTENT}{type(intent).__name__}", _encode(intent), at)


def due_row(session: str, due: Due, at: Instant) -> Row:
    """What the driver owes, as it was when it was fixed: an update may round differently, a due may not."""
    return Row(session, DUE, _adapter("Due").dump_json(due).decode(), at)


def ended_row(session: str, state: str, at: Instant) -> Row:
    return Row(session, ENDED, f'{{"state":"{state}"}}', at)


def decode_intent(kind: str, body: str) -> Intent | None:
    """The intent of a row, None for a row of another kind. Raises ValueError for one that this version does not know."""
    name = kind.removeprefix(INTENT)
    if name == kind:
        return None
    if name not in INTENTS:
        raise ValueError(f"The journal has an intent {name!r} that this version does not know. Update the kiosk.")
    intent: Intent = _adapter(name).validate_json(body)
    return intent


def decode_due(body: str) -> Due:
    due: Due = _adapter("Due").validate_json(body)
    return due


def decode_event(kind: str, body: str) -> Event | None:
    """The event of a row, None for a row that is a due, an intent or an end. Raises ValueError for an unknown kind."""
    if kind in (DUE, ENDED) or kind.startswith(INTENT):
        return None
    name = kind.removeprefix("event:")
    if name not in EVENTS:
        raise ValueError(f"The journal has an event {name!r} that this version does not know. Update the kiosk.")
    event: Event = _adapter(name).validate_json(body)
    return event


def _encode(item: Event | Intent) -> str:
    return _adapter(type(item).__name__).dump_json(item).decode()


@cache
def _adapter(name: str) -> TypeAdapter[Any]:
    return TypeAdapter({**EVENTS, **INTENTS, "Due": Due}[name])
