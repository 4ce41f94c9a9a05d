"""What happened on one line: for the doctor, and for whoever stands before a device that does not answer."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any


@dataclass(frozen=True)
class Counts:
    """Since the line was first used. `late` are frames thrown away because nobody waited for them any more."""

    place: str
    requests: int = 0
    answers: int = 0
    timeouts: int = 0
    connects: int = 0
    lost: int = 0
    wrong_function: int = 0
    wrong_length: int = 0
    wrong_echo: int = 0
    late: int = 0
    longest_answer_s: float = 0.0
    exceptions: Mapping[int, int] = field(default_factory=dict)

    @property
    def reconnects(self) -> int:
        return max(0, self.connects - 1)

    @property
    def wrong(self) -> int:
        return self.wrong_function + self.wrong_length + self.wrong_echo

    def plus(self, **more: int) -> "Counts":
        return replace(self, **{name: getattr(self, name) + number for name, number in more.items()})

    def answered(self, took_s: float) -> "Counts":
        return replace(self.plus(answers=1), longest_answer_s=max(took_s, self.longest_answer_s))

    def refused(self, code: int) -> "Counts":
        return replace(self, exceptions={**self.exceptions, code: self.exceptions.get(code, 0) + 1})

    def report(self) -> dict[str, Any]:
        return {**asdict(self), "longest_answer_s": round(self.longest_answer_s, 3), "reconnects": self.reconnects}

    def __str__(self) -> str:
        parts = [
            f"{self.answers} of {self.requests} answered, the slowest in {self.longest_answer_s:.2f} s",
            f"{self.timeouts} silent",
            f"{sum(self.exceptions.values())} refused",
            f"{self.wrong} wrong",
            f"{self.late} late",
            f"{self.reconnects} reconnects",
        ]
        return ", ".join(parts)
