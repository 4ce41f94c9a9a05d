"""What a controller shows of cable, contactor and limit, as a Plug."""

from kiosk.domain.energy import Instant, Pilot, Plug
from kiosk.domain.fault import Fault
from kiosk.services.charger.profile import LEAST_AMPS, Plugged, State
from kiosk.services.charger.registers import Registers
from kiosk.services.modbus.profile import Sheet

LEAST_MA = LEAST_AMPS * 1000


async def look(registers: Registers, at: Instant, commanded: bool | None) -> Plug:
    """`commanded` is what we last told it, and counts only where the device itself shows nothing."""
    await registers.greet()
    profile = registers.profile
    pilot, enabled = None, commanded
    if profile.state is not None:
        name = await _state(registers, profile.state)
        pilot = await _pilot(registers, profile.state, name)
        enabled = profile.state.enabled.get(name, commanded)
    offered_ma = await offered(registers)
    if profile.switch is None and offered_ma is not None:
        enabled = offered_ma >= LEAST_MA
    if profile.switch is not None and profile.switch.readback is not None:
        said = await registers.number(profile.switch.readback)
        # What is neither on nor off, such as *neutral*, may let a car charge: only off is off.
        enabled = None if said is None else said != profile.switch.off
    return Plug(at, pilot, enabled, offered_ma)


async def offered(registers: Registers) -> int | None:
    """The limit that it shows, in mA; None where it shows none."""
    current = registers.profile.current
    if current is None or current.readback is None:
        return None
    said = await registers.number(current.readback)
    return None if said is None else int(said)


async def _state(registers: Registers, state: State) -> str:
    sheet = await registers.sheet([state.value])
    name = _masked(sheet, state.value, state.mask) if state.mask else sheet.text(state.value)
    if name is None or name not in state.pilot:
        known = ", ".join(state.pilot)
        registers.fail(Fault.CHARGER_FAULT, f"shows state {name}, which is none of {known}. Check the profile.")
    return name


def _masked(sheet: Sheet, value: str, mask: int) -> str | None:
    said = sheet.number(value)
    if said is None:
        return None
    lowest = (mask & -mask).bit_length() - 1
    return str((int(said) & mask) >> lowest)


async def _pilot(registers: Registers, state: State, name: str) -> Pilot:
    if state.faulty is not None and await registers.text(state.faulty.value) != state.faulty.well:
        return state.faulty.pilot
    if state.plugged is None or name not in state.plugged.in_states:
        return state.pilot[name]
    return Pilot.B if await _is_plugged(registers, state.plugged) else Pilot.A


async def _is_plugged(registers: Registers, plugged: Plugged) -> bool:
    said = await registers.number(plugged.value)
    if said is None:
        return False
    return int(said) & plugged.mask == plugged.mask if plugged.mask else said >= plugged.least
