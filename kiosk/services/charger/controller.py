"""Switches a charge controller, says what it shows, and feeds its fail-safe for as long as the kiosk lives."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Never

from kiosk.domain.energy import Instant, Plug, elapsed_ms
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.domain.outcome import Done, InDoubt, Outcome, Refused
from kiosk.services.charger import looking
from kiosk.services.charger.failsafe import Guard
from kiosk.services.charger.looking import LEAST_MA
from kiosk.services.charger.profile import MA_PER_UNIT, ChargerProfile
from kiosk.services.charger.registers import Registers, Sleep
from kiosk.services.modbus.errors import DeviceRefused, LineError
from kiosk.services.modbus.line import Device

RETRY_S = 5.0
SPARE_S = 2.0  # a device's clock is not ours
LONGEST_SILENCE_S = 900.0
NOT_A_NO = (5, 6)  # exceptions "still working" and "busy": it may happen yet, or may be asked again


class Controller:
    """One charge controller. Nothing raises for what devices and lines do; everything may be cancelled at any time."""

    sells: bool = True

    def __init__(
        self,
        profile: ChargerProfile,
        device: Device,
        now: Callable[[], Instant],
        sleep: Sleep,
        amps: int,
        *,
        others: Mapping[int, Device] | None = None,
        connector: int = 1,
    ) -> None:
        self.profile, self._now, self._sleep, self._amps = profile, now, sleep, amps
        self._registers = Registers(profile, device, now, sleep, others=others, connector=connector)
        self._guard = None if profile.failsafe is None else Guard(profile.failsafe, self._registers, now)
        self.fails_safe = profile.failsafe is not None
        self.stop_latency_s = profile.stop_latency_s
        self.doubts = profile.doubts()
        self._commanded: bool | None = None
        self._starved = False
        self._fed_by_reading = profile.failsafe is not None and profile.failsafe.fed_by == "read"
        self._silence_s = 0.0
        self._silent_since: Instant | None = None
        self._current_at: Instant | None = None

    async def enable(self) -> Outcome[None]:
        """Sets the current and lets the car charge; never before the fail-safe is armed."""
        self._starved, self._silent_since, self._silence_s = False, None, 0.0
        return await self._command(True, self._enable(ours=self._commanded is True))

    async def disable(self) -> Outcome[None]:
        """Until this is done the fail-safe is not fed any more: a contactor that does not hear us opens by itself.

        Where every telegram feeds it, nothing at all is sent until it has lapsed, not even this stop again.
        """
        self._starved = True
        if self._silent_since is not None and not self._silence_is_over():
            return InDoubt(self._left_silent())
        done = False
        try:
            outcome = await self._command(False, self._disable())
            if isinstance(outcome, InDoubt) and self._fed_by_reading and self._silent_since is None:
                outcome = await self._command(False, self._disable())  # a lost answer is not worth a minute of current
            done = isinstance(outcome, Done)
            return outcome
        finally:  # a stop that was cut off is not confirmed either
            self._starved = not done
            self._fall_silent(done)

    async def look(self) -> Plug | Trouble:
        if self._silent_since is not None:
            return self._left_silent()
        try:
            return await looking.look(self._registers, self._now(), self._commanded)
        except LineError as error:
            return self._trouble(Fault.CHARGER_SILENT, error)
        except FaultError as error:
            return error.trouble

    async def shows(self) -> dict[str, str | None] | Trouble:
        """What it says of itself, for a person: serial, firmware, its own counter. None of it is ever billed."""
        if self._silent_since is not None:
            return self._left_silent()
        try:
            await self._registers.greet()
            return {name: await self._said(name) for name in self.profile.shows}
        except LineError as error:
            return self._trouble(Fault.CHARGER_SILENT, error)
        except FaultError as error:
            return error.trouble

    async def keep_alive(self) -> Never:
        """Runs beside everything else, and for as long: a screen that hangs must not open the contactor."""
        while self._guard is None:
            await asyncio.Event().wait()
        while True:
            if self._silent_since is not None and self._silence_is_over():
                await self.disable()
            fed = not self._starved and await self._feed(self._guard)
            feed_s = self._guard.row.feed_s
            await self._sleep(feed_s if fed else min(RETRY_S, feed_s))

    # Commands.

    async def _command(self, on: bool, work: Awaitable[None]) -> Outcome[None]:
        self._commanded = None
        try:
            await work
        except DeviceRefused as error:
            trouble = self._trouble(Fault.CHARGER_REFUSED, error)
            return InDoubt(trouble) if error.code in NOT_A_NO else Refused(trouble, str(error.code))
        except LineError as error:
            return InDoubt(self._trouble(Fault.CHARGER_SILENT, error))
        except FaultError as error:
            return InDoubt(error.trouble)
        self._commanded = on
        return Done(None)

    async def _enable(self, *, ours: bool) -> None:
        await self._registers.greet()
        lapsed = self._guard is not None and self._guard.lapsed
        if self._guard is not None and not self._guard.armed:
            await self._guard.arm()
        if await self._lowered(lapsed=lapsed) and (ours or await self._is_on()):
            return
        await self._hold()
        await self._set_current(self._amps)
        await self._switch(True)

    async def _is_on(self) -> bool:
        """As after a restart of the kiosk, which takes over a charge with the limit that it finds."""
        return (await looking.look(self._registers, self._now(), None)).enabled is True

    async def _disable(self) -> None:
        """Without a look at who it is: opening is right on any device."""
        if self.profile.switch is None:
            await self._set_current(0)
        else:
            await self._switch(False)

    async def _hold(self) -> None:
        """A current has to stand for a while before the next; a pause never waits."""
        row = self.profile.current
        if row is not None and self._current_at is not None:
            left_s = row.hold_s - elapsed_ms(self._current_at, self._now()) / 1000
            if left_s > 0:
                await self._sleep(left_s)

    async def _set_current(self, amps: int) -> None:
        row = self.profile.current
        if row is None:
            return
        words = row.words(amps * 1000 // MA_PER_UNIT[row.unit])
        await self._registers.write(row.address, words, row.function, stops=amps == 0)
        self._current_at = self._now()
        # A cable or another manager may allow less than we do, and that is theirs to decide.
        least, most = (LEAST_MA, amps * 1000) if amps else (0, LEAST_MA - 1)
        await self._registers.verify(row.readback, lambda said: least <= said <= most, f"current of {amps * 1000} mA")
        if self._guard is not None and self._guard.row.fed_by == "current" and amps:
            self._guard.fed()

    async def _switch(self, on: bool) -> None:
        row = self.profile.switch
        if row is None:
            return
        number = row.on if on else row.off
        if row.coil is not None:
            await self._registers.write_coil(row.coil, on)
        elif row.register_ is not None:
            await self._registers.write(row.register_, (number,), row.function, stops=not on)
        await self._registers.verify(row.readback, lambda said: said == number, f"switch {number}")

    # The silence after a stop that was not confirmed, where any telegram feeds the fail-safe.

    def _fall_silent(self, done: bool) -> None:
        """Each silence is twice the last: the stop between them wakes a device that may then give current again."""
        if done or not self._fed_by_reading or self._guard is None:
            self._silent_since, self._silence_s = None, 0.0
            return
        least_s = self._guard.row.lapses_s + SPARE_S
        self._silence_s = min(max(least_s, 2 * self._silence_s), max(least_s, LONGEST_SILENCE_S))
        self._silent_since = self._now()

    def _silence_is_over(self) -> bool:
        since = self._silent_since
        return since is not None and elapsed_ms(since, self._now()) >= self._silence_s * 1000

    def _left_silent(self) -> Trouble:
        text = (
            f"did not confirm the stop and is left silent for {self._silence_s:.0f} s, so that its fail-safe opens it"
        )
        remedy = "Then the stop is tried again. If the meter still shows a current, open its breaker."
        where = f"Controller {self.profile.id} {self._registers.where}"
        return Trouble(Fault.CHARGER_FAULT, f"{where} {text}. {remedy}")

    # The fail-safe.

    async def _feed(self, guard: Guard) -> bool:
        try:
            if not guard.armed:
                lapsed = guard.lapsed
                await guard.arm()
                await self._restore(lapsed=lapsed)
            elif guard.row.fed_by == "current":
                await self._restore(lapsed=False)
            else:
                await guard.feed()
                return guard.armed
        except (LineError, FaultError):
            guard.forget()  # `look` tells whoever asks; here it is only tried again
            return False
        return True

    async def _restore(self, *, lapsed: bool) -> None:
        """Write our own setpoint again, and nothing that is not ours: it could start or stop a car behind somebody's back.

        What lies below ours was set by somebody else, unless the device may have fallen to its fail-safe.
        """
        if self._commanded is True and not await self._lowered(lapsed=lapsed) and self._still_on():
            await self._set_current(self._amps)

    def _still_on(self) -> bool:
        # A stop may have come while we looked. Nothing is awaited between this and our turn to write, and turns are in
        # order of asking: whatever stops after this is written after it.
        return self._commanded is True

    async def _lowered(self, *, lapsed: bool) -> bool:
        """Whether somebody else has set less than we did. A setpoint that is itself the feed does not fall by itself."""
        said = await looking.offered(self._registers)
        if said is None or said >= self._amps * 1000:
            return False
        falls = self._guard is not None and self._guard.row.fed_by != "current"
        return not (lapsed and falls and said < LEAST_MA)

    async def _said(self, name: str) -> str | None:
        sheet = await self._registers.sheet([name])
        value = self._registers.profile.values[name]
        if value.kind == "str" or not value.unit:
            return sheet.text(name)
        said = sheet.number(name)
        return None if said is None else f"{said.normalize():f} {_base(value.unit)}"

    def _trouble(self, fault: Fault, error: LineError) -> Trouble:
        return Trouble(fault, f"Controller {self.profile.id} {error}. {error.remedy}")


def _base(unit: str) -> str:
    return {"kWh": "Wh", "kW": "W", "A": "mA"}.get(unit, unit)
