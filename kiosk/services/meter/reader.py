"""Reads a meter so that every value can be billed: proven to be the right device, and read twice."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from kiosk.domain.energy import Instant, Reading, elapsed_ms
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.services.meter.evidence import Evidence, weigh
from kiosk.services.meter.profile import Check, Energy, MeterProfile
from kiosk.services.meter.sunspec import find_models
from kiosk.services.modbus import catalogue, url
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.decode import whole
from kiosk.services.modbus.errors import BadAnswer, DeviceRefused, LineError, NoAnswer
from kiosk.services.modbus.line import Device
from kiosk.services.modbus.profile import Sheet

FOLDER = "meters"
RECHECK_MS = 60_000
PAIR_TRIES = 3
FASTEST_W = 500_000  # more than any post; only keeps torn words and foreign answers out of a pair
MS_PER_HOUR = 3_600_000
ILLEGAL = (1, 2, 3)  # exceptions that say: this device has no such register


@dataclass(frozen=True)
class Proof:
    """That the device on this connection is the meter, which one, and how its energy is read."""

    connection: int
    at: Instant
    serial: str | None
    energy: Energy
    models: dict[int, int]


@dataclass(frozen=True)
class Register:
    """The billing register as it was read once."""

    import_wh: int
    step_wh: int
    at: Instant


class MeterReader:
    """One meter. `read` never raises for what devices and lines do; it may be cancelled at any time."""

    def __init__(self, profile: MeterProfile, device: Device, now: Callable[[], Instant]) -> None:
        self._profile, self._device, self._now = profile, device, now
        self._turn = asyncio.Lock()
        self._proof: Proof | None = None
        self._known: tuple[str | None, Energy] | None = None
        self._evidence: Evidence | None = None
        self._last: Reading | None = None

    @property
    def experimental(self) -> str | None:
        """What a person has to know before this meter bills; None where every register is proven."""
        doubt = self._profile.doubt
        return f"The profile {self._profile.id} is experimental: {doubt}" if doubt else None

    async def read(self) -> Reading | Trouble:
        async with self._turn:
            try:
                return await self._read()
            except LineError as error:
                self._proof = None
                return Trouble(_fault(error), self._say(f"{error}. {self._remedy(error)}"))
            except FaultError as error:
                self._proof = None
                return error.trouble

    async def _read(self) -> Reading:
        proof = await self._proven()
        register, power_w = await self._take(proof)
        if self._device.connection != proof.connection or not self._goes_on(register, power_w):
            # It hung up on an idle line and answered on a new connection, or shows another register than it can have
            # got to: maybe another device, so prove it first.
            proof = await self._prove()
            register, power_w = await self._take(proof)
        if self._device.connection != proof.connection:
            raise self._wrong(Fault.METER_SILENT, f"{self._device.where} hangs up again and again. Check its network.")
        serial = proof.serial or self._device.where
        if self._last is not None and self._last.serial != serial:
            self._evidence = None
        seen = weigh(self._evidence, register.import_wh, power_w, register.step_wh, register.at)
        self._evidence = seen
        self._last = Reading(
            register.import_wh,
            power_w,
            serial,
            register.at,
            seen.since,
            register.step_wh,
            seen.flowed_wh,
            seen.unpowered_wh,
            tells_serial=proof.serial is not None,
        )
        return self._last

    def _goes_on(self, register: Register, power_w: int) -> bool:
        """From the last reading, by no more than twice the power at either end.

        Asked at every read, since nobody tells the reader which one ends a charge.
        """
        last = self._last
        if last is None:
            return True
        most_w = 2 * max(abs(last.power_w), abs(power_w))
        most_wh = most_w * elapsed_ms(last.at, register.at) // MS_PER_HOUR + 2 * register.step_wh
        return -register.step_wh <= register.import_wh - last.import_wh <= most_wh

    # Is it the right meter?

    async def _proven(self) -> Proof:
        proof = self._proof
        if proof is None or elapsed_ms(proof.at, self._now()) >= RECHECK_MS:
            return await self._prove()
        return proof

    async def _prove(self) -> Proof:
        profile = self._profile
        self._proof = None
        connection = await self._device.connect()
        models = await find_models(self._device, profile.sunspec.bases) if profile.sunspec else {}
        if absent := sorted(profile.models - set(models)):
            text = f"{self._device.where} has no SunSpec model {absent[0]}. Choose the profile of the device that is there."
            raise self._wrong(Fault.METER_WRONG_DEVICE, text)
        for check in profile.identity:
            await self._check(check, Fault.METER_WRONG_DEVICE, models)
        for check in profile.precondition:
            await self._check(check, Fault.METER_GARBLED, models)
        serial = await self._serial(models)
        # After a connect the first energy is never billed: meters answer 0 or half a value while they wake up.
        energy = await self._choose(serial, models)
        self._known = serial, energy
        self._proof = Proof(connection, self._now(), serial, energy, models)
        return self._proof

    async def _serial(self, models: dict[int, int]) -> str | None:
        """None for a meter that tells none: it goes by its place, and nobody notices another one there."""
        name = self._profile.serial
        if name is None:
            return None
        serial = (await self._sheet(self._profile.blocks_of([name]), models)).text(name)
        if serial is None:
            raise self._wrong(Fault.METER_GARBLED, f"{self._device.where} tells no serial number. Check the profile.")
        return serial

    async def _check(self, check: Check, fault: Fault, models: dict[int, int]) -> None:
        try:
            sheet = await self._sheet(self._profile.blocks_of([check.value]), models)
        except DeviceRefused as error:
            if check.optional and error.code in ILLEGAL:
                return
            raise
        said = sheet.text(check.value)
        if not check.passes(said):
            name = check.value.replace("_", " ")
            raise self._wrong(fault, f"{self._device.where} has {name} {said}, not {check.right}. {check.remedy}")

    async def _choose(self, serial: str | None, models: dict[int, int]) -> Energy:
        """The finest way that the device knows and that agrees with the last one. Once chosen for a meter, it stays."""
        if self._known is not None and self._known[0] == serial:
            await self._register(self._known[1], models)
            return self._known[1]
        *ways, last = self._profile.energy
        plain = await self._register(last, models)
        for way in ways:
            try:
                fine = await self._register(way, models)
            except DeviceRefused:
                continue
            if _pairs(plain, fine, plain.step_wh) or _pairs(fine, plain, plain.step_wh):
                return way
        return last

    # What does it say?

    async def _take(self, proof: Proof) -> tuple[Register, int]:
        """The billing register, read twice, and the power in between."""
        profile = self._profile
        first = await self._register(proof.energy, proof.models)
        sheet = await self._sheet(profile.blocks_of([*profile.voltage.values, profile.power]), proof.models)
        self._check_voltage(sheet)
        power_w = sheet.number(profile.power)
        if power_w is None:
            raise self._wrong(Fault.METER_GARBLED, f"{self._device.where} has no value for power. Check its wiring.")
        return await self._confirmed(first, proof), whole(power_w)

    def _check_voltage(self, sheet: Sheet) -> None:
        window = self._profile.voltage
        volts = [sheet.number(name) for name in window.values]
        present = [volt for volt in volts if volt is not None and volt >= window.least]
        if not present or any(volt > window.most for volt in present):
            said = ", ".join("none" if volt is None else f"{volt:.6g} V" for volt in volts)
            text = (
                f"{self._device.where} shows voltages of {said}, not {window.least} to {window.most} V. "
                f"Check the profile and the meter's word order."
            )
            raise self._wrong(Fault.METER_GARBLED, text)

    async def _confirmed(self, first: Register, proof: Proof) -> Register:
        read = [first]
        for _ in range(PAIR_TRIES - 1):
            second = await self._register(proof.energy, proof.models)
            if _pairs(read[-1], second):
                return second
            read.append(second)
        said = ", ".join(f"{register.import_wh} Wh" for register in read)
        text = f"{self._device.where} told another energy each time: {said}. Check the line for noise and echoes."
        raise self._wrong(Fault.METER_GARBLED, text)

    async def _register(self, energy: Energy, models: dict[int, int]) -> Register:
        sheet = await self._sheet(self._profile.blocks_of(energy.sum), models)
        parts = [sheet.number(name) for name in energy.sum]
        total_wh = sum((part for part in parts if part is not None), Decimal(0))
        if any(part is None for part in parts) or not 0 <= total_wh < Decimal(10) ** 15:
            text = f"{self._device.where} has no value for the total import. Wait until it is up, or check the profile."
            raise self._wrong(Fault.METER_GARBLED, text)
        finest_wh = min(sheet.step(name) for name in energy.sum)
        step_wh = max(energy.resolution_wh, -int(-finest_wh // 1))
        return Register(whole(total_wh), step_wh, self._now())

    async def _sheet(self, names: Iterable[str], models: dict[int, int]) -> Sheet:
        words: dict[str, tuple[int, ...]] = {}
        for name in names:
            block = self._profile.blocks[name]
            start = models[block.model] if block.model is not None else 0
            words[name] = await self._device.read(block.function, start + block.address, block.count)
        return Sheet(self._profile, words)

    def _remedy(self, error: LineError) -> str:
        """A meter that is silent may only be set otherwise than the profile supposes."""
        doubt = self._profile.line.doubt
        return f"{error.remedy} {doubt}" if doubt and isinstance(error, NoAnswer) else error.remedy

    def _say(self, text: str) -> str:
        return f"Meter {self._profile.id} {text}"

    def _wrong(self, fault: Fault, text: str) -> FaultError:
        return FaultError(Trouble(fault, self._say(text)))


def _pairs(first: Register, second: Register, slack_wh: int = 0) -> bool:
    """Equal, or as far on as a meter can get in the time between."""
    gone_ms = elapsed_ms(first.at, second.at)
    most_wh = FASTEST_W * gone_ms // MS_PER_HOUR + 2 * second.step_wh + slack_wh
    return -slack_wh <= second.import_wh - first.import_wh <= most_wh


def _fault(error: LineError) -> Fault:
    match error:
        case BadAnswer():
            return Fault.METER_GARBLED
        case DeviceRefused(code=code):
            return Fault.METER_WRONG_DEVICE if code in ILLEGAL else Fault.METER_GARBLED
        case _:
            return Fault.METER_SILENT


def open_meter(lines: Lines, profile_id: str, address: str, now: Callable[[], Instant]) -> MeterReader:
    """Nothing is asked before the first read. Raises FaultError for an unknown profile or a wrong address."""
    profile = catalogue.load(FOLDER, profile_id, MeterProfile)
    where = url.parse(address, profile.line.unit, profile.line.serial)
    return MeterReader(profile, lines.device(where, profile.line.pace), now)
