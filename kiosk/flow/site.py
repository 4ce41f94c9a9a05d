"""All stations of one kiosk behind the one port that surfaces see, and whether Vipps can be reached."""

import logging
from collections.abc import Callable

from kiosk.domain.energy import Instant, later
from kiosk.domain.events import Act
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.domain.money import Money
from kiosk.domain.outcome import InDoubt, Outcome, Refused
from kiosk.domain.session import occupies
from kiosk.domain.states import Session, offer_of
from kiosk.domain.view import StationView, StopAnswer
from kiosk.flow.ports import Clock, Journal, Payments
from kiosk.flow.post import Post
from kiosk.flow.recovery import fold
from kiosk.flow.tasks import TaskScope

PROBE_S = 60
PROBE_REFERENCE = "ladekiosk-probe"


log = logging.getLogger(__name__)


class Site:
    """Satisfies `domain.view.Stations`. Build it, add its posts, then `await run()` inside the scope that owns it."""

    def __init__(
        self,
        clock: Clock,
        journal: Journal,
        payments: Payments,
        room: Callable[[], Trouble | None],
        salvaged: Trouble | None = None,
    ) -> None:
        self._clock, self._journal, self._payments, self._room = clock, journal, payments, room
        self._salvaged = salvaged
        self._posts: dict[str, Post] = {}
        self.meters: dict[str, str] = {}
        self._listeners: list[Callable[[str], None]] = []
        self._away: Trouble | None = None
        self._offline_since: Instant | None = None
        self._keys: Trouble | None = None
        self._told: Trouble | None = None
        self._next_probe: Instant | None = None
        self._left_over: Trouble | None = None

    def add(self, post: Post) -> None:
        self._posts[post.info.id] = post

    def views(self) -> tuple[StationView, ...]:
        trouble = self._no_sale()
        return tuple(post.view(self._offline_since, self._next_probe, trouble) for post in self._posts.values())

    def on_change(self, call: Callable[[str], None]) -> None:
        self._listeners.append(call)

    def changed(self, station_id: str) -> None:
        for call in self._listeners:
            call(station_id)

    def heard(self, outcome: Outcome[object]) -> None:
        """Every answer of Vipps tells whether it can be reached, whether it knows our keys, and what time it is."""
        trouble = outcome.trouble if isinstance(outcome, InDoubt | Refused) else None
        self._away = trouble if trouble and trouble.fault in (Fault.NETWORK_AWAY, Fault.VIPPS_AWAY) else None
        keys = trouble if trouble is not None and trouble.fault is Fault.VIPPS_KEYS else None
        since = (self._offline_since or self._clock.now()) if self._away else None
        before, self._offline_since, self._keys = (self._offline_since, self._told), since, keys
        self._told = self._no_sale()
        if (since, self._told) != before:
            for station_id in self._posts:
                self.changed(station_id)

    def start(self, station_id: str, hold: Money, language: str) -> None:
        trouble = self._no_sale() or self._away
        if trouble is None:
            self._posts[station_id].start(hold, language)
        else:
            self._posts[station_id].turn_away(trouble)

    def _no_sale(self) -> Trouble | None:
        return self._salvaged or self._left_over or self._keys or self._room()

    def press(self, station_id: str, act: Act, who: str) -> None:
        self._posts[station_id].press(act, who)

    def stop(self, station_id: str, code: str) -> StopAnswer:
        return self._posts[station_id].stop(code)

    def leave(self, station_id: str) -> None:
        self._posts[station_id].leave()

    async def run(self, scope: TaskScope) -> None:
        """Take up what the journal remembers, then serve until cancelled."""
        for rows in await self._journal.unsettled():
            try:
                session = fold(rows)
                self._post_of(session).resume(session, salvaged=self._salvaged is not None)
            except (FaultError, ValueError) as error:
                # The others settle all the same, and nothing new is sold beside a session that nobody can take up.
                self._left_over = _left_over(error)
                log.error("%s", self._left_over.detail)
        for post in self._posts.values():
            scope.spawn(post.run(), f"station {post.info.id}")
        scope.spawn(self._probe(), "vipps probe")
        await scope.wait()

    def _post_of(self, session: Session) -> Post:
        """A session that only settles needs no meter, so any post carries it; one that may charge needs its own."""
        offer = offer_of(session)
        if offer.station not in self._posts and occupies(session):
            text = (
                f"The journal has the running session {offer.reference} of station {offer.station}, which is not in the "
                f"settings. Put the station back until that session is settled."
            )
            raise FaultError(Trouble(Fault.CONFIG_WRONG, text))
        return self._posts.get(offer.station) or next(iter(self._posts.values()))

    async def _probe(self) -> None:
        """Ask for a payment that nobody made: the answer is that there is none, and that Vipps is there."""
        while True:
            self._next_probe = None  # it is now
            self.heard(await self._payments.look(PROBE_REFERENCE))
            self._next_probe = later(self._clock.now(), PROBE_S)
            await self._clock.sleep(PROBE_S)


def _left_over(error: FaultError | ValueError) -> Trouble:
    if isinstance(error, FaultError):
        return error.trouble
    text = f"A session in the journal cannot be read ({error}). Nothing is sold until somebody has looked at it."
    return Trouble(Fault.JOURNAL_BROKEN, text)
