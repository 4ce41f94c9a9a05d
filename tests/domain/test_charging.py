"""What is believed, when it stops, and what a restart proves. Given what happened, when this comes, then that."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from kiosk.domain.charging import (
    BLIND_S,
    DONE_S,
    DROPPED_S,
    MAX_SESSION_S,
    SILENCE_S,
    START_TIMEOUT_S,
    SUSPECTS,
)
from kiosk.domain.commands import Capture, Look, Switch, Watch
from kiosk.domain.energy import Pilot
from kiosk.domain.events import Act, Event, Pressed, Restarted, Switched, Verdict, Watched
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Currency
from kiosk.domain.payment import Approval, Effect
from kiosk.domain.session import idle, noteworthy, step
from kiosk.domain.states import Charging, Phase, Returning, Session, Settling, Step, Stopping, Stuck, Waiting, Why
from kiosk.domain.stopping import OPEN_TIMEOUT_S
from kiosk.domain.tariff import IdleFee, Tariff, Usage
from tests.domain import given
from tests.domain.given import PRICE, RATED_W, after, at, nok, plug, reading, watched

OPEN, CLOSE = Switch(closed=False), Switch(closed=True)
PER_MINUTE = Tariff(Currency.NOK, 49_000, minute_e4=6_000)
WITH_IDLE = replace(PER_MINUTE, idle=IdleFee(10_000, grace_s=600, cap_minor=2_000))


def stops(session: Session, why: Why, fault: Fault | None = None) -> None:
    assert isinstance(session, Stopping), f"goes on as {type(session).__name__}"
    assert (session.why, session.fault.fault if session.fault else None) == (why, fault)


def run(session: Session, *events: Event) -> Charging:
    session, _ = after(session, *events)
    assert isinstance(session, Charging), f"stopped as {session}"
    return session


def test_the_begin_register_is_read_before_the_contactor_closes() -> None:
    session, commands = after(given.ready(), watched(12, 1_000, Pilot.B, enabled=False))
    assert isinstance(session, Waiting)
    assert (session.begin.import_wh, commands) == (1_000, (CLOSE,))


def test_nothing_closes_while_the_controller_or_the_meter_is_silent() -> None:
    for event in (watched(12, None), watched(12, 1_000, blind=True)):
        assert after(given.ready(), event)[1] == ()


def test_time_before_the_first_energy_is_free() -> None:
    session = run(given.waiting(tariff=PER_MINUTE), watched(600, 1_000, Pilot.B, power_w=0), watched(610, 1_001))
    assert session.usage == Usage(energy_wh=1)
    session = run(session, watched(640, 1_030))
    assert session.usage == Usage(energy_wh=30, charging_ms=30_000)


def test_no_energy_in_a_quarter_of_an_hour_gives_everything_back() -> None:
    waiting = given.waiting()
    assert after(waiting, watched(11 + START_TIMEOUT_S, 1_000, Pilot.B, power_w=0))[1] == ()
    session, commands = after(waiting, watched(12 + START_TIMEOUT_S, 1_000, Pilot.B, power_w=0))
    stops(session, Why.NEVER_STARTED)
    assert commands == (OPEN,)
    session, commands = after(session, watched(930, 1_000, Pilot.B, enabled=False, power_w=0))
    assert isinstance(session, Settling)
    assert (session.due.due, session.step, [type(command) for command in commands]) == (nok(0), Step.RELEASE, [Look])


def test_a_controller_that_refuses_to_close_ends_it() -> None:
    refused = Trouble(Fault.CHARGER_REFUSED, "Controller c-1 refused register 261.")
    session, commands = after(given.waiting(), Switched(at(14), True, Verdict.REFUSED, refused))
    stops(session, Why.FAULT, Fault.CHARGER_REFUSED)
    assert commands == (OPEN,)


def test_a_close_in_doubt_is_looked_at_before_it_is_repeated() -> None:
    waiting = after(given.ready(), watched(12, 1_000, enabled=False))[0]
    session, commands = after(waiting, Switched(at(13), True, Verdict.IN_DOUBT, given.NO_CHARGER))
    assert commands == (), "a controller that fails at once must not be asked without a pause"
    assert after(session, watched(15, 1_000, Pilot.B, enabled=True, power_w=0))[1] == ()
    assert after(session, watched(15, 1_000, Pilot.B, enabled=False, power_w=0))[1] == (CLOSE,)
    assert after(session, watched(60, 1_000, Pilot.B, enabled=False, power_w=0))[1] == (), "not for ever"


@pytest.mark.parametrize("act", [Act.CANCEL, Act.STOP])
def test_a_driver_who_cancels_while_waiting_pays_nothing(act: Act) -> None:
    session, commands = after(given.waiting(), Pressed(at(20), act, "glass"))
    stops(session, Why.DRIVER_CANCELLED)
    assert commands == (OPEN,)


@pytest.mark.parametrize("act", [Act.CANCEL, Act.STOP])
def test_a_driver_who_stops_pays_for_what_flowed_until_the_contactor_opened(act: Act) -> None:
    running = run(given.charging(), watched(3_600, 4_000))
    session, commands = after(running, Pressed(at(3_601), act, "glass"))
    stops(session, Why.STOPPED)
    assert commands == (OPEN,)
    session, commands = after(session, watched(3_603, 4_002, Pilot.B, enabled=False, power_w=0))
    assert isinstance(session, Settling)
    assert session.end is not None
    assert (session.end.import_wh, session.usage.energy_wh) == (4_002, 3_002)
    assert commands == (Look(given.REFERENCE),), "somebody may have captured in the portal meanwhile"
    _, commands = after(session, given.approval(3_604))
    assert commands == (Capture(given.REFERENCE, nok(1_471), given.key(Step.CAPTURE)),)


def test_a_capture_by_somebody_else_during_the_charge_is_never_captured_upon() -> None:
    stopped = after(given.charging(), watched(3_600, 4_000), Pressed(at(3_601), Act.STOP, "glass"))[0]
    settling = after(stopped, watched(3_603, 4_002, Pilot.B, enabled=False, power_w=0))[0]
    touched = given.payment(
        Approval.AUTHORIZED, given.entry(Effect.CAPTURED, 500, None), authorized=30_000, captured=500
    )
    session, commands = after(settling, given.looked(3_604, touched))
    assert isinstance(session, Stuck)
    assert (session.fault, commands) == (Fault.PAYMENT_FOREIGN, ())


def test_an_unplugged_cable_ends_it() -> None:
    session, commands = after(given.charging(), watched(22, 1_012, Pilot.A))
    stops(session, Why.UNPLUGGED)
    assert commands == (OPEN,)


@pytest.mark.parametrize("pilot", [Pilot.E, Pilot.F])
@pytest.mark.parametrize("stand", [given.waiting, given.charging])
def test_a_pilot_in_fault_ends_it(stand: object, pilot: Pilot) -> None:
    assert callable(stand)
    wh = 1_000 if stand is given.waiting else 1_012
    stops(after(stand(), watched(22, wh, pilot))[0], Why.FAULT, Fault.CHARGER_FAULT)


def test_other_presses_change_nothing() -> None:
    for act in (Act.CONTINUE, Act.RELEASE):
        assert after(given.charging(), Pressed(at(21), act, "glass")) == (given.charging(), ())


# --- the hold is never outrun -------------------------------------------------------------------------------------


@pytest.mark.parametrize("poll_s", [1, 2, 5])
@pytest.mark.parametrize("latency_s", [0, 3, 8])
@pytest.mark.parametrize("tariff", [PRICE, PER_MINUTE, Tariff(Currency.NOK, 150_000)])
@pytest.mark.parametrize("hold", [500, 1_000, 5_001])
def test_the_hold_is_never_outrun_at_rated_power(hold: int, tariff: Tariff, latency_s: int, poll_s: int) -> None:
    """Rated power flows between all polls and until the contactor is open."""

    def register(seconds: float) -> int:
        return 1_010 + int(RATED_W * (seconds - 20) / 3_600)

    session: Session = given.charging(hold, tariff)
    seconds = 20.0
    while not isinstance(session, Stopping):
        seconds += poll_s
        session, _ = step(session, watched(seconds, register(seconds), power_w=RATED_W, gap_s=poll_s))
        assert seconds < 40_000
    assert session.why is Why.HOLD_USED
    end = seconds + latency_s
    session, _ = step(session, watched(end, register(end), Pilot.B, enabled=False, power_w=0))
    assert isinstance(session, Settling)
    assert not session.due.overrun, "the operator lost money to slow polls"
    assert session.due.due <= nok(hold)
    ahead = Usage(energy_wh=RATED_W * 40 // 3_600, charging_ms=40_000)
    assert (nok(hold) - session.due.due) <= tariff.proven(ahead) + nok(2), "stopped long before the hold was used"


def test_a_silent_meter_is_taken_as_rated_power_and_cannot_outrun_the_hold() -> None:
    session = run(given.charging(hold=500), watched(460, 1_970))
    used: list[Session] = [session]
    for seconds in range(462, 490, 2):
        used.append(after(used[-1], watched(seconds, None))[0])
    stops(used[-1], Why.HOLD_USED)


def test_what_the_hold_cannot_pay_is_the_operators() -> None:
    stopping = given.stopping(hold=4_000)
    assert isinstance(stopping, Stopping)
    session, commands = after(stopping, watched(7_205, 11_003, Pilot.B, enabled=False, power_w=0))
    assert isinstance(session, Settling)
    assert (session.due.due, session.due.overrun) == (nok(4_000), nok(901))
    whole = given.payment(Approval.AUTHORIZED, authorized=4_000)
    _, commands = after(session, given.looked(7_206, whole))
    assert isinstance(commands[0], Capture)
    assert commands[0].amount == nok(4_000)


# --- car done, withheld, idle -------------------------------------------------------------------------------------


def phases(*seen: tuple[Pilot | None, bool | None, int | None]) -> list[Phase]:
    session: Session = given.charging(tariff=WITH_IDLE)
    found = []
    for index, (pilot, enabled, offered_ma) in enumerate(seen):
        session = run(session, watched(22 + 2 * index, 1_012 + index, pilot, enabled=enabled, offered_ma=offered_ma))
        found.append(session.phase)
    return found


def test_only_the_car_itself_can_be_done() -> None:
    assert phases(
        (Pilot.C, True, 16_000),
        (Pilot.D, True, 16_000),
        (Pilot.B, True, 16_000),
        (Pilot.B, True, 5_900),
        (Pilot.C, True, 0),
        (Pilot.B, False, 16_000),
        (Pilot.B, True, 6_000),
        (Pilot.B, True, None),
        (None, None, None),
        (Pilot.C, True, 6_000),
    ) == [
        Phase.CHARGING,
        Phase.CHARGING,
        Phase.DONE,
        Phase.WITHHELD,
        Phase.WITHHELD,
        Phase.WITHHELD,
        Phase.DONE,
        Phase.DONE,
        Phase.CHARGING,
        Phase.CHARGING,
    ]


def test_each_minute_counts_for_the_phase_that_was_running_and_withheld_minutes_cost_nothing() -> None:
    session = run(
        given.charging(tariff=WITH_IDLE),
        watched(80, 1_070),
        watched(82, 1_072, Pilot.B, power_w=0),
        watched(142, 1_072, Pilot.B, power_w=0),
        watched(144, 1_072, Pilot.B, power_w=0, offered_ma=0),
        watched(1_000, 1_072, Pilot.B, power_w=0, offered_ma=0),
        watched(1_002, 1_072, Pilot.C, power_w=0),
        watched(1_010, 1_080),
    )
    assert session.usage == Usage(80, charging_ms=70_000, car_done_ms=62_000, withheld_ms=858_000)
    withheld = replace(session.usage, withheld_ms=0)
    assert WITH_IDLE.lines(session.usage) == WITH_IDLE.lines(withheld)


def test_a_finished_car_without_an_idle_fee_frees_the_post_after_a_quarter_of_an_hour() -> None:
    done = run(given.charging(), watched(30, 1_020, Pilot.B, power_w=0))
    last = watched(30 + DONE_S - 1, 1_020, Pilot.B, power_w=0)
    assert after(done, last)[1] == ()
    stops(after(done, watched(30 + DONE_S, 1_020, Pilot.B, power_w=0))[0], Why.CAR_DONE)


def test_a_car_that_wakes_up_again_was_not_done() -> None:
    done = run(given.charging(), watched(30, 1_020, Pilot.B, power_w=0), watched(900, 1_020, Pilot.B, power_w=0))
    woken = run(done, watched(902, 1_020, Pilot.C, power_w=0), watched(904, 1_022), watched(906, 1_022, Pilot.B))
    assert after(woken, watched(940, 1_022, Pilot.B, power_w=0))[1] == ()


def test_with_an_idle_fee_the_driver_may_stay_until_its_cap_and_pays_no_more() -> None:
    session: Session = run(given.charging(tariff=WITH_IDLE), watched(30, 1_020, Pilot.B, power_w=0))
    spent_s = 600 + 20 * 60  # grace, then 20 minutes at 1.00 to the cap of 20.00
    session = run(session, watched(30 + spent_s - 1, 1_020, Pilot.B, power_w=0))
    session, _ = after(session, watched(30 + spent_s, 1_020, Pilot.B, power_w=0))
    stops(session, Why.CAR_DONE)
    session, _ = after(session, watched(2_000, 1_020, Pilot.B, enabled=False, power_w=0))
    assert isinstance(session, Settling)
    assert [(str(line.kind), line.gross.minor) for line in session.due.lines] == [
        ("energy", 10),
        ("minutes", 10),
        ("idle", 2_000),
    ]


def test_without_a_pilot_a_car_is_done_after_a_quarter_of_an_hour_of_next_to_nothing() -> None:
    relay = {"pilot": None, "enabled": True, "offered_ma": None}
    events = [watched(30 + 60 * n, 1_020 + n, power_w=40, **relay) for n in range(15)]  # type: ignore[arg-type]
    session = run(given.charging(), *events)
    assert session.phase is Phase.CHARGING
    session = run(session, watched(30 + 900, 1_035, None, offered_ma=None, power_w=40))
    assert session.phase is Phase.DONE
    session = run(session, watched(1_000, 1_036, None, offered_ma=None, power_w=50))
    assert session.phase is Phase.CHARGING


def test_a_day_is_the_longest_session() -> None:
    hours = [watched(3_600 * hour, 1_010 + hour) for hour in range(1, 24)]
    session = run(given.charging(), *hours)
    assert after(session, watched(20 + MAX_SESSION_S - 1, 1_034))[1] == ()
    stops(after(session, watched(20 + MAX_SESSION_S, 1_034))[0], Why.TIME_LIMIT)


def test_a_day_is_the_longest_session_also_over_a_restart_of_the_machine() -> None:
    running = run(given.charging(), watched(3_600, 4_000))
    back = after(running, Restarted(at(3_620, boot="boot-2")))[0]
    session: Session = run(back, watched(3_630, 4_030, boot="boot-2"))
    for hour in range(2, 24):
        session = run(session, watched(3_600 * hour, 4_030 + hour, boot="boot-2"))
    stops(after(session, watched(20 + MAX_SESSION_S, 4_060, boot="boot-2"))[0], Why.TIME_LIMIT)


# --- the meter and the controller ---------------------------------------------------------------------------------


def silence(begin_s: int, end_s: int) -> Sequence[Watched]:
    return [watched(seconds, None) for seconds in range(begin_s, end_s, 2)]


def test_a_meter_silent_for_half_a_minute_ends_it_at_the_last_believed_register() -> None:
    session = run(given.charging(), watched(60, 1_050), *silence(62, 62 + SILENCE_S))
    session_, commands = after(session, watched(62 + SILENCE_S, None))
    stops(session_, Why.FAULT, Fault.METER_SILENT)
    assert commands == (OPEN,)
    settled, _ = after(session_, watched(200, None, Pilot.B, enabled=False))
    assert isinstance(settled, Settling)
    assert settled.usage.energy_wh == 50


def test_a_meter_that_answers_in_time_loses_nothing() -> None:
    session = run(given.charging(), watched(60, 1_050), *silence(62, 90), watched(90, 1_080), *silence(92, 120))
    assert run(session, watched(120, 1_110)).usage == Usage(energy_wh=110, charging_ms=100_000)


def test_a_controller_silent_for_a_minute_ends_it() -> None:
    events = [watched(22 + s, 1_012 + s, blind=True) for s in range(0, BLIND_S, 2)]
    session = run(given.charging(), *events)
    stops(after(session, watched(22 + BLIND_S, 1_080, blind=True))[0], Why.FAULT, Fault.CHARGER_SILENT)


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (watched(100, 1_045, since_s=38), Fault.METER_FROZEN),
        (watched(100, 1_030), Fault.METER_FELL),
        (watched(100, 0), Fault.METER_FELL),
        (watched(100, 1_060, serial="m-2"), Fault.METER_REPLACED),
        (watched(100, 1_060, power_w=-3_600), Fault.METER_REVERSED),
    ],
    ids=["frozen", "fell", "reset", "replaced", "reversed"],
)
def test_a_meter_that_cannot_be_believed_ends_it_and_only_the_proven_part_is_billed(
    event: Watched, fault: Fault
) -> None:
    running = run(given.charging(), watched(80, 1_045))
    session, commands = after(running, event)
    stops(session, Why.FAULT, fault)
    assert commands == (OPEN,)
    assert isinstance(session, Stopping)
    assert (session.last.import_wh, session.usage.energy_wh) == (1_045, 45)


@pytest.mark.parametrize(("step_wh", "resolution_wh"), [(-1, 1), (-10, 10), (-100, 100)])
def test_a_step_back_within_the_registers_own_step_is_noise_and_the_cost_does_not_fall(
    step_wh: int, resolution_wh: int
) -> None:
    running = run(given.charging(), watched(80, 1_045))
    back = run(running, watched(82, 1_045 + step_wh, resolution_wh=resolution_wh))
    assert (back.usage.energy_wh, back.last.import_wh) == (45, 1_045)


def test_a_jump_is_not_believed_and_the_third_in_a_row_ends_it() -> None:
    session: Session = run(given.charging(), watched(80, 1_045))
    for suspect in range(1, SUSPECTS):
        session = run(session, watched(80 + 2 * suspect, 9_000))
        assert (session.suspects, session.usage.energy_wh) == (suspect, 45)
    session, _ = after(session, watched(86, 9_000))
    stops(session, Why.FAULT, Fault.METER_JUMPED)
    assert isinstance(session, Stopping)
    assert session.usage.energy_wh == 45


def test_one_good_reading_clears_the_suspicion() -> None:
    session = run(given.charging(), watched(80, 1_045), watched(82, 9_000), watched(84, 9_000), watched(86, 1_050))
    assert (session.suspects, session.usage.energy_wh) == (0, 50)
    run(session, watched(88, 9_000), watched(90, 9_000))


def test_the_largest_step_is_a_fifth_over_rated_power_and_two_register_steps() -> None:
    allowed = RATED_W * 60 * 6 // (5 * 3_600) + 2 + 1
    running = run(given.charging(), watched(80, 1_045))
    assert run(running, watched(140, 1_045 + allowed)).usage.energy_wh == 45 + allowed
    assert run(running, watched(140, 1_045 + allowed + 1)).suspects == 1


def test_a_meter_that_cannot_be_believed_before_the_first_energy_gives_everything_back() -> None:
    jumps = [watched(seconds, 9_000) for seconds in (20, 22, 24)]
    assert isinstance(after(given.waiting(), *jumps[: SUSPECTS - 1])[0], Waiting)
    stops(after(given.waiting(), *jumps)[0], Why.FAULT, Fault.METER_JUMPED)
    stops(after(given.waiting(), watched(20, 1_000, serial="m-2"))[0], Why.FAULT, Fault.METER_REPLACED)


# --- stopping -----------------------------------------------------------------------------------------------------


def test_a_contactor_that_does_not_open_is_told_again_and_after_half_a_minute_is_called_stuck() -> None:
    session = given.stopping()
    for seconds in range(7_203, 7_201 + OPEN_TIMEOUT_S, 2):
        session, commands = after(session, watched(seconds, 11_000 + seconds - 7_203))
        assert (type(session), commands) == (Stopping, (OPEN,))
    session, _ = after(session, watched(7_201 + OPEN_TIMEOUT_S, 11_060))
    assert isinstance(session, Settling)
    assert session.fault is not None
    assert session.fault.fault is Fault.CONTACTOR_STUCK
    assert session.usage.energy_wh == 10_000, "what flows after the stop is not the driver's"


def test_current_through_an_open_contactor_is_stuck_too() -> None:
    session, _ = after(given.stopping(), watched(7_240, 11_060, Pilot.B, enabled=False, power_w=2_000))
    assert isinstance(session, Settling)
    assert session.fault is not None
    assert session.fault.fault is Fault.CONTACTOR_STUCK


def test_the_end_register_waits_until_the_current_is_gone() -> None:
    session, commands = after(given.stopping(), watched(7_203, 11_003, Pilot.C, enabled=False, power_w=3_000))
    assert (type(session), commands) == (Stopping, ())


def test_a_silent_meter_at_the_end_settles_by_the_last_believed_register() -> None:
    session, _ = after(given.stopping(), watched(7_210, None, Pilot.B, enabled=False))
    assert isinstance(session, Stopping)
    session, _ = after(session, watched(7_232, None, Pilot.B, enabled=False))
    assert isinstance(session, Settling)
    assert session.usage.energy_wh == 10_000
    assert session.fault is not None
    assert session.fault.fault is Fault.METER_SILENT


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        (watched(7_203, 11_003, Pilot.B, enabled=False, power_w=0, serial="m-2"), Fault.METER_REPLACED),
        (watched(7_203, 5, Pilot.B, enabled=False, power_w=0), Fault.METER_FELL),
        (watched(7_203, 99_000, Pilot.B, enabled=False, power_w=0), Fault.METER_JUMPED),
    ],
)
def test_an_end_register_that_cannot_be_believed_is_not_billed_and_is_a_fault(event: Watched, fault: Fault) -> None:
    once, _ = after(given.stopping(), event)
    assert isinstance(once, Stopping), "one bad answer is asked about again"
    session, _ = after(once, replace(event, at=at(7_201 + OPEN_TIMEOUT_S)))
    assert isinstance(session, Settling)
    assert session.usage.energy_wh == 10_000
    assert session.fault is not None
    assert session.fault.fault is fault


def test_one_bad_end_register_is_followed_by_the_right_one() -> None:
    bad = watched(7_203, 99_000, Pilot.B, enabled=False, power_w=0)
    session, _ = after(given.stopping(), bad, watched(7_205, 11_002, Pilot.B, enabled=False, power_w=0))
    assert isinstance(session, Settling)
    assert (session.usage.energy_wh, session.fault) == (10_002, None)


def test_a_car_that_was_there_and_leaves_before_the_first_energy_ends_the_session() -> None:
    """Whoever plugs in next is another driver, and would charge on this one's hold."""
    there = after(given.waiting(), watched(20, 1_000, Pilot.B, power_w=0))[0]
    stops(after(there, watched(22, 1_000, Pilot.A, power_w=0))[0], Why.UNPLUGGED)
    assert isinstance(after(given.waiting(), watched(20, 1_000, Pilot.A, power_w=0))[0], Waiting)


