"""What can be done to a payment in each of its states, what a key remembers, and what time does."""

from collections.abc import AsyncIterator

import pytest

from kiosk.sim.vipps import Rules
from tests.sim.vipps.bench import REFERENCE, Bench, Json, code_of, sums

DAY_S = 86_400


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    bench = Bench()
    yield bench
    await bench.aclose()


async def bring_to(bench: Bench, state: str) -> None:
    """A payment of 350.00 in the named situation."""
    if state == "CREATED":
        await bench.create()
    elif state in ("ABORTED", "EXPIRED", "TERMINATED"):
        await bench.create()
        if state == "ABORTED":
            await bench.http.post(f"/_sim/payments/{REFERENCE}/reject")
        elif state == "EXPIRED":
            bench.pass_time(600)
        else:
            await bench.change("cancel")
    else:
        await bench.approved()
        steps: dict[str, list[tuple[str, int | None]]] = {
            "approved": [],
            "part captured": [("capture", 12_000)],
            "captured": [("capture", 35_000)],
            "released": [("cancel", None)],
            "settled": [("capture", 12_000), ("cancel", None)],
            "refunded": [("capture", 35_000), ("refund", 35_000)],
        }
        for operation, value in steps[state]:
            assert (await bench.change(operation, value)).status_code == 200


ALL = [
    "CREATED", "ABORTED", "EXPIRED", "TERMINATED", "approved", "part captured", "captured", "released", "settled",
    "refunded",
]  # fmt: skip

# What each act answers in each situation: the code of its refusal, or the sums afterwards.
# fmt: off
MATRIX: dict[tuple[str, str], str | tuple[int, int, int, int]] = {
    ("CREATED",       "capture"): "6080",
    ("ABORTED",       "capture"): "6200",
    ("EXPIRED",       "capture"): "6200",
    ("TERMINATED",    "capture"): "6070",
    ("approved",      "capture"): (35_000, 10_000, 0, 0),
    ("part captured", "capture"): (35_000, 22_000, 0, 0),
    ("captured",      "capture"): "6170",
    ("released",      "capture"): "6070",
    ("settled",       "capture"): "6070",
    ("refunded",      "capture"): "6170",
    ("CREATED",       "cancel"): (0, 0, 35_000, 0),
    ("ABORTED",       "cancel"): "6050",
    ("EXPIRED",       "cancel"): "6050",
    ("TERMINATED",    "cancel"): "6190",
    ("approved",      "cancel"): (35_000, 0, 35_000, 0),
    ("part captured", "cancel"): (35_000, 12_000, 23_000, 0),
    ("captured",      "cancel"): "6040",
    ("released",      "cancel"): "6190",
    ("settled",       "cancel"): "6190",
    ("refunded",      "cancel"): "6040",
    ("CREATED",       "cancel only"): (0, 0, 35_000, 0),
    ("ABORTED",       "cancel only"): "6050",
    ("EXPIRED",       "cancel only"): "6050",
    ("TERMINATED",    "cancel only"): "6190",
    ("approved",      "cancel only"): "6060",
    ("part captured", "cancel only"): "6060",
    ("captured",      "cancel only"): "6060",
    ("released",      "cancel only"): "6060",
    ("settled",       "cancel only"): "6060",
    ("refunded",      "cancel only"): "6060",
    ("CREATED",       "refund"): "6020",
    ("ABORTED",       "refund"): "6210",
    ("EXPIRED",       "refund"): "6210",
    ("TERMINATED",    "refund"): "6210",
    ("approved",      "refund"): "6210",
    ("part captured", "refund"): (35_000, 12_000, 0, 10_000),
    ("captured",      "refund"): (35_000, 35_000, 0, 10_000),
    ("released",      "refund"): "6210",
    ("settled",       "refund"): (35_000, 12_000, 23_000, 10_000),
    ("refunded",      "refund"): "6180",
}
# fmt: on


def test_the_matrix_is_whole() -> None:
    acts = {act for _, act in MATRIX}
    assert acts == {"capture", "cancel", "cancel only", "refund"}
    assert set(MATRIX) == {(state, act) for state in ALL for act in acts}


