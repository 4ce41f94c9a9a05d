"""Each model's profile against its toy, whose registers come from the papers: over sockets, RTU frames and a pty."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.domain.energy import Instant, Reading
from kiosk.domain.fault import Fault, Trouble
from kiosk.services.meter.profile import MeterProfile
from kiosk.services.meter.reader import MeterReader
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.catalogue import load, profile_ids
from kiosk.services.modbus.errors import DeviceRefused
from kiosk.services.modbus.url import parse
from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.make import Make, Sample
from kiosk.sim.meter import MAKES, MeterToy
from kiosk.sim.modbus_server import Line, serving_rtu, serving_tcp
from kiosk.sim.post import Post
from kiosk.sim.registers import Table, f32
from kiosk.sim.toys import meter_line, serving_on_tty

REGISTER_WH = 12_345_678
POWER_W = 11_040
COARSE = {"abb": 10, "carlo-gavazzi-em24": 100, "orno-we-514": 10, "orno-we-515": 10}
WITH_TOY = [
    name for name in profile_ids("meters") if name in MAKES
]  # all that ship: tests/services/modbus/test_profiles.py
NAMELESS = ("orno-we-514", "orno-we-515")  # they tell no serial number
SERIALS = {"carlo-gavazzi": "KX21031977", "garo": "KX21031977"}
# One of each family and each way of decoding: floats, f64 summed, i64, u64, low word first, a pair with its fallback,
# scale factors, SunSpec floats, no serial number.
FAMILIES = (
    "abb-b21",
    "abb-b23",
    "carlo-gavazzi-em24-din",
    "carlo-gavazzi-em24-e1",
    "carlo-gavazzi-em340",
    "eastron-sdm120",
    "eastron-sdm630",
    "inepro-pro380",
    "janitza-umg96rm",
    "orno-we-514",
    "orno-we-516",
    "schneider-iem3155",
    "siemens-pac2200",
    "sunspec-203",
    "sunspec-213",
)


class Bench:
    """A post whose car draws 11 040 W behind a counter at 12 345 678 Wh; time stands still until a test moves it."""

    def __init__(self, profile_id: str, register_wh: int = REGISTER_WH) -> None:
        self.ms = 0
        clock = SimClock(utc_ms=0, real_s=lambda: self.ms / 1000)
        self.post = Post(clock, Car(power_max_w=POWER_W), register_wh=register_wh, serial=21_031_977)
        self.post.command(enabled=True)
        profile = load("meters", profile_id, MeterProfile)
        line = profile.line.model_copy(update={"timeout_ms": 2000, "gap_ms": 0, "unit_pause_ms": 0})
        self.profile = profile.model_copy(update={"line": line})

    def now(self) -> Instant:
        return Instant(self.ms, "boot", self.ms)

    def reader(self, lines: Lines, url: str) -> MeterReader:
        line = self.profile.line
        return MeterReader(self.profile, lines.device(parse(url, line.unit, line.serial), line.pace), self.now)

    @asynccontextmanager
    async def on_tcp(self, *, rtu_framed: bool = False, toy: str | None = None) -> AsyncIterator[MeterReader]:
        line = meter_line(self.post, toy or self.profile.id)
        async with serving_tcp(line, "127.0.0.1", 0, rtu_framed=rtu_framed) as port, Lines() as lines:
            yield self.reader(lines, f"{'rtutcp' if rtu_framed else 'tcp'}://127.0.0.1:{port}")


def step_wh(profile_id: str) -> int:
    return next((step for name, step in COARSE.items() if profile_id.startswith(name)), 1)


def right(profile_id: str, bench: Bench) -> Reading:
    """What the toy's counter holds, cut to the register's own step."""
    step = step_wh(profile_id)
    serial = next((text for name, text in SERIALS.items() if profile_id.startswith(name)), "21031977")
    reading = Reading(REGISTER_WH // step * step, POWER_W, serial, bench.now(), bench.now(), step, 0)
    return replace(reading, serial="", tells_serial=False) if profile_id in NAMELESS else reading


def without_place(reading: Reading | Trouble) -> Reading | Trouble:
    return replace(reading, serial=reading.number) if isinstance(reading, Reading) else reading


@pytest.mark.parametrize("profile_id", WITH_TOY)
async def test_each_model_is_read_to_the_last_step_of_its_register(profile_id: str) -> None:
    bench = Bench(profile_id)
    async with bench.on_tcp() as reader:
        assert without_place(await reader.read()) == right(profile_id, bench)


PHASES = {"sunspec-201": [230, None, None], "sunspec-202": [230, 230, None], "sunspec-204": [400] * 3}
PHASES |= {"sunspec-211": PHASES["sunspec-201"], "sunspec-212": PHASES["sunspec-202"], "sunspec-214": [400] * 3}


@pytest.mark.parametrize("profile_id", WITH_TOY)
async def test_the_voltage_of_each_phase_is_read_where_it_stands(profile_id: str) -> None:
    """One phase in the window would be enough to pass, so a slip in another would never be seen."""
    bench = Bench(profile_id)
    names = bench.profile.voltage.values
    async with bench.on_tcp() as reader:
        await reader.read()
        assert reader._proof is not None
        sheet = await reader._sheet(bench.profile.blocks_of(names), reader._proof.models)
    assert [sheet.number(name) for name in names] == PHASES.get(profile_id, [230] * len(names))


@pytest.mark.parametrize("profile_id", FAMILIES)
async def test_each_family_is_read_over_a_serial_line_as_it_is_delivered(profile_id: str) -> None:
    bench = Bench(profile_id)
    async with serving_on_tty(bench.post, meter_profile=profile_id) as path, Lines() as lines:
        # A pty has no parity; everything else is the profile's own.
        reader = bench.reader(lines, f"rtu://{path}?parity=N")
        assert without_place(await reader.read()) == right(profile_id, bench)
        assert reader._device.line.counts.timeouts == 0


@pytest.mark.parametrize("profile_id", FAMILIES)
async def test_each_family_is_read_behind_a_transparent_gateway(profile_id: str) -> None:
    bench = Bench(profile_id)
    async with bench.on_tcp(rtu_framed=True) as reader:
        assert without_place(await reader.read()) == right(profile_id, bench)


@pytest.mark.parametrize("profile_id", FAMILIES)
async def test_each_family_counts_what_flows(profile_id: str) -> None:
    bench = Bench(profile_id)
    async with bench.on_tcp() as reader:
        first = await reader.read()
        bench.ms = 1_800_000
        second = await reader.read()
    assert isinstance(first, Reading)
    assert isinstance(second, Reading)
    assert abs(second.import_wh - first.import_wh - POWER_W // 2) <= step_wh(profile_id)


@pytest.mark.parametrize("profile_id", FAMILIES)
async def test_no_meter_passes_for_another_with_a_wrong_number(profile_id: str) -> None:
    """Twins and sisters may share a table, but then they have to say the same."""
    for toy in FAMILIES:
        bench = Bench(profile_id)
        async with bench.on_tcp(toy=toy) as reader:
            answer = await reader.read()
        if isinstance(answer, Trouble):
            assert answer.fault in (Fault.METER_WRONG_DEVICE, Fault.METER_GARBLED), answer
        else:
            truth = right(toy, bench)
            same = (answer.import_wh, answer.number) == (truth.import_wh, truth.number)
            assert same, f"{toy} was read as {profile_id}: {answer}"


# What is special about one.


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Callable[[Table], Table]], None]:
    """Edit the registers of a toy that answers both functions alike."""

    def edit(name: str, how: Callable[[Table], Table]) -> None:
        make: Make = MAKES[name]
        holding = make.holding
        assert holding is not None

        def table(sample: Sample) -> Table:
            return how(dict(holding(sample)))

        monkeypatch.setitem(MAKES, name, replace(make, holding=table, inputs=table if make.inputs else None))

    return edit


async def refused(bench: Bench) -> Trouble:
    async with bench.on_tcp() as reader:
        answer = await reader.read()
    assert isinstance(answer, Trouble), answer
    return answer


async def test_an_em24_that_hides_negative_power_is_refused_until_it_is_set_right(
    change: Callable[[str, Callable[[Table], Table]], None],
) -> None:
    change("carlo-gavazzi-em24-e1", lambda table: table | {0xA000: 2})
    trouble = await refused(Bench("carlo-gavazzi-em24-e1"))
    assert trouble.fault is Fault.METER_GARBLED
    assert trouble.detail.endswith(
        "has application 2, not 7. Turn the selector on its front out of the locked position and set the application "
        "to H (7 in register 0xA000)."
    )


@pytest.mark.parametrize(("firmware", "fits"), [(0x1802, False), (0x1803, True), (0x2000, True), (0x0FFF, False)])
async def test_an_em24_whose_firmware_hangs_is_refused(
    change: Callable[[str, Callable[[Table], Table]], None], firmware: int, fits: bool
) -> None:
    change("carlo-gavazzi-em24-e1", lambda table: table | {0x0304: firmware})
    bench = Bench("carlo-gavazzi-em24-e1")
    if fits:
        async with bench.on_tcp() as reader:
            assert isinstance(await reader.read(), Reading)
        return
    trouble = await refused(bench)
    assert trouble.detail.endswith(f"has firmware {firmware}, not 6147 or more. Update its firmware to 1.8.3 or later.")


@pytest.mark.parametrize(
    ("profile_id", "address", "hertz", "fits"),
    [
        ("schneider-iem3155", 0x0C25, f32(49.98), True),
        ("janitza-umg96rm", 19050, f32(44.9), False),
        ("orno-we-516", 0x0014, f32(65.1), False),
        ("orno-we-516", 0x0014, f32(float("nan")), False),
        ("orno-we-514", 0x0130, (4_499,), False),
        ("orno-we-514", 0x0130, (6_500,), True),
    ],
)
async def test_a_meter_that_does_not_tell_its_model_is_known_by_its_frequency(
    change: Callable[[str, Callable[[Table], Table]], None],
    profile_id: str,
    address: int,
    hertz: tuple[int, ...],
    fits: bool,
) -> None:
    change(profile_id, lambda table: table | dict(enumerate(hertz, start=address)))
    async with Bench(profile_id).on_tcp() as reader:
        answer = await reader.read()
    assert isinstance(answer, Reading) is fits
    if isinstance(answer, Trouble):
        assert answer.fault is Fault.METER_WRONG_DEVICE
        assert " has frequency " in answer.detail


async def test_an_sdm630_in_mwh_is_not_read_as_an_sdm120_either() -> None:
    bench = Bench("eastron-sdm120")
    async with bench.on_tcp(toy="eastron-sdm630") as reader:
        await reader._device.write_registers(0x1E, f32(1))
        answer = await reader.read()
    assert isinstance(answer, Trouble)
    assert answer.fault is Fault.METER_GARBLED


async def test_the_two_tariffs_of_a_pac2200_are_billed_as_one() -> None:
    """The toy keeps 250 kWh in tariff 2; tariff 1 alone, as others read it, would be short by that."""
    bench = Bench("siemens-pac2200")
    async with bench.on_tcp() as reader:
        reading = await reader.read()
        alone = await reader._device.read(3, 801, 4)
        torn = [await _refuses(reader, at, count) for at, count in ((801, 2), (802, 4), (803, 8), (2, 2), (65, 1))]
    assert isinstance(reading, Reading)
    assert reading.import_wh == REGISTER_WH
    assert alone == (0x4167, 0x1217, 0xC000, 0x0000), "12 095 678 as an IEEE double"
    assert all(torn), "the toy refuses a read that begins or ends inside a value, as the device does"


async def _refuses(reader: MeterReader, address: int, count: int) -> bool:
    try:
        await reader._device.read(3, address, count)
    except DeviceRefused:
        return True
    return False


async def test_the_first_sdm72_has_no_voltages_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    make = MAKES["eastron-sdm72d-m-v2"]
    inputs = make.inputs
    assert inputs is not None
    old = replace(make, inputs=lambda s: {at: word for at, word in inputs(s).items() if at >= 0x34})
    monkeypatch.setitem(MAKES, "eastron-sdm72d-m-v2", old)
    trouble = await refused(Bench("eastron-sdm72d-m-v2"))
    assert trouble.fault is Fault.METER_WRONG_DEVICE


async def test_a_meter_code_of_another_eastron_is_the_wrong_device(monkeypatch: pytest.MonkeyPatch) -> None:
    make = MAKES["eastron-sdm120"]
    holding = make.holding
    assert holding is not None
    monkeypatch.setitem(MAKES, "eastron-sdm120", replace(make, holding=lambda s: holding(s) | {0xFC02: 0x0089}))
    trouble = await refused(Bench("eastron-sdm120"))
    assert trouble.fault is Fault.METER_WRONG_DEVICE
    assert "has meter code 137, not 32. Choose the profile of the device that is there." in trouble.detail


async def test_a_sunspec_meter_of_another_model_is_the_wrong_device() -> None:
    bench = Bench("sunspec-213")
    async with bench.on_tcp(toy="sunspec-203") as reader:
        answer = await reader.read()
    assert isinstance(answer, Trouble)
    assert answer.fault is Fault.METER_WRONG_DEVICE
    assert answer.detail.endswith("has no SunSpec model 213. Choose the profile of the device that is there.")


@pytest.mark.parametrize(("register_wh", "step"), [(16_000_000, 1), (16_777_218, 2), (40_000_000, 4), (100_000_000, 8)])
async def test_a_float_in_watt_hours_grows_coarse_and_the_reader_says_so(register_wh: int, step: int) -> None:
    bench = Bench("janitza-umg96rm", register_wh)
    async with bench.on_tcp() as reader:
        reading = await reader.read()
    assert isinstance(reading, Reading)
    assert (reading.import_wh, reading.resolution_wh) == (register_wh, step)


async def test_a_meter_without_a_serial_number_goes_by_its_place_and_is_called_experimental() -> None:
    bench = Bench("orno-we-514")
    async with bench.on_tcp() as reader:
        reading = await reader.read()
        assert reader.experimental is not None
        assert reader.experimental.startswith("The profile orno-we-514 is experimental: it counts export as import")
    assert isinstance(reading, Reading)
    assert re.fullmatch(r"unit 1 on tcp://127\.0\.0\.1:\d+", reading.serial)
    assert (reading.tells_serial, reading.number) == (False, "")


async def test_two_meters_without_a_serial_number_on_one_line_are_two_and_one_by_two_names_is_one(
    tmp_path: Path,
) -> None:
    bench = Bench("orno-we-514")
    toy = MeterToy(bench.post, "orno-we-514")
    async with serving_rtu(Line({1: toy, 3: toy})) as path, Lines() as lines:
        (tmp_path / "meter").symlink_to(path)
        urls = (f"rtu://{path}?unit=1", f"rtu://{path}?unit=3", f"rtu://{tmp_path}/meter?unit=3")
        readings = [await bench.reader(lines, url).read() for url in urls]
    places = [reading.serial for reading in readings if isinstance(reading, Reading)]
    assert places == [f"unit 1 on rtu://{path}", f"unit 3 on rtu://{path}", f"unit 3 on rtu://{path}"]


async def test_a_proven_profile_is_not_called_experimental() -> None:
    async with Bench("abb-b23").on_tcp() as reader:
        assert reader.experimental is None


async def test_a_silent_meter_whose_line_is_in_doubt_says_what_else_to_try() -> None:
    bench = Bench("orno-we-516")
    line = bench.profile.line.model_copy(update={"timeout_ms": 200})
    bench.profile = bench.profile.model_copy(update={"line": line})
    bench.post.meter_line.silent = True
    trouble = await refused(bench)
    assert trouble.fault is Fault.METER_SILENT
    assert trouble.detail.endswith(
        "and behind a gateway its wires, then try again. "
        "Most sources say 8E1, one says 8O1; try the address with parity=O."
    )
