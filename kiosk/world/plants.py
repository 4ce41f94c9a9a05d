"""Bugs that are planted into the real product on purpose: how we know that the worlds see. One table, nothing else uses it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from kiosk.domain.states import Step
from kiosk.world.blunders import (
    above_the_hold,
    doubt_is_failure,
    due_recomputed,
    due_unwritten,
    energy_before_approval,
    fee_without_energy,
    float_money,
    hold_outrun,
    intent_after_effect,
    late_approval_forgotten,
    meter_believed,
    never_opens,
    offers_forgotten,
    on_after_a_power_cut,
    paid_early,
    power_for_register,
    resumed_twice,
    two_at_once,
    unplug_unseen,
)
from kiosk.world.bugs import (
    Patch,
    answering,
    believe_the_answer,
    capture_the_hold,
    doubt_is_for_people,
    key_for_all,
    key_per_process,
    log_unseen_at_the_approval,
    new_key_after_a_no_to_ours,
    new_key_after_doubt,
    new_key_too_soon,
    no_is_yes,
    pace_in_memory,
    random_key,
    receipt_of_the_hold,
    release_first,
    repeat_unasked,
    same_key_after_a_no,
    scope_cut_short,
    skipping,
    sums_only,
)
from kiosk.world.plan import Mishap, Weights


@dataclass(frozen=True)
class Plant:
    """`patches` says what of the product is replaced, and `weights` where the worlds should look for it."""

    name: str
    sentence: str
    patches: Callable[[], list[Patch]]
    weights: Weights = field(default_factory=Weights)


@contextmanager
def planted(name: str | None) -> Iterator[None]:
    """The product with this bug in it, as long as the block lasts."""
    patches = PLANTS[name].patches() if name else []
    before = [(owner, attribute, owner.__dict__[attribute]) for owner, attribute, _ in patches]
    for owner, attribute, value in patches:
        setattr(owner, attribute, value)
    try:
        yield
    finally:
        for owner, attribute, value in before:
            setattr(owner, attribute, value)


RESTARTS = {Mishap.CUT_AFTER_SEND: 0.08, Mishap.CUT_IN_COMMIT: 0.04, Mishap.CUT_ANY_TIME: 0.5}
DOUBT = {Mishap.ANSWER_LOST: 0.25, Mishap.REQUEST_LOST: 0.1}
NO = {Mishap.STICKY_400: 0.4, Mishap.NOT_RESERVED: 0.4}
PORTAL = {Mishap.PORTAL_CAPTURE: 0.3, Mishap.PORTAL_CANCEL: 0.3, Mishap.PORTAL_REFUND: 0.3}
QUIET = 0.05


def _plant(
    name: str, sentence: str, patches: Callable[[], list[Patch]], *, others: float = QUIET, **rates: float
) -> Plant:
    return Plant(name, sentence, patches, Weights({Mishap[key]: rate for key, rate in rates.items()}, others))


def _rates(*groups: dict[Mishap, float]) -> dict[str, float]:
    return {mishap.name: rate for group in groups for mishap, rate in group.items()}


TABLE = (
    _plant("random-key", "Each time a key is asked for it is another one.", random_key, **_rates(DOUBT)),
    _plant("key-per-process", "A restart makes other keys.", key_per_process, **_rates(RESTARTS, DOUBT)),
    _plant("key-for-all", "Capture and release share one key.", key_for_all),
    _plant("new-key-after-doubt", "A time-out gets a new key.", answering(new_key_after_doubt), **_rates(DOUBT)),
    _plant("same-key-after-a-no", "A refusal that sticks to its key keeps its key.", same_key_after_a_no, **_rates(NO)),
    _plant("repeat-unasked", "A capture in doubt is sent again before Vipps is asked.", answering(repeat_unasked), **_rates(DOUBT)),
    _plant("believe-the-answer", "A capture counts as done without a look at the account.", answering(believe_the_answer)),
    _plant("no-is-yes", "A refused capture counts as done.", answering(no_is_yes), **_rates(NO)),
    _plant("doubt-is-for-people", "A receipt without an answer is left to a person.", answering(doubt_is_for_people), **_rates(DOUBT)),
    _plant("pace-in-memory", "A restart forgets when to try next.", pace_in_memory, others=0.0, CRASH_LOOP=0.9, CUT_AFTER_SEND=0.3, REQUEST_LOST=0.7),
    _plant("sums-only", "The event log is not looked at.", sums_only, **_rates(PORTAL)),
    _plant("release-first", "The rest is released before the capture.", release_first),
    _plant("capture-the-hold", "The whole hold is captured.", capture_the_hold),
    _plant("no-release", "The rest is never released.", skipping(Step.CAPTURE, Step.RECEIPT)),
    _plant("no-receipt", "The receipt is left out.", skipping(Step.RELEASE, Step.LINK)),
    _plant("receipt-of-the-hold", "The receipt says the hold.", receipt_of_the_hold),
    _plant("due-recomputed", "A restart works the due out again, with another rounding.", due_recomputed, **_rates(RESTARTS, DOUBT)),
    _plant("due-unwritten", "The due has no row of its own.", due_unwritten),
    _plant("float-money", "Prices are floats, cut off.", float_money),
    _plant("fee-without-energy", "The start fee is due without energy.", fee_without_energy, NEVER_DRAWS=0.5),
    _plant("above-the-hold", "The due may be more than the hold.", above_the_hold, POWER_STEP=1.0, METER_SLOW=0.6),
    _plant("hold-outrun", "Nobody looks ahead to the hold's end.", hold_outrun),
    _plant("power-for-register", "Energy is power times time.", power_for_register),
    _plant("meter-believed", "Every reading is believed.", meter_believed, METER_JUMP=0.5, METER_SENTINEL=0.5),
    _plant("doubt-is-failure", "An offer without an answer is given up.", doubt_is_failure, **_rates(DOUBT)),
    _plant("late-approval-forgotten", "An approval that won the race is not seen.", late_approval_forgotten, AFTER_WITHDRAWAL=0.6),
    _plant("energy-before-approval", "The contactor closes before the approval.", energy_before_approval),
    _plant("never-opens", "The contactor is not told to open.", never_opens),
    _plant("on-after-a-power-cut", "A charge goes on by itself after a power cut.", on_after_a_power_cut, others=0.0, REBOOTED=1.0, NEVER_DRAWS=0.6, CUT_ANY_TIME=0.9),
    _plant("unplug-unseen", "A pulled cable does not end the session.", unplug_unseen, REPLUGGED=0.8),
    _plant("intent-after-effect", "The intent is written after the send.", intent_after_effect),
    _plant("resumed-twice", "A restart takes each session up twice.", resumed_twice, **_rates(RESTARTS)),
    _plant("offers-forgotten", "A restart forgets open offers.", offers_forgotten, **_rates(RESTARTS)),
    _plant("two-at-once", "A second session begins at a station in use.", two_at_once, DOUBLE_TAP=0.9),
    _plant("paid-early", "The glass says paid before the rest is released.", paid_early),
    _plant("new-key-too-soon", "A no brings a new key while a send under the old one may still land.", new_key_too_soon, others=0.0, LANDS_LATER=0.5, STICKY_400=0.4),
    _plant("new-key-after-a-no-to-ours", "A no to the sales unit's keys brings a new key.", new_key_after_a_no_to_ours, others=0.0, LANDS_LATER=0.3, STATUS_403=0.3),
    _plant("log-unseen-at-the-approval", "Only the sums say whether a hold is untouched.", log_unseen_at_the_approval, others=0.0, SUMS_LAG=1.0, PORTAL_CAPTURE=1.0, AFTER_WITHDRAWAL=0.3),
    _plant("scope-cut-short", "Told to stop while it stops, the program leaves tasks behind.", scope_cut_short, others=0.0, DISK_FULL=0.1, TOLD_TO_STOP=1.0, ANSWER_LOST=0.5),
)  # fmt: skip
PLANTS = {plant.name: plant for plant in TABLE}
