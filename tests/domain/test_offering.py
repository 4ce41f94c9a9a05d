"""An offer and every way in which it comes to nothing: no approval is ever destroyed, no hold is ever kept."""

from dataclasses import replace

import pytest

from kiosk.domain.commands import Command, Create, Look, Release, Watch, Withdraw
from kiosk.domain.events import Act, Looked, LookFailed, Pressed, Restarted, Ticked, Verdict
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.offering import CREATE_TRIES, OFFER_S
from kiosk.domain.pacing import UNKNOWNS
from kiosk.domain.payment import Approval, Effect
from kiosk.domain.session import idle, step
from kiosk.domain.states import (
    Abandoned,
    Asked,
    Late,
    Offered,
    Ready,
    Session,
    Settling,
    Step,
    Stuck,
    Waiting,
    Why,
    Withdrawing,
)
from tests.domain.given import (
    AWAY,
    REFERENCE,
    after,
    answered,
    approval,
    at,
    entry,
    key,
    looked,
    nok,
    opened,
    payment,
    watched,
)

LOOK = Look(REFERENCE)
CREATE = Create(REFERENCE, nok(30_000), key(Step.CREATE))
WITHDRAW = Withdraw(REFERENCE, key(Step.WITHDRAW))
RELEASE = Release(REFERENCE, key(Step.RELEASE))
IN_DOUBT, REFUSED = Verdict.IN_DOUBT, Verdict.REFUSED
OPEN = payment(Approval.CREATED, authorized=0)
CREATED = answered(1, Step.CREATE, note="https://pay.example/1")


def gives_back(session: Session, commands: tuple[Command, ...]) -> None:
    """Everything, at once and unasked, as soon as Vipps has shown that nobody else had a hand in it."""
    assert isinstance(session, Settling)
    assert (session.due.due, commands) == (nok(0), (LOOK,))
    assert after(session, looked(100_000, payment(Approval.AUTHORIZED)))[1] == (RELEASE,)
    portal = payment(Approval.AUTHORIZED, entry(Effect.CAPTURED, 100, "somebody"), captured=100)
    assert isinstance(after(session, looked(100_000, portal))[0], Stuck)


def asked() -> Session:
    return after(None, opened())[0]


def offered() -> Session:
    return after(asked(), CREATED)[0]


def withdrawing(why: Why) -> Session:
    match why:
        case Why.DRIVER_CANCELLED:
            return after(offered(), Pressed(at(30), Act.CANCEL, "glass"))[0]
        case Why.OFFER_RAN_OUT:
            return after(offered(), looked(OFFER_S + 1, OPEN))[0]
        case Why.RESTARTED:
            return after(offered(), Restarted(at(30)))[0]
        case _:
            return after(asked(), answered(1, Step.CREATE, REFUSED, code="4150", fault=Fault.VIPPS_REFUSED))[0]


WITHDRAWN = (Why.DRIVER_CANCELLED, Why.OFFER_RAN_OUT, Why.RESTARTED, Why.NOT_CREATED)


def test_a_payment_that_was_there_is_not_forgotten_for_a_404() -> None:
    """The driver could still approve a code that is on their phone."""
    session, _ = after(offered(), Pressed(at(20), Act.CANCEL, "glass"))
    for number in range(1, UNKNOWNS):
        session, _ = after(session, looked(60 * number, None))
        assert isinstance(session, Withdrawing)
    session, _ = after(session, looked(600, None))
    assert isinstance(session, Stuck)
    assert session.fault is Fault.PAYMENT_UNKNOWN


def test_no_post_waits_a_day_because_vipps_asked_for_it() -> None:
    session, _ = after(offered(), Pressed(at(20), Act.CANCEL, "glass"), LookFailed(at(22), AWAY, 86_400))
    pause = idle(session, at(22))
    assert pause is not None
    assert pause.after_s <= 120


def test_an_accepted_price_becomes_a_request_under_a_key_that_every_restart_makes_again() -> None:
    session, commands = after(None, opened())
    assert (type(session), commands) == (Asked, (CREATE,))
    assert CREATE.key == key(Step.CREATE) != key(Step.CAPTURE)
    assert len(CREATE.key) <= 50


