"""A charge controller toy that is a table of registers: what is common to the wallboxes and boards."""

import struct
from collections.abc import Mapping, Sequence

from kiosk.sim.modbus_pdu import (
    ILLEGAL_FUNCTION,
    READ_HOLDING,
    READ_INPUTS,
    WRITE_REGISTER,
    WRITE_REGISTERS,
    Device,
    RefusalError,
    pick,
)
from kiosk.sim.post import Post
from kiosk.sim.registers import Table

MJ_PER_WH = 3_600_000


class RegisterToy:
    """Registers as tables, made anew for each question. `beside` are further units on the same line."""

    unit = 255
    energy = range(0)
    writes_by: tuple[int, ...] = (WRITE_REGISTER, WRITE_REGISTERS)
    paused_by_current, heeds_reads = False, False

    def __init__(self, post: Post) -> None:
        self._post = post
        self.line = post.charger_line
        self.beside: Mapping[int, Device] = {}
        if self.paused_by_current:
            post.command(enabled=True, limit_ma=0)

    def read(self, function: int, address: int, count: int) -> list[int]:
        self._post.advance()
        if self.heeds_reads:
            self._post.feed()
        tables = {READ_HOLDING: self.holding, READ_INPUTS: self.inputs}
        if function not in tables:
            raise RefusalError(ILLEGAL_FUNCTION)
        return pick(tables[function](), address, count)

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        if function not in self.writes_by:
            raise RefusalError(ILLEGAL_FUNCTION)
        self.take(address, values)

    def holding(self) -> Table | None:
        return None

    def inputs(self) -> Table | None:
        return None

    def take(self, address: int, values: Sequence[int]) -> None:
        """A write that has come through. Raises RefusalError for what it does not take."""
        raise NotImplementedError

    @property
    def energy_wh(self) -> int:
        return self._post.delivered_mj // MJ_PER_WH

    def letters(self) -> str:
        """The state as in IEC 61851 with its pilot: A1, B2 and so on; E and F stand alone."""
        pilot = self._post.pilot
        return pilot if pilot in "EF" else f"{pilot}{2 if self._post.offered_ma else 1}"


def milli(words: Sequence[int]) -> int:
    """A float in amperes as two registers, in mA."""
    amps: float = struct.unpack(">f", struct.pack(">2H", *words))[0]
    return round(amps * 1000)
