"""One seed is one whole site: lives, falls and returns under faults, is healed, given four days, and then judged."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from random import Random

from kiosk.domain.states import Ended, Stuck
from kiosk.flow.tasks import TaskScope
from kiosk.journal.errors import JournalFailed
from kiosk.world.checks import Inspector
from kiosk.world.ears import listening
from kiosk.world.ending import judge
from kiosk.world.glass import Beholder
from kiosk.world.nature import Surroundings
from kiosk.world.people import Driver
from kiosk.world.plan import Mishap, Weights, draw
from kiosk.world.power import Power, PowerCut
from kiosk.world.site import Ground, Process, build_process, draw_ground
from kiosk.world.spells import Spells
from kiosk.world.virtual_loop import Deadlock, VirtualLoop

HEALED_DAYS_S = 4 * 86_400.0
LOOK_S = 20.0
FAILSAFE_S = 40.0
MOST_LIVES = 25  # then only what is not a fall goes on, so that one world does not cost as much as a hundred
CUTS = (
    Mishap.CUT_BEFORE_COMMIT,
    Mishap.CUT_IN_COMMIT,
    Mishap.CUT_BEFORE_SEND,
    Mishap.CUT_AFTER_SEND,
    Mishap.CUT_ANY_TIME,
    Mishap.CRASH_LOOP,
    Mishap.TOLD_TO_STOP,
)


@dataclass
class Told:
    """What came of one seed. `digest` is the same whenever the seed is run again."""

    seed: int
    sessions: int
    faults: dict[str, int]
    restarts: int
    violations: list[tuple[str, str]]
    digest: str
    days: float
    story: list[str] = field(default_factory=list)


def run_world(seed: int, weights: Weights | None = None, *, trace: bool = False) -> Told:
    """The whole of one seed, by itself: nothing outside of it changes what happens."""
    return World(seed, weights or Weights(), trace).run()


class World:
    def __init__(self, seed: int, weights: Weights, trace: bool) -> None:
        self.seed, self.chance = seed, Random(seed)
        self.plan = draw(self.chance, weights)
        self.loop = VirtualLoop()
        self.nature = Surroundings(self.chance, self.plan, self.loop)
        if trace:
            self.nature.story = []
        self.ground: Ground = draw_ground(self.chance, self.nature)
        self.inspector = Inspector(self.nature)
        self.spells = Spells(self.nature, self.inspector)
        self.beholder = Beholder(self.nature, self.inspector)
        self.process: Process | None = None
        self.drivers: list[Driver] = []
        self.lives = 0
        self._bug = False
        self._done = asyncio.Event()

    def run(self) -> Told:
        loop = self.loop
        loop.set_exception_handler(self._unheard)
        asyncio.set_event_loop(loop)
        try:
            with listening(self.inspector):
                loop.run_until_complete(self._live())
                ended_s = loop.time()
                if left := loop.living():
                    self.inspector.wrong("T1 no task outlives its scope", f"left over: {', '.join(sorted(left))}")
                judge(self.nature, self.inspector)
        except Deadlock as error:
            self.inspector.wrong("T2 nobody waits for ever", str(error))
            ended_s = loop.time()
        finally:
            _end(loop)
            asyncio.set_event_loop(None)
            loop.close()
        return self._tell(ended_s)

    def _tell(self, ended_s: float) -> Told:
        nature, plan = self.nature, self.plan
        plan.counts[Mishap.EXPIRED] += nature.ledger.expired
        plan.counts[Mishap.KEYS_FORGOTTEN] += nature.ledger.forgotten
        plan.counts[Mishap.SUMS_LAG] += nature.ledger.lagged
        plan.counts[Mishap.DRAWS_ON] += sum(outlet.ran_on for outlet in nature.outlets.values())
        faults = {str(mishap): plan.counts[mishap] for mishap in Mishap if plan.counts[mishap]}
        digest = hashlib.sha256(nature.disk.hashes[-1] if nature.disk.hashes else b"")
        digest.update(repr((faults, nature.ledger.sent, self.inspector.violations, ended_s)).encode())
        return Told(
            self.seed,
            len(self.inspector.records),
            faults,
            self.lives - 1,
            self.inspector.violations,
            digest.hexdigest(),
            ended_s / 86_400,
            nature.story or [],
        )

    # --- the two phases -------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        self._people()
        watching = asyncio.get_running_loop().create_task(self._watch(), name="the world's own watch")
        while not self._done.is_set():
            await self._life()
            if self._done.is_set():
                break
            await self._away()
        await watching

    async def _watch(self) -> None:
        """Heals the world when everybody has gone, and ends it when every session is over, or after four days."""
        while not all(driver.gone for driver in self.drivers):
            await asyncio.sleep(LOOK_S)
        await self._until_over(self.plan.spread(30, 20_000))
        self._heal()
        if not await self._until_over(HEALED_DAYS_S):
            names = [name for name, record in self.inspector.records.items() if not _is_over(record.session)]
            self.inspector.wrong("L1 every session ends", f"after four healed days not over: {', '.join(names)}")
        await asyncio.sleep(1_000)  # what still lands, lands, and what nobody approves runs out
        self._done.set()
        if self.process is not None:
            self._stop()

    async def _until_over(self, within_s: float) -> bool:
        end_s = self.nature.time_s() + within_s
        while self.nature.time_s() < end_s:
            if self._over() or self._bug:
                return True
            await asyncio.sleep(LOOK_S)
        return self._over()

    def _over(self) -> bool:
        return all(_is_over(record.session) for record in self.inspector.records.values())

    def _heal(self) -> None:
        self.nature.tell("==== healed")
        self.plan.over = True
        for outlet in self.nature.outlets.values():
            outlet.tell(None)
            outlet.mute, outlet.fault, outlet.welded, outlet.stuck_open, outlet.lag_s = None, None, False, False, 0.0
            outlet.unplug()

    # --- lives and falls ------------------------------------------------------------------------------------------------

    async def _life(self) -> None:
        """One process of the kiosk, until it is cut, told to stop, or ends by itself."""
        self.lives += 1
        power = Power()
        work = asyncio.get_running_loop().create_task(self._serve(power), name="kiosk")
        self._work = work
        await asyncio.wait({work})
        self.process = None
        power.end()
        if work.cancelled():
            self.nature.tell("---- told to stop, and stopped")
        elif (error := work.exception()) is not None and not isinstance(error, PowerCut | JournalFailed):
            self._bug = True
            self.inspector.wrong("T3 no bug of ours", f"{type(error).__name__}: {error}")
        if len(left := self.loop.living()) > 2:  # the world and its watch
            self.inspector.wrong("T1 no task outlives its scope", f"left over: {', '.join(sorted(left))}")

    async def _serve(self, power: Power) -> None:
        async with TaskScope() as scope:
            self.process = build_process(self.ground, self.nature, scope, power)
            process = self.process
            site = process.site
            site.on_change(lambda station: self._changed(process, station, power))
            self._fates_of_this_life(power)
            self.nature.tell(f"---- life {self.lives} begins, boot {self.nature.boot}")
            await site.run(scope)

    def _changed(self, process: Process, station: str, power: Power) -> None:
        power.check()
        if self.beholder.glances(process.glance(station)):
            self.beholder.look(next(view for view in process.site.views() if view.info.id == station))

    def _fates_of_this_life(self, power: Power) -> None:
        plan, loop = self.plan, asyncio.get_running_loop()
        if self.lives == MOST_LIVES:
            for mishap in CUTS:
                plan.rates.pop(mishap, None)
        if plan.rates.get(Mishap.CUT_ANY_TIME) and self.chance.random() < plan.rates[Mishap.CUT_ANY_TIME]:
            loop.call_later(plan.spread(0.5, 400), self._cut, power)
        if plan.rates.get(Mishap.TOLD_TO_STOP) and self.chance.random() < plan.rates[Mishap.TOLD_TO_STOP]:
            loop.call_later(plan.spread(5, 300), self._told, power)
        if plan.rates.get(Mishap.CLOCK_BACK) and self.chance.random() < plan.rates[Mishap.CLOCK_BACK] / 3:
            loop.call_later(plan.spread(1, 200), self._jump, Mishap.CLOCK_BACK, -1)
        if plan.rates.get(Mishap.CLOCK_FORWARD) and self.chance.random() < plan.rates[Mishap.CLOCK_FORWARD] / 3:
            loop.call_later(plan.spread(1, 200), self._jump, Mishap.CLOCK_FORWARD, 1)

    def _cut(self, power: Power) -> None:
        if not power.off and not self.plan.over:
            self.plan.counts[Mishap.CUT_ANY_TIME] += 1
            power.end()

    def _told(self, power: Power) -> None:
        if not power.off and not self.plan.over:
            self.plan.counts[Mishap.TOLD_TO_STOP] += 1
            self._stop()

    def _stop(self) -> None:
        self._work.cancel()

    def _jump(self, mishap: Mishap, sign: int) -> None:
        if not self.plan.over:
            self.plan.counts[mishap] += 1
            far = self.chance.random() < 0.05
            self.nature.clock_offset_ms += sign * round(
                1000 * (400 * 86_400 if far else self.plan.spread(2, 3 * 86_400))
            )

    async def _away(self) -> None:
        """In the dark: with a power cut the contactor falls at once, else when nobody has fed its watchdog for a while."""
        plan, nature = self.plan, self.nature
        for record in self.inspector.records.values():
            record.taint.add("restart")
        rebooted = plan.strikes(Mishap.REBOOTED)
        away_s = plan.spread(600, 8 * 3600) if plan.strikes(Mishap.AWAY_LONG) else plan.spread(0.5, 90)
        if nature.loops():
            away_s = plan.between(0.5, 4)
        nature.tell(f"---- dark for {away_s:.1f} s{', rebooted' if rebooted else ''}")
        if rebooted:
            self._drop()
        elif away_s > FAILSAFE_S:
            asyncio.get_running_loop().call_later(FAILSAFE_S, self._drop)
        await asyncio.sleep(away_s)
        if rebooted:
            nature.boot += 1
            nature.booted_ms = round(nature.time_s() * 1000)
        for mishap, sign in ((Mishap.CLOCK_BACK, -1), (Mishap.CLOCK_FORWARD, 1)):
            if plan.rates.get(mishap) and self.chance.random() < plan.rates[mishap]:
                self._jump(mishap, sign)

    def _drop(self) -> None:
        for outlet in self.nature.outlets.values():
            outlet.drop()

    # --- people and devices ---------------------------------------------------------------------------------------------

    def _people(self) -> None:
        for info in self.ground.infos:
            outlet, comes_s = self.nature.outlets[info.id], self.plan.between(1, 20)
            if self.plan.rates.get(Mishap.DRAWS_ON):
                outlet.lag_s = self.plan.between(0.5, 6)
            for number in range(self.chance.choice((1, 2, 2, 3))):
                driver = Driver(f"{info.id}-{number}", info.id, outlet, self.nature, lambda: self.process)
                driver.come(comes_s)
                self.drivers.append(driver)
                self.spells.cast(info.id, outlet, comes_s)
                comes_s += self.plan.between(60, 200)

    # --- what nobody asked for ------------------------------------------------------------------------------------------

    def _unheard(self, loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:  # noqa: ARG002
        if not isinstance(context.get("exception"), PowerCut):
            self.inspector.wrong("T3 no bug of ours", f"{context.get('message')}: {context.get('exception')!r}")


def _is_over(session: object) -> bool:
    return isinstance(session, Ended | Stuck)


def _end(loop: VirtualLoop) -> None:
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
    if left:
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
