"""The receipt: its lines close to the minor unit, it is written once, and a second one is compared."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kiosk.domain.fault import Fault
from kiosk.domain.money import Currency, Money
from kiosk.domain.outcome import Done, InDoubt, Refused
from kiosk.domain.receipt import Line, LineKind, Receipt, Registers
from kiosk.services.vipps.receipts import ENGLISH, body
from kiosk.words.lines import names
from tests.services.vipps.script import REFERENCE, Script, breaks, nok, real_settings, says

RECEIPT = Receipt(
    REFERENCE,
    "elg",
    nok(18711),
    (
        Line(LineKind.ENERGY, 30_279, 49_000, nok(14837), 2500),
        Line(LineKind.MINUTES, 3754, 5_000, nok(3128), 2500),
        Line(LineKind.SESSION, 1, 50_000, nok(500), 2500),
        Line(LineKind.IDLE, 120, 12_350, nok(246), 2500),
    ),
)
ID = "16328cb8-d769-4c53-90ad-e19777823f0a"
SEND, ORDER, LINK = f"/receipts/{REFERENCE}", f"/ECOM/{REFERENCE}", f"/categories/{REFERENCE}"


def stored(**change: Any) -> dict[str, Any]:
    found: Any = json.loads(json.dumps(body(RECEIPT, ENGLISH)))
    found["orderLines"].reverse()
    for line in found["orderLines"]:
        line |= {"discount": 0, "isReturn": False, "name": "another language"}
    found["bottomLine"] |= {"tipAmount": None}
    found["orderLines"][0] |= change
    return {"category": None, "receipt": found}


@pytest.fixture
def script() -> Script:
    return Script().on("POST", SEND, says(201, ID)).on("PUT", LINK, says(200, ID))


async def test_a_receipt_is_sent_line_by_line_in_whole_numbers(script: Script) -> None:
    async with script.open() as vipps:
        assert await vipps.receipts.send(RECEIPT, "en") == Done(ID)

    sent = script.sent("POST", SEND)[0]
    assert sent.url.path == f"/order-management/v2/ECOM/receipts/{REFERENCE}"
    content = json.loads(sent.content)
    assert content["bottomLine"] == {"currency": "NOK", "posId": "elg", "receiptNumber": REFERENCE}
    assert content["orderLines"][0] == {
        "id": "1-energy",
        "name": "Energy",
        "totalAmount": 14837,
        "totalAmountExcludingTax": 11870,
        "totalTaxAmount": 2967,
        "taxRate": 2500,
        "unitInfo": {"unitPrice": 490, "quantity": "30.279", "quantityUnit": "KWH"},
    }
    units = [line["unitInfo"] for line in content["orderLines"]]
    assert units[1] == {"unitPrice": 50, "quantity": "62.57", "quantityUnit": "MINUTE"}
    assert units[2] == {"unitPrice": 500, "quantity": "1", "quantityUnit": "PCS"}
    assert units[3] == {"unitPrice": 124, "quantity": "2.00", "quantityUnit": "MINUTE"}


async def test_the_energy_line_says_whose_register_was_billed_and_from_where_to_where(script: Script) -> None:
    metered = replace(RECEIPT, registers=Registers("21031977", 12_345_678, 12_375_957, 1))
    async with script.open(names=names) as vipps:
        assert await vipps.receipts.send(metered, "en") == Done(ID)
    content = json.loads(script.sent("POST", SEND)[0].content)
    assert [line["name"] for line in content["orderLines"]] == [
        "Energy. Meter 21031977: 12 345.678 to 12 375.957 kWh",
        "Charging time",
        "Start fee",
        "Parked after done",
    ]
    plain: Any = body(RECEIPT, ENGLISH)
    assert content["bottomLine"] == plain["bottomLine"]
    money = [{key: line[key] for key in line if key != "name"} for line in content["orderLines"]]
    assert money == [{key: line[key] for key in line if key != "name"} for line in plain["orderLines"]]


async def test_each_receipt_is_in_its_drivers_language(script: Script) -> None:
    async with script.open(
        names=lambda language, _billed: {kind: f"{kind} ({language})" for kind in LineKind}
    ) as vipps:
        await vipps.receipts.send(RECEIPT, "da")
        await vipps.receipts.send(RECEIPT, "en")

    sent = [json.loads(request.content)["orderLines"][0]["name"] for request in script.sent("POST", SEND)]
    assert sent == ["energy (da)", "energy (en)"]


lines = some.builds(
    Line,
    some.sampled_from(LineKind),
    some.integers(0, 99_999_999),
    some.integers(0, 10_000_000),
    some.integers(0, 65_000_000).map(lambda minor: Money(minor, Currency.EUR)),
    some.sampled_from([0, 1200, 2500, 2550, 10_000]),
)


@given(some.lists(lines, min_size=1, max_size=4))
def test_every_line_closes_exactly_and_they_add_up_to_the_capture(parts: list[Line]) -> None:
    total = Money(sum(line.gross.minor for line in parts), Currency.EUR)
    content: Any = body(Receipt(REFERENCE, "elg", total, tuple(parts)), ENGLISH)

    assert sum(line["totalAmount"] for line in content["orderLines"]) == total.minor
    for line in content["orderLines"]:
        assert line["totalAmountExcludingTax"] + line["totalTaxAmount"] == line["totalAmount"]
        assert abs(line["totalTaxAmount"] * 10_000 - line["totalAmountExcludingTax"] * line["taxRate"]) <= 10_000
        quantity = line["unitInfo"]["quantity"]
        assert len(quantity) <= 10
        assert not any(type(value) is float for value in [*line.values(), *line["unitInfo"].values()])


async def test_a_receipt_that_is_there_and_says_the_same_is_done(script: Script) -> None:
    script.on("POST", SEND, says(409, {"title": "Conflict", "detail": "x", "instance": "y"}))
    script.on("GET", ORDER, says(200, stored()))
    async with script.open() as vipps:
        assert await vipps.receipts.send(RECEIPT, "en") == Done("exists")


@pytest.mark.parametrize(
    "found",
    [
        stored(totalAmount=15000, totalAmountExcludingTax=12000, totalTaxAmount=3000),
        stored(totalAmountExcludingTax=14837, totalTaxAmount=0),
        {"receipt": {**stored()["receipt"], "bottomLine": {"currency": "DKK"}}},
        {"receipt": {**stored()["receipt"], "orderLines": stored()["receipt"]["orderLines"][1:]}},
    ],
)
async def test_a_receipt_that_is_there_and_differs_goes_to_a_person(script: Script, found: dict[str, Any]) -> None:
    script.on("POST", SEND, says(409)).on("GET", ORDER, says(200, found))
    async with script.open() as vipps:
        outcome = await vipps.receipts.send(RECEIPT, "en")

    assert isinstance(outcome, Refused)
    assert outcome.trouble.fault is Fault.RECEIPT_DIFFERS


async def test_a_receipt_that_is_there_but_is_not_shown_is_in_doubt(script: Script) -> None:
    script.on("POST", SEND, says(409)).on("GET", ORDER, says(200, {"category": None}))
    async with script.open() as vipps:
        assert isinstance(await vipps.receipts.send(RECEIPT, "en"), InDoubt)


async def test_a_lost_answer_is_in_doubt_and_the_second_try_finds_the_receipt(script: Script) -> None:
    script.on("POST", SEND, breaks(), says(409)).on("GET", ORDER, says(200, stored()))
    async with script.open() as vipps:
        assert isinstance(await vipps.receipts.send(RECEIPT, "en"), InDoubt)
        assert await vipps.receipts.send(RECEIPT, "en") == Done("exists")

    first, second = script.sent("POST", SEND)
    assert first.content == second.content


async def test_a_refused_receipt_names_the_field(script: Script) -> None:
    script.on(
        "POST",
        SEND,
        says(
            400,
            {
                "title": "Invalid",
                "detail": "BadRequest",
                "instance": "00-1",
                "invalidParams": [{"name": "taxRate", "reason": "too high"}],
            },
        ),
    )
    async with script.open() as vipps:
        outcome = await vipps.receipts.send(RECEIPT, "en")

    assert isinstance(outcome, Refused)
    assert outcome.trouble.fault is Fault.RECEIPT_REFUSED
    assert "taxRate: too high" in outcome.trouble.detail


async def test_a_receipt_without_lines_is_never_sent(script: Script) -> None:
    async with script.open() as vipps:
        outcome = await vipps.receipts.send(Receipt(REFERENCE, "elg", nok(0), ()), "en")

    assert isinstance(outcome, Refused)
    assert script.requests == []


async def test_the_session_is_linked_beside_the_payment(script: Script) -> None:
    async with script.open() as vipps:
        assert await vipps.receipts.link(REFERENCE, "https://lade.example/c/x") == Done(ID)

    sent = script.sent("PUT", LINK)[0]
    assert json.loads(sent.content) == {"category": "RECEIPT", "orderDetailsUrl": "https://lade.example/c/x"}


async def test_a_link_that_is_not_https_is_never_sent(script: Script) -> None:
    async with script.open() as vipps:
        assert isinstance(await vipps.receipts.link(REFERENCE, "http://lade.example/c/x"), Refused)

    assert script.requests == []


async def test_the_test_environment_has_no_order_management_and_is_not_asked(script: Script) -> None:
    async with script.open(real_settings("test")) as vipps:
        sent = await vipps.receipts.send(RECEIPT, "en")
        linked = await vipps.receipts.link(REFERENCE, "https://lade.example/c/x")

    assert sent == linked == Done("skipped: the test environment has no Order Management")
    assert script.requests == []
