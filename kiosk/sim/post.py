"""One physical charge point: a car, a contactor and a counter. Meter and controller toys look at the same one."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from kiosk.sim.car import MJ_PER_WH, Car
from kiosk.sim.clock import SimClock
from kiosk.sim.counter import Counter
from kiosk.sim.line_faults import LineFaults
from kiosk.sim.watchdog import Watchdog

VOLTAGE_V = 230
PILOT_MIN_MA = 6_000
"""A pilot cannot offer less than 6 A; below that it offers nothing."""


@dataclass(frozen=True)
class PostFaults:
    """What can be physically wrong. `pilot` is what the controller reports instead of A to C: E (error), F (not up)."""

    welded: bool = False
    never_closes: bool = False
    reversed_ct: bool = False
    frozen: bool = False
    pilot: Literal["E", "F"] | None = None


class Post:
    """Everything follows from the clock: nothing ticks, energy is counted up to now whenever somebody looks.

    Power is constant between two changes and every change falls on a millisecond, so a register holds the same
    number however often it was looked at on the way. Without a pilot (a relay) the contactor follows `enabled`.
    """

    def __init__(
        self,
        clock: SimClock,
        car: Car | None = None,
        *,
        register_wh: int = 1_234_567,
        serial: int = 21_031_977,
        has_pilot: bool = True,
        watchdog_clock: SimClock | None = None,
    ) -> None:
        self.clock = clock
        self.counter = Counter(register_wh, serial)
        self.watchdog = Watchdog(clock, watchdog_clock)
        self.meter_line = LineFaults()
        self.charger_line = LineFaults()
        self.faults = PostFaults()
        self.has_pilot = has_pilot
        self.enabled = False
        self.limit_ma = 32_000
        self.car: Car | None = None
        self.plugged = False
        self.delivered_mj = 0
        self.charging_ms = 0
        self._at_ms = clock.utc_ms()
        self._tripped = False
        self._drawn_ma = self.limit_ma
        self._was_commanded = False
        self._open_at_ms = self._at_ms
        self._session_open = self._has_paused = False
        self._session_from_mj = self._session_until_mj = 0
        self._forget_session()
        if car is not None:
            self.plug(car)

    # What people and controllers do to it.

    def plug(self, car: Car) -> None:
        """The car arrives now and plugs in `plugs_in_after_s` later."""
        self.unplug()
        self.car = car
        self._plug_at_ms = self._at_ms + car.plugs_in_after_s * 1000
        self.plugged = self._plug_at_ms <= self._at_ms
        self._settle()

    def unplug(self) -> None:
        self.advance()
        self.car, self.plugged = None, False
        self._forget_session()
        self._settle()

    def command(self, *, enabled: bool | None = None, limit_ma: int | None = None) -> None:
        """What the controller is told; any command also ends the fail-safe."""
        self.advance()
        self._tripped = False
        self.enabled = self.enabled if enabled is None else enabled
        self.limit_ma = self.limit_ma if limit_ma is None else limit_ma
        self._settle()

    def feed(self) -> None:
        self.advance()
        self.watchdog.feed()

    def set_failsafe(self, *, current_ma: int | None = None, timeout_s: int | None = None) -> None:
        self.advance()
        dog = self.watchdog
        dog.current_ma = dog.current_ma if current_ma is None else current_ma
        dog.timeout_s = dog.timeout_s if timeout_s is None else timeout_s
        self._settle()

    def fail(self, faults: PostFaults) -> None:
        self.advance()
        if faults.frozen != self.faults.frozen:
            self.counter.freeze() if faults.frozen else self.counter.thaw()
        self.faults = faults
        self.counter.reversed_ct = faults.reversed_ct
        self._settle()

    def set_register_wh(self, register_wh: int) -> None:
        self.advance()
        self.counter.set_register_wh(register_wh)

    def replace_meter(self) -> None:
        self.advance()
        self.counter.replace()

    # What can be seen. `advance` first; the toys do.

    @property
    def offered_ma(self) -> int:
        """What the pilot offers, 0 for nothing."""
        limit_ma = self.watchdog.current_ma if self._tripped else self.limit_ma
        return limit_ma if self.enabled and limit_ma >= PILOT_MIN_MA and self.faults.pilot is None else 0

    @property
    def tripped(self) -> bool:
        return self._tripped

    @property
    def pilot(self) -> str:
        if self.faults.pilot is not None:
            return self.faults.pilot
        if not self.plugged:
            return "A"
        return "C" if self.offered_ma and self._wanted_w() else "B"

    @property
    def contactor_closed(self) -> bool:
        if self.faults.welded:
            return True
        return not self.faults.never_closes and (self._commanded() or self._at_ms < self._open_at_ms)

    @property
    def phases_w(self) -> tuple[int, int, int]:
        """What flows to the car on L1, L2, L3."""
        if not (self.contactor_closed and self.plugged and self.car):
            return 0, 0, 0
        phases = self.car.phases
        power_w = min(self._wanted_w(), self._drawn_ma * VOLTAGE_V * phases // 1000)
        each_w, rest_w = divmod(power_w, phases)
        return each_w + rest_w, each_w if phases > 1 else 0, each_w if phases > 2 else 0

    @property
    def power_w(self) -> int:
        return sum(self.phases_w)

    @property
    def session_mj(self) -> int:
        """Energy since the last start of charging; the old session's until there is a new one."""
        return (self.delivered_mj if self._session_open else self._session_until_mj) - self._session_from_mj

    @property
    def taken_wh(self) -> int:
        return self._taken_mj // MJ_PER_WH

    # How time passes.

    def advance(self) -> None:
        """Count everything up to the clock's present instant."""
        now_ms = self.clock.utc_ms()
        trips_at_ms = self.watchdog.trips_at_ms(now_ms)
        self._trip(trips_at_ms)
        while self._at_ms < now_ms:
            self._run_until(min((at for at in self._changes(trips_at_ms) if at > self._at_ms), default=now_ms), now_ms)
            self._trip(trips_at_ms)

    def _run_until(self, change_ms: int, now_ms: int) -> None:
        until_ms = min(change_ms, now_ms)
        elapsed_ms = until_ms - self._at_ms
        phases_w = self.phases_w
        self.counter.count(phases_w, elapsed_ms)
        self.delivered_mj += sum(phases_w) * elapsed_ms
        self._taken_mj += sum(phases_w) * elapsed_ms
        self.charging_ms += elapsed_ms if any(phases_w) else 0
        self._at_ms = until_ms
        self._let_the_car_act()
        self._settle()

    def _changes(self, trips_at_ms: int | None) -> Iterator[int]:
        yield self._open_at_ms
        yield self._paused_until_ms
        if trips_at_ms is not None:
            yield trips_at_ms
        if self.car is None:
            return
        yield self._plug_at_ms
        if power_w := self.power_w:
            yield self._at_ms - (self._taken_mj - self._next_step_mj(self.car)) // power_w

    def _next_step_mj(self, car: Car) -> int:
        step_mj = car.step_mj(self._taken_mj)
        pause_mj = (car.pause_after_wh or 0) * MJ_PER_WH
        return min(step_mj, pause_mj) if pause_mj and not self._has_paused else step_mj

    def _let_the_car_act(self) -> None:
        if self.car is None:
            return
        self.plugged = self._plug_at_ms <= self._at_ms
        pause_wh = self.car.pause_after_wh
        if pause_wh and not self._has_paused and self._taken_mj >= pause_wh * MJ_PER_WH:
            self._has_paused = True
            self._paused_until_ms = self._at_ms + self.car.pause_s * 1000

    def _trip(self, trips_at_ms: int | None) -> None:
        if trips_at_ms is not None and trips_at_ms <= self._at_ms and not self._tripped:
            self._tripped = True
            self._settle()

    def _settle(self) -> None:
        """Bring contactor and session in line with what is now commanded."""
        commanded = self._commanded()
        if commanded:
            self._drawn_ma = self.offered_ma or self.limit_ma
        if self._was_commanded and not commanded:
            waits = self.has_pilot and self.plugged and self.car
            self._open_at_ms = self._at_ms + (self.car.stops_after_s * 1000 if waits and self.car else 0)
        if commanded and self.plugged and not self._session_open:
            self._session_open, self._session_from_mj, self.charging_ms = True, self.delivered_mj, 0
        self._was_commanded = commanded

    def _forget_session(self) -> None:
        if self._session_open:
            self._session_until_mj = self.delivered_mj
        self._session_open = False
        self._taken_mj = 0
        self._has_paused = False
        self._plug_at_ms = self._paused_until_ms = self._at_ms

    def _commanded(self) -> bool:
        return self.pilot == "C" if self.has_pilot else self.enabled

    def _wanted_w(self) -> int:
        if self.car is None or not self.plugged or self._at_ms < self._paused_until_ms:
            return 0
        return self.car.wanted_w(self._taken_mj)
