"""A driver is asked once: what stands in the request, what comes back, and how a lost answer is found again."""

import json
from typing import Any

import httpx
import pytest

from kiosk.domain.fault import Fault
from kiosk.domain.money import Currency, Money
from kiosk.domain.outcome import Done, InDoubt, Outcome, Refused
from kiosk.domain.payment import Checkout
from kiosk.services.vipps import Vipps
from kiosk.services.vipps.creation import Wanted
from tests.services.vipps.script import (
    IMAGE_URL,
    KEY,
    PNG,
    REFERENCE,
    Reply,
    Script,
    breaks,
    event,
    money,
    nok,
    paid,
    picture,
    problem,
    says,
)

TEXT = "BLUE MOOSE · Ladepost 1. Stop code 1234."
LANDING = "https://landing.vipps.no?token=abc123"
PAYMENT = f"/payments/{REFERENCE}"
CREATED = {"reference": REFERENCE, "redirectUrl": IMAGE_URL}


@pytest.fixture
def script() -> Script:
    return Script().on("POST", "/payments", says(201, CREATED)).on("GET", "/v1", picture())


async def create(vipps: Vipps, **more: Any) -> Outcome[Checkout]:
    return await vipps.payments.create(REFERENCE, nok(35000), KEY, TEXT, **more)


async def test_a_code_for_the_glass_is_asked_for_as_a_picture_and_fetched_at_once(script: Script) -> None:
    async with script.open() as vipps:
        outcome = await create(vipps)

    assert outcome == Done(Checkout(IMAGE_URL, PNG))
    sent = script.sent("POST", "/payments")[0]
    assert json.loads(sent.content) == {
        "reference": REFERENCE,
        "amount": {"currency": "NOK", "value": 35000},
        "paymentMethod": {"type": "WALLET"},
        "userFlow": "QR",
        "qrFormat": {"format": "IMAGE/PNG", "size": 1024},
        "customerInteraction": "CUSTOMER_PRESENT",
        "paymentDescription": TEXT,
    }
    assert sent.url.path == "/epayment/v1/payments"
    assert sent.headers["Idempotency-Key"] == KEY


async def test_the_picture_is_fetched_without_any_of_our_keys(script: Script) -> None:
    async with script.open() as vipps:
        await create(vipps)

    fetched = script.sent("GET", "/v1")[0]
    assert str(fetched.url) == IMAGE_URL
    assert {"authorization", "ocp-apim-subscription-key", "merchant-serial-number", "client_secret"} & set(
        fetched.headers
    ) == set()


async def test_a_phone_is_sent_to_the_address_as_it_came(script: Script) -> None:
    script.on("POST", "/payments", says(201, {"reference": REFERENCE, "redirectUrl": LANDING}))
    async with script.open() as vipps:
        outcome = await create(vipps, return_url="https://lade.example/c/x")

    body = json.loads(script.sent("POST", "/payments")[0].content)
    assert outcome == Done(Checkout(LANDING, None))
    assert (body["userFlow"], body["returnUrl"]) == ("WEB_REDIRECT", "https://lade.example/c/x")
    assert "qrFormat" not in body
    assert "customer" not in body


async def test_a_number_typed_by_staff_is_pushed_as_text_and_is_in_no_repr(script: Script) -> None:
    script.on("POST", "/payments", says(201, {"reference": REFERENCE}))
    async with script.open() as vipps:
        outcome = await create(vipps, phone_number="4791234567")

    body = json.loads(script.sent("POST", "/payments")[0].content)
    assert outcome == Done(Checkout("", None))
    assert body["customer"] == {"phoneNumber": "4791234567"}
    assert body["customerInteraction"] == "CUSTOMER_PRESENT"
    assert "4791" not in repr(Wanted(REFERENCE, nok(100), TEXT, None, "4791234567", ()))


async def test_metadata_is_sent_in_the_same_bytes_whatever_its_order(script: Script) -> None:
    async with script.open() as vipps:
        await create(vipps, metadata={"station": "elg", "session": REFERENCE})
        await create(vipps, metadata={"session": REFERENCE, "station": "elg"})

    first, second = script.sent("POST", "/payments")
    assert json.loads(first.content)["metadata"] == {"session": REFERENCE, "station": "elg"}
    assert first.content == second.content


