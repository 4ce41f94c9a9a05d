"""One token for everybody, renewed in time, dropped at a 401, and never fetched in vain."""

import asyncio

import httpx
import pytest

from kiosk.domain.fault import Fault
from kiosk.domain.outcome import Done, InDoubt, Refused
from tests.services.vipps.script import (
    KEY,
    REFERENCE,
    Script,
    adjusted,
    breaks,
    hangs,
    nok,
    paid,
    problem,
    real_settings,
    says,
)

PAYMENT = f"/payments/{REFERENCE}"


@pytest.fixture
def script() -> Script:
    return Script().on("GET", PAYMENT, says(200, paid())).on("GET", "/events", says(200, []))


async def test_ten_calls_at_once_fetch_one_token(script: Script) -> None:
    async with script.open() as vipps:
        answers = await asyncio.gather(*(vipps.payments.look(REFERENCE) for _ in range(10)))

    assert script.tokens == 1
    assert all(isinstance(answer, Done) for answer in answers)
    assert {one.headers["Authorization"] for one in script.sent("GET", PAYMENT)} == {"Bearer opaque-token-1"}


@pytest.mark.parametrize(
    ("life_s", "margin_s"), [(86_400, 180), (3600, 180), (300, 147), (123, 60), (100, 49), (20, 9)]
)
async def test_a_token_is_renewed_a_minute_before_its_end_but_in_the_second_half_of_its_life(
    script: Script, life_s: int, margin_s: int
) -> None:
    script.on("POST", "/accesstoken/get", script.token(life_s))
    async with script.open() as vipps:
        await vipps.payments.look(REFERENCE)
        script.now_s += life_s - margin_s - 2
        await vipps.payments.look(REFERENCE)
        assert script.tokens == 1
        script.now_s += 3
        await vipps.payments.look(REFERENCE)
        assert script.tokens == 2


def token(**fields: object) -> dict[str, object]:
    return {"token_type": "Bearer", "access_token": "opaque-token-x", **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_on": "1795003600", "expires_in": "3600"},
        {"expires_on": 1795003600, "expires_in": 3600},
        {"expires_on": "1795003600"},
        {"expires_in": "3600"},
        {"expires_on": "1795900000", "expires_in": "3600"},  # this machine's clock is ten days slow
        {"expires_on": "1794000000", "expires_in": "3600"},  # or fast
    ],
)
async def test_the_end_of_a_token_is_read_from_text_or_number_and_survives_a_wrong_clock(
    script: Script, fields: dict[str, object]
) -> None:
    script.on("POST", "/accesstoken/get", says(200, token(**fields)))
    async with script.open() as vipps:
        assert await vipps.check_keys() == Done(1_795_003_600.0)


async def test_a_401_drops_the_token_and_sends_the_same_call_once_more(script: Script) -> None:
    script.on("POST", "/capture", problem(401), says(200, adjusted(authorized=35000, captured=100)))
    async with script.open() as vipps:
        outcome = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    first, second = script.sent("POST", "/capture")
    assert isinstance(outcome, Done)
    assert script.tokens == 2
    assert first.content == second.content
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == KEY
    assert second.headers["Authorization"] == "Bearer opaque-token-2"


async def test_a_second_401_is_the_answer(script: Script) -> None:
    script.on("GET", PAYMENT, problem(401))
    async with script.open() as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, Refused)
    assert outcome.trouble.fault is Fault.VIPPS_KEYS
    assert len(script.sent("GET", PAYMENT)) == 2
    assert script.tokens == 2


async def test_many_calls_that_are_all_told_401_fetch_one_new_token(script: Script) -> None:
    async def by_token(request: httpx.Request) -> httpx.Response:
        old = request.headers["Authorization"] == "Bearer opaque-token-1"
        return await (problem(401) if old else says(200, paid()))(request)

    script.on("GET", PAYMENT, by_token)
    async with script.open() as vipps:
        answers = await asyncio.gather(*(vipps.payments.look(REFERENCE) for _ in range(8)))

    assert all(isinstance(answer, Done) for answer in answers)
    assert script.tokens == 2


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refused_token_call_is_about_the_keys_and_is_not_repeated(script: Script, status: int) -> None:
    body = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret", "trace_id": "t-1"}
    script.on("POST", "/accesstoken/get", says(status, body))
    async with script.open() as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, Refused)
    assert outcome.trouble.fault is Fault.VIPPS_KEYS
    assert "AADSTS7000215" in outcome.trouble.detail
    assert len(script.sent("POST", "/accesstoken/get")) == 1
    assert script.sent("GET", PAYMENT) == []


async def test_a_token_call_that_fails_leaves_a_change_unsent_and_in_doubt(script: Script) -> None:
    script.on("POST", "/accesstoken/get", says(503, text="<h1>busy</h1>", Retry_After="7"))
    async with script.open() as vipps:
        outcome = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is Fault.VIPPS_AWAY
    assert outcome.retry_after_s == 7.0
    assert script.sent("POST", "/capture") == []


@pytest.mark.parametrize(
    "body", [{}, {"access_token": ""}, {"access_token": "two\r\nlines", "expires_in": "10"}, [], "token", None]
)
async def test_a_token_answer_that_is_none_is_in_doubt_and_is_not_kept(script: Script, body: object) -> None:
    script.on("POST", "/accesstoken/get", says(200, body), script.token())
    async with script.open() as vipps:
        first, second = await vipps.payments.look(REFERENCE), await vipps.payments.look(REFERENCE)

    assert isinstance(first, InDoubt)
    assert first.trouble.fault is Fault.VIPPS_AWAY
    assert isinstance(second, Done)


async def test_a_caller_who_leaves_during_the_token_call_does_not_block_the_next(script: Script) -> None:
    script.on("POST", "/accesstoken/get", hangs(), script.token())
    async with script.open() as vipps:
        first = asyncio.create_task(vipps.payments.look(REFERENCE))
        await script.until_sent("POST", "/accesstoken/get")
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert isinstance(await vipps.payments.look(REFERENCE), Done)


async def test_a_broken_line_during_the_token_call_does_not_block_the_next(script: Script) -> None:
    script.on("POST", "/accesstoken/get", breaks(httpx.ConnectError), script.token())
    async with script.open() as vipps:
        assert isinstance(await vipps.payments.look(REFERENCE), Done)


async def test_the_client_secret_is_seen_by_the_token_call_only(script: Script) -> None:
    async with script.open(real_settings()) as vipps:
        await vipps.payments.look(REFERENCE)

    token_call, *others = script.requests
    assert token_call.headers["client_secret"] == "Y8Kteew6GE2ZmeycEt6egg=="
    assert token_call.headers["Content-Length"] == "0"
    assert token_call.headers["Merchant-Serial-Number"] == "654321"
    assert len(others) == 2
    for request in others:
        assert "client_secret" not in request.headers
        assert "client_id" not in request.headers
        assert request.headers["Ocp-Apim-Subscription-Key"] == "0f14ebcab0ec4b29ae0cb90d91b4a84a"
