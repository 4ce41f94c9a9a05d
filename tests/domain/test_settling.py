"""From the fixed due to settled: asked before repeated, one key for one body, and doubt goes to a person."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk.domain.commands import Capture, Command, LinkSession, Look, Release, SendReceipt
from kiosk.domain.events import Act, Answered, Event, Looked, LookFailed, Pressed, Restarted, Ticked, Verdict
from kiosk.domain.fault import Fault
from kiosk.domain.pacing import UNKNOWNS
from kiosk.domain.payment import Approval, Effect, Payment
from kiosk.domain.receipt import Registers
from kiosk.domain.session import idle, step
from kiosk.domain.settling import GENERATIONS, HOURLY_S, LINK_TRIES
from kiosk.domain.states import Abandoned, Ready, Session, Settled, Settling, Step, Stuck, Why
from tests.domain import given
from tests.domain.given import AWAY, REFERENCE, after, answered, at, captured, entry, key, looked, nok, payment

IN_DOUBT, REFUSED = Verdict.IN_DOUBT, Verdict.REFUSED
CAPTURED, CANCELLED, REFUNDED = Effect.CAPTURED, Effect.CANCELLED, Effect.REFUNDED
CAPTURE, RELEASE = Capture(REFERENCE, nok(4_900), key(Step.CAPTURE)), Release(REFERENCE, key(Step.RELEASE))
LOOK = Look(REFERENCE)
LONG_AFTER_S = 20_000


def open_hold() -> Payment:
    return payment(Approval.AUTHORIZED, entry(Effect.AUTHORIZED, 30_000))


def paid(*log: tuple[Effect, int, str | None], captured: int, cancelled: int = 0, authorized: int = 30_000) -> Payment:
    entries = [entry(name, minor, of) for name, minor, of in log]
    return payment(Approval.AUTHORIZED, *entries, authorized=authorized, captured=captured, cancelled=cancelled)


LOST_CAPTURE = answered(7_230, Step.CAPTURE, IN_DOUBT, fault=Fault.VIPPS_AWAY)
OUR_CAPTURE, OUR_RELEASE = (CAPTURED, 4_900, key(Step.CAPTURE)), (CANCELLED, 25_100, key(Step.RELEASE))
# fmt: off
ACCOUNTS: list[tuple[str, Callable[[], Settling], Payment | None, type[Session] | tuple[Step, Command | None] | Fault]] = [
    # what Vipps says                          we stand at       its account                                                     then
    ("our key: the lost answer was a yes",     given.settling,   paid(OUR_CAPTURE, captured=4_900),                              (Step.RELEASE, RELEASE)),
    ("no key in the log, our amount",          given.settling,   paid((CAPTURED, 4_900, None), captured=4_900),                  (Step.RELEASE, RELEASE)),
    ("nothing happened: the same key again",   given.settling,   open_hold(),                                                    (Step.CAPTURE, CAPTURE)),
    ("a failed capture is no capture",         given.settling,   payment(Approval.AUTHORIZED, entry(CAPTURED, 4_900, "x", success=False)), (Step.CAPTURE, CAPTURE)),
    ("no key in the log, another amount",      given.settling,   paid((CAPTURED, 4_800, None), captured=4_800),                  Fault.PAYMENT_FOREIGN),
    ("our key, another amount",                given.settling,   paid((CAPTURED, 4_800, key(Step.CAPTURE)), captured=4_800),     Fault.PAYMENT_MISMATCH),
    ("somebody captured in the portal",        given.settling,   paid((CAPTURED, 4_900, "portal"), captured=4_900),              Fault.PAYMENT_FOREIGN),
    ("ours, and somebody's on top",            given.settling,   paid(OUR_CAPTURE, (CAPTURED, 100, "portal"), captured=5_000),   Fault.PAYMENT_FOREIGN),
    ("somebody released in the portal",        given.settling,   paid((CANCELLED, 30_000, "portal"), captured=0, cancelled=30_000), Fault.PAYMENT_FOREIGN),
    ("a release without a key before ours",    given.settling,   paid((CANCELLED, 25_100, None), captured=0, cancelled=25_100),  Fault.PAYMENT_FOREIGN),
    ("somebody refunded",                      given.releasing,  paid(OUR_CAPTURE, (REFUNDED, 4_900, "portal"), captured=4_900), Fault.PAYMENT_FOREIGN),
    ("a key of a generation never sent",       given.settling,   paid((CAPTURED, 4_900, key(Step.CAPTURE, 1)), captured=4_900),  Fault.PAYMENT_FOREIGN),
    ("our capture's key under a release",      given.releasing,  paid(OUR_CAPTURE, (CANCELLED, 25_100, key(Step.CAPTURE)), captured=4_900, cancelled=25_100), Fault.PAYMENT_FOREIGN),
    ("captured is not the due",                given.settling,   paid(captured=4_800),                                           Fault.PAYMENT_MISMATCH),
    ("the hold is another",                    given.settling,   paid(captured=0, authorized=20_000),                            Fault.PAYMENT_MISMATCH),
    ("the capture is gone at the release",     given.releasing,  open_hold(),                                                    Fault.PAYMENT_MISMATCH),
    ("Vipps once does not know the payment",   given.settling,   None,                                                           (Step.CAPTURE, None)),
    ("the hold died under a due",              given.settling,   payment(Approval.EXPIRED, authorized=0),                        Fault.PAYMENT_MISMATCH),
    ("a word that we have not met",            given.settling,   payment(Approval.UNKNOWN),                                      (Step.CAPTURE, None)),
    ("our release, found",                     given.releasing,  paid(OUR_CAPTURE, OUR_RELEASE, captured=4_900, cancelled=25_100), (Step.RECEIPT, None)),
    ("our release, logged with the whole",     given.releasing,  paid(OUR_CAPTURE, (CANCELLED, 30_000, key(Step.RELEASE)), captured=4_900, cancelled=25_100), (Step.RECEIPT, None)),
    ("the same without a key",                 given.releasing,  paid(OUR_CAPTURE, (CANCELLED, 30_000, None), captured=4_900, cancelled=25_100), (Step.RECEIPT, None)),
    ("a release without a key, our amount",    given.releasing,  paid(OUR_CAPTURE, (CANCELLED, 25_100, None), captured=4_900, cancelled=25_100), (Step.RECEIPT, None)),
    ("not released yet: the same key again",   given.releasing,  captured(),                                                     (Step.RELEASE, RELEASE)),
    ("half released: the same key again",      given.releasing,  paid(OUR_CAPTURE, captured=4_900, cancelled=100),               (Step.RELEASE, RELEASE)),
]
# fmt: on


@pytest.mark.parametrize(("stand", "account", "then"), [row[1:] for row in ACCOUNTS], ids=[row[0] for row in ACCOUNTS])
def test_what_the_log_proves_decides(
    stand: Callable[[], Settling], account: Payment | None, then: tuple[Step, Command | None] | Fault
) -> None:
    """After an answer that was lost and a wait that is over."""
    before = stand()
    in_doubt = Answered(at(7_230), before.step, IN_DOUBT, trouble=AWAY)
    session, commands = after(before, in_doubt, looked(LONG_AFTER_S, account))
    if isinstance(then, Fault):
        assert isinstance(session, Stuck)
        assert (session.fault, commands) == (then, ())
        return
    assert isinstance(session, Settling)
    assert session.step is then[0]
    if then[0] is Step.RECEIPT:
        assert isinstance(commands[0], SendReceipt)
    else:
        assert commands == ((then[1],) if then[1] else ())


def test_an_answer_that_was_lost_is_asked_about_before_it_is_sent_again() -> None:
    session, commands = after(given.settling(), LOST_CAPTURE)
    assert commands == ()
    pause = idle(session, at(7_230))
    assert pause is not None
    assert (pause.command, pause.after_s > 0) == (LOOK, True)


def test_a_yes_is_verified_before_the_rest_is_released() -> None:
    session, commands = after(given.settling(), answered(7_204, Step.CAPTURE))
    assert commands == (LOOK,)
    assert isinstance(session, Settling)
    assert session.step is Step.CAPTURE, "an answer moves nothing; the account does"


def test_a_yes_that_the_account_does_not_show_yet_waits_and_repeats_the_key() -> None:
    session, commands = after(given.settling(), answered(7_204, Step.CAPTURE), looked(7_205, open_hold()))
    assert commands == ()
    assert after(session, looked(LONG_AFTER_S, open_hold()))[1] == (CAPTURE,)


def test_a_look_before_the_wait_is_over_sends_nothing() -> None:
    lost = after(given.settling(), LOST_CAPTURE)[0]
    assert after(lost, looked(7_231, open_hold()))[1] == ()


def test_a_no_that_sticks_takes_a_new_key_only_after_the_log_proves_no_effect() -> None:
    refused = answered(7_204, Step.CAPTURE, REFUSED, code="6080", fault=Fault.CAPTURE_REFUSED)
    session, commands = after(given.settling(), refused)
    assert isinstance(session, Settling)
    assert (session.generation, commands) == (0, (LOOK,))
    session, commands = after(session, looked(7_205, open_hold()))
    assert isinstance(session, Settling)
    assert (session.generation, commands) == (1, ())
    session, commands = after(session, looked(LONG_AFTER_S, open_hold()))
    assert commands == (Capture(REFERENCE, nok(4_900), key(Step.CAPTURE, 1)),)


OPEN_SENDS: dict[str, Event] = {
    "no answer": LOST_CAPTURE,
    "a yes that is not seen yet": answered(7_204, Step.CAPTURE),
    "cut off": Restarted(at(7_204)),
    "a damaged journal": Restarted(at(7_204), salvaged=True),
}


@pytest.mark.parametrize("how", OPEN_SENDS)
def test_behind_a_send_that_may_still_land_a_no_brings_no_new_key(how: str) -> None:
    """Found by reviews: the first send unseen, then a 4xx, then a new key, and then the first one landed: captured twice."""
    refused = answered(7_300, Step.CAPTURE, REFUSED, code="6080", fault=Fault.CAPTURE_REFUSED)
    session = after(given.settling(), OPEN_SENDS[how])[0]
    sent: list[Command] = []
    for seconds in (7_260, 7_290):
        session, commands = after(session, looked(seconds, open_hold()))
        sent += commands
    assert sent == [CAPTURE], "the same key, the same bytes"
    session, _ = after(session, refused)
    for seconds in (7_301, 7_500, 8_000):
        session, commands = after(session, looked(seconds, open_hold()))
        assert isinstance(session, Settling)
        assert (session.generation, commands) == (0, ())
    assert after(session, looked(8_050, captured()))[1] == (RELEASE,), "it has landed"
    session, _ = after(session, looked(9_000, open_hold()))
    assert isinstance(session, Settling)
    assert session.generation == 1, "what has not landed by now never does"


def test_a_clock_that_is_set_cannot_end_the_wait_for_a_send_that_may_still_land() -> None:
    refused = answered(7_300, Step.CAPTURE, REFUSED, code="6080", fault=Fault.CAPTURE_REFUSED)
    session = after(given.settling(), LOST_CAPTURE)[0]
    back = Restarted(at(7_290, boot="boot-2", jumped_s=86_400))
    no = Answered(at(7_300, boot="boot-2", jumped_s=86_400), Step.CAPTURE, REFUSED, "6080", trouble=refused.trouble)
    looks = Looked(at(7_301, boot="boot-2", jumped_s=86_400), open_hold())
    session, _ = after(session, back, no, looks)
    assert isinstance(session, Settling)
    assert session.generation == 0


def test_a_no_to_our_keys_sticks_to_no_key_of_a_payment() -> None:
    refused = answered(7_204, Step.CAPTURE, REFUSED, code="http-401", fault=Fault.VIPPS_KEYS)
    session, _ = after(given.settling(), refused, looked(7_205, open_hold()))
    assert after(session, looked(LONG_AFTER_S, open_hold()))[1] == (CAPTURE,)


def test_a_no_whose_effect_is_in_the_log_is_a_yes() -> None:
    refused = answered(7_204, Step.CAPTURE, REFUSED, code="4010", fault=Fault.CAPTURE_REFUSED)
    session, commands = after(given.settling(), refused, looked(7_205, captured()))
    assert (type(session), commands) == (Settling, (RELEASE,))


def test_an_effect_under_an_earlier_key_of_ours_is_ours() -> None:
    session: Session = replace(given.settling(), generation=3)
    assert after(session, looked(LONG_AFTER_S, captured()))[1] == (RELEASE,)


@pytest.mark.parametrize("stand", [given.settling, given.releasing])
def test_no_timeout_and_no_restart_ever_changes_the_key(stand: Callable[[], Settling]) -> None:
    session: Session = stand()
    assert isinstance(session, Settling)
    account = open_hold() if session.step is Step.CAPTURE else captured()
    keys, seconds = set(), 8_000
    for lost in range(20):
        seconds += 2_000
        session, commands = step(session, looked(seconds, account))
        keys |= {command.key for command in commands if isinstance(command, Capture | Release)}
        assert isinstance(session, Settling)
        event = (
            Answered(at(seconds + 1), session.step, IN_DOUBT, trouble=AWAY) if lost % 2 else Restarted(at(seconds + 1))
        )
        session, _ = step(session, event)
    assert keys == {key(stand().step)}


@pytest.mark.parametrize("fault", [Fault.PART_CAPTURE_REFUSED, Fault.DEADLINE_PASSED, Fault.PAYMENT_MISMATCH])
def test_what_only_a_person_can_decide_waits_for_one(fault: Fault) -> None:
    refused = answered(7_204, Step.CAPTURE, REFUSED, code="6140", fault=fault)
    session, commands = after(given.settling(), refused, looked(7_205, open_hold()))
    assert isinstance(session, Stuck)
    assert (session.fault, commands, idle(session, at(9_000))) == (fault, (), None)


def test_only_several_answers_in_a_row_make_a_payment_unknown() -> None:
    """One "no such payment" may be a gateway's."""
    session: Session = given.settling()
    for number in range(1, UNKNOWNS):
        session, _ = after(session, looked(8_000 + 2_000 * number, None))
        assert isinstance(session, Settling)
    again, _ = after(session, looked(30_000, open_hold()), looked(32_000, None))
    assert isinstance(again, Settling), "an answer in between begins the count afresh"
    session, _ = after(session, looked(40_000, None))
    assert isinstance(session, Stuck)
    assert session.fault is Fault.PAYMENT_UNKNOWN


