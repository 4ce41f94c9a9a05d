"""What the profile of a charge controller says: how it is switched, what it tells, and what opens it when we are gone."""

from typing import Literal, Self

from pydantic import Field, model_validator

from kiosk.domain.energy import Pilot
from kiosk.services.modbus.profile import Profile, Register, Row

MA_PER_UNIT = {"A": 1000, "0.1 A": 100, "mA": 1}


class Plugged(Row):
    """A value with a bit that is set while the cable is in the car; asked only in states that leave it open."""

    value: str
    mask: int = Field(ge=1)
    in_states: tuple[int, ...]


class State(Row):
    """The device's state numbers. `enabled` only where the state proves it; otherwise what we commanded counts."""

    value: str
    pilot: dict[int, Pilot]
    enabled: dict[int, bool] = Field(default_factory=dict)
    plugged: Plugged | None = None


class Switch(Row):
    """A coil, or a register that takes 1 and 0. `readback` is the value that shows it."""

    coil: Register | None = None
    register_: Register | None = Field(default=None, alias="register")
    readback: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.coil is None) == (self.register_ is None):
            raise ValueError("a switch is either a coil or a register")
        return self


class Current(Row):
    """The setpoint, in `unit`, written by FC06. `readback` is the value that shows it."""

    address: Register
    unit: Literal["A", "0.1 A", "mA"]
    least_amps: int = Field(ge=6, le=80)
    most_amps: int = Field(ge=6, le=80)
    readback: str | None = None


class Register16(Row):
    """One number that is always written the same. `readback` is the value that shows it."""

    address: Register
    value: int = Field(ge=0, le=0xFFFF)
    readback: str | None = None


class FailSafe(Row):
    """Written after each connect, and the first of them again every `feed_s`: without it the controller opens."""

    timeout: Register16
    current: Register16
    feed_s: int = Field(ge=1, le=300)
    lapses_s: int = Field(ge=2, le=600)

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        if 2 * self.feed_s > self.lapses_s:
            raise ValueError("feed_s has to be at most half of lapses_s, so that one lost write does no harm")
        return self


class ChargerProfile(Profile):
    """`write_interval_s` is the least time between two writes that the maker asks for."""

    switch: Switch
    current: Current | None = None
    state: State | None = None
    failsafe: FailSafe | None = None
    write_interval_s: int = Field(default=0, ge=0, le=60)

    @model_validator(mode="after")
    def _names(self) -> Self:
        rows = (
            self.switch,
            self.current,
            self.failsafe and self.failsafe.timeout,
            self.failsafe and self.failsafe.current,
        )
        self.check_names(*(row.readback for row in rows if row and row.readback))
        if self.state:
            self.check_names(self.state.value)
            if self.state.plugged:
                self.check_names(self.state.plugged.value)
        return self