def test_a_close_that_may_be_lost_is_repeated_also_where_the_controller_cannot_tell() -> None:
    _, commands = after(given.waiting(), watched(20, 1_000, Pilot.B, enabled=None, power_w=0))
    assert commands == (CLOSE,)


def test_a_contactor_that_dropped_by_itself_ends_the_session_after_five_minutes() -> None:
    off = [watched(s, 1_010, Pilot.B, enabled=False, power_w=0) for s in (100, 100 + DROPPED_S - 2, 100 + DROPPED_S)]
    session, _ = after(given.charging(), *off[:2])
    assert isinstance(session, Charging)
    stops(after(session, off[2])[0], Why.FAULT, Fault.CHARGER_FAULT)


def test_a_stop_is_not_undone_by_a_restart() -> None:
    session, commands = after(given.stopping(), Restarted(at(7_500, boot="boot-2")))
    assert (type(session), commands) == (Stopping, (OPEN,))
    session, _ = after(session, watched(7_502, 11_004, Pilot.A, enabled=False, power_w=0, boot="boot-2"))
    assert isinstance(session, Settling)
    assert (session.usage.energy_wh, session.why) == (10_004, Why.STOPPED)


def test_pressing_again_changes_nothing() -> None:
    before = given.stopping()
    for act in Act:
        assert step(before, Pressed(at(7_202), act, "glass")) == (before, ())


