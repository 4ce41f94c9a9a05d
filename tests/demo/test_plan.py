"""The day that the demo plays: every story is in it, and a day that was not played as written is found out."""

from dataclasses import replace

import pytest

from kiosk.demo.plan import ENDS, STATIONS, Drive, Story, day
from kiosk.demo.report import Entry
from kiosk.demo.run import _unlike_the_plan as unlike_the_plan
from kiosk.domain.states import Abandoned, Why
from tests.domain.given import OFFER, REFERENCE, at, nok

DRIVE = Drive("Kari", STATIONS[0].id, Story.STOPS, 300_00, 4_000)
ENTRY = Entry(replace(OFFER, hold=nok(300_00)), Abandoned(OFFER, Why.STOPPED, at(0)), Why.STOPPED, 0, 0, 0, 0, "")


@pytest.mark.parametrize("seed", range(5))
def test_every_story_is_played_and_each_driver_has_a_name_and_a_station(seed: int) -> None:
    drives = day(seed)
    assert {drive.story for drive in drives} == set(Story) == ENDS.keys()
    assert len({drive.name for drive in drives}) == len(drives)
    assert {drive.station for drive in drives} == {station.id for station in STATIONS}
    assert {drive.language for drive in drives} == {"nb", "en"}


def test_the_seed_draws_what_the_drivers_take() -> None:
    assert day(1) == day(1)
    assert day(1) != day(2)


def test_the_power_is_cut_when_nobody_else_would_be_hit() -> None:
    acts = [drive.act for drive in day(1) if drive.story is Story.POWER_CUT]
    assert [sum(drive.act == act for drive in day(1)) for act in acts] == [1]


def test_a_day_as_planned_leaves_nothing_to_say() -> None:
    assert unlike_the_plan([ENTRY], {REFERENCE: DRIVE}, [DRIVE]) == []


@pytest.mark.parametrize(
    ("entries", "names", "sentence"),
    [
        ([], {}, "Kari left no session."),
        ([ENTRY, replace(ENTRY, offer=replace(OFFER, reference="x"))], {REFERENCE: DRIVE}, "Nobody in the plan made x."),
        ([replace(ENTRY, why=Why.FAULT)], {REFERENCE: DRIVE}, "Kari stops at the screen, but the session ended by fault."),
        ([replace(ENTRY, why=None)], {REFERENCE: DRIVE}, "Kari stops at the screen, but the session ended by None."),
        (
            [replace(ENTRY, offer=replace(OFFER, hold=nok(299_99)))],
            {REFERENCE: DRIVE},
            "Kari chose 300.00, but 299.99 NOK was reserved.",
        ),
    ],
)  # fmt: skip
def test_a_day_that_went_otherwise_is_said(entries: list[Entry], names: dict[str, Drive], sentence: str) -> None:
    said = unlike_the_plan(entries, names, [DRIVE])
    assert [text.replace("\N{NO-BREAK SPACE}", " ") for text in said] == [sentence]