@pytest.mark.parametrize(("situation", "act"), MATRIX.keys())
async def test_every_act_in_every_situation(bench: Bench, situation: str, act: str) -> None:
    await bring_to(bench, situation)
    before = await bench.payment()
    if act == "cancel only":
        answer = await bench.change("cancel", cancelTransactionOnly=True)
    else:
        answer = await bench.change(act, None if act == "cancel" else 10_000)
    after = await bench.payment()
    expected = MATRIX[situation, act]
    if isinstance(expected, str):
        assert (answer.status_code, code_of(answer)) == (400, expected)
        assert after == before, "a refusal changes nothing"
    else:
        assert answer.status_code == 200
        assert sums(answer.json()) == sums(after) == expected
        assert after["state"] == ("TERMINATED" if situation == "CREATED" else "AUTHORIZED")
        assert answer.json()["pspReference"] == before["pspReference"]


@pytest.mark.parametrize(
    ("operation", "value", "code"),
    [
        ("capture", 35_001, "6090"),
        ("capture", 65_000_000, "6090"),
        ("capture", 0, "4040"),
        ("capture", 99, "6010"),
        ("refund", 12_001, "6150"),
        ("refund", 0, "4040"),
    ],
)
async def test_an_amount_that_does_not_fit_is_refused(bench: Bench, operation: str, value: int, code: str) -> None:
    await bring_to(bench, "approved" if operation == "capture" else "part captured")
    answer = await bench.change(operation, value)
    assert (answer.status_code, code_of(answer)) == (400, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, ""),
        ({"amount": {"currency": "NOK", "value": 100}}, ""),
        ({"modificationAmount": {"currency": "NOK", "value": 100}, "reference": REFERENCE}, ""),
        ({"modificationAmount": {"value": 100}}, ""),
        ({"modificationAmount": {"currency": "NOK", "value": 100.5}}, "4040"),
        ({"modificationAmount": {"currency": "NOK", "value": 65_000_001}}, "4040"),
        ({"modificationAmount": {"currency": "EUR", "value": 100}}, "5040"),
    ],
)
@pytest.mark.parametrize("operation", ["capture", "refund"])
async def test_a_wrong_body_moves_no_money(bench: Bench, operation: str, body: dict[str, object], code: str) -> None:
    await bring_to(bench, "part captured")
    path = f"/epayment/v1/payments/{REFERENCE}/{operation}"
    answer = await bench.careless.post(path, headers=bench.headers("wrong"), json=body)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert sums(await bench.payment()) == (35_000, 12_000, 0, 0)


@pytest.mark.parametrize("content", [b"[]", b'{"cancelTransactionOnly": "true"}', b'{"aggregate": {}}'])
async def test_a_cancel_takes_no_body_or_an_object(bench: Bench, content: bytes) -> None:
    await bring_to(bench, "approved")
    headers = bench.headers("key") | {"Content-Type": "application/json"}
    path = f"/epayment/v1/payments/{REFERENCE}/cancel"
    assert (await bench.careless.post(path, headers=headers, content=content)).status_code == 400
    assert (await bench.http.post(path, headers=bench.headers("other"), json={})).status_code == 200


async def test_an_unknown_reference_is_5090_everywhere(bench: Bench) -> None:
    path = "/epayment/v1/payments/kiosk-9999-z"
    for tail in ("", "/events"):
        answer = await bench.http.get(path + tail, headers=bench.headers())
        assert (answer.status_code, code_of(answer)) == (404, "5090")
    for operation, value in (("capture", 100), ("refund", 100), ("cancel", None)):
        answer = await bench.change(operation, value, reference="kiosk-9999-z")
        assert (answer.status_code, code_of(answer)) == (404, "5090")


async def test_a_market_without_part_capture_takes_all_or_nothing() -> None:
    bench = Bench(Rules(partial_capture=False))
    await bench.approved()
    assert code_of(await bench.change("capture", 12_000)) == "6140"
    assert (await bench.change("capture", 35_000)).status_code == 200
    assert (await bench.change("refund", 23_000)).status_code == 200
    assert sums(await bench.payment()) == (35_000, 35_000, 0, 23_000)
    await bench.aclose()


async def test_whether_the_minimum_binds_a_capture_is_a_switch() -> None:
    bench = Bench(Rules(capture_minimum=False))
    await bench.approved()
    assert (await bench.change("capture", 1)).status_code == 200
    await bench.aclose()


