"""One station: its present session, whether it can sell, and its door to the driver. Older sessions settle beside it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.domain.energy import Instant, Pilot, Plug, Reading
from kiosk.domain.events import Act, Opened, Restarted
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money
from kiosk.domain.outcome import Outcome
from kiosk.domain.session import acts_at, occupies
from kiosk.domain.states import Offer, Session, offer_of
from kiosk.domain.view import StationInfo, StationView, StopAnswer
from kiosk.flow.loop import SessionLoop
from kiosk.flow.perform import Ports
from kiosk.flow.ports import Journal
from kiosk.flow.tasks import TaskScope, first

HEALTH_S = 15
STRAY_W = 100
STOP_TRIES = 5
STOP_LOCK_S = 60
UNSETTLED_MAX = 20


@dataclass(frozen=True)
class Papers:
    """What makes an offer this site's own: handed in, since the flow draws no lots and knows no addresses."""

    new_reference: Callable[[str, Instant], str]
    new_code: Callable[[], str]
    make: Callable[[StationInfo, Money, str, str, str, Instant], Offer]


class Post:
    """A station's engine. Intents are taken at once and done by its own task; `changed` tells the surfaces."""

    def __init__(
        self,
        info: StationInfo,
        ports: Ports,
        journal: Journal,
        papers: Papers,
        scope: TaskScope,
        changed: Callable[[str], None],
        heard: Callable[[Outcome[object]], None],
        meters: dict[str, str],
    ) -> None:
        """`meters` is the whole site's: which station reads the meter of which serial number, or at which place where it tells none."""
        self.info = info
        self._meters = meters
        self._ports, self._journal, self._papers, self._scope = ports, journal, papers, scope
        self._tell, self._heard = changed, heard
        self._current: SessionLoop | None = None
        self._loops: list[SessionLoop] = []
        self._asked: asyncio.Queue[tuple[Money, str]] = asyncio.Queue()
        self._trouble: Trouble | None = None
        self._trouble_since: Instant | None = None
        self._turned_away: Trouble | None = None
        self._tries, self._locked_until_ms = 0, 0

    def view(
        self, offline_since: Instant | None, next_probe: Instant | None, site_trouble: Trouble | None
    ) -> StationView:
        now = self._ports.clock.now()
        loop = self._current
        return StationView(
            self.info,
            now,
            loop.session if loop else None,
            site_trouble or self._trouble,
            self._trouble_since,
            offline_since,
            acts_at(loop.session if loop else None) or (next_probe if offline_since else None),
            loop.code_png if loop else None,
            max(0, -(-(self._locked_until_ms - now.mono_ms) // 1000)),
            turned_away=self._turned_away,
            unseen=tuple(each.session for each in self._loops if each is not loop and each.session is not None),
        )

    @property
    def free(self) -> bool:
        session = self._current.session if self._current else None
        return self._current is None or (session is not None and not occupies(session))

    def start(self, hold: Money, language: str) -> None:
        if self.free and self._asked.empty() and hold in self.info.holds:
            self._turned_away = None
            self._asked.put_nowait((hold, language))

    def turn_away(self, trouble: Trouble) -> None:
        """A start cannot be begun: its driver stands before the glass and is told why, until they leave."""
        if self.free:
            self._turned_away = trouble
            self._tell(self.info.id)

    def press(self, act: Act, who: str) -> None:
        if self._current is not None:
            self._current.press(act, who)

    def stop(self, code: str) -> StopAnswer:
        """Five wrong codes lock the pad for a minute; the driver's own phone and an emergency stop stay free."""
        now_ms = self._ports.clock.now().mono_ms
        if self._current is None or now_ms < self._locked_until_ms:
            return StopAnswer.LOCKED
        if self.info.asks_stop_code and code != self._current.offer.code:
            self._tries += 1
            if self._tries >= STOP_TRIES:
                self._tries, self._locked_until_ms = 0, now_ms + STOP_LOCK_S * 1000
            self._tell(self.info.id)
            return StopAnswer.WRONG
        self._tries = 0
        self._current.press(Act.STOP, "glass")
        return StopAnswer.STOPPED

    def leave(self) -> None:
        if self.free:
            self._current = self._turned_away = None
            self._tell(self.info.id)

    def resume(self, session: Session, *, salvaged: bool) -> None:
        """A session that the journal remembers goes on, on the glass if its cable may still be in use."""
        loop = self._loop(offer_of(session), session)
        if occupies(session):
            self._current = loop
        self._spawn(loop, Restarted(self._ports.clock.now(), salvaged))

    async def run(self) -> None:
        """Begin sessions when asked, and while nobody charges see to it that one could."""
        while True:
            if self.free:
                await self._check()
            which, asked = await first(self._asked.get(), self._ports.clock.sleep(HEALTH_S))
            if which == 0 and self.free:
                await self._begin(*asked)

    async def _begin(self, hold: Money, language: str) -> None:
        """Look at meter and controller once more: nothing is reserved for a post that cannot start."""
        await self._check()
        if self._trouble is not None:
            self.turn_away(self._trouble)
            return
        now = self._ports.clock.now()
        reference, code = self._papers.new_reference(self.info.id, now), self._papers.new_code()
        offer = self._papers.make(self.info, hold, language, reference, code, now)
        self._current = self._loop(offer, None)
        self._tries, self._locked_until_ms = 0, 0
        self._spawn(self._current, Opened(now, offer))

    async def _check(self) -> None:
        trouble = await self._find_trouble()
        if trouble != self._trouble:
            self._trouble = trouble
            self._trouble_since = self._ports.clock.now() if trouble else None
            self._tell(self.info.id)

    async def _find_trouble(self) -> Trouble | None:
        ports, station = self._ports, self.info.id
        if not ports.charger.sells:
            text = f"Station {station} has no controller that can switch; set `controller` to one that can."
            return Trouble(Fault.CONFIG_WRONG, text)
        if len(self._loops) >= UNSETTLED_MAX:
            return Trouble(Fault.VIPPS_AWAY, f"{len(self._loops)} sessions of station {station} wait to be settled.")
        reading = await ports.meter.read()
        if not isinstance(reading, Reading):
            return reading
        if (owner := self._meters.setdefault(reading.serial, station)) != station:
            text = f"Stations {owner} and {station} read the same meter {reading.serial}: its energy would be paid twice. Give each its own."
            return Trouble(Fault.CONFIG_WRONG, text)
        plug = await ports.charger.look()
        if isinstance(plug, Plug) and (plug.enabled is not False or reading.power_w > STRAY_W):
            # Nobody charges here, so nothing may be on: opening is safe at any time, and told until it is proven.
            await ports.charger.disable()
            plug = await ports.charger.look()
        if not isinstance(plug, Plug):
            return plug
        if plug.enabled is not False or reading.power_w > STRAY_W:
            text = f"The contactor of station {station} is not open ({reading.power_w} W flow) although nobody charges. Call an electrician."
            return Trouble(Fault.CONTACTOR_STUCK, text)
        if plug.pilot in (Pilot.E, Pilot.F):
            text = f"The controller of station {station} reports IEC 61851 state {plug.pilot}. Read its own error register."
            return Trouble(Fault.CHARGER_FAULT, text)
        return None

    def _loop(self, offer: Offer, session: Session | None) -> SessionLoop:
        return SessionLoop(self._ports, self._journal, offer, session, lambda: self._tell(self.info.id), self._heard)

    def _spawn(self, loop: SessionLoop, begin: Opened | Restarted) -> None:
        self._loops.append(loop)
        self._scope.spawn(self._carry(loop, begin), f"session {loop.offer.reference}")

    async def _carry(self, loop: SessionLoop, begin: Opened | Restarted) -> None:
        try:
            await loop.run(begin)
        except Exception:
            # The program ends on this (a disk that refused, a bug of ours), and a contactor must not stay closed behind it.
            if loop.session is not None and occupies(loop.session):
                await self._ports.charger.disable()
            raise
        self._loops.remove(loop)
        self._tell(self.info.id)
