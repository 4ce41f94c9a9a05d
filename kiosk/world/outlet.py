"""One meter, one contactor, one car: what really flows, and what meter and controller say about it."""

import asyncio
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import repeat

from kiosk.domain.energy import Instant, Pilot, Plug, Reading
from kiosk.domain.fault import Fault, Trouble

MJ_PER_WH = 3_600_000
BEGIN_WH = 1_000_000


class Lie(StrEnum):
    """How a meter can be wrong, as the reader above the line would still hand it on."""

    SILENT = "silent"
    GARBLED = "garbled"
    FROZEN = "frozen"
    SENTINEL = "sentinel"
    HALF_WORD = "half-word"
    JUMP = "jump"
    REVERSED = "reversed"
    POWERLESS = "powerless"


class Outlet:
    """`energy_mj` is what truly flowed, in watt-milliseconds; the register shows it plus an offset that a fault may move."""

    def __init__(
        self, now: Callable[[], Instant], time_ms: Callable[[], int], power_w: int, serial: str = "m-1"
    ) -> None:
        self._now, self._time_ms = now, time_ms
        self.energy_mj = BEGIN_WH * MJ_PER_WH
        self.offset_wh = 0
        self.serial = serial
        self.resolution_wh = 1
        self.closed, self.drawing, self.plugged = False, False, True
        self.power_w, self.stray_w = power_w, 0
        self.welded, self.stuck_open, self.says_open = False, False, False
        self.fault: Pilot | None = None
        self.trouble: Trouble | None = None
        self.mute: Trouble | None = None
        self.lag_s = 0.0
        self.ran_on = 0
        self.lie: Lie | None = None
        self.owner = ""
        self.plug_ins, self.unplugged_ms = 0, 0
        self.used_mj: dict[int, int] = {}
        self.noise: Iterator[int] = repeat(0)
        self._frozen_wh = 0
        self._opening = False
        self._at_ms: int | None = None

    @property
    def import_wh(self) -> int:
        """The true register."""
        self.flow()
        return self.energy_mj // MJ_PER_WH

    @property
    def flows(self) -> bool:
        shut = (self.closed or self.welded) and not self.stuck_open
        return shut and self.plugged and self.drawing

    def flow(self) -> None:
        """Let the time since the last look pass through the meter."""
        now_ms = self._time_ms()
        if self._at_ms is not None and self.flows:
            gone_mj = self.power_w * (now_ms - self._at_ms)
            self.energy_mj += gone_mj
            self.used_mj[self.plug_ins] = self.used_mj.get(self.plug_ins, 0) + gone_mj
        self._at_ms = now_ms

    def reading(self) -> Reading | Trouble:
        self.flow()
        if self.trouble is not None:
            return self.trouble
        power_w = self.power_w if self.flows else self.stray_w
        shown_wh = (self.energy_mj // MJ_PER_WH + self.offset_wh) // self.resolution_wh * self.resolution_wh
        now = self._now()
        match self.lie:
            case Lie.SILENT:
                return Trouble(Fault.METER_SILENT, f"Meter {self.serial} did not answer in 1.5 s.")
            case Lie.GARBLED:
                return Trouble(Fault.METER_GARBLED, f"Meter {self.serial} told another energy each time.")
            case Lie.FROZEN:
                shown_wh = self._frozen_wh // self.resolution_wh * self.resolution_wh
            case Lie.SENTINEL:
                shown_wh = 0xFFFFFFFF
            case Lie.HALF_WORD:
                shown_wh &= 0xFFFF
            case Lie.JUMP:
                shown_wh += 10_000_000
            case Lie.REVERSED:
                power_w = -power_w
            case Lie.POWERLESS:
                power_w = 0
            case None:
                pass
        return Reading(shown_wh + next(self.noise), power_w, self.serial, now, now, self.resolution_wh)

    def tell(self, lie: Lie | None) -> None:
        """From now on the meter tells this."""
        self.flow()
        counted_wh = self.energy_mj // MJ_PER_WH
        if self.lie is Lie.FROZEN:
            self.offset_wh = self._frozen_wh - counted_wh  # what flowed meanwhile was never counted
        self._frozen_wh = counted_wh + self.offset_wh
        self.lie = lie

    def reset(self, serial: str | None = None) -> None:
        """The register begins at nought; with `serial` it is another meter."""
        self.flow()
        self.offset_wh = -(self.energy_mj // MJ_PER_WH)
        self.serial = serial or self.serial

    def switch(self, closed: bool) -> None:
        """A contactor with a lag opens that much later."""
        self.flow()
        if closed or not self.lag_s or not self.flows:
            self.closed, self._opening = closed, False
        elif not self._opening:
            self.ran_on, self._opening = self.ran_on + 1, True
            asyncio.get_running_loop().call_later(self.lag_s, self._let_go)

    def _let_go(self) -> None:
        if self._opening:
            self.drop()

    def drop(self) -> None:
        """Without power, or without anybody who feeds its watchdog, it opens."""
        self.flow()
        self.closed, self._opening = False, False

    def fill_up(self) -> None:
        """The car has had enough."""
        self.flow()
        self.drawing = False

    def plug_in(self, owner: str, power_w: int) -> None:
        self.flow()
        self.plug_ins += 1
        self.owner, self.plugged, self.drawing, self.power_w = owner, True, False, power_w

    def unplug(self) -> None:
        self.flow()
        self.plugged, self.drawing, self.unplugged_ms = False, False, self._time_ms()

    def draw(self, power_w: int) -> None:
        """The car takes this much as soon as it may."""
        self.flow()
        self.drawing, self.power_w = power_w > 0, power_w or self.power_w

    def plug(self) -> Plug:
        pilot = self.fault or (Pilot.A if not self.plugged else Pilot.C if self.drawing else Pilot.B)
        return Plug(self._now(), pilot, self.closed and not self.says_open, 16_000)
