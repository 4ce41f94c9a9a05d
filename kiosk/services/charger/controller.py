"""Switches a charge controller, says what it shows, and feeds its fail-safe for as long as the kiosk lives."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Never

from kiosk.domain.energy import Instant, Pilot, Plug, elapsed_ms
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.domain.outcome import Done, InDoubt, Outcome, Refused
from kiosk.services.charger.profile import MA_PER_UNIT, ChargerProfile, FailSafe, Register16, State
from kiosk.services.modbus import catalogue, url
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.errors import DeviceRefused, LineError
from kiosk.services.modbus.line import Device
from kiosk.services.modbus.profile import Sheet

FOLDER = "chargers"
NONE = "none"
RETRY_S = 5.0
NOT_A_NO = (5, 6)  # exceptions "still working" and "busy": it may happen yet, or may be asked again

Sleep = Callable[[float], Awaitable[None]]


class Controller:
    """One charge controller. Nothing raises for what devices and lines do; everything may be cancelled at any time."""

    sells: bool = True

    def __init__(
        self, profile: ChargerProfile, device: Device, now: Callable[[], Instant], sleep: Sleep, amps: int
    ) -> None:
        self._profile, self._device, self._now, self._sleep, self._amps = profile, device, now, sleep, amps
        self.fails_safe = profile.failsafe is not None
        self._commanded: bool | None = None
        self._turn = asyncio.Lock()
        self._written: Instant | None = None
        self._armed_on: int | None = None
        self._fed: Instant | None = None
        self._starved = False

    async def enable(self) -> Outcome[None]:
        """Sets the current and lets the car charge; never before the fail-safe is armed."""
        self._starved = False
        return await self._command(True, self._enable())

    async def disable(self) -> Outcome[None]:
        """Until this is done the fail-safe is not fed any more: a contactor that does not hear us opens by itself."""
        self._starved = True
        outcome = await self._command(False, self._switch(False))
        self._starved = not isinstance(outcome, Done)
        return outcome

    async def look(self) -> Plug | Trouble:
        try:
            return await self._look()
        except LineError as error:
            return self._trouble(Fault.CHARGER_SILENT, f"{error}. {error.remedy}")
        except FaultError as error:
            return error.trouble

    async def keep_alive(self) -> Never:
        """Runs beside everything else, and for as long: a screen that hangs must not open the contactor."""
        failsafe = self._profile.failsafe
        while failsafe is None:
            await asyncio.Event().wait()
        while True:
            if self._starved:
                await self._sleep(RETRY_S)
                continue
            await self._sleep(failsafe.feed_s if await self._feed(failsafe) else RETRY_S)

    # Commands.

    async def _command(self, on: bool, work: Awaitable[None]) -> Outcome[None]:
        self._commanded = None
        try:
            await work
        except DeviceRefused as error:
            trouble = self._trouble(Fault.CHARGER_REFUSED, f"{error}. {error.remedy}")
            return InDoubt(trouble) if error.code in NOT_A_NO else Refused(trouble, str(error.code))
        except LineError as error:
            return InDoubt(self._trouble(Fault.CHARGER_SILENT, f"{error}. {error.remedy}"))
        except FaultError as error:
            return InDoubt(error.trouble)
        self._commanded = on
        return Done(None)

    async def _enable(self) -> None:
        if self._profile.failsafe is not None and not self._is_armed(self._profile.failsafe):
            await self._arm(self._profile.failsafe)
        await self._set_current()
        await self._switch(True)

    async def _set_current(self) -> None:
        row = self._profile.current
        if row is None:
            return
        value = self._amps * 1000 // MA_PER_UNIT[row.unit]
        await self._write(lambda: self._device.write_register(row.address, value))
        await self._verify(row.readback, self._amps * 1000, "current in mA")

    async def _switch(self, on: bool) -> None:
        row = self._profile.switch
        if row.coil is not None:
            coil = row.coil
            await self._write(lambda: self._device.write_coil(coil, on))
        elif row.register_ is not None:
            register = row.register_
            await self._write(lambda: self._device.write_register(register, int(on)))
        await self._verify(row.readback, int(on), "switch")

    async def _write(self, send: Callable[[], Awaitable[None]]) -> None:
        async with self._turn:
            if self._written is not None:
                left_s = self._profile.write_interval_s - elapsed_ms(self._written, self._now()) / 1000
                if left_s > 0:
                    await self._sleep(left_s)
            self._written = self._now()
            await send()
            self._written = self._now()

    async def _verify(self, name: str | None, right: int, what: str) -> None:
        if name is None:
            return
        said = (await self._sheet([name])).number(name)
        if said != right:
            text = f"{self._device.where} confirmed the {what} {right} but shows {said}. Check what else commands it."
            raise FaultError(self._trouble(Fault.CHARGER_FAULT, text))

    # The fail-safe.

    def _is_armed(self, failsafe: FailSafe) -> bool:
        fresh = self._fed is not None and elapsed_ms(self._fed, self._now()) < failsafe.lapses_s * 1000
        return fresh and self._armed_on == self._device.connection

    async def _arm(self, failsafe: FailSafe) -> None:
        for row in (failsafe.current, failsafe.timeout):
            await self._write_row(row)
            await self._verify(row.readback, row.value, f"fail-safe at {row.address}")
        self._armed_on, self._fed = self._device.connection, self._now()

    async def _feed(self, failsafe: FailSafe) -> bool:
        try:
            if self._is_armed(failsafe):
                await self._write_row(failsafe.timeout)
                self._fed = self._now()
                return True
            await self._arm(failsafe)
            # It may have fallen to its fail-safe current meanwhile. Only a setpoint that is ours is written again:
            # anything else could start or stop a car behind somebody's back.
            if self._commanded:
                await self._set_current()
        except (LineError, FaultError):
            self._armed_on = None  # `look` tells whoever asks; here it is only tried again
            return False
        return True

    async def _write_row(self, row: Register16) -> None:
        await self._write(lambda: self._device.write_register(row.address, row.value))

    # What it shows.

    async def _look(self) -> Plug:
        profile = self._profile
        pilot, enabled, offered_ma = None, self._commanded, None
        if profile.state is not None:
            number = await self._state(profile.state)
            pilot = await self._pilot(profile.state, number)
            enabled = profile.state.enabled.get(number, self._commanded)
        if profile.switch.readback is not None:
            said = (await self._sheet([profile.switch.readback])).number(profile.switch.readback)
            enabled = None if said is None else bool(said)
        if profile.current is not None and profile.current.readback is not None:
            said = (await self._sheet([profile.current.readback])).number(profile.current.readback)
            offered_ma = None if said is None else int(said)
        return Plug(self._now(), pilot, enabled, offered_ma)

    async def _state(self, state: State) -> int:
        said = (await self._sheet([state.value])).number(state.value)
        if said is None or int(said) not in state.pilot:
            known = ", ".join(map(str, state.pilot))
            text = f"{self._device.where} shows state {said}, which is none of {known}. Check the profile."
            raise FaultError(self._trouble(Fault.CHARGER_FAULT, text))
        return int(said)

    async def _pilot(self, state: State, number: int) -> Pilot:
        plugged = state.plugged
        if plugged is None or number not in plugged.in_states:
            return state.pilot[number]
        said = (await self._sheet([plugged.value])).number(plugged.value)
        return Pilot.B if said is not None and int(said) & plugged.mask else Pilot.A

    async def _sheet(self, values: Iterable[str]) -> Sheet:
        profile = self._profile
        blocks = {name: profile.blocks[name] for name in profile.blocks_of(list(values))}
        words = {name: await self._device.read(row.function, row.address, row.count) for name, row in blocks.items()}
        return Sheet(profile, words)

    def _trouble(self, fault: Fault, text: str) -> Trouble:
        return Trouble(fault, f"Controller {self._profile.id} {text}")


class NoController:
    """A plain socket: the meter counts, and nothing can be switched, so it never sells."""

    sells: bool = False
    fails_safe: bool = False

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now

    async def enable(self) -> Outcome[None]:
        text = "This station has no controller (none), so nothing can be switched on. Set `controller` to one that can."
        return Refused(Trouble(Fault.CHARGER_REFUSED, text))

    async def disable(self) -> Outcome[None]:
        return Done(None)

    async def look(self) -> Plug | Trouble:
        return Plug(self._now(), None, None)

    async def keep_alive(self) -> Never:
        while True:
            await asyncio.Event().wait()


def open_charger(
    lines: Lines,
    profile_id: str,
    address: str,
    now: Callable[[], Instant],
    amps: int,
    *,
    sleep: Sleep = asyncio.sleep,
) -> Controller | NoController:
    """`sleep` waits business time (keep-alive, write interval). Nothing is sent before the first call.

    Raises FaultError for an unknown profile, a wrong address, or a current that the controller cannot offer.
    """
    if profile_id == NONE:
        return NoController(now)
    profile = catalogue.load(FOLDER, profile_id, ChargerProfile, (NONE,))
    row = profile.current
    if row is not None and not row.least_amps <= amps <= row.most_amps:
        text = f"Controller {profile_id} can offer {row.least_amps} to {row.most_amps} A, not {amps} A. Set `amps` to one of these."
        raise FaultError(Trouble(Fault.CONFIG_WRONG, text))
    where = url.parse(address, profile.line.unit, profile.line.serial)
    return Controller(profile, lines.device(where, profile.line.pace), now, sleep, amps)
