"""Toy meters: what four makers' registers hold for the same counter. Addresses are base 0, as sent on the wire.

Written from the makers' register tables (Eastron SDM630 V1/V2, ABB B23/B24, Carlo Gavazzi EM300/ET300 series,
SunSpec models 1 and 203), never from the profiles that the kiosk reads with.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kiosk.sim.modbus_pdu import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ_HOLDING,
    READ_INPUTS,
    WRITE_REGISTERS,
    RefusalError,
    pick,
)
from kiosk.sim.post import VOLTAGE_V, Post
from kiosk.sim.registers import Table, f32, i16, i32, swapped, table, text, u16, u32, u64

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


class MeterToy:
    def __init__(self, post: Post, profile: str) -> None:
        if profile not in MAKES:
            raise ValueError(f"There is no toy meter {profile!r}. There are: {', '.join(MAKES)}.")
        self.make = MAKES[profile]
        self.profile = profile
        self.line = post.meter_line
        self.energy = self.make.energy
        self._post = post
        self._prefix_mwh = False

    def read(self, function: int, address: int, count: int) -> list[int]:
        if function not in (READ_HOLDING, READ_INPUTS):
            raise RefusalError(ILLEGAL_FUNCTION)
        if count == 1 and address in dict(self.make.alone):
            return [dict(self.make.alone)[address]]
        if self.make.even_only and address % 2:
            raise RefusalError(ILLEGAL_ADDRESS)
        if count > self.make.count_max or (self.make.even_only and count % 2):
            raise RefusalError(ILLEGAL_VALUE)
        source = self.make.holding if function == READ_HOLDING else self.make.inputs
        words = source(self._sample()) if source else None
        if words and self.make is EASTRON_SDM630 and self._prefix_mwh:
            words |= _in_mwh(function, self._sample())
        return pick(words, address, count)

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        """Only the Eastron's energy unit prefix: 0.0 for kWh, 1.0 for MWh."""
        if self.make is not EASTRON_SDM630 or function != WRITE_REGISTERS:
            raise RefusalError(ILLEGAL_FUNCTION)
        if address != 0x1E:
            raise RefusalError(ILLEGAL_ADDRESS)
        if tuple(values) not in (f32(0), f32(1)):
            raise RefusalError(ILLEGAL_VALUE)
        self._prefix_mwh = tuple(values) == f32(1)

    def _sample(self) -> Sample:
        self._post.advance()
        counter = self._post.counter
        l1, l2, l3 = self._post.phases_w
        sign = -1 if counter.reversed_ct else 1
        return Sample(
            counter.serial,
            counter.import_wh,
            counter.export_wh,
            counter.phases_import_wh,
            (sign * l1, sign * l2, sign * l3),
        )


# fmt: off
def _sdm630_inputs(s: Sample) -> Table:
    return table(
        *((0x00 + 2 * n, f32(VOLTAGE_V)) for n in range(3)),
        *((0x06 + 2 * n, f32(ma / 1000)) for n, ma in enumerate(s.phases_ma)),
        *((0x0C + 2 * n, f32(w)) for n, w in enumerate(s.phases_w)),
        (0x34, f32(s.power_w)),
        (0x46, f32(FREQUENCY_HZ)),
        (0x48, f32(s.import_wh / 1000)),
        (0x4A, f32(s.export_wh / 1000)),
        (0x156, f32((s.import_wh + s.export_wh) / 1000)),
        *((0x15A + 2 * n, f32(wh / 1000)) for n, wh in enumerate(s.phases_import_wh)),
        *((0x160 + 2 * n, f32(wh)) for n, wh in enumerate((s.export_wh / 1000, 0, 0))),
        blank=[range(0x4C), range(0x156, 0x166)],
    )


def _sdm630_holding(s: Sample) -> Table:
    return table(
        (0x0A, f32(3)),       # 3 phases, 4 wires
        (0x12, f32(0)),       # no parity, one stop bit
        (0x14, f32(1)),       # slave id
        (0x1C, f32(2)),       # 9600 baud
        (0x1E, f32(0)),       # energy in kWh
        (0xFC00, u32(s.serial)),
    )


def _in_mwh(function: int, s: Sample) -> Table:
    if function == READ_HOLDING:
        return table((0x1E, f32(1)))
    return table((0x48, f32(s.import_wh / 1e6)), (0x4A, f32(s.export_wh / 1e6)),
                 (0x156, f32((s.import_wh + s.export_wh) / 1e6)))


