"""Toy controllers that others build into their wallboxes: Bender CC612, Phoenix Contact CHARX, Mennekes HCC3.

Written from the makers' register tables, never from the profiles that the kiosk reads with. Base 0 addresses.
"""

from collections.abc import Sequence

from kiosk.sim.modbus_pdu import ILLEGAL_ADDRESS, RefusalError, within
from kiosk.sim.modbus_server import HangUpError
from kiosk.sim.post import Post
from kiosk.sim.register_toy import MJ_PER_WH, RegisterToy
from kiosk.sim.registers import Table, swapped, table, text, u16, u32, u64


class BenderCc612(RegisterToy):
    """Hangs up on registers that it does not have. Until firmware 5.22 available was 0, since then it is 1."""

    paused_by_current = True
    firmware = "5.22"
    available = True

    def holding(self) -> Table:
        dog = self._post.watchdog
        return table(
            (100, text(self.firmware, 2)),
            (122, u16("ABCDE".index(self._post.pilot) + 1)),
            (124, u16(int(self.available == (self.firmware >= "5.22")))),
            (131, u16(dog.current_ma // 1000) + u16(dog.timeout_s)),
            (218, u32(self.energy_wh)),
            (1000, u16(self._post.limit_ma // 1000)),
        )

    def read(self, function: int, address: int, count: int) -> list[int]:
        try:
            return super().read(function, address, count)
        except RefusalError:
            raise HangUpError from None

    def take(self, address: int, values: Sequence[int]) -> None:
        self._post.feed()
        match address:
            case 131:
                self._post.set_failsafe(current_ma=values[0] * 1000)
            case 132:
                self._post.set_failsafe(timeout_s=values[0])
            case 1000:
                self._post.command(limit_ma=within(values[0], 6, 80) * 1000 if values[0] else 0)
            case _:
                raise HangUpError


class CharxSec(RegisterToy):
    """Point n has its registers at n x 1000; `second` is another car's. A write to the point feeds its watchdog."""

    unit = 1

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self.second = Post(post.clock)
        self._points = {1: post, 2: self.second}

    def holding(self) -> Table:
        station = table((100, text("CHARX SEC-3100", 10)), (110, text("1.6.0", 4)), (114, u16(len(self._points))))
        return station | {
            at: word for n, post in self._points.items() for at, word in self._point(n * 1000, post).items()
        }

    def _point(self, start: int, post: Post) -> Table:
        post.advance()
        pilot = post.pilot
        letters = f"{pilot}0" if pilot in "EF" else f"{pilot}{2 if post.offered_ma else 1}"
        return table(
            (start + 120, u16(2)),
            (start + 250, u64(post.delivered_mj // MJ_PER_WH)),
            (start + 299, text(letters, 1)),
            (start + 300, u16(int(post.enabled)) + u16(post.limit_ma // 1000)),
            (start + 306, u16(post.watchdog.current_ma // 1000) + u16(post.watchdog.timeout_s or 0xFFFF)),
        )

    def take(self, address: int, values: Sequence[int]) -> None:
        point, offset = divmod(address, 1000)
        if point not in self._points:
            raise RefusalError(ILLEGAL_ADDRESS)
        post, value = self._points[point], values[0]
        post.feed()
        match offset:
            case 300:
                post.command(enabled=bool(within(value, 0, 1)))
            case 301:
                post.command(limit_ma=value * 1000 if 6 <= value <= 80 else 0)
            case 306:
                post.set_failsafe(current_ma=within(value, 0, 80) * 1000)
            case 307:
                post.set_failsafe(timeout_s=0 if value == 0xFFFF else value)
            case _:
                raise RefusalError(ILLEGAL_ADDRESS)


class MennekesHcc3(RegisterToy):
    """Low word first. Each connection lives for 30 s, and it hangs up without a word."""

    paused_by_current = True
    CONNECTION_S = 30

    def __init__(self, post: Post) -> None:
        super().__init__(post)
        self._since_ms = post.clock.utc_ms()

    def inputs(self) -> Table:
        letters = self.letters()
        state = ["A1", "A2", "B1", "B2", "C1", "C2"].index(letters) + 1 if letters not in "EF" else 0
        return table((0x0302, u16(state)), (0x030B, swapped(u32(18_237_466))))

    def holding(self) -> Table:
        return {0x0400: self._post.limit_ma // 1000}

    def read(self, function: int, address: int, count: int) -> list[int]:
        self._hang_up()
        return super().read(function, address, count)

    def take(self, address: int, values: Sequence[int]) -> None:
        self._hang_up()
        if address != 0x0400:
            raise RefusalError(ILLEGAL_ADDRESS)
        self._post.command(limit_ma=within(values[0], 6, 32) * 1000 if values[0] else 0)

    def _hang_up(self) -> None:
        now_ms = self._post.clock.utc_ms()
        if now_ms - self._since_ms >= self.CONNECTION_S * 1000:
            self._since_ms = now_ms
            raise HangUpError
