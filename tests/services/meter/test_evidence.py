"""What the power says beside the register, look by look; each row worked out by hand."""

import pytest

from kiosk.domain.energy import Instant
from kiosk.services.meter.evidence import UNSEEN_MS, Evidence, weigh


def at(seconds: float, boot: str = "boot") -> Instant:
    return Instant(int(seconds * 1000), boot, int(seconds * 1000))


def seen(*looks: tuple[float, int, int], step_wh: int = 1, last: Evidence | None = None) -> Evidence:
    """After looks of (seconds, register in Wh, power in W)."""
    for seconds, import_wh, power_w in looks:
        last = weigh(last, import_wh, power_w, step_wh, at(seconds))
    assert last is not None
    return last


def steady(begin_s: int, end_s: int, import_wh: int, power_w: int) -> list[tuple[float, int, int]]:
    return [(seconds, import_wh, power_w) for seconds in range(begin_s, end_s + 1, 2)]


def test_the_first_look_knows_nothing() -> None:
    assert seen((5, 1_000, 3_600)) == Evidence(at(5), at(5), 1_000, 3_600, at(5))


def test_a_rest_under_power_adds_up_what_flows() -> None:
    now = seen(*steady(0, 60, 1_000, 3_600))
    assert (now.since, now.flowed_wh, now.unpowered_wh) == (at(0), 60, 0)


def test_between_two_looks_only_the_lesser_power_is_certain() -> None:
    assert seen((0, 1_000, 3_600), (10, 1_000, 360), (20, 1_000, 3_600)).flowed_mws == 2 * 360 * 10_000


def test_a_trickle_is_counted_as_a_trickle_when_full_power_follows() -> None:
    now = seen(*steady(0, 1_200, 1_000, 250), (1_202, 1_000, 11_000), step_wh=100)
    assert (now.since, now.flowed_wh) == (at(0), 83)


@pytest.mark.parametrize("power_w", [0, 200, -3_600])
def test_while_nothing_flows_a_register_may_stand(power_w: int) -> None:
    now = seen(*steady(0, 20, 1_000, 3_600), (22, 1_000, power_w), (24, 1_000, 3_600))
    assert (now.since, now.flowed_wh) == (at(22), 0), "nothing is certain to have flowed after the pause"


def test_a_register_that_moves_is_not_at_rest() -> None:
    now = seen(*steady(0, 20, 1_000, 3_600), (22, 1_001, 3_600))
    assert (now.since, now.flowed_wh, now.top_wh) == (at(22), 0, 1_001)


def test_a_register_that_only_trembles_is_at_rest() -> None:
    trembling = [(seconds, 1_000 - seconds // 2 % 2, 3_600) for seconds in range(0, 61, 2)]
    now = seen(*trembling)
    assert (now.since, now.flowed_wh, now.top_wh) == (at(0), 60, 1_000)


def test_a_register_that_fell_begins_anew() -> None:
    assert seen(*steady(0, 60, 1_000, 3_600), (62, 900, 3_600)) == Evidence(at(62), at(62), 900, 3_600, at(62))


@pytest.mark.parametrize("after_s", [UNSEEN_MS // 1000, UNSEEN_MS // 1000 + 1])
def test_what_nobody_looked_at_is_not_weighed(after_s: int) -> None:
    now = seen((0, 1_000, 3_600), (after_s, 1_000, 3_600))
    assert now.flowed_wh == (30 if after_s == 30 else 0)
    assert now.since == at(0 if after_s == 30 else after_s)


def test_another_boot_begins_anew() -> None:
    last = seen((0, 1_000, 3_600))
    now = weigh(last, 1_000, 3_600, 1, at(2, "other"))
    assert now == Evidence(at(2, "other"), at(2, "other"), 1_000, 3_600, at(2, "other"))


def test_a_rise_without_power_is_noted() -> None:
    rising = [(2.0 * n, 1_000 + 2 * n, 0) for n in range(31)]
    assert seen(*rising).unpowered_wh == 60


def test_what_a_sleeping_car_draws_explains_its_rise() -> None:
    """40 W for an hour are 40 Wh, in steps of one."""
    assert seen(*[(seconds, 1_000 + seconds * 40 // 3_600, 40) for seconds in range(0, 3_601, 2)]).unpowered_wh == 0


def test_a_step_of_a_coarse_register_is_paid_off_by_the_time_of_the_next() -> None:
    """45 W are a step of 10 Wh every 800 s."""
    worst, last = 0, None
    for seconds in range(0, 4_001, 2):
        last = seen((seconds, 1_000 + seconds // 800 * 10, 45), step_wh=10, last=last)
        worst = max(worst, last.unpowered_wh)
    assert last is not None
    assert last.top_wh == 1_050
    assert worst == 9, "never more than the one step that came early"


def test_power_seen_explains_everything_before_it() -> None:
    rising = [(2.0 * n, 1_000 + 2 * n, 0) for n in range(31)]
    assert seen(*rising, (62, 1_062, 3_600)).unpowered_wh == 0
    assert seen(*rising, (62, 1_062, 3_600), (64, 1_064, 0)).unpowered_wh == 0, "it flowed until just now"
    assert seen(*rising, (62, 1_062, 3_600), (64, 1_064, 0), (66, 1_066, 0)).unpowered_wh == 2


@pytest.mark.parametrize(("rested_s", "left_wh"), [(900 - 2, 60), (900, 0)])
def test_a_quarter_of_an_hour_without_a_rise_clears_a_meter_whose_power_register_had_hung(
    rested_s: int, left_wh: int
) -> None:
    """Else no charge could ever begin there again, and so no power be seen that would clear it."""
    rising = [(2.0 * n, 1_000 + 2 * n, 0) for n in range(31)]
    assert seen(*rising, *steady(62, 60 + rested_s, 1_060, 0)).unpowered_wh == left_wh