def _abb_b23(s: Sample) -> Table:
    return table(
        (0x5000, u64(s.import_wh // 10)),
        (0x5004, u64(s.export_wh // 10)),
        *((0x5460 + 4 * n, u64(wh // 10)) for n, wh in enumerate(s.phases_import_wh)),
        *((0x5B00 + 2 * n, u32(VOLTAGE_V * 10)) for n in range(3)),
        *((0x5B0C + 2 * n, u32(ma // 10)) for n, ma in enumerate(s.phases_ma)),
        (0x5B14, i32(s.power_w * 100)),
        *((0x5B16 + 2 * n, i32(w * 100)) for n, w in enumerate(s.phases_w)),
        (0x5B2C, u16(FREQUENCY_HZ * 100)),
        (0x5B3A, i16(-1000 if s.power_w < 0 else 1000)),
        (0x8900, u32(s.serial)),
        (0x8908, text("B1.23.4", 8)),
        (0x8960, u32(0x42323320)),  # "B23 "
        blank=[range(0x5000, 0x5008), range(0x5B00, 0x5B3B)], blank_word=0xFFFF,  # not available
    )


def _gavazzi_em340(s: Sample) -> Table:
    return table(
        *((0x00 + 2 * n, swapped(i32(VOLTAGE_V * 10))) for n in range(3)),
        *((0x0C + 2 * n, swapped(i32(ma))) for n, ma in enumerate(s.phases_ma)),
        *((0x12 + 2 * n, swapped(i32(w * 10))) for n, w in enumerate(s.phases_w)),
        (0x28, swapped(i32(s.power_w * 10))),
        *((0x2E + n, i16(-1000 if s.power_w < 0 else 1000)) for n in range(4)),
        (0x32, i16(0)),       # phases in the right order
        (0x33, u16(FREQUENCY_HZ * 10)),
        (0x34, swapped(i32(s.import_wh // 100))),
        (0x3C, swapped(i32(s.import_wh % 50_000 // 100))),  # the partial counter that anybody can reset
        *((0x40 + 2 * n, swapped(i32(wh // 100))) for n, wh in enumerate(s.phases_import_wh)),
        (0x4E, swapped(i32(s.export_wh // 100))),
        (0x0302, u16(1)), (0x0303, u16(4)),
        (0x0400, swapped(i32(s.import_wh // 1000))), (0x0402, swapped(i32(s.import_wh % 1000))),
        (0x0408, swapped(i32(s.export_wh // 1000))), (0x040A, swapped(i32(s.export_wh % 1000))),
        (0x2000, u16(1)), (0x2001, u16(1)), (0x2002, u16(1)),  # address, 9600 baud, no parity
        (0x5000, text(f"KX{s.serial}", 7)),
        blank=[range(0x50), range(0x0400, 0x040C)],
    )


def _sunspec_203(s: Sample, *, meter_at: int = 40070) -> Table:
    data = meter_at  # offsets of the model's paper count from its ID register
    between = [(40070, u16(10) + u16(4)), (40076, u16(17) + u16(12))] if meter_at > 40070 else []
    phases = range(3)
    return table(
        (40000, text("SunS", 2)),
        (40002, u16(1) + u16(66)),
        (40004, text("Ladekiosk", 16)), (40020, text("Toy 203", 16)), (40044, text("1.0", 8)),
        (40052, text(str(s.serial), 16)), (40068, u16(1)),
        *between,
        *((data + at, u16(0x8000)) for at in range(2, 38)),  # not implemented
        (data, u16(203) + u16(105)),
        (data + 2, i16(sum(s.phases_ma) // 10)), (data + 6, i16(-2)),
        *((data + 3 + n, i16(s.phases_ma[n] // 10)) for n in phases),
        (data + 7, i16(VOLTAGE_V * 10)), (data + 15, i16(-1)),
        *((data + 8 + n, i16(VOLTAGE_V * 10)) for n in phases),
        (data + 16, i16(FREQUENCY_HZ * 100)), (data + 17, i16(-2)),
        (data + 18, i16(s.power_w // 10)), (data + 22, i16(1)),
        *((data + 19 + n, i16(s.phases_w[n] // 10)) for n in phases),
        (data + 38, u32(s.export_wh)),
        (data + 46, u32(s.import_wh)), (data + 54, i16(0)),
        (data + 107, u16(0xFFFF) + u16(0)),
        blank=[range(40000, data + 109)],
    )
# fmt: on


def _bauer_bsm(s: Sample) -> Table:
    """Two more models stand before the meter, so the chain has to be walked."""
    return _sunspec_203(s, meter_at=40090)


EASTRON_SDM630 = Make(1, range(0x48, 0x4A), _sdm630_holding, _sdm630_inputs, count_max=80, even_only=True)
MAKES: dict[str, Make] = {
    "eastron-sdm630": EASTRON_SDM630,
    "abb-b23": Make(1, range(0x5000, 0x5004), _abb_b23, None),
    "carlo-gavazzi-em340": Make(
        1, range(0x0400, 0x0404), _gavazzi_em340, _gavazzi_em340, count_max=50, alone=((0x000B, 341),)
    ),
    "sunspec-203": Make(1, range(40116, 40118), _sunspec_203, None),
    "bauer-bsm-ws36a": Make(42, range(40136, 40138), _bauer_bsm, None),
}
