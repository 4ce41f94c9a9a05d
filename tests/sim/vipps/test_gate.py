"""Tokens, keys and headers: what a call must bring before anybody reads its body."""

from collections.abc import AsyncIterator

import pytest

from kiosk.sim.vipps import Rules
from tests.sim.vipps.bench import CLIENT, GONE, KEYS, REFERENCE, START_MS, Bench, code_of, new_payment, receipt

PAYMENT = f"/epayment/v1/payments/{REFERENCE}"
RECEIPT = f"/order-management/v2/ECOM/receipts/{REFERENCE}"
CODES = "/qr/v1/merchant-redirect"


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.aclose()


async def test_a_token_lives_for_an_hour_and_all_its_numbers_are_text(bench: Bench) -> None:
    answer = await bench.http.post("/accesstoken/get", headers=CLIENT | KEYS)
    assert answer.status_code == 200
    token = answer.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", "3600")
    assert (token["not_before"], token["expires_on"]) == (str(START_MS // 1000), str(START_MS // 1000 + 3600))
    assert len(token["access_token"]) > 1000

    own = {"Authorization": f"Bearer {token['access_token']}"} | KEYS
    bench.time.now_s = 3599
    assert (await bench.http.get(PAYMENT, headers=own)).status_code == 404
    bench.time.now_s = 3600
    assert (await bench.http.get(PAYMENT, headers=own)).status_code == 401


async def test_several_tokens_are_valid_at_once(bench: Bench) -> None:
    tokens = [(await bench.http.post("/accesstoken/get", headers=CLIENT | KEYS)).json()["access_token"] for _ in "ab"]
    assert len(set(tokens)) == 2
    for token in tokens:
        answer = await bench.http.get(PAYMENT, headers={"Authorization": f"Bearer {token}"} | KEYS)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"client_id": GONE}, 400, "invalid_request"),
        ({"client_secret": GONE}, 400, "invalid_request"),
        ({"client_id": "00000000-0000-4000-8000-000000000002"}, 400, "unauthorized_client"),
        ({"client_secret": "guessed"}, 401, "invalid_client"),
    ],
)
async def test_wrong_client_keys_are_refused_as_azure_does(
    bench: Bench, changes: dict[str, object], status: int, error: str
) -> None:
    headers = {name: str(value) for name, value in (CLIENT | KEYS | changes).items() if value is not GONE}
    answer = await bench.careless.post("/accesstoken/get", headers=headers)
    assert answer.status_code == status
    said = answer.json()
    assert said["error"] == error
    assert {"error_description", "error_codes", "timestamp", "trace_id", "correlation_id", "error_uri"} <= said.keys()


async def test_a_token_call_with_a_body_is_refused(bench: Bench) -> None:
    answer = await bench.careless.post("/accesstoken/get", headers=CLIENT | KEYS, json={})
    assert answer.status_code == 411


@pytest.mark.parametrize(
    ("name", "value", "status"),
    [
        ("Ocp-Apim-Subscription-Key", GONE, 401),
        ("Ocp-Apim-Subscription-Key", "another", 401),
        ("Authorization", GONE, 401),
        ("Authorization", "Bearer nonsense", 401),
        ("Authorization", "bearer", 401),
        ("Merchant-Serial-Number", GONE, 400),
        ("Merchant-Serial-Number", "12a456", 400),
        ("Merchant-Serial-Number", "654321", 403),
        ("Vipps-System-Name", "n" * 31, 400),
        ("Vipps-System-Version", "", 400),
        ("Vipps-System-Plugin-Name", "n" * 31, 400),
        ("Vipps-System-Plugin-Version", "n" * 31, 400),
        ("Idempotency-Key", GONE, 400),
        ("Idempotency-Key", "k" * 51, 400),
        ("Content-Type", "text/plain", 400),
    ],
)
async def test_a_create_with_a_wrong_header_is_refused(bench: Bench, name: str, value: object, status: int) -> None:
    wrong = bench.headers("key-0") | {"Content-Type": "application/json", name: value}
    headers = {name: str(value) for name, value in wrong.items() if value is not GONE}
    answer = await bench.careless.post(
        "/epayment/v1/payments", headers=headers, content=str(new_payment()).replace("'", '"')
    )
    assert answer.status_code == status
    assert bench.app.unit.payments == {}


