"""Toy charge controllers: KEBA P30 and P40, Phoenix Contact EM-CP-PP-ETH, a relay that knows nothing of cars; and where all toys are found.

Written from the makers' register tables, never from the profiles that the kiosk reads with. Base 0 addresses.
"""

from collections.abc import Callable, Sequence

from kiosk.sim.boards import BenderCc612, CharxSec, MennekesHcc3
from kiosk.sim.modbus_pdu import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ_COILS,
    READ_HOLDING,
    WRITE_COIL,
    WRITE_REGISTER,
    RefusalError,
    pick,
    within,
)
from kiosk.sim.post import VOLTAGE_V, Post
from kiosk.sim.register_toy import RegisterToy
from kiosk.sim.registers import Table, swapped, table, u16, u32
from kiosk.sim.wallbox import AbbTerraAc, AlfenEve, GoE, Heidelberg, MennekesCompact, Vestel, WebastoNext

MJ_PER_TENTH_WH = 360_000


class KebaP30:
    """u32 values, one value a request, writes by FC06. Any request feeds the fail-safe; only a command ends it."""

    unit = 255
    energy = range(1036, 1038)
    product, firmware, least_ma, most_ma = 312_781, 0x030A0D00, 6_000, 63_000  # firmware packed: 3.10.13

    def __init__(self, post: Post) -> None:
        self._post = post
        self.line = post.charger_line

    def read(self, function: int, address: int, count: int) -> list[int]:
        self._post.feed()
        if function != READ_HOLDING:
            raise RefusalError(ILLEGAL_FUNCTION)
        words = self._words()
        if address not in words or address % 2:
            raise RefusalError(ILLEGAL_ADDRESS)
        if count != 2:
            raise RefusalError(ILLEGAL_VALUE)
        return pick(words, address, count)

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        self._post.feed()
        if function != WRITE_REGISTER:
            raise RefusalError(ILLEGAL_FUNCTION)
        value = values[0]
        match address:
            case 5004:
                self._limit(value)
            case 5014:
                self._post.command(enabled=bool(within(value, 0, 1)))
            case 5016:
                self._post.set_failsafe(current_ma=within(value, 6_000, 63_000) if value else 0)
            case 5018:
                self._post.set_failsafe(timeout_s=within(value, 5, 600) if value else 0)
            case _:
                raise RefusalError(ILLEGAL_ADDRESS)

    def _limit(self, value: int) -> None:
        self._post.command(limit_ma=within(value, self.least_ma, self.most_ma))

    # fmt: off
    def _words(self) -> Table:
        post = self._post
        return table(
            (1000, u32(self._state())),
            (1004, u32(7 if post.plugged else 1)),  # bit 2: plugged at the vehicle
            (1006, u32(1 if post.faults.pilot == "E" else 0)),
            *((1008 + 2 * n, u32(w * 1000 // VOLTAGE_V)) for n, w in enumerate(post.phases_w)),
            (1014, u32(18_237_466)),
            (1016, u32(self.product)),
            (1018, u32(self.firmware)),
            (1020, u32(post.power_w * 1000)),
            (1036, u32(post.delivered_mj // MJ_PER_TENTH_WH)),
            *((1040 + 2 * n, u32(VOLTAGE_V)) for n in range(3)),
            (1500, u32(0)),
            (1502, u32(post.session_mj // MJ_PER_TENTH_WH)),
            (1600, u32(post.watchdog.current_ma)),
            (1602, u32(post.watchdog.timeout_s)),
        )
    # fmt: on

    def _state(self) -> int:
        if self._post.pilot == "B" and not self._post.offered_ma:
            return 5
        return {"A": 1, "B": 2, "C": 3, "E": 4, "F": 0}[self._post.pilot]


class KebaP40(KebaP30):
    """0 mA pauses, 32 A at most, the setpoint can be read; firmware 1.2.0 counts in Wh what 1.2.1 counts in 0.1 Wh."""

    product, firmware, most_ma = 4_320_041, 10_201, 32_000

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        post.command(enabled=True, limit_ma=0)

    def read(self, function: int, address: int, count: int) -> list[int]:
        if (function, address, count) == (READ_HOLDING, 5004, 1):
            self._post.feed()
            return [self._post.limit_ma]
        words = super().read(function, address, count)
        if address == 1036 and self.firmware < 10_201:
            return list(u32(self._post.delivered_mj // MJ_PER_TENTH_WH // 10))
        return words

    def _limit(self, value: int) -> None:
        self._post.command(limit_ma=within(value, self.least_ma, self.most_ma) if value else 0)


class PhoenixEmCpPpEth:
    """Its state is a letter, its 32-bit values come low word first, and it has no fail-safe."""

    unit, limit_at = 180, 300
    energy = range(128, 130)

    def __init__(self, post: Post) -> None:
        self._post = post
        self.line = post.charger_line

    def read(self, function: int, address: int, count: int) -> list[int]:
        self._post.advance()
        post = self._post
        match function:
            case 1:
                return pick({400: int(post.enabled), 401: 0, 402: int(post.faults.pilot is None)}, address, count)
            case 3:
                return pick({self.limit_at: self.limit()}, address, count)
            case 4:
                return pick(self._inputs(), address, count)
        raise RefusalError(ILLEGAL_FUNCTION)

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        if function not in (WRITE_COIL, WRITE_REGISTER):
            raise RefusalError(ILLEGAL_FUNCTION)
        if (function, address) == (WRITE_COIL, 400):
            self._post.command(enabled=bool(values[0]))
        elif (function, address) == (WRITE_REGISTER, self.limit_at):
            self._post.command(limit_ma=within(values[0], 6, 80) * 1000)
        else:
            raise RefusalError(ILLEGAL_ADDRESS)

    def limit(self) -> int:
        return self._post.limit_ma // 1000

    # fmt: off
    def _inputs(self) -> Table:
        post = self._post
        return table(
            (100, u16(ord(post.pilot))),
            (101, u16(32 if post.plugged else 0)),
            (102, swapped(u32(post.charging_ms // 1000))),
            (107, u16(1 if post.faults.pilot else 0)),
            *((108 + 2 * n, swapped(u32(VOLTAGE_V * 100))) for n in range(3)),
            *((114 + 2 * n, swapped(u32(w * 1000 // VOLTAGE_V))) for n, w in enumerate(post.phases_w)),
            (120, swapped(u32(post.power_w // 10))),
            (128, swapped(u32(post.delivered_mj // MJ_PER_TENTH_WH // 100))),
        )
    # fmt: on


class PhoenixEvEth(PhoenixEmCpPpEth):
    """Its limit is register 528; firmware of Wallb-e shows it there in tenths."""

    unit, limit_at = 255, 528
    is_wallbe = False

    def limit(self) -> int:
        return super().limit() * (10 if self.is_wallbe else 1)


class RelayCoil:
    """Coil 0 closes the contactor. No pilot: it cannot tell whether there is a car."""

    unit = 1
    energy = range(0)

    def __init__(self, post: Post) -> None:
        post.has_pilot = False
        self._post = post
        self.line = post.charger_line

    def read(self, function: int, address: int, count: int) -> list[int]:
        if function != READ_COILS:
            raise RefusalError(ILLEGAL_FUNCTION)
        return pick({0: int(self._post.enabled)}, address, count)

    def write(self, function: int, address: int, values: Sequence[int]) -> None:
        if function != WRITE_COIL:
            raise RefusalError(ILLEGAL_FUNCTION)
        if address != 0:
            raise RefusalError(ILLEGAL_ADDRESS)
        self._post.command(enabled=bool(values[0]))


Controller = KebaP30 | PhoenixEmCpPpEth | RelayCoil | RegisterToy
CONTROLLERS: dict[str, Callable[[Post], Controller]] = {
    "abb-terra-ac": AbbTerraAc,
    "alfen-eve": AlfenEve,
    "bender-cc612": BenderCc612,
    "go-e": GoE,
    "heidelberg-energy-control": Heidelberg,
    "keba-p30": KebaP30,
    "keba-p40": KebaP40,
    "mennekes-amtron-compact": MennekesCompact,
    "mennekes-amtron-xtra": MennekesHcc3,
    "phoenix-charx": CharxSec,
    "phoenix-em-cp-pp-eth": PhoenixEmCpPpEth,
    "phoenix-ev-eth": PhoenixEvEth,
    "relay-coil": RelayCoil,
    "vestel-evc04": Vestel,
    "webasto-next": WebastoNext,
}


def controller(post: Post, profile: str) -> Controller:
    if profile not in CONTROLLERS:
        raise ValueError(f"There is no toy controller {profile!r}. There are: {', '.join(CONTROLLERS)}.")
    return CONTROLLERS[profile](post)
