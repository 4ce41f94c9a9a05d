"""How a device packs numbers into 16-bit registers. Most significant word first; `swapped` gives the other order."""

import struct
from collections.abc import Iterable

Words = tuple[int, ...]
Table = dict[int, int]


def u16(value: int) -> Words:
    return _words(">H", value)


def i16(value: int) -> Words:
    return _words(">h", value)


def u32(value: int) -> Words:
    return _words(">I", value)


def i32(value: int) -> Words:
    return _words(">i", value)


def u64(value: int) -> Words:
    return _words(">Q", value)


def i64(value: int) -> Words:
    return _words(">q", value)


def f32(value: float) -> Words:
    return _words(">f", value)


def f64(value: float) -> Words:
    return _words(">d", value)


def text(value: str, registers: int) -> Words:
    """ASCII, two letters to a register, padded with NUL."""
    return struct.unpack(f">{registers}H", value.encode("ascii").ljust(2 * registers, b"\0"))


def swapped(words: Words) -> Words:
    """Least significant word first; the bytes inside a register stay."""
    return words[::-1]


def table(*rows: tuple[int, Words], blank: Iterable[range] = (), blank_word: int = 0) -> Table:
    """Address -> word. Addresses of `blank` that no row claims can be read too and hold `blank_word`."""
    words = {address: blank_word for span in blank for address in span}
    for address, row in rows:
        words.update(enumerate(row, start=address))
    return words


def _words(form: str, value: float) -> Words:
    raw = struct.pack(form, value)
    return struct.unpack(f">{len(raw) // 2}H", raw)
