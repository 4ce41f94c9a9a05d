"""Toy meters that speak SunSpec: a chain of models, the meter's own as whole numbers (201 to 204) or floats (211 to 214).

Written from the SunSpec information models, never from the profiles that the kiosk reads with. Addresses are base 0.
"""

from kiosk.sim.make import FREQUENCY_HZ, Make, Sample
from kiosk.sim.post import VOLTAGE_V
from kiosk.sim.registers import Table, f32, i16, table, text, u16, u32

BETWEEN_V = 400
PHASES = {1: 1, 2: 2, 3: 3, 4: 3}
NAN = (0x7FC0, 0x0000)


# fmt: off
def _chain(s: Sample, model: int, length: int, at: int) -> Table:
    between = [(40070, u16(10) + u16(4)), (40076, u16(17) + u16(12))] if at > 40070 else []
    return table(
        (40000, text("SunS", 2)),
        (40002, u16(1) + u16(66)),
        (40004, text("Ladekiosk", 16)), (40020, text(f"Toy {model}", 16)), (40044, text("1.0", 8)),
        (40052, text(str(s.serial), 16)), (40068, u16(1)),
        *between,
        (at, u16(model) + u16(length)),
        (at + 2 + length, u16(0xFFFF) + u16(0)),
        blank=[range(40000, at + 4 + length)],
    )


def _whole_numbers(s: Sample, model: int, at: int = 40070) -> Table:
    """Offsets of the model's paper count from its ID register."""
    phases, delta = range(PHASES[model % 10]), model == 204
    return _chain(s, model, 105, at) | table(
        *((at + n, u16(0x8000)) for n in range(2, 38)),  # not implemented
        (at + 2, i16(sum(s.phases_ma) // 10)), (at + 6, i16(-2)),
        *((at + 3 + n, i16(s.phases_ma[n] // 10)) for n in phases),
        (at + 15, i16(-1)),
        *(((at + 11, i16(BETWEEN_V * 10)),) if delta else ((at + 7, i16(VOLTAGE_V * 10)),)),
        *((at + (12 if delta else 8) + n, i16((BETWEEN_V if delta else VOLTAGE_V) * 10)) for n in phases),
        (at + 16, i16(FREQUENCY_HZ * 100)), (at + 17, i16(-2)),
        (at + 18, i16(s.power_w // 10)), (at + 22, i16(1)),
        *((at + 19 + n, i16(s.phases_w[n] // 10)) for n in phases),
        (at + 38, u32(s.export_wh)),
        (at + 46, u32(s.import_wh)), (at + 54, i16(0)),
    )


def _floats(s: Sample, model: int, at: int = 40070) -> Table:
    phases, delta = range(PHASES[model % 10]), model == 214
    return _chain(s, model, 124, at) | table(
        *((at + n, NAN) for n in range(2, 124, 2)),
        (at + 2, f32(sum(s.phases_ma) / 1000)),
        *((at + 4 + 2 * n, f32(s.phases_ma[n] / 1000)) for n in phases),
        *((at + (20 if delta else 12) + 2 * n, f32(BETWEEN_V if delta else VOLTAGE_V)) for n in phases),
        (at + 26, f32(FREQUENCY_HZ)),
        (at + 28, f32(s.power_w)),
        *((at + 30 + 2 * n, f32(s.phases_w[n])) for n in phases),
        (at + 60, f32(s.export_wh)), (at + 68, f32(s.import_wh)),
    )
# fmt: on


def _make(model: int) -> Make:
    if model < 210:
        return Make(1, range(40116, 40118), lambda s: _whole_numbers(s, model), None)
    return Make(1, range(40138, 40140), lambda s: _floats(s, model), None)


SUNSPEC_MAKES: dict[str, Make] = {
    **{f"sunspec-{model}": _make(model) for model in (201, 202, 203, 204, 211, 212, 213, 214)},
    # Two more models stand before the meter, so the chain has to be walked.
    "bauer-bsm-ws36a": Make(42, range(40136, 40138), lambda s: _whole_numbers(s, 203, 40090), None),
}
