"""Each make against its own toy over a real socket: through a whole charge, and what it does when the kiosk is gone."""

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from kiosk.domain.energy import Pilot, Plug
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.outcome import Done, InDoubt, Refused
from kiosk.services.charger.profile import ChargerProfile
from kiosk.services.modbus.catalogue import load, profile_ids
from kiosk.sim.boards import BenderCc612, CharxSec
from kiosk.sim.car import Car
from kiosk.sim.charger import CONTROLLERS, KebaP40, PhoenixEvEth
from kiosk.sim.modbus_pdu import RefusalError
from kiosk.sim.post import PostFaults
from kiosk.sim.wallbox import AlfenEve, GoE, Heidelberg, MennekesCompact, Vestel
from tests.services.charger.bench import Bench, kept_alive, plug

MAKES = sorted(CONTROLLERS)
FAIL_SAFE = [make for make in MAKES if load("chargers", make, ChargerProfile).failsafe is not None]
TERRA, ALFEN, BENDER, CHARX = "abb-terra-ac", "alfen-eve", "bender-cc612", "phoenix-charx"
HEIDELBERG, MENNEKES, GO_E, VESTEL = "heidelberg-energy-control", "mennekes-amtron-compact", "go-e", "vestel-evc04"


def bench_of(make: str, car: Car | None = None) -> Bench:
    return Bench(make, car or Car(power_max_w=11_040, stops_after_s=0))


def test_the_makes_that_fail_safe_are_most_of_them() -> None:
    assert profile_ids("chargers") == MAKES, "every profile is played against a toy"
    without = {"phoenix-em-cp-pp-eth", "phoenix-ev-eth", "relay-coil", "go-e", "mennekes-amtron-xtra"}
    assert set(MAKES) - set(FAIL_SAFE) == without


@pytest.mark.parametrize("transport", ["tcp", "rtu", "rtutcp"])
@pytest.mark.parametrize("make", MAKES)
async def test_a_charge_from_plug_to_stop(make: str, transport: str) -> None:
    bench = bench_of(make)
    async with bench.on(transport) as controller:
        assert await controller.enable() == Done(None)
        bench.post.advance()
        assert bench.post.power_w == 11_040
        charging = plug(await controller.look())
        assert charging.enabled is True
        assert charging.pilot in (Pilot.C, None)
        assert charging.offered_ma in (16_000, None)
        assert await controller.disable() == Done(None)
        bench.post.advance()
        assert bench.post.power_w == 0
        assert plug(await controller.look()).enabled is False


@pytest.mark.parametrize("make", [make for make in MAKES if make not in ("relay-coil", "mennekes-amtron-xtra")])
async def test_each_make_shows_whether_there_is_a_car_and_whether_it_is_well(make: str) -> None:
    bench = bench_of(make)
    async with bench.on_tcp() as controller:
        seen = [plug(await controller.look()).pilot]
        bench.post.unplug()
        seen.append(plug(await controller.look()).pilot)
        bench.post.fail(PostFaults(pilot="E"))
        seen.append(plug(await controller.look()).pilot)
    sick = Pilot.A if make == TERRA else Pilot.E  # Terra's state 5 is *other*, which its lock tells apart
    assert seen == [Pilot.B, Pilot.A, sick]


@pytest.mark.parametrize("make", FAIL_SAFE)
async def test_it_charges_for_as_long_as_it_is_fed_and_stops_by_itself_when_it_is_not(make: str) -> None:
    bench = bench_of(make)
    assert bench.profile.failsafe is not None
    async with bench.on_tcp() as controller:
        assert await controller.enable() == Done(None)
        await kept_alive(bench, controller, 300)
        bench.post.advance()
        assert bench.post.power_w == 11_040
        bench.ms += (bench.profile.failsafe.lapses_s + 1) * 1000
        bench.post.advance()
        assert bench.post.power_w == 0, "the kiosk is gone and the car goes on"


