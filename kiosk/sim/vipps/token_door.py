"""`POST /accesstoken/get`: keys against a token that lives for an hour of simulated time. Its numbers are strings."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from kiosk.sim.vipps.credentials import CLIENT_ID, CLIENT_SECRET
from kiosk.sim.vipps.gate import check_sales_unit, check_subscription_key, check_system_headers
from kiosk.sim.vipps.refusals import GatewayRefusal, azure
from kiosk.sim.vipps.unit import SalesUnit, iso

RESOURCE = "00000002-0000-0000-c000-000000000000"


class TokenDoor:
    def __init__(self, unit: SalesUnit) -> None:
        self.unit = unit

    def routes(self) -> list[Route]:
        return [Route("/accesstoken/get", self.give, methods=["POST"])]

    async def give(self, request: Request) -> JSONResponse:
        check_subscription_key(request)
        if request.headers.get("content-length") != "0" or await request.body():
            raise GatewayRefusal(411, "Length Required. Send an empty body with Content-Length: 0.")
        check_sales_unit(request, required=False)
        check_system_headers(request, 30)
        return self._refused(request) or JSONResponse(self._token(), media_type="application/json;charset=UTF-8")

    def _refused(self, request: Request) -> JSONResponse | None:
        client_id, secret = request.headers.get("client_id"), request.headers.get("client_secret")
        if client_id is None or secret is None:
            return self._azure(
                400, "invalid_request", "The request must contain 'client_id' and 'client_secret'.", 900144
            )
        if client_id != CLIENT_ID:
            return self._azure(400, "unauthorized_client", f"Application '{client_id}' was not found.", 700016)
        if secret != CLIENT_SECRET:
            return self._azure(401, "invalid_client", "Invalid client secret provided.", 7000215)
        return None

    def _azure(self, status: int, error: str, description: str, code: int) -> JSONResponse:
        when = iso(self.unit.now_ms())
        return JSONResponse(azure(error, description, code, self.unit.new_id(), when), status_code=status)

    def _token(self) -> dict[str, str]:
        now_ms, life_s = self.unit.now_ms(), self.unit.tokens.life_s
        return {
            "token_type": "Bearer",
            "expires_in": str(life_s),
            "ext_expires_in": str(life_s),
            "expires_on": str(now_ms // 1000 + life_s),
            "not_before": str(now_ms // 1000),
            "resource": RESOURCE,
            "access_token": self.unit.tokens.issue(now_ms),
            "x_new_field": "tolerate me",
        }
