"""What a touch does to the glass: pure steps from one memory to the next, and the rules for being left alone."""

from dataclasses import dataclass, replace

from kiosk.domain.events import Act
from kiosk.domain.states import Abandoned, Charging, Settled, Settling, Stuck, Why
from kiosk.domain.view import StationView
from kiosk.ui.station.glass import Glass, Message, Place

CHOOSING_S = 60
SUMMARY_S = 60
CANCELLED_S = 15
UNSETTLED_S = 120
SENT_S = 10
DIGITS = 4
FREE, TURNED_AWAY = "", "TurnedAway"

PRESSES = {"cancel": Act.CANCEL, "continue": Act.CONTINUE, "release": Act.RELEASE, "stop-now": Act.STOP}


@dataclass(frozen=True)
class Idle:
    """What happens after `after_s` without a touch: `leave` also tells the station that its driver has gone."""

    after_s: int
    leave: bool


def idle(view: StationView | None, glass: Glass, *, several: bool) -> Idle | None:
    """None where the page stays for as long as its session does."""
    session = view.session if view else None
    match session:
        case Settled():
            return Idle(SUMMARY_S, leave=True)
        case Abandoned(why=why):
            return Idle(CANCELLED_S if why is Why.DRIVER_CANCELLED else SUMMARY_S, leave=True)
        case Settling() | Stuck():
            return Idle(UNSETTLED_S, leave=True)
        case Charging() if glass.place is Place.CODE:
            return Idle(CHOOSING_S, leave=False)
        case None if view is not None and view.turned_away is not None:
            return Idle(SUMMARY_S, leave=True)
        case None if glass.sent:
            return None
        case None if glass.place is not Place.HOME or glass.language != glass.tongues[0].code:
            return Idle(CHOOSING_S, leave=False)
        case _ if several and glass.station:
            return Idle(CHOOSING_S, leave=False)
        case _:
            return None


def forget(glass: Glass) -> Glass:
    """The glass as the next driver finds it."""
    return Glass(glass.tongues[0].code, glass.tongues, dimmed=glass.dimmed)


def again(glass: Glass) -> Glass:
    """The same driver begins once more, with their language and at their station."""
    return replace(forget(glass), language=glass.language, station=glass.station)


def follow(glass: Glass, view: StationView | None) -> Glass:
    """The station has moved on: what was sent has had its effect, and no page of another state stays."""
    session = view.session if view else None
    if glass.sent and state_name(view) != glass.sent_in:
        glass = replace(glass, sent="", sent_in="")
    if state_name(view) != FREE and glass.place in (Place.HOLD, Place.TERMS):
        glass = replace(glass, place=Place.HOME)
    if glass.place is Place.CODE and not isinstance(session, Charging):
        glass = go_back(glass)
    return glass


def go_back(glass: Glass) -> Glass:
    """One page back, with nothing typed left on it."""
    place = Place.HOLD if glass.place is Place.TERMS else Place.HOME
    return replace(glass, place=place, digits="", message=Message.NONE)


def typed(glass: Glass, digit: str) -> Glass:
    if len(glass.digits) >= DIGITS or digit not in tuple("0123456789"):
        return glass
    return replace(glass, digits=glass.digits + digit, message=Message.NONE)


def state_name(view: StationView | None) -> str:
    """By which the glass knows that what it sent has had its effect."""
    if view is None or (view.session is None and view.turned_away is None):
        return FREE
    return TURNED_AWAY if view.session is None else type(view.session).__name__


def moment(view: StationView | None, glass: Glass) -> str:
    """What a station's page is about, in one word: the session's state, or why there can be none."""
    if view is None:
        return ""
    if view.session is not None or view.turned_away is not None:
        return state_name(view).lower()
    if glass.sent:
        return glass.sent
    if view.trouble is not None:
        return view.trouble.fault
    return "offline" if view.offline_since is not None else ""
