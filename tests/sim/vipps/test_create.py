"""A new payment: what the API takes, what it refuses and how, and where the customer is sent."""

from collections.abc import AsyncIterator
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from kiosk.sim.vipps import Rules
from tests.sim.vipps.bench import GONE, REFERENCE, Bench, Json, code_of, new_payment, receipt

WEB: Json = {"userFlow": "WEB_REDIRECT", "qrFormat": GONE, "returnUrl": "https://kiosk.example/s/1"}
PUSH: Json = {"userFlow": "PUSH_MESSAGE", "qrFormat": GONE, "customer": {"phoneNumber": "4712345678"}}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.aclose()


def read_code(content: bytes) -> str:
    found = zxingcpp.read_barcodes(Image.open(BytesIO(content)).convert("L"))
    assert len(found) == 1
    return str(found[0].text)


ACCEPTED: dict[str, Json] = {
    "the glass": {},
    "the smallest amount": {"amount": {"currency": "NOK", "value": 100}},
    "the largest amount": {"amount": {"currency": "NOK", "value": 65_000_000}},
    "the shortest reference": {"reference": "abcdefgh"},
    "the longest reference": {"reference": "A-1" * 21 + "z"},
    "the phone": WEB,
    "an app's own scheme": WEB | {"returnUrl": "ladekiosk://back"},
    "a card on the phone": WEB | {"paymentMethod": {"type": "CARD"}},
    "a push": PUSH,
    "a personal code": PUSH | {"customer": {"personalQr": "https://qr.vipps.no/p/1"}},
    "a customer token": PUSH | {"customer": {"customerToken": "ey"}},
    "no description": {"paymentDescription": GONE},
    "five pairs of metadata": {"metadata": {f"{n}" * 100: "v" * 500 for n in range(5)}},
    "null where it is allowed": {"metadata": None, "qrFormat": None, "expiresAt": None, "receiptUrl": None},
    "a text": {"qrFormat": {"format": "TEXT/TARGETURL"}},
    "a picture without a size": {"qrFormat": {"format": "IMAGE/PNG", "size": None}},
}


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED.keys())
async def test_a_right_payment_is_created(bench: Bench, changes: Json) -> None:
    body = new_payment(**changes)
    answer = await bench.http.post("/epayment/v1/payments", headers=bench.headers("key"), json=body)
    assert answer.status_code == 201
    assert answer.json()["reference"] == body["reference"]
    found = await bench.payment(body["reference"])
    assert (found["state"], found["amount"]) == ("CREATED", body["amount"])
    assert found.get("metadata") == (body.get("metadata") or None)
    assert [(event["name"], event["idempotencyKey"]) for event in await bench.events(body["reference"])] == [
        ("CREATED", "key")
    ]


