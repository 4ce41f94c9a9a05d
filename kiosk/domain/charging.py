"""From the begin register to the end register: what is believed, when it stops, and that the hold is never outrun."""

from dataclasses import replace
from typing import TypeVar, assert_never

from kiosk.domain.commands import Command, Switch, Watch
from kiosk.domain.contactor import dead, is_limited, mark_dead, withheld
from kiosk.domain.energy import Instant, Pilot, Plug, Reading, elapsed_ms
from kiosk.domain.events import (
    Act,
    Event,
    Pressed,
    Restarted,
    Switched,
    Verdict,
    Watched,
)
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.metering import MOVING_W, QUIET_W, doubt, gone_s
from kiosk.domain.offering import FRESH_APPROVAL_S
from kiosk.domain.settling import release_all
from kiosk.domain.states import Charging, Late, Phase, Ready, Returning, Session, Waiting, Why
from kiosk.domain.stopping import OPEN_TIMEOUT_S, close_books, stop
from kiosk.domain.tariff import Usage

START_TIMEOUT_S = 900
READY_TIMEOUT_S = 30
SILENCE_S = 30
BLIND_S = 60
DONE_S = 900
DROPPED_S = 300
MAX_SESSION_S = 24 * 3600
AWAY_S = 60
SUSPECTS = 3


Moved = tuple[Session, tuple[Command, ...]]
Live = TypeVar("Live", Waiting, Charging)


def ready(state: Ready, event: Event) -> Moved:
    match event:
        case Watched(reading=Reading() as reading, plug=Plug()):
            waiting = Waiting(state.offer, reading, reading, event.at)
            return waiting, (Switch(closed=True),)
        case Watched(trouble=trouble) if gone_s(state.since, event.at) >= READY_TIMEOUT_S:
            return release_all(state.offer, Why.FAULT, event.at, trouble)
        case Pressed(act=Act.CANCEL | Act.STOP):
            return release_all(state.offer, Why.DRIVER_CANCELLED, event.at)
        case Restarted(salvaged=False) if gone_s(state.since, event.at) <= FRESH_APPROVAL_S:
            return Late(state.offer, event.at), ()
        case Restarted():
            return release_all(state.offer, Why.RESTARTED, event.at)
        case _:
            return state, ()


def waiting(state: Waiting, event: Event) -> Moved:
    match event:
        case Watched():
            return _await_energy(state, event)
        case Switched(closed=True, verdict=Verdict.REFUSED):
            return stop(state, Why.FAULT, event.at, event.trouble)
        case Pressed(act=Act.CANCEL | Act.STOP):
            return stop(state, Why.DRIVER_CANCELLED, event.at)
        case Restarted(salvaged=True):
            return close_books(state, event.at)
        case Restarted():
            return Returning(state, event.at), (Watch(),)
        case _:
            return state, ()


def _await_energy(state: Waiting, event: Watched) -> Moved:
    state = _mark_silence(state, event)
    if (lost := _lost(state, event)) is not None:
        return stop(state, Why.FAULT, event.at, lost)
    reading = event.reading
    if reading is not None:
        if (trouble := doubt(state.last, reading, state.offer.rated_power_w)) is None:
            believed = replace(reading, import_wh=max(reading.import_wh, state.last.import_wh))
            state = replace(state, last=believed, suspects=0)
        elif _once_more(trouble, state.suspects):
            state = replace(state, suspects=state.suspects + 1)
        else:
            return stop(state, Why.FAULT, event.at, trouble)
        if state.last.import_wh > state.begin.import_wh:
            return _first_energy(state, event)
    if event.plug is not None:
        if event.plug.pilot in (Pilot.E, Pilot.F):
            return stop(state, Why.FAULT, event.at, _pilot_fault(event.plug))
        if event.plug.pilot is Pilot.A and state.car_seen:
            return stop(state, Why.UNPLUGGED, event.at)  # whoever plugs in next is another driver
        state = replace(state, car_seen=state.car_seen or event.plug.car_present is True)
    state = mark_dead(state, event)
    if (trouble := dead(state, event.at)) is not None:
        return stop(state, Why.FAULT, event.at, trouble)
    if gone_s(state.since, event.at) >= START_TIMEOUT_S:
        return stop(state, Why.NEVER_STARTED, event.at)
    # A close that was lost is seen here and repeated at the pace of the looks, never at once.
    lost_close = event.plug is not None and event.plug.enabled is not True and gone_s(state.since, event.at) < SILENCE_S
    return state, (Switch(closed=True),) if lost_close else ()