# fmt: off
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"reference": "elg1"},                          "8 to 64 letters"),
    ({"reference": "NO*ABC*E1"},                     "8 to 64 letters"),
    ({"reference": "x" * 65},                        "8 to 64 letters"),
    ({"amount": nok(99)},                            "from 1.00 NOK"),
    ({"amount": Money(0, Currency.EUR)},             "from 0.01 EUR"),
    ({"amount": nok(65_000_001)},                    "to 650000.00 NOK"),
    ({"key": ""},                                    "1 to 50"),
    ({"key": "k" * 51},                              "1 to 50"),
    ({"description": "ab"},                          "2 characters"),
    ({"description": "x" * 101},                     "101 characters"),
    ({"return_url": "http://lade.example"},          "https://"),
    ({"return_url": "lade.example"},                 "https://"),
    ({"phone_number": "+4791234567"},                "9 to 15 digits"),
    ({"phone_number": "91234567"},                   "9 to 15 digits"),
    ({"phone_number": "4791234567", "return_url": "https://a.example"}, "not both"),
    ({"metadata": {str(n): "x" for n in range(6)}},  "at most five"),
    ({"metadata": {"x": "y" * 501}},                 "at most five"),
]
# fmt: on


@pytest.mark.parametrize(("change", "sentence"), WRONG)
async def test_what_vipps_would_refuse_is_refused_here_in_a_sentence(
    script: Script, change: dict[str, Any], sentence: str
) -> None:
    right: dict[str, Any] = {"reference": REFERENCE, "amount": nok(35000), "key": KEY, "description": TEXT}
    async with script.open() as vipps:
        outcome = await vipps.payments.create(**{**right, **change})

    assert isinstance(outcome, Refused)
    assert outcome.code == "not-sent"
    assert sentence in outcome.trouble.detail
    assert "91234567" not in outcome.trouble.detail
    assert script.requests == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ({"reference": "elg-261121-another000", "redirectUrl": IMAGE_URL}, Fault.PAYMENT_MISMATCH),
        ({"reference": REFERENCE}, Fault.VIPPS_AWAY),
        ({"reference": REFERENCE, "redirectUrl": "http://qr-image.vipps.no/v1"}, Fault.VIPPS_AWAY),
        ({"reference": REFERENCE, "redirectUrl": "file:///etc/passwd"}, Fault.VIPPS_AWAY),
        ({"reference": REFERENCE, "redirectUrl": "https://[::1"}, Fault.VIPPS_AWAY),
        ({"reference": REFERENCE, "redirectUrl": "https://"}, Fault.VIPPS_AWAY),
        ({"reference": REFERENCE, "redirectUrl": "/v1?token=x"}, Fault.VIPPS_AWAY),
        ({}, Fault.VIPPS_AWAY),
        ([], Fault.VIPPS_AWAY),
    ],
)
async def test_a_success_that_cannot_be_believed_is_in_doubt(script: Script, answer: Any, fault: Fault) -> None:
    script.on("POST", "/payments", says(201, answer))
    async with script.open() as vipps:
        outcome = await create(vipps)

    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is fault


async def test_a_picture_that_does_not_come_leaves_the_creation_in_doubt(script: Script) -> None:
    script.on("GET", "/v1", breaks())
    async with script.open() as vipps:
        outcome = await create(vipps)

    assert isinstance(outcome, InDoubt)
    assert len(script.sent("POST", "/payments")) == 1
    assert len(script.sent("GET", "/v1")) == 3


def conflicts(script: Script, found: dict[str, Any], *log: dict[str, Any]) -> Script:
    """The first answer was lost, so that the second try is told that the reference exists."""
    script.on("POST", "/payments", problem(409, "4150"))
    return script.on("GET", PAYMENT, says(200, found)).on("GET", "/events", says(200, list(log)))


async def test_a_payment_that_a_lost_call_made_is_adopted_with_its_code(script: Script) -> None:
    conflicts(script, paid(redirectUrl=IMAGE_URL), event("CREATED", idempotencyKey=KEY))
    async with script.open() as vipps:
        assert await create(vipps) == Done(Checkout(IMAGE_URL, PNG))


