"""A controller's registers: read by the names of the profile, written at the maker's pace, shifted to its connector."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from typing import NoReturn

from kiosk.domain.energy import Instant, elapsed_ms
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.services.charger.profile import ChargerProfile, Check, Setting
from kiosk.services.modbus.line import Device
from kiosk.services.modbus.profile import Sheet

Sleep = Callable[[float], Awaitable[None]]
LOOKS, LOOK_AGAIN_S = 3, 1.0


class Registers:
    """Everything raises LineError for what lines do, and FaultError for a device that is not as its profile says."""

    def __init__(
        self,
        profile: ChargerProfile,
        device: Device,
        now: Callable[[], Instant],
        sleep: Sleep,
        *,
        others: Mapping[int, Device] | None = None,
        connector: int = 1,
    ) -> None:
        self.profile, self._plain = profile, profile
        self._device, self._others, self._now, self._sleep = device, others or {}, now, sleep
        step = profile.connectors.address_step if profile.connectors else 0
        self._from, self._shift = step, step * (connector - 1)
        self._turn = asyncio.Lock()
        self._stops = 0
        self._written: Instant | None = None
        self._greeted: int | None = None

    @property
    def where(self) -> str:
        return self._device.where

    @property
    def connection(self) -> int:
        return self._device.connection

    async def greet(self) -> None:
        """Once a connection: is it the device of the profile, and which firmware does it run?"""
        connection = await self._device.connect()
        if connection == self._greeted:
            return
        for check in self._plain.identity:
            await self.check(check)
        # Somebody else may be looking meanwhile: what it says is exchanged only for what it will say.
        if self._plain.firmware is not None:
            self.profile = self._plain.at(await self.text(self._plain.firmware) or "")
        self._greeted = connection

    async def check(self, check: Check) -> None:
        sheet = await self.sheet([check.value])
        text = sheet.text(check.value)
        if check.equals and text in check.equals:
            return
        number = None if check.equals else sheet.number(check.value)
        if number is not None and _within(number, check.least, check.most):
            return
        said = text if check.equals else number
        self.fail(Fault.CONFIG_WRONG, f"shows {said} as {check.value}, where {_right(check)} is needed. {check.remedy}")

    async def sheet(self, names: Iterable[str]) -> Sheet:
        profile = self.profile
        blocks = {name: profile.blocks[name] for name in profile.blocks_of(list(names))}
        words = {}
        for name, row in blocks.items():
            device = self._device if row.unit is None else self._others[row.unit]
            words[name] = await device.read(row.function, self._moved(row.address), row.count)
        return Sheet(profile, words)

    async def number(self, name: str) -> Decimal | None:
        return (await self.sheet([name])).number(name)

    async def text(self, name: str) -> str | None:
        """Letters as they are, numbers in digits."""
        return (await self.sheet([name])).text(name)

    async def set(self, row: Setting) -> None:
        await self.write(row.address, row.words(row.value), row.function)

    async def write(self, address: int, words: tuple[int, ...], function: int, *, stops: bool = False) -> None:
        at = self._moved(address)
        if function == 16:
            await self._in_turn(lambda: self._device.write_registers(at, words), stops)
        else:
            await self._in_turn(lambda: self._device.write_register(at, words[0]), stops)

    async def write_coil(self, address: int, on: bool) -> None:
        await self._in_turn(lambda: self._device.write_coil(self._moved(address), on), stops=not on)

    async def verify(self, name: str | None, right: Callable[[Decimal], bool], what: str) -> None:
        """A device may need a moment until it shows what it has confirmed. No name is nothing to look at."""
        for look in range(LOOKS if name else 0):
            said = await self.number(name or "")
            if said is not None and right(said):
                return
            if look + 1 < LOOKS:
                await self._sleep(LOOK_AGAIN_S)
        if name:
            self.fail(Fault.CHARGER_FAULT, f"confirmed the {what} but shows {said}. Check what else commands it.")

    def fail(self, fault: Fault, text: str) -> NoReturn:
        raise FaultError(Trouble(fault, f"Controller {self._plain.id} {self.where} {text}"))

    def _moved(self, address: int) -> int:
        return address + self._shift if address >= self._from else address

    async def _in_turn(self, send: Callable[[], Awaitable[None]], stops: bool) -> None:
        """A stop waits for the maker's pace and for nothing else: whatever waits as well gives way and fails."""
        self._stops += stops
        try:
            async with self._turn:
                self._give_way(stops)
                if self._written is not None:
                    left_s = self._plain.write_interval_s - elapsed_ms(self._written, self._now()) / 1000
                    if left_s > 0:
                        await self._sleep(left_s)
                        self._give_way(stops)
                self._written = self._now()
                await send()
                self._written = self._now()
        finally:
            self._stops -= stops

    def _give_way(self, stops: bool) -> None:
        if self._stops and not stops:
            self.fail(Fault.CHARGER_REFUSED, "is told to stop, so nothing else is written. Try again after the stop.")


def _within(number: Decimal, least: Decimal | None, most: Decimal | None) -> bool:
    return (least is None or number >= least) and (most is None or number <= most)


def _right(check: Check) -> str:
    if check.equals:
        return " or ".join(check.equals)
    least = "" if check.least is None else f"at least {check.least}"
    most = "" if check.most is None else f"at most {check.most}"
    return " and ".join(filter(None, (least, most)))