def test_a_no_that_stays_is_asked_about_once_an_hour_and_never_given_up() -> None:
    session: Session = given.settling()
    keys, seconds = [], 8_000
    for _ in range(2 * GENERATIONS + 2):
        seconds += 4_000
        refused = answered(seconds, Step.CAPTURE, REFUSED, code="6080", fault=Fault.CAPTURE_REFUSED)
        session, _ = after(session, refused, looked(seconds + 1, open_hold()))
        pause = idle(session, at(seconds + 1))
        session, commands = after(session, looked(seconds + 3_700, open_hold()))
        keys += [command.key for command in commands if isinstance(command, Capture)]
    assert isinstance(session, Settling)
    assert keys == [key(Step.CAPTURE, generation) for generation in range(1, 2 * GENERATIONS + 3)]
    assert pause is not None
    assert pause.after_s == HOURLY_S


def test_funds_that_are_gone_are_for_a_person_at_once() -> None:
    refused = answered(8_000, Step.CAPTURE, REFUSED, code="6260", fault=Fault.CAPTURE_REFUSED)
    session, _ = after(given.settling(), refused, looked(8_001, open_hold()))
    assert isinstance(session, Stuck)
    assert session.fault is Fault.CAPTURE_REFUSED


def test_a_receipt_that_is_refused_for_the_keys_is_sent_again() -> None:
    """The money is settled: a gateway's 401 must not leave the session to a person."""
    refused = answered(8_000, Step.RECEIPT, REFUSED, code="http-401", fault=Fault.VIPPS_KEYS)
    session, commands = after(given.receipting(), refused)
    assert isinstance(session, Settling)
    assert (session.step, commands) == (Step.RECEIPT, ())


