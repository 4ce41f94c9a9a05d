"""The demo's site around a station process that can be killed: what stands in its journal, what has reached Vipps."""

import asyncio
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from kiosk.demo import backdrop as demo_backdrop
from kiosk.demo.backdrop import Backdrop, raised, write_config
from kiosk.demo.plan import STATIONS, Drive, day
from kiosk.demo.run import _station as start_stage
from kiosk.domain.fault import FaultError
from kiosk.flow.codec import ENDED
from kiosk.journal.reading import Entry, entries, open_reader, sessions
from kiosk.sim.clock import SimClock
from kiosk.sim.vipps import Simulator, create_app
from kiosk.sim.vipps import serving as serving_vipps
from kiosk.sim.vipps.wire import Arrival

RATE = 240.0
SEED = 31  # of the first hundred days the one on which Kari takes least
DEADLINE_S = 40.0
LOOK_S = 0.004


@dataclass
class Town:
    """One driver's day. Vipps and the post live in the test's process and outlive every station process."""

    out: Path
    vipps: Simulator
    backdrop: Backdrop
    drive: Drive
    register_wh: int
    processes: list[Process] = field(default_factory=list)

    @property
    def journal(self) -> Path:
        return self.out / "journal.sqlite3"

    def rows(self) -> list[Entry]:
        """Every row of the one session; none before there is a journal."""
        try:
            connection = open_reader(self.journal)
        except FaultError:
            return []
        try:
            return [row for name in sessions(connection) for row in entries(connection, name)]
        finally:
            connection.close()

    def wrote(self, kind: str, part: str = "") -> bool:
        return any(row.kind == kind and part in row.body for row in self.rows())

    def arrivals(self, *operations: str) -> list[Arrival]:
        return [arrival for arrival in self.vipps.wire.arrivals if arrival.operation in operations]

    def energy_wh(self) -> int:
        """What the driver's car has taken."""
        post = self.backdrop.posts[self.drive.station]
        post.advance()
        return post.taken_wh if post.car is not None else 0

    async def live(self) -> Process:
        """The station with its screen, and the driver at it, as the demo starts them."""
        process = await start_stage(self.out / "kiosk.toml", self.out, self.backdrop, [self.drive], SEED)
        self.processes.append(process)
        return process

    async def come_back(self) -> Process:
        """The station alone, on the journal that the dead one left."""
        command = [sys.executable, "-m", "kiosk", "station", "--headless", "--config", str(self.out / "kiosk.toml")]
        process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=PIPE)
        self.processes.append(process)
        return process

    async def until(self, what: str, true: Callable[[], bool], process: Process) -> None:
        """Wait while the station lives. That it ends by itself, or that it never comes to this, is a failure."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not true():
                    assert process.returncode is None, f"the station ended with {process.returncode} before {what}"
                    await asyncio.sleep(LOOK_S)
        except TimeoutError:
            raise AssertionError(f"{what} never came; the journal ends {[row.kind for row in self.rows()]}") from None

    async def kill(self, process: Process) -> None:
        process.send_signal(signal.SIGKILL)
        assert await process.wait() == -signal.SIGKILL, "it had ended before the power was cut"

    async def settle(self) -> None:
        """The driver has gone, the power is back: the station ends every session by itself, then stops when told."""
        self.backdrop.posts[self.drive.station].unplug()
        process = await self.come_back()
        await self.until("the end", lambda: any(row.kind == ENDED for row in self.rows()), process)
        process.terminate()
        _, said = await process.communicate()
        assert (process.returncode, said) == (0, b"")


@asynccontextmanager
async def town(out: Path) -> AsyncIterator[Town]:
    since_utc_ms = time.time_ns() // 1_000_000
    vipps, drive = create_app(SimClock(since_utc_ms, RATE)), day(SEED)[0]
    async with AsyncExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        # One station, and behind it the devices that need least silence between two messages: that silence is real time.
        quick = replace(STATIONS[0], meter="eastron-sdm630", controller="relay-coil")
        patch.setattr(demo_backdrop, "STATIONS", (quick,))
        url = await stack.enter_async_context(serving_vipps(vipps))
        backdrop = await stack.enter_async_context(raised(RATE, since_utc_ms, url))
        write_config(out / "kiosk.toml", backdrop, RATE, since_utc_ms)
        here = Town(out, vipps, backdrop, drive, backdrop.posts[drive.station].counter.import_wh)
        try:
            yield here
        finally:
            for process in here.processes:
                if process.returncode is None:
                    process.kill()
                    await process.wait()
