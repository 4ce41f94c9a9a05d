"""The two frames of Modbus: MBAP over TCP, and RTU with its CRC on serial lines and transparent gateways."""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from kiosk.sim.line_faults import LineFaults

GAP_S = 0.02
"""This much silence ends an RTU frame."""


@dataclass(frozen=True)
class Frame:
    unit: int
    pdu: bytes
    transaction: int = 0


class Framing(Protocol):
    async def receive(self, reader: asyncio.StreamReader) -> Frame | None:
        """The next request; None when the other side has left."""

    def wrap(self, frame: Frame, faults: LineFaults) -> bytes: ...


class MbapFraming:
    """`opening` is what was already read of the first frame."""

    def __init__(self, opening: bytes = b"") -> None:
        self._opening = opening

    async def receive(self, reader: asyncio.StreamReader) -> Frame | None:
        try:
            header = self._opening + await reader.readexactly(7 - len(self._opening))
            self._opening = b""
            length = int.from_bytes(header[4:6], "big")
            pdu = await reader.readexactly(length - 1)
        except (asyncio.IncompleteReadError, ValueError):
            return None
        return Frame(header[6], pdu, int.from_bytes(header[0:2], "big")) if header[2:4] == b"\0\0" and pdu else None

    def wrap(self, frame: Frame, faults: LineFaults) -> bytes:
        if faults.noise:
            return faults.noise_bytes()
        transaction = frame.transaction ^ 0x5555 if faults.foreign_transaction else frame.transaction
        unit = frame.unit ^ 1 if faults.foreign_unit else frame.unit
        header = transaction.to_bytes(2, "big") + b"\0\0" + (len(frame.pdu) + 1).to_bytes(2, "big")
        return header + bytes([unit]) + frame.pdu


class RtuFraming:
    async def receive(self, reader: asyncio.StreamReader) -> Frame | None:
        while raw := await _until_whole(reader):
            if _is_whole(raw):
                return Frame(raw[0], raw[1:-2])
        return None

    def wrap(self, frame: Frame, faults: LineFaults) -> bytes:
        if faults.noise:
            return faults.noise_bytes()
        body = bytes([frame.unit ^ 1 if faults.foreign_unit else frame.unit]) + frame.pdu
        return body + (crc16(body) ^ (0x0101 if faults.bad_crc else 0)).to_bytes(2, "little")


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS: polynomial 0xA001 reflected, start 0xFFFF, sent low byte first."""
    crc = 0xFFFF
    for octet in data:
        crc ^= octet
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def _is_whole(raw: bytes) -> bool:
    return len(raw) >= 4 and crc16(raw[:-2]) == int.from_bytes(raw[-2:], "little")


async def _until_whole(reader: asyncio.StreamReader) -> bytes:
    raw = await reader.read(256)
    while raw and not _is_whole(raw):
        try:
            async with asyncio.timeout(GAP_S):
                more = await reader.read(256)
        except TimeoutError:
            return raw
        if not more:
            return b""
        raw += more
    return raw
