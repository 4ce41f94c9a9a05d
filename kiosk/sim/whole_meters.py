"""Toy meters that count in whole numbers: ABB with the high word first, Carlo Gavazzi with the low one, Orno's one phase.

Written from the makers' register tables, never from the profiles that the kiosk reads with. Addresses are base 0.
"""

from kiosk.sim.make import FREQUENCY_HZ, Make, Sample
from kiosk.sim.post import VOLTAGE_V
from kiosk.sim.registers import Table, i16, i32, swapped, table, text, u16, u32, u64


# fmt: off
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


def _abb_b21(s: Sample) -> Table:
    phases = [range(0x5460, 0x546C), range(0x5B02, 0x5B06), range(0x5B16, 0x5B1C)]
    absent = {address: 0xFFFF for span in phases for address in span}  # those of a phase alone
    return _abb_b23(s) | absent | table((0x8960, u32(0x42323120)))  # "B21 "


def _abb_b24(s: Sample) -> Table:
    return _abb_b23(s) | table((0x8960, u32(0x42323420)))  # "B24 "


def _gavazzi_common(s: Sample) -> Table:
    return table(
        *((0x00 + 2 * n, swapped(i32(VOLTAGE_V * 10))) for n in range(3)),
        *((0x0C + 2 * n, swapped(i32(ma))) for n, ma in enumerate(s.phases_ma)),
        *((0x12 + 2 * n, swapped(i32(w * 10))) for n, w in enumerate(s.phases_w)),
        (0x28, swapped(i32(s.power_w * 10))),
        blank=[range(0x50)],
    )


def _gavazzi_plain(s: Sample) -> Table:
    """What EM340 and EM24-E1 have at the same places."""
    return _gavazzi_common(s) | table(
        (0x32, i16(0)),       # phases in the right order
        (0x33, u16(FREQUENCY_HZ * 10)),
        (0x34, swapped(i32(s.import_wh // 100))),
        (0x3C, swapped(i32(s.import_wh % 50_000 // 100))),  # the partial counter that anybody can reset
        *((0x40 + 2 * n, swapped(i32(wh // 100))) for n, wh in enumerate(s.phases_import_wh)),
        (0x4E, swapped(i32(s.export_wh // 100))),
        (0x5000, text(f"KX{s.serial}", 7)),
    )


def gavazzi_em340(s: Sample) -> Table:
    return _gavazzi_plain(s) | table(
        *((0x2E + n, i16(-1000 if s.power_w < 0 else 1000)) for n in range(4)),
        (0x0302, u16(1)), (0x0303, u16(4)),
        (0x0400, swapped(i32(s.import_wh // 1000))), (0x0402, swapped(i32(s.import_wh % 1000))),
        (0x0408, swapped(i32(s.export_wh // 1000))), (0x040A, swapped(i32(s.export_wh % 1000))),
        (0x2000, u16(1)), (0x2001, u16(1)), (0x2002, u16(1)),  # address, 9600 baud, no parity
        blank=[range(0x0404, 0x0408)],
    )


def _gavazzi_em24_e1(s: Sample) -> Table:
    return _gavazzi_plain(s) | table(
        (0x0302, u16(0x1000)), (0x0304, u16(0x1805)),  # firmware 1.8.5
        (0x1002, u16(0)), (0xA000, u16(7)), (0xA100, u16(0)),
    )


def _gavazzi_em24_din(s: Sample) -> Table:
    return _gavazzi_common(s) | table(
        (0x36, i16(0)), (0x37, i16(FREQUENCY_HZ * 10)),
        (0x3E, swapped(i32(s.import_wh // 100))),
        (0x42, swapped(i32(s.import_wh % 50_000 // 100))),  # the partial counter that anybody can reset
        *((0x46 + 2 * n, swapped(i32(wh // 100))) for n, wh in enumerate(s.phases_import_wh)),
        (0x5C, swapped(i32(s.export_wh // 100))),
        (0x110A, u16(1)), (0x110B, u16(1)),
        (0x1300, text(f"KX{s.serial}", 7)),
    )


def _orno_1p(s: Sample) -> Table:
    return table(
        (0x0B, u16(0x0514)), (0x110, u16(1)), (0x111, u16(4)),
        (0x130, u16(FREQUENCY_HZ * 100)), (0x131, u16(VOLTAGE_V * 100)), (0x139, u32(sum(s.phases_ma))),
        (0x140, i32(s.power_w)),
        (0xA000, u32((s.import_wh + s.export_wh) // 10)),
    )
# fmt: on


GAVAZZI_EM340 = Make(1, range(0x0400, 0x0404), gavazzi_em340, gavazzi_em340, count_max=50, alone=((0x000B, 341),))
ORNO_1P = Make(1, range(0xA000, 0xA002), _orno_1p, None)
WHOLE_MAKES: dict[str, Make] = {
    "abb-b21": Make(1, range(0x5000, 0x5004), _abb_b21, None),
    "abb-b23": Make(1, range(0x5000, 0x5004), _abb_b23, None),
    "abb-b24": Make(1, range(0x5000, 0x5004), _abb_b24, None),
    "carlo-gavazzi-em340": GAVAZZI_EM340,
    "garo-gnm3d": GAVAZZI_EM340,
    "carlo-gavazzi-em24-din": Make(
        1, range(0x3E, 0x40), _gavazzi_em24_din, _gavazzi_em24_din, count_max=50, alone=((0x000B, 71),)
    ),
    "carlo-gavazzi-em24-e1": Make(1, range(0x34, 0x36), _gavazzi_em24_e1, _gavazzi_em24_e1, alone=((0x000B, 1648),)),
    "orno-we-514": ORNO_1P,
    "orno-we-515": ORNO_1P,
}
