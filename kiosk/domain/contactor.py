"""Whether a contactor closes as its controller says, and whether somebody else gives the car less than we do."""

from dataclasses import replace

from kiosk.domain.energy import Instant, Pilot, Plug
from kiosk.domain.events import Watched
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.metering import QUIET_W, gone_s
from kiosk.domain.states import Waiting

DEAD_S = 300
OFFERED_MA = 6000


def mark_dead(state: Waiting, event: Watched) -> Waiting:
    """A car in state C under our enable draws within seconds, unless the contactor does not close."""
    reading, plug = event.reading, event.plug
    if not state.offer.proves_contactor or reading is None or plug is None:
        return state
    asks = plug.pilot in (Pilot.C, Pilot.D) and plug.enabled is True and not withheld(plug)
    since = (state.dead_since or event.at) if asks and reading.power_w < QUIET_W else None
    return replace(state, dead_since=since)


def dead(state: Waiting, at: Instant) -> Trouble | None:
    """The fault once it has lasted too long for any car."""
    if state.dead_since is None or gone_s(state.dead_since, at) < DEAD_S:
        return None
    text = (
        f"The car at {state.offer.station} asked for energy for {DEAD_S} s, was allowed it, and got none: the contactor does "
        f"not close, or a fuse or residual-current device before it is off. Measure behind each."
    )
    return Trouble(Fault.CONTACTOR_DEAD, text)


def withheld(plug: Plug) -> bool:
    return plug.enabled is False or is_limited(plug)


def is_limited(plug: Plug) -> bool:
    """Somebody has set another limit than we did, and may lift it again: that is no fault, and it costs nothing."""
    return plug.offered_ma is not None and plug.offered_ma < OFFERED_MA
