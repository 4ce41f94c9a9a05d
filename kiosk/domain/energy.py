"""Instants, register readings, and what a controller says about the cable. Energy is whole watt-hours."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True)
class Instant:
    """A moment as the kiosk knows it: wall clock for people, monotonic clock for durations.

    `utc_ms` may jump; `mono_ms` never does but means nothing in another `boot`.
    """

    utc_ms: int
    boot: str
    mono_ms: int


def elapsed_ms(begin: Instant, end: Instant) -> int:
    """Milliseconds that are proven to lie between two instants: none across a boot, never negative."""
    return max(0, end.mono_ms - begin.mono_ms) if begin.boot == end.boot else 0


def later(at: Instant, seconds: int) -> Instant:
    """The instant `seconds` after `at`, if nothing moves the clock."""
    return Instant(at.utc_ms + seconds * 1000, at.boot, at.mono_ms + seconds * 1000)


@dataclass(frozen=True)
class Reading:
    """One billing read: the total import register, and the power beside it.

    `import_wh` is the lifetime import in whole Wh, read twice and equal or plausible. `at` is when the answer was
    received; `since` is since when it has stood at this value while power flowed. `power_w` is positive towards the car.
    `resolution_wh` is the register's own step. `flowed_wh` is the least that the power says has flowed since `since` (None:
    an earlier version wrote this down, and did not integrate), `unpowered_wh` by how much the register has risen beyond what can have flowed while the power was seen as none.
    `serial` tells meters apart: the serial number, or the place of a meter that tells none (`tells_serial` is False then).
    """

    import_wh: int
    power_w: int
    serial: str
    at: Instant
    since: Instant
    resolution_wh: int = 1
    flowed_wh: int | None = None
    unpowered_wh: int = 0
    tells_serial: bool = True

    @property
    def number(self) -> str:
        """The serial number for people; empty for a meter that tells none."""
        return self.serial if self.tells_serial else ""


class Pilot(StrEnum):
    """IEC 61851 states of the control pilot."""

    A = "A"  # no car
    B = "B"  # car, not ready to take energy
    C = "C"  # car takes energy
    D = "D"  # car takes energy and asks for ventilation
    E = "E"  # short circuit or controller off
    F = "F"  # controller not available


@dataclass(frozen=True)
class Plug:
    """What a charge controller says now. None is *cannot tell* (a relay has no pilot)."""

    at: Instant
    pilot: Pilot | None
    enabled: bool | None
    offered_ma: int | None = None

    @property
    def car_present(self) -> bool | None:
        return None if self.pilot is None else self.pilot in (Pilot.B, Pilot.C, Pilot.D)