@pytest.mark.parametrize("make", FAIL_SAFE)
async def test_after_an_outage_the_charge_goes_on_with_our_own_setpoint(make: str) -> None:
    bench = bench_of(make)
    assert bench.profile.failsafe is not None
    async with bench.on_tcp() as controller:
        await controller.enable()
        await kept_alive(bench, controller, 30)
        bench.ms += (bench.profile.failsafe.lapses_s + 1) * 1000
        await kept_alive(bench, controller, 30)
        bench.post.advance()
        assert bench.post.power_w == 11_040


@pytest.mark.parametrize("make", FAIL_SAFE)
async def test_after_a_stop_nothing_starts_it_again(make: str) -> None:
    bench = bench_of(make)
    async with bench.on_tcp() as controller:
        await controller.enable()
        await controller.disable()
        await kept_alive(bench, controller, 300)
        bench.post.advance()
        assert bench.post.power_w == 0


READABLE = [TERRA, ALFEN, BENDER, CHARX, HEIDELBERG, MENNEKES, VESTEL, "keba-p40"]


@pytest.mark.parametrize("make", READABLE)
@pytest.mark.parametrize("theirs_ma", [0, 8_000])
async def test_a_limit_that_somebody_else_lowered_stays_lowered(make: str, theirs_ma: int) -> None:
    if theirs_ma == 0 and make in (MENNEKES, CHARX):
        theirs_ma = 6_000  # 0 is no limit there, or none that a release would stand with
    bench = bench_of(make)
    async with bench.on_tcp() as controller:
        await controller.enable()
        bench.post.command(limit_ma=theirs_ma)
        if isinstance(bench.toy, MennekesCompact):
            bench.toy._setpoint_ma = theirs_ma
        bench.writes.clear()
        await kept_alive(bench, controller, 50)
        assert await controller.enable() == Done(None), "the wait for a first energy repeats a close that may be lost"
        assert bench.post.limit_ma == theirs_ma
        seen = plug(await controller.look())
        assert seen.offered_ma == theirs_ma
        assert bench.profile.current is not None
        assert bench.profile.current.address not in {address for _, address, _ in bench.writes}


async def test_a_kiosk_that_comes_back_to_a_running_charge_takes_over_the_limit_of_somebody_else() -> None:
    bench = bench_of(BENDER)
    bench.post.command(enabled=True, limit_ma=8_000)
    toy = BenderCc612(bench.post)
    bench.post.command(limit_ma=8_000)
    async with bench.on_tcp(made=toy) as controller:
        assert await controller.enable() == Done(None)
        await kept_alive(bench, controller, 60)
        assert bench.post.limit_ma == 8_000
        await controller.disable()
        assert await controller.enable() == Done(None)
        assert bench.post.limit_ma == 16_000, "a new charge is ours from the start"


async def test_a_limit_that_somebody_else_raised_above_ours_comes_down_again() -> None:
    bench = bench_of(BENDER)
    async with bench.on_tcp() as controller:
        await controller.enable()
        bench.post.command(limit_ma=32_000)
        await kept_alive(bench, controller, 50)
        assert bench.post.limit_ma == 16_000


async def test_a_stop_while_the_keep_alive_looks_is_the_last_word() -> None:
    """The feed has read the setpoint and would write it again; the stop came in between."""
    bench = bench_of(ALFEN)
    async with bench.on_tcp() as controller:
        await controller.enable()
        assert controller._guard is not None
        lowered = controller._lowered

        async def stop_meanwhile(*, lapsed: bool) -> bool:
            answer = await lowered(lapsed=lapsed)
            assert await controller.disable() == Done(None)
            return answer

        controller._lowered = stop_meanwhile  # type: ignore[method-assign]
        assert await controller._feed(controller._guard)
        bench.post.advance()
        assert (bench.post.limit_ma, bench.post.power_w) == (0, 0)


