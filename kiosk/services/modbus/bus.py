"""Every line of a site, each with one owner."""

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.services.modbus.counts import Counts
from kiosk.services.modbus.frames import Wire
from kiosk.services.modbus.line import Device, Line, Pace
from kiosk.services.modbus.url import Address
from kiosk.services.modbus.wire import PymodbusWire

LOGGERS = ("pymodbus", "pymodbus_internal", "pymodbus.logging")


class Lines:
    """Built by the composition root; hands the same line to everyone who names the same host and port, or tty."""

    def __init__(self, open_wire: Callable[[Address], Wire] | None = None) -> None:
        self._open_wire = open_wire or PymodbusWire
        self._lines: dict[str, tuple[Address, Line]] = {}
        self._levels: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        # pymodbus dumps the recent frames into its log whenever a device is silent; our errors say it shorter.
        self._levels = {name: logging.getLogger(name).level for name in LOGGERS}
        for name in LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for _, line in self._lines.values():
            await line.close()
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)

    def device(self, address: Address, pace: Pace) -> Device:
        """Nothing is opened before the first request. Raises FaultError when the line is in use in another way."""
        first, line = self._lines.setdefault(address.owner_key, (address, self._line(address)))
        if first.manner != address.manner:
            text = (
                f"{address.place} is asked for as {address.manner} and as {first.manner}. "
                f"All devices of one line need the same."
            )
            raise FaultError(Trouble(Fault.CONFIG_WRONG, text))
        return Device(line, address.unit, pace)

    def counts(self) -> tuple[Counts, ...]:
        """What happened on each line so far."""
        return tuple(line.counts for _, line in self._lines.values())

    def _line(self, address: Address) -> Line:
        return Line(
            self._open_wire(address),
            address.place,
            remembers=address.transport != "tcp" or address.any_id,
            reopens=address.transport != "rtu",
        )
