"""What the profile of a meter says beside its registers: which of them is billed, and what proves that it is the right one."""

from decimal import Decimal
from typing import Self

from pydantic import Field, model_validator

from kiosk.services.modbus.profile import Exact, Profile, Row


class Energy(Row):
    """The total import: the sum of these values. `resolution_wh` is the step in which the meter counts."""

    sum: tuple[str, ...] = Field(min_length=1)
    resolution_wh: int = Field(ge=1, le=1000)


class Check(Row):
    """A value that has to be one of these. `optional`: a device that does not know the register passes."""

    value: str
    one_of: tuple[str, ...] = Field(min_length=1)
    remedy: str
    optional: bool = False


class Voltage(Row):
    """Proves the word order: at least one phase lies in the window, none above it."""

    values: tuple[str, ...] = Field(min_length=1)
    least: Exact = Decimal(50)
    most: Exact = Decimal(300)


class SunSpec(Row):
    """Where the chain of models may begin; blocks name the model that they count from."""

    bases: tuple[int, ...] = (40000, 50000, 0)


class MeterProfile(Profile):
    """`energy` in order of preference: a way that the device refuses, or that disagrees with the last one, is passed over."""

    sunspec: SunSpec | None = None
    energy: tuple[Energy, ...] = Field(min_length=1)
    power: str
    voltage: Voltage
    serial: str
    identity: tuple[Check, ...] = ()
    precondition: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _names(self) -> Self:
        checks = (*self.identity, *self.precondition)
        self.check_names(self.power, self.serial, *self.voltage.values, *(check.value for check in checks))
        self.check_names(*(name for way in self.energy for name in way.sum))
        if self.sunspec is None and any(block.model is not None for block in self.blocks.values()):
            raise ValueError("a block names a SunSpec model; add [sunspec]")
        return self

    @property
    def models(self) -> frozenset[int]:
        return frozenset(block.model for block in self.blocks.values() if block.model is not None)