def _first_energy(state: Waiting, event: Watched) -> Moved:
    """Time before the first energy is free: the clock of the session starts here."""
    usage = Usage(energy_wh=state.last.import_wh - state.begin.import_wh)
    begun = Charging(state.offer, state.begin, state.last, usage, Phase.CHARGING, event.at, event.at)
    return _decide(begun, event)


def charging(state: Charging, event: Event) -> Moved:
    match event:
        case Watched():
            return _watched(state, event)
        case Pressed(act=Act.STOP | Act.CANCEL):
            return stop(state, Why.STOPPED, event.at)
        case Restarted(salvaged=True):
            return close_books(state, event.at)
        case Restarted():
            return Returning(state, event.at), (Watch(),)
        case _:
            return state, ()


def _watched(state: Charging, event: Watched) -> Moved:
    state = _mark_silence(state, event)
    if (lost := _lost(state, event)) is not None:
        return stop(state, Why.FAULT, event.at, lost)
    if event.reading is None:
        return _decide(state, event)
    trouble = doubt(state.last, event.reading, state.offer.rated_power_w)
    if trouble is not None:
        if _once_more(trouble, state.suspects):
            return _decide(replace(state, suspects=state.suspects + 1), event)
        return stop(state, Why.FAULT, event.at, trouble)
    return _decide(_count(state, event.reading), event)


def _once_more(trouble: Trouble, suspects: int) -> bool:
    """A jump may be one bad answer; only several in a row are a fault."""
    return trouble.fault is Fault.METER_JUMPED and suspects + 1 < SUSPECTS


def _count(state: Charging, reading: Reading) -> Charging:
    """Add a believed reading: energy by the register, time to the phase that was running until now."""
    import_wh = max(reading.import_wh, state.last.import_wh)
    gone_ms = elapsed_ms(state.last.at, reading.at)
    usage = replace(state.usage, energy_wh=import_wh - state.begin.import_wh)
    match state.phase:
        case Phase.CHARGING:
            usage = replace(usage, charging_ms=usage.charging_ms + gone_ms)
        case Phase.DONE:
            usage = replace(usage, car_done_ms=usage.car_done_ms + gone_ms)
        case Phase.WITHHELD:
            usage = replace(usage, withheld_ms=usage.withheld_ms + gone_ms)
        case _:
            assert_never(state.phase)
    quiet = (state.quiet_since or reading.at) if reading.power_w < QUIET_W else None
    return replace(state, last=replace(reading, import_wh=import_wh), usage=usage, suspects=0, quiet_since=quiet)


