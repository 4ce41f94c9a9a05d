"""The judge is judged: each kind of violation is planted once, and must be named with its operation and its place."""

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from tests.sim.vipps.bench import KEYS, REFERENCE, Bench, new_payment, receipt
from tests.specs import FAULT_HEADER, SPECS, SpecChecked, Violation

KEYED = {"Authorization": "Bearer abc", "Idempotency-Key": "k"} | KEYS
EVENT = {
    "reference": REFERENCE,
    "pspReference": "1",
    "name": "CREATED",
    "amount": {"currency": "NOK", "value": 100},
    "timestamp": "2026-09-21T14:13:20.000Z",
    "success": True,
}


@pytest.fixture(autouse=True)
def _with_specs() -> None:
    if not SPECS.is_dir():
        pytest.skip(f"The OpenAPI files of Vipps are not in {SPECS}.")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.aclose()


def client(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=SpecChecked(httpx.MockTransport(answer)), base_url="http://vipps.sim")


def created(_request: httpx.Request) -> httpx.Response:
    return httpx.Response(201, json={"reference": REFERENCE})


async def test_a_right_exchange_passes_and_is_counted(bench: Bench) -> None:
    headers = bench.headers("key")
    assert (await bench.http.post("/epayment/v1/payments", headers=headers, json=new_payment())).status_code == 201
    assert bench.judge.exchanges["createPayment", 201] == 1
    assert not bench.judge.undeclared
    await bench.http.get("/epayment/v1/payments/kiosk-9999-z", headers=bench.headers())
    assert bench.judge.undeclared["getPayment", 404] == 1


@pytest.mark.parametrize(
    ("headers", "body", "complaint"),
    [
        (KEYED, new_payment(orderId="1"), r"^createPayment request: body: .*'orderId' was unexpected"),
        (KEYED, new_payment(reference="a b"), r"^createPayment request: body\.reference: "),
        (
            KEYED,
            new_payment(amount={"currency": "NOK", "value": 1.5}),
            r"^createPayment request: body\.amount\.value: ",
        ),
        (KEYED, new_payment(customer={"phoneNumber": "+47"}), r"^createPayment request: body\.customer"),
        (KEYED, new_payment(customer={}), r"^createPayment request: body\.customer"),
        (KEYED, new_payment(metadata={str(n): "" for n in range(6)}), r"^createPayment request: body\.metadata"),
        (KEYED | {"Idempotency-Key": "k" * 51}, new_payment(), r"^createPayment request: header idempotency-key: "),
        (KEYED | {"Vipps-System-Name": "n" * 31}, new_payment(), r"^createPayment request: header vipps-system-name: "),
        (KEYED | {"Authorization": "abc"}, new_payment(), r"^createPayment request: header authorization "),
        (KEYS, new_payment(), r"^createPayment request: header authorization "),
        (
            {name: value for name, value in KEYED.items() if name != "Idempotency-Key"},
            new_payment(),
            r"^createPayment request: header idempotency-key is missing",
        ),
    ],
)
async def test_a_wrong_request_is_named(headers: dict[str, str], body: object, complaint: str) -> None:
    async with client(created) as http:
        with pytest.raises(Violation, match=complaint):
            await http.post("/epayment/v1/payments", headers=headers, json=body)


@pytest.mark.parametrize(
    ("method", "path", "options", "complaint"),
    [
        ("POST", "/epayment/v1/payments", {}, "createPayment request: body is missing"),
        ("POST", f"/epayment/v1/payments/{REFERENCE}/capture", {}, "capturePayment request: body is missing"),
        (
            "POST",
            "/epayment/v1/payments",
            {"content": b"{", "headers": {"Content-Type": "application/json"}},
            "createPayment request: body is not JSON",
        ),
        ("POST", "/epayment/v1/payments", {"content": b"{}"}, "createPayment request: header content-type"),
        ("GET", "/epayment/v1/payments/short", {}, "getPayment request: path Reference: "),
        ("GET", f"/epayment/v1/payments/{REFERENCE}?page=1", {}, "getPayment request: query page"),
        ("GET", "/epayment/v2/payments", {}, "GET /epayment/v2/payments request: no file declares"),
        ("POST", f"/order-management/v2/eCom/receipts/{REFERENCE}", {"json": receipt()}, "path paymentType: "),
        ("GET", "/qr/v1/merchant-redirect", {}, "GetAllMerchantRedirectQrs request: header accept: "),
        ("GET", "/qr-image/v1?token=1", {}, "must not go to a picture"),
    ],
)
async def test_a_wrong_call_is_named(method: str, path: str, options: dict[str, object], complaint: str) -> None:
    headers = KEYED | options.pop("headers", {})  # type: ignore[operator]
    async with client(created) as http:
        with pytest.raises(Violation, match=complaint.replace("?", r"\?")):
            await http.request(method, path, headers=headers, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (httpx.Response(201, json={}), r"^createPayment answer 201: body: 'reference' is a required property"),
        (httpx.Response(201, json={"reference": REFERENCE, "redirectUrl": "qr"}), r"answer 201: body\.redirectUrl: "),
        (httpx.Response(201, text="created"), "answer 201: text/plain instead of application/json"),
        (
            httpx.Response(201, content=b"{", headers={"Content-Type": "application/json"}),
            "answer 201: body is not JSON",
        ),
        (httpx.Response(200, json={"reference": REFERENCE}), "answer 200: the status is neither declared nor known"),
        (httpx.Response(400, json={"title": "No"}), "answer 400: application/json instead of application/problem"),
        (httpx.Response(429, json={"detail": "Slow down"}), "answer 429: body has none of the shapes"),
    ],
)
async def test_a_wrong_answer_is_named(answer: httpx.Response, complaint: str) -> None:
    async with client(lambda _request: answer) as http:
        with pytest.raises(Violation, match=complaint):
            await http.post("/epayment/v1/payments", headers=KEYED, json=new_payment())


async def test_an_answer_that_was_spoilt_on_purpose_is_not_judged() -> None:
    spoilt = httpx.Response(201, text="created", headers={FAULT_HEADER: "1"})
    async with client(lambda _request: spoilt) as http:
        assert (await http.post("/epayment/v1/payments", headers=KEYED, json=new_payment())).text == "created"


@pytest.mark.parametrize(("event", "right"), [(EVENT, True), (EVENT | {"timestamp": "yesterday"}, False)])
async def test_the_known_defect_of_the_event_log_is_mended(event: dict[str, object], right: bool) -> None:
    async with client(
        lambda _request: httpx.Response(200, content=json.dumps([event]), headers={"Content-Type": "application/json"})
    ) as http:
        call = http.get(f"/epayment/v1/payments/{REFERENCE}/events", headers=KEYED)
        if right:
            assert (await call).json() == [event]
        else:
            with pytest.raises(Violation, match="timestamp"):
                await call


async def test_a_test_that_is_wrong_on_purpose_has_only_its_answers_judged() -> None:
    transport = SpecChecked(httpx.MockTransport(created), requests=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://vipps.sim") as http:
        assert (await http.post("/epayment/v1/payments", json={})).status_code == 201
