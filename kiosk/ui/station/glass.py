"""What the glass itself remembers between two touches. Everything else comes from the station's view."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.energy import Instant
from kiosk.domain.view import StationView


class Place(StrEnum):
    """Where the driver has gone by touching; a live session decides the rest."""

    HOME = "home"
    HOLD = "hold"
    TERMS = "terms"
    CODE = "code"


class Message(StrEnum):
    """What the keypad has to say about the last code."""

    NONE = ""
    WRONG = "wrong"
    LOCKED = "locked"


@dataclass(frozen=True)
class Tongue:
    code: str
    name: str


@dataclass(frozen=True)
class Glass:
    """`station` is empty while the tiles are shown. `sent` is an intent whose effect is still to come, in `sent_in`.

    The first of `tongues` is every driver's first. `closes_s` is when being left alone ends what is shown (None: never).
    """

    language: str
    tongues: tuple[Tongue, ...] = ()
    station: str = ""
    place: Place = Place.HOME
    chosen: int | None = None
    digits: str = ""
    message: Message = Message.NONE
    sent: str = ""
    sent_in: str = ""
    dimmed: bool = False
    closes_s: int | None = None


def gone_s(since: Instant, now: Instant) -> int:
    """Whole seconds for a person to see: by the monotonic clock, or by the wall clock across a restart."""
    if since.boot == now.boot:
        return max(0, now.mono_ms - since.mono_ms) // 1000
    return max(0, now.utc_ms - since.utc_ms) // 1000


def shown(views: tuple[StationView, ...], glass: Glass) -> StationView | None:
    """The station on the glass: the chosen one, or the only one."""
    if len(views) == 1:
        return views[0]
    return next((view for view in views if view.info.id == glass.station), None)


def chosen_hold(view: StationView, glass: Glass) -> int:
    """The index of the hold that is marked: the touched one, else the preferred one."""
    holds = view.info.holds
    if glass.chosen is not None and glass.chosen < len(holds):
        return glass.chosen
    return holds.index(view.info.preferred) if view.info.preferred in holds else 0
