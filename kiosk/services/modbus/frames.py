"""What is asked on a line and what comes back, and who carries it."""

from dataclasses import dataclass
from typing import Protocol

from kiosk.services.modbus.errors import Heard


@dataclass(frozen=True)
class Request:
    """A question, or a command with its `values` (coils as 0 and 1)."""

    function: int
    address: int
    count: int = 1
    values: tuple[int, ...] = ()

    def __str__(self) -> str:
        verb = "write" if self.values else "read"
        return f"{verb} of {self.address:#06x} (function {self.function}, count {self.count})"


@dataclass(frozen=True)
class Answer:
    """What came back. `function` 0 is a frame that holds no Modbus; `address` is the echo of a command."""

    function: int
    values: tuple[int, ...] = ()
    address: int | None = None
    exception: int | None = None


@dataclass(frozen=True)
class Silence:
    """No answer until the deadline, and what came instead."""

    heard: Heard = Heard.NOTHING


class Wire(Protocol):
    """What carries frames: pymodbus, or the virtual world."""

    @property
    def is_open(self) -> bool: ...

    @property
    def late(self) -> int:
        """How many frames came that nobody waited for."""

    async def open(self) -> None:
        """Raises LineDown with the reason."""

    def close(self) -> None: ...

    async def ask(self, unit: int, request: Request, timeout_s: float) -> Answer | Silence:
        """Raises LineDown when the connection is lost."""

    async def rival(self) -> str | None:
        """Who else on this machine holds the port, or a connection to the device."""
