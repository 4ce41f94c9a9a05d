"""The line to the simulator: it writes down what arrives, and does to it what the fault plan says."""

import asyncio
import hashlib
import re
from collections import deque
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kiosk.sim.clock import SimClock
from kiosk.sim.faults import ConnectionLost, Fault, FaultPlan, Operation, body_of
from kiosk.sim.vipps.tokens import Tokens

ADMIN = "/_sim"
ARRIVALS_KEPT = 10_000
# A doctored answer says so: a check against the specification would be wrong to judge it.
FAULT_HEADER = b"x-sim-fault"

ONE = r"/epayment/v1/payments/[^/]+"
# fmt: off
OPERATIONS: tuple[tuple[str, str, Operation], ...] = (
    ("POST",   r"/accesstoken/get",                           "token"),
    ("POST",   r"/epayment/v1/payments",                      "create"),
    ("GET",    ONE,                                           "get"),
    ("GET",    ONE + "/events",                               "events"),
    ("POST",   ONE + "/capture",                              "capture"),
    ("POST",   ONE + "/cancel",                               "cancel"),
    ("POST",   ONE + "/refund",                               "refund"),
    ("POST",   r"/epayment/v1/test/payments/[^/]+/approve",   "force-approve"),
    ("POST",   r"/order-management/v2/[^/]+/receipts/[^/]+",  "receipt"),
    ("PUT",    r"/order-management/v2/[^/]+/categories/[^/]+", "category"),
    ("GET",    r"/order-management/v2/[^/]+/[^/]+",           "order"),
    ("POST",   r"/qr/v1/merchant-redirect",                   "qr-create"),
    ("GET",    r"/qr/v1/merchant-redirect",                   "qr-list"),
    ("GET",    r"/qr/v1/merchant-redirect/[^/]+",             "qr-get"),
    ("PUT",    r"/qr/v1/merchant-redirect/[^/]+",             "qr-put"),
    ("DELETE", r"/qr/v1/merchant-redirect/[^/]+",             "qr-delete"),
    ("GET",    r"/qr-image/v1",                               "picture"),
)
# fmt: on


def operation_of(method: str, path: str) -> Operation:
    for known_method, pattern, operation in OPERATIONS:
        if method == known_method and re.fullmatch(pattern, path):
            return operation
    return "other"


@dataclass
class Arrival:
    """One request as it came in. `status` is what went out: None while nothing did, or when the answer was lost."""

    utc_ms: int
    method: str
    path: str
    operation: str
    key: str | None
    body_sha256: str
    faults: list[str]
    status: int | None = None


@dataclass
class Captured:
    """An answer that has not been sent yet."""

    status: int = 500
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")

    def replace_body(self, body: bytes) -> None:
        kept = [(name, value) for name, value in self.headers if name not in (b"content-length", FAULT_HEADER)]
        self.headers = [*kept, (b"content-length", str(len(body)).encode()), (FAULT_HEADER, b"1")]
        self.body = body


@dataclass
class Stray:
    """A request that nobody waits for any more and that still arrives."""

    due_ms: int
    scope: Scope
    body: bytes


class Wire:
    def __init__(self, app: ASGIApp, clock: SimClock, tokens: Tokens, plan: FaultPlan) -> None:
        self._app = app
        self._clock = clock
        self._tokens = tokens
        self.plan = plan
        self.arrivals: deque[Arrival] = deque(maxlen=ARRIVALS_KEPT)
        self._strays: list[Stray] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.deliver_strays()
        if scope["type"] != "http" or scope["path"].startswith(ADMIN):
            await self._app(scope, receive, send)
            return
        body = await _read(receive)
        operation = operation_of(scope["method"], scope["path"])
        faults = self.plan.strike(scope["method"], scope["path"], operation)
        arrival = self._note(scope, body, operation, faults)
        answer = await self._carry(scope, body, {fault.kind: fault for fault in faults})
        arrival.status = answer.status
        slow = next((fault for fault in faults if fault.kind == "slow"), None)
        await self._answer(answer, send, slow)

    async def deliver_strays(self) -> None:
        """Let the requests happen that are due by now, oldest first."""
        due = [stray for stray in self._strays if stray.due_ms <= self._clock.utc_ms()]
        self._strays = [stray for stray in self._strays if stray not in due]
        for stray in sorted(due, key=lambda each: each.due_ms):
            await self._handle(stray.scope, stray.body)

    async def _carry(self, scope: Scope, body: bytes, faults: dict[str, Fault]) -> Captured:
        if "revoke-tokens" in faults:
            self._tokens.revoke()
        if stray := faults.get("stray"):
            self._strays.append(Stray(self._clock.utc_ms() + round(stray.delay_s * 1000), dict(scope), body))
        if "stray" in faults or "lose-request" in faults:
            raise ConnectionLost("The request was lost.")
        await self._wait(faults.get("late-request"))
        status = faults.get("status")
        if status and not status.effect:
            answer = _injected(status)
        else:
            if "double" in faults:
                await self._handle(scope, body)
            answer = await self._handle(scope, body)
            if status:
                answer = _injected(status)
        if "truncate" in faults:
            answer.replace_body(answer.body[: len(answer.body) // 2])
        await self._wait(faults.get("late-answer"))
        if "lose-answer" in faults:
            raise ConnectionLost("The answer was lost.")
        return answer

    async def _handle(self, scope: Scope, body: bytes) -> Captured:
        answer = Captured()

        async def receive() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(dict(scope), receive, answer.send)
        return answer

    async def _answer(self, answer: Captured, send: Send, slow: Fault | None) -> None:
        await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})
        if slow is None:
            await send({"type": "http.response.body", "body": answer.body})
            return
        for octet in answer.body:
            await send({"type": "http.response.body", "body": bytes([octet]), "more_body": True})
            await self._wait(slow)
        await send({"type": "http.response.body", "body": b""})

    async def _wait(self, fault: Fault | None) -> None:
        if fault is not None:
            await (self._clock.sleep(fault.delay_s) if fault.simulated else asyncio.sleep(fault.delay_s))

    def _note(self, scope: Scope, body: bytes, operation: str, faults: list[Fault]) -> Arrival:
        key = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"idempotency-key"), None)
        digest = hashlib.sha256(body).hexdigest()
        struck: list[str] = [fault.kind for fault in faults]
        arrival = Arrival(self._clock.utc_ms(), scope["method"], scope["path"], operation, key, digest, struck)
        self.arrivals.append(arrival)
        return arrival


def _injected(fault: Fault) -> Captured:
    media_type, body = body_of(fault)
    headers = [(b"content-type", media_type.encode())]
    if fault.retry_after_s is not None:
        headers.append((b"retry-after", str(fault.retry_after_s).encode()))
    answer = Captured(fault.status, headers)
    answer.replace_body(body)
    return answer


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while (message := await receive())["type"] != "http.disconnect":
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
    raise ConnectionLost("The client went away while it was sending.")