# Every refusal with its Vipps code; no code is a malformed body, which names the field instead.
REFUSED: dict[str, tuple[Json, int, str]] = {
    "an unknown field": ({"orderId": "1"}, 400, ""),
    "a field nested under customer": (
        PUSH | {"customer": {"phoneNumber": "4712345678", "customerInteraction": "CUSTOMER_PRESENT"}}, 400, ""
    ),
    "the reference spelt otherwise": ({"reference": GONE, "Reference": REFERENCE}, 400, ""),
    "no amount": ({"amount": GONE}, 400, ""),
    "no payment method": ({"paymentMethod": GONE}, 400, ""),
    "no flow": ({"userFlow": GONE}, 400, ""),
    "a reference as a number": ({"reference": 2486791679658155992}, 400, ""),
    "a short reference": ({"reference": "abcdefg"}, 400, ""),
    "a long reference": ({"reference": "a" * 65}, 400, ""),
    "an EVSE id as reference": ({"reference": "NO*ABC*E1"}, 400, ""),
    "an underscore in the reference": ({"reference": "kiosk_0001"}, 400, ""),
    "null where it is not allowed": ({"returnUrl": None}, 400, ""),
    "an unknown flow": ({"userFlow": "SMS"}, 400, ""),
    "an unknown interaction": ({"customerInteraction": "PRESENT"}, 400, ""),
    "an unknown method": ({"paymentMethod": {"type": "CARD_PASSTHROUGH"}}, 400, ""),
    "a card on the glass": ({"paymentMethod": {"type": "CARD"}}, 400, ""),
    "a decimal amount": ({"amount": {"currency": "NOK", "value": 350.0}}, 400, "4040"),
    "an amount as text": ({"amount": {"currency": "NOK", "value": "35000"}}, 400, "4040"),
    "an amount of true": ({"amount": {"currency": "NOK", "value": True}}, 400, "4040"),
    "a negative amount": ({"amount": {"currency": "NOK", "value": -1}}, 400, "4040"),
    "a huge amount": ({"amount": {"currency": "NOK", "value": 65_000_001}}, 400, "4040"),
    "an amount below the minimum": ({"amount": {"currency": "NOK", "value": 99}}, 400, "6010"),
    "another market's currency": ({"amount": {"currency": "DKK", "value": 35_000}}, 400, "5040"),
    "a currency nobody takes": ({"amount": {"currency": "SEK", "value": 35_000}}, 400, ""),
    "a short description": ({"paymentDescription": "ab"}, 400, ""),
    "a long description": ({"paymentDescription": "a" * 101}, 400, ""),
    "a long return address": (WEB | {"returnUrl": "https://" + "a" * 2493}, 400, ""),
    "a phone without a way back": (WEB | {"returnUrl": GONE}, 400, "4140"),
    "an open return address": (WEB | {"returnUrl": "http://kiosk.example/s/1"}, 400, "4090"),
    "a return address that is none": (WEB | {"returnUrl": "kiosk.example"}, 400, "4090"),
    "an open receipt address": ({"receiptUrl": "http://kiosk.example/r/1"}, 400, "4090"),
    "a push to nobody": (PUSH | {"customer": GONE}, 400, "4140"),
    "a phone number with a plus": (PUSH | {"customer": {"phoneNumber": "+4712345678"}}, 400, ""),
    "a phone number as a number": (PUSH | {"customer": {"phoneNumber": 4712345678}}, 400, ""),
    "two customers": (PUSH | {"customer": {"phoneNumber": "4712345678", "customerToken": "ey"}}, 400, ""),
    "an empty customer": (PUSH | {"customer": {}}, 400, ""),
    "a code for the phone": (WEB | {"qrFormat": {"format": "IMAGE/PNG"}}, 400, ""),
    "a code in no format": ({"qrFormat": {"size": 400}}, 400, ""),
    "a code in another format": ({"qrFormat": {"format": "image/png"}}, 400, ""),
    "a small code": ({"qrFormat": {"format": "IMAGE/PNG", "size": 99}}, 400, ""),
    "a large code": ({"qrFormat": {"format": "IMAGE/PNG", "size": 2001}}, 400, ""),
    "a size for a drawing": ({"qrFormat": {"format": "IMAGE/SVG+XML", "size": 400}}, 400, ""),
    "six pairs of metadata": ({"metadata": {f"{n}": "v" for n in range(6)}}, 400, "4100"),
    "a long metadata key": ({"metadata": {"k" * 101: "v"}}, 400, "4120"),
    "a long metadata value": ({"metadata": {"k": "v" * 501}}, 400, "4130"),
    "a number in the metadata": ({"metadata": {"k": 1}}, 400, ""),
    "blocked cards in Norway": (
        {"paymentMethod": {"type": "WALLET", "blockedSources": ["COMMERCIAL_CARDS"]}}, 400, "5010"
    ),
    "a long-living payment": ({"expiresAt": "2026-12-01T10:00:00+01:00"}, 403, "5050"),
    "an end without a time zone": ({"expiresAt": "2026-12-01T10:00:00"}, 400, ""),
    "a national identity number": ({"profile": {"scope": "name nin"}}, 403, "5030"),
    "a scope that is none": ({"profile": {"scope": "shoeSize"}}, 400, "4080"),
    "an express payment": ({"shipping": {"fixedOptions": []}}, 403, "5020"),
    "a receipt that does not close": ({"receipt": receipt(tax=2_501)}, 400, ""),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_a_wrong_payment_is_refused(bench: Bench, changes: Json, status: int, code: str) -> None:
    answer = await bench.create(**changes)
    assert (answer.status_code, code_of(answer)) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["extraDetails"], "a refusal names the field or the code"
    assert bench.app.unit.payments == {}
    assert bench.app.unit.orders == {}


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"null", b'"text"', b"\xff", b'{"reference": "a", "reference": "b"}', b'{"a": NaN}']
)
async def test_a_body_that_is_no_object_is_refused(bench: Bench, content: bytes) -> None:
    headers = bench.headers("key") | {"Content-Type": "application/json"}
    answer = await bench.careless.post("/epayment/v1/payments", headers=headers, content=content)
    assert (answer.status_code, code_of(answer)) == (400, "")


