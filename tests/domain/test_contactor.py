"""A contactor that does not open, one that does not close, and how much of the hold is kept for the one that opens late."""

import json
from dataclasses import replace

import pytest

from kiosk.domain.contactor import DEAD_S
from kiosk.domain.energy import Pilot
from kiosk.domain.events import Act, Event, Opened, Pressed
from kiosk.domain.fault import Acts, Fault
from kiosk.domain.session import step
from kiosk.domain.states import Charging, Offer, Phase, Session, Settling, Stopping, Waiting, Why
from kiosk.domain.stopping import OPEN_TIMEOUT_S
from kiosk.flow.codec import decode_event, event_row
from tests.domain import given
from tests.domain.given import OFFER, RATED_W, after, at, nok, watched


def with_offer(session: Session, **changes: object) -> Session:
    assert isinstance(session, Waiting | Charging | Stopping)
    return replace(session, offer=replace(session.offer, **changes))  # type: ignore[arg-type]


def looks(begin_s: int, end_s: int, import_wh: int, pilot: Pilot = Pilot.C, **others: object) -> list[Event]:
    return [watched(s, import_wh, pilot, **others) for s in range(begin_s, end_s + 1, 2)]  # type: ignore[arg-type]


# Dead: it does not close.


def test_a_car_that_is_allowed_energy_asks_for_it_and_gets_none_shows_a_dead_contactor() -> None:
    almost, _ = after(given.waiting(), *looks(20, 18 + DEAD_S, 1_000, power_w=0))
    assert isinstance(almost, Waiting)
    session, _ = after(almost, watched(20 + DEAD_S, 1_000, power_w=0))
    assert isinstance(session, Stopping)
    assert (session.why, session.fault and session.fault.fault) == (Why.FAULT, Fault.CONTACTOR_DEAD)
    assert Fault.CONTACTOR_DEAD.acts is Acts.TECHNICIAN
    session, _ = after(session, watched(400, 1_000, Pilot.B, enabled=False, power_w=0))
    assert isinstance(session, Settling)
    assert session.due.due == nok(0)


@pytest.mark.parametrize(
    "pause",
    [
        watched(200, 1_000, Pilot.B, power_w=0),
        watched(200, 1_000, Pilot.C, enabled=False, power_w=0),
        watched(200, 1_000, Pilot.C, offered_ma=0, power_w=0),
        watched(200, 1_000, Pilot.C, power_w=60),
        watched(200, 1_000, None, power_w=0),
    ],
)
def test_only_three_hundred_seconds_on_end_are_a_dead_contactor(pause: Event) -> None:
    events = [*looks(20, 198, 1_000, power_w=0), pause, *looks(202, 200 + DEAD_S, 1_000, power_w=0)]
    assert isinstance(after(given.waiting(), *events)[0], Waiting)


def test_a_look_without_the_meter_neither_proves_nor_clears_it() -> None:
    blind = after(given.waiting(), watched(20, 1_000, power_w=0), watched(22, None))[0]
    assert isinstance(blind, Waiting)
    assert blind.dead_since == at(20)


# Welded: it does not open.


@pytest.mark.parametrize("enabled", [True, False])
def test_a_limit_of_somebody_else_below_6_a_is_withheld_and_costs_nothing(enabled: bool) -> None:
    """Where a current of 0 is the only switch, that limit also shows as off."""
    looked = looks(100, 3_000, 1_100, Pilot.B, offered_ma=0, enabled=enabled, power_w=0)
    session, _ = after(given.charging(), *looked)
    assert isinstance(session, Charging)
    assert session.phase is Phase.WITHHELD
    assert session.usage.withheld_ms == 2_900_000


def test_a_stuck_contactor_is_told_before_what_ended_the_charge() -> None:
    silent = [watched(s, 990 + s, blind=True) for s in range(22, 84, 2)]
    stopping, _ = after(given.charging(), *silent)
    assert isinstance(stopping, Stopping)
    assert stopping.fault is not None
    assert stopping.fault.fault is Fault.CHARGER_SILENT
    session, _ = after(stopping, *looks(90, 90 + OPEN_TIMEOUT_S, 1_100, power_w=3_600))
    assert isinstance(session, Settling)
    assert session.fault is not None
    assert session.fault.fault is Fault.CONTACTOR_STUCK


