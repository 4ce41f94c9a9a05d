"""What is well formed in a controller's profile and still wrong: each is a sentence, said before anything is sent."""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from kiosk.services.modbus.profile import FACTORS, Value

if TYPE_CHECKING:
    from kiosk.services.charger.profile import ChargerProfile, FailSafe

CAR_S = 3  # IEC 61851-1, table A.6
NOTHING_MA = 6000  # a pilot of less than 6 A lets nothing flow
AMPERES = ("A", "mA")


def complaints(profile: "ChargerProfile") -> Iterator[str]:
    yield from _harm(profile)
    for name, value in profile.values.items():
        yield from _vector(name, value)
    yield from _readback(profile)
    if profile.failsafe is not None:
        yield from _failsafe(profile, profile.failsafe)
    yield from _latency(profile)


def _harm(profile: "ChargerProfile") -> Iterator[str]:
    fed_by = profile.failsafe.fed_by if profile.failsafe else None
    if profile.switch is None and (profile.current is None or profile.current.zero != "pause"):
        yield "without a switch it needs a current with zero = 'pause': nothing else could stop a charge"
    if fed_by == "current" and profile.current is None:
        yield "failsafe fed_by = 'current' needs a current"
    if fed_by == "read" and profile.state is None:
        yield "failsafe fed_by = 'read' needs a state, which is what it is fed by reading"
    if worn := [at for at in profile.eeprom if at in profile.written()]:
        yield f"register {worn[0]} is in eeprom and wears out; write its volatile twin instead"


def _vector(name: str, value: Value) -> Iterator[str]:
    vector = value.vector
    if value.kind == "str":
        said: object = value.text(vector.words)
        right = said == vector.equals
    else:
        exponent = None if vector.exponent is None else vector.exponent[0]
        said = value.number(vector.words, exponent if exponent is None else (exponent ^ 0x8000) - 0x8000)
        right = said == _number(vector.equals)
        said = f"{said.normalize():f}" if isinstance(said, Decimal) else said
    if not right:
        yield f"values.{name}.vector says that its words mean {vector.equals!r}, and they are {said}: kind, order, scale, unit or vector is wrong"


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _readback(profile: "ChargerProfile") -> Iterator[str]:
    row = profile.current
    if row is None or row.readback is None:
        return
    value = profile.values[row.readback]
    if value.unit not in AMPERES:
        yield f"current.readback {row.readback!r} has to be a value in A or mA"
    others = {"switch": profile.switch.readback if profile.switch else None}
    others["state"] = profile.state.value if profile.state else None
    for what, name in others.items():
        if name is not None and _place(profile, name) & _place(profile, row.readback):
            yield f"current.readback {row.readback!r} reads the register of the {what}; name the value that shows the current"


def _place(profile: "ChargerProfile", name: str) -> set[tuple[int | None, int, int]]:
    """Its registers: unit, function, address."""
    value = profile.values[name]
    block = profile.blocks[value.block]
    return {(block.unit, block.function, at) for at in range(value.address, value.address + value.width)}


def _failsafe(profile: "ChargerProfile", failsafe: "FailSafe") -> Iterator[str]:
    if not failsafe.settings and not failsafe.demands:
        yield "failsafe needs settings or demands that make it leave nothing flowing; a device without one says failsafe = false"
        return
    for row in failsafe.settings:
        shown = profile.values[row.readback] if row.readback else None
        if shown and shown.unit in AMPERES and row.value * shown.scale * FACTORS[shown.unit] >= NOTHING_MA:
            yield f"failsafe.settings writes {row.value} to {row.address}, a current of 6 A or more; it has to be 0, so that nothing flows"
    for check in failsafe.demands:
        if profile.values[check.value].unit in AMPERES and (check.most is None or check.most >= NOTHING_MA):
            yield f"failsafe.demands of {check.value!r} has to be most = 5999 or less (mA): with 6 A or more the car charges on"
    nothing = any(row.value == 0 for row in failsafe.settings)
    if not nothing and not any(check.equals or check.most is not None for check in failsafe.demands):
        yield "failsafe.settings has to set the current that it falls to as 0, or failsafe.demands has to prove it: nothing may flow"


def _latency(profile: "ChargerProfile") -> Iterator[str]:
    car_s = CAR_S if profile.state is not None else 0
    least_s = Decimal(profile.write_interval_s + car_s) + Decimal(2 * profile.line.gap_ms) / 1000
    if profile.stop_latency_s < least_s:
        parts = f"write_interval_s {profile.write_interval_s}, two times gap_ms {profile.line.gap_ms} and {car_s} s for the car"
        yield f"stop_latency_s {profile.stop_latency_s} is too short: {parts} are {least_s.normalize():f} s"