# --- after a restart ----------------------------------------------------------------------------------------------

# The last believed reading: 4 000 Wh at 3 600 s with 3 600 W, which is one Wh a second.
# fmt: off
CONTINUITY: list[tuple[str, bool, Watched]] = [
    # what is found                      goes on  event
    ("the charge ran on",                True,  watched(3_630, 4_030, boot="boot-2")),
    ("the same boot",                    True,  watched(3_630, 4_030)),
    ("a fifth more",                     True,  watched(3_630, 4_036, boot="boot-2")),
    ("a fifth less",                     True,  watched(3_630, 4_024, boot="boot-2")),
    ("more than a fifth more",           False, watched(3_630, 4_037, boot="boot-2")),
    ("more than a fifth less",           False, watched(3_630, 4_023, boot="boot-2")),
    ("one step of a coarse register",    True,  watched(3_630, 4_000, resolution_wh=100, boot="boot-2")),
    ("nothing flowed",                   False, watched(3_630, 4_000, boot="boot-2")),
    ("59 s away",                        True,  watched(3_659, 4_059, boot="boot-2")),
    ("a minute away",                    False, watched(3_660, 4_060, boot="boot-2")),
    ("the clock fell back",              False, watched(3_590, 4_010, boot="boot-2")),
    ("another meter",                    False, watched(3_630, 4_030, serial="m-2", boot="boot-2")),
    ("not enabled",                      False, watched(3_630, 4_030, enabled=False, boot="boot-2")),
    ("cannot tell whether enabled",      False, watched(3_630, 4_030, enabled=None, boot="boot-2")),
    ("the car is done",                  False, watched(3_630, 4_030, Pilot.B, boot="boot-2")),
    ("a relay",                          False, watched(3_630, 4_030, None, boot="boot-2")),
]
# fmt: on


