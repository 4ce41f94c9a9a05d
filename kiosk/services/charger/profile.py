"""What the profile of a charge controller says: how it is switched, what it tells, and what opens it when we are gone."""

import re
import struct
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from kiosk.domain.energy import Pilot
from kiosk.services.charger import sound
from kiosk.services.modbus import decode
from kiosk.services.modbus.profile import Exact, Profile, Register, Row

MA_PER_UNIT = {"A": 1000, "0.1 A": 100, "mA": 1}
LEAST_AMPS = 6
GRADED = re.compile(r"[ABC]: \S.*")


class Write(Row):
    """One register, or two as `kind` u32 or f32, written by FC06 or FC16; most significant word first."""

    address: Register
    kind: Literal["u16", "u32", "f32"] = "u16"
    function: Literal[6, 16] = 6

    @model_validator(mode="after")
    def _one_function(self) -> Self:
        if decode.width(self.kind) > 1 and self.function != 16:
            raise ValueError(f"kind {self.kind!r} takes two registers, which only function = 16 writes")
        return self

    def words(self, number: int) -> tuple[int, ...]:
        raw = struct.pack(decode.FORMATS[self.kind], number)
        return struct.unpack(f">{len(raw) // 2}H", raw)


class Setting(Write):
    """A write that is always the same number. `readback` is the value that shows it, in the register's own unit."""

    value: int = Field(ge=0, le=0xFFFF)
    readback: str | None = None


class Current(Write):
    """The setpoint, in `unit`. `zero` is what 0 means there; `hold_s` is how long a current has to stand before the next."""

    unit: Literal["A", "0.1 A", "mA"]
    zero: Literal["pause", "unlimited", "refused"]
    least_amps: int = Field(ge=LEAST_AMPS, le=80)
    most_amps: int = Field(ge=LEAST_AMPS, le=80)
    hold_s: int = Field(default=0, ge=0, le=60)
    readback: str | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.least_amps > self.most_amps:
            raise ValueError(f"least_amps {self.least_amps} has to be at most most_amps, {self.most_amps}")
        return self


class Switch(Row):
    """A coil, or a register that takes the numbers `on` and `off`. `readback` is the value that shows it."""

    coil: Register | None = None
    register_: Register | None = Field(default=None, alias="register")
    on: int = Field(default=1, ge=0, le=0xFFFF)
    off: int = Field(default=0, ge=0, le=0xFFFF)
    function: Literal[6, 16] = 6
    readback: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.coil is None) == (self.register_ is None):
            raise ValueError("a switch is either a coil or a register")
        if self.on == self.off:
            raise ValueError(f"on and off are both {self.on}, so it could never switch off; they have to differ")
        return self


class Check(Row):
    """What a value has to show: one of `equals`, or a number from `least` to `most` in base units; else `remedy` is said."""

    value: str
    equals: tuple[str, ...] = ()
    least: Exact | None = None
    most: Exact | None = None
    remedy: str

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.equals and self.least is None and self.most is None:
            raise ValueError("a check needs equals, least or most")
        return self


class FailSafe(Row):
    """What opens the contactor when nobody feeds it for `lapses_s`.

    `settings` are written whenever the device or its line comes back, where it does not already stand; `demands` can only be
    checked. It is fed every `feed_s` by the write `feed`, by being read, or by its own current being written again.
    """

    settings: tuple[Setting, ...] = ()
    demands: tuple[Check, ...] = ()
    fed_by: Literal["write", "read", "current"]
    feed: Setting | None = None
    feed_s: int = Field(ge=1, le=300)
    lapses_s: int = Field(ge=2, le=600)

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if 2 * self.feed_s > self.lapses_s:
            raise ValueError("feed_s has to be at most half of lapses_s, so that one lost write does no harm")
        if (self.fed_by == "write") != (self.feed is not None):
            raise ValueError("feed is what is written with fed_by = 'write', and only there")
        return self


class Plugged(Row):
    """A value that shows the cable in the car: all bits of `mask`, or a number from `least` on; asked only in `in_states`."""

    value: str
    mask: int = Field(default=0, ge=0)
    least: int = 1
    in_states: tuple[str, ...]


class Faulty(Row):
    """A value that shows `well` while all is well; anything else is `pilot`."""

    value: str
    well: str
    pilot: Pilot


class State(Row):
    """The device's states, as digits or letters. `mask` cuts a number out of a wider one.

    `enabled` only where the state proves it; otherwise what we commanded counts.
    """

    value: str
    mask: int = Field(default=0, ge=0)
    pilot: dict[str, Pilot]
    enabled: dict[str, bool] = Field(default_factory=dict)
    plugged: Plugged | None = None
    faulty: Faulty | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        named = [*self.enabled, *(self.plugged.in_states if self.plugged else ())]
        if strangers := [name for name in named if name not in self.pilot]:
            raise ValueError(f"there is no state {strangers[0]!r} in pilot; there are: {', '.join(self.pilot)}")
        return self