async def test_the_event_log_has_every_effect_with_its_key_and_a_reference_of_its_own(bench: Bench) -> None:
    await bench.create(key="k-create")
    bench.pass_time(30)
    await bench.http.post(f"/_sim/payments/{REFERENCE}/approve")
    await bench.change("capture", 12_000, key="k-capture")
    await bench.change("capture", 30_000, key="k-too-much")
    await bench.change("cancel", key="k-release")
    await bench.change("refund", 2_000, key="k-refund")
    events = await bench.events()
    assert [(each["name"], each["amount"]["value"], each.get("idempotencyKey")) for each in events] == [
        ("CREATED", 35_000, "k-create"),
        ("AUTHORIZED", 35_000, None),
        ("CAPTURED", 12_000, "k-capture"),
        ("CANCELLED", 23_000, "k-release"),
        ("REFUNDED", 2_000, "k-refund"),
    ]
    assert all(each["success"] for each in events)
    assert len({each["pspReference"] for each in events}) == 5
    assert events[0]["pspReference"] == (await bench.payment())["pspReference"]
    assert len({each["timestamp"] for each in events}) == 5, "time sorts them"


async def test_the_event_log_is_not_in_the_convenient_order(bench: Bench) -> None:
    await bench.approved()
    raw = await bench.http.get(f"/epayment/v1/payments/{REFERENCE}/events", headers=bench.headers())
    assert [each["name"] for each in raw.json()] == ["AUTHORIZED", "CREATED"]


@pytest.mark.parametrize("operation", ["capture", "cancel", "refund"])
async def test_a_failed_act_stands_in_the_log_and_changed_nothing(bench: Bench, operation: str) -> None:
    await bring_to(bench, "part captured")
    before = sums(await bench.payment())
    told = {"operation": operation, "code": "6260"}
    assert (await bench.http.post(f"/_sim/payments/{REFERENCE}/fail-next", json=told)).status_code == 200
    value = None if operation == "cancel" else 10_000
    assert code_of(await bench.change(operation, value, key="failing")) == "6260"
    assert sums(await bench.payment()) == before
    last = (await bench.events())[-1]
    assert (last["success"], last["idempotencyKey"]) == (False, "failing")
    assert (await bench.change(operation, value)).status_code == 200, "it fails once"


# --- keys ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "value", "situation"),
    [("capture", 10_000, "approved"), ("refund", 10_000, "captured"), ("cancel", None, "approved")],
)
async def test_a_repetition_gets_the_first_answer_and_has_no_second_effect(
    bench: Bench, operation: str, value: int | None, situation: str
) -> None:
    await bring_to(bench, situation)
    first = await bench.change(operation, value, key="same")
    before = (await bench.payment(), await bench.events())
    second = await bench.change(operation, value, key="same")
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert (await bench.payment(), await bench.events()) == before


async def test_a_repeated_create_gets_the_first_answer(bench: Bench) -> None:
    first, second = await bench.create(key="same"), await bench.create(key="same")
    assert (second.status_code, second.content) == (201, first.content)
    assert len(await bench.events()) == 1


@pytest.mark.parametrize(
    ("operation", "value", "other", "code"),
    [("capture", 10_000, 10_001, "4010"), ("refund", 10_000, 10_001, "4150")],
)
async def test_the_same_key_with_another_amount_is_a_conflict(
    bench: Bench, operation: str, value: int, other: int, code: str
) -> None:
    await bring_to(bench, "part captured")
    assert (await bench.change(operation, value, key="same")).status_code == 200
    before = sums(await bench.payment())
    answer = await bench.change(operation, other, key="same")
    assert (answer.status_code, code_of(answer)) == (409, code)
    assert sums(await bench.payment()) == before


async def test_other_conflicts_of_a_key(bench: Bench) -> None:
    await bench.create(key="same")
    answer = await bench.create(key="same", paymentDescription="Something else")
    assert (answer.status_code, code_of(answer)) == (409, "4020")
    answer = await bench.create(key="same", reference="kiosk-0002-b")
    assert (answer.status_code, code_of(answer)) == (409, "4020")
    answer = await bench.change("cancel", key="same")
    assert (answer.status_code, code_of(answer)) == (409, "4020")
    await bench.change("cancel", key="cancelling")
    answer = await bench.change("cancel", key="cancelling", cancelTransactionOnly=True)
    assert (answer.status_code, code_of(answer)) == (409, "4020")


async def test_the_same_key_for_another_reference_is_a_conflict(bench: Bench) -> None:
    await bench.approved()
    await bench.approved(reference="kiosk-0002-b")
    assert (await bench.change("capture", 10_000, key="same")).status_code == 200
    answer = await bench.change("capture", 10_000, key="same", reference="kiosk-0002-b")
    assert (answer.status_code, code_of(answer)) == (409, "4020")
    assert sums(await bench.payment("kiosk-0002-b")) == (35_000, 0, 0, 0)


async def test_a_reference_can_be_taken_once(bench: Bench) -> None:
    await bench.create()
    answer = await bench.create()
    assert (answer.status_code, code_of(answer)) == (409, "4150")


