"""The wait grows, is bounded, differs between stations, and no jump of the clock can stretch it."""

import pytest

from kiosk.domain.pacing import WAITS_S, begin, slower
from kiosk.domain.states import Pace
from tests.domain.given import at


def test_the_first_try_waits_for_nothing() -> None:
    assert begin(at(0)).left_s(at(0)) == 0


def test_each_try_waits_longer_up_to_fifteen_minutes_and_a_quarter() -> None:
    pace, waits = begin(at(0)), []
    for seconds in range(20):
        pace = slower(pace, at(seconds))
        waits.append(pace.wait_s)
    steps = [*WAITS_S, *[900] * (20 - len(WAITS_S))]
    assert all(step <= wait <= step * 5 // 4 for step, wait in zip(steps, waits, strict=True))
    assert pace.tries == 20


def test_stations_do_not_all_come_back_at_once() -> None:
    waits = {slower(Pace(8, at(0), 0), at(seconds)).wait_s for seconds in range(50)}
    assert len(waits) > 20


def test_a_wait_that_vipps_asks_for_is_kept_if_it_is_longer() -> None:
    assert slower(begin(at(0)), at(0), retry_after_s=77).wait_s == 77
    assert slower(Pace(8, at(0), 0), at(0), retry_after_s=77).wait_s >= 900


@pytest.mark.parametrize(
    ("seconds", "jumped_s", "left_s"),
    [(0, 0, 30), (10, 0, 20), (30, 0, 0), (99, 0, 0), (10, -3_600, 30), (10, 10**9, 0)],
    ids=["at once", "a third", "over", "long over", "back an hour", "forward thirty years"],
)
def test_a_clock_that_jumps_makes_the_wait_no_longer_than_it_was(seconds: int, jumped_s: int, left_s: int) -> None:
    assert Pace(4, at(0), 30).left_s(at(seconds, jumped_s=jumped_s)) == left_s


def test_a_wait_runs_on_over_a_restart_of_the_machine() -> None:
    assert Pace(4, at(0), 30).left_s(at(20, boot="boot-2")) == 10