def _decide(state: Charging, event: Watched) -> Moved:
    """Go on, change the phase, or stop: in the order of what may not wait."""
    at, offer = event.at, state.offer
    # What is not yet metered counts as full power: since the last believed reading, and until the contactor opens.
    unseen_s = elapsed_ms(state.last.at, at) // 1000
    gap_s = -(-event.gap_ms // 1000)
    ahead_s = unseen_s + gap_s + max(offer.stop_latency_s, gap_s)
    if offer.tariff.outruns(state.usage, offer.hold, ahead_s, offer.rated_power_w):
        return stop(state, Why.HOLD_USED, at)
    if event.plug is not None:
        if event.plug.pilot in (Pilot.E, Pilot.F):
            return stop(state, Why.FAULT, at, _pilot_fault(event.plug))
        if event.plug.pilot is Pilot.A:
            return stop(state, Why.UNPLUGGED, at)
        state = _phase(state, event.plug, at)
        state = _mark_stray(state, event.plug, event.reading)
        if state.stray_since is not None and gone_s(state.stray_since, at) >= OPEN_TIMEOUT_S:
            text = f"{state.last.power_w} W flow at {offer.station} although its controller says that the contactor is open."
            return stop(state, Why.FAULT, at, Trouble(Fault.CONTACTOR_STUCK, text))
    if gone_s(state.since, at) >= MAX_SESSION_S:
        return stop(state, Why.TIME_LIMIT, at)
    if state.phase is Phase.DONE and _done_long_enough(state, at):
        return stop(state, Why.CAR_DONE, at)
    limited = event.plug is not None and offer.proves_contactor and is_limited(event.plug)
    dropped = event.plug is not None and event.plug.enabled is False and not limited
    if dropped and gone_s(state.phase_since, at) >= DROPPED_S:
        text = f"The controller of {offer.station} switched off by itself. Read its own error register."
        return stop(state, Why.FAULT, at, Trouble(Fault.CHARGER_FAULT, text))
    return state, ()


def _phase(state: Charging, plug: Plug, at: Instant) -> Charging:
    if withheld(plug):
        phase = Phase.WITHHELD
    elif plug.pilot is Pilot.B or (plug.pilot is None and _quiet(state, at)):
        phase = Phase.DONE
    else:
        phase = Phase.CHARGING
    return state if phase is state.phase else replace(state, phase=phase, phase_since=at)


def _mark_stray(state: Charging, plug: Plug, reading: Reading | None) -> Charging:
    """Note since when energy flows although the contactor has to be open; a controller may be some seconds late."""
    if reading is None or reading.flowed_wh is None:  # an earlier version did not look for this (docs/adr/0011)
        return state
    stray = (plug.enabled is False or plug.pilot is Pilot.B) and reading.power_w >= MOVING_W
    return replace(state, stray_since=(state.stray_since or reading.at) if stray else None)


def _quiet(state: Charging, at: Instant) -> bool:
    """Without a pilot a car counts as done once it has drawn next to nothing for a quarter of an hour."""
    return state.quiet_since is not None and elapsed_ms(state.quiet_since, at) >= DONE_S * 1000


def _done_long_enough(state: Charging, at: Instant) -> bool:
    """With an idle fee the driver may stay until its cap; without one a finished car frees the post."""
    if state.offer.tariff.idle is not None:
        return state.offer.tariff.idle_spent(state.usage)
    return elapsed_ms(state.phase_since, at) >= DONE_S * 1000


def returning(state: Returning, event: Event) -> Moved:
    match event:
        case Watched(reading=Reading() as reading, plug=Plug() as plug):
            if _never_opened(state, reading, plug):
                return _taken_over(state.was, event)
            return stop(state.was, Why.RESTARTED, event.at, end=reading)
        case Watched() if gone_s(state.since, event.at) >= SILENCE_S:
            return stop(state.was, Why.RESTARTED, event.at, event.trouble)
        case Pressed(act=Act.STOP | Act.CANCEL):
            return stop(state.was, Why.STOPPED, event.at)
        case Restarted(salvaged=True):
            return close_books(state.was, event.at)
        case Restarted():
            return replace(state, since=event.at), (Watch(),)
        case _:
            return state, ()


def _taken_over(was: Waiting | Charging, event: Watched) -> Moved:
    """Goes on, and tells the controller so: a new life of the kiosk keeps alive only a setpoint that it knows as its own."""
    if isinstance(was, Waiting):
        session, commands = waiting(replace(was, since=event.at), event)
    else:
        session, commands = charging(was, event)
    goes_on = isinstance(session, Waiting | Charging) and not commands
    return session, (Switch(closed=True),) if goes_on else commands


def _never_opened(state: Returning, reading: Reading, plug: Plug) -> bool:
    """Away under a minute, the same meter, still state C under our enable, and the register moved as the power says."""
    was = state.was
    last, away_ms = was.last, reading.at.utc_ms - was.last.at.utc_ms
    if not 0 <= away_ms < AWAY_S * 1000 or reading.serial != last.serial or plug.enabled is not True:
        return False
    if isinstance(was, Waiting):
        return plug.pilot is not None and reading.import_wh - last.import_wh <= reading.resolution_wh
    moved_wh = reading.import_wh - last.import_wh
    expected_wh = last.power_w * away_ms // 3_600_000
    slack_wh = max(reading.resolution_wh, expected_wh // 5)
    return plug.pilot is Pilot.C and abs(moved_wh - expected_wh) <= slack_wh


def _mark_silence(state: Live, event: Watched) -> Live:
    """Note since when the meter or the controller has not answered; an answer clears it."""
    silent = None if event.reading is not None else (state.silent_since or event.at)
    blind = None if event.plug is not None else (state.blind_since or event.at)
    return replace(state, silent_since=silent, blind_since=blind)


def _lost(state: Waiting | Charging, event: Watched) -> Trouble | None:
    """The fault to stop for once meter or controller has been away too long."""
    if state.silent_since and elapsed_ms(state.silent_since, event.at) >= SILENCE_S * 1000:
        return event.trouble or Trouble(Fault.METER_SILENT, f"The meter of {state.offer.station} has not answered.")
    if state.blind_since and elapsed_ms(state.blind_since, event.at) >= BLIND_S * 1000:
        text = f"The controller of {state.offer.station} has not answered."
        return event.trouble or Trouble(Fault.CHARGER_SILENT, text)
    return None


def _pilot_fault(plug: Plug) -> Trouble:
    text = f"The controller reports IEC 61851 state {plug.pilot}: it cannot charge. Read its own error register."
    return Trouble(Fault.CHARGER_FAULT, text)
