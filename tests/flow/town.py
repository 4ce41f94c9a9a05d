"""A small world at the ports of the flow: a Vipps, a meter with a car, a journal, and a power switch for all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat
from typing import TypeVar

from kiosk.domain.energy import Instant, Pilot, Plug, Reading
from kiosk.domain.events import Act, Event, Opened, Restarted
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money
from kiosk.domain.outcome import Done, InDoubt, Outcome
from kiosk.domain.payment import Account, Approval, Checkout, Payment
from kiosk.domain.receipt import Receipt
from kiosk.domain.states import Offer, Session
from kiosk.domain.view import StationInfo
from kiosk.flow.codec import ENDED
from kiosk.flow.loop import SessionLoop
from kiosk.flow.perform import Ports
from kiosk.flow.ports import Row
from kiosk.flow.post import Papers, Post
from kiosk.flow.recovery import fold
from kiosk.flow.site import Site
from kiosk.flow.tasks import TaskScope
from kiosk.services.meter.evidence import Evidence, weigh
from tests.domain.given import NOON_MS, OFFER, PRICE, RATED_W, nok
from tests.domain.ledger import Ledger

T = TypeVar("T")
AWAY = Trouble(Fault.NETWORK_AWAY, "No route to api.vipps.example.")


class PowerCut(BaseException):
    """Not an Exception: nothing may catch it and go on."""


class Town:
    """What outlives a power cut. `story` tells in order what was written, sent, and shown."""

    def __init__(self) -> None:
        self.ledger = Ledger(lambda: self.now().utc_ms)
        self.rows: list[Row] = []
        self.story: list[str] = []
        self.boot = 1
        self.posts: dict[str, Outlet] = {}
        self.weather: Callable[[str], str] = lambda _call: "clear"
        self.cut_after_append, self.cut_after_send = 0, 0
        self.appends, self.sends = 0, 0
        self.answer_s = 0.2

    def now(self) -> Instant:
        ms = round(asyncio.get_running_loop().time() * 1000)
        return Instant(NOON_MS + ms, f"boot-{self.boot}", 1_000_000 + ms)

    def outlet(self, station: str = "post-1") -> "Outlet":
        return self.posts.setdefault(station, Outlet(self, station.replace("post", "m")))


class Outlet:
    """One meter, one contactor, one car. `frozen`, `powerless` and `says_open` are what it can lie about."""

    def __init__(self, town: Town, serial: str = "m-1") -> None:
        self._town, self.serial = town, serial
        self.import_mwh = 1_000_000.0
        self.closed, self.drawing = False, False
        self.trouble: Trouble | None = None
        self.stray_w = 0
        self.power_w = RATED_W
        self.noise: Iterator[int] = repeat(0)
        self.frozen, self.powerless, self.says_open = False, False, False
        self._at_ms: int | None = None
        self._seen: Evidence | None = None

    def flow(self) -> None:
        """Let the time since the last look pass through the meter."""
        now = self._town.now()
        if self._at_ms is not None and self.closed and self.drawing and not self.frozen:
            self.import_mwh += self.power_w * (now.utc_ms - self._at_ms) / 3_600
        self._at_ms = now.utc_ms

    def reading(self) -> Reading | Trouble:
        self.flow()
        if self.trouble is not None:
            return self.trouble
        flows_w = self.power_w if self.closed and self.drawing else self.stray_w
        power_w = 0 if self.powerless else flows_w
        import_wh, now = int(self.import_mwh / 1000) + next(self.noise), self._town.now()
        self._seen = seen = weigh(self._seen, import_wh, power_w, 1, now)
        return Reading(import_wh, power_w, self.serial, now, seen.since, 1, seen.flowed_wh, seen.unpowered_wh)

    def switch(self, closed: bool) -> None:
        self.flow()
        self.closed = closed

    def fill_up(self) -> None:
        """The car has had enough."""
        self.flow()
        self.drawing = False

    def plug(self) -> Plug:
        enabled = self.closed and not self.says_open
        return Plug(self._town.now(), Pilot.C if self.drawing else Pilot.B, enabled, 16_000)


class Power:
    """One life of the kiosk's process: after the cut nothing of it reaches the town any more."""

    def __init__(self) -> None:
        self.off = False
        self.gone = asyncio.Event()

    def cut(self) -> None:
        self.off = True
        self.gone.set()
        raise PowerCut

    def check(self) -> None:
        if self.off:
            raise PowerCut


