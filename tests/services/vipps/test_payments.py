"""Look, capture, release, refund: what is believed, what is refused, and what stays in doubt."""

import inspect
import json
from typing import Any

import pytest

from kiosk.domain.fault import Fault
from kiosk.domain.outcome import Done, InDoubt, Refused
from kiosk.domain.payment import Account, Approval, LogEntry, Payment
from kiosk.flow import ports
from kiosk.services.vipps import Payments, Receipts, Vipps
from tests.services.vipps.script import (
    KEY,
    REFERENCE,
    Reply,
    Script,
    adjusted,
    event,
    money,
    nok,
    paid,
    problem,
    real_settings,
    says,
)

PAYMENT = f"/payments/{REFERENCE}"


@pytest.mark.parametrize(("port", "made"), [(ports.Payments, Payments), (ports.Receipts, Receipts)])
def test_this_is_what_the_flow_asks_for(port: type, made: type) -> None:
    asked = {name: inspect.signature(one) for name, one in vars(port).items() if inspect.iscoroutinefunction(one)}
    assert asked
    for name, wanted in asked.items():
        given = list(inspect.signature(getattr(made, name)).parameters.values())
        assert [one.name for one in given][: len(wanted.parameters)] == list(wanted.parameters)
        assert all(one.default is not one.empty for one in given[len(wanted.parameters) :])


def fits(vipps: Vipps) -> tuple[ports.Payments, ports.Receipts]:
    """For mypy, which compares the types."""
    return vipps.payments, vipps.receipts


def account(authorized: int = 0, captured: int = 0, cancelled: int = 0, refunded: int = 0) -> Account:
    return Account(nok(authorized), nok(captured), nok(cancelled), nok(refunded))


async def test_a_payment_and_its_log_are_read_as_one(script: Script) -> None:
    body = paid(
        authorized=35000,
        captured=14837,
        redirectUrl="https://x.example",
        captureGuaranteedUntil="2026-11-28T10:00:00.1234567+01:00",
        metadata={"a": "b"},
        fromTheFuture={"x": [1]},
    )
    log = [
        event("CAPTURED", 14837, 30, idempotencyKey=KEY, more="fields"),
        event("AUTHORIZED", 35000, 20),
        event("PONDERED", 0, 25, success=False),
        event("CREATED", 35000, 10, timestamp="2026-11-21T10:00:10.5678901Z"),
    ]
    script.on("GET", PAYMENT, says(200, body)).on("GET", "/events", says(200, log))
    async with script.open() as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    at_ms = 1_795_255_200_000
    assert outcome == Done(
        Payment(
            REFERENCE,
            nok(35000),
            Approval.AUTHORIZED,
            account(35000, 14837),
            (
                LogEntry("CREATED", nok(35000), at_ms + 10_567, True, None, "psp-CREATED"),
                LogEntry("AUTHORIZED", nok(35000), at_ms + 20_000, True, None, "psp-AUTHORIZED"),
                LogEntry("PONDERED", nok(0), at_ms + 25_000, False, None, "psp-PONDERED"),
                LogEntry("CAPTURED", nok(14837), at_ms + 30_000, True, KEY, "psp-CAPTURED"),
            ),
            "https://x.example",
            at_ms + 6 * 86_400_000 + 23 * 3_600_000 + 123,
        )
    )
    assert len(script.sent("GET", PAYMENT)) == 1


@pytest.fixture
def script() -> Script:
    return Script().on("GET", PAYMENT, says(200, paid())).on("GET", "/events", says(200, []))


async def test_sums_that_are_older_than_the_log_are_read_again(script: Script) -> None:
    script.on("GET", PAYMENT, says(200, paid(authorized=35000)), says(200, paid(authorized=35000, captured=100)))
    script.on("GET", "/events", says(200, [event("CAPTURED", 100)]))
    async with script.open() as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, Done)
    assert outcome.value is not None
    assert outcome.value.account.captured == nok(100)


