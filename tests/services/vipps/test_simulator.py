"""The client and the simulator, written apart from each other, with Vipps' own OpenAPI files as the judge between them."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from kiosk.domain.fault import Fault
from kiosk.domain.outcome import Done, InDoubt, Refused
from kiosk.domain.payment import Approval
from kiosk.domain.receipt import Line, LineKind, Receipt
from kiosk.services.vipps import Format, Vipps, VippsSettings, open_vipps
from kiosk.sim.clock import SimClock
from kiosk.sim.faults import Fault as Broken
from kiosk.sim.vipps import Rules, Simulator
from tests.services.vipps.script import KEY, PNG, QUICK, REFERENCE, nok
from tests.specs import InProcess, SpecChecked

TEXT = "BLUE MOOSE · Ladepost 1. Stop code 1234."
TARGET = "https://lade.example/s/station-1"


class Hands:
    """Simulated time that stands until a test moves it."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Bench:
    vipps: Vipps
    app: Simulator
    judge: SpecChecked
    hands: Hands

    def breaks(self, **fault: object) -> None:
        self.app.wire.plan.add(Broken.model_validate(fault))

    def approve(self, reference: str = REFERENCE) -> None:
        assert self.app.unit.payment(reference).approve(self.app.unit.now_ms())

    def arrived(self, operation: str) -> int:
        return sum(1 for one in self.app.wire.arrivals if one.operation == operation)

    async def authorised(self) -> None:
        assert isinstance(await self.vipps.payments.create(REFERENCE, nok(35000), KEY, TEXT), Done)
        self.approve()


def key(number: int) -> str:
    return f"{KEY[:-2]}{number:02d}"


async def opened(rules: Rules) -> AsyncIterator[Bench]:
    hands = Hands()
    clock = SimClock(utc_ms=1_795_000_000_000, real_s=hands)
    app = Simulator(clock, rules, seed=1)
    judge = SpecChecked(InProcess(app=app))
    settings = VippsSettings.simulator("http://127.0.0.1:8080", QUICK)
    async with open_vipps(settings, lambda: clock.utc_ms() / 1000, judge) as vipps:
        yield Bench(vipps, app, judge, hands)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async for one in opened(Rules()):
        yield one


@pytest.fixture
async def bare_bench() -> AsyncIterator[Bench]:
    """A sales unit that refuses part capture and push messages."""
    async for one in opened(Rules(partial_capture=False, push_allowed=False)):
        yield one


async def test_a_session_from_the_code_on_the_glass_to_the_receipt(bench: Bench) -> None:
    payments, receipts = bench.vipps.payments, bench.vipps.receipts
    assert await payments.look(REFERENCE) == Done(None)

    created = await payments.create(REFERENCE, nok(35000), key(1), TEXT, metadata={"station": "elg"})
    assert isinstance(created, Done)
    assert (created.value.image_png or b"").startswith(PNG[:8])
    looked = await payments.look(REFERENCE)
    assert isinstance(looked, Done)
    assert looked.value is not None
    assert looked.value.approval is Approval.CREATED

    bench.approve()
    captured = await payments.capture(REFERENCE, nok(14837), key(2), remaining=nok(35000))
    assert isinstance(captured, Done)
    released = await payments.release(REFERENCE, key(3), unapproved_only=False)
    assert isinstance(released, Done)
    assert (released.value.captured, released.value.cancelled) == (nok(14837), nok(20163))
    assert not released.value.remaining
    line = Line(LineKind.ENERGY, 30_279, 49_000, nok(14837), 2500)
    assert isinstance(await receipts.send(Receipt(REFERENCE, "elg", nok(14837), (line,)), "en"), Done)
    assert isinstance(await receipts.link(REFERENCE, "https://lade.example/c/x"), Done)
    assert isinstance(await payments.refund(REFERENCE, nok(100), key(4)), Done)

    looked = await payments.look(REFERENCE)
    assert isinstance(looked, Done)
    assert looked.value is not None
    assert [(entry.name, entry.amount, entry.key) for entry in looked.value.log if entry.name != "AUTHORIZED"] == [
        ("CREATED", nok(35000), key(1)),
        ("CAPTURED", nok(14837), key(2)),
        ("CANCELLED", nok(20163), key(3)),
        ("REFUNDED", nok(100), key(4)),
    ]
    assert looked.value.capture_until_utc_ms is not None
    judged = {operation for operation, _ in bench.judge.exchanges}
    assert len(judged) >= 9, judged


