"""Calls stay below Vipps' limits, by the business clock."""

import pytest

from kiosk.services.vipps.budget import PER_WINDOW, Budget, Counted
from kiosk.services.vipps.errors import Busy

CAPTURE: Counted = ("capture", "elg-1-abcdef")


class Hands:
    now_s = 1000.0


def test_the_fifth_change_within_a_minute_waits_for_the_first_to_be_a_minute_old() -> None:
    hands = Hands()
    budget = Budget(lambda: hands.now_s)
    for _ in range(4):
        budget.take(CAPTURE)
        hands.now_s += 5

    with pytest.raises(Busy) as caught:
        budget.take(CAPTURE)
    assert caught.value.retry_after_s == pytest.approx(40.0)

    hands.now_s = 1059.9
    with pytest.raises(Busy):
        budget.take(CAPTURE)
    hands.now_s = 1060.0
    budget.take(CAPTURE)
    with pytest.raises(Busy):
        budget.take(CAPTURE)


def test_no_window_of_a_minute_ever_sees_more_than_the_limit() -> None:
    hands = Hands()
    budget = Budget(lambda: hands.now_s)
    taken: list[float] = []
    for _ in range(1500):
        hands.now_s += 0.4
        try:
            budget.take(CAPTURE)
        except Busy:
            continue
        taken.append(hands.now_s)

    assert len(taken) > 30
    assert max(sum(1 for at_s in taken if begin_s <= at_s < begin_s + 60) for begin_s in taken) == 4


def test_references_and_operations_are_counted_apart() -> None:
    budget = Budget(lambda: 0.0)
    for _ in range(4):
        budget.take(CAPTURE)

    budget.take(("capture", "elg-2-abcdef"))
    budget.take(("cancel", "elg-1-abcdef"))


def test_the_limits_leave_room_below_those_of_vipps() -> None:
    assert {name for name, limit in PER_WINDOW.items() if limit < 5} == {"create", "capture", "cancel", "refund"}
    assert {name for name, limit in PER_WINDOW.items() if 5 <= limit < 120} == {"payment", "events"}


def test_a_pause_that_vipps_asked_for_is_kept() -> None:
    hands = Hands()
    budget = Budget(lambda: hands.now_s)
    budget.close(CAPTURE, 30.0)

    with pytest.raises(Busy) as caught:
        budget.take(CAPTURE)
    assert caught.value.retry_after_s == 30.0
    hands.now_s += 30
    budget.take(CAPTURE)


def test_a_clock_that_is_set_back_does_not_lock_the_station_out() -> None:
    hands = Hands()
    budget = Budget(lambda: hands.now_s)
    for _ in range(4):
        budget.take(CAPTURE)

    hands.now_s -= 500
    budget.take(CAPTURE)


def test_payments_of_the_past_are_forgotten() -> None:
    hands = Hands()
    budget = Budget(lambda: hands.now_s)
    for number in range(200):
        budget.take(("payment", f"elg-{number}"))
        hands.now_s += 10

    assert len(budget._calls) < 10
