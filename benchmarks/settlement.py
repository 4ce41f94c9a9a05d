"""Settlement of sessions beside the same calls made with bare httpx, without and with six commits, against one simulator."""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx

from benchmarks._bench_site import child, line_of
from benchmarks._line import say
from kiosk.domain.energy import Instant, Pilot, Plug, Reading
from kiosk.domain.events import Watched
from kiosk.domain.fault import Trouble
from kiosk.domain.money import Currency, Money
from kiosk.domain.outcome import Done, Outcome
from kiosk.domain.states import Door, Offer, Settled, Stopping, Why
from kiosk.domain.tariff import Tariff, Usage
from kiosk.flow.loop import SessionLoop
from kiosk.flow.perform import Ports
from kiosk.flow.ports import Row
from kiosk.journal.store import Journal, open_journal
from kiosk.services.clock import SystemClock
from kiosk.services.vipps import VippsSettings, open_vipps

SESSIONS = int(os.environ.get("SESSIONS", "1000"))
BATCH = 20
IN_FLIGHT = 4
HOLD = Money(350_00, Currency.NOK)
TARIFF = Tariff(Currency.NOK, 49_000)
LINK = "https://lad.example.no/c/bench"


class StillMeter:
    """The charge is over: the register stands, the contactor is open."""

    sells = True
    fails_safe = True

    def __init__(self, clock: SystemClock) -> None:
        self._now = clock.now

    async def read(self) -> Reading | Trouble:
        return Reading(30_280, 0, "1", self._now(), self._now())

    async def enable(self) -> Outcome[None]:
        return Done(None)

    async def disable(self) -> Outcome[None]:
        return Done(None)

    async def look(self) -> Plug | Trouble:
        return Plug(self._now(), Pilot.B, enabled=False)