def test_a_session_begins_with_an_offer_and_nothing_else() -> None:
    with pytest.raises(ValueError, match="begins with Opened, not with Ticked"):
        step(None, Ticked(at(0)))


def test_the_drivers_code_is_shown_and_looked_at_from_five_seconds_every_two() -> None:
    session, commands = after(asked(), CREATED)
    assert isinstance(session, Offered)
    assert (session.url, commands) == ("https://pay.example/1", ())
    pauses = [idle(session, at(seconds)) for seconds in (1, 6, 100)]
    assert [(pause.after_s, pause.command) for pause in pauses if pause] == [(5, LOOK), (2, LOOK), (2, LOOK)]


def test_an_approved_hold_is_ready_and_the_meter_is_read() -> None:
    session, commands = after(offered(), approval(10))
    assert (type(session), commands) == (Ready, (Watch(),))


def test_a_lost_create_is_repeated_under_its_key_after_a_wait_and_then_looked_for() -> None:
    session, seconds = asked(), 1
    for _ in range(CREATE_TRIES):
        session, commands = after(session, answered(seconds, Step.CREATE, IN_DOUBT, fault=Fault.VIPPS_AWAY))
        pause = idle(session, at(seconds))
        assert isinstance(session, Asked)
        assert pause is not None
        assert (commands, pause.after_s > 0) == ((), True)
        seconds += 30
        assert after(session, Ticked(at(seconds)))[1] == (CREATE,)
    session, commands = after(session, answered(seconds, Step.CREATE, IN_DOUBT, fault=Fault.VIPPS_AWAY))
    assert isinstance(session, Withdrawing)
    assert (session.why, commands) == (Why.NOT_CREATED, (LOOK,))


def test_a_refused_create_that_never_was_is_abandoned_with_its_reason() -> None:
    session, commands = after(withdrawing(Why.NOT_CREATED), looked(2, None))
    assert isinstance(session, Abandoned)
    assert (session.why, commands) == (Why.NOT_CREATED, ())
    assert session.trouble is not None
    assert session.trouble.fault is Fault.VIPPS_REFUSED


def test_a_create_cut_off_by_a_restart_is_looked_for_and_never_sent_again() -> None:
    session, commands = after(asked(), Restarted(at(60)))
    assert commands == (LOOK,)
    assert isinstance(after(session, looked(61, None))[0], Abandoned)
    assert after(session, looked(61, OPEN))[1] == (WITHDRAW,)


@pytest.mark.parametrize(
    ("state", "why"),
    [(Approval.ABORTED, Why.REJECTED), (Approval.EXPIRED, Why.EXPIRED), (Approval.TERMINATED, Why.EXPIRED)],
)
def test_a_request_that_died_is_abandoned(state: Approval, why: Why) -> None:
    session, commands = after(offered(), looked(20, payment(state, authorized=0)))
    assert isinstance(session, Abandoned)
    assert (session.why, commands) == (why, ())


@pytest.mark.parametrize("word", [Approval.CREATED, Approval.UNKNOWN])
def test_an_undecided_driver_is_waited_for(word: Approval) -> None:
    before = offered()
    for event in (looked(20, payment(word, authorized=0)), looked(20, None), LookFailed(at(20), AWAY), Ticked(at(20))):
        assert step(before, event) == (before, ())


@pytest.mark.parametrize("event", [looked(OFFER_S + 1, OPEN), LookFailed(at(OFFER_S + 1), AWAY)])
def test_an_offer_that_ran_out_is_taken_back_without_touching_an_approval(event: LookFailed) -> None:
    session, commands = after(offered(), event)
    assert isinstance(session, Withdrawing)
    assert (session.why, commands) == (Why.OFFER_RAN_OUT, (WITHDRAW,))


@pytest.mark.parametrize("session", [asked(), offered()], ids=["asked", "offered"])
def test_a_driver_who_cancels_takes_the_offer_back(session: Session) -> None:
    session, commands = after(session, Pressed(at(30), Act.CANCEL, "glass"))
    assert isinstance(session, Withdrawing)
    assert (session.why, commands) == (Why.DRIVER_CANCELLED, (WITHDRAW,))