@pytest.mark.parametrize(("goes_on", "event"), [row[1:] for row in CONTINUITY], ids=[row[0] for row in CONTINUITY])
def test_a_session_goes_on_only_where_it_is_proved_that_nothing_ever_opened(goes_on: bool, event: Watched) -> None:
    running = run(given.charging(), watched(3_600, 4_000))
    back, commands = after(running, Restarted(at(3_625, boot="boot-2")))
    assert (type(back), commands) == (Returning, (Watch(),))
    session, commands = after(back, event)
    if goes_on:
        assert (type(session), commands) == (Charging, (CLOSE,)), "its setpoint is ours in this life too"
    else:
        stops(session, Why.RESTARTED)
        assert commands == (OPEN,)


def test_after_a_restart_the_register_decides_and_the_minutes_end_where_the_journal_does() -> None:
    running = run(given.charging(tariff=PER_MINUTE), watched(3_600, 4_000))
    back = after(running, Restarted(at(4_200, boot="boot-2")))[0]
    session, _ = after(back, watched(4_202, 4_015, Pilot.B, enabled=False, power_w=0, boot="boot-2"))
    assert isinstance(session, Stopping)
    session, _ = after(session, watched(4_204, 4_015, Pilot.B, enabled=False, power_w=0, boot="boot-2"))
    assert isinstance(session, Settling)
    assert session.usage == Usage(energy_wh=3_015, charging_ms=3_580_000)


