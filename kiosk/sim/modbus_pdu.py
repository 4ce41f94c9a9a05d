"""Modbus requests and answers without their frames: what a device is asked, and what it says or refuses."""

from collections.abc import Sequence
from typing import Protocol

from kiosk.sim.line_faults import LineFaults

READ_COILS, READ_DISCRETE, READ_HOLDING, READ_INPUTS = 1, 2, 3, 4
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE = 1, 2, 3
GATEWAY_TARGET_SILENT = 0x0B


class RefusalError(Exception):
    """The device answers with exception `code`."""

    def __init__(self, code: int) -> None:
        super().__init__(f"Modbus exception {code}")
        self.code = code


class Device(Protocol):
    """A unit on a line. `energy` is where its billing register lies. Coils are read and written as 0 and 1."""

    line: LineFaults
    energy: range

    def read(self, function: int, address: int, count: int) -> list[int]: ...

    def write(self, function: int, address: int, values: Sequence[int]) -> None: ...


def pick(words: dict[int, int] | None, address: int, count: int) -> list[int]:
    """`count` words from `address`; no table is exception 1, a gap exception 2."""
    if words is None:
        raise RefusalError(ILLEGAL_FUNCTION)
    try:
        return [words[address + place] for place in range(count)]
    except KeyError:
        raise RefusalError(ILLEGAL_ADDRESS) from None


def within(value: int, least: int, most: int) -> int:
    """The value, or exception 3 where the device takes only `least` to `most`."""
    if not least <= value <= most:
        raise RefusalError(ILLEGAL_VALUE)
    return value


def answer(device: Device, request: bytes) -> bytes:
    function = request[0]
    try:
        return bytes([function]) + _perform(device, function, request[1:])
    except RefusalError as refusal:
        return bytes([function | 0x80, refusal.code])


def _perform(device: Device, function: int, body: bytes) -> bytes:
    address, count = int.from_bytes(body[0:2], "big"), int.from_bytes(body[2:4], "big")
    match function:
        case 1 | 2:
            return _pack_bits(device.read(function, address, _checked(count, 2000)))
        case 3 | 4:
            words = device.read(function, address, _checked(count, 125))
            return _pack_words(device.line.spoil(words, address, device.energy))
        case 5:
            if count not in (0x0000, 0xFF00):
                raise RefusalError(ILLEGAL_VALUE)
            device.write(function, address, [int(count == 0xFF00)])
        case 6:
            device.write(function, address, [count])
        case 15:
            device.write(function, address, _bits(body[5:], _checked(count, 1968)))
        case 16:
            device.write(function, address, _words(body[5:], _checked(count, 123)))
        case _:
            raise RefusalError(ILLEGAL_FUNCTION)
    return body[:4]


def _checked(count: int, most: int) -> int:
    if not 1 <= count <= most:
        raise RefusalError(ILLEGAL_VALUE)
    return count


def _pack_words(words: list[int]) -> bytes:
    return bytes([2 * len(words)]) + b"".join(word.to_bytes(2, "big") for word in words)


def _pack_bits(bits: list[int]) -> bytes:
    octets = (len(bits) + 7) // 8
    return bytes([octets]) + sum(bit << place for place, bit in enumerate(bits)).to_bytes(octets, "little")


def _words(raw: bytes, count: int) -> list[int]:
    if len(raw) != 2 * count:
        raise RefusalError(ILLEGAL_VALUE)
    return [int.from_bytes(raw[2 * place : 2 * place + 2], "big") for place in range(count)]


def _bits(raw: bytes, count: int) -> list[int]:
    if len(raw) != (count + 7) // 8:
        raise RefusalError(ILLEGAL_VALUE)
    return [raw[place // 8] >> place % 8 & 1 for place in range(count)]
