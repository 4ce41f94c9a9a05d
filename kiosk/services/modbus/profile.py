"""What the profile of any Modbus device can say: its line, its read blocks, and its values. Data only."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from kiosk.services.modbus import decode
from kiosk.services.modbus.decode import Kind, Order
from kiosk.services.modbus.line import Pace
from kiosk.services.modbus.url import Serial

# fmt: off
# Base units inside the kiosk: Wh, W, V, mA.
FACTORS = {"": 1, "Wh": 1, "kWh": 1000, "W": 1, "kW": 1000, "V": 1, "mA": 1, "A": 1000, "s": 1, "Hz": 1}
# fmt: on
SF_MISSING = -0x8000


def _exact(value: object) -> Decimal:
    if isinstance(value, bool | float) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is not exact; write a whole number, or a decimal in quotes such as '0.01'")
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number; write a decimal in quotes such as '0.01'") from None


def _words(value: object) -> tuple[int, ...]:
    try:
        words = tuple(int(word, 16) for word in str(value).split())
    except ValueError:
        words = ()
    if not words or max(words) > 0xFFFF:
        raise ValueError(f"{value!r} are no registers; write hex words such as '4640 E6B6'")
    return words


Exact = Annotated[Decimal, BeforeValidator(_exact)]
Words = Annotated[tuple[int, ...], BeforeValidator(_words)]
Register = Annotated[int, Field(ge=0, le=0xFFFF)]
Grade = Literal["A", "B", "C"]


class Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LineRow(Row):
    """How the maker delivers it, and how much time it needs. `gap_ms` is silence before each request.

    `doubt` says what of baud, parity, stop bits and unit is not proven; a wrong one is silence, never a wrong number.
    """

    unit: int = Field(ge=0, le=255)
    baud: int = 9600
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1
    timeout_ms: int = Field(ge=100, le=10_000)
    gap_ms: int = Field(default=60, ge=0, le=5_000)
    unit_pause_ms: int = Field(default=100, ge=0, le=5_000)
    connect_delay_ms: int = Field(default=0, ge=0, le=10_000)
    doubt: str = ""

    @property
    def serial(self) -> Serial:
        return Serial(self.baud, self.parity, self.stopbits)

    @property
    def pace(self) -> Pace:
        return Pace(self.timeout_ms / 1000, self.gap_ms / 1000, self.unit_pause_ms / 1000, self.connect_delay_ms / 1000)


class Block(Row):
    """One request. With `model`, addresses count from the start of that SunSpec model; `unit` is another than the line's."""

    function: Literal[1, 3, 4]
    address: Register
    count: int = Field(ge=1, le=125)
    model: int | None = None
    unit: int | None = Field(default=None, ge=0, le=255)


class Vector(Row):
    """Registers as they are on the wire, and what they mean in base units. `exponent` is the scale factor's word."""

    words: Words
    equals: str
    exponent: Words | None = None


