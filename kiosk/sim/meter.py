"""A toy meter: any maker's registers for the same counter, over a post where a car may charge."""

from collections.abc import Sequence

from kiosk.sim.float_meters import EASTRON_SDM630, FLOAT_MAKES, in_mwh
from kiosk.sim.make import Make, Sample
from kiosk.sim.modbus_pdu import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ_HOLDING,
    READ_INPUTS,
    WRITE_REGISTERS,
    RefusalError,
    pick,
)
from kiosk.sim.post import Post
from kiosk.sim.registers import f32
from kiosk.sim.sunspec_meters import SUNSPEC_MAKES
from kiosk.sim.whole_meters import WHOLE_MAKES

MAKES: dict[str, Make] = FLOAT_MAKES | WHOLE_MAKES | SUNSPEC_MAKES


class MeterToy:
    def __init__(self, post: Post, profile: str) -> None:
        if profile not in MAKES:
            raise ValueError(f"There is no toy meter {profile!r}. There are: {', '.join(MAKES)}.")
        self.make = MAKES[profile]
        self.profile = profile
        self.line = post.meter_line
        self.energy = self.make.energy
        self._post = post
        self._prefix_mwh = False

    def read(self, function: int, address: int, count: int) -> list[int]:
        if function not in (READ_HOLDING, READ_INPUTS):
            raise RefusalError(ILLEGAL_FUNCTION)
        if count == 1 and address in dict(self.make.alone):
            return [dict(self.make.alone)[address]]
        if self.make.even_only and address % 2:
            raise RefusalError(ILLEGAL_ADDRESS)
        if count > self.make.count_max or (self.make.even_only and count % 2):
            raise RefusalError(ILLEGAL_VALUE)
        if self.make.whole_values and not self.make.whole_values(address, count):
            raise RefusalError(ILLEGAL_ADDRESS)
        source = self.make.holding if function == READ_HOLDING else self.make.inputs
        words = source(self._sample()) if source else None
        if words and self.make is EASTRON_SDM630 and self._prefix_mwh:
            words |= in_mwh(function, self._sample())
        return pick(words, address, count)

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        """Only the Eastron's energy unit prefix: 0.0 for kWh, 1.0 for MWh."""
        if self.make is not EASTRON_SDM630 or function != WRITE_REGISTERS:
            raise RefusalError(ILLEGAL_FUNCTION)
        if address != 0x1E:
            raise RefusalError(ILLEGAL_ADDRESS)
        if tuple(values) not in (f32(0), f32(1)):
            raise RefusalError(ILLEGAL_VALUE)
        self._prefix_mwh = tuple(values) == f32(1)

    def _sample(self) -> Sample:
        self._post.advance()
        counter = self._post.counter
        l1, l2, l3 = self._post.phases_w
        sign = -1 if counter.reversed_ct else 1
        return Sample(
            counter.serial,
            counter.import_wh,
            counter.export_wh,
            counter.phases_import_wh,
            (sign * l1, sign * l2, sign * l3),
        )
