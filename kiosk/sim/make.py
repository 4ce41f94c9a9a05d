"""What a meter measures at one instant, and what a maker's meter makes of it: tables, and what it refuses."""

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.sim.post import VOLTAGE_V
from kiosk.sim.registers import Table

FREQUENCY_HZ = 50


@dataclass(frozen=True)
class Sample:
    """What the meter measures at one instant. Power is negative when the current transformer is reversed."""

    serial: int
    import_wh: int
    export_wh: int
    phases_import_wh: tuple[int, int, int]
    phases_w: tuple[int, int, int]

    @property
    def power_w(self) -> int:
        return sum(self.phases_w)

    @property
    def phases_ma(self) -> tuple[int, int, int]:
        l1, l2, l3 = (abs(power_w) * 1000 // VOLTAGE_V for power_w in self.phases_w)
        return l1, l2, l3


@dataclass(frozen=True)
class Make:
    """A maker's meter: its tables, and what it refuses although it knows the address."""

    unit: int
    energy: range
    holding: Callable[[Sample], Table] | None
    inputs: Callable[[Sample], Table] | None
    count_max: int = 125
    even_only: bool = False
    alone: tuple[tuple[int, int], ...] = ()
    """(address, word) pairs that hold this word only when read as exactly one register."""
    whole_values: Callable[[int, int], bool] | None = None
    """Whether a read of (address, count) begins and ends between two values; others are refused."""
