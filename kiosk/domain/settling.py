"""Settlement: capture, verify, release, verify, receipt, link. One step at a time, and asked before it is repeated."""

from dataclasses import replace
from typing import assert_never

from kiosk.domain.commands import Capture, Command, LinkSession, Look, Release, SendReceipt
from kiosk.domain.energy import Instant, Reading, elapsed_ms
from kiosk.domain.events import (
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
from kiosk.domain.money import Money, zero
from kiosk.domain.pacing import UNKNOWNS, begin, slower
from kiosk.domain.payment import Approval, Payment
from kiosk.domain.receipt import Receipt, billed_registers
from kiosk.domain.reconcile import find
from kiosk.domain.states import Abandoned, Offer, Session, Settled, Settling, Step, Stuck, Why
from kiosk.domain.tariff import Due, Usage

GENERATIONS = 12
HOURLY_S = 3600
LINK_TRIES = 12
LANDS_LATER_MS = 900_000  # a send that the log does not show may still take effect minutes later
REFUSED_S = 60
FUNDS_GONE = "6260"
FOR_A_PERSON = {Fault.PART_CAPTURE_REFUSED, Fault.DEADLINE_PASSED, Fault.PAYMENT_MISMATCH}

Moved = tuple[Session, tuple[Command, ...]]


def release_all(offer: Offer, why: Why, at: Instant, fault: Trouble | None = None) -> Moved:
    """Nothing is due: the whole hold goes back, at once and unasked."""
    nothing = zero(offer.hold.currency)
    return settle(offer, Due(nothing, nothing, nothing, ()), Usage(), why, at, fault=fault)


def contested(offer: Offer, why: Why, payment: Payment, at: Instant) -> Moved:
    """Nothing is due, and the hold is not whole: what the log proves is read before anything is sent."""
    nothing = zero(offer.hold.currency)
    due = Due(nothing, nothing, nothing, ())
    return _looked(Settling(offer, due, Usage(), why, None, None, Step.RELEASE, begin(at)), payment, at)


def settle(
    offer: Offer,
    due: Due,
    usage: Usage,
    why: Why,
    at: Instant,
    *,
    registers: tuple[Reading, Reading] | None = None,
    fault: Trouble | None = None,
) -> Moved:
    """The due is fixed here, once; it never changes again."""
    begin_reading, end_reading = registers or (None, None)
    step = Step.CAPTURE if due.due else Step.RELEASE
    state = Settling(offer, due, usage, why, begin_reading, end_reading, step, begin(at), fault=fault)
    # Somebody may have had a hand in this payment meanwhile: nothing is sent upon that.
    return state, (Look(offer.reference),)


def settling(state: Settling, event: Event) -> Moved:
    match event:
        case Answered(step=step) if step is not state.step:
            return state, ()
        case Answered():
            return _answered(state, event)
        case Looked(payment=payment):
            if payment is None:
                return _unknown(state, event.at)
            return _looked(replace(state, unknowns=0), payment, event.at)
        case LookFailed():
            return replace(state, pace=slower(state.pace, event.at, event.retry_after_s)), ()
        case Restarted():
            # Only a send that was cut off counts as a try: else a machine that restarts often would never come to the next.
            pace = slower(state.pace, event.at) if state.sent else state.pace
            # Only within one boot is it proven how long ago a send was, so the wait for it begins anew.
            open_send = state.sent or state.doubtful_since is not None or event.salvaged
            return replace(state, sent=False, pace=pace, doubtful_since=event.at if open_send else None), ()
        case Ticked() if state.step in (Step.RECEIPT, Step.LINK):
            return _send(state, event.at)
        case Opened() | Ticked() | Watched() | Switched() | Pressed():
            return state, ()
        case _:
            assert_never(event)


def _answered(state: Settling, event: Answered) -> Moved:
    if event.verdict is Verdict.IN_DOUBT:
        slow = _in_doubt(state, event.at, event.retry_after_s)
        if state.step is Step.LINK and slow.pace.tries > LINK_TRIES:
            return _settled(slow, "not linked: Vipps did not answer", event.at)
        return slow, ()
    if state.step is Step.RECEIPT:
        if event.verdict is Verdict.REFUSED:
            return _receipt_refused(state, event)
        return _next(replace(state, receipt=event.note), event.at)
    if state.step is Step.LINK:
        refused = event.verdict is Verdict.REFUSED
        return _settled(state, f"refused: {event.code}" if refused else event.note, event.at)
    if event.verdict is Verdict.REFUSED:
        return replace(state, refusal=event.trouble, refusal_code=event.code), (Look(state.offer.reference),)
    # A yes is believed once the account shows it, and may land as late as no answer at all.
    return replace(state, refusal=None, refusal_code="", doubtful_since=event.at), (Look(state.offer.reference),)


def _in_doubt(state: Settling, at: Instant, retry_after_s: int | None = None) -> Settling:
    """What was sent may have happened, or may happen yet."""
    return replace(state, sent=False, doubtful_since=at, pace=slower(state.pace, at, retry_after_s))


def _receipt_refused(state: Settling, event: Answered) -> Moved:
    """The money is settled. Only a no to this very receipt needs a person; a no to our keys is asked again."""
    trouble = event.trouble or Trouble(Fault.RECEIPT_REFUSED, "Vipps refused the receipt.")
    if trouble.fault is Fault.VIPPS_KEYS:
        return replace(state, sent=False, pace=slower(state.pace, event.at)), ()
    return Stuck(state, trouble, event.at), ()


def _unknown(state: Settling, at: Instant) -> Moved:
    """One "no such payment" may be a gateway's; several in a row are for a person."""
    state = replace(state, unknowns=state.unknowns + 1, sent=False, pace=slower(state.pace, at))
    if state.unknowns < UNKNOWNS:
        return state, ()
    return _stuck(state, Fault.PAYMENT_UNKNOWN, f"Vipps does not know {state.offer.reference}.", at)


def _looked(state: Settling, payment: Payment, at: Instant) -> Moved:
    """Compare Vipps' account with our intent. Only what it proves moves the session on."""
    state = replace(state, checked=payment.account)
    offer, due, account = state.offer, state.due.due, payment.account
    if payment.approval.dead:
        if not due:
            return Abandoned(offer, state.why, at, state.fault), ()
        text = f"The hold of {offer.reference} is {payment.approval} although {due} is due. Ask the driver to pay otherwise."
        return _stuck(state, Fault.PAYMENT_MISMATCH, text, at)
    if payment.approval is not Approval.AUTHORIZED:
        return replace(state, sent=False, pace=slower(state.pace, at)), ()
    found = find(payment, offer, due, _sent(state))
    if (strange := found.foreign) is not None:
        text = f"{strange.name} {strange.amount} in {offer.reference} was not asked for by this station."
        return _stuck(state, Fault.PAYMENT_FOREIGN, text, at)
    if account.authorized != offer.hold or account.captured not in (zero(due.currency), due):
        text = (
            f"Vipps reports {account.captured} of {account.authorized}; this station asked for {due} of {offer.hold}."
        )
        return _stuck(state, Fault.PAYMENT_MISMATCH, text, at)
    if state.step is Step.CAPTURE and account.captured == due:
        return _next(replace(state, captured_at=at), at)
    if state.step is Step.CAPTURE:
        return _lagging(state, at) if state.step in found.ours else _again(state, at)
    if account.captured != due:
        text = f"{offer.reference} came to its release with {account.captured} captured and {due} due."
        return _stuck(state, Fault.PAYMENT_MISMATCH, text, at)
    if not account.remaining:
        return _next(replace(state, released_at=at), at)
    return _lagging(state, at) if state.step in found.ours else _again(state, at)


def _lagging(state: Settling, at: Instant) -> Moved:
    """The log shows our effect and the sums do not yet: look again, and whatever was refused, never send again."""
    return replace(state, sent=False, pace=slower(state.pace, at)), ()


def _again(state: Settling, at: Instant) -> Moved:
    """Proven: no effect yet. A refusal sticks to its key and takes a new generation; all else repeats its key.

    A no to our keys is said at the door and sticks to nothing. No new key is used while a send under the present one may
    still land: both would take effect.
    """
    if state.refusal is not None and state.refusal.fault is Fault.VIPPS_KEYS:
        return replace(state, refusal=None, refusal_code="", sent=False, pace=slower(state.pace, at)), ()
    if state.refusal is None:
        if state.sent or state.pace.left_s(at) > 0:
            return replace(state, sent=False, pace=slower(state.pace, at)), ()
        return _send(state, at)
    if state.refusal.fault in FOR_A_PERSON or state.refusal_code == FUNDS_GONE:
        return Stuck(state, state.refusal, at), ()
    if state.doubtful_since is not None and elapsed_ms(state.doubtful_since, at) < LANDS_LATER_MS:
        return replace(state, sent=False, pace=slower(state.pace, at)), ()
    # Only the deadline ends this, and Vipps says when that is; a no that stays is asked about once an hour.
    pace = slower(state.pace, at, REFUSED_S)
    if state.generation + 1 >= GENERATIONS:
        pace = replace(pace, wait_s=HOURLY_S)
    return replace(_fresh(state), generation=state.generation + 1, pace=pace), ()


def _fresh(state: Settling) -> Settling:
    """Under a key that was never sent."""
    return replace(state, refusal=None, refusal_code="", sent=False, doubtful_since=None)


def _next(state: Settling, at: Instant) -> Moved:
    """The step is verified. Skip what has nothing to do."""
    account = state.checked
    fresh = replace(_fresh(state), generation=0, pace=begin(at))
    if state.step is Step.CAPTURE:
        fresh = replace(fresh, capture_generation=state.generation)
        remaining = account.remaining if account else zero(state.due.due.currency)
        return _send(replace(fresh, step=Step.RELEASE if remaining else Step.RECEIPT), at)
    if state.step is Step.RELEASE:
        return _send(replace(fresh, step=Step.RECEIPT), at) if state.due.due else _settled(fresh, "", at)
    if state.offer.session_url is None:
        return _settled(fresh, "not linked: the site has no public address", at)
    return _send(replace(fresh, step=Step.LINK), at)


def _send(state: Settling, at: Instant) -> Moved:
    offer, due = state.offer, state.due
    sent = replace(state, sent=True, pace=slower(state.pace, at))
    match state.step:
        case Step.CAPTURE:
            return sent, (Capture(offer.reference, due.due, offer.key(Step.CAPTURE, state.generation)),)
        case Step.RELEASE:
            return sent, (Release(offer.reference, offer.key(Step.RELEASE, state.generation)),)
        case Step.RECEIPT:
            receipt = Receipt(
                offer.reference, offer.station, due.due, due.lines, billed_registers(state.begin, state.end)
            )
            return sent, (SendReceipt(receipt),)
        case Step.LINK:
            return sent, (LinkSession(offer.reference, offer.session_url or ""),)
        case Step.CREATE | Step.WITHDRAW:
            raise ValueError(f"{state.step} is no step of settlement.")
        case _:
            assert_never(state.step)


def _settled(state: Settling, link: str, at: Instant) -> Moved:
    nothing: Money = zero(state.due.due.currency)
    if state.checked is None or state.checked.remaining != nothing or state.checked.captured != state.due.due:
        raise AssertionError(f"{state.offer.reference} is not settled: Vipps reports {state.checked}.")
    return Settled(state, state.checked, link, at), ()


def _sent(state: Settling) -> dict[Step, int]:
    """The highest generation of each step that may have reached Vipps."""
    if state.step is Step.CAPTURE:
        return {Step.CAPTURE: state.generation}
    past = {Step.CAPTURE: state.capture_generation} if state.due.due else {}
    return past | {Step.RELEASE: state.generation}


def _stuck(state: Settling, fault: Fault, text: str, at: Instant) -> Moved:
    return Stuck(state, Trouble(fault, text), at), ()
