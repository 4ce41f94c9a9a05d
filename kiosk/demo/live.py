"""The demo with a display: the station's window, a phone page that approves, and a car that plugs itself in."""

import asyncio
import sys
import time
import webbrowser
from contextlib import suppress
from pathlib import Path

import httpx

from kiosk.demo.backdrop import Backdrop, fresh_folder, owned, raised, write_config
from kiosk.flow.tasks import TaskScope
from kiosk.sim.car import Car

RATE = 10.0
LOOK_S = 1.0


async def show_live(out: Path, vipps_url: str | None) -> int:
    """Until the station's window is closed; the exit code of the station."""
    fresh_folder(out)
    since_utc_ms = time.time_ns() // 1_000_000
    async with raised(RATE, since_utc_ms, vipps_url) as backdrop, TaskScope() as scope:
        config = out / "kiosk.toml"
        write_config(config, backdrop, RATE, since_utc_ms)
        phone = f"{backdrop.vipps_url}/_sim/phone"
        print(f"One minute here is {60 / RATE:.0f} s. The phone is at {phone}; close the station's window to end.")
        command = [sys.executable, "-m", "kiosk", "station", "--config", str(config), "--size", "1280x800"]
        async with owned(await asyncio.create_subprocess_exec(*command)) as station:
            await asyncio.to_thread(webbrowser.open, phone)
            scope.spawn(_drive_cars(backdrop), "cars")
            return await station.wait()


async def _drive_cars(backdrop: Backdrop) -> None:
    """Whoever has paid plugs in; whoever is settled drives away."""
    async with httpx.AsyncClient(timeout=10) as http:
        while True:
            with suppress(httpx.HTTPError):  # a simulator of somebody else's may come and go
                ledger = (await http.get(f"{backdrop.vipps_url}/_sim/ledger")).json()
                held = {
                    name
                    for name, payment in ledger["payments"].items()
                    if payment["remaining"] and payment["authorized"]
                }
                for station, post in backdrop.posts.items():
                    paid = any(reference.startswith(station) for reference in held)
                    if paid and post.car is None:
                        post.plug(Car(plugs_in_after_s=60, power_max_w=22_000))
                    if not paid and post.car is not None:
                        post.unplug()
            await asyncio.sleep(LOOK_S)
