"""Where a meter may be found: the ports of this machine, transports, serial settings and unit ids, most likely first."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from kiosk.services.meter.profile import MeterProfile
from kiosk.services.modbus import url
from kiosk.services.modbus.url import Address, Serial

# What meters can be set to beside what their makers deliver.
ALSO = (Serial(9600, "N"), Serial(19200, "E"), Serial(9600, "E"), Serial(19200, "N"), Serial(2400, "N"),
        Serial(38400, "N"), Serial(4800, "N"), Serial(115200, "N"))  # fmt: skip
OTHER = {"tcp": "rtutcp", "rtutcp": "tcp"}
UNITS_MAX = 247


def ports(dev: Path = Path("/dev")) -> list[str]:
    """The serial adapters of this machine, by the name that survives another socket."""
    named = sorted((dev / "serial" / "by-id").glob("*"))
    known = {path.resolve() for path in named}
    plain = sorted(path for kind in ("ttyUSB*", "ttyACM*") for path in dev.glob(kind))
    return [str(path) for path in (*named, *(path for path in plain if path.resolve() not in known))]


def ways(address: str, profiles: Iterable[MeterProfile]) -> list[Address]:
    """Every way to speak to this place that the address leaves open. Raises FaultError for a wrong address."""
    first, stated = url.parse(address, 1, Serial()), url.stated(address)
    if first.transport == "rtu":
        fixed = {name: getattr(first.serial, name) for name in stated - {"unit"}}
        serials = dict.fromkeys(replace(serial, **fixed) for serial in settings(profiles))
        return [replace(first, serial=serial) for serial in serials]
    return [first, replace(first, transport=OTHER[first.transport], any_id=False)]


def settings(profiles: Iterable[MeterProfile]) -> list[Serial]:
    """What most makers deliver comes first."""
    delivered = Counter(profile.line.serial for profile in profiles)
    return list(dict.fromkeys((*(serial for serial, _ in delivered.most_common()), *ALSO)))


def delivered_units(profiles: Iterable[MeterProfile]) -> list[int]:
    return [unit for unit, _ in Counter(profile.line.unit for profile in profiles).most_common()]


def usual_units(profiles: Iterable[MeterProfile]) -> list[int]:
    return list(dict.fromkeys((*delivered_units(profiles), *range(1, 33))))


def units(text: str) -> list[int]:
    """`1-32`, `7` or `1-10,42`. Raises ValueError with what would be right."""
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or last.isdecimal() != bool(dash):
            raise ValueError(f"{text!r} are no unit ids; write 1-32, 7 or 1-10,42")
        span = range(int(first), int(last or first) + 1)
        if not span or span[0] < 1 or span[-1] > UNITS_MAX:
            raise ValueError(f"{part.strip()!r} are no unit ids; they go from 1 to {UNITS_MAX}")
        found += span
    return list(dict.fromkeys(found))


def in_order(wanted: Sequence[int], profiles: Iterable[MeterProfile]) -> tuple[list[int], list[int]]:
    """Those that makers deliver, and the others."""
    first = [unit for unit in delivered_units(profiles) if unit in wanted]
    return first, [unit for unit in wanted if unit not in first]
