"""What the profile of a meter says beside its registers: which of them is billed, and what proves that it is the right one."""

import re
from decimal import Decimal
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from kiosk.services.modbus.profile import Exact, Grade, Profile, Register, Row

NUMBER = re.compile(r"\d+(\.\d+)?")


def _address(key: object) -> object:
    try:
        return int(str(key), 0)
    except ValueError:
        raise ValueError(f"{key!r} is no register; write an address such as 0x156 or 342") from None


Address = Annotated[Register, BeforeValidator(_address)]


class Energy(Row):
    """The total import: the sum of these values. `resolution_wh` is the step in which the meter counts."""

    sum: tuple[str, ...] = Field(min_length=1)
    resolution_wh: int = Field(ge=1, le=1000)


class Check(Row):
    """A value that has to be one of these, or a number from `least` to `most` as the register holds it, before its scale.

    `optional`: a device without the register passes.
    """

    value: str
    one_of: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    remedy: str
    optional: bool = False

    @model_validator(mode="after")
    def _one(self) -> Self:
        if bool(self.one_of) == (self.least is not None) or (self.most is not None and self.least is None):
            raise ValueError("a check has either one_of, or least and maybe most")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise ValueError(f"least {self.least} is above most {self.most}; no value lies between")
        return self

    @property
    def right(self) -> str:
        return " or ".join(self.one_of) or f"{self.least} {'or more' if self.most is None else f'to {self.most}'}"

    def passes(self, said: str | None) -> bool:
        if self.least is None or said is None:
            return said in self.one_of
        number = Decimal(said) if NUMBER.fullmatch(said) else Decimal(-1)
        return self.least <= number and (self.most is None or number <= self.most)


class Voltage(Row):
    """Proves the word order: at least one phase lies in the window, none above it."""

    values: tuple[str, ...] = Field(min_length=1)
    least: Exact = Decimal(50)
    most: Exact = Decimal(300)

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.least > self.most:
            raise ValueError(f"least {self.least} is above most {self.most}; no voltage lies between")
        return self


class SunSpec(Row):
    """Where the chain of models may begin; blocks name the model that they count from."""

    bases: tuple[int, ...] = (40000, 50000, 0)


class MeterProfile(Profile):
    """`energy` in order of preference: a way that the device refuses, or that disagrees with the last one, is passed over.

    `never_billed` are registers that look like the import total and are not. Without a `serial` the meter goes by
    its place. Anything of grade C makes it `experimental`, and `doubt` says what to prove before it bills.
    """

    experimental: bool = False
    doubt: str = ""
    sunspec: SunSpec | None = None
    energy: tuple[Energy, ...] = Field(min_length=1)
    power: str
    voltage: Voltage
    serial: str | None = None
    never_billed: dict[Address, str] = Field(default_factory=dict)
    identity: tuple[Check, ...] = ()
    precondition: tuple[Check, ...] = ()

    @model_validator(mode="after")
    def _names(self) -> Self:
        checks = (*self.identity, *self.precondition)
        serial = [self.serial] if self.serial is not None else []
        self.check_names(self.power, *serial, *self.voltage.values, *(check.value for check in checks))
        self.check_names(*(name for way in self.energy for name in way.sum))
        if self.sunspec is None and any(block.model is not None for block in self.blocks.values()):
            raise ValueError("a block names a SunSpec model; add [sunspec]")
        return self

    @model_validator(mode="after")
    def _bills_the_import_total(self) -> Self:
        for way in self.energy:
            if len(self.blocks_of(way.sum)) > 1:
                raise ValueError(f"energy sums {' and '.join(way.sum)} from several blocks; read apart they tear")
            counted: dict[int, str] = {}
            for name in way.sum:
                self._has_unit("energy counts", name, "Wh", "kWh")
                for address in self._registers(name):
                    if address in self.never_billed:
                        text = f"energy counts {name!r} at {address:#x}, which is never billed: {self.never_billed[address]}"
                        raise ValueError(text)
                    if address in counted:
                        text = f"energy counts the register {address:#x} twice, in {counted[address]!r} and {name!r}"
                        raise ValueError(f"{text}; name each register once in a sum")
                counted |= dict.fromkeys(self._registers(name), name)
        return self

    @model_validator(mode="after")
    def _has_other_ways(self) -> Self:
        seen: dict[tuple[int, int | None, frozenset[int]], int] = {}
        for number, way in enumerate(self.energy):
            block = self.blocks[self.values[way.sum[0]].block]
            registers = frozenset(address for name in way.sum for address in self._registers(name))
            if (first := seen.setdefault((block.function, block.model, registers), number)) != number:
                text = f"energy.{number} reads the same registers as energy.{first}; delete one, or name other values"
                raise ValueError(text)
        return self

    @model_validator(mode="after")
    def _measures_what_it_says(self) -> Self:
        self._has_unit("power is", self.power, "W", "kW")
        for name in self.voltage.values:
            self._has_unit("voltage is", name, "V")
        return self

    def _has_unit(self, use: str, name: str, *units: str) -> None:
        if (unit := self.values[name].unit) not in units:
            said = f"in {unit}" if unit else "without unit"
            raise ValueError(f"{use} {name!r}, a value {said}; write the value that is in {' or '.join(units)}")

    def _registers(self, name: str) -> range:
        value = self.values[name]
        return range(value.address, value.address + value.width)

    @model_validator(mode="after")
    def _says_its_doubts(self) -> Self:
        doubtful = [name for name in self.values if self.grade_of(name) == "C"]
        if doubtful and not self.experimental:
            raise ValueError(f"value {doubtful[0]!r} is of grade C; write experimental = true, and the doubt")
        if self.experimental != bool(self.doubt):
            raise ValueError("experimental = true and a doubt belong together: what has to be proven before it bills")
        return self

    def grade_of(self, name: str) -> Grade:
        return self.values[name].grade or self.grade

    def source_of(self, name: str) -> str:
        return self.values[name].source or self.source

    @property
    def models(self) -> frozenset[int]:
        return frozenset(block.model for block in self.blocks.values() if block.model is not None)
