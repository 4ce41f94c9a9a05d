"""Toy meters that speak in floats, high word first: Eastron, Schneider, Siemens, Janitza, Inepro and Orno's three phases.

Written from the makers' register tables, never from the profiles that the kiosk reads with. Addresses are base 0.
"""

from kiosk.sim.make import FREQUENCY_HZ, Make, Sample
from kiosk.sim.modbus_pdu import READ_HOLDING
from kiosk.sim.post import VOLTAGE_V
from kiosk.sim.registers import Table, f32, f64, i64, table, text, u16, u32


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


def in_mwh(function: int, s: Sample) -> Table:
    if function == READ_HOLDING:
        return table((0x1E, f32(1)))
    return table((0x48, f32(s.import_wh / 1e6)), (0x4A, f32(s.export_wh / 1e6)),
                 (0x156, f32((s.import_wh + s.export_wh) / 1e6)))


def _sdm72(s: Sample) -> Table:
    return _sdm630_holding(s) | table((0xFC02, u16(0x0089)), (0xFC03, u16(0x0101)))


def _sdm120_inputs(s: Sample) -> Table:
    return table(
        (0x00, f32(VOLTAGE_V)), (0x06, f32(sum(s.phases_ma) / 1000)), (0x0C, f32(s.power_w)), (0x46, f32(FREQUENCY_HZ)),
        (0x48, f32(s.import_wh / 1000)), (0x4A, f32(s.export_wh / 1000)),
        (0x156, f32((s.import_wh + s.export_wh) / 1000)),
    )


def _sdm120_holding(s: Sample) -> Table:
    return table((0xFC00, u32(s.serial)), (0xFC02, u16(0x0020)), (0xFC03, u16(0x0205)), (0xF920, u16(2)))


def _iem3155(s: Sample) -> Table:
    return table(
        (0x0081, u32(s.serial)), (0x0664, u16(1002)), (0x1966, u16(0)),
        *((0x0BB7 + 2 * n, f32(ma / 1000)) for n, ma in enumerate(s.phases_ma)),
        *((0x0BD3 + 2 * n, f32(VOLTAGE_V)) for n in range(3)),
        *((0x0BED + 2 * n, f32(w / 1000)) for n, w in enumerate(s.phases_w)),
        (0x0BF3, f32(s.power_w / 1000)),
        (0x0C25, f32(FREQUENCY_HZ)),
        (0x0C83, i64(s.import_wh)), (0x0C87, i64(s.export_wh)),
        *((0x0DBD + 4 * n, i64(wh)) for n, wh in enumerate(s.phases_import_wh)),
    )


TARIFF_2_WH = 250_000


def _pac2200(s: Sample) -> Table:
    return table(
        *((1 + 2 * n, f32(VOLTAGE_V)) for n in range(3)),
        *((13 + 2 * n, f32(ma / 1000)) for n, ma in enumerate(s.phases_ma)),
        *((25 + 2 * n, f32(w)) for n, w in enumerate(s.phases_w)),
        (65, f32(s.power_w)),
        (211, u32(0)), (219, u32(3)),
        (801, f64(max(0, s.import_wh - TARIFF_2_WH))), (805, f64(min(s.import_wh, TARIFF_2_WH))),
        (809, f64(s.export_wh)), (813, f64(0)),
        (64001, u16(42)), (64002, text("7KM2200-2EA30", 10)), (64012, text(str(s.serial), 8)),
    )


def _pac2200_whole(address: int, count: int) -> bool:
    wide = 4 if 801 <= address < 817 else 2 if address < 801 else 1
    begin = 801 if wide == 4 else 1
    return (address - begin) % wide == 0 and count % wide == 0


def _umg96rm(s: Sample) -> Table:
    return table(
        (754, u32(s.serial)),
        *((19000 + 2 * n, f32(VOLTAGE_V)) for n in range(3)),
        *((19012 + 2 * n, f32(ma / 1000)) for n, ma in enumerate(s.phases_ma)),
        *((19020 + 2 * n, f32(w)) for n, w in enumerate(s.phases_w)),
        (19026, f32(s.power_w)),
        (19050, f32(FREQUENCY_HZ)), (19052, f32(1)),
        (19060, f32(s.import_wh - s.export_wh)),
        *((19062 + 2 * n, f32(wh)) for n, wh in enumerate(s.phases_import_wh)),
        (19068, f32(s.import_wh)), (19076, f32(s.export_wh)),
        blank=[range(19000, 19080)],
    )


def _pro380(s: Sample) -> Table:
    return table(
        (0x1010, u16(0x2007)), (0x4000, u32(s.serial)), (0x4007, u32(0x0218)), (0x4009, u32(0x0100)),
        *((0x5002 + 2 * n, f32(VOLTAGE_V)) for n in range(3)),
        (0x5008, f32(FREQUENCY_HZ)),
        *((0x500C + 2 * n, f32(ma / 1000)) for n, ma in enumerate(s.phases_ma)),
        (0x5012, f32(s.power_w / 1000)),
        *((0x5014 + 2 * n, f32(w / 1000)) for n, w in enumerate(s.phases_w)),
        (0x6000, f32((s.import_wh + s.export_wh) / 1000)),
        (0x600C, f32(s.import_wh / 1000)),
        *((0x6012 + 2 * n, f32(wh / 1000)) for n, wh in enumerate(s.phases_import_wh)),
        (0x6018, f32(s.export_wh / 1000)),
    )


def _orno_3p(s: Sample) -> Table:
    return table(
        (0x00, u32(s.serial)), (0x02, u16(1)), (0x03, u16(9600)), (0x04, u32(0x0112)),
        *((0x0E + 2 * n, f32(VOLTAGE_V)) for n in range(3)),
        (0x14, f32(FREQUENCY_HZ)),
        *((0x16 + 2 * n, f32(ma / 1000)) for n, ma in enumerate(s.phases_ma)),
        (0x1C, f32(s.power_w / 1000)),
        *((0x1E + 2 * n, f32(w / 1000)) for n, w in enumerate(s.phases_w)),
        (0x0100, f32((s.import_wh + s.export_wh) / 1000)),
        (0x0108, f32(s.import_wh / 1000)),
        (0x0110, f32(s.export_wh / 1000)),
    )
# fmt: on


EASTRON_SDM630 = Make(1, range(0x48, 0x4A), _sdm630_holding, _sdm630_inputs, count_max=80, even_only=True)
IEM3155 = Make(1, range(0x0C83, 0x0C87), _iem3155, None)
ORNO_3P = Make(1, range(0x0108, 0x010A), _orno_3p, None)
FLOAT_MAKES: dict[str, Make] = {
    "eastron-sdm630": EASTRON_SDM630,
    "eastron-sdm72d-m-v2": Make(1, range(0x48, 0x4A), _sdm72, _sdm630_inputs, count_max=60, even_only=True),
    "eastron-sdm120": Make(1, range(0x48, 0x4A), _sdm120_holding, _sdm120_inputs, count_max=80, even_only=True),
    "schneider-iem3155": IEM3155,
    "schneider-iem3255": IEM3155,
    "siemens-pac2200": Make(1, range(801, 809), _pac2200, _pac2200, whole_values=_pac2200_whole),
    "janitza-umg96rm": Make(1, range(19068, 19070), _umg96rm, None),
    "inepro-pro380": Make(1, range(0x600C, 0x600E), _pro380, None),
    "orno-we-516": ORNO_3P,
    "orno-we-517": ORNO_3P,
}
