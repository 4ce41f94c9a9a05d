"""The admin door: the customer's acts, the portal's, the books, and the phone as a page."""

from collections.abc import AsyncIterator

import pytest

from tests.sim.vipps.bench import REFERENCE, Bench, Json, code_of, receipt, sums

PAY = f"/_sim/payments/{REFERENCE}"
WEB: Json = {"userFlow": "WEB_REDIRECT", "qrFormat": None, "returnUrl": "https://kiosk.example/s/1"}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.aclose()


@pytest.mark.parametrize(("act", "state"), [("approve", "AUTHORIZED"), ("reject", "ABORTED"), ("ignore", "CREATED")])
async def test_what_a_customer_can_do(bench: Bench, act: str, state: str) -> None:
    await bench.create()
    answer = await bench.http.post(f"{PAY}/{act}")
    assert (answer.status_code, answer.json()["state"]) == (200, state)
    assert (await bench.payment())["state"] == state


@pytest.mark.parametrize("act", ["approve", "reject"])
async def test_a_customer_cannot_answer_twice(bench: Bench, act: str) -> None:
    await bench.approved()
    answer = await bench.http.post(f"{PAY}/{act}")
    assert (answer.status_code, answer.json()["state"]) == (409, "AUTHORIZED")


async def test_an_approval_may_come_later(bench: Bench) -> None:
    await bench.create()
    assert (await bench.http.post(f"{PAY}/approve", json={"after_s": 90})).json()["state"] == "CREATED"
    bench.pass_time(89)
    assert (await bench.payment())["state"] == "CREATED"
    bench.pass_time(2)
    assert (await bench.payment())["state"] == "AUTHORIZED"
    assert (await bench.events())[-1]["timestamp"] == "2026-09-21T14:14:50.000Z", "when it happened, not when seen"


async def test_an_approval_that_comes_too_late_is_none(bench: Bench) -> None:
    await bench.create()
    await bench.http.post(f"{PAY}/approve", json={"after_s": 600})
    bench.pass_time(3600)
    assert (await bench.payment())["state"] == "EXPIRED"


async def test_somebody_who_walks_away_approves_nothing_later(bench: Bench) -> None:
    await bench.create()
    await bench.http.post(f"{PAY}/approve", json={"after_s": 90})
    await bench.http.post(f"{PAY}/ignore")
    bench.pass_time(600)
    assert (await bench.payment())["state"] == "EXPIRED"


async def test_payments_are_listed_newest_first_with_what_a_driver_needs(bench: Bench) -> None:
    await bench.create()
    bench.pass_time(1)
    await bench.create(reference="kiosk-0002-b", paymentDescription="Post 2", metadata={"station": "post-2"})
    listed = (await bench.http.get("/_sim/payments")).json()
    assert [each["reference"] for each in listed] == ["kiosk-0002-b", REFERENCE]
    newest = listed[0]
    assert (newest["state"], newest["amount"], newest["description"], newest["metadata"]) == (
        "CREATED",
        35_000,
        "Post 2",
        {"station": "post-2"},
    )
    found = await bench.http.post("/_sim/scan", json={"content": newest["content"]})
    assert found.json() == {"payment": "kiosk-0002-b", "state": "CREATED"}
    assert (await bench.http.post("/_sim/scan", json={"content": "https://elsewhere.example"})).status_code == 404


async def test_somebody_in_the_portal_leaves_no_key_or_a_foreign_one(bench: Bench) -> None:
    await bench.approved()
    assert (await bench.http.post(f"{PAY}/capture", json={"value": 10_000})).status_code == 200
    assert (await bench.http.post(f"{PAY}/capture", json={"value": 5_000, "key": "foreign"})).status_code == 200
    assert (await bench.http.post(f"{PAY}/refund", json={"value": 1_000})).status_code == 200
    assert (await bench.http.post(f"{PAY}/cancel")).status_code == 200
    assert sums(await bench.payment()) == (35_000, 15_000, 20_000, 1_000)
    assert [each.get("idempotencyKey") for each in (await bench.events())[2:]] == [None, "foreign", None, None]


async def test_the_portal_has_the_same_rules(bench: Bench) -> None:
    await bench.approved()
    answer = await bench.http.post(f"{PAY}/capture", json={"value": 35_001})
    assert (answer.status_code, answer.json()["code"]) == (400, "6090")
    await bench.http.post(f"{PAY}/capture")
    assert sums(await bench.payment()) == (35_000, 35_000, 0, 0)