# The margin of the hold.


@pytest.mark.parametrize("stop_latency_s", [2, 4, 10, 20])
@pytest.mark.parametrize("hold", [500, 1_000, 5_001])
def test_the_hold_is_used_up_to_what_the_controller_needs_and_never_outrun(hold: int, stop_latency_s: int) -> None:
    session: Session = with_offer(given.charging(hold), stop_latency_s=stop_latency_s)

    def register(seconds: float) -> int:
        return 1_010 + int(RATED_W * (seconds - 20) / 3_600)

    seconds = 20
    while not isinstance(session, Stopping):
        seconds += 2
        session, _ = step(session, watched(seconds, register(seconds), power_w=RATED_W))
    assert session.why is Why.HOLD_USED
    end = seconds + stop_latency_s
    session, _ = step(session, watched(end, register(end), Pilot.B, enabled=False, power_w=0))
    assert isinstance(session, Settling)
    assert not session.due.overrun
    left_wh = -(-RATED_W * (stop_latency_s + 6) // 3_600)
    assert (nok(hold) - session.due.due).minor <= OFFER.tariff.energy_e4 * left_wh // 100_000 + 10


def test_a_quick_controller_leaves_less_of_the_hold_unused() -> None:
    def stopped_at(stop_latency_s: int) -> int:
        session: Session = with_offer(given.charging(500), stop_latency_s=stop_latency_s)
        seconds = 20
        while not isinstance(session, Stopping):
            seconds += 2
            wh = 1_010 + RATED_W * (seconds - 20) // 3_600
            session, _ = step(session, watched(seconds, wh, power_w=RATED_W))
        return seconds

    assert stopped_at(2) - stopped_at(10) in (6, 8)


# What an older version wrote.

OLD = '{"reference":"post-1-261121-abcdefghjk","installation":"6f1c2c5e-3b0e-4a9d-8a52-6d1f2f4b7a10","station":"post-1"'


def old_row(event: Opened) -> str:
    """As it was written before an offer had these two fields."""
    body = json.loads(event_row("s", event).body)
    for name in ("stop_latency_s", "proves_contactor"):
        del body["offer"][name]
    return json.dumps(body)


def test_an_offer_from_an_older_journal_is_read_and_decided_as_it_was() -> None:
    row = old_row(given.opened())
    assert OLD in row.replace('": "', '":"').replace(', "', ',"')
    event = decode_event("event:Opened", row)
    assert isinstance(event, Opened)
    assert event.offer == replace(OFFER, stop_latency_s=10, proves_contactor=False)


def test_a_session_from_an_older_journal_is_not_ended_by_what_was_not_looked_for() -> None:
    waiting = with_offer(given.waiting(), proves_contactor=False)
    assert isinstance(after(waiting, *looks(20, 800, 1_000, power_w=0))[0], Waiting)
    charging = with_offer(given.charging(), proves_contactor=False)
    looked = looks(100, 400, 1_100, Pilot.B, offered_ma=0, enabled=False, power_w=0)
    assert isinstance(after(charging, *looked)[0], Stopping)
    stopped = after(
        with_offer(given.charging(), proves_contactor=False), *[watched(s, 1_010, blind=True) for s in range(22, 84, 2)]
    )[0]
    session, _ = after(stopped, *looks(90, 90 + OPEN_TIMEOUT_S, 1_100, power_w=3_600))
    assert isinstance(session, Settling)
    assert session.fault is not None
    assert session.fault.fault is Fault.CHARGER_SILENT


def test_what_the_controller_needs_comes_through_the_journal() -> None:
    offer: Offer = replace(OFFER, stop_latency_s=2)
    row = event_row("s", Opened(at(0), offer))
    event = decode_event(row.kind, row.body)
    assert isinstance(event, Opened)
    assert event.offer == offer


def test_a_driver_who_waits_at_a_dead_contactor_can_still_cancel() -> None:
    session, _ = after(given.waiting(), *looks(20, 100, 1_000, power_w=0), Pressed(at(101), Act.CANCEL, "glass"))
    assert isinstance(session, Stopping)
    assert (session.why, session.fault) == (Why.DRIVER_CANCELLED, None)
