"""What only the composition can get wrong: that what one room finds out reaches the room that acts on it."""

import asyncio
import time
from email.utils import formatdate
from functools import partial
from pathlib import Path

import httpx
import pytest

from kiosk import compose
from kiosk.config import load
from kiosk.domain.fault import Fault
from kiosk.services.secrets import NAMES
from kiosk.services.vipps import open_vipps
from tests.cli.running import write_config
from tests.services.vipps.script import Script, problem, real_settings

SIMULATED = 'environment = "simulator"\nbase_url = "http://127.0.0.1:8100"'
IN_TEST = 'environment = "test"\nmerchant_serial_number = "654321"'


async def test_a_machine_whose_clock_vipps_contradicts_does_not_sell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asyncio.Event()

    async def vipps(request: httpx.Request) -> httpx.Response:
        response = await script(request)
        response.headers["Date"] = formatdate(time.time() - 7200, usegmt=True)
        return response

    async def unknown(request: httpx.Request) -> httpx.Response:
        asked.set()
        return await problem(404, "5090")(request)

    script = Script().on("GET", "/ladekiosk-probe", unknown)
    monkeypatch.setattr(compose, "open_vipps", partial(open_vipps, transport=httpx.MockTransport(vipps)))
    keys = dict(zip(NAMES, real_settings().keys.revealed(), strict=True))
    monkeypatch.setattr(compose, "secret", lambda _environment, name: keys[name])
    settings = load(write_config(tmp_path, SIMULATED, IN_TEST), {})

    async with compose.open_site(settings) as running:
        changed = asyncio.Event()
        running.site.on_change(lambda _: changed.set())
        assert running.site.views()[0].trouble is None
        running.scope.spawn(running.site.run(running.scope), "site")
        async with asyncio.timeout(20):
            await asked.wait()
            while (trouble := running.site.views()[0].trouble) is None or trouble.fault is not Fault.CLOCK_WRONG:
                changed.clear()
                await changed.wait()
        assert "Vipps says" in trouble.detail
