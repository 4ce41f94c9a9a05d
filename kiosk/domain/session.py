"""The only place that decides: `step(session, event)` gives the next state and what is to be done."""

from dataclasses import dataclass, replace
from typing import assert_never

from kiosk.domain import charging, offering, settling, stopping
from kiosk.domain.commands import Command, Look, Watch
from kiosk.domain.energy import Instant, later
from kiosk.domain.events import Event, Opened
from kiosk.domain.states import (
    Abandoned,
    Asked,
    Charging,
    Late,
    Offered,
    Ready,
    Returning,
    Session,
    Settled,
    Settling,
    Step,
    Stopping,
    Stuck,
    Waiting,
    Withdrawing,
)
from kiosk.domain.tariff import Usage

FIRST_LOOK_S = 5
LOOK_S = 2
WATCH_S = 2

Moved = tuple[Session, tuple[Command, ...]]


def step(session: Session | None, event: Event) -> Moved:
    """One event, one decision. Raises ValueError where a journal does not begin with `Opened`."""
    match session:
        case None:
            if not isinstance(event, Opened):
                raise ValueError(f"A session begins with Opened, not with {type(event).__name__}.")
            return offering.opened(event)
        case Asked():
            return offering.asked(session, event)
        case Offered():
            return offering.offered(session, event)
        case Withdrawing():
            return offering.withdrawing(session, event)
        case Late():
            return offering.late(session, event)
        case Ready():
            return charging.ready(session, event)
        case Waiting():
            return charging.waiting(session, event)
        case Charging():
            return charging.charging(session, event)
        case Returning():
            return charging.returning(session, event)
        case Stopping():
            return stopping.stopping(session, event)
        case Settling():
            return settling.settling(session, event)
        case Settled() | Abandoned() | Stuck():
            return session, ()
        case _:
            assert_never(session)


@dataclass(frozen=True)
class Next:
    """What to do when nothing else happens for `after_s`: a look, a watch, or only a tick."""

    after_s: float
    command: Look | Watch | None


def idle(session: Session, now: Instant) -> Next | None:
    """None once the session is over or waits for a person."""
    match session:
        case Asked(pace=pace):
            return Next(pace.left_s(now), None)
        case Offered(offer=offer, since=since):
            fresh = now.utc_ms - since.utc_ms < FIRST_LOOK_S * 1000
            return Next(FIRST_LOOK_S if fresh else LOOK_S, Look(offer.reference))
        case Withdrawing(offer=offer, pace=pace):
            return Next(pace.left_s(now), Look(offer.reference))
        case Late():
            return Next(1, None)
        case Ready() | Waiting() | Charging() | Returning() | Stopping():
            return Next(WATCH_S, Watch())
        case Settling(offer=offer, pace=pace, step=at):
            return Next(pace.left_s(now), None if at in (Step.RECEIPT, Step.LINK) else Look(offer.reference))
        case Settled() | Abandoned() | Stuck():
            return None
        case _:
            assert_never(session)


def acts_at(session: Session | None) -> Instant | None:
    """When a session that waits for Vipps tries again by itself, None where it does not wait."""
    if isinstance(session, Withdrawing | Settling) and session.pace.tries > 1:
        return later(session.pace.since, session.pace.wait_s)
    return None


def occupies(session: Session) -> bool:
    """Whether the post itself is in use: its cable, its contactor or its one live offer."""
    return not isinstance(session, Settling | Settled | Abandoned | Stuck)


def noteworthy(before: Session | None, after: Session) -> bool:
    """Whether an event changed more than the running measures, and so has to be in the journal at once."""
    return before is None or _essence(before) != _essence(after)


def _essence(session: Session) -> Session:
    """A session without its running measures."""
    if isinstance(session, Waiting):
        return replace(session, last=session.begin)
    if isinstance(session, Charging):
        return replace(session, last=session.begin, usage=Usage())
    return session