async def test_a_push_needs_an_approval_of_the_sales_unit() -> None:
    bench = Bench(Rules(push_allowed=False))
    answer = await bench.create(**PUSH)
    assert (answer.status_code, code_of(answer)) == (403, "5080")
    await bench.aclose()


async def test_the_danish_market_takes_one_oere_and_may_block_cards() -> None:
    bench = Bench(Rules(market="DKK"))
    blocked = {"type": "WALLET", "blockedSources": ["COMMERCIAL_CARDS"]}
    answer = await bench.create(amount={"currency": "DKK", "value": 1}, paymentMethod=blocked)
    assert answer.status_code == 201
    assert code_of(await bench.create(reference="kiosk-0002-b")) == "5040"
    await bench.aclose()


async def test_the_code_on_the_glass_names_the_payment(bench: Bench) -> None:
    url = (await bench.create()).json()["redirectUrl"]
    picture = await bench.http.get(url)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert Image.open(BytesIO(picture.content)).size == (400, 400)
    content = read_code(picture.content)
    assert content.startswith(f"https://qr.vipps.no/p/{REFERENCE}?token=")

    as_text = (await bench.create(reference="kiosk-0002-b", qrFormat={"format": "TEXT/TARGETURL"})).json()
    assert as_text["redirectUrl"].startswith("https://qr.vipps.no/p/kiosk-0002-b?token=")


async def test_a_code_is_a_drawing_unless_something_else_is_asked_for(bench: Bench) -> None:
    url = (await bench.create(qrFormat=GONE)).json()["redirectUrl"]
    picture = await bench.http.get(url)
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.content.startswith(b"<svg ")


async def test_a_png_is_1024_pixels_wide_by_default(bench: Bench) -> None:
    url = (await bench.create(qrFormat={"format": "IMAGE/PNG"})).json()["redirectUrl"]
    assert Image.open(BytesIO((await bench.http.get(url)).content)).size == (1024, 1024)


@pytest.mark.parametrize("end", ["time", "approve", "reject"])
async def test_the_picture_dies_with_the_offer(bench: Bench, end: str) -> None:
    url = (await bench.create()).json()["redirectUrl"]
    bench.pass_time(599)
    assert (await bench.http.get(url)).status_code == 200
    if end == "time":
        bench.pass_time(1)
    else:
        await bench.http.post(f"/_sim/payments/{REFERENCE}/{end}")
    assert (await bench.http.get(url)).status_code == 404


async def test_where_each_flow_sends_the_customer(bench: Bench) -> None:
    web = (await bench.create(reference="kiosk-web-1", **WEB)).json()
    assert web["redirectUrl"].startswith("http://vipps.sim/landing?token=")
    native = (await bench.create(reference="kiosk-nat-1", userFlow="NATIVE_REDIRECT", qrFormat=GONE)).json()
    assert native["redirectUrl"].startswith("vipps://?token=")
    push = (await bench.create(reference="kiosk-push-1", **PUSH)).json()
    assert "redirectUrl" not in push


async def test_get_does_not_give_a_lost_code_back_unless_it_is_switched_on(bench: Bench) -> None:
    await bench.create()
    assert "redirectUrl" not in await bench.payment()
    await bench.create(reference="kiosk-web-1", **WEB)
    assert (await bench.payment("kiosk-web-1"))["redirectUrl"].startswith("http://vipps.sim/landing")
    generous = Bench(Rules(qr_url_in_get=True))
    url = (await generous.create()).json()["redirectUrl"]
    assert (await generous.payment())["redirectUrl"] == url
    await generous.aclose()


async def test_a_receipt_in_the_create_call_is_the_one_receipt(bench: Bench) -> None:
    assert (await bench.create(receipt=receipt())).status_code == 201
    path = f"/order-management/v2/ECOM/receipts/{REFERENCE}"
    assert (await bench.http.post(path, headers=bench.headers(), json=receipt())).status_code == 409


async def test_answers_carry_fields_that_nobody_has_heard_of(bench: Bench) -> None:
    assert "x_new_field" in (await bench.create()).json()
    assert "x_new_field" in await bench.payment()