async def measure(base_url: str, folder: Path) -> dict[str, float]:
    clock = SystemClock()
    journal = open_journal(folder / "journal.sqlite3", UUID(int=7))
    settings = VippsSettings.simulator(base_url)
    limits = httpx.Limits(max_connections=IN_FLIGHT)
    rounds = []
    async with (
        open_vipps(settings, time.time) as vipps,
        httpx.AsyncClient(base_url=base_url, timeout=20, limits=limits) as http,
    ):
        meter = StillMeter(clock)
        ports = Ports(clock, vipps.payments, vipps.receipts, meter, meter, lambda offer: offer.reference)
        headers = await _headers(http, settings)

        async def ours(number: int) -> float:
            names = await _batch(http, headers, f"bench-ours-{number:04d}")
            return await _four_at_once([_settle(ports, journal, name, clock.now()) for name in names])

        async def bare(number: int) -> float:
            names = await _batch(http, headers, f"bench-bare-{number:04d}")
            return await _four_at_once([_bare(http, headers, name) for name in names])

        async def written(number: int) -> float:
            names = await _batch(http, headers, f"bench-sure-{number:04d}")
            return await _four_at_once([_bare(http, headers, name, journal) for name in names])

        sides = [ours, bare, written]
        for number in range(-1, SESSIONS // BATCH):  # the first is not counted: it opens connections on all sides
            turn = [sides[(number + place) % 3] for place in range(3)]
            took = {side: await side(number) for side in turn}
            rounds.append([took[side] for side in sides])
    await journal.close()
    ours_s, bare_s, written_s = (statistics.median(column) for column in zip(*rounds[1:], strict=True))
    return {
        "sessions": SESSIONS,
        "in_flight": IN_FLIGHT,
        "settlement_ms": round(ours_s / BATCH * 1000, 2),
        "bare_httpx_ms": round(bare_s / BATCH * 1000, 2),
        "bare_httpx_with_commits_ms": round(written_s / BATCH * 1000, 2),
        "ratio": round(statistics.median(ours_s / bare_s for ours_s, bare_s, _ in rounds[1:]), 2),
        "ratio_with_commits": round(statistics.median(ours_s / written_s for ours_s, _, written_s in rounds[1:]), 2),
    }


async def _batch(http: httpx.AsyncClient, headers: dict[str, str], prefix: str) -> list[str]:
    """Approved payments that wait to be settled."""
    names = [f"{prefix}-{number:02d}" for number in range(BATCH)]
    for name in names:
        await _approved(http, headers, name)
    return names


async def _four_at_once(works: list[Coroutine[Any, Any, None]]) -> float:
    """As many as the client keeps in flight; for both sides the same. Answers how many seconds all took."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(work: Coroutine[Any, Any, None]) -> None:
        async with gate:
            await work

    begin = time.perf_counter()
    await asyncio.gather(*(one(work) for work in works))
    return time.perf_counter() - begin


async def _settle(ports: Ports, journal: Journal, name: str, now: Instant) -> None:
    offer = Offer(name, journal.installation, "B", Door.GLASS, TARIFF, HOLD, 22_000, "1234", now, session_url=LINK)
    begin = Reading(0, 22_000, "1", now, now)
    last = Reading(30_280, 0, "1", now, now)
    stopping = Stopping(offer, begin, last, Usage(30_280, 3_600_000), Why.STOPPED, now, now)
    loop = SessionLoop(ports, journal, offer, stopping, lambda: None, lambda _outcome: None)
    await loop.run(Watched(now, 0, last, Plug(now, Pilot.B, enabled=False)))
    if not isinstance(loop.session, Settled):
        raise RuntimeError(f"{name} came to {loop.session}")


async def _headers(http: httpx.AsyncClient, settings: VippsSettings) -> dict[str, str]:
    client_id, client_secret, subscription_key = settings.keys.revealed()
    keys = {"client_id": client_id, "client_secret": client_secret, "Ocp-Apim-Subscription-Key": subscription_key}
    answer = await http.post("/accesstoken/get", headers=keys)
    return {
        "Authorization": f"Bearer {answer.json()['access_token']}",
        "Ocp-Apim-Subscription-Key": subscription_key,
        "Merchant-Serial-Number": settings.merchant_serial_number,
    }


async def _approved(http: httpx.AsyncClient, headers: dict[str, str], name: str) -> None:
    body = {
        "amount": {"currency": "NOK", "value": HOLD.minor},
        "paymentMethod": {"type": "WALLET"},
        "reference": name,
        "userFlow": "QR",
        "customerInteraction": "CUSTOMER_PRESENT",
        "paymentDescription": "Benchmark",
    }
    answer = await http.post("/epayment/v1/payments", json=body, headers={**headers, "Idempotency-Key": str(uuid4())})
    answer.raise_for_status()
    (await http.post(f"/_sim/payments/{name}/approve")).raise_for_status()


async def _bare(http: httpx.AsyncClient, headers: dict[str, str], name: str, journal: Journal | None = None) -> None:
    """Look, capture, look, release, look, receipt, link: what settlement needs; with a journal, one row before each step."""

    async def write() -> None:
        if journal is not None:
            await journal.append([Row(name, "step", "{}", SystemClock().now())])

    path = f"/epayment/v1/payments/{name}"
    await write()
    await _asked(http, headers, path)
    await write()
    due = {"modificationAmount": {"currency": "NOK", "value": 148_37}}
    await _told(http, "POST", f"{path}/capture", due, {**headers, "Idempotency-Key": str(uuid4())})
    await _asked(http, headers, path)
    await write()
    await _told(http, "POST", f"{path}/cancel", {}, {**headers, "Idempotency-Key": str(uuid4())})
    await _asked(http, headers, path)
    lines = [{"name": "Energy", "id": "1", "totalAmount": 148_37, "totalAmountExcludingTax": 118_70,
              "totalTaxAmount": 29_67, "taxRate": 2500}]  # fmt: skip
    orders = "/order-management/v2/ECOM"
    await write()
    await _told(
        http, "POST", f"{orders}/receipts/{name}", {"orderLines": lines, "bottomLine": {"currency": "NOK"}}, headers
    )
    await write()
    link = {"category": "RECEIPT", "orderDetailsUrl": LINK}
    await _told(http, "PUT", f"{orders}/categories/{name}", link, headers)
    await write()


async def _asked(http: httpx.AsyncClient, headers: dict[str, str], path: str) -> None:
    for part in ("", "/events"):
        (await http.get(path + part, headers=headers)).raise_for_status().json()


async def _told(http: httpx.AsyncClient, method: str, path: str, body: object, headers: dict[str, str]) -> None:
    (await http.request(method, path, json=body, headers=headers)).raise_for_status().json()


def main() -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory(dir=Path.cwd()) as folder,
        child("-m", "kiosk", "sim", "vipps", "--port", "0") as simulator,
    ):
        base_url = line_of(simulator).split(" on ")[1].split(",")[0]
        return asyncio.run(measure(base_url, Path(folder)))


if __name__ == "__main__":
    figures = main()
    say("settlement beside bare httpx", figures, value=figures["ratio"], most=1.3)
