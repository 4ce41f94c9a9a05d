"""Drivers with habits at one station, and what they, the attendant and somebody in the portal do there."""

import asyncio
from collections.abc import Callable

from kiosk.domain.events import Act
from kiosk.domain.payment import Approval
from kiosk.domain.session import occupies
from kiosk.domain.states import Asked, Charging, Late, Offered, Ready, Session, Waiting, offer_of
from kiosk.domain.view import StationView
from kiosk.flow.site import Site
from kiosk.world.habits import draw_habits
from kiosk.world.nature import Surroundings
from kiosk.world.outlet import Outlet
from kiosk.world.plan import Mishap
from kiosk.world.portal import Portal
from kiosk.world.site import Process

PACE_S = 4.0  # how often a person looks up
CAR_GAP_MS = 12_000  # one car goes and the next one comes; nobody changes cars between two looks at the pilot
PATIENCE_S = 900.0


class Driver:
    """One visit to one station. Looks at the glass now and then, and acts on what it shows."""

    def __init__(
        self, name: str, station: str, outlet: Outlet, world: Surroundings, process: Callable[[], Process | None]
    ) -> None:
        self.name, self.station = name, station
        self._outlet, self._world, self._process = outlet, world, process
        self._plan = world.plan
        self.habits = draw_habits(world, outlet)
        self.reference: str | None = None
        self.gone = False
        self._began_s = 0.0
        self._plugged = False
        self._done: set[str] = set()

    def come(self, after_s: float) -> None:
        self._later(after_s, self._arrive)

    # --- the glass ------------------------------------------------------------------------------------------------------

    def _view(self) -> StationView | None:
        process = self._process()
        return process.glance(self.station) if process else None

    def _site(self) -> Site | None:
        process = self._process()
        return process.site if process else None

    def _arrive(self) -> None:
        self._began_s = self._world.time_s()
        self._look()

    def _look(self) -> None:
        if self.gone:
            return
        waited_s = self._world.time_s() - self._began_s
        view = self._view()
        if self._plan.over or waited_s > PATIENCE_S:
            self._go()
            return
        if view is not None:
            session = view.session
            if self.reference is None:
                self._tap(view)
                if waited_s > 120:
                    self._go()
                    return
            elif session is not None and offer_of(session).reference == self.reference:
                self._act(view, session)
            elif self._once("settles-unseen"):
                self._later(self._plan.between(1, 30), self._go)
        self._later(PACE_S, self._look)

    def _tap(self, view: StationView) -> None:
        site, session = self._site(), view.session
        assert site is not None
        if session is not None and isinstance(session, Asked | Offered) and "tapped" in self._done:
            reference = offer_of(session).reference
            if self._world.payers.setdefault(reference, self.name) == self.name:
                self.reference = reference
                self._cancel_in_time()
            return
        if session is not None and not occupies(session):
            site.leave(self.station)
        if view.trouble is None and (session is None or not occupies(session)):
            hold = view.info.holds[min(self.habits.hold, len(view.info.holds) - 1)]
            self._done.add("tapped")
            site.start(self.station, hold, "nb")
            if self._plan.strikes(Mishap.DOUBLE_TAP):
                site.start(self.station, view.info.holds[0], "en")

    def _act(self, view: StationView, session: Session) -> None:
        habits, once = self.habits, self._once
        match session:
            case Offered() if view.code_png is not None and once("scanned"):
                self._scan(self.reference or "")
            case Late() if habits.answers_late is not None and once("answered"):
                self._press(habits.answers_late)
            case Ready() | Waiting() if once("approved"):
                wanders = self._plan.strikes(Mishap.WANDERED_OFF)
                self._later(habits.plugs_after_s, self._go if wanders else self._plug_in)
            case Charging() if once("charging"):
                self._later(habits.stays_s, self._end)
                if habits.steps_up_after_s is not None:
                    self._later(habits.steps_up_after_s, self._step_up)
                if habits.full_after_s is not None:
                    self._later(habits.full_after_s, self._outlet.fill_up)
            case _ if not occupies(session) and once("over"):
                self._later(self._plan.between(1, 20), self._read_and_go)
            case _:
                pass

    # --- paying ---------------------------------------------------------------------------------------------------------

    def _scan(self, reference: str) -> None:
        decides, ledger = self.habits.decides, self._world.ledger
        if decides is None:
            return
        after_s = self.habits.thinks_s
        if decides is Approval.AUTHORIZED and self._plan.strikes(Mishap.LAST_SECOND):
            after_s = self._plan.between(297, 304)
        elif decides is Approval.AUTHORIZED and self._plan.strikes(Mishap.AFTER_WITHDRAWAL):
            self._press_later(after_s - self._plan.between(0, 0.6), Act.CANCEL)
        self._later(after_s, lambda: ledger.decide(reference, decides))
        if decides is Approval.AUTHORIZED:
            Portal(self._world, reference).open()

    def _cancel_in_time(self) -> None:
        if self.habits.cancels_after_s is not None:
            self._press_later(self.habits.cancels_after_s, Act.CANCEL)

    # --- the cable ------------------------------------------------------------------------------------------------------

    def _plug_in(self) -> None:
        if self.gone or self._plugged:
            return
        if self._outlet.plugged or self._world.true_ms() - self._outlet.unplugged_ms < CAR_GAP_MS:
            self._later(5, self._plug_in)
            return
        self._plugged = True
        self._outlet.plug_in(self.name, self.habits.power_w)
        if self.habits.draws_after_s is not None:
            self._later(self.habits.draws_after_s, self._draw)

    def _draw(self) -> None:
        if self._outlet.owner == self.name:
            self._outlet.draw(self.habits.power_w)

    def _step_up(self) -> None:
        if self._outlet.owner == self.name and self._outlet.drawing:
            self._plan.counts[Mishap.POWER_STEP] += 1
            self._world.ails(self.station, "step")
            self._outlet.draw(self._outlet.power_w * 3)

    def _end(self) -> None:
        if self.gone:
            return
        site, end = self._site(), self.habits.ends_by
        if end == "unplug":
            self._unplug()
        elif site is not None and end == "stop":
            for _ in range(self.habits.wrong_codes):
                self._plan.counts[Mishap.WRONG_CODE] += 1
                site.stop(self.station, "wrong")
            view = self._view()
            if view is not None and view.session is not None:
                site.stop(self.station, offer_of(view.session).code)
            if self._plan.strikes(Mishap.ATTENDANT):
                site.press(self.station, Act.STOP, "attendant")
                site.press(self.station, Act.RELEASE, "attendant")
        if end != "stays":
            self._later(self._plan.between(10, 30), self._end_again)

    def _end_again(self) -> None:
        """The first try may have met a station without power; whoever cannot stop pulls the cable."""
        if not self.gone:
            self._unplug()

    def _unplug(self) -> None:
        if self._outlet.owner == self.name and self._outlet.plugged:
            self._plan.counts[Mishap.UNPLUGGED] += self._outlet.drawing
            self._outlet.unplug()

    def _read_and_go(self) -> None:
        site = self._site()
        if self.habits.leaves and site is not None:
            site.leave(self.station)
        self._go()

    def _go(self) -> None:
        """Takes the cable along; where a next car comes at once, it is plugged in by somebody who pays nothing yet."""
        if self.gone:
            return
        self.gone = True
        replugs = self._outlet.owner == self.name and self._plan.strikes(Mishap.REPLUGGED)
        self._unplug()
        if replugs:
            self._later(self._plan.between(12, 40), self._replug)

    def _replug(self) -> None:
        if not self._outlet.plugged and self._world.true_ms() - self._outlet.unplugged_ms >= CAR_GAP_MS:
            self._outlet.plug_in(f"{self.name}-next", self.habits.power_w)
            self._outlet.draw(self.habits.power_w)
            self._later(self._plan.between(20, 60), self._drive_on)

    def _drive_on(self) -> None:
        if self._outlet.owner == f"{self.name}-next":
            self._outlet.unplug()

    # --- small things ---------------------------------------------------------------------------------------------------

    def _press(self, act: Act) -> None:
        if (site := self._site()) is not None:
            site.press(self.station, act, "glass")

    def _press_later(self, after_s: float, act: Act) -> None:
        self._later(max(0.0, after_s), lambda: self._press(act))

    def _once(self, name: str) -> bool:
        if name in self._done:
            return False
        self._done.add(name)
        return True

    def _later(self, after_s: float, call: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(after_s, call)