class FakeClock:
    def __init__(self, town: Town) -> None:
        self.now = town.now

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class FakeJournal:
    """Rows in a list; `before_append` is the disk's chance to be slow or to fail."""

    def __init__(self, town: Town, power: Power) -> None:
        self._town, self._power = town, power
        self.before_append: Callable[[], Awaitable[None]] | None = None

    async def append(self, rows: Sequence[Row]) -> None:
        self._power.check()
        if self.before_append is not None:
            await self.before_append()
        await asyncio.sleep(0.01)
        self._power.check()
        self._town.rows.extend(rows)
        self._town.story += [f"row {row.kind}" for row in rows]
        self._town.appends += 1
        if self._town.appends == self._town.cut_after_append:
            self._power.cut()

    async def unsettled(self) -> list[list[Row]]:
        ended = {row.session for row in self._town.rows if row.kind == ENDED}
        names = dict.fromkeys(row.session for row in self._town.rows if row.session not in ended)
        return [[row for row in self._town.rows if row.session == name] for name in names]


class FakePayments:
    def __init__(self, town: Town, power: Power) -> None:
        self._town, self._power = town, power

    async def create(
        self,
        reference: str,
        amount: Money,
        key: str,
        description: str,  # noqa: ARG002
        return_url: str | None,  # noqa: ARG002
    ) -> Outcome[Checkout]:
        return await self.send("Create", lambda: self._town.ledger.create(reference, amount, key))

    async def look(self, reference: str) -> Outcome[Payment | None]:
        self._power.check()
        await asyncio.sleep(self._town.answer_s)
        self._power.check()
        if self._town.weather("Look") != "clear":
            return InDoubt(AWAY)
        return Done(self._town.ledger.look(reference))

    async def capture(self, reference: str, amount: Money, key: str) -> Outcome[Account]:
        return await self.send("Capture", lambda: self._town.ledger.capture(reference, amount, key))

    async def release(self, reference: str, key: str, unapproved_only: bool) -> Outcome[Account]:
        name = "Withdraw" if unapproved_only else "Release"
        return await self.send(name, lambda: self._town.ledger.release(reference, key, unapproved_only=unapproved_only))

    async def send(self, name: str, act: Callable[[], Outcome[object]]) -> Outcome[T]:
        """Request, effect, answer: the power may go between any two, the answer may be lost with or without effect."""
        town = self._town
        self._power.check()
        town.story.append(f"send {name}")
        town.sends += 1
        weather = town.weather(name)
        if weather != "lost":
            outcome = act()
        if town.sends == town.cut_after_send:
            self._power.cut()
        await asyncio.sleep(town.answer_s)
        self._power.check()
        return outcome if weather == "clear" else InDoubt(AWAY)  # type: ignore[return-value]


class FakeReceipts:
    def __init__(self, town: Town, payments: FakePayments) -> None:
        self._town, self._payments = town, payments

    async def send(self, receipt: Receipt) -> Outcome[str]:
        return await self._payments.send("SendReceipt", lambda: self._town.ledger.receive(receipt))

    async def link(self, reference: str, url: str) -> Outcome[str]:
        def act() -> Outcome[object]:
            self._town.ledger.links[reference] = url
            return Done("link-1")

        return await self._payments.send("LinkSession", act)


class FakeMeter:
    def __init__(self, outlet: Outlet, power: Power) -> None:
        self._outlet, self._power = outlet, power

    async def read(self) -> Reading | Trouble:
        self._power.check()
        await asyncio.sleep(0.05)
        self._power.check()
        return self._outlet.reading()


class FakeCharger:
    sells = True
    fails_safe = True

    def __init__(self, outlet: Outlet, payments: FakePayments, power: Power) -> None:
        self._outlet, self._payments, self._power = outlet, payments, power

    async def enable(self) -> Outcome[None]:
        return await self._switch(closed=True)

    async def disable(self) -> Outcome[None]:
        return await self._switch(closed=False)

    async def look(self) -> Plug | Trouble:
        self._power.check()
        return self._outlet.plug()

    async def _switch(self, *, closed: bool) -> Outcome[None]:
        def act() -> Outcome[object]:
            self._outlet.switch(closed)
            return Done(None)

        return await self._payments.send("Switch", act)


class Kiosk:
    """One incarnation: the ports of this life, and what is built on them."""

    def __init__(self, town: Town) -> None:
        self.town, self.power = town, Power()
        self.clock = FakeClock(town)
        self.payments = FakePayments(town, self.power)
        self.journal = FakeJournal(town, self.power)
        self.heard: list[Outcome[object]] = []

    def ports(self, station: str = "post-1") -> Ports:
        outlet = self.town.outlet(station)
        return Ports(
            self.clock,
            self.payments,
            FakeReceipts(self.town, self.payments),
            FakeMeter(outlet, self.power),
            FakeCharger(outlet, self.payments, self.power),
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