async def test_the_same_body_in_other_bytes_is_another_body(bench: Bench) -> None:
    await bench.approved()
    path = f"/epayment/v1/payments/{REFERENCE}/capture"
    headers = bench.headers("same") | {"Content-Type": "application/json"}
    one = b'{"modificationAmount": {"currency": "NOK", "value": 100}}'
    other = b'{"modificationAmount": {"value": 100, "currency": "NOK"}}'
    assert (await bench.http.post(path, headers=headers, content=one)).status_code == 200
    assert code_of(await bench.http.post(path, headers=headers, content=other)) == "4010"


async def test_a_refusal_sticks_to_its_key(bench: Bench) -> None:
    await bench.create()
    assert code_of(await bench.change("capture", 10_000, key="early")) == "6080"
    await bench.http.post(f"/_sim/payments/{REFERENCE}/approve")
    assert code_of(await bench.change("capture", 10_000, key="early")) == "6080"
    assert (await bench.change("capture", 10_000, key="early-1")).status_code == 200


async def test_whether_a_refusal_sticks_is_a_switch() -> None:
    bench = Bench(Rules(sticky_4xx=False))
    await bench.create()
    assert code_of(await bench.change("capture", 10_000, key="early")) == "6080"
    await bench.http.post(f"/_sim/payments/{REFERENCE}/approve")
    assert (await bench.change("capture", 10_000, key="early")).status_code == 200
    await bench.aclose()


@pytest.mark.parametrize(("code", "status"), [("6160", 423), ("6250", 409), ("6280", 500)])
async def test_what_asks_to_come_again_does_not_stick(bench: Bench, code: str, status: int) -> None:
    await bench.approved()
    await bench.http.post(f"/_sim/payments/{REFERENCE}/fail-next", json={"operation": "capture", "code": code})
    first = await bench.change("capture", 10_000, key="same")
    assert (first.status_code, code_of(first)) == (status, code)
    assert (await bench.change("capture", 10_000, key="same")).status_code == 200
    assert sums(await bench.payment()) == (35_000, 10_000, 0, 0)


async def test_a_call_that_was_too_fast_does_not_stick(bench: Bench) -> None:
    await bench.approved()
    for _ in range(5):
        await bench.change("capture", 100)
    assert (await bench.change("capture", 10_000, key="same")).status_code == 429
    bench.pass_time(60)
    assert (await bench.change("capture", 10_000, key="same")).status_code == 200


@pytest.mark.parametrize(("passed_s", "captured"), [(DAY_S - 1, 10_000), (DAY_S, 20_000)])
async def test_a_key_is_remembered_for_a_day(bench: Bench, passed_s: int, captured: int) -> None:
    await bench.approved()
    await bench.change("capture", 10_000, key="same")
    bench.pass_time(passed_s)
    await bench.change("capture", 10_000, key="same")
    assert sums(await bench.payment()) == (35_000, captured, 0, 0)


# --- time ---------------------------------------------------------------------------------------------------------


async def test_an_offer_lives_for_ten_minutes(bench: Bench) -> None:
    await bench.create()
    bench.pass_time(599)
    assert (await bench.payment())["state"] == "CREATED"
    bench.pass_time(1)
    found = await bench.payment()
    assert (found["state"], sums(found)) == ("EXPIRED", (0, 0, 0, 0))
    assert [each["name"] for each in await bench.events()] == ["CREATED", "EXPIRED"]
    assert (await bench.http.post(f"/_sim/payments/{REFERENCE}/approve")).status_code == 409


async def test_an_approval_is_guaranteed_for_seven_days(bench: Bench) -> None:
    await bench.create()
    assert "captureGuaranteedUntil" not in await bench.payment()
    await bench.http.post(f"/_sim/payments/{REFERENCE}/approve")
    assert (await bench.payment())["captureGuaranteedUntil"] == "2026-09-28T14:13:20.000Z"


@pytest.mark.parametrize(("market", "days"), [("NOK", 180), ("DKK", 14), ("EUR", 14)])
async def test_a_reservation_ends_with_the_market_s_period(market: str, days: int) -> None:
    bench = Bench(Rules(market=market))  # type: ignore[arg-type]
    await bench.approved()
    await bench.change("capture", 10_000)
    bench.pass_time(days * DAY_S - 1)
    assert (await bench.change("capture", 100)).status_code == 200
    bench.pass_time(1)
    assert sums(await bench.payment()) == (35_000, 10_100, 24_900, 0)
    last = (await bench.events())[-1]
    assert (last["name"], last.get("idempotencyKey")) == ("CANCELLED", None)
    assert code_of(await bench.change("capture", 100)) == "6100"
    assert code_of(await bench.change("cancel")) == "6030"
    await bench.aclose()


