"""A meter reader against toy meters over real sockets and a pty: what it believes, and the sentence when it does not."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from kiosk.domain.energy import Instant, Reading
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.domain.metering import doubt
from kiosk.services.meter.profile import Energy, MeterProfile
from kiosk.services.meter.reader import MeterReader, open_meter
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.catalogue import load
from kiosk.services.modbus.line import Device
from kiosk.services.modbus.url import parse
from kiosk.sim import meter as toys
from kiosk.sim import whole_meters
from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.make import Make, Sample
from kiosk.sim.meter import MAKES
from kiosk.sim.modbus_server import serving_tcp
from kiosk.sim.post import Post, PostFaults
from kiosk.sim.registers import Table, f32, i32, swapped
from kiosk.sim.toys import meter_line, serving_on_tty

SDM630, ABB, GAVAZZI, SUNSPEC = "eastron-sdm630", "abb-b23", "carlo-gavazzi-em340", "sunspec-203"
METERS = (SDM630, ABB, GAVAZZI, SUNSPEC)
REGISTER_WH = 12_345_678


class Bench:
    """A post whose car draws 11 040 W. Its time, and the kiosk's, stand still until a test moves them."""

    def __init__(self, profile_id: str = SDM630, timeout_ms: int = 2000) -> None:
        self.ms = 0
        clock = SimClock(utc_ms=0, real_s=lambda: self.ms / 1000)
        self.post = Post(clock, Car(power_max_w=11_040), register_wh=REGISTER_WH, serial=21_031_977)
        self.post.command(enabled=True)
        self.profile = impatient(profile_id, timeout_ms)

    def now(self) -> Instant:
        return Instant(self.ms, "boot", self.ms)

    def reader(self, lines: Lines, url: str) -> MeterReader:
        return MeterReader(self.profile, self.device(lines, url), self.now)

    def device(self, lines: Lines, url: str) -> Device:
        return lines.device(parse(url, self.profile.line.unit, self.profile.line.serial), self.profile.line.pace)

    @asynccontextmanager
    async def on_tcp(self, *, rtu_framed: bool = False, toy: str | None = None) -> AsyncIterator[MeterReader]:
        line = meter_line(self.post, toy or self.profile.id)
        async with serving_tcp(line, "127.0.0.1", 0, rtu_framed=rtu_framed) as port, Lines() as lines:
            yield self.reader(lines, f"{'rtutcp' if rtu_framed else 'tcp'}://127.0.0.1:{port}")


def impatient(profile_id: str, timeout_ms: int) -> MeterProfile:
    """The profile as it is, but without the gaps that only copper needs."""
    profile = load("meters", profile_id, MeterProfile)
    line = profile.line.model_copy(update={"timeout_ms": timeout_ms, "gap_ms": 0, "unit_pause_ms": 0})
    return profile.model_copy(update={"line": line})


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Make], None]:
    return lambda name, make: monkeypatch.setitem(MAKES, name, make)


def believed(answer: Reading | Trouble) -> Reading:
    assert isinstance(answer, Reading), answer
    return answer


def doubted(answer: Reading | Trouble) -> Trouble:
    assert isinstance(answer, Trouble), answer
    return answer


# What it believes.


@pytest.mark.parametrize(
    ("profile_id", "import_wh", "step_wh"),
    [(SDM630, REGISTER_WH, 1), (ABB, 12_345_670, 10), (GAVAZZI, REGISTER_WH, 1), (SUNSPEC, REGISTER_WH, 1)],
)
async def test_each_meter_is_read_to_its_last_watt_hour(profile_id: str, import_wh: int, step_wh: int) -> None:
    bench = Bench(profile_id)
    serial = "KX21031977" if profile_id == GAVAZZI else "21031977"
    async with bench.on_tcp() as reader:
        reading = believed(await reader.read())
    assert reading == Reading(import_wh, 11_040, serial, bench.now(), bench.now(), step_wh, 0)


@pytest.mark.parametrize("profile_id", METERS)
async def test_each_meter_is_read_over_a_serial_line(profile_id: str) -> None:
    bench = Bench(profile_id)
    async with serving_on_tty(bench.post, meter_profile=profile_id) as path, Lines() as lines:
        reading = believed(await bench.reader(lines, f"rtu://{path}?parity=N").read())
    assert abs(reading.import_wh - REGISTER_WH) < 10


async def test_a_transparent_gateway_is_read_with_rtu_frames() -> None:
    async with Bench().on_tcp(rtu_framed=True) as reader:
        assert believed(await reader.read()).import_wh == REGISTER_WH