def test_a_meter_exchanged_during_the_power_cut_bills_the_proven_part_and_is_a_fault() -> None:
    running = run(given.charging(), watched(3_600, 4_000))
    back = after(running, Restarted(at(4_200, boot="boot-2")))[0]
    other = [
        watched(s, 7, Pilot.B, enabled=False, power_w=0, serial="m-2", boot="boot-2") for s in (4_202, 4_204, 4_234)
    ]
    session, _ = after(back, *other)
    assert isinstance(session, Settling)
    assert session.usage.energy_wh == 3_000
    assert session.fault is not None
    assert session.fault.fault is Fault.METER_REPLACED


def test_a_wait_for_the_first_energy_goes_on_only_if_nothing_flowed_meanwhile() -> None:
    back, commands = after(given.waiting(), Restarted(at(30, boot="boot-2")))
    assert (type(back), commands) == (Returning, (Watch(),))
    session, commands = after(back, watched(32, 1_000, Pilot.B, power_w=0, boot="boot-2"))
    assert (type(session), commands) == (Waiting, (CLOSE,))
    stops(after(back, watched(32, 1_002, power_w=0, boot="boot-2"))[0], Why.RESTARTED)
    stops(after(back, watched(32, 1_000, None, power_w=0, boot="boot-2"))[0], Why.RESTARTED)


