"""One session's loop: written before sent, written before shown, carried to its end, and stoppable whatever Vipps does."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

import pytest

from kiosk.domain.events import Act, Opened, Restarted, Watched
from kiosk.domain.fault import Fault
from kiosk.domain.outcome import InDoubt
from kiosk.domain.payment import Approval, Effect
from kiosk.domain.session import step
from kiosk.domain.states import Abandoned, Charging, Session, Settled, Settling, Stopping, Stuck, Waiting, Why
from kiosk.flow.codec import decode_due, decode_event, due_row
from kiosk.flow.loop import SessionLoop
from kiosk.flow.recovery import fold
from kiosk.world.outlet import Lie, Outlet
from kiosk.world.virtual_loop import run_virtual
from tests.domain.given import OFFER, RATED_W, REFERENCE, nok
from tests.flow.town import Kiosk, Town, a_charge, until


def charged(town: Town, *, stop_at_s: float = 600) -> Session:
    """The whole life of one session, in virtual time."""

    async def work() -> Session:
        loop = Kiosk(town).loop(OFFER)
        await a_charge(town, loop, stop_at_s=stop_at_s)
        assert loop.session is not None
        return loop.session

    return run_virtual(work())


def settled_as_vipps_says(town: Town, session: Session) -> None:
    assert isinstance(session, Settled), session
    book = town.ledger.books[REFERENCE]
    assert session.account == book.account
    assert book.account.captured == session.settling.due.due
    assert book.account.captured + book.account.cancelled == book.account.authorized
    assert [entry.name for entry in book.log] == ["AUTHORIZED", "CAPTURED", "CANCELLED"]
    assert town.ledger.receipts[REFERENCE].total == book.account.captured
    assert town.ledger.mistakes == []
    assert town.rows[-1].kind == "ended"


def test_a_charge_ends_settled() -> None:
    town = Town()
    session = charged(town)
    settled_as_vipps_says(town, session)
    assert isinstance(session, Settled)
    assert 1_100 < session.settling.usage.energy_wh < 1_250, "ten minutes at 7 400 W"
    assert town.ledger.links == {REFERENCE: "https://lade.example/c/1"}


def test_nothing_is_sent_before_its_intent_is_on_disk() -> None:
    town = Town()
    charged(town)
    written: list[str] = []
    for line in town.story:
        kind, what = line.split(" ")
        if line.startswith("row intent:"):
            written.append(what.removeprefix("intent:"))
        if kind == "send":
            assert written, f"{what} was sent and is not in the journal"
            assert written.pop(0) == what
    assert written == []
    assert [line for line in town.story if line.startswith("send")] == [
        f"send {name}" for name in ("Create", "Switch", "Switch", "Capture", "Release", "SendReceipt", "LinkSession")
    ]


def test_nothing_is_shown_before_it_is_on_disk() -> None:
    async def work() -> None:
        town = Town()
        kiosk = Kiosk(town)
        loop = kiosk.loop(OFFER)

        async def slow_disk() -> None:
            before = list(town.story)
            await asyncio.sleep(3)
            assert town.story == before, "something was sent or shown while the disk was still writing"

        kiosk.journal.before_append = slow_disk
        await a_charge(town, loop)
        shown, on_disk = "", False
        for line in town.story:
            on_disk |= line.startswith("row")
            if line.startswith("show"):
                assert on_disk or line == shown, f"{line} is not on disk"
                shown, on_disk = line, False

    run_virtual(work())


async def fold_as_lived(town: Town) -> int:
    """Charge for an hour and fold the rows at every append; gives how often that was."""
    return (await lived(town))[0]


async def lived(town: Town) -> tuple[int, Session | None]:
    kiosk = Kiosk(town)
    seen: list[tuple[int, Session]] = []
    loop: SessionLoop

    def changed() -> None:
        if loop.session is not None and town.appends != len(seen):
            seen.append((len(town.rows), loop.session))

    loop = SessionLoop(kiosk.ports(), kiosk.journal, OFFER, None, changed, kiosk.heard.append)
    await a_charge(town, loop, stop_at_s=3_600)
    for rows, session in seen:
        assert fold(town.rows[:rows]) == session
    return len(seen), loop.session


def test_at_every_row_the_journal_tells_the_session_that_was_lived() -> None:
    assert run_virtual(fold_as_lived(Town())) > 60


def test_the_journal_tells_the_same_where_the_register_trembles() -> None:
    """A reading one step too high that is never written must not be billed either."""

    async def work() -> int:
        town = Town()
        town.outlet().noise = cycle([0, 0, 1, 0, 0])
        town.outlet().power_w = 300
        return await fold_as_lived(town)

    assert run_virtual(work()) > 60


def test_the_energy_on_the_glass_never_falls_where_the_register_trembles() -> None:
    async def work() -> list[int]:
        town = Town()
        kiosk = Kiosk(town)
        town.outlet().noise = cycle([0, 0, 0, 1, 0, 0, 0])
        town.outlet().power_w = 60
        shown: list[int] = []
        loop: SessionLoop

        def changed() -> None:
            if isinstance(loop.session, Charging):
                shown.append(loop.session.usage.energy_wh)

        loop = SessionLoop(kiosk.ports(), kiosk.journal, OFFER, None, changed, kiosk.heard.append)
        await a_charge(town, loop, stop_at_s=1_800)
        return shown

    shown = run_virtual(work())
    assert len(shown) > 500
    assert shown == sorted(shown)


def test_the_journal_tells_the_same_where_the_car_draws_more_than_rated() -> None:
    """Each small step passes as rounding, a minute of them as one step does not."""

    async def work() -> int:
        town = Town()
        town.outlet().power_w = 11_000
        return await fold_as_lived(town)

    assert run_virtual(work()) > 5


@pytest.mark.parametrize(
    ("lie", "fault"),
    [
        (lambda outlet: outlet.tell(Lie.FROZEN), Fault.METER_FROZEN),
        (lambda outlet: outlet.tell(Lie.POWERLESS), Fault.METER_CONTRADICTS),
        (lambda outlet: setattr(outlet, "says_open", True), Fault.CONTACTOR_STUCK),
    ],
    ids=["frozen", "powerless", "says open"],
)
def test_a_meter_that_begins_to_lie_ends_the_charge_in_the_journal_as_it_did_on_the_glass(
    lie: Callable[[Outlet], None], fault: Fault
) -> None:
    """After half an hour of charging; the journal has a row a minute, and the lie is found between two."""

    async def work() -> tuple[Town, Session | None]:
        town = Town()

        async def soon() -> None:
            await asyncio.sleep(1_801)
            lie(town.outlet())

        liar = asyncio.create_task(soon())
        _, session = await lived(town)
        await liar
        return town, session

    town, session = run_virtual(work())
    assert isinstance(session, Settled)
    settling = session.settling
    assert settling.fault is not None
    assert (settling.fault.fault, settling.why) == (fault, Why.FAULT)
    assert settling.end is not None
    proven_wh = RATED_W * (1_801 - 12) // 3_600
    assert proven_wh - 5 <= settling.usage.energy_wh <= proven_wh + RATED_W * 50 // 3_600
    assert town.ledger.books[REFERENCE].account.captured == settling.due.due


def test_a_running_charge_is_written_once_a_minute() -> None:
    town = Town()
    charged(town, stop_at_s=3_610)
    watches = [row for row in town.rows if row.kind == "event:Watched"]
    assert 60 <= len(watches) <= 2 * 60 + 10, "each with the reading before it at most"


def test_the_reading_before_a_stop_is_in_the_journal() -> None:
    """Else the energy of the last minute would be lost with the power."""
    town = Town()
    charged(town, stop_at_s=655)
    kinds = [row.kind for row in town.rows]
    stop = kinds.index("event:Pressed")
    assert kinds[stop - 1] == "event:Watched"
    event = decode_event(town.rows[stop - 1].kind, town.rows[stop - 1].body)
    assert isinstance(event, Watched)
    assert town.rows[stop].at.utc_ms - event.at.utc_ms < 3_000


@pytest.mark.parametrize("what", ["Capture", "Create", "Release", "Switch"])
def test_a_cancelled_task_still_carries_its_send_to_the_answer(what: str) -> None:
    """A screen that closes or a scope that ends must not cut a send in half."""

    async def work() -> None:
        town = Town()
        loop = Kiosk(town).loop(OFFER)
        task = asyncio.create_task(a_charge(town, loop))
        town.answer_s = 2.0
        await until(lambda: town.story[-1:] == [f"send {what}"], within_s=700)
        sent_at_s = asyncio.get_running_loop().time()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.get_running_loop().time() - sent_at_s > 1.5, "it did not wait for the answer"
        assert len(asyncio.all_tasks()) == 1

    run_virtual(work())


def test_a_cancelled_task_still_finishes_its_commit() -> None:
    async def work() -> None:
        town = Town()
        kiosk = Kiosk(town)
        loop = kiosk.loop(OFFER)
        started = asyncio.Event()

        async def slow_disk() -> None:
            started.set()
            await asyncio.sleep(5)

        kiosk.journal.before_append = slow_disk
        task = asyncio.create_task(loop.run(Opened(town.now(), OFFER)))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert [row.kind for row in town.rows] == ["event:Opened", "intent:Create"]
        assert town.sends == 0

    run_virtual(work())


def test_settlement_comes_through_hours_without_an_answer() -> None:
    town = Town()

    def weather(call: str) -> str:
        now_s = asyncio.get_running_loop().time()
        return "unheard" if 590 < now_s < 6 * 3_600 and call != "Switch" else "clear"

    town.weather = weather
    session = charged(town)
    settled_as_vipps_says(town, session)
    assert [line for line in town.story if line == "send Capture"] == ["send Capture"], (
        "found in the log, not sent again"
    )
    assert isinstance(session, Settled)
    assert session.at.mono_ms - 1_000_000 < 7 * 3_600_000, "not within an hour of the end of the outage"


def test_a_request_that_never_arrived_is_repeated_under_its_key() -> None:
    town = Town()
    lost = iter(["lost", "lost"])
    town.weather = lambda call: next(lost, "clear") if call == "Capture" else "clear"
    settled_as_vipps_says(town, charged(town))
    keys = [key for call, key, _ in town.ledger.sent if call == "capture"]
    assert len(keys) == 1
    assert town.story.count("send Capture") == 3


def test_never_more_than_five_changing_calls_a_minute() -> None:
    town = Town()
    town.weather = lambda call: (
        "lost" if asyncio.get_running_loop().time() < 4_000 and call in ("Capture", "Release") else "clear"
    )
    settled_as_vipps_says(town, charged(town))
    intents = [row for row in town.rows if row.kind in ("intent:Create", "intent:Capture", "intent:Release")]
    times = [row.at.utc_ms for row in intents]
    assert max(sum(begin <= other < begin + 60_000 for other in times) for begin in times) <= 5


def test_stop_works_while_vipps_does_not_answer() -> None:
    async def work() -> None:
        town = Town()
        town.weather = lambda call: "clear" if call == "Switch" or asyncio.get_running_loop().time() < 60 else "lost"
        loop = Kiosk(town).loop(OFFER)
        task = asyncio.create_task(a_charge(town, loop, stop_at_s=300))
        await until(lambda: isinstance(loop.session, Settling))
        assert asyncio.get_running_loop().time() < 310
        assert not town.outlet().closed
        task.cancel()
        await asyncio.wait({task})

    run_virtual(work())


def test_a_press_while_an_answer_is_awaited_is_heard_at_once() -> None:
    async def work() -> None:
        town = Town()
        town.answer_s = 60
        loop = Kiosk(town).loop(OFFER)
        task = asyncio.create_task(loop.run(Opened(town.now(), OFFER)))
        await until(lambda: town.story[-1:] == ["show Offered"])
        await asyncio.sleep(6)  # the first look is on its way, and will be for a minute
        pressed_s = asyncio.get_running_loop().time()
        loop.press(Act.CANCEL, "glass")
        await until(lambda: "send Withdraw" in town.story)
        assert asyncio.get_running_loop().time() - pressed_s < 1
        task.cancel()
        await asyncio.wait({task})

    run_virtual(work())


def test_an_offer_nobody_takes_is_abandoned() -> None:
    async def work() -> None:
        town = Town()
        loop = Kiosk(town).loop(OFFER)
        await loop.run(Opened(town.now(), OFFER))
        assert isinstance(loop.session, Abandoned)
        assert town.ledger.books[REFERENCE].approval is Approval.TERMINATED
        assert town.rows[-1].kind == "ended"
        assert town.outlet().closed is False

    run_virtual(work())


def test_a_controller_that_fails_at_once_does_not_make_the_loop_spin() -> None:
    town = Town()
    town.weather = lambda call: "lost" if call == "Switch" else "clear"

    async def work() -> None:
        loop = Kiosk(town).loop(OFFER)
        task = asyncio.create_task(a_charge(town, loop))
        town.answer_s = 0
        await until(lambda: isinstance(loop.session, Waiting))
        await asyncio.sleep(20)
        assert town.story.count("send Switch") <= 12
        task.cancel()
        await asyncio.wait({task})

    run_virtual(work())


def test_a_stuck_session_ends_its_loop_and_stays_unsettled() -> None:
    async def work() -> None:
        town = Town()
        kiosk = Kiosk(town)
        loop = kiosk.loop(OFFER)

        async def thief() -> None:
            await until(lambda: isinstance(loop.session, Charging))
            assert town.ledger.meddle(REFERENCE, Effect.CAPTURED, nok(100))

        person = asyncio.create_task(thief())
        await a_charge(town, loop)
        await person
        assert isinstance(loop.session, Stuck)
        assert town.rows[-1].kind == "event:Looked"
        assert len(await kiosk.journal.unsettled()) == 1
        again = kiosk.loop(OFFER, fold(town.rows))
        sends = town.sends
        await again.run(Restarted(town.now()))
        assert town.sends == sends, "a stuck session sent something"

    run_virtual(work())


def test_every_answer_of_vipps_is_heard() -> None:
    async def work() -> None:
        town = Town()
        kiosk = Kiosk(town)
        town.weather = lambda call: (
            "lost" if call == "Look" and 30 < asyncio.get_running_loop().time() < 40 else "clear"
        )
        await a_charge(town, kiosk.loop(OFFER))
        assert len(kiosk.heard) > 5
        assert not any(isinstance(outcome, InDoubt) for outcome in kiosk.heard)

    run_virtual(work())


def test_a_cable_still_live_when_the_session_ends_is_never_left() -> None:
    town = Town()
    charged(town)
    assert town.outlet().closed is False


async def stopped_without_network(town: Town) -> None:
    """A charge that is over and a due that is fixed, with nothing sent about it yet."""
    loop = Kiosk(town).loop(OFFER)
    town.weather = lambda call: "lost" if call == "Look" and town.story.count("row due") else "clear"
    task = asyncio.create_task(a_charge(town, loop))
    await until(lambda: isinstance(loop.session, Settling), within_s=700)
    task.cancel()
    await asyncio.wait({task})
    town.weather = lambda _call: "clear"


def test_a_due_that_is_fixed_is_captured_by_a_version_that_would_round_otherwise() -> None:
    async def work() -> None:
        town = Town()
        await stopped_without_network(town)
        (index,) = [index for index, row in enumerate(town.rows) if row.kind == "due"]
        due = decode_due(town.rows[index].body)
        (line,) = due.lines
        one_more = replace(due, due=due.due + nok(1), lines=(replace(line, gross=line.gross + nok(1)),))
        town.rows[index] = due_row(REFERENCE, one_more, town.rows[index].at)
        await Kiosk(town).come_back()
        assert town.ledger.books[REFERENCE].account.captured == one_more.due
        assert town.ledger.receipts[REFERENCE].lines == one_more.lines

    run_virtual(work())


def test_a_journal_from_before_dues_were_written_settles_by_working_it_out() -> None:
    async def work() -> None:
        town = Town()
        await stopped_without_network(town)
        owed = decode_due(next(row.body for row in town.rows if row.kind == "due")).due
        town.rows[:] = [row for row in town.rows if row.kind != "due"]
        await Kiosk(town).come_back()
        assert town.ledger.books[REFERENCE].account.captured == owed

    run_virtual(work())


def test_a_due_where_this_version_sees_no_end_of_the_charge_is_refused_with_a_sentence() -> None:
    async def work() -> None:
        town = Town()
        await stopped_without_network(town)
        due = next(row for row in town.rows if row.kind == "due")
        with pytest.raises(ValueError, match="comes to Asked; go back to the version"):
            fold([town.rows[0], due])

    run_virtual(work())


JOURNALS = Path(__file__).parent / "journals"


@dataclass(frozen=True)
class Line:
    kind: str
    body: str


def kept(name: str) -> list[Line]:
    return [Line(**json.loads(line)) for line in (JOURNALS / name).read_text("utf-8").splitlines()]


def test_a_journal_of_an_earlier_version_still_tells_the_same() -> None:
    """These rows are kept as they were written; whoever changes what they mean changes what drivers owe."""
    session = fold(kept("charged-and-settled.jsonl"))
    assert isinstance(session, Settled)
    assert (session.account.captured, session.account.cancelled) == (nok(592), nok(29_408))
    assert session.settling.usage.energy_wh == 1_208
    assert session.settling.due.lines[0].gross == nok(592)


def test_what_was_meant_and_is_not_meant_any_more_is_refused_with_a_sentence() -> None:
    """Another version, another amount or another key for what may have been sent already."""
    rows = kept("charged-and-settled.jsonl")
    (index,) = [index for index, row in enumerate(rows) if row.kind == "intent:Capture"]
    for old, new in (('"minor":592', '"minor":591'), ('"key":"', '"key":"0')):
        assert old in rows[index].body
        other = [*rows[:index], Line("intent:Capture", rows[index].body.replace(old, new)), *rows[index + 1 :]]
        with pytest.raises(ValueError, match="not what this version would do"):
            fold(other)
    with pytest.raises(ValueError, match="Update the kiosk"):
        fold([*rows[:index], Line("intent:Teleport", "{}")])


def test_a_session_whose_journal_has_no_event_cannot_be_restored() -> None:
    with pytest.raises(ValueError, match="without any event"):
        fold([])


def test_a_loop_takes_up_a_stopping_session_where_it_was() -> None:
    async def work() -> None:
        town = Town()
        kiosk = Kiosk(town)
        loop = kiosk.loop(OFFER)
        task = asyncio.create_task(a_charge(town, loop))
        await until(lambda: isinstance(loop.session, Stopping), within_s=700)
        task.cancel()
        await asyncio.wait({task})
        folded = fold(town.rows)
        assert isinstance(folded, Stopping | Settling)
        assert step(folded, Restarted(town.now()))[0].__class__ is folded.__class__
        await kiosk.come_back()
        assert town.rows[-1].kind == "ended"

    run_virtual(work())
