"""From the accepted terms to an approved hold, and every way in which an offer comes to nothing."""

from dataclasses import replace
from typing import assert_never

from kiosk.domain.commands import Command, Create, Look, Watch, Withdraw
from kiosk.domain.energy import Instant
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
from kiosk.domain.metering import gone_s
from kiosk.domain.pacing import UNKNOWNS, begin, slower
from kiosk.domain.payment import Approval, Effect, Payment
from kiosk.domain.reconcile import effects
from kiosk.domain.settling import contested, release_all
from kiosk.domain.states import Abandoned, Asked, Late, Offer, Offered, Ready, Session, Step, Stuck, Why, Withdrawing

OFFER_S = 300  # the glass shows a code this long; Vipps would keep it ten minutes
ASK_S = 60  # "continue or release" waits this long for a hand
FRESH_APPROVAL_S = 300  # an approval older than this at a restart is released unasked
CREATE_TRIES = 3
WAITING_POST_S = 30  # the longest wait while a post stands idle for an answer

Moved = tuple[Session, tuple[Command, ...]]


def opened(event: Opened) -> Moved:
    offer = event.offer
    return Asked(offer, begin(event.at)), (_create(offer),)


def asked(state: Asked, event: Event) -> Moved:
    match event:
        case Answered(step=Step.CREATE, verdict=Verdict.DONE):
            return Offered(state.offer, event.note, event.at), ()
        case Answered(step=Step.CREATE, verdict=Verdict.IN_DOUBT) if state.pace.tries < CREATE_TRIES:
            return replace(state, pace=slower(state.pace, event.at, event.retry_after_s, WAITING_POST_S)), ()
        case Answered(step=Step.CREATE):
            return _look_first(state.offer, Why.NOT_CREATED, event.at, event.trouble)
        case Ticked():
            return state, (_create(state.offer),)
        case Pressed(act=Act.CANCEL):
            return _withdraw(state.offer, Why.DRIVER_CANCELLED, event.at)
        case Restarted():
            return _look_first(state.offer, _why_back(event), event.at)
        case _:
            return state, ()


def offered(state: Offered, event: Event) -> Moved:
    match event:
        case Looked(payment=Payment(approval=Approval.AUTHORIZED) as payment):
            return approved(state.offer, payment, event.at)
        case Looked(payment=Payment(approval=approval)) if approval.dead:
            return Abandoned(state.offer, why_dead(approval, Why.EXPIRED), event.at), ()
        case Pressed(act=Act.CANCEL):
            return _withdraw(state.offer, Why.DRIVER_CANCELLED, event.at, known=True)
        case Restarted():
            return _look_first(state.offer, _why_back(event), event.at, known=True)
        case Looked() | LookFailed() | Ticked() if _over(state.since, event.at, OFFER_S):
            return _withdraw(state.offer, Why.OFFER_RAN_OUT, event.at, known=True)
        case _:
            return state, ()


def approved(offer: Offer, payment: Payment, at: Instant) -> Moved:
    """Money is reserved. Charging starts only if it is all of the hold and nobody has touched it, by sums and log."""
    if payment.account.remaining != offer.hold or effects(payment.log):
        return contested(offer, Why.FAULT, payment, at)
    return Ready(offer, at), (Watch(),)


def withdrawing(state: Withdrawing, event: Event) -> Moved:
    match event:
        case Answered(step=Step.WITHDRAW, verdict=Verdict.IN_DOUBT):
            return replace(state, pace=slower(state.pace, event.at, event.retry_after_s, WAITING_POST_S)), ()
        case Answered(step=Step.WITHDRAW):
            return replace(state, refused=event.verdict is Verdict.REFUSED), (Look(state.offer.reference),)
        case Looked(payment=None):
            return _unknown(state, event.at)
        case Looked(payment=Payment() as payment):
            return _withdrawn(replace(state, known=True, unknowns=0), payment, event.at)
        case LookFailed():
            return replace(state, pace=slower(state.pace, event.at, event.retry_after_s, WAITING_POST_S)), ()
        case Restarted(salvaged=True):
            return replace(state, why=Why.FAULT), ()
        case _:
            return state, ()


