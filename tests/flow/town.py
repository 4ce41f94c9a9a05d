"""A small world at the ports of the flow, as `kiosk.world` makes them, with a weather and cuts that a test names."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from kiosk.domain.energy import Instant
from kiosk.domain.events import Act, Event, Opened, Restarted
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money
from kiosk.domain.outcome import InDoubt, Outcome
from kiosk.domain.payment import Approval
from kiosk.domain.states import Offer, Session
from kiosk.domain.view import StationInfo
from kiosk.flow.loop import SessionLoop
from kiosk.flow.perform import Ports
from kiosk.flow.ports import Row
from kiosk.flow.post import Papers, Post
from kiosk.flow.recovery import fold
from kiosk.flow.site import Site
from kiosk.flow.tasks import TaskScope
from kiosk.world.ledger import Ledger
from kiosk.world.outlet import Outlet
from kiosk.world.ports import (
    ChargerPort,
    CommitFate,
    Cut,
    Disk,
    DiskPort,
    Fate,
    Line,
    LoopClock,
    MeterPort,
    Orders,
    Vipps,
)
from kiosk.world.power import Power
from tests.domain.given import NOON_MS, OFFER, PRICE, RATED_W, nok

AWAY = Trouble(Fault.NETWORK_AWAY, "No route to api.vipps.example.")
SWITCHES = ("Close", "Open")


class Town:
    """What outlives a power cut. `story` tells in order what was written, sent, and shown."""

    def __init__(self) -> None:
        self.ledger = Ledger(lambda: self.now().utc_ms)
        self.disk = Disk()
        self.story: list[str] = []
        self.boot = 1
        self.posts: dict[str, Outlet] = {}
        self.weather: Callable[[str], str] = lambda _call: "clear"
        self.cut_after_append, self.cut_after_send = 0, 0
        self.appends, self.sends = 0, 0
        self.answer_s = 0.2

    @property
    def read_in(self) -> list[str]:
        """The language of each receipt that was sent."""
        return self.ledger.read_in

    @property
    def rows(self) -> list[Row]:
        return self.disk.rows

    def now(self) -> Instant:
        ms = round(asyncio.get_running_loop().time() * 1000)
        return Instant(NOON_MS + ms, f"boot-{self.boot}", 1_000_000 + ms)

    def outlet(self, station: str = "post-1") -> Outlet:
        return self.posts.setdefault(station, self.new_outlet(serial=station.replace("post", "m")))

    def new_outlet(self, kind: type[Outlet] = Outlet, serial: str = "m-1") -> Outlet:
        return kind(self.now, lambda: self.now().mono_ms, RATED_W, serial)

    # --- the town as the nature of its ports: a test names the weather, and which append or send is the last ------------

    def tell(self, line: str) -> None:
        self.story.append("send Switch" if line in ("send Close", "send Open") else line)

    def fate(self, call: str, _subject: str) -> Fate:
        name = "Switch" if call in SWITCHES else call
        if name != "Look":
            self.sends += 1
        weather = self.weather(name)
        cut = Cut.AFTER if name != "Look" and self.sends == self.cut_after_send else None
        heard = None if weather == "clear" else InDoubt(AWAY)
        return Fate(arrives=weather != "lost", heard=heard, answer_s=self.answer_s, cut=cut)

    def commit_fate(self, _rows: Sequence[Row]) -> CommitFate:
        self.appends += 1
        return CommitFate(cut=Cut.AFTER if self.appends == self.cut_after_append else None)

    def sent(self, _call: str, _subject: str, _key: str, _amount: Money | None) -> None:
        """The tests look into the ledger instead."""

    def heard(self, _call: str, _subject: str, _outcome: Outcome[Any]) -> None:
        """The tests look into the story instead."""

    def budget(self, _call: str, _subject: str) -> InDoubt | None:
        return None


class FakeCharger(ChargerPort):
    """Tests put another one in its place."""


class Kiosk:
    """One incarnation: the ports of this life, and what is built on them."""

    def __init__(self, town: Town) -> None:
        self.town, self.power = town, Power()
        self.clock = LoopClock(town.now, self.power)
        self.line = Line(town, self.power)
        self.payments = Vipps(town.ledger, self.line)
        self.journal = DiskPort(town.disk, town, self.power)
        self.heard: list[Outcome[object]] = []

    def ports(self, station: str = "post-1") -> Ports:
        outlet = self.town.outlet(station)
        return Ports(
            self.clock,
            self.payments,
            Orders(self.town.ledger, self.line),
            MeterPort(outlet, self.power),
            FakeCharger(station, outlet, self.line),
            lambda offer: f"Lading {offer.code}",
        )

    def loop(self, offer: Offer, session: Session | None = None) -> SessionLoop:
        def changed() -> None:
            self.power.check()
            self.town.story.append(f"show {type(loop.session).__name__}")

        loop = SessionLoop(self.ports(), self.journal, offer, session, changed, self.heard.append)
        return loop

    def site(
        self,
        scope: TaskScope,
        *stations: str,
        room: Callable[[], Trouble | None] = lambda: None,
        salvaged: Trouble | None = None,
    ) -> Site:
        site = Site(self.clock, self.journal, self.payments, room, salvaged)
        for station in stations or ("post-1",):
            papers = Papers(self.reference, lambda: "4711", self.make_offer)
            site.add(
                Post(
                    info(station),
                    self.ports(station),
                    self.journal,
                    papers,
                    scope,
                    site.changed,
                    site.heard,
                    site.meters,
                )
            )
        return site

    def reference(self, station: str, at: Instant) -> str:
        return f"{station}-{at.utc_ms - NOON_MS}"

    def make_offer(
        self, info: StationInfo, hold: Money, language: str, reference: str, code: str, at: Instant
    ) -> Offer:
        return replace(OFFER, reference=reference, station=info.id, hold=hold, language=language, code=code, at=at)

    async def come_back(self) -> None:
        """Every session of the journal that has not ended, to its end, as `Site` takes them up."""
        for rows in await self.journal.unsettled():
            session = fold(rows)
            await self.loop(OFFER, session).run(Restarted(self.town.now()))


def info(station: str = "post-1") -> StationInfo:
    return StationInfo(station, station, "Depot", "22 22 22 22", PRICE, (nok(30_000), nok(5_000)), nok(30_000), RATED_W)


async def until(true: Callable[[], bool], within_s: float = 600) -> None:
    """Wait in virtual time; a test that would wait for ever fails with the place where it stood."""
    for _ in range(int(within_s * 10)):
        if true():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"not within {within_s} s")


async def a_charge(town: Town, loop: SessionLoop, begin: Event | None = None, *, stop_at_s: float = 600) -> None:
    """The driver approves after ten seconds, the car draws at once, and somebody presses stop."""

    async def driver() -> None:
        await asyncio.sleep(10)
        town.ledger.decide(loop.offer.reference, Approval.AUTHORIZED)
        town.outlet().drawing = True
        await asyncio.sleep(stop_at_s - 10)
        loop.press(Act.STOP, "glass")

    person = asyncio.create_task(driver())
    try:
        await loop.run(begin or Opened(town.now(), loop.offer))
    finally:
        person.cancel()
        await asyncio.wait({person})