async def test_a_state_that_nobody_knows_is_unknown_and_not_an_error(script: Script) -> None:
    script.on("GET", PAYMENT, says(200, paid(state="PONDERING")))
    async with script.open() as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, Done)
    assert outcome.value is not None
    assert outcome.value.approval is Approval.UNKNOWN


@pytest.mark.parametrize("reply", [problem(404, "5090"), problem(404)])
async def test_a_payment_that_vipps_does_not_know_is_none(script: Script, reply: Reply) -> None:
    script.on("GET", PAYMENT, reply)
    async with script.open() as vipps:
        assert await vipps.payments.look(REFERENCE) == Done(None)


@pytest.mark.parametrize(
    ("reply", "answer"),
    [
        (says(404, text="<h1>404 Hotel</h1>"), InDoubt),
        (says(404), Refused),
        (says(404, {"statusCode": 404, "message": "Resource not found"}), Refused),
        (problem(404, "7010"), Refused),
    ],
)
async def test_a_404_of_somebody_else_is_not_vipps_word_that_a_payment_does_not_exist(
    script: Script, reply: Reply, answer: type
) -> None:
    script.on("GET", PAYMENT, reply)
    async with script.open() as vipps:
        outcome = await vipps.payments.look(REFERENCE)
    assert isinstance(outcome, answer)


# fmt: off
UNBELIEVABLE: list[dict[str, Any]] = [
    {"reference": "elg-261121-another000"},
    {"aggregate": {**paid()["aggregate"], "capturedAmount": money(0, "DKK")}},
    {"aggregate": {**paid()["aggregate"], "capturedAmount": money(-1)}},
    {"aggregate": {**paid()["aggregate"], "capturedAmount": {"currency": "NOK", "value": "100"}}},
    {"aggregate": {**paid()["aggregate"], "capturedAmount": {"currency": "NOK", "value": 1.5}}},
    {"aggregate": {**paid()["aggregate"], "capturedAmount": {"currency": "SEK", "value": 1}}},
    {"aggregate": None},
    {"state": None},
    {"amount": 35000},
]
# fmt: on


@pytest.mark.parametrize("change", UNBELIEVABLE)
async def test_an_account_that_cannot_be_believed_is_in_doubt(script: Script, change: dict[str, Any]) -> None:
    script.on("GET", PAYMENT, says(200, {**paid(), **change}))
    async with script.open() as vipps:
        assert isinstance(await vipps.payments.look(REFERENCE), InDoubt)


async def test_a_log_of_another_payment_is_in_doubt(script: Script) -> None:
    script.on("GET", "/events", says(200, [event("CREATED", reference="elg-261121-another000")]))
    async with script.open() as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is Fault.PAYMENT_MISMATCH


async def test_an_unreadable_answer_names_the_field_and_not_its_content(script: Script) -> None:
    script.on("GET", PAYMENT, says(200, {**paid(), "amount": {"currency": "NOK", "value": "private"}}))
    async with script.open() as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, InDoubt)
    assert "amount.value" in outcome.trouble.detail
    assert "private" not in outcome.trouble.detail


async def test_a_capture_takes_part_of_the_hold_and_believes_the_sums(script: Script) -> None:
    script.on("POST", "/capture", says(200, adjusted(authorized=35000, captured=14837)))
    async with script.open() as vipps:
        outcome = await vipps.payments.capture(REFERENCE, nok(14837), KEY, remaining=nok(35000))

    sent = script.sent("POST", "/capture")[0]
    assert outcome == Done(account(35000, 14837))
    assert sent.url.path == f"/epayment/v1/payments/{REFERENCE}/capture"
    assert json.loads(sent.content) == {"modificationAmount": {"currency": "NOK", "value": 14837}}