async def test_every_flow_of_asking_is_one_that_the_specification_knows(bench: Bench) -> None:
    payments = bench.vipps.payments
    web = await payments.create("elg-web-1", nok(100), key(1), TEXT, "https://lade.example/c/x")
    push = await payments.create("elg-push-1", nok(100), key(2), TEXT, phone_number="4791234567")
    assert isinstance(web, Done)
    assert web.value.url.startswith("http")
    assert isinstance(push, Done)
    assert isinstance(await payments.force_approve("elg-push-1", "4791234567"), Done)
    looked = await payments.look("elg-push-1")
    assert isinstance(looked, Done)
    assert looked.value is not None
    assert looked.value.approval is Approval.AUTHORIZED


@pytest.mark.parametrize("kind", ["lose-answer", "truncate"])
async def test_a_lost_capture_answer_is_in_doubt_and_the_same_key_takes_the_money_once(bench: Bench, kind: str) -> None:
    await bench.authorised()
    bench.breaks(kind=kind, operation="capture")

    first = await bench.vipps.payments.capture(REFERENCE, nok(14837), key(2))
    assert isinstance(first, InDoubt)
    second = await bench.vipps.payments.capture(REFERENCE, nok(14837), key(2))
    assert isinstance(second, Done)
    assert second.value.captured == nok(14837)
    assert bench.arrived("capture") == 2


async def test_a_lost_create_answer_is_found_again_under_its_key(bench: Bench) -> None:
    bench.breaks(kind="lose-answer", operation="create")

    assert isinstance(await bench.vipps.payments.create(REFERENCE, nok(35000), KEY, TEXT), InDoubt)
    again = await bench.vipps.payments.create(REFERENCE, nok(35000), KEY, TEXT)
    assert isinstance(again, Done)
    assert again.value.image_png is not None
    assert len(bench.app.unit.payments) == 1


async def test_a_payment_whose_code_vipps_does_not_show_again_asks_for_a_new_reference(bench: Bench) -> None:
    await bench.vipps.payments.create(REFERENCE, nok(35000), key(1), TEXT)
    bench.breaks(kind="status", operation="create", status=409, code="4150")

    again = await bench.vipps.payments.create(REFERENCE, nok(35000), key(1), TEXT)
    assert isinstance(again, Refused)
    assert again.code == "redirect-gone"


async def test_a_phone_whose_create_answer_was_lost_is_sent_on_by_adoption(bench: Bench) -> None:
    url = "https://lade.example/c/x"
    first = await bench.vipps.payments.create(REFERENCE, nok(35000), key(1), TEXT, url)
    bench.breaks(kind="status", operation="create", status=409, code="4150")

    assert await bench.vipps.payments.create(REFERENCE, nok(35000), key(1), TEXT, url) == first


async def test_a_reference_of_somebody_else_is_not_adopted(bench: Bench) -> None:
    await bench.vipps.payments.create(REFERENCE, nok(35000), key(1), TEXT)

    same = await bench.vipps.payments.create(REFERENCE, nok(35000), key(2), TEXT)
    other = await bench.vipps.payments.create(REFERENCE, nok(20000), key(3), TEXT)
    assert isinstance(same, Refused)
    assert same.trouble.fault is Fault.PAYMENT_FOREIGN
    assert isinstance(other, Refused)
    assert other.trouble.fault is Fault.PAYMENT_MISMATCH


