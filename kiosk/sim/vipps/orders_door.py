"""Order Management v2: a receipt that can be written once, a category that can be changed, and both together."""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk.sim.vipps.bodies import read
from kiosk.sim.vipps.gate import admit, json_body
from kiosk.sim.vipps.receipt_body import Category, Receipt, check_lines
from kiosk.sim.vipps.refusals import Invalid, Json, Refusal, malformed
from kiosk.sim.vipps.unit import SalesUnit

BASE = "/order-management/v2/{payment_type}"
# The real service also takes `ecom`; whoever writes it as the spec does is right under both readings.
PAYMENT_TYPES = ("ECOM", "RECURRING")
ORDER_ID = re.compile(r"[0-9A-Za-z\-_\.]+")


class OrdersDoor:
    """It does not look whether the payment exists: details may be sent before it."""

    def __init__(self, unit: SalesUnit) -> None:
        self.unit = unit

    def routes(self) -> list[Route]:
        return [
            Route(BASE + "/receipts/{order_id}", self.receipt, methods=["POST"]),
            Route(BASE + "/categories/{order_id}", self.category, methods=["PUT"]),
            Route(BASE + "/{order_id}", self.show, methods=["GET"]),
        ]

    async def receipt(self, request: Request) -> Response:
        order_key = self._admit(request)
        receipt = read(await json_body(request), Receipt)
        check_lines(receipt, check_rate=self.unit.rules.check_tax_rate)
        order = self.unit.order(*order_key)
        if order.receipt is not None:
            raise Refusal(409, "Receipt already exists")
        order.receipt = receipt.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return JSONResponse(self.unit.new_id(), status_code=201)

    async def category(self, request: Request) -> Response:
        order_key = self._admit(request)
        category = read(await json_body(request), Category)
        self.unit.order(*order_key).category = category.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return JSONResponse(self.unit.new_id())

    async def show(self, request: Request) -> Response:
        order = self.unit.orders.get(self._admit(request))
        if order is None:
            raise Refusal(404, "Order not found")
        known: Json = {"category": order.category, "receipt": order.receipt}
        return JSONResponse({name: value for name, value in known.items() if value is not None} | {"x_new_field": 1})

    def _admit(self, request: Request) -> tuple[str, str]:
        if not self.unit.rules.order_management:
            raise Refusal(404, "Order Management is not available here")
        admit(request, self.unit, "order-management")
        payment_type, order_id = request.path_params["payment_type"], request.path_params["order_id"]
        if payment_type not in PAYMENT_TYPES:
            raise malformed(Invalid("paymentType", f"One of {', '.join(PAYMENT_TYPES)}."))
        if not ORDER_ID.fullmatch(order_id):
            raise malformed(Invalid("orderId", r"Must match ^[0-9A-Za-z-_\.]+$."))
        return payment_type, order_id
