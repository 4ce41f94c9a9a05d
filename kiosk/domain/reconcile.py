"""What the event log proves about our own acts. Going by the aggregate alone once led to a double capture."""

from collections.abc import Iterable
from dataclasses import dataclass

from kiosk.domain.money import Money
from kiosk.domain.payment import Effect, LogEntry, Payment
from kiosk.domain.states import Offer, Step

EFFECTS = {Step.CAPTURE: Effect.CAPTURED, Step.RELEASE: Effect.CANCELLED}


@dataclass(frozen=True)
class Findings:
    """`ours`: the steps whose effect the log shows as ours. `foreign`: somebody else's hand in this payment."""

    ours: frozenset[Step]
    foreign: LogEntry | None


def find(payment: Payment, offer: Offer, due: Money, sent: dict[Step, int]) -> Findings:
    """Sort the effects in the log. `sent` is the highest generation of each step that may have been on the wire.

    An entry under a key of ours is ours. One without any key is ours only if that step was sent and the amount is ours
    (of a release it is not documented whether the log has the rest or the whole): doubt goes to a person.
    """
    amounts = {Step.CAPTURE: {due}, Step.RELEASE: {offer.hold - due, offer.hold}}
    keys = {step: {offer.key(step, n) for n in range(top + 1)} for step, top in sent.items()}
    ours: set[Step] = set()
    for entry in effects(payment.log):
        step = next((step for step, name in EFFECTS.items() if name == entry.name), None)
        if step not in keys or not (entry.amount in amounts[step] if entry.key is None else entry.key in keys[step]):
            return Findings(frozenset(ours), entry)
        ours.add(step)
    return Findings(frozenset(ours), None)


def effects(log: Iterable[LogEntry]) -> list[LogEntry]:
    moving = (Effect.CAPTURED, Effect.CANCELLED, Effect.REFUNDED)
    return [entry for entry in log if entry.success and entry.name in moving]