def test_an_effect_that_the_sums_do_not_show_yet_is_never_sent_again() -> None:
    """The log has our capture, the aggregate lags behind it, and the answer had been a no."""
    refused = answered(8_000, Step.CAPTURE, REFUSED, code="6080", fault=Fault.CAPTURE_REFUSED)
    lagging = paid(OUR_CAPTURE, captured=0)
    session, commands = after(given.settling(), refused, looked(8_001, lagging), looked(9_000, lagging))
    assert isinstance(session, Settling)
    assert (session.step, session.generation, commands) == (Step.CAPTURE, 0, ())


def test_the_receipt_says_whose_register_was_billed_from_where_to_where() -> None:
    _, commands = after(given.releasing(), answered(7_206, Step.RELEASE), looked(7_207, given.released()))
    assert isinstance(commands[0], SendReceipt)
    assert commands[0].receipt.registers == Registers("m-1", 1_000, 11_000, 1)


def test_a_hold_that_is_captured_in_full_has_nothing_to_release() -> None:
    full = given.settling(hold=4_900)
    assert full.due.due == nok(4_900)
    account = payment(Approval.AUTHORIZED, entry(CAPTURED, 4_900, key(Step.CAPTURE)), authorized=4_900, captured=4_900)
    session, commands = after(full, answered(7_240, Step.CAPTURE), looked(7_241, account))
    assert isinstance(session, Settling)
    assert (session.step, session.released_at) == (Step.RECEIPT, None)
    assert isinstance(commands[0], SendReceipt)


