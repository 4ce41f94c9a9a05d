"""The QR API's merchant redirects: the code that is printed on the label and sends a phone to the merchant's page."""

from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk.sim.vipps.bodies import Body, read
from kiosk.sim.vipps.codes import CODE_HOST, PNG, SVG, TEXT, redirect_url
from kiosk.sim.vipps.gate import admit, json_body
from kiosk.sim.vipps.refusals import Invalid, Json, Refusal, malformed
from kiosk.sim.vipps.unit import Redirect, SalesUnit

BASE = "/qr/v1/merchant-redirect"
FORMATS = {"image/*": SVG, "image/svg+xml": SVG, "image/png": PNG, "text/targetUrl": TEXT}
DEFAULT_SIZE = 1024  # 800 in an older guide
SMALLEST, LARGEST = 100, 2000

Target = Annotated[str, Field(pattern=r"^https:\/\/[\w\.]+([\w#!:.?+=&%@\-\/]+)?$")]


class NewRedirect(Body):
    id: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[-_+%æøåÆØÅ\w\s]*$")]
    redirect_url: Target
    ttl: Annotated[int, Field(ge=300, le=2147483647)] | None = None


class NewTarget(Body):
    redirect_url: Target


class QrDoor:
    def __init__(self, unit: SalesUnit) -> None:
        self.unit = unit

    def routes(self) -> list[Route]:
        return [
            Route(BASE, self.create, methods=["POST"]),
            Route(BASE, self.show_all, methods=["GET"]),
            Route(BASE + "/{id}", self.show, methods=["GET"]),
            Route(BASE + "/{id}", self.repoint, methods=["PUT"]),
            Route(BASE + "/{id}", self.delete, methods=["DELETE"]),
        ]

    async def create(self, request: Request) -> Response:
        wanted = self._admit(request)
        new = read(await json_body(request, wrong_type_status=415), NewRedirect)
        if self.unit.redirect(new.id):
            return JSONResponse({"id": new.id}, status_code=409)
        ends_ms = None if new.ttl is None else self.unit.now_ms() + new.ttl * 1000
        # A deleted id can be made again, but its code is another one: what was printed is dead.
        code = Redirect(new.id, new.redirect_url, f"{CODE_HOST}/r/{self.unit.new_id()}", ends_ms)
        self.unit.redirects[new.id] = code
        return JSONResponse(self._describe(request, code, wanted))

    async def show_all(self, request: Request) -> Response:
        wanted = self._admit(request)
        living = [code for each in self.unit.redirects if (code := self.unit.redirect(each))]
        return JSONResponse([self._describe(request, code, wanted) for code in living])

    async def show(self, request: Request) -> Response:
        wanted = self._admit(request)
        return JSONResponse(self._describe(request, self._find(request), wanted))

    async def repoint(self, request: Request) -> Response:
        wanted = self._admit(request)
        code = self._find(request)
        code.redirect_url = read(await json_body(request, wrong_type_status=415), NewTarget).redirect_url
        return JSONResponse(self._describe(request, code, wanted))

    async def delete(self, request: Request) -> Response:
        admit(request, self.unit, "qr")
        del self.unit.redirects[self._find(request).id]
        return Response(status_code=200)

    def _find(self, request: Request) -> Redirect:
        if code := self.unit.redirect(request.path_params["id"]):
            return code
        raise Refusal(404, "Merchant redirect QR not found")

    def _admit(self, request: Request) -> tuple[str, int]:
        """The format and size that the caller wants, once it is let in."""
        admit(request, self.unit, "qr")
        wanted = FORMATS.get(request.headers.get("accept", ""))
        if wanted is None:
            raise Refusal(415, "Unsupported media type", invalid=[Invalid("Accept", f"One of {', '.join(FORMATS)}.")])
        size = request.headers.get("size")
        if size is None:
            return wanted, DEFAULT_SIZE
        if wanted != PNG or not size.isascii() or not size.isdigit() or not SMALLEST <= int(size) <= LARGEST:
            raise malformed(Invalid("Size", f"A number from {SMALLEST} to {LARGEST}, for image/png only."))
        return wanted, int(size)

    def _describe(self, request: Request, code: Redirect, wanted: tuple[str, int]) -> Json:
        expires_in = -1 if code.ends_ms is None else (code.ends_ms - self.unit.now_ms()) // 1000
        return {
            "id": code.id,
            "url": redirect_url(self.unit, code, *wanted, str(request.base_url)),
            "redirectUrl": code.redirect_url,
            "expiresIn": expires_in,
            "x_new_field": None,
        }