@pytest.mark.parametrize("why", WITHDRAWN)
def test_a_withdrawn_offer_is_over_only_when_vipps_says_so(why: Why) -> None:
    session, commands = after(withdrawing(why), answered(400, Step.WITHDRAW))
    assert (type(session), commands) == (Withdrawing, (LOOK,))
    gone = after(session, looked(401, payment(Approval.TERMINATED, authorized=0)))[0]
    assert isinstance(gone, Abandoned)
    assert gone.why is why


def test_the_drivers_own_cancel_that_lost_the_race_gives_everything_back() -> None:
    refused = answered(31, Step.WITHDRAW, REFUSED, code="6060", fault=Fault.VIPPS_REFUSED)
    session, commands = after(withdrawing(Why.DRIVER_CANCELLED), refused, approval(32))
    assert isinstance(session, Settling)
    assert (session.why, session.due.due) == (Why.DRIVER_CANCELLED, nok(0))
    gives_back(session, commands)


@pytest.mark.parametrize("why", [Why.OFFER_RAN_OUT, Why.RESTARTED, Why.NOT_CREATED])
def test_an_approval_after_we_gave_up_is_asked_about(why: Why) -> None:
    session, commands = after(withdrawing(why), approval(310))
    assert (type(session), commands) == (Late, ())


@pytest.mark.parametrize("why", [Why.OFFER_RAN_OUT, Why.RESTARTED, Why.NOT_CREATED])
def test_an_approval_that_is_old_when_found_is_given_back_unasked(why: Why) -> None:
    approved = payment(Approval.AUTHORIZED, entry(Effect.AUTHORIZED, 30_000, seconds=290))
    session, commands = after(withdrawing(why), looked(290 + 301, approved))
    assert isinstance(session, Settling)
    assert session.why is why
    gives_back(session, commands)


def test_an_approval_whose_time_the_log_does_not_tell_is_given_back() -> None:
    gives_back(*after(withdrawing(Why.OFFER_RAN_OUT), looked(310, payment(Approval.AUTHORIZED))))


def test_a_hold_touched_by_somebody_while_we_took_the_offer_back_goes_to_a_person() -> None:
    touched = payment(Approval.AUTHORIZED, entry(Effect.CAPTURED, 100, "portal"), captured=100)
    session, commands = after(withdrawing(Why.DRIVER_CANCELLED), looked(32, touched))
    assert isinstance(session, Stuck)
    assert (session.fault, commands) == (Fault.PAYMENT_FOREIGN, ())


def late() -> Session:
    return after(withdrawing(Why.OFFER_RAN_OUT), approval(310))[0]


def test_late_and_continued_is_a_charge_like_any_other() -> None:
    session, commands = after(late(), Pressed(at(320), Act.CONTINUE, "glass"))
    assert (type(session), commands) == (Ready, (Watch(),))
    assert isinstance(after(session, watched(322, 1_000))[0], Waiting)


@pytest.mark.parametrize("act", [Act.RELEASE, Act.CANCEL])
def test_late_and_declined_gives_everything_back(act: Act) -> None:
    gives_back(*after(late(), Pressed(at(320), act, "glass")))


def test_late_and_nobody_there_gives_everything_back_after_a_minute() -> None:
    assert after(late(), Ticked(at(369)))[1] == ()
    session, commands = after(late(), Ticked(at(370)))
    assert isinstance(session, Settling)
    assert session.why is Why.NOT_CONTINUED
    gives_back(session, commands)
    gives_back(*after(late(), Restarted(at(400))))
    assert after(late(), Restarted(at(330)))[1] == ()


def test_a_wall_clock_that_jumps_neither_ends_an_offer_nor_keeps_a_question_open() -> None:
    for jumped_s in (-9_000, 9_000):
        assert isinstance(after(offered(), Looked(at(30, jumped_s=jumped_s), OPEN))[0], Offered)
        assert isinstance(after(late(), Ticked(at(330, jumped_s=jumped_s)))[0], Late)
        gives_back(*after(late(), Ticked(at(371, jumped_s=jumped_s))))
    gives_back(*after(late(), Restarted(at(20, boot="boot-2", jumped_s=-9_000))))


