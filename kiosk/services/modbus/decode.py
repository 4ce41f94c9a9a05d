"""Registers to exact numbers. What goes into a bill is Decimal from here on; a float only carries the bits of f32 and f64."""

import math
import struct
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

Kind = Literal["u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "str"]
Order = Literal["msw", "lsw"]

# fmt: off
FORMATS: dict[str, str] = {
    "u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "u64": ">Q", "i64": ">q", "f32": ">f", "f64": ">d",
}
# fmt: on
MANTISSA_BITS = {"f32": 23, "f64": 52}


def width(kind: Kind) -> int:
    """How many registers a number takes."""
    return struct.calcsize(FORMATS[kind]) // 2


def packed(words: Sequence[int], order: Order) -> bytes:
    """The octets, most significant first. Bytes within a register never swap; `lsw` swaps the registers."""
    return struct.pack(f">{len(words)}H", *(words if order == "msw" else reversed(words)))


def number(kind: Kind, words: Sequence[int], order: Order) -> Decimal | None:
    """Exactly what the registers hold; None for NaN and infinity."""
    value = struct.unpack(FORMATS[kind], packed(words, order))[0]
    return Decimal(value) if isinstance(value, int) or math.isfinite(value) else None


def step(kind: Kind, words: Sequence[int], order: Order) -> Decimal:
    """The distance to the next number that the registers could hold: 1, or what the float has left."""
    if kind not in MANTISSA_BITS:
        return Decimal(1)
    value = struct.unpack(FORMATS[kind], packed(words, order))[0]
    exponent = math.frexp(value)[1] if value else -100
    return Decimal(2) ** (exponent - 1 - MANTISSA_BITS[kind])


def signed(word: int) -> int:
    return word - 0x10000 if word & 0x8000 else word


def text(words: Sequence[int]) -> str | None:
    """ASCII, two letters to a register, without padding; None if it is something else."""
    raw = packed(words, "msw").strip(b"\0 ")
    if not raw or not raw.isascii():
        return None
    letters = raw.decode("ascii")
    return letters if letters.isprintable() else None


def whole(value: Decimal) -> int:
    """To the nearest whole, halves up: an f32 in kWh lies up to half a step beside the watt-hour that it stands for."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))