def test_nothing_due_is_not_captured_but_released_in_full_and_has_no_receipt() -> None:
    session, commands = after(given.ready(), Pressed(at(12), Act.CANCEL, "glass"))
    assert isinstance(session, Settling)
    assert (session.due.due, session.step, commands) == (nok(0), Step.RELEASE, (LOOK,))
    session, commands = after(session, looked(12, open_hold()))
    assert commands == (RELEASE,)
    account = paid((CANCELLED, 30_000, key(Step.RELEASE)), captured=0, cancelled=30_000)
    session, commands = after(session, answered(13, Step.RELEASE), looked(14, account))
    assert isinstance(session, Settled)
    assert (session.account, commands, session.settling.why) == (account.account, (), Why.DRIVER_CANCELLED)


def test_nothing_due_and_the_offer_dead_is_the_end() -> None:
    releasing = after(given.ready(), Pressed(at(12), Act.CANCEL, "glass"))[0]
    assert isinstance(after(releasing, looked(13, payment(Approval.EXPIRED, authorized=0)))[0], Abandoned)


def test_a_capture_where_nothing_was_due_is_somebody_elses() -> None:
    releasing = after(given.ready(), Pressed(at(12), Act.CANCEL, "glass"))[0]
    session, _ = after(releasing, looked(40, paid((CAPTURED, 100, None), captured=100)))
    assert isinstance(session, Stuck)
    assert session.fault is Fault.PAYMENT_FOREIGN


