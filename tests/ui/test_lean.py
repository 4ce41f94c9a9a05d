"""What a running station must not have loaded: each of these is memory for as long as it runs, and it never uses them."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cli.running import write_config

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60
NEVER = {
    "PIL", "PySide6.QtWidgets", "jinja2", "kiosk.demo.run", "kiosk.printing",
    "kiosk.sim", "multiprocessing", "pygments", "pymodbus.server", "qrcode", "rich",
    "starlette", "uvicorn", "zxingcpp",
}  # fmt: skip
# The whole command, until meter and Vipps (of which there are none here) have been asked and the glass says so.
PROGRAM = """
import asyncio, json, linecache, sys
from kiosk.flow.site import Site

served = Site.run

async def serve_until_asked(site, scope):
    serving = asyncio.create_task(served(site, scope))
    while not (site.views()[0].trouble and site.views()[0].offline_since):
        await asyncio.sleep(0.05)
    sources = sum(len(line) for entry in linecache.cache.values() for line in entry[2]) if linecache.cache else 0
    print(json.dumps([f"sources {sources > 1_000_000}", *sys.modules]), flush=True)
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)

Site.run = serve_until_asked
from kiosk.__main__ import main
main()
"""


def loaded(folder: Path, *arguments: str) -> set[str]:
    environ = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "KIOSK_VIPPS__BASE_URL": "http://127.0.0.1:9",
    }
    config = write_config(folder, meter=9, charger=9)  # where nobody answers
    command = [sys.executable, "-c", PROGRAM, "station", "--config", str(config), *arguments]
    ran = subprocess.run(
        command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    lines = [line for line in ran.stdout.splitlines() if line.startswith('["')]
    assert lines, ran.stderr
    return set(json.loads(lines[0]))


def test_a_running_station_has_loaded_nothing_that_it_never_uses(tmp_path: Path) -> None:
    names = loaded(tmp_path, "--size", "800x480")
    assert {"PySide6.QtQuick", "httpx", "pymodbus.client", "kiosk.ui.station.model"} <= names
    assert NEVER & names == set()
    assert "sources False" in names, "something reads the source of what it imports and keeps it"


def test_a_station_without_a_screen_loads_no_qt(tmp_path: Path) -> None:
    names = loaded(tmp_path, "--headless")
    assert {"httpx", "pymodbus.client"} <= names
    assert NEVER & names == set()
    assert [name for name in names if name.startswith(("PySide6", "qasync"))] == []
