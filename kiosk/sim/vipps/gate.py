"""What every call must bring before anybody reads its body: keys, token, sales unit, headers that fit."""

import re
from typing import Literal

from starlette.requests import Request

from kiosk.sim.vipps.credentials import MSN, SUBSCRIPTION_KEY
from kiosk.sim.vipps.refusals import GatewayRefusal, Invalid, Refusal, malformed
from kiosk.sim.vipps.unit import SalesUnit

Api = Literal["epayment", "qr", "order-management"]

MSN_PATTERN = re.compile(r"[0-9]{4,7}")
SYSTEM_HEADERS = (
    "Vipps-System-Name",
    "Vipps-System-Version",
    "Vipps-System-Plugin-Name",
    "Vipps-System-Plugin-Version",
)
SYSTEM_HEADER_MAX = {"epayment": 30, "qr": 30, "order-management": 100}
KEY_MAX = 50


def admit(request: Request, unit: SalesUnit, api: Api) -> None:
    """Gateway first, then the API's own rules on headers. Raises the refusal that the caller gets to see."""
    check_subscription_key(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme != "Bearer" or not unit.tokens.valid(token, unit.now_ms()):
        raise GatewayRefusal(401, "Unauthorized. Access token is missing or invalid.")
    check_sales_unit(request, required=api != "qr")
    check_system_headers(request, SYSTEM_HEADER_MAX[api])


def check_subscription_key(request: Request) -> None:
    key = request.headers.get("ocp-apim-subscription-key")
    if key is None:
        raise GatewayRefusal(401, "Access denied due to missing subscription key. Include it when making requests.")
    if key != SUBSCRIPTION_KEY:
        raise GatewayRefusal(401, "Access denied due to invalid subscription key. Provide one of this sales unit.")


def check_sales_unit(request: Request, *, required: bool) -> None:
    msn = request.headers.get("merchant-serial-number")
    if msn is None and not required:
        return
    if msn is None or not MSN_PATTERN.fullmatch(msn):
        raise malformed(Invalid("Merchant-Serial-Number", "Required, four to seven digits."))
    if msn != MSN:
        raise Refusal(403, f"The keys are not those of sales unit {msn}.")


def check_system_headers(request: Request, longest: int) -> None:
    for name in SYSTEM_HEADERS:
        value = request.headers.get(name)
        # No source forbids an empty one; a client that sends none is right under both readings.
        if value is not None and not 1 <= len(value) <= longest:
            raise malformed(Invalid(name, f"One to {longest} characters, or leave it out."))


def idempotency_key(request: Request, *, required: bool) -> str | None:
    key = request.headers.get("idempotency-key")
    if key is None and not required:
        return None
    if not key or len(key) > KEY_MAX:
        raise malformed(Invalid("Idempotency-Key", f"Required, one to {KEY_MAX} characters."))
    return key


async def json_body(request: Request, *, wrong_type_status: int = 400) -> bytes:
    """The bytes of a body that says it is JSON."""
    body = await request.body()
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media_type != "application/json":
        raise Refusal(
            wrong_type_status, "Unsupported media type.", invalid=[Invalid("Content-Type", "Send application/json.")]
        )
    return body