# Requests for a look at a charging car: the fewer, the sooner a stop is seen.
QUESTIONS = {
    "abb-terra-ac": 1,
    "alfen-eve": 2,
    "bender-cc612": 3,
    "go-e": 4,
    "heidelberg-energy-control": 2,
    "keba-p30": 1,
    "keba-p40": 2,
    "mennekes-amtron-compact": 3,
    "mennekes-amtron-xtra": 2,
    "phoenix-charx": 1,
    "phoenix-em-cp-pp-eth": 3,
    "phoenix-ev-eth": 3,
    "relay-coil": 1,
    "vestel-evc04": 3,
    "webasto-next": 1,
}


@pytest.mark.parametrize("make", MAKES)
async def test_a_look_at_a_charging_car_asks_for_each_block_once(make: str) -> None:
    bench = bench_of(make)
    async with bench.on_tcp() as controller:
        await controller.enable()
        await controller.look()
        bench.reads.clear()
        await controller.look()
    assert len(bench.reads) == QUESTIONS[make]


# Terra: the bus itself is the watchdog.


async def test_terra_falls_to_nothing_and_not_to_the_fallback_that_somebody_configured() -> None:
    bench = bench_of(TERRA)
    async with bench.on_tcp() as controller:
        await controller.enable()
    assert bench.writes[:3] == [(6, 0x4109, 0), (6, 0x4106, 60), (16, 0x4100, 0)]
    assert 0x4105 not in {address for _, address, _ in bench.writes}
    assert bench.post.watchdog.current_ma == 0


# Alfen: a second unit, and a setpoint that is the feed.


async def test_alfen_names_its_station_by_unit_200() -> None:
    bench = bench_of(ALFEN)
    async with bench.on_tcp() as controller:
        assert await controller.shows() == {"name": "ALF_0001", "firmware": "6.6.0-4202", "serial": "ACE0123456"}


async def test_alfen_with_a_safe_current_of_6_a_would_charge_on_without_us_and_is_not_switched_on() -> None:
    bench = bench_of(ALFEN)
    toy = AlfenEve(bench.post)
    bench.post.set_failsafe(current_ma=6_000)
    async with bench.on_tcp(made=toy) as controller:
        outcome = await controller.enable()
    assert isinstance(outcome, InDoubt)
    assert "shows 6000 as safe_current, where at most 5999 is needed. Set the safe current" in outcome.trouble.detail
    assert bench.writes == []


async def test_alfen_is_fed_by_our_setpoint_and_by_no_other() -> None:
    bench = bench_of(ALFEN)
    async with bench.on_tcp() as controller:
        await kept_alive(bench, controller, 120)
        assert bench.writes == [], "a setpoint that we never had is never written"
        await controller.enable()
        bench.writes.clear()
        await kept_alive(bench, controller, 120)
        assert len(bench.writes) >= 4
        assert {write[:2] for write in bench.writes} == {(16, 1210)}


# Mennekes: 0 is no limit.


async def test_mennekes_is_never_told_a_limit_of_0_because_that_is_none() -> None:
    bench = bench_of(MENNEKES)
    async with bench.on_tcp() as controller:
        await controller.enable()
        await kept_alive(bench, controller, 60)
        await controller.disable()
        await kept_alive(bench, controller, 60)
    limits = [write for write in bench.writes if write[1] == 0x0302]
    assert limits == [(16, 0x0302, 0x4180)]
    assert (6, 0x0D05, 0) in bench.writes


async def test_mennekes_whose_loss_of_the_master_is_no_pause_is_not_switched_on() -> None:
    bench = bench_of(MENNEKES)
    toy = MennekesCompact(bench.post)
    toy.fallback = 0
    async with bench.on_tcp(made=toy) as controller:
        outcome = await controller.enable()
    assert isinstance(outcome, InDoubt)
    assert "shows 0 as fallback, where 1 is needed. Set the behaviour on loss of the master" in outcome.trouble.detail


async def test_mennekes_with_the_other_word_order_is_left_alone() -> None:
    bench = bench_of(MENNEKES)

    class Swapped(MennekesCompact):
        def holding(self) -> dict[int, int]:
            words = super().holding()
            return words | {0x0506: words[0x0507], 0x0507: words[0x0506]}

    async with bench.on_tcp(made=Swapped(bench.post)) as controller:
        outcome = await controller.enable()
    assert isinstance(outcome, InDoubt)
    assert "as voltage, where at least 180 and at most 260 is needed" in outcome.trouble.detail
    assert bench.writes == []


