"""A station's status as one pill: on its own pages and on the tile that leads to it."""

from kiosk.domain.session import occupies
from kiosk.domain.states import Charging, Phase
from kiosk.domain.view import StationView
from kiosk.ui.station.parts import Pill
from kiosk.words.catalogue import Words


def status(view: StationView, words: Words) -> Pill:
    session = view.session
    if isinstance(session, Charging):
        return _charging(session, words)
    if session is not None and occupies(session):
        return Pill(words.text("Occupied"), "clock", "info")
    if view.trouble is not None:
        return Pill(words.text("Out of order"), "warning", "stop")
    if view.offline_since is not None:
        return Pill(words.text("No connection"), "offline", "warn")
    return Pill(words.text("Free"), "check", "go")


def _charging(session: Charging, words: Words) -> Pill:
    match session.phase:
        case Phase.CHARGING:
            return Pill(words.text("Charging"), "bolt", "go")
        case Phase.DONE:
            return Pill(words.text("Car is done"), "check", "go")
        case Phase.WITHHELD:
            return Pill(words.text("Paused"), "pause", "warn")
