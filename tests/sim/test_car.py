"""The physics of one charge point, without a wire: car, contactor, counter and fail-safe under a hand-driven clock."""

from dataclasses import replace

import pytest

from kiosk.sim.car import MJ_PER_WH, Car, car_from_seed
from kiosk.sim.clock import SimClock
from kiosk.sim.post import Post, PostFaults

HOUR_S = 3600


class Hand:
    """Real seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.real_s = 0.0

    def clock(self, rate: float = 1.0) -> SimClock:
        return SimClock(utc_ms=0, rate=rate, real_s=lambda: self.real_s)


def charging(hand: Hand, car: Car | None = None, *, has_pilot: bool = True) -> Post:
    post = Post(hand.clock(), car or Car(), register_wh=0, has_pilot=has_pilot)
    post.command(enabled=True)
    return post


def register_after(post: Post, hand: Hand, seconds: float) -> int:
    hand.real_s += seconds
    post.advance()
    return post.counter.import_wh


def test_the_same_seed_is_the_same_car_and_seeds_differ() -> None:
    assert car_from_seed(7) == car_from_seed(7)
    assert len({car_from_seed(seed) for seed in range(50)}) == 50


def test_every_seed_gives_a_car_that_charges_until_it_is_full() -> None:
    for seed in range(50):
        hand = Hand()
        car = car_from_seed(seed)
        post = charging(hand, car)
        register_after(post, hand, 60 * HOUR_S)
        assert post.pilot == "B", seed
        assert 0 <= post.counter.import_wh - (car.battery_wh - car.charged_wh) <= 1, seed


def test_energy_is_power_times_time() -> None:
    hand = Hand()
    post = charging(hand)
    assert register_after(post, hand, 60) == 11_000 * 60 // 3600
    assert register_after(post, hand, 3540) == 11_000
    assert post.delivered_mj == 11_000 * MJ_PER_WH


def test_the_register_does_not_depend_on_how_often_somebody_looked() -> None:
    car = replace(car_from_seed(3), stops_after_s=2, pause_after_wh=4_321, pause_s=333)
    seldom_hand, often_hand = Hand(), Hand()
    seldom, often = charging(seldom_hand, car), charging(often_hand, car)
    register_after(seldom, seldom_hand, 20_000)
    for _ in range(8_000):
        register_after(often, often_hand, 2.5)
    assert often.delivered_mj == seldom.delivered_mj > 0
    assert often.counter.phases_import_wh == seldom.counter.phases_import_wh


def test_the_register_never_falls_and_the_phases_add_up() -> None:
    hand = Hand()
    post = charging(hand, Car(power_max_w=11_003, phases=2))
    seen = [register_after(post, hand, 37.7) for _ in range(200)]
    assert seen == sorted(seen)
    assert seen[-1] == post.delivered_mj // MJ_PER_WH
    l1, l2, l3 = post.counter.phases_import_wh
    assert l3 == 0
    assert 0 <= seen[-1] - (l1 + l2 + l3) <= 2


def test_no_energy_flows_through_an_open_contactor() -> None:
    hand = Hand()
    post = Post(hand.clock(), Car(), register_wh=500)
    assert (post.pilot, post.contactor_closed) == ("B", False)
    assert register_after(post, hand, HOUR_S) == 500
    post.command(enabled=True)
    assert (post.pilot, post.contactor_closed, post.power_w) == ("C", True, 11_000)
    register_after(post, hand, HOUR_S)
    post.command(enabled=False)
    assert register_after(post, hand, HOUR_S) == 11_500


def test_the_pilot_goes_through_a_b_c_and_back() -> None:
    hand = Hand()
    post = Post(hand.clock())
    seen = [post.pilot]
    post.plug(Car(plugs_in_after_s=30))
    seen.append(post.pilot)
    register_after(post, hand, 30)
    seen.append(post.pilot)
    post.command(enabled=True)
    seen.append(post.pilot)
    post.unplug()
    seen.append(post.pilot)
    assert seen == ["A", "A", "B", "C", "A"]


def test_a_car_that_arrives_later_takes_energy_only_from_then_on() -> None:
    hand = Hand()
    assert register_after(charging(hand, Car(plugs_in_after_s=1800)), hand, HOUR_S) == 5_500


def test_power_tapers_percent_by_percent_and_ends_at_full() -> None:
    car = Car(battery_wh=10_000, charged_wh=0, power_max_w=10_000, taper_from_percent=80)
    asked = {percent: car.wanted_w(percent * 100 * MJ_PER_WH) for percent in (0, 79, 80, 81, 90, 99, 100)}
    assert asked == {0: 10_000, 79: 10_000, 80: 10_000, 81: 9_500, 90: 5_000, 99: 500, 100: 0}


def test_a_full_car_goes_from_c_to_b_by_itself() -> None:
    hand = Hand()
    post = charging(hand, Car(battery_wh=10_000, charged_wh=9_900))
    assert post.pilot == "C"
    assert register_after(post, hand, HOUR_S) == 100
    assert (post.pilot, post.contactor_closed, post.offered_ma) == ("B", False, 32_000)


def test_the_limit_of_the_pilot_holds_back_the_car_and_below_six_amps_nothing_is_offered() -> None:
    hand = Hand()
    post = charging(hand)
    post.command(limit_ma=6_000)
    assert post.phases_w == (1_380, 1_380, 1_380)
    post.command(limit_ma=5_999)
    assert (post.offered_ma, post.pilot, post.power_w) == (0, "B", 0)


def test_a_one_phase_car_loads_only_l1() -> None:
    post = charging(Hand(), Car(power_max_w=3_680, phases=1))
    assert post.phases_w == (3_680, 0, 0)


def test_a_car_may_pause_once_and_go_on() -> None:
    hand = Hand()
    post = charging(hand, Car(pause_after_wh=5_500, pause_s=600))
    assert register_after(post, hand, 1800) == 5_500
    assert (post.pilot, post.power_w) == ("B", 0)
    assert register_after(post, hand, 599) == 5_500
    register_after(post, hand, 1)
    assert post.pilot == "C"
    assert register_after(post, hand, 1800) == 11_000


def test_an_asleep_car_is_plugged_and_never_draws() -> None:
    hand = Hand()
    post = charging(hand, Car(asleep=True))
    assert register_after(post, hand, HOUR_S) == 0
    assert post.pilot == "B"


def test_a_slow_car_draws_on_after_the_stop() -> None:
    hand = Hand()
    post = charging(hand, Car(stops_after_s=36))
    assert register_after(post, hand, HOUR_S) == 11_000
    post.command(enabled=False)
    assert (post.pilot, post.contactor_closed, post.power_w) == ("B", True, 11_000)
    assert register_after(post, hand, HOUR_S) == 11_110


def test_a_welded_contactor_lets_current_flow_on_although_it_was_told_to_open() -> None:
    hand = Hand()
    post = charging(hand)
    post.fail(PostFaults(welded=True))
    post.command(enabled=False)
    assert post.contactor_closed
    assert register_after(post, hand, HOUR_S) == 11_000
    post.fail(PostFaults())
    assert register_after(post, hand, HOUR_S) == 11_000


def test_a_contactor_that_never_closes_gives_no_energy_in_state_c() -> None:
    hand = Hand()
    post = charging(hand)
    post.fail(PostFaults(never_closes=True))
    assert (post.pilot, post.contactor_closed) == ("C", False)
    assert register_after(post, hand, HOUR_S) == 0


def test_a_frozen_register_stands_still_while_power_flows_and_catches_up_when_it_thaws() -> None:
    hand = Hand()
    post = charging(hand)
    register_after(post, hand, HOUR_S)
    post.fail(PostFaults(frozen=True))
    assert register_after(post, hand, HOUR_S) == 11_000
    assert post.power_w == 11_000
    post.fail(PostFaults())
    assert post.counter.import_wh == 22_000


def test_a_reversed_transformer_counts_into_the_export_register() -> None:
    hand = Hand()
    post = charging(hand)
    post.fail(PostFaults(reversed_ct=True))
    assert register_after(post, hand, HOUR_S) == 0
    assert post.counter.export_wh == 11_000


def test_a_reset_meter_starts_at_nought_and_a_replaced_one_has_another_serial() -> None:
    hand = Hand()
    post = charging(hand)
    register_after(post, hand, HOUR_S)
    post.set_register_wh(0)
    assert register_after(post, hand, 1800) == 5_500
    serial = post.counter.serial
    post.replace_meter()
    assert post.counter.serial != serial
    assert post.counter.import_wh == 77_000


def test_the_failsafe_trips_after_its_silence_and_only_a_command_ends_it() -> None:
    hand = Hand()
    post = charging(hand)
    post.set_failsafe(current_ma=0, timeout_s=60)
    post.feed()
    register_after(post, hand, 59)
    assert not post.tripped
    assert register_after(post, hand, HOUR_S) == 11_000 * 60 // 3600
    assert (post.tripped, post.pilot, post.contactor_closed) == (True, "B", False)
    post.feed()
    assert post.tripped
    post.command(enabled=True)
    assert (post.tripped, post.pilot) == (False, "C")


def test_the_failsafe_may_leave_a_smaller_current() -> None:
    hand = Hand()
    post = charging(hand)
    post.set_failsafe(current_ma=6_000, timeout_s=10)
    post.feed()
    register_after(post, hand, 11)
    assert (post.offered_ma, post.power_w) == (6_000, 4_140)


def test_a_fed_failsafe_stays_quiet() -> None:
    hand = Hand()
    post = charging(hand)
    post.set_failsafe(current_ma=0, timeout_s=10)
    for _ in range(100):
        hand.real_s += 9.9
        post.feed()
    assert not post.tripped


def test_a_failsafe_on_real_time_does_not_run_with_the_clock_of_the_demo() -> None:
    hand = Hand()
    post = Post(hand.clock(rate=600), Car(), register_wh=0, watchdog_clock=hand.clock())
    post.command(enabled=True)
    post.set_failsafe(current_ma=0, timeout_s=10)
    post.feed()
    register_after(post, hand, 9)
    assert (post.tripped, post.pilot) == (False, "C")
    assert register_after(post, hand, 60) == 11_000 * 6000 // 3600
    assert post.tripped


def test_a_relay_feeds_the_car_without_a_pilot() -> None:
    hand = Hand()
    post = charging(hand, has_pilot=False)
    assert register_after(post, hand, HOUR_S) == 11_000
    post.command(enabled=False)
    assert register_after(post, hand, HOUR_S) == 11_000


def test_the_old_session_is_kept_until_the_next_start() -> None:
    hand = Hand()
    post = charging(hand)
    register_after(post, hand, HOUR_S)
    post.unplug()
    post.command(enabled=False)
    assert post.session_mj == 11_000 * MJ_PER_WH
    post.plug(Car())
    register_after(post, hand, HOUR_S)
    assert post.session_mj == 11_000 * MJ_PER_WH
    post.command(enabled=True)
    assert post.session_mj == 0


def test_energy_through_a_welded_contactor_is_in_no_session() -> None:
    hand = Hand()
    post = charging(hand)
    register_after(post, hand, HOUR_S)
    post.unplug()
    post.command(enabled=False)
    post.fail(PostFaults(welded=True))
    post.plug(Car())
    assert register_after(post, hand, HOUR_S) == 22_000
    assert post.session_mj == 11_000 * MJ_PER_WH


@pytest.mark.parametrize(
    "wrong", [{"charged_wh": 70_000}, {"phases": 4}, {"taper_from_percent": 100}, {"pause_s": -1}, {"battery_wh": 0}]
)
def test_an_impossible_car_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"\d|cannot"):
        Car(**wrong)  # type: ignore[arg-type]
