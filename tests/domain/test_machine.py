"""Any order of events, faults and restarts: the money is right after every one of them, and in the end it is settled."""

from typing import get_args

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kiosk.domain.commands import (
    Capture,
    Command,
    Create,
    Intent,
    LinkSession,
    Look,
    Release,
    SendReceipt,
    Switch,
    Watch,
    Withdraw,
)
from kiosk.domain.energy import Instant, Pilot, Plug, Reading, elapsed_ms
from kiosk.domain.events import (
    Act,
    Answered,
    Event,
    Looked,
    LookFailed,
    Opened,
    Pressed,
    Restarted,
    Switched,
    Ticked,
    Verdict,
    Watched,
)
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Currency
from kiosk.domain.outcome import Done, Outcome, Refused
from kiosk.domain.payment import Approval, Effect
from kiosk.domain.session import idle, noteworthy, step
from kiosk.domain.states import (
    Abandoned,
    Ended,
    Offer,
    Offered,
    Session,
    Settled,
    Settling,
    Step,
    Stuck,
)
from kiosk.domain.tariff import IdleFee, Tariff
from kiosk.world.ledger import Ledger
from tests.domain.given import AWAY, NO_CHARGER, NO_METER, NOON_MS, RATED_W, REFERENCE, nok, offer

TARIFFS = (
    Tariff(Currency.NOK, 49_000),
    Tariff(Currency.NOK, 39_900, 6_000, 100_000, IdleFee(20_000, 300, 5_000)),
    Tariff(Currency.NOK, 0, 0, 500),
)
WEATHER = st.sampled_from(["clear", "clear", "clear", "lost", "unheard", "cut"])


