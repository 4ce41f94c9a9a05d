"""One call and its answer: deadlines, redirects, no second try of a change, and no lost answer."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from kiosk.domain.fault import Fault
from kiosk.domain.outcome import Done, InDoubt, Refused
from kiosk.services.vipps.client import LARGEST_BODY
from tests.conftest import ExpectedLog
from tests.services.vipps.script import (
    HASTY,
    KEY,
    REFERENCE,
    Reply,
    Script,
    adjusted,
    breaks,
    hangs,
    nok,
    paid,
    problem,
    says,
)

PAYMENT = f"/payments/{REFERENCE}"
CAPTURED = adjusted(authorized=35000, captured=100)


@pytest.fixture
def script() -> Script:
    return Script().on("GET", PAYMENT, says(200, paid())).on("GET", "/events", says(200, []))


# fmt: off
DOUBTS: list[tuple[Reply, Fault]] = [
    (breaks(httpx.ConnectError),         Fault.NETWORK_AWAY),
    (breaks(httpx.ReadError),            Fault.NETWORK_AWAY),
    (breaks(httpx.WriteError),           Fault.NETWORK_AWAY),
    (breaks(httpx.RemoteProtocolError),  Fault.NETWORK_AWAY),
    (breaks(httpx.ReadTimeout),          Fault.NETWORK_AWAY),
    (breaks(httpx.PoolTimeout),          Fault.NETWORK_AWAY),
    (says(302, Location="https://evil.example/"), Fault.NETWORK_AWAY),
    (says(307, Location="/elsewhere"),   Fault.NETWORK_AWAY),
    (problem(500, "3010"),               Fault.VIPPS_AWAY),
    (says(502, text="<h1>nginx</h1>"),   Fault.VIPPS_AWAY),
    (says(503),                          Fault.VIPPS_AWAY),
    (problem(408),                       Fault.VIPPS_AWAY),
    (says(200, text="<h1>Hotel</h1>"),   Fault.NETWORK_AWAY),
    (says(404, text="<h1>Hotel</h1>"),   Fault.NETWORK_AWAY),
    (problem(409, "4010"),               Fault.VIPPS_AWAY),
    (says(200),                          Fault.VIPPS_AWAY),
    (says(200, text='{"amount":'),       Fault.VIPPS_AWAY),
    (says(204),                          Fault.VIPPS_AWAY),
    (problem(423),                       Fault.VIPPS_BUSY),
    (problem(429),                       Fault.VIPPS_BUSY),
    (problem(409, "6160"),               Fault.VIPPS_BUSY),
    (problem(400, "6280"),               Fault.VIPPS_BUSY),
]
# fmt: on


@pytest.mark.parametrize(("reply", "fault"), DOUBTS)
async def test_a_change_whose_outcome_is_unknown_is_in_doubt_and_is_sent_once(
    script: Script, reply: Reply, fault: Fault
) -> None:
    script.on("POST", "/capture", reply)
    async with script.open() as vipps:
        outcome = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is fault
    assert len(script.sent("POST", "/capture")) == 1
    assert script.sent("GET", "elsewhere") == []


@pytest.mark.parametrize("reply", [breaks(), problem(500), says(503)])
async def test_a_read_is_sent_again_when_line_or_server_failed(script: Script, reply: Reply) -> None:
    script.on("GET", PAYMENT, reply, reply, says(200, paid()))
    async with script.open() as vipps:
        assert isinstance(await vipps.payments.look(REFERENCE), Done)

    first, *others = script.sent("GET", PAYMENT)
    assert len(others) == 2
    assert all(other is not first for other in others)


async def test_a_read_gives_up_in_the_end_and_keeps_what_the_server_said(script: Script) -> None:
    script.on("GET", PAYMENT, problem(500, "3010", "Internal error"))
    async with script.open() as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, InDoubt)
    assert "500 3010 Internal error (trace 00-abc-01)" in outcome.trouble.detail
    assert len(script.sent("GET", PAYMENT)) == 3


@pytest.mark.parametrize("reply", [problem(400), problem(429), problem(404, "5090"), says(503, Retry_After="30")])
async def test_a_read_is_not_sent_again_after_a_no_or_a_later_please(script: Script, reply: Reply) -> None:
    script.on("GET", PAYMENT, reply)
    async with script.open() as vipps:
        await vipps.payments.look(REFERENCE)

    assert len(script.sent("GET", PAYMENT)) == 1


async def test_an_answer_that_does_not_come_ends_at_the_deadline_of_its_attempt(script: Script) -> None:
    script.on("POST", "/capture", hangs())
    async with script.open(timing=HASTY) as vipps:
        outcome = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is Fault.NETWORK_AWAY
    assert "0.15 s" in outcome.trouble.detail


async def test_all_attempts_of_a_read_share_one_deadline(script: Script) -> None:
    script.on("GET", PAYMENT, hangs())
    async with script.open(timing=HASTY) as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, InDoubt)
    assert "0.4 s" in outcome.trouble.detail


async def test_an_answer_without_end_is_not_read_to_its_end(script: Script) -> None:
    class Endless(httpx.AsyncByteStream):
        sent = 0
        closed = False

        async def aclose(self) -> None:
            self.closed = True

        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                self.sent += 65536
                yield b" " * 65536

    stream = Endless()

    async def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=stream)

    script.on("POST", "/capture", reply)
    async with script.open() as vipps:
        outcome = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(outcome, InDoubt)
    assert stream.sent < LARGEST_BODY + 200_000
    assert stream.closed


async def test_what_vipps_asks_to_wait_is_handed_on_and_kept(script: Script) -> None:
    script.on("POST", "/capture", says(429, {"message": "slow down"}, Retry_After="17"))
    async with script.open() as vipps:
        first = await vipps.payments.capture(REFERENCE, nok(100), KEY)
        script.now_s += 5
        second = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(first, InDoubt)
    assert first.retry_after_s == 17.0
    assert isinstance(second, InDoubt)
    assert second.retry_after_s == 12.0
    assert len(script.sent("POST", "/capture")) == 1


async def test_a_used_up_budget_is_in_doubt_with_the_seconds_to_wait_and_nothing_is_sent(script: Script) -> None:
    script.on("POST", "/capture", says(503))
    async with script.open() as vipps:
        for _ in range(4):
            await vipps.payments.capture(REFERENCE, nok(100), KEY)
            script.now_s += 10
        fifth = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(fifth, InDoubt)
    assert fifth.retry_after_s == 20.0
    assert len(script.sent("POST", "/capture")) == 4


async def test_the_same_key_is_the_same_bytes(script: Script) -> None:
    script.on("POST", "/capture", breaks(), says(200, CAPTURED))
    async with script.open() as vipps:
        await vipps.payments.capture(REFERENCE, nok(100), KEY)
        await vipps.payments.capture(REFERENCE, nok(100), KEY)

    first, second = script.sent("POST", "/capture")
    assert first.content == second.content == b'{"modificationAmount":{"currency":"NOK","value":100}}'
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == KEY


async def test_a_key_with_another_body_is_our_bug_and_never_leaves(script: Script) -> None:
    script.on("POST", "/capture", breaks())
    async with script.open() as vipps:
        await vipps.payments.capture(REFERENCE, nok(100), KEY)
        with pytest.raises(ValueError, match="used for another request"):
            await vipps.payments.capture(REFERENCE, nok(101), KEY)

    assert len(script.sent("POST", "/capture")) == 1


async def test_every_call_says_who_we_are_in_the_words_of_the_specification(script: Script) -> None:
    script.on("POST", "/capture", says(200, CAPTURED))
    async with script.open() as vipps:
        await vipps.payments.capture(REFERENCE, nok(100), KEY)

    headers = script.sent("POST", "/capture")[0].headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Accept"] == "application/json"
    assert headers["Merchant-Serial-Number"] == "123456"
    assert headers["Vipps-System-Name"] == "ladekiosk"
    assert all(0 < len(value) <= 30 for name, value in headers.items() if name.startswith("vipps-system"))


async def test_a_caller_who_leaves_does_not_stop_a_change_on_its_way(script: Script, expected_log: ExpectedLog) -> None:
    let_go = asyncio.Event()

    async def slowly(request: httpx.Request) -> httpx.Response:
        await let_go.wait()
        return await says(200, CAPTURED)(request)

    script.on("POST", "/capture", slowly)
    async with script.open() as vipps:
        caller = asyncio.create_task(vipps.payments.capture(REFERENCE, nok(100), KEY))
        await script.until_sent("POST", "/capture")
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        asyncio.get_running_loop().call_soon(let_go.set)

    expected_log(f"WARNING .*The capture of {REFERENCE} was answered after its asker had left: Done")


async def test_a_bug_in_a_change_that_nobody_waits_for_is_known(script: Script, expected_log: ExpectedLog) -> None:
    let_go = asyncio.Event()

    async def bug(request: httpx.Request) -> httpx.Response:
        await let_go.wait()
        raise KeyError("a bug")

    script.on("POST", "/capture", bug)
    async with script.open() as vipps:
        caller = asyncio.create_task(vipps.payments.capture(REFERENCE, nok(100), KEY))
        await script.until_sent("POST", "/capture")
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        let_go.set()

    expected_log("ERROR .*ended in a bug: KeyError")


async def test_a_reader_who_leaves_leaves_nothing_behind(script: Script) -> None:
    script.on("GET", PAYMENT, hangs(), says(200, paid()))
    async with script.open() as vipps:
        for _ in range(3):
            caller = asyncio.create_task(vipps.payments.look(REFERENCE))
            await script.until_sent("GET", PAYMENT)
            caller.cancel()
            await asyncio.gather(caller, return_exceptions=True)
        assert isinstance(await vipps.payments.look(REFERENCE), Done)


async def test_a_refusal_names_the_act_the_code_the_trace_and_what_would_be_right(script: Script) -> None:
    script.on("POST", "/capture", problem(400, "6090", "Capture amount too high"))
    async with script.open() as vipps:
        outcome = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(outcome, Refused)
    assert outcome.code == "6090"
    assert outcome.trouble.detail == (
        f"Vipps refused the capture of {REFERENCE}: 400 6090 Capture amount too high (trace 00-abc-01). "
        "Capture at most what is authorised, not captured and not released."
    )