async def test_an_adopted_payment_that_is_approved_already_needs_no_code(script: Script) -> None:
    conflicts(script, paid(authorized=35000), event("CREATED"), event("AUTHORIZED", second=9))
    async with script.open() as vipps:
        assert await create(vipps) == Done(Checkout("", None))


async def test_an_adopted_payment_without_a_log_key_is_ours_by_its_amount(script: Script) -> None:
    conflicts(script, paid(redirectUrl=LANDING), event("CREATED"))
    async with script.open() as vipps:
        assert await create(vipps, return_url="https://lade.example/") == Done(Checkout(LANDING, None))


# fmt: off
STRANGERS: list[tuple[dict[str, Any], dict[str, Any], Fault, str]] = [
    (paid(redirectUrl=IMAGE_URL, amount=money(20000)),        event("CREATED", 20000), Fault.PAYMENT_MISMATCH, "exists-differently"),
    (paid(redirectUrl=IMAGE_URL, amount=money(35000, "DKK"),
          aggregate={n: money(0, "DKK") for n in ("authorizedAmount", "capturedAmount", "cancelledAmount", "refundedAmount")}),
                                                              event("CREATED"), Fault.PAYMENT_MISMATCH, "exists-differently"),
    (paid(redirectUrl=IMAGE_URL), event("CREATED", idempotencyKey="somebody-else"), Fault.PAYMENT_FOREIGN, "exists-differently"),
    (paid(),                                                  event("CREATED"), Fault.VIPPS_REFUSED, "redirect-gone"),
    (paid(redirectUrl=IMAGE_URL, state="TERMINATED"),         event("CREATED"), Fault.VIPPS_REFUSED, "4150"),
    (paid(redirectUrl=IMAGE_URL, state="EXPIRED"),            event("CREATED"), Fault.VIPPS_REFUSED, "4150"),
]
# fmt: on


@pytest.mark.parametrize(("found", "entry", "fault", "code"), STRANGERS)
async def test_a_payment_that_is_not_the_one_we_wanted_is_not_adopted(
    script: Script, found: dict[str, Any], entry: dict[str, Any], fault: Fault, code: str
) -> None:
    conflicts(script, found, entry)
    async with script.open() as vipps:
        outcome = await create(vipps)

    assert isinstance(outcome, Refused)
    assert (outcome.trouble.fault, outcome.code) == (fault, code)


@pytest.mark.parametrize("reply", [says(404), says(200, text="<h1>Landing page</h1>")])
async def test_a_code_whose_picture_is_gone_asks_for_a_new_reference(script: Script, reply: Reply) -> None:
    conflicts(script, paid(redirectUrl=IMAGE_URL), event("CREATED")).on("GET", "/v1", reply)
    async with script.open() as vipps:
        outcome = await create(vipps)

    assert isinstance(outcome, Refused)
    assert outcome.code == "redirect-gone"
    assert "make a new reference" in outcome.trouble.detail


async def test_a_conflict_about_a_payment_that_does_not_exist_is_a_plain_no(script: Script) -> None:
    script.on("POST", "/payments", problem(409, "4020")).on("GET", PAYMENT, problem(404, "5090"))
    async with script.open() as vipps:
        outcome = await create(vipps)

    assert isinstance(outcome, Refused)
    assert outcome.code == "4020"


async def test_a_conflict_that_cannot_be_looked_into_stays_in_doubt(script: Script) -> None:
    script.on("POST", "/payments", problem(409, "4150")).on("GET", PAYMENT, breaks(httpx.ConnectError))
    async with script.open() as vipps:
        assert isinstance(await create(vipps), InDoubt)


async def test_a_state_that_nobody_knows_is_not_adopted(script: Script) -> None:
    conflicts(script, paid(redirectUrl=IMAGE_URL, state="PONDERING"), event("CREATED"))
    async with script.open() as vipps:
        assert isinstance(await create(vipps), InDoubt)


async def test_a_push_that_is_not_approved_for_the_sales_unit_says_so(script: Script) -> None:
    script.on("POST", "/payments", problem(403, "5080"))
    async with script.open() as vipps:
        outcome = await create(vipps, phone_number="4791234567")

    assert isinstance(outcome, Refused)
    assert (outcome.trouble.fault, outcome.code) == (Fault.VIPPS_REFUSED, "5080")
    assert "PUSH_MESSAGE" in outcome.trouble.detail
