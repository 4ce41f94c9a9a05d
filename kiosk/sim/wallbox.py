"""Toy wallboxes, each for a mechanism of its own: watchdogs, a second unit, 0 as no limit, memory that wears out.

Written from the makers' register tables, never from the profiles that the kiosk reads with. Base 0 addresses.
"""

from collections.abc import Sequence

from kiosk.sim.modbus_pdu import ILLEGAL_ADDRESS, WRITE_REGISTERS, RefusalError, within
from kiosk.sim.post import VOLTAGE_V, Post
from kiosk.sim.register_toy import MJ_PER_WH, RegisterToy, milli
from kiosk.sim.registers import Table, f32, table, text, u16, u32, u64


class AbbTerraAc(RegisterToy):
    """Falls to its fallback limit when nobody polls it; below 6 A it pauses. Limits are two registers, by FC16."""

    unit = 1
    paused_by_current, heeds_reads = True, True

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        post.set_failsafe(current_ma=16_000, timeout_s=60)

    # fmt: off
    def holding(self) -> Table:
        post = self._post
        state = {"A": 0, "B": 2 if post.offered_ma else 1, "C": 4, "E": 5, "F": 5}[post.pilot]
        lock = 0x111 if post.plugged else 0
        return table(
            (0x4000, u64(18_237_466)), (0x4004, u32(0x01060500)), (0x4006, u32(32_000)),
            (0x4008, u32(0x4000 if post.tripped else 0)), (0x400A, u32(lock)), (0x400C, u32(state << 8)),
            (0x400E, u32(post.watchdog.current_ma if post.tripped else post.limit_ma)),
            *((0x4010 + 2 * n, u32(w * 1000 // VOLTAGE_V)) for n, w in enumerate(post.phases_w)),
            *((0x4016 + 2 * n, u32(VOLTAGE_V * 10)) for n in range(3)),
            (0x401C, u32(post.power_w)), (0x401E, u32(post.session_mj // MJ_PER_WH)),
        )
    # fmt: on

    def take(self, address: int, values: Sequence[int]) -> None:
        self._post.feed()
        match address, list(values):
            case 0x4100, [high, low]:
                self._post.command(limit_ma=within(high << 16 | low, 0, 32_000))
            case 0x4106, [seconds]:
                self._post.set_failsafe(timeout_s=within(seconds, 10, 600))
            case 0x4109, [amps]:
                self._post.set_failsafe(current_ma=within(amps, 0, 32) * 1000)
            case _:
                raise RefusalError(ILLEGAL_ADDRESS)


class AlfenEve(RegisterToy):
    """Unit 200 is the station, unit 1 the socket. A setpoint is good for 60 s; then the safe current holds."""

    unit = 1
    paused_by_current = True

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        post.set_failsafe(current_ma=0, timeout_s=60)
        self.beside = {200: AlfenStation(post)}

    def holding(self) -> Table:
        post = self._post
        return table(
            (1200, u16(1)),
            (1201, text("A" if post.pilot == "A" else self.letters(), 5)),
            (1206, f32(post.offered_ma / 1000)),
            (1208, u32(0)),
            (1210, f32(post.limit_ma / 1000)),
            (1212, f32(post.watchdog.current_ma / 1000)),
            (1214, u16(int(not post.tripped))),
            (1215, u16(3)),
        )

    def take(self, address: int, values: Sequence[int]) -> None:
        if (address, len(values)) != (1210, 2):
            raise RefusalError(ILLEGAL_ADDRESS)
        self._post.feed()
        self._post.command(limit_ma=within(milli(values), 0, 32_000))


class AlfenStation(RegisterToy):
    unit = 200

    def holding(self) -> Table:
        return table((100, text("ALF_0001", 17)), (123, text("6.6.0-4202", 17)), (157, text("ACE0123456", 11)))


class Heidelberg(RegisterToy):
    """Fed by any telegram. It forgets what it was set to when its power comes back."""

    unit = 1
    paused_by_current, heeds_reads = True, True

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self.power_cycle()

    def power_cycle(self) -> None:
        self.standby, self.lock = 0, 1
        self._post.set_failsafe(current_ma=6_000, timeout_s=15)
        self._post.command(limit_ma=0)

    def inputs(self) -> Table:
        post = self._post
        state = {"A1": 2, "A2": 3, "B1": 4, "B2": 5, "C1": 6, "C2": 7, "E": 9, "F": 10}[self.letters()]
        amps = [u16(w * 10 // VOLTAGE_V) for w in post.phases_w]
        rows = [u16(0x0108), u16(state if self.lock else 10), *amps, u16(213), *[u16(VOLTAGE_V)] * 3, u16(1)]
        return table((4, sum(rows, ())), (14, u16(post.power_w)), (17, u32(self.energy_wh)))

    def holding(self) -> Table:
        dog = self._post.watchdog
        return table(
            (257, u16(dog.timeout_s * 1000)),
            (258, u16(self.standby)),
            (259, u16(self.lock)),
            (261, u16(self._post.limit_ma // 100)),
            (262, u16(dog.current_ma // 100)),
        )

    def take(self, address: int, values: Sequence[int]) -> None:
        self._post.feed()
        value = values[0]
        match address:
            case 257:
                self._post.set_failsafe(timeout_s=value // 1000)
            case 258:
                self.standby = value
            case 259:
                self.lock = within(value, 0, 1)
            case 261:
                self._post.command(limit_ma=within(value, 60, 160) * 100 if value else 0)
            case 262:
                self._post.set_failsafe(current_ma=within(value, 60, 160) * 100 if value else 0)
            case _:
                raise RefusalError(ILLEGAL_ADDRESS)


class MennekesCompact(RegisterToy):
    """A limit of 0 is no limit at all; the release switches. Without a heartbeat for 10 s it pauses."""

    unit = 50
    fallback = 1
    unlimited_ma = 32_000

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self._setpoint_ma = 0
        post.command(limit_ma=self.unlimited_ma)
        post.set_failsafe(current_ma=0, timeout_s=10)

    def holding(self) -> Table:
        letters = self.letters()
        number = {"A1": 10, "B1": 11, "C1": 12, "E": 14, "F": 15, "A2": 26, "B2": 27, "C2": 28}[letters]
        return table(
            (0x0001, text("1.0.3", 8)),
            (0x0013, text("13452010", 8)),
            (0x0108, u16(number)),
            (0x0302, f32(self._setpoint_ma / 1000)),
            (0x030E, u16(self.fallback)),
            (0x0506, f32(VOLTAGE_V)),
            (0x0D05, u16(int(self._post.enabled))),
        )

    def take(self, address: int, values: Sequence[int]) -> None:
        match address, list(values):
            case 0x0302, [_, _]:
                self._setpoint_ma = within(milli(values), 0, 32_000)
                self._post.command(limit_ma=self._setpoint_ma or self.unlimited_ma)
            case 0x0D00, [0x55AA]:
                self._post.feed()
            case 0x0D05, [value]:
                self._post.command(enabled=bool(within(value, 0, 1)))
            case _:
                raise RefusalError(ILLEGAL_ADDRESS)


class GoE(RegisterToy):
    """By FC16 only; force state 0 is neutral, which lets a car charge. `eeprom_writes` counts what wears its memory out; firmware 60.3 `swaps` the bytes of each register."""

    unit = 1
    writes_by = (WRITE_REGISTERS,)
    swaps = False

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self.eeprom_writes, self.force = 0, 1
        post.command(limit_ma=16_000)

    def inputs(self) -> Table:
        post = self._post
        state = {"A": 1, "B": 3, "C": 2}.get(post.pilot, 0)
        words = table(
            (100, u16(state)),
            (105, text("60.3" if self.swaps else "60.4", 2)),
            (107, u16(10 if post.faults.pilot == "E" else 0)),
            (108, u32(VOLTAGE_V)),
            (128, u32(self.energy_wh // 100)),
            (304, text("012345", 6)),
        )
        return {at: word >> 8 | (word & 0xFF) << 8 for at, word in words.items()} if self.swaps else words

    def holding(self) -> Table:
        return {299: self._post.limit_ma // 1000, 337: self.force}

    def take(self, address: int, values: Sequence[int]) -> None:
        match address:
            case 299 | 300:
                self.eeprom_writes += address == 300
                self._post.command(limit_ma=within(values[0], 6, 32) * 1000)
            case 337:
                self.force = within(values[0], 0, 2)
                self._post.command(enabled=self.force != 1)
            case _:
                raise RefusalError(ILLEGAL_ADDRESS)


class Vestel(RegisterToy):
    """Reads no gaps, and lives on its alive register alone: polling does not keep it up."""

    paused_by_current = True

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        post.set_failsafe(current_ma=0, timeout_s=20)

    def inputs(self) -> Table:
        post = self._post
        return table(
            (1001, u16(int(post.pilot == "C"))),
            (1004, u16(3 if post.plugged else 0)),
            (1006, u32(1 if post.faults.pilot else 0)),
            (1036, u32(self.energy_wh // 100)),
        )

    def holding(self) -> Table:
        dog = self._post.watchdog
        return {2000: dog.current_ma // 1000, 2002: dog.timeout_s, 5004: self._post.limit_ma // 1000}

    def take(self, address: int, values: Sequence[int]) -> None:
        value = values[0]
        match address:
            case 2000:
                self._post.set_failsafe(current_ma=value * 1000)
            case 2002:
                self._post.set_failsafe(timeout_s=value)
            case 5004:
                self._post.command(limit_ma=within(value, 6, 32) * 1000 if value else 0)
            case 6000:
                self._post.feed()
            case _:
                raise RefusalError(ILLEGAL_ADDRESS)


class WebastoNext(RegisterToy):
    """Nothing shows its setpoint. It lives on its life bit."""

    paused_by_current = True

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        post.set_failsafe(current_ma=6_000, timeout_s=30)

    def holding(self) -> Table:
        post, dog = self._post, self._post.watchdog
        state = {"A": 0, "B": 4 if post.offered_ma else 1, "C": 3, "E": 7, "F": 8}[post.pilot]
        return table(
            (1000, u16(state)),
            (1036, u32(self.energy_wh)),
            (2000, u16(dog.current_ma // 1000)),
            (2002, u16(dog.timeout_s)),
        )

    def take(self, address: int, values: Sequence[int]) -> None:
        value = values[0]
        match address:
            case 2000:
                self._post.set_failsafe(current_ma=value * 1000)
            case 2002:
                self._post.set_failsafe(timeout_s=value)
            case 5004:
                self._post.command(limit_ma=within(value, 6, 32) * 1000 if value else 0)
            case 6000:
                self._post.feed()
            case _:
                raise RefusalError(ILLEGAL_ADDRESS)
