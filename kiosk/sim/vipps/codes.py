"""Addresses that lead to a payment or a printed code, and the door that serves their pictures until they die."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kiosk.sim.vipps.payment import Payment
from kiosk.sim.vipps.pictures import png, svg
from kiosk.sim.vipps.refusals import GatewayRefusal
from kiosk.sim.vipps.unit import Image, Redirect, SalesUnit

CODE_HOST = "https://qr.vipps.no"
PICTURES = "qr-image/v1"
LANDING = "landing"
SVG, PNG, TEXT = "IMAGE/SVG+XML", "IMAGE/PNG", "TEXT/TARGETURL"


def payment_content(payment: Payment) -> str:
    """What the code on the glass says."""
    return f"{CODE_HOST}/p/{payment.reference}?token={payment.token}"


def payment_url(unit: SalesUnit, payment: Payment, base_url: str) -> str:
    """`redirectUrl` of a new payment: none for PUSH_MESSAGE, a picture's address or its content for QR."""
    if payment.user_flow == "QR":
        content = payment_content(payment)
        image = Image(content, payment.qr_format, payment.qr_size, payment.expires_ms, payment)
        return _picture_url(unit, image, base_url)
    return {
        "WEB_REDIRECT": f"{base_url}{LANDING}?token={payment.token}",
        "NATIVE_REDIRECT": f"vipps://?token={payment.token}",
    }.get(payment.user_flow, "")


def redirect_url(unit: SalesUnit, code: Redirect, picture_format: str, size: int, base_url: str) -> str:
    """`url` of a printed code. The picture dies after an hour (the docs say never, the official plugin says an hour)."""
    ends_ms = unit.now_ms() + unit.rules.redirect_image_life_s * 1000
    return _picture_url(unit, Image(code.content, picture_format, size, ends_ms), base_url)


def _picture_url(unit: SalesUnit, image: Image, base_url: str) -> str:
    if image.format == TEXT:
        return image.content
    token = unit.new_id()
    unit.images[token] = image
    return f"{base_url}{PICTURES}?token={token}"


class PictureDoor:
    """Pictures need no keys; a dead one is a 404."""

    def __init__(self, unit: SalesUnit) -> None:
        self.unit = unit

    def routes(self) -> list[Route]:
        return [Route(f"/{PICTURES}", self.show, methods=["GET"])]

    async def show(self, request: Request) -> Response:
        image = self.unit.images.get(request.query_params.get("token", ""))
        if image is None or self._dead(image):
            raise GatewayRefusal(404, "This QR code does not exist or has expired.")
        if image.format == PNG:
            return Response(png(image.content, image.size), media_type="image/png")
        return Response(svg(image.content), media_type="image/svg+xml")

    def _dead(self, image: Image) -> bool:
        now_ms = self.unit.now_ms()
        if image.payment is not None:
            image.payment.advance(now_ms)
            return image.payment.state != "CREATED"
        return now_ms >= image.ends_ms
