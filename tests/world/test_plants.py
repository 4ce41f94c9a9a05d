"""Every bug that is planted into the product is seen: that is how we know that a quiet world is a good one."""

from contextlib import suppress

import pytest

from kiosk.domain.states import Offer
from kiosk.world.plants import PLANTS, TABLE, planted
from kiosk.world.run import run_worlds

MOST_SESSIONS = 2_000


def test_there_are_enough_of_them_and_each_says_what_it_breaks() -> None:
    assert len(PLANTS) == len(TABLE) >= 20
    assert all(plant.sentence.endswith(".") and plant.patches() for plant in TABLE)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PLANTS)
def test_the_worlds_see_it(name: str) -> None:
    total = run_worlds(range(1, 2_000), sessions=MOST_SESSIONS, plant=name, processes=1, until_broken=True)
    assert total.violations, (
        f"{total.sessions} sessions with the bug {name!r} and nothing was wrong: the world is blind"
    )


def test_a_plant_is_taken_out_again() -> None:
    usual = Offer.__dict__["key"]
    with suppress(RuntimeError), planted("random-key"):
        assert Offer.__dict__["key"] is not usual
        raise RuntimeError
    assert Offer.__dict__["key"] is usual


def test_the_same_worlds_are_quiet_without_it() -> None:
    for plant in TABLE:
        total = run_worlds(range(1, 3), weights=plant.weights, processes=1)
        assert total.violations == [], plant.name
