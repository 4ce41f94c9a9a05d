"""What a controller shows of cable, contactor and limit, as a Plug: every block of registers is asked for once."""

from kiosk.domain.energy import Instant, Pilot, Plug
from kiosk.domain.fault import Fault
from kiosk.services.charger.profile import LEAST_AMPS, ChargerProfile, Plugged, State
from kiosk.services.charger.registers import Registers
from kiosk.services.modbus.profile import Sheet

LEAST_MA = LEAST_AMPS * 1000


async def look(registers: Registers, at: Instant, commanded: bool | None) -> Plug:
    """`commanded` is what we last told it, and counts only where the device itself shows nothing."""
    await registers.greet()
    profile = registers.profile
    sheet = await registers.sheet(_names(profile))
    pilot, enabled = None, commanded
    if profile.state is not None:
        name = _state(registers, profile.state, sheet)
        pilot = await _pilot(registers, profile.state, name, sheet)
        enabled = profile.state.enabled.get(name, commanded)
    offered_ma = _offered(profile, sheet)
    if profile.switch is None and offered_ma is not None:
        enabled = offered_ma >= LEAST_MA
    if profile.switch is not None and profile.switch.readback is not None:
        said = sheet.number(profile.switch.readback)
        # What is neither on nor off, such as *neutral*, may let a car charge: only off is off.
        enabled = None if said is None else said != profile.switch.off
    return Plug(at, pilot, enabled, offered_ma)


async def offered(registers: Registers) -> int | None:
    """The limit that it shows, in mA; None where it shows none."""
    current = registers.profile.current
    if current is None or current.readback is None:
        return None
    return _offered(registers.profile, await registers.sheet([current.readback]))


def _names(profile: ChargerProfile) -> list[str]:
    state = profile.state
    shown = [state.value, state.faulty.value if state.faulty else None] if state else []
    shown += [row.readback for row in (profile.current, profile.switch) if row]
    return [name for name in shown if name]


def _offered(profile: ChargerProfile, sheet: Sheet) -> int | None:
    if profile.current is None or profile.current.readback is None:
        return None
    said = sheet.number(profile.current.readback)
    return None if said is None else int(said)


def _state(registers: Registers, state: State, sheet: Sheet) -> str:
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


async def _pilot(registers: Registers, state: State, name: str, sheet: Sheet) -> Pilot:
    if state.faulty is not None and sheet.text(state.faulty.value) != state.faulty.well:
        return state.faulty.pilot
    if state.plugged is None or name not in state.plugged.in_states:
        return state.pilot[name]
    return Pilot.B if await _is_plugged(registers, state.plugged) else Pilot.A


async def _is_plugged(registers: Registers, plugged: Plugged) -> bool:
    said = await registers.number(plugged.value)
    if said is None:
        return False
    return int(said) & plugged.mask == plugged.mask if plugged.mask else said >= plugged.least