async def test_other_sunspec_models_may_stand_before_the_meter() -> None:
    bench = Bench(SUNSPEC)
    line = bench.profile.line.model_copy(update={"unit": 42})
    bench.profile = bench.profile.model_copy(update={"line": line})
    async with bench.on_tcp(toy="bauer-bsm-ws36a") as reader:
        assert believed(await reader.read()).import_wh == REGISTER_WH


async def test_reversed_transformers_show_as_negative_power() -> None:
    bench = Bench()
    bench.post.fail(PostFaults(reversed_ct=True))
    async with bench.on_tcp() as reader:
        assert believed(await reader.read()).power_w == -11_040


async def test_since_is_when_the_register_was_first_seen_at_its_value() -> None:
    bench = Bench()
    async with bench.on_tcp() as reader:
        await reader.read()
        bench.post.fail(PostFaults(frozen=True))
        bench.ms = 30_000
        frozen = believed(await reader.read())
        assert (frozen.at.mono_ms, frozen.since.mono_ms) == (30_000, 0)
        bench.post.fail(PostFaults())
        bench.ms = 40_000
        moving = believed(await reader.read())
        assert moving.since == moving.at == bench.now()


async def test_what_flows_beside_a_resting_register_is_summed_from_the_power() -> None:
    bench = Bench()
    async with bench.on_tcp() as reader:
        await reader.read()
        bench.post.fail(PostFaults(frozen=True))
        for bench.ms in range(2_000, 62_001, 2_000):
            frozen = believed(await reader.read())
    assert (frozen.since.mono_ms, frozen.flowed_wh) == (0, 11_040 * 62 // 3_600)
    doubtful = doubt(replace(frozen, at=bench.now()), frozen, 22_000)
    assert doubtful is not None
    assert doubtful.fault is Fault.METER_FROZEN


async def test_what_the_register_rises_while_the_power_is_none_is_summed(change: Callable[[str, Make], None]) -> None:
    bench, make = Bench(), MAKES[SDM630]
    change(SDM630, replace(make, inputs=lambda s: inputs_of(make, s) | {0x34: 0, 0x35: 0}))
    async with bench.on_tcp() as reader:
        for bench.ms in range(0, 62_001, 2_000):
            reading = believed(await reader.read())
    assert reading.power_w == 0
    assert abs(reading.unpowered_wh - 11_040 * 62 // 3_600) <= 1
    doubtful = doubt(replace(reading, unpowered_wh=0), reading, 11_000)
    assert doubtful is not None
    assert doubtful.fault is Fault.METER_CONTRADICTS


async def test_a_single_phase_station_has_voltage_on_one_phase_only(change: Callable[[str, Make], None]) -> None:
    make = MAKES[SDM630]
    change(SDM630, replace(make, inputs=lambda s: inputs_of(make, s) | {2: 0, 3: 0, 4: 0, 5: 0}))
    async with Bench().on_tcp() as reader:
        assert believed(await reader.read()).import_wh == REGISTER_WH


def inputs_of(make: Make, sample: Sample) -> Table:
    assert make.inputs is not None
    return make.inputs(sample)


# Carlo Gavazzi counts finer where it can.


def gavazzi(change: Callable[[str, Make], None], edit: Callable[[Table], Table]) -> None:
    def table(sample: Sample) -> Table:
        return edit(whole_meters.gavazzi_em340(sample))

    change(GAVAZZI, replace(MAKES[GAVAZZI], holding=table, inputs=table))


async def test_without_the_fine_registers_the_plain_one_is_billed(change: Callable[[str, Make], None]) -> None:
    gavazzi(change, lambda table: {at: word for at, word in table.items() if not 0x400 <= at < 0x40C})
    async with Bench(GAVAZZI).on_tcp() as reader:
        reading = believed(await reader.read())
    assert (reading.import_wh, reading.resolution_wh) == (12_345_600, 100)


async def test_fine_registers_that_disagree_with_the_plain_one_are_not_used(
    change: Callable[[str, Make], None],
) -> None:
    gavazzi(change, lambda table: table | dict.fromkeys(range(0x400, 0x40C), 0))
    async with Bench(GAVAZZI).on_tcp() as reader:
        assert believed(await reader.read()).import_wh == 12_345_600


async def test_the_way_once_chosen_stays_for_this_meter(change: Callable[[str, Make], None]) -> None:
    bench = Bench(GAVAZZI)
    hidden: list[bool] = []
    gavazzi(change, lambda table: {at: word for at, word in table.items() if not (hidden and 0x400 <= at < 0x40C)})
    async with bench.on_tcp() as reader:
        assert believed(await reader.read()).resolution_wh == 1
        hidden.append(True)
        assert doubted(await reader.read()).fault is Fault.METER_WRONG_DEVICE
        assert doubted(await reader.read()).fault is Fault.METER_WRONG_DEVICE
        hidden.clear()
        assert believed(await reader.read()).resolution_wh == 1


# What it doubts.


@pytest.mark.parametrize(
    ("rtu_framed", "remedy"),
    [
        (False, "Check the unit id, that Modbus is switched on in the device, and behind a gateway its wires, then try again."),
        (True, "Check A/B wires and the unit id, then try again."),
    ],
)  # fmt: skip
async def test_a_silent_meter_says_what_where_and_what_to_check(rtu_framed: bool, remedy: str) -> None:
    bench = Bench(timeout_ms=200)
    bench.post.meter_line.silent = True
    async with bench.on_tcp(rtu_framed=rtu_framed) as reader:
        trouble = doubted(await reader.read())
        where = reader._device.where
    assert trouble.fault is Fault.METER_SILENT
    assert where.startswith(f"unit 1 on {'rtutcp' if rtu_framed else 'tcp'}://127.0.0.1:")
    assert trouble.detail == f"Meter eastron-sdm630 {where} did not answer in 0.2 s. {remedy}"


@pytest.mark.parametrize("profile_id", METERS)
@pytest.mark.parametrize("garbage", ["nan", "ones", "max", "zero", "random"])
async def test_garbage_is_never_a_reading(profile_id: str, garbage: str) -> None:
    bench = Bench(profile_id)
    bench.post.meter_line.__dict__["garbage"] = garbage
    async with bench.on_tcp() as reader:
        trouble = doubted(await reader.read())
    assert trouble.fault in (Fault.METER_GARBLED, Fault.METER_WRONG_DEVICE)
    assert trouble.detail.startswith(f"Meter {profile_id} unit 1 on tcp://")


@pytest.mark.parametrize(
    ("profile_id", "garbage"),
    [(SDM630, "nan"), (SDM630, "ones"), (ABB, "ones"), (GAVAZZI, "ones"), (SUNSPEC, "zero")],
)
async def test_a_register_that_means_not_available_is_never_billed(profile_id: str, garbage: str) -> None:
    bench = Bench(profile_id)
    async with bench.on_tcp() as reader:
        believed(await reader.read())
        bench.post.meter_line.__dict__.update(garbage=garbage, energy_only=True)
        trouble = doubted(await reader.read())
    assert trouble.fault is Fault.METER_GARBLED
    assert "has no value for the total import" in trouble.detail


async def test_energy_that_is_another_at_each_read_is_not_billed() -> None:
    bench = Bench(ABB)
    async with bench.on_tcp() as reader:
        believed(await reader.read())
        bench.post.meter_line.__dict__.update(garbage="random", energy_only=True)
        trouble = doubted(await reader.read())
    assert trouble.fault is Fault.METER_GARBLED


@pytest.fixture
def telling(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """The SDM630 tells these energies first, one a read, and then the right one. The list shrinks as it is read."""

    def tell(*energies_wh: int) -> list[int]:
        left = list(energies_wh)

        class Torn(toys.MeterToy):
            def read(self, function: int, address: int, count: int) -> list[int]:
                words = super().read(function, address, count)
                return [*f32(left.pop(0) / 1000), *words[2:]] if left and address == 0x48 else words

        monkeypatch.setattr("kiosk.sim.toys.MeterToy", Torn)
        return left

    return tell


async def test_the_first_energy_after_a_connect_is_only_a_probe(telling: Callable[..., list[int]]) -> None:
    left = telling(0)
    async with Bench().on_tcp() as reader:
        assert believed(await reader.read()).import_wh == REGISTER_WH
    assert not left


async def test_one_torn_energy_is_outvoted_by_two_that_agree(telling: Callable[..., list[int]]) -> None:
    left = telling(REGISTER_WH, 12_288_000)
    async with Bench().on_tcp() as reader:
        assert believed(await reader.read()).import_wh == REGISTER_WH
    assert not left


async def test_three_energies_that_differ_are_told_and_not_billed(telling: Callable[..., list[int]]) -> None:
    telling(REGISTER_WH, 12_288_000, REGISTER_WH, 12_288_000)
    async with Bench().on_tcp() as reader:
        trouble = doubted(await reader.read())
    assert trouble.fault is Fault.METER_GARBLED
    assert "told another energy each time: 12288000 Wh, 12345678 Wh, 12288000 Wh" in trouble.detail


async def test_energy_may_rise_between_the_two_reads_as_time_passes(change: Callable[[str, Make], None]) -> None:
    bench, make = Bench(), MAKES[SDM630]

    def inputs(sample: Sample) -> Table:
        bench.ms += 500  # every request takes half a second of the meter's time
        return inputs_of(make, sample)

    change(SDM630, replace(make, inputs=inputs))
    async with bench.on_tcp() as reader:
        reading = believed(await reader.read())
    assert reading.import_wh == REGISTER_WH + 11_040 * 2_000 // 3_600_000


async def test_voltages_in_the_wrong_word_order_give_the_meter_away() -> None:
    bench = Bench()
    values = dict(bench.profile.values)
    for name in bench.profile.voltage.values:
        values[name] = values[name].model_copy(update={"order": "lsw"})
    bench.profile = bench.profile.model_copy(update={"values": values})
    async with bench.on_tcp() as reader:
        trouble = doubted(await reader.read())
    assert trouble.fault is Fault.METER_GARBLED
    assert "not 50 to 300 V. Check the profile and the meter's word order." in trouble.detail


async def test_a_voltage_that_no_post_has_gives_the_meter_away(change: Callable[[str, Make], None]) -> None:
    make = MAKES[SDM630]
    change(SDM630, replace(make, inputs=lambda s: inputs_of(make, s) | dict(enumerate(f32(400), start=4))))
    async with Bench().on_tcp() as reader:
        trouble = doubted(await reader.read())
    assert "shows voltages of 230 V, 230 V, 400 V, not 50 to 300 V" in trouble.detail


async def test_another_model_behind_the_address_is_the_wrong_device(change: Callable[[str, Make], None]) -> None:
    change(GAVAZZI, replace(MAKES[GAVAZZI], alone=((0x000B, 71),)))
    async with Bench(GAVAZZI).on_tcp() as reader:
        trouble = doubted(await reader.read())
    assert trouble.fault is Fault.METER_WRONG_DEVICE
    assert "has model code 71, not 331 or 332" in trouble.detail
    assert trouble.detail.endswith("Choose the profile of the device that is there.")


@pytest.mark.parametrize(("profile_id", "toy"), [(p, t) for p in METERS for t in METERS if p != t])
async def test_no_meter_passes_for_another(profile_id: str, toy: str) -> None:
    async with Bench(profile_id).on_tcp(toy=toy) as reader:
        assert doubted(await reader.read()).fault in (Fault.METER_WRONG_DEVICE, Fault.METER_GARBLED)


async def test_a_meter_set_to_megawatt_hours_is_refused_until_it_is_set_right() -> None:
    bench = Bench()
    async with bench.on_tcp() as reader:
        await reader._device.write_registers(0x1E, f32(1))
        trouble = doubted(await reader.read())
        await reader._device.write_registers(0x1E, f32(0))
        assert believed(await reader.read()).import_wh == REGISTER_WH
    assert trouble.fault is Fault.METER_GARBLED
    assert "has unit prefix 1, not 0. Set the energy unit of the meter to kWh" in trouble.detail


async def test_a_meter_that_does_not_know_an_optional_check_passes(change: Callable[[str, Make], None]) -> None:
    make = MAKES[SDM630]
    assert make.holding is not None
    holding = make.holding
    change(SDM630, replace(make, holding=lambda s: {at: w for at, w in holding(s).items() if at not in (0x1E, 0x1F)}))
    async with Bench().on_tcp() as reader:
        assert believed(await reader.read()).import_wh == REGISTER_WH


async def test_an_answer_of_the_wrong_length_is_garbled() -> None:
    bench = Bench()
    bench.post.meter_line.wrong_length = True
    async with bench.on_tcp() as reader:
        trouble = doubted(await reader.read())
    assert trouble.fault is Fault.METER_GARBLED
    assert "answered 1 values to a read of 0x000a" in trouble.detail


# Which meter it is, again and again.


async def test_a_replaced_meter_is_noticed_at_the_next_check_though_the_line_never_broke() -> None:
    bench = Bench()
    async with bench.on_tcp() as reader:
        first = believed(await reader.read()).serial
        bench.post.replace_meter()
        bench.ms = 60_000
        assert believed(await reader.read()).serial != first


@pytest.mark.parametrize("register_wh", [0, 12_346_178, 99_000_000])
async def test_a_meter_that_is_replaced_between_two_reads_on_one_connection_is_called_replaced(
    register_wh: int,
) -> None:
    """500 Wh further on in a second is no more than what the line itself lets pass."""
    bench = Bench()
    async with bench.on_tcp() as reader:
        first = believed(await reader.read())
        bench.post.replace_meter()
        bench.post.counter.set_register_wh(register_wh)
        bench.ms = 2_000
        second = believed(await reader.read())
        assert reader._device.connection == 1
    trouble = doubt(first, second, 22_000)
    assert trouble is not None
    assert trouble.fault is Fault.METER_REPLACED
    assert (second.unpowered_wh, second.since) == (0, second.at)


async def test_the_same_meter_whose_register_fell_is_proven_and_called_fallen() -> None:
    bench = Bench()
    async with bench.on_tcp() as reader:
        first = believed(await reader.read())
        bench.post.counter.set_register_wh(2)
        bench.ms = 2_000
        before = reader._device.line.counts.requests
        second = believed(await reader.read())
        assert reader._device.line.counts.requests - before > 8, "the read, the proof, and the read once more"
    trouble = doubt(first, second, 22_000)
    assert trouble is not None
    assert trouble.fault is Fault.METER_FELL


async def test_a_meter_that_answers_on_a_new_connection_is_proven_anew() -> None:
    bench = Bench()
    async with bench.on_tcp() as reader:
        first = believed(await reader.read()).serial
        bench.post.replace_meter()
        reader._device.line._wire.close()
        assert believed(await reader.read()).serial != first
        assert reader._device.connection == 2


async def test_a_meter_that_hangs_up_while_it_is_proven_is_proven_again(monkeypatch: pytest.MonkeyPatch) -> None:
    bench, choose = Bench(), MeterReader._choose
    serials: list[str] = []

    async def swapped_meanwhile(reader: MeterReader, serial: str, models: dict[int, int]) -> Energy:
        if not serials:
            bench.post.replace_meter()
            reader._device.line._wire.close()
        serials.append(serial)
        return await choose(reader, serial, models)

    monkeypatch.setattr(MeterReader, "_choose", swapped_meanwhile)
    async with bench.on_tcp() as reader:
        reading = believed(await reader.read())
    assert len(set(serials)) == 2
    assert reading.serial == serials[-1]


async def test_a_meter_that_was_silent_is_proven_anew() -> None:
    bench = Bench(timeout_ms=200)
    async with bench.on_tcp() as reader:
        first = believed(await reader.read()).serial
        bench.post.meter_line.silent = True
        doubted(await reader.read())
        bench.post.replace_meter()
        bench.post.meter_line.silent = False
        assert believed(await reader.read()).serial != first
        assert reader._device.connection == 1


@pytest.mark.parametrize("frames", range(1, 9))
async def test_a_read_may_be_cancelled_at_any_frame(frames: int) -> None:
    bench = Bench()
    async with serving_on_tty(bench.post) as path, Lines() as lines:
        reader = bench.reader(lines, f"rtu://{path}")
        reading = asyncio.create_task(reader.read())
        async with asyncio.timeout(5):
            while True:
                if reader._device.line.counts.requests >= frames:
                    break
                await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        assert believed(await reader.read()).import_wh == REGISTER_WH
        assert reader._device.line.counts.timeouts == 0


async def test_a_billing_read_is_four_frames_and_no_more() -> None:
    async with Bench().on_tcp() as reader:
        await reader.read()
        before = reader._device.line.counts.requests
        await reader.read()
        assert reader._device.line.counts.requests - before == 4


# Opening.


async def test_opening_asks_nothing_and_names_the_nearest_profile() -> None:
    bench = Bench()
    async with Lines() as lines:
        open_meter(lines, SDM630, "tcp://127.0.0.1:1?unit=3", bench.now)
        with pytest.raises(FaultError, match="Did you mean 'eastron-sdm630'"):
            open_meter(lines, "sdm630", "tcp://127.0.0.1:1", bench.now)
        with pytest.raises(FaultError, match="is no address of a Modbus device"):
            open_meter(lines, SDM630, "127.0.0.1", bench.now)


def test_the_toy_packs_the_low_word_first_as_the_paper_says() -> None:
    assert swapped(i32(2300)) == (0x08FC, 0)