# Heidelberg: forgets.


async def test_heidelberg_that_lost_its_power_unseen_is_set_up_again() -> None:
    """A serial line has no connection that could be lost."""
    bench = bench_of(HEIDELBERG)
    toy = Heidelberg(bench.post)
    async with bench.on_rtu(toy) as controller:
        await controller.enable()
        await kept_alive(bench, controller, 30)
        toy.power_cycle()
        bench.post.set_failsafe(timeout_s=0)
        await kept_alive(bench, controller, 30)
        assert (toy.standby, bench.post.watchdog.timeout_s, bench.post.watchdog.current_ma) == (4, 15, 0)


async def test_heidelberg_keeps_a_current_for_20_s_but_never_a_pause() -> None:
    bench = bench_of(HEIDELBERG)
    async with bench.on_tcp() as controller:
        await controller.enable()
        await controller.disable()
        await controller.enable()
    limits = [at for (_, address, _), at in zip(bench.writes, bench.at_ms, strict=True) if address == 261]
    assert limits[1] - limits[0] < 5_000
    assert limits[2] - limits[1] == 20_000


# CHARX: an offset. Bender: versions, and hanging up. go-e: memory that wears out.


async def test_charx_second_point_is_a_thousand_registers_further_and_the_first_stays_untouched() -> None:
    bench = bench_of(CHARX)
    bench.connector = 2
    toy = CharxSec(bench.post)
    toy.second.plug(Car(power_max_w=11_040))
    async with bench.on_tcp(made=toy) as controller:
        assert await controller.enable() == Done(None)
        toy.second.advance()
        assert (toy.second.power_w, bench.post.power_w) == (11_040, 0)
        assert {address // 1000 for _, address, _ in bench.writes} == {2}
        assert plug(await controller.look()).pilot is Pilot.C
        shown = await controller.shows()
        assert isinstance(shown, dict)
        assert shown["name"] == "CHARX SEC-3100", "the station's own registers do not move"


@pytest.mark.parametrize(
    ("firmware", "available"), [("5.20", True), ("5.22", True), ("5.33", True), ("5.20", False), ("5.22", False)]
)
async def test_bender_says_available_the_other_way_round_since_5_22(firmware: str, available: bool) -> None:
    bench = bench_of(BENDER)
    toy = BenderCc612(bench.post)
    toy.firmware, toy.available = firmware, available
    async with bench.on_tcp(made=toy) as controller:
        assert plug(await controller.look()).pilot is (Pilot.B if available else Pilot.F)


async def test_bender_is_asked_for_nothing_that_makes_it_hang_up() -> None:
    bench = bench_of(BENDER)
    async with bench.on_tcp() as controller:
        await controller.enable()
        await controller.look()
        await controller.shows()
        await kept_alive(bench, controller, 60)
        assert controller._registers.connection == 1


async def test_go_e_never_writes_what_wears_out() -> None:
    bench = bench_of(GO_E)
    toy = GoE(bench.post)
    async with bench.on_tcp(made=toy) as controller:
        for _ in range(20):
            assert await controller.enable() == Done(None)
            assert await controller.disable() == Done(None)
    assert toy.eeprom_writes == 0
    assert {function for function, _, _ in bench.writes} == {16}


async def test_go_e_with_swapped_bytes_is_named_and_not_switched_on() -> None:
    bench = bench_of(GO_E)
    toy = GoE(bench.post)
    toy.swaps = True
    async with bench.on_tcp(made=toy) as controller:
        outcome, seen = await controller.enable(), await controller.look()
    assert isinstance(outcome, InDoubt)
    assert isinstance(seen, Trouble)
    assert seen.fault is Fault.CONFIG_WRONG
    assert "Firmware 60.3 swaps bytes: install 60.4" in seen.detail
    assert bench.writes == []


async def test_go_e_in_neutral_lets_a_car_charge_and_is_not_taken_for_off() -> None:
    bench = bench_of(GO_E)
    toy = GoE(bench.post)
    toy.take(337, [0])
    async with bench.on_tcp(made=toy) as controller:
        assert bench.post.power_w == 11_040
        assert plug(await controller.look()).enabled is True
        assert await controller.disable() == Done(None)
        assert (toy.force, bench.post.power_w) == (1, 0)


async def test_go_e_that_is_not_well_shows_it() -> None:
    bench = bench_of(GO_E)
    bench.post.fail(PostFaults(pilot="E"))
    async with bench.on_tcp() as controller:
        assert plug(await controller.look()).pilot is Pilot.E


# KEBA: which of the two, and what its counter means.


@pytest.mark.parametrize(("profile", "other"), [("keba-p30", "keba-p40"), ("keba-p40", "keba-p30")])
async def test_the_other_keba_is_recognised_before_anything_is_written(profile: str, other: str) -> None:
    bench = bench_of(profile)
    async with bench.on_tcp(toy=other) as controller:
        outcome = await controller.enable()
    assert isinstance(outcome, InDoubt)
    assert f"is {other}." in outcome.trouble.detail
    assert bench.writes == []


@pytest.mark.parametrize("firmware", [10_200, 10_201, 10_300])
async def test_the_p40_counts_in_watt_hours_before_firmware_1_2_1_and_in_tenths_since(firmware: int) -> None:
    bench = bench_of("keba-p40")
    bench.post.command(enabled=True, limit_ma=16_000)
    bench.ms += 3_600_000

    class Dated(KebaP40):
        pass

    Dated.firmware = firmware
    toy = Dated(bench.post)
    async with bench.on_tcp(made=toy) as controller:
        shown = await controller.shows()
    assert shown == {"serial": "18237466", "firmware": str(firmware), "energy": "11040 Wh"}


async def test_vestel_lives_on_its_alive_register_and_not_on_being_read() -> None:
    bench = bench_of(VESTEL)
    async with bench.on_tcp(made=Vestel(bench.post)) as controller:
        await controller.enable()
        for _ in range(12):
            bench.ms += 2_000
            assert isinstance(await controller.look(), Plug)
        bench.post.advance()
        assert bench.post.power_w == 0


@pytest.mark.parametrize("make", MAKES)
async def test_a_stop_just_behind_a_feed_takes_no_longer_than_its_profile_says(make: str) -> None:
    """Measured from the command to no power, on a clock that runs; the frames' gaps and 3 s for a car are added."""
    bench = bench_of(make)
    profile = bench.profile
    gaps_s, car_s = 2 * load("chargers", make, ChargerProfile).line.gap_ms / 1000, 0 if profile.state is None else 3

    async def sleep(seconds: float) -> None:
        due_ms = bench.ms + seconds * 1000
        while True:
            await asyncio.sleep(0)
            if bench.ms >= due_ms:
                return

    async def run(until: Callable[[], bool]) -> None:
        while not until():
            bench.ms += 20
            for _ in range(20):  # a frame and its answer take a few turns of the loop
                await asyncio.sleep(0)

    async with bench.on_tcp() as controller, asyncio.timeout(10):
        assert await controller.enable() == Done(None)
        controller._sleep = controller._registers._sleep = sleep
        alive = asyncio.create_task(controller.keep_alive())
        begin_ms = bench.ms
        await run(lambda: bench.ms >= begin_ms + 600)
        asked_ms = bench.ms
        stop = asyncio.create_task(controller.disable())
        await run(lambda: at_rest(bench))
        took_s = (bench.ms - asked_ms) / 1000
        await run(stop.done)
        assert stop.result() == Done(None)
        alive.cancel()
        await asyncio.wait({alive})
    assert took_s + gaps_s + car_s <= profile.stop_latency_s


def at_rest(bench: Bench) -> bool:
    bench.post.advance()
    return bench.post.power_w == 0


@pytest.mark.parametrize("make", ["keba-p30", VESTEL, MENNEKES])
async def test_a_stop_that_is_not_heard_lets_the_watchdog_run_out(make: str) -> None:
    """Where it lives on a write of its own, a controller that does not answer to the stop is not fed any more."""
    bench = Bench(make, Car(power_max_w=11_040, stops_after_s=0), timeout_ms=200)
    assert bench.profile.failsafe is not None
    async with bench.on_tcp() as controller:
        await controller.enable()
        bench.post.charger_line.silent = True
        assert isinstance(await controller.disable(), InDoubt)
        bench.post.charger_line.silent = False
        await kept_alive(bench, controller, bench.profile.failsafe.lapses_s + 10)
        bench.post.advance()
        assert bench.post.power_w == 0


@pytest.mark.parametrize("make", [TERRA, HEIDELBERG])
async def test_a_refused_stop_leaves_alone_what_every_telegram_feeds(make: str) -> None:
    """Whoever looks and stops meanwhile, as the flow does, keeps no contactor closed by it."""
    bench = bench_of(make)
    failsafe = bench.profile.failsafe
    assert failsafe is not None
    async with bench.on_tcp() as controller:
        await controller.enable()
        refuse_to_stop(bench)
        stopped = await controller.disable()
        assert isinstance(stopped, Refused), "the first one hears what the device says"
        bench.post.advance()
        assert bench.post.power_w == 11_040
        bench.reads.clear()
        bench.writes.clear()
        for second in range(failsafe.lapses_s + 1):
            bench.ms += 1_000
            seen = await controller.look()
            assert isinstance(seen, Trouble)
            assert "is left silent for" in seen.detail
            assert "so that its fail-safe opens it" in seen.detail
            if second % 5 == 0:
                assert isinstance(await controller.disable(), InDoubt)
        assert isinstance(await controller.shows(), Trouble)
        bench.post.advance()
        assert bench.post.power_w == 0, f"open within its {failsafe.lapses_s} s"
        assert (bench.reads, bench.writes) == ([], [])


@pytest.mark.parametrize("make", [TERRA, HEIDELBERG])
async def test_the_stop_is_tried_once_after_each_silence_and_ends_it_when_it_is_heard(make: str) -> None:
    bench = bench_of(make)
    failsafe = bench.profile.failsafe
    assert failsafe is not None
    async with bench.on_tcp() as controller:
        await controller.enable()
        refused = refuse_to_stop(bench)
        await controller.disable()
        await kept_alive(bench, controller, 8 * (failsafe.lapses_s + 10))
        gaps_s = [(later - sooner) / 1000 for sooner, later in pairwise(refused)]
        assert len(gaps_s) >= 2
        assert failsafe.lapses_s + 2 <= gaps_s[0] <= failsafe.lapses_s + 10
        assert gaps_s[1] >= 2 * gaps_s[0] - 10, "a device that wakes gives current again: not every minute"
        assert bench.toy is not None
        bench.toy.__dict__["write"] = type(bench.toy).write.__get__(bench.toy)
        await kept_alive(bench, controller, 16 * (failsafe.lapses_s + 10))
        assert plug(await controller.look()).enabled is False
        bench.post.advance()
        assert bench.post.power_w == 0


async def test_a_stop_that_was_only_lost_is_tried_again_at_once_and_no_silence_begins() -> None:
    bench = bench_of(TERRA)
    async with bench.on_tcp() as controller:
        await controller.enable()
        refused = refuse_to_stop(bench, code=6, times=1)
        assert await controller.disable() == Done(None)
        assert len(refused) == 1
        assert plug(await controller.look()).enabled is False


async def test_a_charge_that_begins_ends_the_silence() -> None:
    bench = bench_of(TERRA)
    async with bench.on_tcp() as controller:
        await controller.enable()
        refuse_to_stop(bench)
        await controller.disable()
        assert await controller.enable() == Done(None)
        assert plug(await controller.look()).enabled is True


def refuse_to_stop(bench: Bench, code: int = 4, times: int = 1000) -> list[int]:
    """It takes everything but a current of 0. When it refused that, in ms."""
    toy, row = bench.toy, bench.profile.current
    assert toy is not None
    assert row is not None
    write, at_ms = toy.write, list[int]()

    def refuse(function: int, address: int, values: Sequence[int]) -> None:
        if address == row.address and not any(values) and len(at_ms) < times:
            at_ms.append(bench.ms)
            raise RefusalError(code)
        write(function, address, values)

    toy.__dict__["write"] = refuse
    return at_ms


async def test_a_feed_does_not_come_between_a_stop_and_its_answer() -> None:
    bench = bench_of("keba-p30")
    async with bench.on_tcp() as controller:
        await controller.enable()
        stop = asyncio.create_task(controller.disable())
        await asyncio.sleep(0)
        assert controller._starved
        stop.cancel()
        await asyncio.wait({stop})
        bench.writes.clear()
        await kept_alive(bench, controller, 70)
        assert (6, 5018, 60) not in bench.writes, "whether it heard the stop nobody knows"


async def test_mennekes_xtra_hangs_up_every_half_minute_and_no_look_is_lost() -> None:
    bench = bench_of("mennekes-amtron-xtra")
    async with bench.on_tcp() as controller:
        assert await controller.enable() == Done(None)
        seen: list[Plug | Trouble] = []
        for _ in range(40):
            bench.ms += 2_000
            seen.append(await controller.look())
        assert [answer for answer in seen if not isinstance(answer, Plug)] == []
        assert await controller.disable() == Done(None)
        assert bench.post.power_w == 0


async def test_a_stop_that_the_hang_up_swallows_is_in_doubt_and_works_when_it_is_repeated() -> None:
    bench = bench_of("mennekes-amtron-xtra")
    async with bench.on_tcp() as controller:
        await controller.enable()
        bench.ms += 31_000
        assert isinstance(await controller.disable(), InDoubt)
        assert await controller.disable() == Done(None)
        bench.post.advance()
        assert bench.post.power_w == 0


async def test_wallb_e_firmware_is_not_offered_a_tenth() -> None:
    bench = bench_of("phoenix-ev-eth")
    toy = PhoenixEvEth(bench.post)
    toy.is_wallbe = True
    async with bench.on_tcp(made=toy) as controller:
        outcome = await controller.enable()
    assert isinstance(outcome, InDoubt)
    assert "60 or more is Wallb-e firmware" in outcome.trouble.detail
    assert bench.writes == []


@pytest.mark.parametrize("make", [TERRA, ALFEN, BENDER, HEIDELBERG, "keba-p40", VESTEL, "mennekes-amtron-xtra"])
async def test_a_pause_that_is_confirmed_and_not_done_is_in_doubt(make: str) -> None:
    bench = bench_of(make)
    async with bench.on_tcp() as controller:
        await controller.enable()
        deafen(bench)
        outcome = await controller.disable()
    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is Fault.CHARGER_FAULT
    assert "confirmed the current of 0 mA but shows 16000" in outcome.trouble.detail


async def test_a_limit_that_stays_above_ours_is_in_doubt() -> None:
    bench = bench_of(BENDER)
    bench.post.set_failsafe(current_ma=0, timeout_s=60)
    async with bench.on_tcp() as controller:
        bench.post.command(limit_ma=32_000)
        deafen(bench)
        outcome = await controller.enable()
    assert isinstance(outcome, InDoubt)
    assert "confirmed the current of 16000 mA but shows 32000" in outcome.trouble.detail


def deafen(bench: Bench) -> None:
    """It confirms every write and does nothing."""
    assert bench.toy is not None
    bench.toy.__dict__["write"] = lambda *_: None


async def test_a_feed_that_failed_is_tried_again_before_the_watchdog_could_run_out() -> None:
    bench = Bench(MENNEKES, timeout_ms=200)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await bench.sleep(seconds)

    async with bench.on_tcp() as controller:
        await controller.enable()
        bench.post.charger_line.silent = True
        controller._sleep = sleep
        await kept_alive(bench, controller, 12)
    assert bench.profile.failsafe is not None
    assert max(slept) <= bench.profile.failsafe.feed_s
