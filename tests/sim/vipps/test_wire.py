"""What can go wrong between a client and Vipps, in-process and over real sockets."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator

import httpx
import pytest

from kiosk.sim.clock import SimClock
from kiosk.sim.faults import SHAPES, Fault, FaultPlan
from kiosk.sim.vipps import create_app, run, serving
from tests.sim.vipps.bench import CLIENT, KEYS, REFERENCE, Bench, code_of, new_payment, sums
from tests.specs import SpecChecked

PAYMENT = f"/epayment/v1/payments/{REFERENCE}"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.aclose()


async def get(bench: Bench) -> httpx.Response:
    return await bench.http.get(PAYMENT, headers=bench.headers())


# --- the plan -----------------------------------------------------------------------------------------------------


def strikes(plan: FaultPlan, calls: int, operation: str = "capture") -> list[bool]:
    return [bool(plan.strike("POST", f"{PAYMENT}/{operation}", operation)) for _ in range(calls)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fault", "struck"),
    [
        ({}, [True, False, False, False]),
        ({"count": 2}, [True, True, False, False]),
        ({"count": None}, [True, True, True, True]),
        ({"skip": 2}, [False, False, True, False]),
        ({"probability": 0}, [False, False, False, False]),
        ({"operation": "capture"}, [True, False, False, False]),
        ({"operation": "cancel"}, [False, False, False, False]),
        ({"method": "post"}, [True, False, False, False]),
        ({"method": "GET"}, [False, False, False, False]),
        ({"path": "kiosk-0001.*/capture$"}, [True, False, False, False]),
        ({"path": "^/qr"}, [False, False, False, False]),
    ],
)
def test_when_a_fault_strikes(fault: dict[str, object], struck: list[bool]) -> None:
    plan = FaultPlan()
    plan.add(Fault.model_validate({"kind": "lose-answer"} | fault))
    assert strikes(plan, 4) == struck


def test_the_dice_are_the_same_for_the_same_seed() -> None:
    def luck(seed: int) -> list[bool]:
        plan = FaultPlan(seed)
        plan.add(Fault(kind="lose-answer", probability=0.5, count=None))
        return strikes(plan, 50)

    assert luck(7) == luck(7) != luck(8)
    assert 10 < sum(luck(7)) < 40


def test_a_plan_that_is_cleared_does_nothing() -> None:
    plan = FaultPlan()
    plan.add(Fault(kind="lose-answer", count=None))
    plan.clear()
    assert strikes(plan, 1) == [False]


# --- in-process ---------------------------------------------------------------------------------------------------


async def test_a_lost_request_had_no_effect(bench: Bench) -> None:
    await bench.approved()
    await bench.break_line(kind="lose-request", operation="capture")
    with pytest.raises(httpx.ReadError):
        await bench.change("capture", 12_000)
    assert sums(await bench.payment()) == (35_000, 0, 0, 0)


async def test_a_stray_request_has_its_effect_when_nobody_waits_any_more(bench: Bench) -> None:
    await bench.approved()
    await bench.break_line(kind="stray", operation="capture", delay_s=30)
    with pytest.raises(httpx.ReadError):
        await bench.change("capture", 12_000, key="same")
    bench.time.now_s += 29
    assert sums(await bench.payment()) == (35_000, 0, 0, 0)
    bench.time.now_s += 1
    assert (await bench.books())["captured"] == 12_000
    assert (await bench.change("capture", 12_000, key="same")).status_code == 200
    assert sums(await bench.payment()) == (35_000, 12_000, 0, 0)


async def test_a_doubled_request_with_a_key_is_one_effect(bench: Bench) -> None:
    await bench.approved()
    await bench.break_line(kind="double", operation="capture")
    assert (await bench.change("capture", 12_000)).status_code == 200
    assert sums(await bench.payment()) == (35_000, 12_000, 0, 0)
    await bench.break_line(kind="double", operation="cancel")
    headers = bench.headers()
    answer = await bench.http.post(f"{PAYMENT}/cancel", headers=headers)
    assert code_of(answer) == "6190", "without a key the second one is refused"


@pytest.mark.parametrize("effect", [False, True])
async def test_an_injected_status_comes_before_or_after_the_effect(bench: Bench, effect: bool) -> None:
    await bench.approved()
    await bench.break_line(kind="status", operation="capture", status=502, shape="html", effect=effect)
    answer = await bench.change("capture", 12_000)
    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html")
    assert sums(await bench.payment()) == (35_000, 12_000 if effect else 0, 0, 0)


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_shape_of_an_error_that_somebody_has_met(bench: Bench, shape: str) -> None:
    await bench.break_line(kind="status", status=400, shape=shape, text="Amount missing", code="4040")
    answer = await get(bench)
    assert answer.status_code == 400
    readable = shape not in ("html", "plain", "empty", "truncated")
    with contextlib.nullcontext() if readable else pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        json.loads(answer.content)
    assert bool(answer.content) is (shape != "empty")
    assert ("4040" in answer.text) is shape.startswith("problem")


async def test_an_injected_429_says_when_to_come_again(bench: Bench) -> None:
    await bench.break_line(kind="status", status=429, shape="gateway", retry_after_s=7)
    assert (await get(bench)).headers["retry-after"] == "7"


async def test_a_truncated_answer_had_its_effect(bench: Bench) -> None:
    await bench.approved()
    await bench.break_line(kind="truncate", operation="capture")
    answer = await bench.change("capture", 12_000)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
        answer.json()
    assert sums(await bench.payment()) == (35_000, 12_000, 0, 0)


async def test_every_token_can_end_at_once(bench: Bench) -> None:
    await bench.break_line(kind="revoke-tokens", operation="get")
    assert (await get(bench)).status_code == 401
    assert (await get(bench)).status_code == 401
    token = (await bench.http.post("/accesstoken/get", headers=CLIENT | KEYS)).json()["access_token"]
    assert (await bench.http.get(PAYMENT, headers={"Authorization": f"Bearer {token}"} | KEYS)).status_code == 404


async def test_a_network_that_is_down_is_down_for_everything_but_the_admin_door(bench: Bench) -> None:
    await bench.break_line(kind="lose-request", count=None)
    for _ in range(3):
        with pytest.raises(httpx.ReadError):
            await get(bench)
    assert (await bench.http.delete("/_sim/faults")).json() == []
    assert (await get(bench)).status_code == 404


@pytest.mark.parametrize("kind", ["late-request", "late-answer"])
async def test_a_late_call_waits_in_simulated_time(kind: str) -> None:
    app = create_app(SimClock(rate=10_000))
    app.wire.plan.add(Fault.model_validate({"kind": kind, "delay_s": 120, "simulated": True}))
    before_ms, before_s = app.unit.now_ms(), time.monotonic()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://vipps.sim") as http:
        assert (await http.get(PAYMENT)).status_code == 401
    assert app.unit.now_ms() - before_ms >= 120_000
    assert time.monotonic() - before_s < 60


async def test_several_faults_at_once_all_strike(bench: Bench) -> None:
    await bench.approved()
    faults = [{"kind": "double", "operation": "capture"}, {"kind": "lose-answer", "operation": "capture"}]
    assert len((await bench.http.post("/_sim/faults", json=faults)).json()) == 2
    with pytest.raises(httpx.ReadError):
        await bench.change("capture", 12_000)
    assert sums(await bench.payment()) == (35_000, 12_000, 0, 0)
    arrived = (await bench.http.get("/_sim/requests")).json()
    struck = next(each for each in arrived if each["operation"] == "capture")
    assert (struck["faults"], struck["status"]) == (["double", "lose-answer"], None)


# --- over real sockets --------------------------------------------------------------------------------------------


class Caller:
    def __init__(self, base_url: str, token: str) -> None:
        self.http = httpx.AsyncClient(base_url=base_url, transport=SpecChecked(httpx.AsyncHTTPTransport()), timeout=20)
        self._token = token

    async def post(self, path: str, key: str, body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key} | KEYS
        return await self.http.post(path, headers=headers, json=body)

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path, headers={"Authorization": f"Bearer {self._token}"} | KEYS)


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    app = create_app(SimClock())
    async with serving(app) as base_url:
        caller = Caller(base_url, app.unit.tokens.issue(app.unit.now_ms()))
        async with caller.http:
            yield caller


CAPTURE = {"modificationAmount": {"currency": "NOK", "value": 12_000}}


async def test_a_session_over_a_real_socket(caller: Caller) -> None:
    created = await caller.post("/epayment/v1/payments", "create", new_payment())
    assert created.status_code == 201
    assert (await caller.http.get(created.json()["redirectUrl"])).headers["content-type"] == "image/png"
    await caller.http.post(f"/_sim/payments/{REFERENCE}/approve")
    assert (await caller.post(f"{PAYMENT}/capture", "capture", CAPTURE)).status_code == 200
    assert (await caller.post(f"{PAYMENT}/cancel", "release", {})).status_code == 200
    assert sums((await caller.get(PAYMENT)).json()) == (35_000, 12_000, 23_000, 0)


@pytest.mark.parametrize(("kind", "captured"), [("lose-answer", 12_000), ("lose-request", 0)])
async def test_a_connection_closes_without_a_word(caller: Caller, kind: str, captured: int) -> None:
    await caller.post("/epayment/v1/payments", "create", new_payment())
    await caller.http.post(f"/_sim/payments/{REFERENCE}/approve")
    await caller.http.post("/_sim/faults", json={"kind": kind, "operation": "capture"})
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await caller.post(f"{PAYMENT}/capture", "same", CAPTURE)
    assert sums((await caller.get(PAYMENT)).json()) == (35_000, captured, 0, 0)
    assert (await caller.post(f"{PAYMENT}/capture", "same", CAPTURE)).status_code == 200
    assert sums((await caller.get(PAYMENT)).json()) == (35_000, 12_000, 0, 0)


async def test_another_connection_lives_on(caller: Caller) -> None:
    await caller.http.post("/_sim/faults", json={"kind": "late-answer", "operation": "create", "delay_s": 0.3})
    await caller.http.post("/_sim/faults", json={"kind": "lose-request", "operation": "get"})
    slow = asyncio.create_task(caller.post("/epayment/v1/payments", "create", new_payment()))
    async with asyncio.timeout(20):
        while not (await caller.http.get("/_sim/requests")).json():
            pass
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await caller.get(PAYMENT)
    assert (await slow).status_code == 201


async def test_a_request_that_the_client_gave_up_on_still_happens(caller: Caller) -> None:
    await caller.http.post("/_sim/faults", json={"kind": "late-request", "operation": "create", "delay_s": 0.2})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await caller.post("/epayment/v1/payments", "create", new_payment())
    async with asyncio.timeout(20):
        while not (await caller.http.get("/_sim/payments")).json():
            pass


async def test_a_slow_body_comes_byte_by_byte(caller: Caller) -> None:
    await caller.post("/epayment/v1/payments", "create", new_payment())
    await caller.http.post("/_sim/faults", json={"kind": "slow", "operation": "get", "delay_s": 0.001})
    headers = {"Authorization": (await caller.get("/_sim/clock")).request.headers["authorization"]} | KEYS
    async with (
        httpx.AsyncClient(base_url=caller.http.base_url) as bare,
        bare.stream("GET", PAYMENT, headers=headers) as answer,
    ):
        sizes = [len(chunk) async for chunk in answer.aiter_raw()]
    assert len(sizes) > 100, "one byte a packet, give or take what the kernel joins"
    assert sum(sizes) == int(answer.headers["content-length"])


async def test_a_busy_port_is_one_clear_error() -> None:
    async with serving(create_app(SimClock())) as base_url:
        port = int(base_url.rpartition(":")[2])
        with pytest.raises(OSError, match=f"^Port {port} on 127.0.0.1 cannot be opened .* name another.$"):
            async with serving(create_app(SimClock()), port=port):
                pass


async def test_the_toy_of_the_command_line_serves_until_it_is_cancelled() -> None:
    said: asyncio.Queue[str] = asyncio.Queue()
    task = asyncio.create_task(run(0, rate=60, announce=said.put_nowait))
    sentence = await said.get()
    base_url = sentence.split()[2].rstrip(",")
    async with httpx.AsyncClient(base_url=base_url) as http:
        assert (await http.get("/_sim/clock")).json()["rate"] == 60
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with httpx.AsyncClient(base_url=base_url) as http:
        with pytest.raises(httpx.ConnectError):
            await http.get("/_sim/clock")