class Value(Row):
    """raw x scale, in `unit`. `missing` are register contents that mean *not available*.

    `source` and `grade` only where they are not the profile's own.
    """

    block: str
    address: Register
    kind: Kind
    registers: int | None = Field(default=None, ge=1, le=64)
    unit: Literal["", "Wh", "kWh", "W", "kW", "V", "A", "mA", "s", "Hz"] = ""
    scale: Exact = Decimal(1)
    order: Order = "msw"
    exponent_address: Register | None = None
    missing: tuple[Words, ...] = ()
    source: str | None = None
    grade: Grade | None = None
    vector: Vector

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.kind == "str") != (self.registers is not None):
            raise ValueError("registers belongs to kind 'str', and only there")
        if self.kind == "str" and self.unit:
            raise ValueError(f"is text and has no unit; delete unit {self.unit!r}, or write the kind of a number")
        if any(len(words) != self.width for words in (*self.missing, self.vector.words)):
            raise ValueError(f"missing and vector of kind {self.kind!r} have to be {self.width} words long")
        if (self.vector.exponent is None) != (self.exponent_address is None):
            raise ValueError("the vector has an exponent if, and only if, the value has an exponent_address")
        if self.scale <= 0:
            raise ValueError(f"scale {self.scale} has to be above 0; write what one count of the register is worth")
        return self

    @model_validator(mode="after")
    def _decodes_to_what_its_vector_says(self) -> Self:
        vector = self.vector
        said = " ".join(f"{word:04X}" for word in vector.words)
        if self.kind == "str":
            means: Decimal | str | None = self.text(vector.words)
            right: Decimal | str = vector.equals
        else:
            means = self.number(vector.words, decode.signed(vector.exponent[0]) if vector.exponent else None)
            right = _exact(vector.equals)
        if means != right:
            found = f"{means:f}" if isinstance(means, Decimal) else means or "no value"
            text = f"vector {said} means {found}, and not {vector.equals}"
            raise ValueError(f"{text}; mend kind, order, unit or scale, or what it equals, from the paper")
        return self

    @property
    def width(self) -> int:
        return self.registers or decode.width(self.kind)

    def number(self, words: Sequence[int], exponent: int | None = None) -> Decimal | None:
        """In base units; None where the device says that it has no value."""
        raw = None if tuple(words) in self.missing else decode.number(self.kind, words, self.order)
        factor = self._factor(exponent)
        return None if raw is None or factor is None else raw * factor

    def text(self, words: Sequence[int]) -> str | None:
        """A serial number or name: letters as they are, numbers in digits."""
        if tuple(words) in self.missing:
            return None
        if self.kind == "str":
            return decode.text(words)
        raw = decode.number(self.kind, words, self.order)
        return None if raw is None else f"{raw.normalize():f}"

    def step(self, words: Sequence[int], exponent: int | None = None) -> Decimal:
        return decode.step(self.kind, words, self.order) * (self._factor(exponent) or 1)

    def _factor(self, exponent: int | None) -> Decimal | None:
        if exponent == SF_MISSING:
            return None
        return self.scale * FACTORS[self.unit] * Decimal(10) ** (exponent or 0)


class Profile(Row):
    """`grade` is how well the registers are proven: A two independent sources, B one, C doubtful.

    `like` names the file that says whatever this one does not.
    """

    id: str
    like: str | None = None
    name: str
    source: str = Field(min_length=10)
    grade: Grade
    line: LineRow
    count_max: int = Field(default=125, ge=1, le=125)
    blocks: dict[str, Block]
    values: dict[str, Value]

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        for name, block in self.blocks.items():
            if block.count > self.count_max:
                raise ValueError(f"block {name!r} is longer than count_max, {self.count_max}")
        for name, value in self.values.items():
            block = self._block(name, value.block)
            reach = [(value.address, value.width)]
            reach += [(value.exponent_address, 1)] if value.exponent_address is not None else []
            if any(at < block.address or at + wide > block.address + block.count for at, wide in reach):
                raise ValueError(f"value {name!r} does not lie inside its block {value.block!r}")
        return self

    def _block(self, value: str, name: str) -> Block:
        if name not in self.blocks:
            raise ValueError(f"value {value!r} names block {name!r}; there are: {', '.join(self.blocks)}")
        return self.blocks[name]

    def check_names(self, *names: str) -> None:
        for name in names:
            if name not in self.values:
                raise ValueError(f"there is no value {name!r}; there are: {', '.join(self.values)}")

    def blocks_of(self, names: Sequence[str]) -> tuple[str, ...]:
        """The blocks that hold these values, each once, in the order of the names."""
        return tuple(dict.fromkeys(self.values[name].block for name in names))


class Sheet:
    """The answers to some blocks, and the values in them."""

    def __init__(self, profile: Profile, words: dict[str, tuple[int, ...]]) -> None:
        self._profile, self._words_of = profile, words

    def number(self, name: str) -> Decimal | None:
        return self._profile.values[name].number(*self._cut(name))

    def text(self, name: str) -> str | None:
        return self._profile.values[name].text(self._cut(name)[0])

    def step(self, name: str) -> Decimal:
        return self._profile.values[name].step(*self._cut(name))

    def _cut(self, name: str) -> tuple[tuple[int, ...], int | None]:
        value = self._profile.values[name]
        words, start = self._words_of[value.block], self._profile.blocks[value.block].address
        at = value.address - start
        if value.exponent_address is None:
            return words[at : at + value.width], None
        exponent = words[value.exponent_address - start]
        return words[at : at + value.width], decode.signed(exponent)
