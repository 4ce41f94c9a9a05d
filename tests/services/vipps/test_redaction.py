"""No key, no token and no phone number in any repr, log line, outcome or traceback."""

import json
import logging
import traceback

import httpx
import pytest

from kiosk.services.vipps import VippsSettings, open_vipps
from kiosk.services.vipps.auth import Token
from kiosk.services.vipps.client import Call
from kiosk.services.vipps.redact import Veil
from tests.services.vipps.script import KEY, PNG, QUICK, REFERENCE, Script, adjusted, nok, says

CLIENT_ID = "11111111-2222-4333-8444-555555555555"
CLIENT_SECRET = "sEcReT+of/the==client"
SUBSCRIPTION_KEY = "0123456789abcdef0123456789abcdef"
BEARER = "opaque.bearer-value_without-shape"
JWT = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl"
PHONE = "4791234567"
SECRETS = (CLIENT_ID, CLIENT_SECRET, SUBSCRIPTION_KEY, BEARER, JWT, PHONE)


@pytest.fixture
def settings() -> VippsSettings:
    return VippsSettings(
        environment="test",
        merchant_serial_number="654321",
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        subscription_key=SUBSCRIPTION_KEY,
        timing=QUICK,
    )


def echo(request: httpx.Request) -> str:
    """The worst server: it repeats everything it was told, and more."""
    headers = "; ".join(f"{name}={value}" for name, value in request.headers.items())
    body = request.content.decode()
    return f"{headers} {body} {JWT} phone +{PHONE} {json.dumps({'phoneNumber': int(PHONE), 'access_token': BEARER})}"


class Worst:
    """Answers every call but the token with its own secrets, in one shape after the other."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.requests = 0

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/accesstoken/get" and self.number != 4:
            return httpx.Response(200, json={"access_token": BEARER, "expires_in": "3600"})
        self.requests += 1
        said = echo(request) + (f" {BEARER} alone" if self.number != 4 else "")
        match self.number:
            case 0:
                problem = {
                    "title": said,
                    "detail": said,
                    "traceId": said,
                    "extraDetails": [{"name": said, "reason": said}],
                }
                return httpx.Response(400, json=problem)
            case 1:
                return httpx.Response(500, text=f"<title>{said}</title><p>{said}")
            case 2:
                return httpx.Response(200, json={"reference": said, "amount": said, "state": said})
            case 3:
                raise httpx.ReadError(said, request=request)
            case 4:
                return httpx.Response(401, json={"error": said, "error_description": said})
            case 5:
                return httpx.Response(302, headers={"Location": f"https://evil.example/?token={BEARER}"}, text=said)
            case _:
                return httpx.Response(429, text=said, headers={"Retry-After": CLIENT_SECRET})


@pytest.mark.parametrize("number", range(7))
async def test_a_secret_put_into_every_place_comes_out_of_none(
    number: int, settings: VippsSettings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    worst = Worst(number)
    shown: list[str] = []
    async with open_vipps(settings, lambda: 1_795_000_000.0, httpx.MockTransport(worst)) as vipps:
        shown.append(repr(vipps) + repr(vars(vipps.client)) + repr(vars(vipps.client._auth)))
        outcomes = (
            await vipps.payments.create(REFERENCE, nok(35000), KEY, "A charge", phone_number=PHONE),
            await vipps.payments.look(REFERENCE),
            await vipps.payments.capture(REFERENCE, nok(100), KEY[:-1] + "2"),
            await vipps.payments.force_approve(REFERENCE, PHONE),
            await vipps.qr.get("station-1"),
            await vipps.check_keys() if number == 4 else None,
        )
        shown.extend(map(repr, outcomes))

    everything = "\n".join([*shown, caplog.text])
    assert worst.requests >= 5
    assert "Done" not in everything or number == 2
    assert [secret for secret in SECRETS if secret in everything] == []


@pytest.mark.parametrize("number", [0, 1, 2, 3, 4, 5, 6])
async def test_no_traceback_shows_a_secret_even_with_its_local_variables(number: int, settings: VippsSettings) -> None:
    async with open_vipps(settings, lambda: 1_795_000_000.0, httpx.MockTransport(Worst(number))) as vipps:
        with pytest.raises(Exception) as caught:  # noqa: PT011  every class of failure passes here
            await vipps.payments._ledger.read(REFERENCE)

    error = caught.value
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/tests/" not in frame.filename]
    assert len(frames) >= 3
    kept = traceback.TracebackException.from_exception(error, capture_locals=True)
    ours = [line for frame in kept.stack if "/kiosk/" in frame.filename for line in [str(frame.locals)]]
    plain = "".join(traceback.format_exception(error))
    assert error.__cause__ is None
    assert [secret for secret in SECRETS if secret in plain] == []
    assert [secret for secret in SECRETS if secret in "\n".join(ours)] == []


async def test_nothing_that_carries_the_request_hangs_on_an_error(settings: VippsSettings) -> None:
    async with open_vipps(settings, lambda: 1_795_000_000.0, httpx.MockTransport(Worst(3))) as vipps:
        with pytest.raises(Exception, match="did not come through") as caught:
            await vipps.client._exchange(Call("GET", "/epayment/v1/payments/x"))

    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_a_word_of_vipps_in_our_own_sentence_is_covered_too(settings: VippsSettings) -> None:
    script = Script().on("POST", "/cancel", says(200, adjusted(authorized=35000, state=f"odd {PHONE} {CLIENT_SECRET}")))
    async with script.open(settings) as vipps:
        outcome = await vipps.payments.release(REFERENCE, KEY, unapproved_only=False)

    assert "is odd ••• •••" in repr(outcome)


def test_a_token_keeps_itself_to_itself() -> None:
    assert BEARER not in repr(Token(BEARER, 1.0, 2.0))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bearer abc.def", "Bearer •••"),
        (f"it was {JWT}!", "it was •••!"),
        ("https://landing.vipps.no?token=abc&x=1", "https://landing.vipps.no?token=•••&x=1"),
        ('{"phoneNumber": 4791234567}', '{"phoneNumber": "•••"}'),
        ('{"access_token":"cut off', '{"access_token":"•••"'),
        ("call +4791234567 now", "call ••• now"),
        ("NOK 35000 of elg-261121-abcdefghjk", "NOK 35000 of elg-261121-abcdefghjk"),
        (
            "trace 00-616e415f5af7584eb4d9369d0fe8d7cc-48b90041faff204c-00",
            "trace 00-616e415f5af7584eb4d9369d0fe8d7cc-48b90041faff204c-00",
        ),
        ("5f0f2f9e-0f5b-5c51-8f5c-000000000001", "5f0f2f9e-0f5b-5c51-8f5c-000000000001"),
    ],
)
def test_the_veil_covers_what_is_secret_and_nothing_else(text: str, expected: str) -> None:
    assert Veil(()).cover(text) == expected


async def test_the_loggers_of_httpx_are_quiet(settings: VippsSettings) -> None:
    logging.getLogger("httpx").setLevel(logging.DEBUG)
    logging.getLogger("httpcore").setLevel(logging.DEBUG)
    async with open_vipps(settings, lambda: 0.0, httpx.MockTransport(lambda _: httpx.Response(200, content=PNG))):
        pass

    assert logging.getLogger("httpx").getEffectiveLevel() == logging.WARNING
    assert logging.getLogger("httpcore").getEffectiveLevel() == logging.WARNING
