"""Order Management: one receipt for ever, a category that may change, and lines that close."""

from collections.abc import AsyncIterator

import pytest

from kiosk.sim.vipps import Rules
from tests.sim.vipps.bench import GONE, REFERENCE, Bench, Json, receipt

ORDER = f"/order-management/v2/ECOM/{REFERENCE}"
RECEIPT = f"/order-management/v2/ECOM/receipts/{REFERENCE}"
CATEGORY = f"/order-management/v2/ECOM/categories/{REFERENCE}"
LINK = {"category": "RECEIPT", "orderDetailsUrl": "https://kiosk.example/s/1"}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.aclose()


async def test_a_receipt_is_written_once(bench: Bench) -> None:
    first = await bench.http.post(RECEIPT, headers=bench.headers(), json=receipt())
    assert first.status_code == 201
    assert isinstance(first.json(), str), "the body is a bare JSON string"
    for again in (receipt(), receipt(25_000, 20_000, 5_000)):
        assert (await bench.http.post(RECEIPT, headers=bench.headers(), json=again)).status_code == 409
    assert (await bench.http.get(ORDER, headers=bench.headers())).json()["receipt"] == receipt()


async def test_a_receipt_needs_no_payment(bench: Bench) -> None:
    assert bench.app.unit.payments == {}
    assert (await bench.http.post(RECEIPT, headers=bench.headers(), json=receipt())).status_code == 201


async def test_the_last_category_wins(bench: Bench) -> None:
    for category in (LINK | {"category": "GENERAL"}, LINK):
        answer = await bench.http.put(CATEGORY, headers=bench.headers(), json=category)
        assert answer.status_code == 200
        assert isinstance(answer.json(), str)
    order = (await bench.http.get(ORDER, headers=bench.headers())).json()
    assert order["category"] == LINK
    assert "receipt" not in order


async def test_an_unknown_order_is_not_found(bench: Bench) -> None:
    answer = await bench.http.get(ORDER, headers=bench.headers())
    assert answer.status_code == 404
    assert {"title", "detail", "instance"} <= answer.json().keys()


@pytest.mark.parametrize(
    ("total", "net", "tax", "rate"),
    [
        (12_500, 10_000, 2_500, 2500),
        (21_614, 17_291, 4_323, 2500),  # the example of the docs, put right
        (21_614, 17_222, 4_392, 2550),
        (1, 1, 0, 2500),
        (0, 0, 0, 0),
    ],
)
async def test_a_line_that_closes_is_taken(bench: Bench, total: int, net: int, tax: int, rate: int) -> None:
    answer = await bench.http.post(RECEIPT, headers=bench.headers(), json=receipt(total, net, tax, rate))
    assert answer.status_code == 201


async def test_the_old_percentage_is_still_a_rate(bench: Bench) -> None:
    body = receipt(rate=None, taxPercentage=25)
    assert (await bench.http.post(RECEIPT, headers=bench.headers(), json=body)).status_code == 201


REFUSED: dict[str, Json] = {
    "tax that is not gross minus net": receipt(tax=2_501),
    "tax that is 25 % of the gross": receipt(21_614, 16_210, 5_404, 2500),
    "another rate than the amounts show": receipt(rate=1200),
    "no rate": receipt(rate=None),
    "two rates": receipt(taxPercentage=25),
    "null for both rates": receipt(rate=None, taxRate=None, taxPercentage=None),
    "a rate over 100 %": receipt(rate=10_001),
    "a negative amount": receipt(-12_500, -10_000, -2_500),
    "a decimal amount": receipt(totalAmount=125.0),
    "a line without a name": receipt(name=None),
    "a number as id": receipt(id=1),
    "an unknown field": receipt(colour="green"),
    "a quantity as a number": receipt(unitInfo={"unitPrice": 500, "quantity": 25, "quantityUnit": "KWH"}),
    "a quantity with a comma": receipt(unitInfo={"unitPrice": 500, "quantity": "25,0", "quantityUnit": "KWH"}),
    "a long quantity": receipt(unitInfo={"unitPrice": 500, "quantity": "12345678901", "quantityUnit": "KWH"}),
    "an unknown unit": receipt(unitInfo={"unitPrice": 500, "quantity": "25", "quantityUnit": "kWh"}),
    "no lines": receipt() | {"orderLines": []},
    "no bottom line": {"orderLines": receipt()["orderLines"]},
    "no currency": receipt() | {"bottomLine": {"posId": "post-1"}},
    "a list as bottom line": receipt() | {"bottomLine": [{"currency": "NOK"}]},
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED.keys())
async def test_a_wrong_receipt_is_refused_and_may_be_written_again(bench: Bench, body: Json) -> None:
    answer = await bench.careless.post(RECEIPT, headers=bench.headers(), json=body)
    assert answer.status_code == 400
    assert answer.json()["invalidParams"]
    assert (await bench.http.post(RECEIPT, headers=bench.headers(), json=receipt())).status_code == 201


async def test_whether_the_rate_is_checked_is_a_switch() -> None:
    bench = Bench(Rules(check_tax_rate=False))
    assert (await bench.http.post(RECEIPT, headers=bench.headers(), json=receipt(rate=1200))).status_code == 201
    await bench.aclose()


@pytest.mark.parametrize(
    "changes",
    [
        {"category": "INVOICE"},
        {"category": GONE},
        {"orderDetailsUrl": GONE},
        {"orderDetailsUrl": "kiosk.example"},
        {"imageId": "a b"},
        {"title": "Receipt"},
    ],
)
async def test_a_wrong_category_is_refused(bench: Bench, changes: dict[str, object]) -> None:
    body = {name: value for name, value in (LINK | changes).items() if value is not GONE}
    assert (await bench.careless.put(CATEGORY, headers=bench.headers(), json=body)).status_code == 400


@pytest.mark.parametrize("path", [RECEIPT.replace("ECOM", "eCom"), RECEIPT.replace(REFERENCE, "kiosk*1")])
async def test_a_path_that_does_not_fit_the_specification_is_refused(bench: Bench, path: str) -> None:
    assert (await bench.careless.post(path, headers=bench.headers(), json=receipt())).status_code == 400


async def test_a_sales_unit_in_test_has_no_order_management() -> None:
    bench = Bench(Rules(order_management=False))
    answer = await bench.http.post(RECEIPT, headers=bench.headers(), json=receipt())
    assert answer.status_code == 404
    assert bench.app.unit.orders == {}
    await bench.aclose()
