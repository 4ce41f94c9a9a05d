"""The station process of the demo: the real site and its real screen, offscreen, with drivers who touch it."""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from kiosk.compose import Running, open_site
from kiosk.config import load
from kiosk.demo.plan import Drive, day
from kiosk.demo.player import Doors, Player, Say
from kiosk.domain.money import Money
from kiosk.domain.view import StationView
from kiosk.flow.tasks import first
from kiosk.journal.store import Journal
from kiosk.services.clock import SystemClock
from kiosk.ui.app import App, run
from kiosk.ui.finger import Finger
from kiosk.ui.window import Window

SIZE = (1280, 800)
HELD_S = 1.5
CAMERA_S = 0.05
SETTLE_S = 20.0


class GlassHand:
    """A driver at the glass: chooses, scans, holds the button, types the code. Satisfies `player.Hand`."""

    def __init__(self, running: Running, station_id: str, window: Window) -> None:
        self._running, self._id, self._finger = running, station_id, Finger(window)

    def view(self) -> StationView:
        return next(view for view in self._running.site.views() if view.info.id == self._id)

    async def start(self, hold: Money, language: str) -> None:
        await self._finger.tap(f"language-{language}")
        await self._finger.tap("primary")
        await self._finger.tap(f"choice{self.view().info.holds.index(hold)}")
        while self.view().session is None:
            if self._finger.find("choice0") is not None:
                await self._finger.tap("primary")
            await asyncio.sleep(CAMERA_S)

    async def cancel(self) -> None:
        await self._finger.tap("secondary")

    async def stop(self, code: str) -> None:
        await self._finger.tap("stop", hold_s=HELD_S)
        for digit in code:
            await self._finger.tap(f"digit{digit}")

    async def done(self) -> None:
        await self._finger.tap("primary")


def main(config: Path, out: Path) -> int:
    return run(lambda app: _perform(app, config, out))


async def _perform(app: App, config: Path, out: Path) -> int:
    plan: dict[str, Any] = json.loads((out / "plan.json").read_text("utf-8"))
    doors = Doors(plan["vipps_url"], plan["post_urls"])
    drives = [drive for drive in day(plan["seed"]) if drive.name in plan["drives"]]
    settings, hand = load(config), SystemClock().now
    # No connection is kept: a simulator closes an idle one after five seconds, and that may be the moment of the next act.
    fresh = httpx.Limits(max_keepalive_connections=0)
    async with open_site(settings) as running, httpx.AsyncClient(timeout=20, limits=fresh) as http:
        windows = {
            station.id: app.open_station(
                running.site, now=running.clock.now, hand=hand, station_id=station.id, size=SIZE, motion=False
            )
            for station in settings.station
        }
        windows["all"] = app.open_station(running.site, now=running.clock.now, hand=hand, size=SIZE, motion=False)
        say = _reporter()
        players = {
            name: Player(GlassHand(running, name, windows[name]), doors, http, say) for name in plan["post_urls"]
        }
        camera = _photograph(windows, out / "screens")
        which, _ = await first(_acts(players, drives, running.journal), running.site.run(running.scope), camera)
    return 0 if which == 0 else 1


async def _acts(players: dict[str, Player], drives: list[Drive], journal: Journal) -> None:
    """One act after the other; within one, every station has its own queue of drivers. Then whoever was cut off is settled."""
    for act in sorted({drive.act for drive in drives}):
        async with asyncio.TaskGroup() as group:
            for name, player in players.items():
                group.create_task(player.play([drive for drive in drives if (drive.station, drive.act) == (name, act)]))
    # What takes longer than this is for the books to tell.
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLE_S):
            while await journal.unsettled():
                await asyncio.sleep(CAMERA_S)
    await asyncio.sleep(CAMERA_S * 10)


async def _photograph(windows: dict[str, Window], folder: Path) -> None:
    """One picture of every screen that was ever shown, in each language."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = {path.stem for path in folder.iterdir()}
    while True:
        for window in windows.values():
            name = window.scene
            if name in taken:
                continue
            await asyncio.sleep(CAMERA_S)
            if window.scene == name:
                taken.add(name)
                window.grab(folder / f"{name}.png")
        await asyncio.sleep(CAMERA_S)


def _reporter() -> Say:
    """Reports to the demo, a line of JSON each; `begun` names the drivers who are at a station now or have been."""
    begun: list[str] = []

    def say(what: str, drive: Drive, reference: str = "") -> None:
        if drive.name not in begun:
            begun.append(drive.name)
        report = {"what": what, "drive": drive.name, "reference": reference, "begun": begun}
        print(json.dumps(report), flush=True)

    return say


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
