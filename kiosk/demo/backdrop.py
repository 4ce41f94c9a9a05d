"""The world around the demo's stations: a Vipps, and a post with meter, controller and cars behind each station."""

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from kiosk.demo.plan import STATIONS, DemoStation
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.sim.clock import SimClock
from kiosk.sim.post import Post
from kiosk.sim.toys import Ports, serving
from kiosk.sim.vipps import create_app
from kiosk.sim.vipps import serving as serving_vipps

WRITTEN_BY = "# Written by `kiosk demo`."
END_S = 10.0
NO_WATCHDOG = ("phoenix-em-cp-pp-eth", "relay-coil")


@dataclass(frozen=True)
class Backdrop:
    """Where the toys listen. `posts` are by station id; `ports` answer Modbus and, over HTTP, `/_sim`."""

    vipps_url: str
    posts: dict[str, Post]
    ports: dict[str, Ports]


@asynccontextmanager
async def raised(rate: float, since_utc_ms: int, vipps_url: str | None = None) -> AsyncIterator[Backdrop]:
    """All toys on ports of their own; a Vipps that already runs at `vipps_url` is used instead of one more."""
    async with AsyncExitStack() as stack:
        if vipps_url is None:
            app = create_app(SimClock(since_utc_ms, rate))
            vipps_url = await stack.enter_async_context(serving_vipps(app))
        else:
            await _hurry(vipps_url, rate)
        posts, ports = {}, {}
        for number, station in enumerate(STATIONS, 1):
            # The fail-safe watches the program, which runs in real time however fast the day goes.
            post = Post(
                SimClock(since_utc_ms, rate),
                register_wh=4_182_910 + 1_000_000 * number,
                serial=21_118_842 + number,
                watchdog_clock=SimClock(),
            )
            toys = serving(post, meter_profile=station.meter, charger_profile=station.controller, doors=True)
            posts[station.id], ports[station.id] = post, await stack.enter_async_context(toys)
        yield Backdrop(vipps_url, posts, ports)


async def _hurry(vipps_url: str, rate: float) -> None:
    """Let a simulator that runs already keep the demo's time. Raises FaultError if there is none."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=END_S) as http:
            (await http.put(f"{vipps_url}/_sim/clock", json={"rate": rate})).raise_for_status()
    except httpx.HTTPError as error:
        text = f"No Vipps simulator answers at {vipps_url} ({error or type(error).__name__}). Start `kiosk sim vipps`, or leave its address out."
        raise FaultError(Trouble(Fault.NETWORK_AWAY, " ".join(text.split()))) from None


@asynccontextmanager
async def owned(process: asyncio.subprocess.Process) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that ends with this block, told or not."""
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), END_S)
            except TimeoutError:
                process.kill()
                await process.wait()


def fresh_folder(out: Path) -> None:
    """An empty folder for the demo. Only one that an earlier demo has left is cleared; anything else is somebody's."""
    try:
        if out.is_dir() and any(out.iterdir()):
            config = out / "kiosk.toml"
            if not config.is_file() or not config.read_bytes().startswith(WRITTEN_BY.encode()):
                text = f"The folder {out} is not empty and not a demo's own. Name another with --out, or empty it yourself."
                raise FaultError(Trouble(Fault.CONFIG_WRONG, text))
            shutil.rmtree(out)
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = f"The folder {out} cannot be made ({error.strerror}). Name another with --out."
        raise FaultError(Trouble(Fault.DISK_READ_ONLY, text)) from error
    if not os.access(out, os.W_OK | os.X_OK):
        text = f"Nothing can be written in the folder {out}. Name another with --out."
        raise FaultError(Trouble(Fault.DISK_READ_ONLY, text))


def write_config(path: Path, backdrop: Backdrop, rate: float, since_utc_ms: int) -> None:
    """The kiosk.toml of the demo's site; any command can be tried on it while the demo runs."""
    head = f"""{WRITTEN_BY}
[vipps]
environment = "simulator"
base_url = "{backdrop.vipps_url}"

[journal]
path = {json.dumps(str(path.parent / "journal.sqlite3"))}

[simulator]
rate = {rate}
since_utc_ms = {since_utc_ms}

[tariff]
currency = "NOK"
energy = "4.90"
idle = {{ per_minute = "0.50", grace_minutes = 15, cap = "120.00" }}
holds = ["50", "100", "200", "350"]
preferred_hold = "200"

[site]
name = "Sandvika stasjon"
help_phone = "22 00 00 00"
public_url = "https://lad.example.no"
"""
    parts = [_station(station, backdrop.ports[station.id]) for station in STATIONS]
    path.write_text(head + "".join(parts), "utf-8")


def _station(station: DemoStation, ports: Ports) -> str:
    waiver = ', waiver = "demo: no car here can be hurt"' if station.controller in NO_WATCHDOG else ""
    return f"""
[[station]]
id = "{station.id}"
name = "{station.name}"
rated_power_w = {station.power_w}
meter = {{ profile = "{station.meter}", url = "tcp://127.0.0.1:{ports.meter}" }}
controller = {{ profile = "{station.controller}", url = "tcp://127.0.0.1:{ports.charger}", amps = 32{waiver} }}
"""
