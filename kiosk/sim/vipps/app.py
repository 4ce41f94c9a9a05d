"""The whole simulator as one ASGI application: the APIs behind the gate, the admin door, and the line in front."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from kiosk.sim.clock import SimClock
from kiosk.sim.faults import FaultPlan
from kiosk.sim.vipps.admin import AdminDoor
from kiosk.sim.vipps.codes import PictureDoor
from kiosk.sim.vipps.epayment import EPayment
from kiosk.sim.vipps.orders_door import OrdersDoor
from kiosk.sim.vipps.phone import PhoneDoor
from kiosk.sim.vipps.qr_door import QrDoor
from kiosk.sim.vipps.refusals import GatewayRefusal, Refusal, gateway, problem, validation
from kiosk.sim.vipps.rules import Market, Rules
from kiosk.sim.vipps.token_door import TokenDoor
from kiosk.sim.vipps.unit import SalesUnit
from kiosk.sim.vipps.wire import Wire

PROBLEM_JSON = "application/problem+json"


class Simulator(Starlette):
    """`unit` is what it remembers, `wire.plan` what goes wrong: both also for whoever holds it in-process.

    Called over ASGI it raises ConnectionLost where a real connection would close without an answer.
    """

    def __init__(self, clock: SimClock, rules: Rules, seed: int) -> None:
        self.unit = SalesUnit(clock, rules, seed)
        self.wire = Wire(super().__call__, clock, self.unit.tokens, FaultPlan(seed))
        doors = (TokenDoor, EPayment, OrdersDoor, QrDoor, PictureDoor, PhoneDoor)
        super().__init__(
            routes=[
                *(route for door in doors for route in door(self.unit).routes()),
                *AdminDoor(self.unit, self.wire).routes(),
            ],
            exception_handlers={Refusal: self._refuse, GatewayRefusal: _refuse_at_gateway, HTTPException: _unknown},
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.wire(scope, receive, send)

    def _refuse(self, request: Request, no: Exception) -> Response:
        assert isinstance(no, Refusal)  # noqa: S101 (what it is registered for)
        trace = self.unit.new_trace()
        if request.url.path.startswith("/epayment/"):
            body = problem(no, request.url.path, trace)
            return JSONResponse(body, status_code=no.status, media_type=PROBLEM_JSON)
        return JSONResponse(validation(no, trace), status_code=no.status)


def create_app(
    clock: SimClock,
    *,
    market: Market = "NOK",
    partial_capture: bool = True,
    push_allowed: bool = True,
    seed: int = 0,
) -> Simulator:
    """The usual sales unit. Whoever needs another switch makes a `Simulator` with `Rules` of its own."""
    return Simulator(clock, Rules(market=market, partial_capture=partial_capture, push_allowed=push_allowed), seed)


def _refuse_at_gateway(_request: Request, no: Exception) -> Response:
    assert isinstance(no, GatewayRefusal)  # noqa: S101 (what it is registered for)
    headers = {} if no.retry_after_s is None else {"Retry-After": str(no.retry_after_s)}
    return JSONResponse(gateway(no.status, no.message), status_code=no.status, headers=headers)


def _unknown(_request: Request, _error: Exception) -> Response:
    # The gateway knows operations, not paths: a wrong method is as unknown as a wrong path.
    return JSONResponse(gateway(404, "Resource not found"), status_code=404)