async def test_the_books_know_everything(bench: Bench) -> None:
    await bench.approved()
    await bench.approved(reference="kiosk-0002-b", value=20_000)
    await bench.change("capture", 12_500, key="capture-1")
    await bench.change("cancel")
    await bench.http.post(f"/order-management/v2/ECOM/receipts/{REFERENCE}", headers=bench.headers(), json=receipt())
    books = (await bench.http.get("/_sim/ledger")).json()
    assert books["totals"] == {
        "authorized": 55_000,
        "captured": 12_500,
        "cancelled": 22_500,
        "refunded": 0,
        "payments": 2,
        "receipts": 1,
    }
    one = books["payments"][REFERENCE]
    assert (one["remaining"], one["receipt"]) == (0, receipt())
    assert [(effect["name"], effect["key"]) for effect in one["effects"]][2] == ("CAPTURED", "capture-1")
    assert books["payments"]["kiosk-0002-b"]["remaining"] == 20_000


async def test_every_request_is_written_down(bench: Bench) -> None:
    await bench.approved()
    await bench.change("capture", 100, key="capture-1")
    await bench.change("capture", 100, key="capture-1")
    arrived = (await bench.http.get("/_sim/requests")).json()
    assert [(each["operation"], each["key"], each["status"]) for each in arrived] == [
        ("create", "key-1", 201),
        ("capture", "capture-1", 200),
        ("capture", "capture-1", 200),
    ]
    assert arrived[1]["body_sha256"] == arrived[2]["body_sha256"] != arrived[0]["body_sha256"]
    assert (arrived[1]["method"], arrived[1]["path"]) == ("POST", f"/epayment/v1/payments/{REFERENCE}/capture")


async def test_the_clock_s_rate_can_be_changed(bench: Bench) -> None:
    before = (await bench.http.get("/_sim/clock")).json()
    assert before["rate"] == 1
    assert (await bench.http.put("/_sim/clock", json={"rate": 60})).json()["rate"] == 60
    bench.time.now_s += 10
    assert (await bench.http.get("/_sim/clock")).json()["utc_ms"] == before["utc_ms"] + 600_000


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/_sim/clock", {"rate": 0}),
        ("PUT", "/_sim/clock", {"speed": 1}),
        ("POST", f"{PAY}/approve", {"after": 1}),
        ("POST", f"{PAY}/fail-next", {"operation": "capture", "code": "1"}),
        ("POST", "/_sim/faults", {"kind": "gremlin"}),
        ("POST", "/_sim/faults", {"kind": "status", "operation": "captrue"}),
        ("POST", "/_sim/faults", {"kind": "status", "path": "("}),
        ("POST", "/_sim/scan", []),
    ],
)
async def test_a_wish_that_cannot_be_is_refused_in_one_line(bench: Bench, method: str, path: str, body: object) -> None:
    await bench.create()
    answer = await bench.http.request(method, path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert bench.app.wire.plan.faults == []


async def test_an_unknown_payment_cannot_be_approved(bench: Bench) -> None:
    assert (await bench.http.post(f"{PAY}/approve")).status_code == 404


async def test_the_phone_shows_what_is_open_and_lets_a_person_answer(bench: Bench) -> None:
    assert "Nothing to pay" in (await bench.http.get("/_sim/phone")).text
    await bench.create(paymentDescription="Post <1> & more")
    page = (await bench.http.get("/_sim/phone")).text
    assert "350.00 NOK" in page
    assert "Post &lt;1&gt; &amp; more" in page
    assert f'action="/_sim/phone/{REFERENCE}/approve"' in page
    answer = await bench.http.post(f"/_sim/phone/{REFERENCE}/approve")
    assert (answer.status_code, answer.headers["location"]) == (303, "/_sim/phone")
    assert (await bench.payment())["state"] == "AUTHORIZED"
    assert "Nothing to pay" in (await bench.http.get("/_sim/phone")).text


async def test_the_phone_can_reject(bench: Bench) -> None:
    await bench.create()
    await bench.http.post(f"/_sim/phone/{REFERENCE}/reject")
    assert (await bench.payment())["state"] == "ABORTED"


async def test_the_landing_page_leads_to_the_payment_and_back_to_the_merchant(bench: Bench) -> None:
    url = (await bench.create(**WEB)).json()["redirectUrl"]
    page = await bench.http.get(url)
    assert page.status_code == 200
    assert f'action="/_sim/phone/{REFERENCE}/approve"' in page.text
    assert "refresh" not in page.text
    answer = await bench.http.post(f"/_sim/phone/{REFERENCE}/approve")
    assert (answer.status_code, answer.headers["location"]) == (303, "https://kiosk.example/s/1")
    assert (await bench.http.get(url)).headers["location"] == "https://kiosk.example/s/1"
    assert (await bench.http.get("/landing?token=guessed")).status_code == 404


async def test_an_ignored_payment_is_gone_from_the_phone_and_lives_on_at_vipps(bench: Bench) -> None:
    await bench.create()
    await bench.http.post(f"{PAY}/ignore")
    assert "Nothing to pay" in (await bench.http.get("/_sim/phone")).text
    assert code_of(await bench.change("capture", 100)) == "6080"
