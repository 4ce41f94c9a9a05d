"""What a port that changes the outside world answers: done, refused, or in doubt. A timeout is never a failure."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from kiosk.domain.fault import Trouble

T = TypeVar("T", covariant=True)


@dataclass(frozen=True)
class Done(Generic[T]):
    """The other side said that it happened, and said it in a form that could be read and believed."""

    value: T


@dataclass(frozen=True)
class Refused:
    """A definitive no: the other side says that nothing happened. `code` is its own word (Vipps "6080", Modbus "2")."""

    trouble: Trouble
    code: str = ""


@dataclass(frozen=True)
class InDoubt:
    """Nobody knows whether it happened: ask first, then repeat the same bytes under the same key.

    `retry_after_s` is what the other side asked for (Retry-After), None if it did not say.
    """

    trouble: Trouble
    retry_after_s: float | None = None


Outcome = Done[T] | Refused | InDoubt
