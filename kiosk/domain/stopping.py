"""From the decision to stop to the end register: open the contactor, prove it, and bill nothing that came after."""

from dataclasses import replace
from typing import assert_never

from kiosk.domain.commands import Command, Switch
from kiosk.domain.energy import Instant, Reading
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
    Watched,
)
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.metering import MS_PER_HOUR, QUIET_W, between_ms, doubt, gone_s
from kiosk.domain.settling import settle
from kiosk.domain.states import Charging, Session, Stopping, Waiting, Why
from kiosk.domain.tariff import Usage

OPEN_TIMEOUT_S = 30

Moved = tuple[Session, tuple[Command, ...]]


def stopping(state: Stopping, event: Event) -> Moved:
    match event:
        case Watched():
            return _await_open(state, event)
        case Restarted(salvaged=True):
            return close_books(state, event.at)
        case Restarted():
            return replace(state, since=event.at), (Switch(closed=False),)
        case Opened() | Answered() | Looked() | LookFailed() | Switched() | Pressed() | Ticked():
            return state, ()
        case _:
            assert_never(event)


def _await_open(state: Stopping, event: Watched) -> Moved:
    """The end register counts once the contactor is proven open; after half a minute the last believed one does."""
    reading, late = event.reading, gone_s(state.since, event.at) >= OPEN_TIMEOUT_S
    opened = event.plug is not None and event.plug.enabled is False
    doubtful = doubt(state.last, reading, state.offer.rated_power_w) if reading is not None else event.trouble
    if reading is not None and opened and reading.power_w < QUIET_W and doubtful is None:
        return _end(state, reading if _before_the_stop(state, reading) else state.last, event.at)
    if late:
        flows = reading is not None and reading.power_w >= QUIET_W
        stuck = flows or (event.plug is not None and not opened)
        trouble = Trouble(
            Fault.CONTACTOR_STUCK, f"The contactor of {state.offer.station} did not open in {OPEN_TIMEOUT_S} s."
        )
        # Whatever ended it, current that nobody can switch off is what somebody has to come for.
        first = trouble if stuck and state.offer.proves_contactor else state.fault
        fault = first or (trouble if stuck else doubtful or event.trouble)
        return _end(replace(state, fault=fault), state.last, event.at)
    return state, () if opened else (Switch(closed=False),)


def _before_the_stop(state: Stopping, reading: Reading) -> bool:
    """Whether all of it can have flowed until the stop: what ran on for hours behind a dead kiosk is nobody's to pay."""
    until_ms = between_ms(state.last.at, state.decided) + OPEN_TIMEOUT_S * 1000
    most_wh = state.offer.rated_power_w * until_ms * 6 // (5 * MS_PER_HOUR) + 2 * reading.resolution_wh + 1
    return reading.import_wh - state.last.import_wh <= most_wh


def _end(state: Stopping, end: Reading, at: Instant) -> Moved:
    import_wh = max(end.import_wh, state.last.import_wh)
    usage = replace(state.usage, energy_wh=import_wh - state.begin.import_wh)
    due = state.offer.tariff.due(usage, state.offer.hold)
    registers = (state.begin, replace(end, import_wh=import_wh))
    return settle(state.offer, due, usage, state.why, at, registers=registers, fault=state.fault)


def close_books(state: Waiting | Charging | Stopping, at: Instant) -> Moved:
    """What followed is lost: only what the last row proves is due. The register may have moved for another driver since."""
    text = f"The journal of {state.offer.reference} was damaged after {state.last.import_wh} Wh; no more than that is billed."
    usage = Usage() if isinstance(state, Waiting) else state.usage
    ended = Stopping(
        state.offer, state.begin, state.last, usage, Why.FAULT, at, at, Trouble(Fault.JOURNAL_BROKEN, text)
    )
    settled, commands = _end(ended, state.last, at)
    return settled, (Switch(closed=False), *commands)


def stop(
    state: Waiting | Charging, why: Why, at: Instant, fault: Trouble | None = None, end: Reading | None = None
) -> Moved:
    usage = state.usage if isinstance(state, Charging) else Usage()
    last = state.last
    if end is not None and doubt(last, end, state.offer.rated_power_w) is None:
        last = replace(end, import_wh=max(end.import_wh, last.import_wh))
        usage = replace(usage, energy_wh=last.import_wh - state.begin.import_wh)
    stopping_now = Stopping(state.offer, state.begin, last, usage, why, at, at, fault)
    return stopping_now, (Switch(closed=False),)