async def test_the_longest_allowed_headers_pass(bench: Bench) -> None:
    headers = bench.headers("k" * 50) | {"Vipps-System-Name": "n" * 30}
    assert (await bench.http.post("/epayment/v1/payments", headers=headers, json=new_payment())).status_code == 201


async def test_the_scheme_of_the_token_is_spelt_bearer(bench: Bench) -> None:
    wrong = bench.headers() | {"Authorization": bench.headers()["Authorization"].replace("Bearer", "bearer")}
    assert (await bench.careless.get(PAYMENT, headers=wrong)).status_code == 401


@pytest.mark.parametrize("operation", ["capture", "refund"])
async def test_changes_of_money_require_a_key(bench: Bench, operation: str) -> None:
    await bench.approved()
    body = {"modificationAmount": {"currency": "NOK", "value": 100}}
    answer = await bench.careless.post(f"{PAYMENT}/{operation}", headers=bench.headers(), json=body)
    assert answer.status_code == 400
    assert code_of(answer) == ""


async def test_a_cancel_may_come_without_a_key(bench: Bench) -> None:
    await bench.approved()
    assert (await bench.http.post(f"{PAYMENT}/cancel", headers=bench.headers())).status_code == 200


@pytest.mark.parametrize(("length", "status"), [(100, 201), (101, 400)])
async def test_order_management_takes_longer_system_headers(bench: Bench, length: int, status: int) -> None:
    headers = bench.headers(**{"Vipps-System-Name": "n" * length})
    answer = await bench.careless.post(RECEIPT, headers=headers, json=receipt())
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("path", "body", "status"), [(RECEIPT, receipt(), 400), (CODES, {"id": "a", "redirectUrl": "https://a.no"}, 415)]
)
async def test_a_body_that_does_not_say_it_is_json_is_refused(
    bench: Bench, path: str, body: dict[str, object], status: int
) -> None:
    headers = bench.headers(Accept="image/png", **{"Content-Type": "text/plain"})
    answer = await bench.careless.post(path, headers=headers, content=str(body).replace("'", '"'))
    assert answer.status_code == status
    assert {"title", "detail", "instance"} <= answer.json().keys()


async def test_only_the_qr_api_does_without_the_sales_unit(bench: Bench) -> None:
    headers = bench.headers(Accept="image/png")
    del headers["Merchant-Serial-Number"]
    assert (await bench.http.get(CODES, headers=headers)).status_code == 200
    assert (await bench.careless.post(RECEIPT, headers=headers, json=receipt())).status_code == 400


async def test_an_unknown_path_and_a_wrong_method_are_unknown_to_the_gateway(bench: Bench) -> None:
    for method, path in (("GET", "/epayment/v2/payments"), ("DELETE", PAYMENT)):
        answer = await bench.careless.request(method, path, headers=bench.headers())
        assert (answer.status_code, answer.json()["statusCode"]) == (404, 404)


async def test_five_changes_and_a_hundred_and_twenty_reads_a_minute_for_each_reference(bench: Bench) -> None:
    await bench.approved()
    for _ in range(5):
        assert (await bench.change("capture", 100)).status_code == 200
    bench.pass_time(20)
    slow_down = await bench.change("capture", 100)
    assert (slow_down.status_code, slow_down.headers["retry-after"]) == (429, "40")
    assert (await bench.change("refund", 100)).status_code == 200, "each operation has its own budget"
    bench.pass_time(40)
    assert (await bench.change("capture", 100)).status_code == 200

    for _ in range(120):
        await bench.payment()
    answer = await bench.http.get(PAYMENT, headers=bench.headers())
    assert answer.status_code == 429
    await bench.events()
    await bench.approved(reference="kiosk-0002-b")
    await bench.payment("kiosk-0002-b")


async def test_whether_429_says_when_to_come_again_is_a_switch() -> None:
    bench = Bench(Rules(retry_after=False))
    for _ in range(5):
        await bench.create(reference="short")
    answer = await bench.create(reference="short")
    assert (answer.status_code, answer.headers.get("retry-after")) == (429, None)
    await bench.aclose()