def test_a_withdrawal_in_doubt_is_looked_after_and_repeated_under_its_key() -> None:
    lost = answered(50, Step.WITHDRAW, IN_DOUBT, fault=Fault.VIPPS_AWAY)
    session, commands = after(withdrawing(Why.DRIVER_CANCELLED), lost)
    pause = idle(session, at(50))
    assert pause is not None
    assert (commands, pause.command, pause.after_s > 0) == ((), LOOK, True)
    assert after(session, looked(51, OPEN))[1] == (), "not before the wait is over"
    assert after(session, looked(120, OPEN))[1] == (WITHDRAW,)


def test_a_refused_withdrawal_of_an_open_offer_takes_a_new_key_after_the_look() -> None:
    refused = answered(31, Step.WITHDRAW, REFUSED, code="6250", fault=Fault.VIPPS_REFUSED)
    session, commands = after(withdrawing(Why.DRIVER_CANCELLED), refused)
    assert commands == (LOOK,)
    assert after(session, looked(60, OPEN))[1] == (Withdraw(REFERENCE, key(Step.WITHDRAW, 1)),)


def test_a_machine_that_restarts_every_ten_minutes_still_finds_the_late_approval() -> None:
    session: Session = withdrawing(Why.RESTARTED)
    for boot in range(20):
        session, _ = after(session, LookFailed(at(600 * boot + 60), AWAY))
    for boot in range(20, 40):
        session, _ = after(session, Restarted(at(600 * boot)))
        pause = idle(session, at(600 * boot + 500))
        assert pause is not None
        if pause.after_s == 0:
            return
    raise AssertionError("no look for more than three hours")


def test_a_hold_that_is_not_what_was_asked_for_starts_nothing() -> None:
    session, commands = after(offered(), approval(10, 20_000))
    assert isinstance(session, Stuck)
    assert (session.fault, commands) == (Fault.PAYMENT_MISMATCH, ())


@pytest.mark.parametrize("act", [Act.CANCEL, Act.STOP])
def test_ready_and_cancelled_gives_everything_back(act: Act) -> None:
    ready = after(offered(), approval(10))[0]
    gives_back(*after(ready, Pressed(at(11), act, "glass")))


def test_ready_without_a_meter_for_half_a_minute_gives_everything_back_and_says_why() -> None:
    ready = after(offered(), approval(10))[0]
    assert after(ready, watched(39, None))[1] == ()
    session, commands = after(ready, watched(40, None))
    assert isinstance(session, Settling)
    gives_back(session, commands)
    assert session.fault == Trouble(Fault.METER_SILENT, "Meter m-1 did not answer in 1.5 s.")


def test_approved_and_not_started_at_a_restart_is_asked_about_while_the_approval_is_fresh() -> None:
    ready = after(offered(), approval(10))[0]
    assert isinstance(after(ready, Restarted(at(310, boot="boot-2")))[0], Late)
    session, commands = after(ready, Restarted(at(311, boot="boot-2")))
    assert isinstance(session, Settling)
    assert session.why is Why.RESTARTED
    gives_back(session, commands)


def test_what_was_withdrawn_keeps_its_place_over_a_restart() -> None:
    before = withdrawing(Why.DRIVER_CANCELLED)
    assert isinstance(before, Withdrawing)
    session, commands = after(before, Restarted(at(60)))
    assert (session, commands) == (replace(before), ())


def test_a_strangers_hand_that_only_the_log_shows_yet_goes_to_a_person_before_energy_and_before_a_release() -> None:
    """Vipps' sums may come after its log: they still show the hold whole."""
    touched = payment(Approval.AUTHORIZED, entry(Effect.AUTHORIZED, 30_000), entry(Effect.CAPTURED, 100, "portal"))
    offer_out = after(None, opened(), answered(1, Step.CREATE, note="u"))[0]
    for state in (offer_out, withdrawing(Why.DRIVER_CANCELLED)):
        session, commands = after(state, looked(32, touched))
        assert (type(session), commands) == (Stuck, ())