class Connectors(Row):
    """How connector n differs from the first. Registers from `address_step` on move; below are the station's own."""

    most: int = Field(ge=2, le=48)
    address_step: int = Field(default=0, ge=0, le=10_000)
    port_step: int = Field(default=0, ge=0, le=10)
    unit_step: int = Field(default=0, ge=0, le=10)

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.address_step, self.port_step, self.unit_step))) != 1:
            raise ValueError("connectors differ by exactly one of address_step, port_step and unit_step")
        return self


class Override(Row):
    """The whole profile as it is for a firmware `since` a version (included) and `below` another (excluded)."""

    since: str | None = None
    below: str | None = None
    profile: "ChargerProfile"

    def fits(self, firmware: str) -> bool:
        number = _version(firmware)
        late = self.since is None or number >= _version(self.since)
        return late and (self.below is None or number < _version(self.below))


def _stated(value: object) -> object:
    """`failsafe = false` says that there is none; leaving it out says nothing."""
    if value is True:
        raise ValueError("it is a table [failsafe] that says what makes it so, or false where the device has none")
    return None if value is False else value


class ChargerProfile(Profile):
    """`write_interval_s` is the least time between two writes that the maker asks for.

    `stop_latency_s` is the longest from our command to no current: our own waits, and the 3 s that a car may take
    (IEC 61851-1, table A.6). `eeprom` are registers that wear out: none of them is ever written. Without a `switch` a
    current of 0 pauses. `sources` has a line "GRADE: source" for every value and every thing that is written.
    """

    sources: dict[str, str]
    experimental: bool = False
    stop_latency_s: int = Field(ge=2, le=30)
    write_interval_s: int = Field(default=0, ge=0, le=60)
    switch: Switch | None = None
    current: Current | None = None
    state: State | None = None
    failsafe: Annotated[FailSafe | None, BeforeValidator(_stated)]
    identity: tuple[Check, ...] = ()
    shows: tuple[str, ...] = ()
    eeprom: tuple[Register, ...] = ()
    connectors: Connectors | None = None
    firmware: str | None = None
    overrides: tuple[Override, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(rows := data.get("overrides"), list):
            return data
        plain = {key: part for key, part in data.items() if key != "overrides"}
        full = [
            {key: part for key, part in row.items() if key != "change"} | {"profile": _merged(plain, row.get("change"))}
            for row in rows
        ]
        return plain | {"overrides": full}

    @model_validator(mode="after")
    def _names(self) -> Self:
        failsafe, state = self.failsafe, self.state
        rows = [self.switch, self.current, *(failsafe.settings if failsafe else ())]
        names = [row.readback for row in rows if row and row.readback]
        names += [row.value for row in (*self.identity, *(failsafe.demands if failsafe else ()))]
        if state:
            names += [row.value for row in (state, state.plugged, state.faulty) if row]
        self.check_names(*names, *self.shows, *([self.firmware] if self.firmware else []))
        if self.overrides and self.firmware is None:
            raise ValueError("overrides need firmware, the name of the value that shows its version")
        return self

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if wrong := next(sound.complaints(self), None):
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _proven(self) -> Self:
        parts = {"switch": self.switch, "current": self.current, "failsafe": self.failsafe}
        asked = {*self.values, *(name for name, part in parts.items() if part), "stop_latency_s"}
        if odd := sorted(asked ^ set(self.sources)):
            verb = "needs a line in sources" if odd[0] in asked else "has a line in sources and is not in this profile"
            raise ValueError(f"{odd[0]!r} {verb}")
        if wrong := next((text for text in self.sources.values() if not GRADED.fullmatch(text)), None):
            raise ValueError(
                f"the source {wrong!r} has to begin with its grade, such as 'A: the maker's paper, page 7'"
            )
        worst = max(text[0] for text in self.sources.values())
        if self.grade != worst:
            raise ValueError(f"grade has to be {worst!r}, the worst of its sources")
        if self.experimental != (worst == "C"):
            raise ValueError("experimental = true belongs to grade C, and only there")
        return self

    def written(self) -> Iterator[int]:
        """Every register that is ever written."""
        rows: list[Write | None] = [self.current]
        if self.failsafe:
            rows += [*self.failsafe.settings, self.failsafe.feed]
        for row in rows:
            if row is not None:
                yield from range(row.address, row.address + decode.width(row.kind))
        if self.switch and self.switch.register_ is not None:
            yield self.switch.register_

    def at(self, firmware: str) -> "ChargerProfile":
        """As it is for this firmware."""
        return next((row.profile for row in self.overrides if row.fits(firmware)), self)

    def doubts(self) -> tuple[str, ...]:
        """What in it no source has proven."""
        return tuple(name for name, text in self.sources.items() if text.startswith("C"))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", text))


def _merged(plain: Any, change: Any) -> Any:
    if not isinstance(plain, dict) or not isinstance(change, dict):
        return change
    return plain | {key: _merged(plain.get(key), part) for key, part in change.items()}


Override.model_rebuild()  # it holds a whole profile, which is named above and made below
