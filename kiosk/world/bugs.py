"""Planted bugs of keys and settlement: each as what of the real product it replaces. `plants` has the table."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import uuid5

from kiosk.domain import offering, settling, stopping
from kiosk.domain.commands import Capture, SendReceipt
from kiosk.domain.energy import Instant
from kiosk.domain.events import Answered, Event, Restarted, Verdict
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.pacing import begin, slower
from kiosk.domain.reconcile import Findings
from kiosk.domain.states import Offer, Settling, Step, Stuck, Why
from kiosk.domain.tariff import Usage
from kiosk.flow import tasks
from kiosk.flow.site import Site

Patch = tuple[Any, str, Any]


# --- keys -----------------------------------------------------------------------------------------------------------------


def random_key() -> list[Patch]:
    number = count()
    return [(Offer, "key", lambda self, step, generation: _key(self, f"{step}|{generation}|{next(number)}"))]


def key_per_process() -> list[Patch]:
    number, build = [0], Site.__init__

    def made(self: Site, *args: Any) -> None:
        number[0] += 1
        build(self, *args)

    return [
        (Site, "__init__", made),
        (Offer, "key", lambda self, step, generation: _key(self, f"{step}|{generation}|{number[0]}")),
    ]


def key_for_all() -> list[Patch]:
    return [(Offer, "key", lambda self, _step, generation: _key(self, f"{generation}"))]


def _key(offer: Offer, text: str) -> str:
    return str(uuid5(offer.installation, f"{offer.reference}|{text}"))


# --- settlement -------------------------------------------------------------------------------------------------------------


def answering(other: Callable[[Settling, Answered], Any]) -> Callable[[], list[Patch]]:
    """`other` answers instead, or None where the product's own answer stays."""

    def patches() -> list[Patch]:
        usual = settling._answered
        return [(settling, "_answered", lambda state, event: other(state, event) or usual(state, event))]

    return patches


def new_key_after_doubt(state: Settling, event: Answered) -> Any:
    if event.verdict is Verdict.IN_DOUBT and state.step in (Step.CAPTURE, Step.RELEASE):
        pace = slower(state.pace, event.at)
        return replace(state, sent=False, generation=state.generation + 1, pace=pace), ()
    return None


def repeat_unasked(state: Settling, event: Answered) -> Any:
    if event.verdict is Verdict.IN_DOUBT and state.pace.tries < 4:
        return settling._send(state, event.at)
    return None


def believe_the_answer(state: Settling, event: Answered) -> Any:
    if event.verdict is Verdict.DONE and state.step in (Step.CAPTURE, Step.RELEASE):
        return settling._next(state, event.at)
    return None


def no_is_yes(state: Settling, event: Answered) -> Any:
    if event.verdict is Verdict.REFUSED and state.step in (Step.CAPTURE, Step.RELEASE):
        return settling._next(state, event.at)
    return None


def doubt_is_for_people(state: Settling, event: Answered) -> Any:
    if event.verdict is Verdict.IN_DOUBT and state.step is Step.RECEIPT:
        return Stuck(state, Trouble(Fault.RECEIPT_REFUSED, "No answer."), event.at), ()
    return None


def same_key_after_a_no() -> list[Patch]:
    usual = settling._again

    def again(state: Settling, at: Instant) -> Any:
        after, commands = usual(state, at)
        return (replace(after, generation=state.generation) if isinstance(after, Settling) else after), commands

    return [(settling, "_again", again)]


def pace_in_memory() -> list[Patch]:
    usual = settling.settling

    def forgetful(state: Settling, event: Event) -> Any:
        if isinstance(event, Restarted):
            return replace(state, sent=False, pace=begin(event.at)), ()
        return usual(state, event)

    return [(settling, "settling", forgetful)]


def sums_only() -> list[Patch]:
    return [(settling, "find", lambda *_: Findings(frozenset(), None))]


def release_first() -> list[Patch]:
    usual = settling.settle

    def hasty(offer: Offer, due: Any, usage: Usage, why: Why, at: Instant, **more: Any) -> Any:
        state, _ = usual(offer, due, usage, why, at, **more)
        assert isinstance(state, Settling)
        return settling._send(replace(state, step=Step.RELEASE), at)

    return [(stopping, "settle", hasty)]


def capture_the_hold() -> list[Patch]:
    usual = settling._send

    def greedy(state: Settling, at: Instant) -> Any:
        after, commands = usual(state, at)
        whole = tuple(
            replace(each, amount=state.offer.hold) if isinstance(each, Capture) else each for each in commands
        )
        return after, whole

    return [(settling, "_send", greedy)]


def skipping(step: Step, then: Step) -> Callable[[], list[Patch]]:
    """After `step` the session goes on with `then`, past what lies between."""

    def patches() -> list[Patch]:
        usual = settling._next

        def skip(state: Settling, at: Instant) -> Any:
            if state.step is step and state.due.due:
                return settling._send(replace(state, step=then, generation=0, refusal=None, pace=begin(at)), at)
            return usual(state, at)

        return [(settling, "_next", skip)]

    return patches


def receipt_of_the_hold() -> list[Patch]:
    usual = settling._send

    def wrong(state: Settling, at: Instant) -> Any:
        after, commands = usual(state, at)
        return after, tuple(_of_hold(each, state) if isinstance(each, SendReceipt) else each for each in commands)

    return [(settling, "_send", wrong)]


def _of_hold(command: SendReceipt, state: Settling) -> SendReceipt:
    line = replace(command.receipt.lines[0], gross=state.offer.hold)
    return SendReceipt(replace(command.receipt, total=state.offer.hold, lines=(line,)))


# --- what the worlds have found in the product, put back ---------------------------------------------------------------


def new_key_too_soon() -> list[Patch]:
    return [(settling, "LANDS_LATER_MS", 0)]


def new_key_after_a_no_to_ours() -> list[Patch]:
    usual = settling._again

    def again(state: Settling, at: Instant) -> Any:
        refusal = state.refusal
        if refusal is not None and refusal.fault is Fault.VIPPS_KEYS:
            state = replace(state, refusal=replace(refusal, fault=Fault.CAPTURE_REFUSED), doubtful_since=None)
        return usual(state, at)

    return [(settling, "_again", again)]


def log_unseen_at_the_approval() -> list[Patch]:
    return [(offering, "effects", lambda _log: [])]


def scope_cut_short() -> list[Patch]:
    async def leave(scope: Any, _kind: Any, error: BaseException | None, _trace: Any) -> None:
        while scope._tasks:
            task = scope._tasks[-1]
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=tasks.CANCEL_AGAIN_S)
            await asyncio.sleep(0)
        if scope._failed.done() and not scope._failed.cancelled() and error is None:
            scope._failed.result()

    return [(tasks.TaskScope, "__aexit__", leave)]
