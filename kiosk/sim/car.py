"""A car and its load curve: how much power it asks for, given the energy it has taken since it was plugged in."""

import random
from dataclasses import dataclass

MJ_PER_WH = 3_600_000  # millijoules, which are watts times milliseconds: every energy here is a whole number of them


@dataclass(frozen=True)
class Car:
    """Power is flat up to `taper_from_percent` of the battery, then falls with every further percent, and ends at full.

    `asleep` is plugged in but never takes energy. `pause_after_wh` makes it rest once for `pause_s` by its own will.
    `stops_after_s` is how long it goes on drawing after it was told to stop.
    """

    plugs_in_after_s: int = 0
    battery_wh: int = 60_000
    charged_wh: int = 20_000
    power_max_w: int = 11_000
    phases: int = 3
    taper_from_percent: int = 80
    pause_after_wh: int | None = None
    pause_s: int = 0
    asleep: bool = False
    stops_after_s: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.charged_wh <= self.battery_wh or self.battery_wh == 0:
            raise ValueError(f"charged_wh is {self.charged_wh}; it must lie within the battery's {self.battery_wh} Wh.")
        if not 1 <= self.phases <= 3:
            raise ValueError(f"phases is {self.phases}; a car has 1, 2 or 3.")
        if not 0 < self.taper_from_percent < 100:
            raise ValueError(f"taper_from_percent is {self.taper_from_percent}; it must lie between 1 and 99.")
        if min(self.plugs_in_after_s, self.pause_s, self.stops_after_s, self.pause_after_wh or 0) < 0:
            raise ValueError("A car's times and energies cannot be negative.")

    def wanted_w(self, taken_mj: int) -> int:
        percent = self._percent(taken_mj)
        if self.asleep or percent >= 100:
            return 0
        if percent < self.taper_from_percent:
            return self.power_max_w
        return max(1, self.power_max_w * (100 - percent) // (100 - self.taper_from_percent))

    def step_mj(self, taken_mj: int) -> int:
        """The taken energy at which the wanted power may next be another: at most one percent further on."""
        percent = max(self._percent(taken_mj) + 1, self.taper_from_percent)
        boundary_mj = -(-percent * self.battery_wh * MJ_PER_WH // 100)
        return boundary_mj - self.charged_wh * MJ_PER_WH

    def _percent(self, taken_mj: int) -> int:
        return (self.charged_wh * MJ_PER_WH + taken_mj) * 100 // (self.battery_wh * MJ_PER_WH)


def car_from_seed(seed: int) -> Car:
    """The same seed is the same car, on every machine."""
    draw = random.Random(seed)  # noqa: S311 (a load curve, not a secret)
    battery_wh = draw.randrange(24_000, 100_001, 1_000)
    power_max_w, phases = draw.choice([(3_680, 1), (7_360, 1), (11_000, 3), (22_000, 3)])
    return Car(
        plugs_in_after_s=draw.randrange(5, 61),
        battery_wh=battery_wh,
        charged_wh=battery_wh * draw.randrange(8, 76) // 100,
        power_max_w=power_max_w,
        phases=phases,
        taper_from_percent=draw.randrange(75, 91),
        pause_after_wh=draw.choice([None, None, draw.randrange(500, 8_000)]),
        pause_s=draw.randrange(60, 601),
        stops_after_s=draw.randrange(0, 4),
    )
