"""The ePayment API: create, get, events, capture, cancel, refund, and the test environment's forced approval."""

import json
from collections.abc import Callable
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk.sim.vipps.bodies import read
from kiosk.sim.vipps.codes import payment_url
from kiosk.sim.vipps.gate import admit, idempotency_key, json_body
from kiosk.sim.vipps.keys import Answer, request_of
from kiosk.sim.vipps.payment import Effect, Payment
from kiosk.sim.vipps.payment_body import (
    Cancellation,
    ForcedApproval,
    Modification,
    NewPayment,
    check_modification,
    check_new,
)
from kiosk.sim.vipps.receipt_body import check_lines
from kiosk.sim.vipps.refusals import GatewayRefusal, Json, Refusal, problem, refusal
from kiosk.sim.vipps.unit import Order, SalesUnit, iso

PROBLEM_JSON = "application/problem+json"
BASE = "/epayment/v1"


class EPayment:
    def __init__(self, unit: SalesUnit) -> None:
        self.unit = unit

    def routes(self) -> list[Route]:
        one = BASE + "/payments/{reference}"
        return [
            Route(BASE + "/payments", self.create, methods=["POST"]),
            Route(one, self.get, methods=["GET"]),
            Route(one + "/events", self.events, methods=["GET"]),
            Route(one + "/capture", self.capture, methods=["POST"]),
            Route(one + "/cancel", self.cancel, methods=["POST"]),
            Route(one + "/refund", self.refund, methods=["POST"]),
            Route(BASE + "/test/payments/{reference}/approve", self.force_approve, methods=["POST"]),
        ]

    async def create(self, request: Request) -> Response:
        admit(request, self.unit, "epayment")
        key = idempotency_key(request, required=True)
        body = await json_body(request)
        reference = _reference_in(body)

        def act() -> Json:
            new = read(body, NewPayment)
            check_new(new, self.unit.rules)
            if new.reference in self.unit.payments:
                raise refusal("4150")
            payment = self._open(new, str(request.base_url), key or "")
            answer: Json = {"reference": payment.reference, "x_new_field": {"tolerate": "me"}}
            return answer | ({"redirectUrl": payment.redirect_url} if payment.redirect_url else {})

        return self._change(request, "create", reference, key, body, act)

    async def get(self, request: Request) -> Response:
        payment = self._read(request, "get")
        return JSONResponse(self._describe(payment))

    async def events(self, request: Request) -> Response:
        payment = self._read(request, "events")
        # No source promises an order, so it is not the convenient one.
        return JSONResponse([_event(payment, each) for each in reversed(payment.effects)])

    async def capture(self, request: Request) -> Response:
        return await self._modify(request, "capture", Payment.capture)

    async def refund(self, request: Request) -> Response:
        return await self._modify(request, "refund", Payment.refund)

    async def cancel(self, request: Request) -> Response:
        admit(request, self.unit, "epayment")
        key = idempotency_key(request, required=False)
        body = await json_body(request)
        reference = request.path_params["reference"]

        def act() -> Json:
            unapproved_only = read(body, Cancellation).cancel_transaction_only if body else False
            payment = self.unit.payment(reference)
            payment.cancel(unapproved_only, self.unit.now_ms(), key)
            return _modified(payment)

        return self._change(request, "cancel", reference, key, body, act)

    async def force_approve(self, request: Request) -> Response:
        admit(request, self.unit, "epayment")
        body = read(await json_body(request), ForcedApproval)
        payment = self.unit.payment(request.path_params["reference"])
        if body.customer is None and not body.token:
            raise refusal("4140")
        if body.token and body.token != payment.token:
            raise refusal("10010")
        if not payment.approve(self.unit.now_ms()):
            raise refusal("10020")
        return Response(status_code=200)

    async def _modify(
        self, request: Request, operation: str, change: Callable[[Payment, int, int, str | None], None]
    ) -> Response:
        admit(request, self.unit, "epayment")
        key = idempotency_key(request, required=True)
        body = await json_body(request)
        reference = request.path_params["reference"]

        def act() -> Json:
            value = check_modification(read(body, Modification), self.unit.rules)
            payment = self.unit.payment(reference)
            change(payment, value, self.unit.now_ms(), key)
            return _modified(payment)

        return self._change(request, operation, reference, key, body, act)

    def _change(
        self, request: Request, operation: str, reference: str, key: str | None, body: bytes, act: Callable[[], Json]
    ) -> Response:
        """Do it once for its key; a repetition gets the first answer and has no effect."""
        self._pace(operation, reference)
        asked = request_of(operation, reference, body)
        answer = self.unit.keys.recall(key, asked, self.unit.now_ms()) if key else None
        if answer is None:
            answer = self._answer(request, 201 if operation == "create" else 200, act)
            if key:
                self.unit.keys.remember(key, asked, answer, self.unit.now_ms())
        return JSONResponse(answer.body, status_code=answer.status, media_type=answer.media_type)

    def _answer(self, request: Request, status: int, act: Callable[[], Json]) -> Answer:
        try:
            return Answer(status, act(), "application/json" if status == 201 else PROBLEM_JSON)
        except Refusal as no:
            return Answer(no.status, problem(no, request.url.path, self.unit.new_trace()), PROBLEM_JSON, no.code)

    def _pace(self, operation: str, reference: str) -> None:
        if wait_s := self.unit.limits.wait_s(operation, reference, self.unit.now_ms()):
            shown = wait_s if self.unit.rules.retry_after else None
            raise GatewayRefusal(429, f"Rate limit is exceeded. Try again in {wait_s} seconds.", shown)

    def _read(self, request: Request, operation: str) -> Payment:
        admit(request, self.unit, "epayment")
        reference = request.path_params["reference"]
        self._pace(operation, reference)
        return self.unit.payment(reference)

    def _open(self, new: NewPayment, base_url: str, key: str) -> Payment:
        unit = self.unit
        payment = Payment(
            reference=new.reference,
            amount=new.amount.value,
            currency=new.amount.currency,
            user_flow=new.user_flow,
            token=unit.new_id().replace("-", ""),
            created_ms=unit.now_ms(),
            rules=unit.rules,
            next_psp_reference=unit.new_id,
            description=new.payment_description,
            return_url=new.return_url,
            metadata=new.metadata,
            qr_format=new.qr_format.format if new.qr_format else "IMAGE/SVG+XML",
            qr_size=new.qr_format.size or 1024 if new.qr_format else 1024,
        )
        if new.receipt:
            check_lines(new.receipt, check_rate=unit.rules.check_tax_rate)
            # One store for both APIs, so this receipt blocks a later one (vipps FACTS section 10, an inference).
            unit.orders["ECOM", new.reference] = Order(
                receipt=new.receipt.model_dump(by_alias=True, exclude_unset=True)
            )
        payment.redirect_url = payment_url(unit, payment, base_url)
        payment.open(key)
        unit.payments[payment.reference] = payment
        return payment

    def _describe(self, payment: Payment) -> Json:
        body = {
            **_modified(payment),
            "paymentMethod": {"type": "WALLET", "cardBin": "540185"} if payment.authorized else {"type": "WALLET"},
            "profile": {},
        }
        if payment.metadata:
            body["metadata"] = payment.metadata
        if payment.redirect_url and (payment.user_flow != "QR" or self.unit.rules.qr_url_in_get):
            body["redirectUrl"] = payment.redirect_url
        if payment.authorized:
            body["captureGuaranteedUntil"] = iso(payment.authorized_ms + self.unit.rules.guarantee_s * 1000)
        return body


def _reference_in(body: bytes) -> str:
    """What the rate limit counts by: everything without a readable reference counts as one payment."""
    with suppress(ValueError, AttributeError):
        reference = json.loads(body).get("reference")
        return reference if isinstance(reference, str) else ""
    return ""


def _money(payment: Payment, value: int) -> Json:
    return {"currency": payment.currency, "value": value}


def _modified(payment: Payment) -> Json:
    return {
        "amount": _money(payment, payment.amount),
        "state": payment.state,
        "aggregate": {
            "authorizedAmount": _money(payment, payment.authorized),
            "capturedAmount": _money(payment, payment.captured),
            "cancelledAmount": _money(payment, payment.cancelled),
            "refundedAmount": _money(payment, payment.refunded),
        },
        "pspReference": payment.psp_reference,
        "reference": payment.reference,
        "x_new_field": [1, "tolerate me"],
    }


def _event(payment: Payment, effect: Effect) -> Json:
    body: Json = {
        "reference": payment.reference,
        "pspReference": effect.psp_reference,
        "name": effect.name,
        "amount": _money(payment, effect.amount),
        "timestamp": iso(effect.utc_ms),
        "success": effect.success,
    }
    return body | ({"idempotencyKey": effect.key} if effect.key else {})
