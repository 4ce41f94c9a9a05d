"""The drivers of the demo's day: they touch the glass, use their phones and plug their cars in."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import httpx

from kiosk.demo.plan import Drive, Story
from kiosk.domain.money import Money
from kiosk.domain.states import (
    Abandoned,
    Charging,
    Late,
    Offered,
    Session,
    Settled,
    Settling,
    Stopping,
    Waiting,
    offer_of,
)
from kiosk.domain.view import StationView

PATIENCE_S = 90.0
BATTERY_WH = 80_000


class Hand(Protocol):
    """A driver's finger on one station's glass. Each call touches what is really on the screen."""

    def view(self) -> StationView: ...

    async def start(self, hold: Money, language: str) -> None: ...

    async def cancel(self) -> None: ...

    async def stop(self, code: str) -> None: ...

    async def done(self) -> None: ...


@dataclass(frozen=True)
class Doors:
    """The admin doors of the toys: Vipps' (the drivers' phones) and the post's (the drivers' cars)."""

    vipps_url: str
    post_urls: dict[str, str]


class Say(Protocol):
    """Tells the demo what a driver has come to: `offered` with the reference, `cut`, `ended`."""

    def __call__(self, what: str, drive: Drive, reference: str = "") -> None: ...


class Player:
    """Plays the drives of one station, one after the other. `say` reports to the demo what has begun and ended."""

    def __init__(self, hand: Hand, doors: Doors, http: httpx.AsyncClient, say: Say) -> None:
        self._hand, self._doors, self._http, self._say = hand, doors, http, say

    async def play(self, drives: list[Drive]) -> None:
        for drive in drives:
            await self._until("a free station", self._free)
            await self._drive(drive)
            self._say("ended", drive)

    async def _drive(self, drive: Drive) -> None:
        hand = self._hand
        hold = next(hold for hold in hand.view().info.holds if hold.minor == drive.hold_minor)
        await hand.start(hold, drive.language)
        offered = await self._until("the offer", lambda session: isinstance(session, Offered))
        reference = offer_of(offered).reference
        self._say("offered", drive, reference)
        await self._decide(drive, reference)
        if drive.story not in (Story.REJECTS, Story.CANCELS):
            await self._until("the approval", lambda session: isinstance(session, Waiting))
            await self._charge(drive)
        await self._until("the end", lambda session: isinstance(session, Settled | Abandoned))
        await self._act(drive.station, "car", plug=False)
        await hand.done()

    async def _decide(self, drive: Drive, reference: str) -> None:
        if drive.story is Story.CANCELS:
            await self._hand.cancel()
            return
        act = "reject" if drive.story is Story.REJECTS else "approve"
        answer = await self._http.post(f"{self._doors.vipps_url}/_sim/payments/{reference}/{act}")
        answer.raise_for_status()

    async def _charge(self, drive: Drive) -> None:
        if drive.story is Story.NO_CAR:
            return
        await self._act(drive.station, "car", plug=True, battery_wh=BATTERY_WH, charged_wh=8_000, power_max_w=22_000)
        session = await self._until("energy", lambda session: isinstance(session, Charging))
        code = offer_of(session).code
        if drive.story is Story.HOLD:
            return
        await self._until("its turn", lambda session: _energy_wh(session) >= drive.energy_wh)
        match drive.story:
            case Story.STOPS:
                await self._hand.stop(code)
            case Story.OFFLINE:
                await self._lose_network()
                await self._hand.stop(code)
                await self._until("settlement without network", lambda session: isinstance(session, Settling))
                await asyncio.sleep(2.0)
                await self._http.delete(f"{self._doors.vipps_url}/_sim/faults")
            case Story.UNPLUGS:
                await self._act(drive.station, "car", plug=False)
            case Story.POWER_CUT:
                self._say("cut", drive)
                await asyncio.sleep(PATIENCE_S)
            case _:
                raise AssertionError(f"{drive.story} has no turn")

    async def _lose_network(self) -> None:
        answer = await self._http.post(
            f"{self._doors.vipps_url}/_sim/faults", json={"kind": "lose-request", "count": None}
        )
        answer.raise_for_status()

    async def _act(self, station: str, what: str, **wishes: object) -> None:
        answer = await self._http.post(f"{self._doors.post_urls[station]}/_sim/{what}", content=json.dumps(wishes))
        answer.raise_for_status()

    def _free(self, session: Session | None) -> bool:
        view = self._hand.view()
        return session is None and view.trouble is None and view.offline_since is None

    async def _until(self, what: str, true: Callable[[Session | None], bool]) -> Session:
        """Watch the glass until it shows `what`; a day that hangs is a failed demo."""
        async with asyncio.timeout(PATIENCE_S):
            while not true(session := self._hand.view().session):
                if isinstance(session, Late):
                    raise AssertionError(f"{offer_of(session).reference} came too late while waiting for {what}")
                await asyncio.sleep(0.02)
        return session  # type: ignore[return-value]


def _energy_wh(session: Session | None) -> int:
    return session.usage.energy_wh if isinstance(session, Charging | Stopping | Settling) else 0