def test_a_hold_that_somebody_touched_before_the_charge_is_not_touched_by_us() -> None:
    offered = after(None, given.opened(), answered(1, Step.CREATE, note="u"))[0]
    session, commands = after(offered, looked(10, paid((CAPTURED, 100, "portal"), captured=100)))
    assert not isinstance(session, Ready)
    assert commands == ()
    assert isinstance(session, Stuck)
    assert session.fault is Fault.PAYMENT_FOREIGN


def test_settled_is_captured_due_and_the_rest_released_as_vipps_reports_it() -> None:
    session, commands = after(given.linking(), answered(7_209, Step.LINK, note="link-1"))
    assert isinstance(session, Settled)
    account = session.account
    assert account.captured == session.settling.due.due == nok(4_900)
    assert account.captured + account.cancelled == account.authorized == nok(30_000)
    assert (session.link, session.settling.receipt, commands) == ("link-1", "receipt-1", ())
    assert (session.settling.captured_at, session.settling.released_at) == (at(7_205), at(7_207))


def test_settled_without_a_verified_account_is_a_bug_and_says_so() -> None:
    unverified = replace(given.linking(), checked=captured().account)
    with pytest.raises(AssertionError, match="is not settled"):
        step(unverified, answered(7_209, Step.LINK))


def test_the_receipt_is_sent_after_the_release_is_verified_and_says_what_was_captured() -> None:
    _, commands = after(given.releasing(), answered(7_206, Step.RELEASE), looked(7_207, given.released()))
    (command,) = commands
    assert isinstance(command, SendReceipt)
    assert (command.receipt.total, command.receipt.reference) == (nok(4_900), REFERENCE)