def _unknown(state: Withdrawing, at: Instant) -> Moved:
    """No such payment. One that was never shown to us never was; one that was there cannot just be gone."""
    if not state.known:
        return Abandoned(state.offer, state.why, at, state.trouble), ()
    state = replace(state, unknowns=state.unknowns + 1, pace=slower(state.pace, at, longest_s=WAITING_POST_S))
    if state.unknowns < UNKNOWNS:
        return state, ()
    text = f"Vipps does not know {state.offer.reference} any more. Look for it in the portal of this sales unit."
    return Stuck(state, Trouble(Fault.PAYMENT_UNKNOWN, text), at), ()


def _withdrawn(state: Withdrawing, payment: Payment, at: Instant) -> Moved:
    """What Vipps says after we took the offer back: gone, approved first, or still open."""
    if payment.approval.dead:
        return Abandoned(state.offer, why_dead(payment.approval, state.why), at, state.trouble), ()
    if payment.approval is Approval.AUTHORIZED:
        return _won_the_race(state, payment, at)
    if payment.approval is Approval.CREATED and state.pace.left_s(at) == 0:
        generation = state.generation + 1 if state.refused else state.generation
        pace = slower(state.pace, at, longest_s=WAITING_POST_S)
        command = Withdraw(state.offer.reference, state.offer.key(Step.WITHDRAW, generation))
        return replace(state, generation=generation, refused=False, pace=pace), (command,)
    return replace(state, pace=slower(state.pace, at, longest_s=WAITING_POST_S)), ()


def _won_the_race(state: Withdrawing, payment: Payment, at: Instant) -> Moved:
    approvals = [entry.utc_ms for entry in payment.log if entry.name == Effect.AUTHORIZED and entry.success]
    fresh = bool(approvals) and at.utc_ms - max(approvals) <= FRESH_APPROVAL_S * 1000
    if payment.account.remaining != state.offer.hold or effects(payment.log):
        return contested(state.offer, state.why, payment, at)
    if state.why in (Why.DRIVER_CANCELLED, Why.FAULT) or not fresh:
        return release_all(state.offer, state.why, at)
    return Late(state.offer, at), ()


def late(state: Late, event: Event) -> Moved:
    match event:
        case Pressed(act=Act.CONTINUE):
            return Ready(state.offer, event.at), (Watch(),)
        case Pressed(act=Act.RELEASE | Act.CANCEL):
            return release_all(state.offer, Why.DRIVER_CANCELLED, event.at)
        case Ticked() | Restarted() if _over(state.since, event.at, ASK_S):
            return release_all(state.offer, Why.NOT_CONTINUED, event.at)
        case Restarted(salvaged=True):
            return release_all(state.offer, Why.RESTARTED, event.at)
        case (
            Opened()
            | Answered()
            | Looked()
            | LookFailed()
            | Watched()
            | Switched()
            | Pressed()
            | Ticked()
            | Restarted()
        ):
            return state, ()
        case _:
            assert_never(event)


def _why_back(event: Restarted) -> Why:
    """After a damaged journal a fault: its last rows may have charged already, so nobody is asked to continue."""
    return Why.FAULT if event.salvaged else Why.RESTARTED


def why_dead(approval: Approval, otherwise: Why) -> Why:
    return {Approval.ABORTED: Why.REJECTED, Approval.EXPIRED: Why.EXPIRED}.get(approval, otherwise)


def _create(offer: Offer) -> Create:
    return Create(offer.reference, offer.hold, offer.key(Step.CREATE, 0))


def _withdraw(offer: Offer, why: Why, at: Instant, known: bool = False) -> Moved:
    state = Withdrawing(offer, why, slower(begin(at), at), known=known)
    return state, (Withdraw(offer.reference, offer.key(Step.WITHDRAW, 0)),)


def _look_first(offer: Offer, why: Why, at: Instant, trouble: Trouble | None = None, known: bool = False) -> Moved:
    return Withdrawing(offer, why, begin(at), trouble=trouble, known=known), (Look(offer.reference),)


def _over(since: Instant, now: Instant, limit_s: int) -> bool:
    """Across a boot by the wall clock, and one that fell back is read as *over*: a code or a question must not live on."""
    fell_back = since.boot != now.boot and now.utc_ms < since.utc_ms
    return fell_back or gone_s(since, now) >= limit_s