@pytest.mark.parametrize(("amount", "remaining"), [(101, 100), (0, 100), (-1, None), (1, 0)])
async def test_more_than_what_remains_is_never_asked_for(script: Script, amount: int, remaining: int | None) -> None:
    async with script.open() as vipps:
        left = None if remaining is None else nok(remaining)
        captured = await vipps.payments.capture(REFERENCE, nok(amount), KEY, left)
        refunded = await vipps.payments.refund(REFERENCE, nok(amount), KEY, left)

    assert isinstance(captured, Refused)
    assert isinstance(refunded, Refused)
    assert (captured.code, refunded.code) == ("6090", "6150")
    assert script.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        adjusted(authorized=35000, captured=99),
        adjusted(authorized=35000, captured=100, reference="elg-261121-another000"),
        adjusted(authorized=35000, captured=100, amount=money(35000, "DKK")),
    ],
)
async def test_a_yes_that_the_sums_do_not_bear_out_is_in_doubt(script: Script, answer: dict[str, Any]) -> None:
    script.on("POST", "/capture", says(200, answer)).on("POST", "/refund", says(200, answer))
    async with script.open() as vipps:
        captured = await vipps.payments.capture(REFERENCE, nok(100), KEY)
        refunded = await vipps.payments.refund(REFERENCE, nok(100), KEY[:-1] + "2")

    for outcome in (captured, refunded):
        assert isinstance(outcome, InDoubt)
        assert outcome.trouble.fault is Fault.PAYMENT_MISMATCH


# fmt: off
NOES = [
    (problem(400, "6140"), Fault.PART_CAPTURE_REFUSED, "6140"),
    (problem(400, "6100"), Fault.DEADLINE_PASSED,      "6100"),
    (problem(404, "5090"), Fault.PAYMENT_UNKNOWN,      "5090"),
    (problem(400, "6260"), Fault.CAPTURE_REFUSED,      "6260"),
    (problem(400),         Fault.CAPTURE_REFUSED,      "http-400"),
    (problem(401),         Fault.VIPPS_KEYS,           "http-401"),
    (says(403, {"statusCode": 403, "message": "no"}), Fault.VIPPS_KEYS, "http-403"),
]
# fmt: on


@pytest.mark.parametrize(("reply", "fault", "code"), NOES)
async def test_a_definitive_no_has_the_fault_of_who_must_act(
    script: Script, reply: Reply, fault: Fault, code: str
) -> None:
    script.on("POST", "/capture", reply)
    async with script.open() as vipps:
        outcome = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(outcome, Refused)
    assert (outcome.trouble.fault, outcome.code) == (fault, code)


@pytest.mark.parametrize(
    ("unapproved_only", "answer"),
    [
        (True, adjusted(cancelled=35000, state="TERMINATED")),
        (False, adjusted(cancelled=35000, state="TERMINATED")),
        (False, adjusted(authorized=35000, captured=14837, cancelled=20163)),
    ],
)
async def test_a_release_says_whether_it_may_destroy_an_approval(
    script: Script, unapproved_only: bool, answer: dict[str, Any]
) -> None:
    script.on("POST", "/cancel", says(200, answer))
    async with script.open() as vipps:
        outcome = await vipps.payments.release(REFERENCE, KEY, unapproved_only)

    sent = script.sent("POST", "/cancel")[0]
    assert isinstance(outcome, Done)
    assert json.loads(sent.content) == {"cancelTransactionOnly": unapproved_only}
    assert sent.headers["Idempotency-Key"] == KEY


@pytest.mark.parametrize(
    ("unapproved_only", "answer"),
    [(True, adjusted(authorized=35000)), (True, adjusted()), (False, adjusted(authorized=35000, cancelled=1))],
)
async def test_a_release_that_released_nothing_is_in_doubt(
    script: Script, unapproved_only: bool, answer: dict[str, Any]
) -> None:
    script.on("POST", "/cancel", says(200, answer))
    async with script.open() as vipps:
        assert isinstance(await vipps.payments.release(REFERENCE, KEY, unapproved_only), InDoubt)


async def test_an_approval_that_came_first_is_kept_and_said(script: Script) -> None:
    script.on("POST", "/cancel", problem(400, "6060"))
    async with script.open() as vipps:
        outcome = await vipps.payments.release(REFERENCE, KEY, unapproved_only=True)

    assert isinstance(outcome, Refused)
    assert (outcome.trouble.fault, outcome.code) == (Fault.RELEASE_REFUSED, "6060")


