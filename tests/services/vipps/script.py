"""A Vipps that says what the test tells it to, and remembers what it was asked."""

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from kiosk.domain.money import Currency, Money
from kiosk.services.vipps import Timing, Vipps, VippsSettings, open_vipps

Reply = Callable[[httpx.Request], Awaitable[httpx.Response]]

BASE = "http://127.0.0.1:1"
REFERENCE = "elg-261121-abcdefghjk"
KEY = "5f0f2f9e-0f5b-5c51-8f5c-000000000001"
PNG = b"\x89PNG\r\n\x1a\n" + b"picture"
IMAGE_URL = "https://qr-image.vipps.no/v1?token=picture-token"
QUICK = Timing(connect_s=2.0, attempt_s=5.0, total_s=8.0, read_pauses_s=(0.0, 0.0))
HASTY = Timing(connect_s=0.2, attempt_s=0.15, total_s=0.4, read_pauses_s=(0.0, 0.0))


def says(status: int, body: Any = None, *, text: str | None = None, **headers: str) -> Reply:
    """One answer, made anew each time."""

    async def reply(request: httpx.Request) -> httpx.Response:
        content = json.dumps(body).encode() if text is None and body is not None else (text or "").encode()
        kind = "text/html" if text is not None else "application/problem+json"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, content=content, headers={"Content-Type": kind, **named})

    return reply


def picture(content: bytes = PNG) -> Reply:
    async def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, content=content, headers={"Content-Type": "image/png"})

    return reply


def breaks(error: type[httpx.TransportError] = httpx.ReadError) -> Reply:
    async def reply(request: httpx.Request) -> httpx.Response:
        raise error("the line was cut", request=request)

    return reply


def hangs() -> Reply:
    async def reply(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    return reply


class Script:
    """Routes by method and the end of the path; the last reply of a route is repeated."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.now_s = 1_795_000_000.0
        self.tokens = 0
        self._news = asyncio.Event()
        self._routes: dict[tuple[str, str], deque[Reply]] = {}
        self.on("POST", "/accesstoken/get", self.token())

    def token(self, life_s: int = 3600) -> Reply:
        async def reply(request: httpx.Request) -> httpx.Response:
            self.tokens += 1
            body = {
                "token_type": "Bearer",
                "expires_in": str(life_s),
                "ext_expires_in": str(life_s),
                "expires_on": str(round(self.now_s) + life_s),
                "not_before": str(round(self.now_s)),
                "resource": "00000002-0000-0000-c000-000000000000",
                "access_token": f"opaque-token-{self.tokens}",
            }
            return httpx.Response(200, json=body)

        return reply

    def on(self, method: str, path: str, *replies: Reply) -> "Script":
        self._routes[method, path] = deque(replies)
        return self

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self._news.set()
        await asyncio.sleep(0)  # a network lets others run meanwhile; without this nothing is ever at the same time
        for (method, path), replies in reversed(self._routes.items()):
            if request.method == method and re.search(path + "$", request.url.path):
                reply = replies.popleft() if len(replies) > 1 else replies[0]
                return await reply(request)
        raise AssertionError(f"Nobody told the script about {request.method} {request.url.path}.")

    def sent(self, method: str, path: str) -> list[httpx.Request]:
        return [one for one in self.requests if one.method == method and re.search(path + "$", one.url.path)]

    async def until_sent(self, method: str, path: str) -> None:
        while not self.sent(method, path):
            self._news.clear()
            await self._news.wait()

    @asynccontextmanager
    async def open(
        self, settings: VippsSettings | None = None, timing: Timing = QUICK, **more: Any
    ) -> AsyncIterator[Vipps]:
        settings = settings or VippsSettings.simulator(BASE, timing)
        async with open_vipps(settings, lambda: self.now_s, httpx.MockTransport(self), **more) as vipps:
            yield vipps


def real_settings(environment: Any = "test", timing: Timing = QUICK) -> VippsSettings:
    return VippsSettings(
        environment=environment,
        merchant_serial_number="654321",
        client_id="fb492b5e-7907-4d83-ba20-c7fb60ca35de",
        client_secret="Y8Kteew6GE2ZmeycEt6egg==",
        subscription_key="0f14ebcab0ec4b29ae0cb90d91b4a84a",
        timing=timing,
    )


def nok(minor: int) -> Money:
    return Money(minor, Currency.NOK)


def money(value: int, currency: str = "NOK") -> dict[str, Any]:
    return {"currency": currency, "value": value}


def adjusted(
    authorized: int = 0, captured: int = 0, cancelled: int = 0, refunded: int = 0, **more: Any
) -> dict[str, Any]:
    """The answer to a change; with `**payment()` also to GET payment."""
    return {
        "reference": REFERENCE,
        "pspReference": "3343121302",
        "amount": money(35000),
        "state": "AUTHORIZED" if authorized else "CREATED",
        "aggregate": {
            "authorizedAmount": money(authorized),
            "capturedAmount": money(captured),
            "cancelledAmount": money(cancelled),
            "refundedAmount": money(refunded),
        },
        **more,
    }


def paid(**more: Any) -> dict[str, Any]:
    """GET payment."""
    return {"paymentMethod": {"type": "WALLET"}, "profile": {}, **adjusted(**more)}


def event(name: str, value: int = 35000, second: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "reference": REFERENCE,
        "pspReference": f"psp-{name}",
        "name": name,
        "amount": money(value),
        "timestamp": f"2026-11-21T10:00:{second:02d}Z",
        "idempotencyKey": None,
        "success": True,
        **more,
    }


def problem(status: int, code: str | None = None, title: str = "No") -> Reply:
    details = [{"name": "ErrorCode", "reason": code}] if code else None
    body = {"type": "https://x", "title": title, "status": status, "traceId": "00-abc-01", "extraDetails": details}
    return says(status, body)