def test_the_receipt_has_every_line_of_the_due() -> None:
    tariff = replace(given.PRICE, minute_e4=5_000, session_e4=10_000)
    stand = given.settling(tariff=tariff)
    due = stand.due.due
    assert len(stand.due.lines) == 3
    log = [entry(CAPTURED, due.minor, key(Step.CAPTURE)), entry(CANCELLED, 30_000 - due.minor, key(Step.RELEASE))]
    account = payment(Approval.AUTHORIZED, *log, captured=due.minor, cancelled=30_000 - due.minor)
    (command,) = after(replace(stand, step=Step.RELEASE), looked(LONG_AFTER_S, account))[1]
    assert isinstance(command, SendReceipt)
    assert (command.receipt.lines, command.receipt.total) == (stand.due.lines, due)


def test_a_receipt_in_doubt_is_sent_again_and_is_the_same() -> None:
    first = after(given.releasing(), answered(7_206, Step.RELEASE), looked(7_207, given.released()))[1]
    lost = answered(7_230, Step.RECEIPT, IN_DOUBT, fault=Fault.VIPPS_AWAY)
    session, commands = after(given.receipting(), lost)
    assert commands == ()
    pause = idle(session, at(7_230))
    assert pause is not None
    assert (pause.after_s > 0, pause.command) == (True, None)
    assert after(session, Ticked(at(7_300)))[1] == first


def test_a_refused_receipt_waits_for_a_person_with_the_money_already_right() -> None:
    refused = answered(7_208, Step.RECEIPT, REFUSED, code="400", fault=Fault.RECEIPT_REFUSED)
    session, commands = after(given.receipting(), refused)
    assert isinstance(session, Stuck)
    assert (session.fault, commands) == (Fault.RECEIPT_REFUSED, ())
    assert isinstance(session.was, Settling)
    assert session.was.checked == given.released().account


def test_the_link_is_a_courtesy_refused_or_lost_it_holds_nothing_up() -> None:
    refused = after(given.linking(), answered(7_209, Step.LINK, REFUSED, code="404"))[0]
    assert isinstance(refused, Settled)
    assert refused.link == "refused: 404"
    session: Session = given.linking()
    seconds = 8_000
    while not isinstance(session, Settled):
        session, _ = after(session, answered(seconds, Step.LINK, IN_DOUBT), Ticked(at(seconds + 2_000)))
        seconds += 2_000
        assert seconds < 8_000 + 2_000 * (LINK_TRIES + 2)
    assert session.link == "not linked: Vipps did not answer"


def test_without_a_public_page_there_is_nothing_to_link() -> None:
    receipting = given.receipting()
    private = replace(receipting, offer=replace(receipting.offer, session_url=None))
    session, commands = after(private, answered(7_208, Step.RECEIPT, note="r"))
    assert isinstance(session, Settled)
    assert (session.link, commands) == ("not linked: the site has no public address", ())