@pytest.mark.parametrize("stand", [given.waiting, given.charging])
def test_back_without_a_meter_waits_half_a_minute_and_ends(stand: object) -> None:
    assert callable(stand)
    back = after(stand(), Restarted(at(40, boot="boot-2")))[0]
    assert after(back, watched(69, None, boot="boot-2"))[1] == ()
    stops(after(back, watched(70, None, boot="boot-2"))[0], Why.RESTARTED, Fault.METER_SILENT)


def test_back_and_stopped_by_the_driver_stops() -> None:
    back = after(given.charging(), Restarted(at(40)))[0]
    session, commands = after(back, Pressed(at(41), Act.STOP, "phone"))
    stops(session, Why.STOPPED)
    assert commands == (OPEN,)


def test_a_second_restart_while_coming_back_has_a_patience_of_its_own() -> None:
    """With a clock that went back an hour between the two it would else wait for that hour."""
    back = after(given.charging(), Restarted(at(3_640)))[0]
    again, commands = after(back, Restarted(at(60, boot="boot-2")))
    assert (type(again), commands) == (Returning, (Watch(),))
    stops(after(again, watched(91, None, boot="boot-2"))[0], Why.RESTARTED, Fault.METER_SILENT)


def test_a_wait_that_goes_on_after_a_restart_counts_from_there() -> None:
    back = after(given.waiting(), Restarted(at(30, boot="boot-2")))[0]
    session, _ = after(back, watched(32, 1_000, Pilot.B, power_w=0, boot="boot-2"))
    assert isinstance(session, Waiting)
    assert session.since == at(32, boot="boot-2")