class Kiosk(RuleBasedStateMachine):
    """One session, one meter, one Vipps. A restart keeps what `flow.loop` would have journalled, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ms, self.boot, self.booted_ms = 0, 1, -1_000_000
        self.ledger = Ledger(lambda: NOON_MS + self.now_ms)
        self.session: Session | None = None
        self.todo: list[Command] = []
        self.journal: list[Event] = []
        self.unwritten: Watched | None = None
        self.written: Instant | None = None
        self.watched: Instant | None = None
        self.bodies: dict[str, object] = {}
        self.import_mwh, self.closed, self.drawing, self.mute = 1_000_000, False, False, False
        self.since: Instant | None = None
        self.meddled = False
        self.refused = 0

    # --- the loop, as flow/loop.py does it -----------------------------------------------------------------------

    def at(self) -> Instant:
        return Instant(NOON_MS + self.now_ms, f"boot-{self.boot}", self.now_ms - self.booted_ms)

    def wait(self, seconds: float) -> None:
        gone_ms = max(0, round(seconds * 1000))
        self.now_ms += gone_ms
        if self.closed and self.drawing:
            self.import_mwh += RATED_W * gone_ms // 3_600
            self.since = None

    def take(self, event: Event) -> None:
        before = self.session
        after, commands = step(before, event)
        intents = [command for command in commands if isinstance(command, Intent)]
        minute = (
            isinstance(event, Watched)
            and event.reading is not None
            and self.written is not None
            and elapsed_ms(self.written, event.at) >= 60_000
        )
        self.session = after
        if intents or noteworthy(before, after) or minute:
            self.journal += [self.unwritten, event] if self.unwritten else [event]
            self.unwritten, self.written = None, event.at
            assert self.folded() == after, "the journal tells another story than the one that was lived"
        elif isinstance(event, Watched):
            self.unwritten = event
        for command in intents:
            self.is_allowed(command)
        self.todo.extend(commands)

    def folded(self) -> Session:
        session: Session | None = None
        for event in self.journal:
            session, _ = step(session, event)
        assert session is not None
        return session

    def is_allowed(self, command: Command) -> None:
        if isinstance(command, Create | Withdraw | Capture | Release):
            body = (type(command), command.reference, getattr(command, "amount", None))
            assert self.bodies.setdefault(command.key, body) == body, "one key carries two bodies"
            assert len(command.key) <= 50
        if isinstance(command, Capture | Release | SendReceipt):
            assert isinstance(self.session, Settling), "money moves before the due is fixed"
        if isinstance(command, Capture):
            assert isinstance(self.session, Settling)
            assert command.amount == self.session.due.due
            assert command.amount.minor > 0
        if isinstance(command, Release) and isinstance(self.session, Settling):
            captured = self.ledger.books[REFERENCE].account.captured
            assert captured == self.session.due.due or self.meddled, "released before captured"
        if isinstance(command, Switch) and command.closed:
            assert self.ledger.books[REFERENCE].approval is Approval.AUTHORIZED, "energy without an approval"

    def perform(self, command: Command, weather: str) -> Event | None:
        """None is a process that died before it heard the answer."""
        if weather == "lost" or (weather == "cut" and self.now_ms % 2):
            answer: Outcome[object] | None = None
        else:
            answer = self.reach(command)
        if weather == "cut":
            return None
        at, heard = self.at(), answer if weather == "clear" else None
        match command:
            case Look():
                return LookFailed(at, AWAY) if heard is None else Looked(at, self.ledger.look(REFERENCE))
            case Watch():
                return self.watch()
            case Switch(closed=closed):
                verdict = Verdict.IN_DOUBT if heard is None else Verdict.DONE
                return Switched(at, closed, verdict, NO_CHARGER if heard is None else None)
            case _:
                return _answered(at, command, heard)

    def reach(self, command: Command) -> Outcome[object]:
        ledger = self.ledger
        match command:
            case Create(reference=reference, amount=amount, key=key):
                return ledger.create(reference, amount, key)
            case Withdraw(reference=reference, key=key):
                return ledger.release(reference, key, unapproved_only=True)
            case Capture(reference=reference, amount=amount, key=key):
                return ledger.capture(reference, amount, key)
            case Release(reference=reference, key=key):
                return ledger.release(reference, key, unapproved_only=False)
            case SendReceipt(receipt=receipt):
                return ledger.receive(receipt)
            case Switch(closed=closed):
                self.closed = closed
        return Done("link-1")

    def watch(self) -> Watched:
        at = self.at()
        gap_ms = elapsed_ms(self.watched, at) if self.watched else 0
        self.watched, self.since = at, self.since if self.since and self.since.boot == at.boot else at
        if self.mute:
            return Watched(at, gap_ms, trouble=NO_METER)
        power_w = RATED_W if self.closed and self.drawing else 0
        pilot = Pilot.C if self.drawing else Pilot.B
        reading = Reading(self.import_mwh // 1000, power_w, "m-1", at, self.since)
        return Watched(at, gap_ms, reading, Plug(at, pilot, self.closed, 16_000))

    # --- what can happen ------------------------------------------------------------------------------------------

    @initialize(tariff=st.sampled_from(TARIFFS), hold=st.sampled_from([200, 5_000, 30_000]), begun=st.booleans())
    def a_driver_accepts(self, tariff: Tariff, hold: int, begun: bool) -> None:
        self.offer: Offer = offer(hold=hold, tariff=tariff)
        self.take(Opened(self.at(), self.offer))
        if begun:
            self.turn("clear")
            self.approves_and_charges()

    @precondition(lambda self: self.session is not None)
    @rule(weather=WEATHER, times=st.integers(1, 6))
    def the_loop_turns(self, weather: str, times: int) -> None:
        for _ in range(times):
            if not self.turn(weather):
                self.power_cut(30)
                return

    def turn(self, weather: str) -> bool:
        if self.todo:
            event = self.perform(self.todo.pop(0), weather)
        else:
            assert self.session is not None
            pause = idle(self.session, self.at())
            if pause is None:
                return True
            self.wait(pause.after_s)
            event = Ticked(self.at()) if pause.command is None else self.perform(pause.command, weather)
        if event is None:
            return False
        self.wait(0.3)
        self.take(event)
        return True

    @precondition(lambda self: self.session is not None)
    @rule(act=st.sampled_from(Act))
    def somebody_presses(self, act: Act) -> None:
        self.take(Pressed(self.at(), act, "glass"))

    @rule(decision=st.sampled_from([Approval.AUTHORIZED, Approval.AUTHORIZED, Approval.ABORTED, Approval.EXPIRED]))
    def the_driver_decides(self, decision: Approval) -> None:
        self.ledger.decide(REFERENCE, decision)

    @rule()
    def approves_and_charges(self) -> None:
        self.ledger.decide(REFERENCE, Approval.AUTHORIZED)
        self.drawing = True
        for _ in range(12):
            self.turn("clear")

    @precondition(lambda self: isinstance(self.session, Offered))
    @rule()
    def approves_when_we_had_given_up(self) -> None:
        self.todo.clear()
        self.wait(301)
        self.turn("clear")
        self.ledger.decide(REFERENCE, Approval.AUTHORIZED)
        for _ in range(3):
            self.turn("clear")

    @rule(drawing=st.booleans())
    def the_car(self, drawing: bool) -> None:
        self.drawing = drawing

    @rule(mute=st.booleans())
    def the_meter(self, mute: bool) -> None:
        self.mute = mute

    @rule(minutes=st.integers(1, 30))
    def time_passes_under_watch(self, minutes: int) -> None:
        for _ in range(minutes * 3):
            if not isinstance(self.session, Settling | Ended | Stuck):
                self.wait(17)
                self.turn("clear")

    @precondition(lambda self: self.refused < 4)
    @rule(code=st.sampled_from(["6080", "6250", "400"]))
    def vipps_will_refuse_one(self, code: str) -> None:
        self.refused += 1
        self.ledger.refusals.append((code, Fault.VIPPS_REFUSED))

    @precondition(lambda self: self.session is not None)
    @rule(away_s=st.sampled_from([1, 5, 40, 300, 4_000]), reboots=st.booleans())
    def the_power_fails(self, away_s: int, reboots: bool) -> None:
        self.power_cut(away_s, reboots=reboots)

    def power_cut(self, away_s: int, *, reboots: bool = True) -> None:
        self.todo.clear()
        self.unwritten, self.written, self.watched = None, None, None
        if reboots and away_s > 10:
            self.closed = False
        self.wait(away_s)
        if reboots:
            self.boot, self.booted_ms, self.since = self.boot + 1, self.now_ms, None
        self.session = self.folded()
        self.take(Restarted(self.at()))

    @rule(name=st.sampled_from([Effect.CAPTURED, Effect.CANCELLED]), amount=st.integers(1, 30_000))
    def somebody_in_the_portal(self, name: Effect, amount: int) -> None:
        if self.rare():
            self.meddled |= self.ledger.meddle(REFERENCE, name, nok(amount))

    def rare(self) -> bool:
        return self.now_ms % 5 == 0

    # --- what holds at every instant ------------------------------------------------------------------------------

    @invariant()
    def captured_is_at_most_due_is_at_most_the_hold(self) -> None:
        book = self.ledger.books.get(REFERENCE)
        if book is None or self.meddled:
            return
        settling = self.session.settling if isinstance(self.session, Settled) else self.session
        due = settling.due.due if isinstance(settling, Settling) else nok(0)
        if isinstance(self.session, Stuck) and isinstance(self.session.was, Settling):
            due = self.session.was.due.due
        assert book.account.captured <= due <= self.offer.hold
        assert book.account.captured.minor in (0, due.minor)

    @invariant()
    def nothing_is_done_that_vipps_calls_a_mistake(self) -> None:
        assert self.ledger.mistakes == []

    @invariant()
    def every_state_has_a_way_on(self) -> None:
        if self.session is None:
            return
        assert type(self.session) in get_args(Session)
        pause = idle(self.session, self.at())
        assert (pause is None) == isinstance(self.session, Ended | Stuck)
        assert pause is None or 0 <= pause.after_s <= 1_125

    @invariant()
    def the_end_is_what_vipps_says(self) -> None:
        book = self.ledger.books.get(REFERENCE)
        if isinstance(self.session, Settled):
            assert book is not None
            assert self.session.account == book.account or self.meddled
            assert book.account.captured == self.session.settling.due.due
            assert not book.account.remaining
            assert (REFERENCE in self.ledger.receipts) == bool(book.account.captured)
        if isinstance(self.session, Abandoned) and book is not None:
            assert (book.account.captured.minor, book.account.remaining.minor) == (0, 0)

    @invariant()
    def only_a_strangers_hand_needs_a_person(self) -> None:
        assert self.meddled or not isinstance(self.session, Stuck), self.session

    def teardown(self) -> None:
        """The world is well again: within four days the session is over."""
        self.mute, self.drawing = False, False
        self.ledger.refusals.clear()
        turns = 0
        while self.session is not None and not isinstance(self.session, Ended | Stuck):
            self.turn("clear")
            turns += 1
            assert turns < 60_000, f"never ends: {self.session}"
            assert self.now_ms < 10 * 86_400_000, f"does not end in ten days: {self.session}"
        if self.session is not None:
            self.the_end_is_what_vipps_says()
            self.captured_is_at_most_due_is_at_most_the_hold()
            self.only_a_strangers_hand_needs_a_person()


def _answered(at: Instant, command: Command, heard: Outcome[object] | None) -> Answered:
    steps: dict[type, Step] = {
        Create: Step.CREATE,
        Withdraw: Step.WITHDRAW,
        Capture: Step.CAPTURE,
        Release: Step.RELEASE,
        SendReceipt: Step.RECEIPT,
        LinkSession: Step.LINK,
    }
    what = steps[type(command)]
    match heard:
        case Done(value=value):
            return Answered(at, what, Verdict.DONE, note=value if isinstance(value, str) else "")
        case Refused(trouble=Trouble() as trouble, code=code):
            return Answered(at, what, Verdict.REFUSED, code, trouble=trouble)
        case _:
            return Answered(at, what, Verdict.IN_DOUBT, trouble=AWAY)


TestKiosk = Kiosk.TestCase
TestKiosk.settings = settings(
    max_examples=80, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
