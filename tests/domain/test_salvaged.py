"""After a journal was damaged its last rows may be lost: nobody pays for what stands behind the last one that is whole."""

import pytest

from kiosk.domain.commands import Switch
from kiosk.domain.events import Act, Pressed, Restarted
from kiosk.domain.fault import Fault
from kiosk.domain.payment import Approval
from kiosk.domain.session import occupies
from kiosk.domain.states import Late, Ready, Returning, Session, Settling, Step, Stuck, Why
from tests.domain import given
from tests.domain.given import after, at, nok, watched

LATER = Restarted(at(90_000, boot="boot-2"), salvaged=True)


def taken_up(session: Session) -> Settling:
    found, commands = after(session, LATER)
    assert isinstance(found, Settling), found
    if not isinstance(session, Ready | Late):
        assert commands[0] == Switch(closed=False)
    assert not occupies(found)
    return found


def a_charge_of(energy_wh: int) -> Session:
    return after(given.charging(), watched(7_200, 1_000 + energy_wh))[0]


@pytest.mark.parametrize("how", ["charging", "returning", "stopping"])
def test_a_charge_is_billed_by_its_last_whole_row_and_not_by_the_register_of_today(how: str) -> None:
    charge = a_charge_of(10_000)
    if how == "stopping":
        charge, _ = after(charge, Pressed(at(7_201), Act.STOP, "glass"))
    if how == "returning":
        charge, _ = after(charge, Restarted(at(8_000, boot="boot-2")))
        assert isinstance(charge, Returning)
    found = taken_up(charge)
    assert found.due.due == nok(4_900)
    assert found.step is Step.CAPTURE
    assert found.why is Why.FAULT
    assert found.fault is not None
    assert found.fault.fault is Fault.JOURNAL_BROKEN


@pytest.mark.parametrize("stand", [given.ready, given.waiting])
def test_a_charge_of_which_no_energy_is_proven_is_given_back_whole(stand: object) -> None:
    assert callable(stand)
    found = taken_up(stand())
    assert found.due.due == nok(0)
    assert found.step is Step.RELEASE


def test_a_driver_who_approved_late_is_not_asked_to_continue() -> None:
    late, _ = after(
        given.ready(),
        Restarted(at(40, boot="boot-2")),
    )
    assert isinstance(late, Late)
    assert taken_up(late).due.due == nok(0)


@pytest.mark.parametrize("offer", ["asked", "offered", "withdrawing"])
def test_an_offer_that_was_approved_meanwhile_is_given_back_and_never_charged_on(offer: str) -> None:
    """Its last rows may have charged already."""
    session = after(None, given.opened())[0]
    if offer != "asked":
        session = after(session, given.answered(1, Step.CREATE, note="https://pay.example/1"))[0]
    if offer == "withdrawing":
        session = after(session, Restarted(at(80_000, boot="boot-1b")))[0]
    found = after(session, LATER, given.approval(90_001))[0]
    assert isinstance(found, Settling), found
    assert found.due.due == nok(0)


def test_a_settlement_goes_on_and_asks_first() -> None:
    found, commands = after(given.settling(), LATER)
    assert isinstance(found, Settling)
    assert found.due == given.settling().due
    assert commands == ()
    settled, _ = after(found, given.looked(90_010, given.captured()))
    assert isinstance(settled, Settling)
    assert settled.step is Step.RELEASE


def test_what_vipps_says_is_held_against_what_is_whole() -> None:
    """More was captured by the rows that are lost: a person decides, and nothing is captured upon it."""
    found = taken_up(a_charge_of(5_000))
    stuck, commands = after(found, given.looked(90_010, given.captured()))
    assert isinstance(stuck, Stuck)
    assert commands == ()
    assert given.captured().approval is Approval.AUTHORIZED