def test_what_ran_on_for_hours_behind_a_dead_kiosk_is_not_billed() -> None:
    """The driver stopped, the machine fell, and a contactor without a watchdog stayed closed."""
    session, _ = after(given.stopping(), Restarted(at(18_000, boot="boot-2")))
    session, _ = after(session, watched(18_002, 31_000, Pilot.B, enabled=False, power_w=0, boot="boot-2"))
    assert isinstance(session, Settling)
    assert session.usage.energy_wh == 10_000


def test_a_power_cut_on_a_machine_without_a_clock_still_bills_the_last_minute() -> None:
    running = run(given.charging(), watched(3_600, 4_000))
    back = after(running, Restarted(at(100, boot="boot-2")))[0]
    ended = watched(102, 4_055, Pilot.B, enabled=False, power_w=0, boot="boot-2")
    session, _ = after(back, ended, ended)
    assert isinstance(session, Settling)
    assert (session.usage.energy_wh, session.fault) == (3_055, None)


# --- what is worth a row ------------------------------------------------------------------------------------------


def test_a_running_measure_is_not_worth_a_row_and_anything_else_is() -> None:
    charging = given.charging()
    quiet = [watched(22, 1_012), watched(24, 1_014)]
    for event in quiet:
        assert noteworthy(charging, step(charging, event)[0]) is False
    loud: list[Event] = [
        watched(22, None),
        watched(22, 1_012, Pilot.B),
        watched(22, 9_999),
        watched(22, 1_012, power_w=10),
    ]
    loud += [watched(22, 1_012, blind=True), Pressed(at(22), Act.STOP, "glass"), Restarted(at(22))]
    for other in loud:
        assert noteworthy(charging, step(charging, other)[0]) is True, other
    assert noteworthy(None, charging) is True


def test_a_live_session_is_watched_every_two_seconds() -> None:
    back = after(given.charging(), Restarted(at(40)))[0]
    for session in (given.ready(), given.waiting(), given.charging(), given.stopping(), back):
        pause = idle(session, at(8_000))
        assert pause is not None
        assert (pause.after_s, pause.command) == (2, Watch())


def test_a_plug_knows_whether_a_car_is_there() -> None:
    seen: list[bool | None] = [plug(0, pilot).car_present for pilot in (None, *Pilot)]
    assert seen == [None, False, True, True, True, False, False]
    assert reading(0, 1).resolution_wh == 1