async def test_an_offer_is_withdrawn_unless_the_driver_was_faster(bench: Bench) -> None:
    payments = bench.vipps.payments
    await payments.create("elg-slow-1", nok(35000), key(1), TEXT)
    await payments.create("elg-fast-1", nok(35000), key(2), TEXT)
    bench.approve("elg-fast-1")

    withdrawn = await payments.release("elg-slow-1", key(3), unapproved_only=True)
    kept = await payments.release("elg-fast-1", key(4), unapproved_only=True)
    assert isinstance(withdrawn, Done)
    assert isinstance(kept, Refused)
    assert kept.code == "6060"
    assert bench.app.unit.payment("elg-fast-1").remaining == 35000


async def test_releasing_twice_is_releasing_once(bench: Bench) -> None:
    await bench.authorised()
    assert isinstance(await bench.vipps.payments.release(REFERENCE, key(2), unapproved_only=False), Done)
    assert isinstance(await bench.vipps.payments.release(REFERENCE, key(3), unapproved_only=False), Done)
    assert [effect.name for effect in bench.app.unit.payment(REFERENCE).effects].count("CANCELLED") == 1


async def test_a_fully_captured_payment_has_nothing_to_release_and_that_is_done(bench: Bench) -> None:
    await bench.authorised()
    await bench.vipps.payments.capture(REFERENCE, nok(35000), key(2))
    assert isinstance(await bench.vipps.payments.release(REFERENCE, key(3), unapproved_only=False), Done)


async def test_a_market_without_part_capture_says_so(bare_bench: Bench) -> None:
    await bare_bench.authorised()
    refused = await bare_bench.vipps.payments.capture(REFERENCE, nok(14837), key(2))
    assert isinstance(refused, Refused)
    assert (refused.trouble.fault, refused.code) == (Fault.PART_CAPTURE_REFUSED, "6140")


async def test_a_sales_unit_without_push_says_so(bare_bench: Bench) -> None:
    refused = await bare_bench.vipps.payments.create(REFERENCE, nok(100), KEY, TEXT, phone_number="4791234567")
    assert isinstance(refused, Refused)
    assert refused.code == "5080"


async def test_a_capture_after_the_deadline_is_known_as_such(bench: Bench) -> None:
    await bench.authorised()
    bench.hands.now_s += 181 * 86_400
    refused = await bench.vipps.payments.capture(REFERENCE, nok(14837), key(2))
    assert isinstance(refused, Refused)
    assert refused.trouble.fault is Fault.DEADLINE_PASSED


async def test_the_local_budget_is_used_up_before_that_of_vipps(bench: Bench) -> None:
    await bench.authorised()
    bench.breaks(kind="status", operation="capture", status=503, count=None)
    outcomes = [await bench.vipps.payments.capture(REFERENCE, nok(14837), key(2)) for _ in range(8)]

    assert all(isinstance(one, InDoubt) for one in outcomes)
    assert bench.arrived("capture") == 4
    assert 429 not in [one.status for one in bench.app.wire.arrivals]
    last = outcomes[-1]
    assert isinstance(last, InDoubt)
    bench.hands.now_s += last.retry_after_s or 0
    bench.app.wire.plan.clear()
    assert isinstance(await bench.vipps.payments.capture(REFERENCE, nok(14837), key(2)), Done)


async def test_ten_minutes_of_polling_stay_within_the_budget(bench: Bench) -> None:
    await bench.vipps.payments.create(REFERENCE, nok(35000), key(1), TEXT)
    for _ in range(300):
        bench.hands.now_s += 2
        assert isinstance(await bench.vipps.payments.look(REFERENCE), Done)
    looked = await bench.vipps.payments.look(REFERENCE)
    assert isinstance(looked, Done)
    assert looked.value is not None
    assert looked.value.approval is Approval.EXPIRED


async def test_a_token_that_ends_or_is_revoked_is_replaced_unseen(bench: Bench) -> None:
    await bench.authorised()
    bench.breaks(kind="revoke-tokens", operation="capture")
    assert isinstance(await bench.vipps.payments.capture(REFERENCE, nok(14837), key(2)), Done)
    assert bench.arrived("token") == 2
    bench.hands.now_s += 3500
    assert isinstance(await bench.vipps.payments.look(REFERENCE), Done)
    assert bench.arrived("token") == 3


