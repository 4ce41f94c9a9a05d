"""What only the composition can get wrong: that what one room finds out reaches the room that acts on it."""

import asyncio
import time
from email.utils import formatdate
from functools import partial
from pathlib import Path

import httpx
import pytest

from kiosk import compose
from kiosk.compose import new_code
from kiosk.config import load
from kiosk.domain.energy import Instant
from kiosk.domain.fault import Fault
from kiosk.domain.money import Currency, Money
from kiosk.services.secrets import NAMES
from kiosk.services.vipps import open_vipps
from tests.cli.running import write_config
from tests.services.vipps.script import Script, problem, real_settings

SIMULATED = 'environment = "simulator"\nbase_url = "http://127.0.0.1:8100"'
HERE = Instant(1_795_262_400_000, "boot", 0)
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


@pytest.mark.parametrize(
    ("controller", "stop_latency_s"),
    [
        ('profile = "keba-p30", url = "tcp://127.0.0.1:8503?unit=255", amps = 32', 10),
        ('profile = "heidelberg-energy-control", url = "tcp://127.0.0.1:8503", amps = 16', 5),
        ('profile = "phoenix-charx", url = "tcp://127.0.0.1:8503?connector=2", amps = 16', 4),
        ('profile = "mennekes-amtron-compact", url = "tcp://127.0.0.1:8503", amps = 16', 5),
        ('profile = "relay-coil", url = "tcp://127.0.0.1:8503", waiver = "Kari Nordmann"', 2),
    ],
)
async def test_the_offer_knows_how_long_its_controller_takes_to_stop(
    tmp_path: Path, controller: str, stop_latency_s: int
) -> None:
    old = 'profile = "keba-p30", url = "tcp://127.0.0.1:8503?unit=255", amps = 32'
    async with compose.open_site(load(write_config(tmp_path, old, controller), {})) as running:
        post = next(iter(running.site._posts.values()))
        offer = post._papers.make(post.info, Money(35_000, Currency.NOK), "nb", "r-1", new_code(), HERE)
    assert post.info.on_trial == (() if "compact" not in controller else ("mennekes-amtron-compact",))
    assert (offer.stop_latency_s, offer.proves_contactor) == (stop_latency_s, True)
