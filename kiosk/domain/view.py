"""What a surface may know of a station: one frozen picture, published after every change."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kiosk.domain.energy import Instant
from kiosk.domain.events import Act
from kiosk.domain.fault import Trouble
from kiosk.domain.money import Money
from kiosk.domain.states import Session
from kiosk.domain.tariff import Tariff


@dataclass(frozen=True)
class StationInfo:
    """What does not change while the program runs. `holds` are offered in this order, `preferred` is chosen first.

    `on_trial` are the profiles of its devices of which something is not proven (grade C).
    """

    id: str
    name: str
    site: str
    help_phone: str
    tariff: Tariff
    holds: tuple[Money, ...]
    preferred: Money
    rated_power_w: int
    asks_stop_code: bool = True
    on_trial: tuple[str, ...] = ()


@dataclass(frozen=True)
class StationView:
    """A station now. `session` is the one on its glass, None when it is free; `unseen` are older ones that settle.

    `trouble` is why nothing can be sold here now (meter, controller, disk, Vipps keys), None when it can.
    `turned_away` is why the start that was last asked for was not begun, until its driver leaves: nothing was reserved.
    `offline_since` is since when Vipps has not answered; a running charge goes on all the same. `next_try` is when the
    station acts by itself. `code_png` is Vipps' own payment code, only while the session is on offer.
    """

    info: StationInfo
    now: Instant
    session: Session | None = None
    trouble: Trouble | None = None
    trouble_since: Instant | None = None
    offline_since: Instant | None = None
    next_try: Instant | None = None
    code_png: bytes | None = None
    stop_locked_s: int = 0
    turned_away: Trouble | None = None
    unseen: tuple[Session, ...] = ()


class StopAnswer(StrEnum):
    """What came of a stop code typed on the glass: five wrong ones lock the pad for a minute."""

    STOPPED = "stopped"
    WRONG = "wrong"
    LOCKED = "locked"


class Stations(Protocol):
    """The one port through which every surface sees and steers the stations. Nothing here waits or raises."""

    def views(self) -> tuple[StationView, ...]: ...

    def on_change(self, call: Callable[[str], None]) -> None:
        """`call(station_id)` after every change of that station's view."""

    def start(self, station_id: str, hold: Money, language: str) -> None:
        """Terms accepted, hold chosen: make the offer."""

    def press(self, station_id: str, act: Act, who: str) -> None: ...

    def stop(self, station_id: str, code: str) -> StopAnswer: ...

    def leave(self, station_id: str) -> None:
        """The driver has read the last page: forget them on the glass."""
