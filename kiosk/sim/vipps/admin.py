"""The admin door at `/_sim`: be the customer, be somebody in the portal, see the books, break the line, turn the clock."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Literal, TypeVar
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk.sim.faults import Fault
from kiosk.sim.vipps.codes import payment_content
from kiosk.sim.vipps.ledger import ledger
from kiosk.sim.vipps.payment import Payment
from kiosk.sim.vipps.refusals import CODES, Json, Refusal
from kiosk.sim.vipps.unit import SalesUnit
from kiosk.sim.vipps.wire import Wire

T = TypeVar("T")
FAULTS: TypeAdapter[list[Fault]] = TypeAdapter(list[Fault])


class Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Approval(Wish):
    after_s: Annotated[float, Field(ge=0)] = 0


class PortalAct(Wish):
    """What somebody in the portal does. `value` None is all that is left; `key` is somebody else's."""

    value: Annotated[int, Field(gt=0)] | None = None
    key: str | None = None


class Failure(Wish):
    operation: Literal["capture", "cancel", "refund"]
    code: str


class Rate(Wish):
    rate: Annotated[float, Field(gt=0, le=100_000)]


class Scan(Wish):
    content: str


class AdminDoor:
    def __init__(self, unit: SalesUnit, wire: Wire) -> None:
        self.unit = unit
        self.wire = wire

    def routes(self) -> list[Route]:
        one = "/_sim/payments/{reference}"
        acts: dict[str, Callable[[Request], Awaitable[Response]]] = {
            "approve": self.approve,
            "reject": self.reject,
            "ignore": self.ignore,
            "capture": self.capture,
            "cancel": self.cancel,
            "refund": self.refund,
            "fail-next": self.fail_next,
        }
        return [
            Route("/_sim/payments", guarded(self.payments)),
            *(Route(f"{one}/{name}", guarded(act), methods=["POST"]) for name, act in acts.items()),
            Route("/_sim/scan", guarded(self.scan), methods=["POST"]),
            Route("/_sim/ledger", guarded(self.ledger)),
            Route("/_sim/requests", guarded(self.requests)),
            Route("/_sim/clock", guarded(self.clock), methods=["GET", "PUT"]),
            Route("/_sim/faults", guarded(self.faults), methods=["GET", "POST", "DELETE"]),
        ]

    async def payments(self, _request: Request) -> Response:
        return JSONResponse([self._describe(payment) for payment in self.unit.all_payments()])

    async def approve(self, request: Request) -> Response:
        payment, wish = self._payment(request), await wish_of(request, Approval)
        if wish.after_s and payment.state == "CREATED":
            payment.approve_at_ms = self.unit.now_ms() + round(wish.after_s * 1000)
            return JSONResponse(self._describe(payment))
        return self._told(payment, payment.approve(self.unit.now_ms()))

    async def reject(self, request: Request) -> Response:
        payment = self._payment(request)
        return self._told(payment, payment.reject(self.unit.now_ms()))

    async def ignore(self, request: Request) -> Response:
        """The customer walks away: nothing happens any more, also not what was scheduled."""
        payment = self._payment(request)
        payment.ignored, payment.approve_at_ms = True, None
        return JSONResponse(self._describe(payment))

    async def capture(self, request: Request) -> Response:
        payment, wish = self._payment(request), await wish_of(request, PortalAct)
        payment.capture(wish.value or payment.remaining, self.unit.now_ms(), wish.key)
        return JSONResponse(self._describe(payment))

    async def cancel(self, request: Request) -> Response:
        payment, wish = self._payment(request), await wish_of(request, PortalAct)
        payment.cancel(False, self.unit.now_ms(), wish.key)
        return JSONResponse(self._describe(payment))

    async def refund(self, request: Request) -> Response:
        payment, wish = self._payment(request), await wish_of(request, PortalAct)
        payment.refund(wish.value or payment.captured - payment.refunded, self.unit.now_ms(), wish.key)
        return JSONResponse(self._describe(payment))

    async def fail_next(self, request: Request) -> Response:
        """The next such operation is refused with `code`, and stands in the event log as failed."""
        payment, wish = self._payment(request), await wish_of(request, Failure)
        if wish.code not in CODES:
            raise ValueError(f"Code {wish.code} is unknown. Known: {', '.join(CODES)}.")
        payment.fail_next[wish.operation] = wish.code
        return JSONResponse(self._describe(payment))

    async def scan(self, request: Request) -> Response:
        """What a phone does with the content of a code: a payment in the app, or the page behind a label."""
        content = (await wish_of(request, Scan)).content
        for payment in self.unit.all_payments():
            if content in (payment_content(payment), payment.redirect_url):
                return JSONResponse({"payment": payment.reference, "state": payment.state})
        for code_id in self.unit.redirects:
            if (code := self.unit.redirect(code_id)) and code.content == content:
                return JSONResponse({"redirect": code.redirect_url, "id": code.id})
        return JSONResponse({"error": "This code leads nowhere."}, status_code=404)

    async def ledger(self, _request: Request) -> Response:
        return JSONResponse(ledger(self.unit))

    async def requests(self, _request: Request) -> Response:
        return JSONResponse([asdict(arrival) for arrival in self.wire.arrivals])

    async def clock(self, request: Request) -> Response:
        clock = self.unit.clock
        if request.method == "PUT":
            clock.set_rate((await wish_of(request, Rate)).rate)
        return JSONResponse({"utc_ms": clock.utc_ms(), "rate": clock.rate})

    async def faults(self, request: Request) -> Response:
        """POST takes one fault or a list of them and adds it to the plan; DELETE clears the plan."""
        if request.method == "DELETE":
            self.wire.plan.clear()
        if request.method == "POST":
            wishes = await _json(request)
            for fault in FAULTS.validate_python(wishes if isinstance(wishes, list) else [wishes]):
                self.wire.plan.add(fault)
        return JSONResponse([fault.model_dump() for fault in self.wire.plan.faults])

    def _payment(self, request: Request) -> Payment:
        return self.unit.payment(request.path_params["reference"])

    def _told(self, payment: Payment, done: bool) -> Response:
        if done:
            return JSONResponse(self._describe(payment))
        no = f"Payment {payment.reference} is {payment.state} already."
        return JSONResponse({"error": no, "state": payment.state}, status_code=409)

    def _describe(self, payment: Payment) -> Json:
        token = parse_qs(urlsplit(payment.redirect_url).query).get("token", [""])[0]
        return {
            "reference": payment.reference,
            "state": payment.state,
            "amount": payment.amount,
            "currency": payment.currency,
            "description": payment.description,
            "metadata": payment.metadata,
            "user_flow": payment.user_flow,
            "redirect_url": payment.redirect_url,
            "content": payment_content(payment),
            "token": token,
            "return_url": payment.return_url,
            "ignored": payment.ignored,
            "created_utc_ms": payment.created_ms,
            "expires_utc_ms": payment.expires_ms,
            "captured": payment.captured,
            "cancelled": payment.cancelled,
            "refunded": payment.refunded,
        }


W = TypeVar("W", bound=Wish)


async def wish_of(request: Request, model: type[W]) -> W:
    """The wish in the body; no body is a wish for the defaults."""
    return model.model_validate(await _json(request))


async def _json(request: Request) -> object:
    try:
        return json.loads(await request.body() or b"{}")
    except ValueError:
        raise ValueError("The body is not JSON. Send an object, such as {}.") from None


def guarded(endpoint: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """Say in one line what is wrong with a wish."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as no:
            return JSONResponse({"error": no.title, "code": no.code}, status_code=no.status)
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()]
            return JSONResponse({"error": "; ".join(wrong)}, status_code=400)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return answer