async def test_a_refund_is_possible_for_a_year(bench: Bench) -> None:
    await bring_to(bench, "captured")
    bench.pass_time(365 * DAY_S - 1)
    assert (await bench.change("refund", 100)).status_code == 200
    bench.pass_time(1)
    assert code_of(await bench.change("refund", 100)) == "6220"


# --- forced approval ----------------------------------------------------------------------------------------------

FORCE = f"/epayment/v1/test/payments/{REFERENCE}/approve"


async def test_an_approval_can_be_forced_with_a_customer_or_with_the_token(bench: Bench) -> None:
    await bench.create()
    body = {"customer": {"phoneNumber": "4712345678"}}
    assert (await bench.http.post(FORCE, headers=bench.headers(), json=body)).status_code == 200
    assert (await bench.payment())["state"] == "AUTHORIZED"
    answer = await bench.http.post(FORCE, headers=bench.headers(), json=body)
    assert (answer.status_code, code_of(answer)) == (400, "10020")


@pytest.mark.parametrize(
    ("body", "code"), [({}, "4140"), ({"token": "guessed"}, "10010"), ({"phoneNumber": "4712345678"}, "")]
)
async def test_a_wrong_forced_approval_is_refused(bench: Bench, body: dict[str, object], code: str) -> None:
    await bench.create()
    answer = await bench.careless.post(FORCE, headers=bench.headers(), json=body)
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert (await bench.payment())["state"] == "CREATED"


async def test_the_token_of_the_redirect_forces_an_approval(bench: Bench) -> None:
    web: Json = {"userFlow": "WEB_REDIRECT", "qrFormat": None, "returnUrl": "https://kiosk.example"}
    url = (await bench.create(**web)).json()["redirectUrl"]
    answer = await bench.http.post(FORCE, headers=bench.headers(), json={"token": url.partition("token=")[2]})
    assert answer.status_code == 200
    assert (await bench.payment())["state"] == "AUTHORIZED"


# --- sequences ----------------------------------------------------------------------------------------------------


async def test_the_end_of_a_session_part_captures_and_releases_the_rest(bench: Bench) -> None:
    await bench.approved()
    assert sums((await bench.change("capture", 12_345, key="s1-capture")).json()) == (35_000, 12_345, 0, 0)
    assert sums((await bench.change("cancel", key="s1-release")).json()) == (35_000, 12_345, 22_655, 0)
    books = await bench.books()
    assert (books["state"], books["captured"], books["cancelled"], books["remaining"]) == (
        "AUTHORIZED",
        12_345,
        22_655,
        0,
    )
    assert [(effect["name"], effect["key"]) for effect in books["effects"]][2:] == [
        ("CAPTURED", "s1-capture"),
        ("CANCELLED", "s1-release"),
    ]


async def test_a_lost_answer_and_the_same_key_are_one_effect(bench: Bench) -> None:
    await bench.approved()
    await bench.break_line(kind="lose-answer", operation="capture")
    with pytest.raises(Exception, match="The answer was lost"):
        await bench.change("capture", 12_000, key="same")
    assert [(each["name"], each.get("idempotencyKey")) for each in (await bench.events())[2:]] == [("CAPTURED", "same")]
    assert (await bench.change("capture", 12_000, key="same")).status_code == 200
    assert sums(await bench.payment()) == (35_000, 12_000, 0, 0)


async def test_a_lost_answer_and_a_fresh_key_are_two_effects(bench: Bench) -> None:
    await bench.approved()
    await bench.break_line(kind="lose-answer", operation="capture")
    with pytest.raises(Exception, match="The answer was lost"):
        await bench.change("capture", 12_000, key="one")
    await bench.change("capture", 12_000, key="other")
    assert sums(await bench.payment()) == (35_000, 24_000, 0, 0)


async def test_a_withdrawn_offer_cannot_destroy_an_approval_that_was_first(bench: Bench) -> None:
    await bench.approved()
    assert code_of(await bench.change("cancel", cancelTransactionOnly=True)) == "6060"
    assert sums(await bench.payment()) == (35_000, 0, 0, 0)
    assert (await bench.change("cancel")).status_code == 200
    assert sums(await bench.payment()) == (35_000, 0, 35_000, 0)
