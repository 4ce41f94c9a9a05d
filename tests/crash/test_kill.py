"""The station process is killed at an instant of a session's life, and comes back alone: the books agree, and nobody paid twice."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from kiosk.config import load
from kiosk.demo.report import disagreements, read_journal
from kiosk.domain.states import Abandoned, Settled
from kiosk.domain.tariff import Usage
from kiosk.sim.faults import Fault, Operation
from tests.crash.site import Town, town

LATE_S = 1.5
LONGEST_LIFE_S = 4.0


@dataclass(frozen=True)
class Moment:
    """When the power is cut. `fault` holds Vipps' line up, so that the cut falls between a request and its answer."""

    name: str
    come: Callable[[Town], bool]
    charged: bool
    fault: Fault | None = None


def unanswered(operation: Operation, *, charged: bool) -> Moment:
    fault = Fault(kind="late-answer", operation=operation, delay_s=LATE_S)
    return Moment(f"{operation} has had its effect and no answer", lambda town: came(town, operation), charged, fault)


def on_its_way(operation: Operation) -> Moment:
    """It has its effect only when the station that sent it is dead, and perhaps back."""
    fault = Fault(kind="late-request", operation=operation, delay_s=LATE_S)
    return Moment(f"{operation} is still on its way", lambda town: came(town, operation), charged=True, fault=fault)


def came(town: Town, operation: str) -> bool:
    return bool(town.arrivals(operation))


def approved(town: Town) -> bool:
    return any(payment.authorized for payment in town.vipps.unit.all_payments())


MOMENTS = (
    Moment("the offer is written down", lambda town: town.wrote("event:Opened"), charged=False),
    unanswered("create", charged=False),
    Moment("the driver has approved", approved, charged=False),
    Moment("the approval is written down", lambda town: town.wrote("event:Looked", "AUTHORIZED"), charged=False),
    Moment("the contactor is told to close", lambda town: town.wrote("intent:Switch", "true"), charged=False),
    Moment("1500 Wh have flowed", lambda town: town.energy_wh() >= 1500, charged=True),
    Moment("the driver has stopped", lambda town: town.wrote("event:Pressed"), charged=True),
    unanswered("capture", charged=True),
    on_its_way("capture"),
    unanswered("cancel", charged=True),
    unanswered("receipt", charged=True),
    unanswered("category", charged=True),
)


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.name)
async def test_a_station_killed_when(moment: Moment, tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        if moment.fault is not None:
            here.vipps.wire.plan.add(moment.fault)
        process = await here.live()
        await here.until(moment.name, lambda: moment.come(here), process)
        await here.kill(process)
        await here.settle()
        captured = await _the_money_is_right(here)
    assert (captured > 0) == moment.charged


@pytest.mark.parametrize("seed", range(3))
async def test_a_station_killed_at_an_instant_drawn_from(seed: int, tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        process = await here.live()
        await here.until("the offer", lambda: here.wrote("event:Opened"), process)
        await asyncio.sleep(random.Random(seed).uniform(0, LONGEST_LIFE_S))
        await here.kill(process)
        await here.settle()
        await _the_money_is_right(here)


async def _the_money_is_right(here: Town) -> int:
    """What Vipps took from the driver, once every promise about it is checked."""
    async with httpx.AsyncClient(base_url=here.backdrop.vipps_url) as http:
        ledger = (await http.get("/_sim/ledger")).json()["payments"]
        requests = (await http.get("/_sim/requests")).json()
    entries, broken = read_journal(here.journal)
    assert broken + disagreements(entries, ledger) == []
    (entry,) = entries
    assert isinstance(entry.session, Settled | Abandoned)

    bodies: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for request in requests:
        if request["key"] is not None:
            bodies[request["key"]].add((request["method"], request["path"], request["body_sha256"]))
    assert [key for key, used in bodies.items() if len(used) > 1] == [], "a key stands for one request, to the byte"

    if not ledger:
        return 0
    (payment,) = ledger.values()
    effects = [effect["name"] for effect in payment["effects"] if effect["success"]]
    assert effects.count("CAPTURED") == (1 if payment["captured"] else 0)
    if payment["state"] == "AUTHORIZED":
        assert payment["captured"] + payment["cancelled"] == payment["authorized"]
    else:
        assert (payment["state"], payment["captured"]) == ("TERMINATED", 0)
    assert payment["captured"] <= _metered(here), "paid for what the meter never counted"
    return int(payment["captured"])


def _metered(here: Town) -> int:
    """All that the meter has ever counted behind this station, at its tariff."""
    post = here.backdrop.posts[here.drive.station]
    tariff = load(here.out / "kiosk.toml").tariff
    hold = tariff.money(here.drive.hold_minor)
    return tariff.build().due(Usage(energy_wh=post.counter.import_wh - here.register_wh), hold).due.minor
