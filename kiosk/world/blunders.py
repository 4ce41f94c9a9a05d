"""More planted bugs: those of price, meter, offer, contactor, journal and glass."""

from dataclasses import replace
from typing import Any

from kiosk.domain import charging, offering, settling, stopping
from kiosk.domain.energy import Instant, Pilot, elapsed_ms
from kiosk.domain.events import Answered, Event, Looked, Switched, Ticked, Verdict, Watched
from kiosk.domain.money import Money
from kiosk.domain.payment import Approval, Payment
from kiosk.domain.receipt import Line
from kiosk.domain.states import Abandoned, Asked, Late, Offered, Ready, Why, Withdrawing
from kiosk.domain.tariff import Tariff, Usage
from kiosk.flow import loop, recovery
from kiosk.flow.codec import event_row
from kiosk.flow.loop import SessionLoop
from kiosk.flow.perform import Performer
from kiosk.flow.post import Post
from kiosk.ui.station import ending

Patch = tuple[Any, str, Any]


# --- the due and the price ----------------------------------------------------------------------------------------------------


def due_recomputed() -> list[Patch]:
    """As an update that rounds up, and works the due out again from the events."""

    def recomputed(session: Any, row: Any) -> Any:  # noqa: ARG001 - the row is what is not looked at
        due = session.due
        if not due.lines:
            return session
        more = Money(due.due.minor + 1, due.due.currency)
        line = replace(due.lines[0], gross=due.lines[0].gross + (more - due.due))
        return replace(session, due=replace(due, due=more, lines=(line, *due.lines[1:])))

    return [(recovery, "_owing", recomputed)]


def due_unwritten() -> list[Patch]:
    return [(loop, "due_row", lambda session, _due, at: event_row(session, Ticked(at)))]


def float_money() -> list[Patch]:
    def line(self: Tariff, kind: Any, quantity: int, price_e4: int, per: int) -> Line:
        gross = Money(int(price_e4 / 10_000 * quantity / per * 100), self.currency)
        return Line(kind, quantity, price_e4, gross, self.vat_bp)

    return [(Tariff, "_line", line)]


def fee_without_energy() -> list[Patch]:
    usual = Tariff.lines
    return [(Tariff, "lines", lambda self, usage: usual(self, replace(usage, energy_wh=max(1, usage.energy_wh))))]


def above_the_hold() -> list[Patch]:
    usual = Tariff.due

    def whole(self: Tariff, usage: Usage, hold: Money) -> Any:
        due = usual(self, usage, hold)
        return replace(due, due=due.proven, lines=self.lines(usage)) if due.due else due

    return [(Tariff, "due", whole)]


def hold_outrun() -> list[Patch]:
    return [(Tariff, "outruns", lambda *_: False)]


def power_for_register() -> list[Patch]:
    """Energy as a wallbox counts a session: power times time."""
    usual = charging._count

    def counted(state: Any, reading: Any) -> Any:
        after = usual(state, reading)
        gone_wh = reading.power_w * elapsed_ms(state.last.at, reading.at) // 3_600_000
        return replace(after, usage=replace(after.usage, energy_wh=state.usage.energy_wh + gone_wh + 1))

    def end(state: Any, reading: Any, at: Instant) -> Any:
        due = state.offer.tariff.due(state.usage, state.offer.hold)
        return settling.settle(state.offer, due, state.usage, state.why, at, registers=(state.begin, reading))

    return [(charging, "_count", counted), (stopping, "_end", end)]


def meter_believed() -> list[Patch]:
    return [(charging, "doubt", lambda *_: None), (stopping, "doubt", lambda *_: None)]


# --- offers, cable and contactor ------------------------------------------------------------------------------------------------


def doubt_is_failure() -> list[Patch]:
    usual = offering.asked

    def asked(state: Asked, event: Event) -> Any:
        if isinstance(event, Answered) and event.verdict is Verdict.IN_DOUBT:
            return Abandoned(state.offer, Why.NOT_CREATED, event.at, event.trouble), ()
        return usual(state, event)

    return [(offering, "asked", asked)]


def late_approval_forgotten() -> list[Patch]:
    return [(offering, "_won_the_race", lambda state, _payment, at: (Abandoned(state.offer, state.why, at), ()))]


def energy_before_approval() -> list[Patch]:
    usual = offering.offered

    def offered(state: Offered, event: Event) -> Any:
        match event:
            case Looked(payment=Payment(approval=Approval.CREATED)):
                return Ready(state.offer, event.at), ()
            case _:
                return usual(state, event)

    return [(offering, "offered", offered)]


def never_opens() -> list[Patch]:
    usual = Performer._switch

    async def switch(self: Performer, closed: bool) -> Any:
        return await usual(self, True) if closed else Switched(self._ports.clock.now(), False, Verdict.DONE)

    return [(Performer, "_switch", switch)]


def on_after_a_power_cut() -> list[Patch]:
    return [(charging, "_never_opened", lambda *_: True)]


def unplug_unseen() -> list[Patch]:
    usual_decide, usual_await = charging._decide, charging._await_energy

    def blind(event: Watched) -> Watched:
        plug = event.plug
        return replace(event, plug=replace(plug, pilot=Pilot.B)) if plug and plug.pilot is Pilot.A else event

    return [
        (charging, "_decide", lambda state, event: usual_decide(state, blind(event))),
        (charging, "_await_energy", lambda state, event: usual_await(state, blind(event))),
    ]


# --- the journal and the loop -----------------------------------------------------------------------------------------------------


def intent_after_effect() -> list[Patch]:
    usual = SessionLoop._rows

    def rows(self: Any, event: Event, moved: Any) -> Any:
        now = usual(self, event, moved)
        late = getattr(self, "_late", [])
        self._late = [row for row in now if row.kind.startswith("intent:")]
        return [*late, *(row for row in now if not row.kind.startswith("intent:"))]

    return [(SessionLoop, "_rows", rows)]


def resumed_twice() -> list[Patch]:
    usual = Post.resume

    def resume(self: Post, session: Any, *, salvaged: bool) -> None:
        usual(self, session, salvaged=salvaged)
        usual(self, session, salvaged=salvaged)

    return [(Post, "resume", resume)]


def offers_forgotten() -> list[Patch]:
    usual = Post.resume

    def resume(self: Post, session: Any, *, salvaged: bool) -> None:
        if not isinstance(session, Asked | Offered | Withdrawing | Late):
            usual(self, session, salvaged=salvaged)

    return [(Post, "resume", resume)]


def two_at_once() -> list[Patch]:
    return [(Post, "free", property(lambda _self: True))]


def paid_early() -> list[Patch]:
    return [(ending, "verified", lambda _settling: True)]