def test_the_link_goes_to_the_sessions_own_page() -> None:
    commands = after(given.receipting(), answered(7_208, Step.RECEIPT, note="r"))[1]
    assert commands == (LinkSession(REFERENCE, "https://lade.example/c/1"),)


@pytest.mark.parametrize("stand", [given.settling, given.releasing, given.receipting, given.linking])
def test_a_restart_sends_nothing_by_itself_and_comes_back_to_the_same_step(stand: Callable[[], Settling]) -> None:
    before = stand()
    session, commands = after(before, Restarted(at(7_500)))
    assert isinstance(session, Settling)
    assert (session.step, session.generation, session.due, commands) == (before.step, before.generation, before.due, ())


@pytest.mark.parametrize("stand", [given.settling, given.releasing, given.receipting, given.linking])
def test_an_answer_to_another_step_moves_nothing(stand: Callable[[], Settling]) -> None:
    before = stand()
    for other in set(Step) - {before.step}:
        for verdict in Verdict:
            assert step(before, answered(7_300, other, verdict)) == (before, ())


@pytest.mark.parametrize("stand", [given.settling, given.releasing, given.receipting, given.linking])
def test_the_due_never_changes_once_it_is_fixed(stand: Callable[[], Settling]) -> None:
    before = stand()
    events = [Pressed(at(7_300), act, "glass") for act in Act]
    more = given.watched(7_300, 20_000)
    session, commands = after(before, *events, more, given.opened(), Restarted(at(7_400)))
    assert isinstance(session, Settling)
    assert (session.due, session.usage, commands) == (before.due, before.usage, ())


def test_a_crash_loop_tries_no_faster_than_a_calm_machine() -> None:
    session: Session = given.settling()
    sends, seconds = [7_203.0], 7_203.0
    while seconds < 7_203 + 3_600:
        seconds += 1
        session, _ = step(session, Restarted(at(seconds)))
        pause = idle(session, at(seconds))
        assert pause is not None
        if pause.after_s == 0:
            session, commands = step(session, looked(seconds, open_hold()))
            sends += [seconds for command in commands if isinstance(command, Capture)]
    assert max(sum(start <= sent < start + 60 for sent in sends) for start in sends) <= 5, "Vipps takes five a minute"


@pytest.mark.parametrize("stand", [given.settling, given.releasing])
def test_a_machine_that_restarts_every_ten_minutes_still_comes_to_its_look(stand: Callable[[], Settling]) -> None:
    session: Session = stand()
    account = open_hold() if stand().step is Step.CAPTURE else captured()
    sent, seconds = 0, 8_000.0
    for _ in range(100):
        session, _ = step(session, Restarted(at(seconds)))
        pause = idle(session, at(seconds + 300))
        assert pause is not None
        if pause.after_s < 300:
            session, commands = step(session, looked(seconds + 300 + pause.after_s, account))
            sent += len(commands)
        seconds += 600
    assert sent >= 20, "the wait must run on while the machine is away"


def test_what_vipps_asks_for_is_kept_and_no_wait_is_over_a_quarter_more_than_fifteen_minutes() -> None:
    session: Session = given.settling()
    waits = []
    for seconds in range(8_000, 60_000, 2_000):
        session, _ = step(session, LookFailed(at(seconds), AWAY))
        pause = idle(session, at(seconds))
        assert pause is not None
        waits.append(pause.after_s)
    assert waits[0] < 30 < 900 <= max(waits) <= 1_125
    session, _ = step(session, LookFailed(at(61_000), AWAY, retry_after_s=3_500))
    pause = idle(session, at(61_000))
    assert pause is not None
    assert pause.after_s == 3_500
    session, _ = step(session, LookFailed(at(65_000), AWAY, retry_after_s=86_400))
    pause = idle(session, at(65_000))
    assert pause is not None
    assert pause.after_s == 3_600, "a day would be a forgotten session"
