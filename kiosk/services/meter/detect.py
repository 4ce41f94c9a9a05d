"""Finds out which meters are on a line: which way to speak to it, which units, and which profiles fit. It only reads."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from kiosk.domain.energy import Instant, Reading
from kiosk.domain.fault import Fault
from kiosk.services.meter.findings import Fit, Found, Report, Step, Tried
from kiosk.services.meter.profile import MeterProfile
from kiosk.services.meter.reader import FOLDER, MeterReader
from kiosk.services.meter.ways import in_order
from kiosk.services.modbus import catalogue
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.errors import BadAnswer, DeviceRefused, Heard, LineDown, LineError, NoAnswer
from kiosk.services.modbus.line import READ_HOLDING, READ_INPUTS, Device, Pace
from kiosk.services.modbus.url import Address

# The slowest meters take half a second to answer. Another unit's late answer is told apart by its unit id, so that no
# silence is needed between units.
KNOCK = Pace(timeout_s=0.5, gap_s=0.05, unit_pause_s=0.05, connect_delay_s=0.1, silence_s=0.0)
Questions = tuple[tuple[int, int, int], ...]
QUESTIONS: Questions = ((READ_INPUTS, 0x00, 2), (READ_HOLDING, 0x00, 2))
TIMEOUT_MAX_S = 1.0
ANSWERS, SILENCE = "answers", "silence"


def meter_profiles() -> list[MeterProfile]:
    """Every meter that we know. Raises FaultError for a file that is wrong."""
    return [catalogue.load(FOLDER, profile_id, MeterProfile) for profile_id in catalogue.profile_ids(FOLDER)]


class Search:
    """`units` are asked on each of `ways`; what `say` is told is for a person who waits."""

    def __init__(
        self,
        profiles: Sequence[MeterProfile],
        units: Sequence[int],
        now: Callable[[], Instant],
        say: Callable[[Step], None],
        knock: Pace = KNOCK,
    ) -> None:
        self._profiles, self._knock = profiles, knock
        self._first, self._others = in_order(units, self._profiles)
        self._now, self._say = now, say
        self._found: list[Found] = []
        self._usual: set[str] = set()
        self._tried: dict[Address, tuple[list[int], str]] = {}
        self._done = self._most = 0

    async def run(self, ways: Sequence[Address], within_s: float) -> Report:
        """Ends after `within_s` with what is known by then."""
        self._most = len(ways) * len(self._first + 2 * self._others)
        places: dict[str, list[Address]] = {}
        for way in ways:
            places.setdefault(way.owner_key, []).append(way)
        try:
            async with asyncio.timeout(within_s):
                for of_place in places.values():
                    await self._search(of_place)
        except TimeoutError:
            return self._report(complete=False)
        return self._report(complete=True)

    def _report(self, *, complete: bool) -> Report:
        tried = [
            Tried(_way(way), tuple(dict.fromkeys(units)), outcome) for way, (units, outcome) in self._tried.items()
        ]
        return Report(tuple(self._found), tuple(tried), complete)

    async def _search(self, ways: list[Address]) -> None:
        """One place. As soon as something answers, all others are asked in the same way: a line has one."""
        rounds = ((self._first, QUESTIONS), (self._others, QUESTIONS[:1]), (self._others, QUESTIONS[1:]))
        found = len(self._found)
        for number, (units, questions) in enumerate(rounds):
            if number == len(rounds) - 1 and len(self._found) > found:
                return  # the second question is for a line on which nothing has answered the first
            for way in list(ways) if units else ():
                alive = await self._ask_all(way, units, questions)
                if alive is Heard.OTHER_ID and not way.any_id:
                    ways[:] = [replace(way, any_id=True)]
                    await self._ask_all(ways[0], units, questions)
                    break
                if alive is None:
                    ways.remove(way)
                elif alive:
                    ways[:] = [way]
                    break

    async def _ask_all(self, way: Address, units: list[int], questions: Questions) -> bool | Heard | None:
        """Whether this is the way to speak here. None: it cannot be spoken like this at all."""
        asked, before = self._tried.setdefault(way, ([], SILENCE))
        heard: set[Heard] = set()
        alive = False
        try:
            async with Lines() as lines:
                for unit in units:
                    self._done += 1
                    self._say(Step(self._done, self._most, f"{_way(way)}, unit {unit}"))
                    asked.append(unit)
                    address = replace(way, unit=unit)
                    if await _answers(lines.device(address, self._knock), questions, heard):
                        alive = True
                        if not await self._identify(lines, address):
                            break
        except LineDown as error:
            self._tried[way] = asked, _after_where(error)
            return alive or None
        alive = alive or Heard.GATEWAY in heard
        self._tried[way] = asked, before if before == ANSWERS else _outcome(alive, heard) or before
        return alive if alive or Heard.OTHER_ID not in heard else Heard.OTHER_ID

    async def _identify(self, lines: Lines, address: Address) -> bool:
        """False when this is a meter that was found already: some answer under every unit id."""
        fits: list[Fit] = []
        why_not: list[str] = []
        said: Said = {}
        named = False
        # Mostly all meters of a line are of one kind.
        usual = [profile for profile in self._profiles if profile.id in self._usual]
        for profile in (*usual, *(profile for profile in self._profiles if profile not in usual)):
            if profile not in usual and any(fit.certain and fit.profile in self._usual for fit in fits):
                break
            self._say(Step(self._done, self._most, f"{address.place}, unit {address.unit}: is it {profile.id}?"))
            pace = replace(profile.line.pace, timeout_s=min(TIMEOUT_MAX_S, profile.line.pace.timeout_s))
            device = Once(lines.device(address, pace), address.unit, pace, said)
            meter = MeterReader(profile, device, self._now)
            reading = await meter.read()
            if isinstance(reading, Reading):
                certain = await _says_so(profile, device)
                fits.append(
                    Fit(profile.id, profile.name, certain, reading.number, reading.import_wh, meter.experimental)
                )
            elif reading.fault is not Fault.METER_WRONG_DEVICE:
                why_not.append(reading.detail)
                # It is this one, and set so that it cannot be billed: then it is none that it only could be.
                named = named or (_has_a_name(profile) and reading.fault is Fault.METER_GARBLED)
        fits = [fit for fit in fits if fit.certain or (not named and not any(each.certain for each in fits))]
        known = {fit.serial for found in self._found for fit in found.fits if found.url.startswith(address.place)}
        serials = {fit.serial for fit in fits if fit.serial}  # some tell none
        if address.transport != "rtu" and serials & known:
            return False
        self._usual |= {fit.profile for fit in fits}
        self._found.append(Found(address.url, tuple(fits), () if fits else tuple(why_not)))
        return True


Said = dict[tuple[int, int, int], tuple[int, ...] | DeviceRefused | NoAnswer]


class Once(Device):
    """Asks a unit nothing twice: many profiles begin with the same question, and a refusal can take long."""

    def __init__(self, device: Device, unit: int, pace: Pace, said: Said) -> None:
        super().__init__(device.line, unit, pace)
        self._said = said

    async def read(self, function: int, address: int, count: int) -> tuple[int, ...]:
        question = (function, address, count)
        if question not in self._said:
            try:
                self._said[question] = await super().read(*question)
            except (DeviceRefused, NoAnswer) as error:
                self._said[question] = error
        said = self._said[question]
        if isinstance(said, LineError):
            raise said
        return said


async def _answers(device: Device, questions: Questions, heard: set[Heard]) -> bool:
    for question in questions:
        try:
            await device.read(*question)
        except NoAnswer as error:
            heard.add(error.heard)
            continue
        except (DeviceRefused, BadAnswer):
            return True
        return True
    return False


def _has_a_name(profile: MeterProfile) -> bool:
    """Whether no meter passes that does not say that it is this one. A frequency of 50 Hz says so of none."""
    return bool(profile.models) or any(check.one_of and not check.optional for check in profile.identity)


async def _says_so(profile: MeterProfile, device: Device) -> bool:
    """Whether the reader has seen what makes the meter certain; an optional register may not be there."""
    if _has_a_name(profile):
        return True
    for check in (check for check in profile.identity if check.one_of):
        block = profile.blocks[profile.values[check.value].block]
        try:
            await device.read(block.function, block.address, block.count)
        except LineError:
            continue
        return True
    return False


def _way(way: Address) -> str:
    return f"{way.place} at {way.serial}" if way.transport == "rtu" else way.place + " with any id" * way.any_id


def _outcome(alive: bool, heard: set[Heard]) -> str:
    if alive:
        return ANSWERS
    if Heard.OTHER_ID in heard:
        return "answers under other transaction ids"
    if heard & {Heard.NOISE, Heard.ECHO, Heard.OTHER_UNIT}:
        return "something is heard that is no answer"
    return ""


def _after_where(error: LineDown) -> str:
    """What went wrong, without the unit and the place that stand in front."""
    return str(error).split(" ", 4)[4]