SHAPES = [
    "problem", "problem-text-status", "validation", "gateway", "azure", "plain", "message", "errors", "error",
    "response-info", "error-info", "strings", "objects", "html", "truncated", "empty",
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_shape_of_a_failure_is_in_doubt_and_every_shape_of_a_no_is_a_no(bench: Bench, shape: str) -> None:
    await bench.authorised()
    bench.breaks(kind="status", operation="capture", status=500, shape=shape, text="injected words")
    bench.breaks(kind="status", operation="capture", status=400, shape=shape, text="injected words", skip=1)

    doubt = await bench.vipps.payments.capture(REFERENCE, nok(14837), key(2))
    no = await bench.vipps.payments.capture(REFERENCE, nok(14837), key(2))
    assert isinstance(doubt, InDoubt)
    assert isinstance(no, InDoubt if shape == "html" else Refused)
    if shape not in ("empty", "truncated"):
        assert "injected words" in doubt.trouble.detail
        assert "injected words" in no.trouble.detail


async def test_a_receipt_is_written_once_and_a_second_one_is_compared(bench: Bench) -> None:
    line = Line(LineKind.ENERGY, 30_279, 49_000, nok(14837), 2500)
    receipt = Receipt(REFERENCE, "elg", nok(14837), (line,))
    other = Receipt(REFERENCE, "elg", nok(100), (Line(LineKind.SESSION, 1, 10_000, nok(100), 2500),))
    bench.breaks(kind="lose-answer", operation="receipt")

    assert isinstance(await bench.vipps.receipts.send(receipt, "en"), InDoubt)
    assert await bench.vipps.receipts.send(receipt, "en") == Done("exists")
    refused = await bench.vipps.receipts.send(other, "en")
    assert isinstance(refused, Refused)
    assert refused.trouble.fault is Fault.RECEIPT_DIFFERS


@pytest.mark.parametrize("vat_bp", [0, 1200, 2500, 2550])
async def test_every_tax_rate_makes_a_receipt_that_is_taken(bench: Bench, vat_bp: int) -> None:
    for gross in (0, 1, 2, 3, 7, 99, 14837, 65_000_000):
        line = Line(LineKind.IDLE, 61, 5_000, nok(gross), vat_bp)
        receipt = Receipt(f"elg-{vat_bp}-{gross:08d}", "elg", nok(gross), (line,))
        sent = await bench.vipps.receipts.send(receipt, "en")
        assert isinstance(sent, Done), sent


async def test_a_printed_code_lives_through_its_life(bench: Bench) -> None:
    qr = bench.vipps.qr
    made = await qr.create("station-1", TARGET)
    assert isinstance(made, Done)
    assert (made.value.image or b"").startswith(PNG[:8])
    assert isinstance(await qr.create("station-1", TARGET), Done)
    differs = await qr.create("station-1", TARGET + "2")
    assert isinstance(differs, Refused)
    assert differs.code == "exists-differently"

    drawn = await qr.get("station-1", Format.SVG)
    content = await qr.get("station-1", Format.TARGET)
    assert isinstance(drawn, Done)
    assert b"<svg" in (drawn.value.image or b"")
    assert isinstance(content, Done)
    assert content.value.image is None
    moved = await qr.repoint("station-1", TARGET + "2")
    assert isinstance(moved, Done)
    assert moved.value.target == TARGET + "2"
    again = await qr.get("station-1", Format.TARGET)
    assert isinstance(again, Done)
    assert again.value.content == content.value.content
    listed = await qr.list()
    assert isinstance(listed, Done)
    assert [(one.id, one.target) for one in listed.value] == [("station-1", TARGET + "2")]
    assert await qr.delete("station-1", mounted_code_never_works_again=True) == Done(None)
    assert isinstance(await qr.get("station-1"), Refused)


async def test_wrong_keys_are_known_before_anything_is_sold(bench: Bench) -> None:
    assert isinstance(await bench.vipps.check_keys(), Done)
    bench.breaks(kind="status", operation="token", status=401, shape="azure", text="AADSTS7000215")
    refused = await bench.vipps.check_keys()
    assert isinstance(refused, Refused)
    assert refused.trouble.fault is Fault.VIPPS_KEYS
