"""What an engine without a screen says: one line per change of what matters, which systemd's journal keeps."""

from collections.abc import Callable

from kiosk.cli.sessions import clock_text
from kiosk.domain.fault import Trouble
from kiosk.domain.states import Abandoned, Session, Settled, Settling, Stopping, Stuck, Withdrawing, offer_of
from kiosk.domain.view import Stations, StationView


class Voice:
    """Says what every station is now, and then each change. What `say` could not bring out is said with the next one."""

    def __init__(self, stations: Stations, say: Callable[[str], bool]) -> None:
        self._stations, self._say = stations, say
        self._said: dict[str, StationView] = {}
        for view in stations.views():
            self._tell(view)
        stations.on_change(self._changed)

    def _changed(self, station_id: str) -> None:
        for view in self._stations.views():
            if view.info.id == station_id:
                self._tell(view)

    def _tell(self, view: StationView) -> None:
        text = line(self._said.get(view.info.id), view)
        if text is None or self._say(text):
            self._said[view.info.id] = view


def line(before: StationView | None, now: StationView) -> str | None:
    """Time, station, and all that it is `now`; None where nothing of it changed. No stop code, phone number or key."""
    if before is not None and not _news(before, now):
        return None
    parts = ["free" if now.session is None else _told(now.session), *map(_told, now.unseen)]
    if before is None and now.info.on_trial:
        parts.append(f"on trial: {', '.join(now.info.on_trial)}")
    if now.trouble is not None:
        parts.append(f"sells nothing: {_why(now.trouble)}")
    if now.offline_since is not None:
        parts.append(f"offline since {clock_text(now.offline_since.utc_ms)}")
    return f"{clock_text(now.now.utc_ms)} {now.info.id} {'; '.join(parts)}"


def _news(before: StationView, now: StationView) -> bool:
    """A trouble is known by its code: its sentence may count something. That an unseen session is over was said before."""
    if _state(before) != _state(now):
        return True
    known = {_mark(session) for session in (before.session, *before.unseen) if session is not None}
    return any(_mark(session) not in known for session in now.unseen)


def _state(view: StationView) -> tuple[object, ...]:
    fault = view.trouble.fault if view.trouble else None
    return _mark(view.session) if view.session else None, fault, view.offline_since


def _mark(session: Session) -> tuple[object, ...]:
    trouble = _trouble(session)
    return offer_of(session).reference, type(session), trouble.fault if trouble else None


def _told(session: Session) -> str:
    text = f"{type(session).__name__.lower()} {offer_of(session).reference}"
    if isinstance(session, Settling):
        text += f", {session.due.due} due"
    elif isinstance(session, Settled):
        text += f", {session.account.captured} captured, {session.account.cancelled} released"
    trouble = _trouble(session)
    return f"{text}: {_why(trouble)}" if trouble else text


def _trouble(session: Session) -> Trouble | None:
    match session:
        case Stuck() | Abandoned() | Withdrawing():
            return session.trouble
        case Stopping() | Settling():
            return session.fault
        case Settled():
            return session.settling.fault
        case _:
            return None


def _why(trouble: Trouble) -> str:
    return f"{' '.join(trouble.detail.split())} ({trouble.fault})"