@pytest.mark.parametrize("code", ["6040", "6050", "6190"])
@pytest.mark.parametrize(
    "found",
    [
        paid(authorized=35000, captured=35000),
        paid(authorized=35000, captured=100, cancelled=34900),
        paid(cancelled=35000, state="TERMINATED"),
    ],
)
async def test_a_release_of_what_is_released_is_done(script: Script, code: str, found: dict[str, Any]) -> None:
    script.on("POST", "/cancel", problem(400, code)).on("GET", PAYMENT, says(200, found))
    async with script.open() as vipps:
        assert isinstance(await vipps.payments.release(REFERENCE, KEY, unapproved_only=False), Done)


@pytest.mark.parametrize("found", [says(200, paid(authorized=35000)), problem(404, "5090")])
async def test_a_release_that_is_refused_while_money_is_held_stays_refused(script: Script, found: Reply) -> None:
    script.on("POST", "/cancel", problem(400, "6050")).on("GET", PAYMENT, found)
    async with script.open() as vipps:
        outcome = await vipps.payments.release(REFERENCE, KEY, unapproved_only=False)

    assert isinstance(outcome, Refused)
    assert outcome.code == "6050"


async def test_a_refund_gives_back(script: Script) -> None:
    script.on("POST", "/refund", says(200, adjusted(authorized=35000, captured=35000, refunded=500)))
    async with script.open() as vipps:
        outcome = await vipps.payments.refund(REFERENCE, nok(500), KEY, refundable=nok(35000))

    assert outcome == Done(account(35000, 35000, 0, 500))


async def test_approving_by_force_works_in_test_and_sends_the_number_as_text(script: Script) -> None:
    script.on("POST", "/approve", says(200))
    async with script.open(real_settings("test")) as vipps:
        assert await vipps.payments.force_approve(REFERENCE, "4791234567") == Done(None)

    sent = script.sent("POST", "/approve")[0]
    assert sent.url.path == f"/epayment/v1/test/payments/{REFERENCE}/approve"
    assert json.loads(sent.content) == {"customer": {"phoneNumber": "4791234567"}}


@pytest.mark.parametrize(
    ("environment", "base_url"),
    [
        ("production", "https://api.vipps.no"),
        ("test", "https://api.vipps.no"),
        ("simulator", "https://API.vipps.no."),
        ("production", "https://proxy.example"),
    ],
)
async def test_approving_by_force_never_reaches_production_whatever_the_settings_say(
    script: Script, environment: str, base_url: str
) -> None:
    settings = real_settings("production")
    object.__setattr__(settings, "environment", environment)
    object.__setattr__(settings, "base_url", base_url)
    async with script.open(settings) as vipps:
        outcome = await vipps.payments.force_approve(REFERENCE, "4791234567")

    assert isinstance(outcome, Refused)
    assert outcome.code == "not-sent"
    assert script.requests == []


async def test_a_success_counts_by_its_status_not_by_its_type(script: Script) -> None:
    """The specification declares these successes as problem+json, and so does the script."""
    script.on("POST", "/capture", says(200, adjusted(authorized=35000, captured=100), Content_Type="text/plain"))
    async with script.open() as vipps:
        assert isinstance(await vipps.payments.capture(REFERENCE, nok(100), KEY), Done)


@pytest.mark.parametrize("reference", ["elg/../../x", "elg 261121", "NO*ABC*E1", "../accesstoken/get"])
async def test_a_reference_that_is_none_never_becomes_a_path(script: Script, reference: str) -> None:
    async with script.open() as vipps:
        outcomes = [
            await vipps.payments.look(reference),
            await vipps.payments.capture(reference, nok(100), KEY),
            await vipps.payments.release(reference, KEY, unapproved_only=True),
        ]

    assert all(isinstance(one, Refused) and one.code == "not-sent" for one in outcomes)
    assert script.requests == []
