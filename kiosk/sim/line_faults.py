"""What can be wrong between a Modbus toy and whoever asks it. All of it can be switched while the toy runs."""

import random
from dataclasses import dataclass
from typing import Literal

Garbage = Literal["random", "nan", "ones", "max", "zero"]
SENTINELS: dict[str, tuple[int, int]] = {
    "nan": (0x7FC0, 0x0000),
    "ones": (0xFFFF, 0xFFFF),
    "max": (0x7FFF, 0xFFFF),
    "zero": (0, 0),
}


@dataclass
class LineFaults:
    """`silent` does not hear; `mute` does as it is told and does not answer; `late_s` is in real seconds.

    `garbage` replaces the words of an answer, `half_word` empties every second one (only half of each value
    arrives); both spare everything but the billing register when `energy_only` is set.
    """

    silent: bool = False
    mute: bool = False
    late_s: float = 0.0
    drop: bool = False
    noise: bool = False
    bad_crc: bool = False
    wrong_length: bool = False
    foreign_transaction: bool = False
    foreign_unit: bool = False
    garbage: Garbage | None = None
    half_word: bool = False
    energy_only: bool = False

    def __post_init__(self) -> None:
        self._draw = random.Random(0)  # noqa: S311 (noise, not a secret)

    def noise_bytes(self) -> bytes:
        return self._draw.randbytes(12)

    def spoil(self, words: list[int], address: int, energy: range) -> list[int]:
        if self.wrong_length:
            words = words[:-1]
        return [self._spoil(word, address + place, place, energy) for place, word in enumerate(words)]

    def _spoil(self, word: int, address: int, place: int, energy: range) -> int:
        if self.energy_only and address not in energy:
            return word
        if self.energy_only:
            place = address - energy.start
        if self.garbage == "random":
            return self._draw.randrange(0x10000)
        if self.garbage is not None:
            return SENTINELS[self.garbage][place % 2]
        return 0 if self.half_word and place % 2 else word
