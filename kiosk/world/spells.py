"""Spells of trouble at one station: its meter lies or is silent, its controller, its contactor or its pilot fails."""

import asyncio
from collections.abc import Callable
from functools import partial

from kiosk.domain.energy import Pilot
from kiosk.world.checks import Inspector
from kiosk.world.nature import NO_CHARGER, Surroundings
from kiosk.world.outlet import Lie, Outlet
from kiosk.world.plan import Mishap

LIES = {
    Mishap.METER_SILENT: Lie.SILENT,
    Mishap.METER_GARBLED: Lie.GARBLED,
    Mishap.METER_FROZEN: Lie.FROZEN,
    Mishap.METER_SENTINEL: Lie.SENTINEL,
    Mishap.METER_HALF_WORD: Lie.HALF_WORD,
    Mishap.METER_JUMP: Lie.JUMP,
    Mishap.METER_REVERSED: Lie.REVERSED,
}


class Spells:
    """Each begins some time into a visit and is over some time later, at the latest when the world is healed."""

    def __init__(self, world: Surroundings, inspector: Inspector) -> None:
        self._world, self._inspector = world, inspector

    def cast(self, station: str, outlet: Outlet, comes_s: float) -> None:
        """What will be wrong with meter and controller during this visit."""
        plan = self._world.plan
        for mishap, lie in LIES.items():
            if plan.rates.get(mishap) and self._world.chance.random() < plan.rates[mishap]:
                begin_s, lasts_s = comes_s + plan.between(0, 90), plan.spread(1, 150)
                self._during(station, mishap, "meter", begin_s, lasts_s, partial(_tell, outlet, lie))
        for mishap, act in (
            (Mishap.METER_RESET, lambda on: outlet.reset() if on else None),
            (
                Mishap.METER_REPLACED,
                lambda on: outlet.reset(f"m-{self._world.chance.randrange(10**6)}") if on else None,
            ),
            (Mishap.CHARGER_SILENT, lambda on: setattr(outlet, "mute", NO_CHARGER if on else None)),
            (Mishap.PILOT_FAULT, lambda on: setattr(outlet, "fault", Pilot.F if on else None)),
            (Mishap.WELDED, lambda on: _set_flowing(outlet, "welded", on)),
            (Mishap.STUCK_OPEN, lambda on: _set_flowing(outlet, "stuck_open", on)),
        ):
            if plan.rates.get(mishap) and self._world.chance.random() < plan.rates[mishap]:
                kind = "meter" if mishap in (Mishap.METER_RESET, Mishap.METER_REPLACED) else "charger"
                self._during(station, mishap, kind, comes_s + plan.between(0, 90), plan.spread(5, 150), act)

    def _during(
        self, station: str, mishap: Mishap, kind: str, begin_s: float, lasts_s: float, act: Callable[[bool], object]
    ) -> None:
        loop = asyncio.get_running_loop()

        def begin() -> None:
            if self._world.plan.over:
                return
            self._world.plan.counts[mishap] += 1
            self._world.tell(f"     {mishap} at {station} for {lasts_s:.0f} s")
            self._inspector.ails(station, kind)
            act(True)

        def end() -> None:
            if not self._world.plan.over:
                act(False)
                self._inspector.recovers(station, kind)

        loop.call_later(begin_s, begin)
        loop.call_later(begin_s + lasts_s, end)


def _tell(outlet: Outlet, lie: Lie, on: bool) -> None:
    outlet.tell(lie if on else None)


def _set_flowing(outlet: Outlet, name: str, on: bool) -> None:
    outlet.flow()
    setattr(outlet, name, on)
