"""What may go wrong between a client and Vipps, as data: which call, how often, and what happens to it."""

import json
import random
import re
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Kind = Literal[
    "lose-request",  # the connection closes before anything happened
    "lose-answer",  # it happened, and the connection closes without a word
    "late-request",  # waits for `delay_s`, then happens
    "late-answer",  # happens, then waits for `delay_s` before it answers
    "stray",  # the connection closes now, and the request happens after `delay_s` of simulated time all the same
    "double",  # happens twice; the second answer is the one that arrives
    "status",  # `status` in `shape`, without effect, or after it with `effect`
    "truncate",  # happens, and half of the answer's body is missing
    "slow",  # happens, and the body comes one byte every `delay_s`
    "revoke-tokens",  # every access token ends now
]
Shape = Literal[
    "problem", "problem-text-status", "validation", "gateway", "azure", "plain", "message", "errors", "error",
    "response-info", "error-info", "strings", "objects", "html", "truncated", "empty",
]  # fmt: skip

Operation = Literal[
    "token", "create", "get", "events", "capture", "cancel", "refund", "force-approve", "picture",
    "receipt", "category", "order", "qr-create", "qr-list", "qr-get", "qr-put", "qr-delete", "other",
]  # fmt: skip


def _expression(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}.") from None
    return text


class ConnectionLost(ConnectionError):
    """The simulator closes this connection without an answer. Over ASGI it is raised to the transport."""


class Fault(BaseModel):
    """Empty `method`, `path` (searched as a regular expression) and `operation` match every call.

    The first `skip` matching calls are spared, then each fires with `probability`, at most `count` times (None:
    until cleared). Delays are real seconds, or simulated ones with `simulated`. A network that is down is a
    `lose-request` for every call with `count` None.
    """

    model_config = ConfigDict(extra="forbid")
    kind: Kind
    method: str = ""
    path: Annotated[str, AfterValidator(_expression)] = ""
    operation: Operation | None = None
    count: Annotated[int, Field(ge=1)] | None = 1
    skip: Annotated[int, Field(ge=0)] = 0
    probability: Annotated[float, Field(ge=0, le=1)] = 1.0
    delay_s: Annotated[float, Field(ge=0)] = 0.0
    simulated: bool = False
    status: Annotated[int, Field(ge=200, le=599)] = 500
    shape: Shape = "problem"
    code: str = ""
    text: str = "Injected by the simulator"
    retry_after_s: int | None = None
    effect: bool = False

    def matches(self, method: str, path: str, operation: Operation) -> bool:
        return (
            self.method.upper() in ("", method)
            and re.search(self.path, path) is not None
            and self.operation in (None, operation)
        )


class FaultPlan:
    """The faults that are set, and the dice. The same seed and the same calls throw the same faults."""

    def __init__(self, seed: int = 0) -> None:
        self._draw = random.Random(seed)  # noqa: S311 (repeatable on purpose)
        self.faults: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self.faults.append(fault.model_copy())

    def clear(self) -> None:
        self.faults.clear()

    def strike(self, method: str, path: str, operation: Operation) -> list[Fault]:
        """The faults that this call meets, in the order in which they were set."""
        return [fault for fault in list(self.faults) if fault.matches(method, path, operation) and self._fires(fault)]

    def _fires(self, fault: Fault) -> bool:
        if fault.skip:
            fault.skip -= 1
            return False
        # The dice are thrown also when they cannot decide anything, so that one fault does not move the next one's luck.
        if self._draw.random() >= fault.probability:
            return False
        if fault.count is not None:
            fault.count -= 1
            if fault.count == 0:
                self.faults.remove(fault)
        return True


def body_of(fault: Fault) -> tuple[str, bytes]:
    """Media type and bytes of a `status` fault, in a shape that somebody has met (vipps FACTS section 4)."""
    media_type, content = SHAPES[fault.shape](fault)
    if isinstance(content, bytes):
        return media_type, content
    return media_type, json.dumps(content).encode()


def _problem(fault: Fault) -> dict[str, object]:
    return {
        "type": f"https://httpstatuses.io/{fault.status}",
        "title": fault.text,
        "detail": fault.text,
        "status": fault.status,
        "traceId": "00-00000000000000000000000000000001-0000000000000001-01",
        "extraDetails": [{"name": "ErrorCode", "reason": fault.code}] if fault.code else None,
    }


def _validation(fault: Fault) -> dict[str, object]:
    return {"title": fault.text, "detail": fault.text, "instance": "00-1-1-00"}


def _azure(fault: Fault) -> dict[str, object]:
    return {"error": "invalid_client", "error_description": fault.text, "error_codes": [7000215], "trace_id": "1"}


def _html(fault: Fault) -> bytes:
    return f"<html><head><title>{fault.status}</title></head><body><h1>{fault.text}</h1></body></html>".encode()


JSON, PROBLEM, TEXT, HTML = "application/json", "application/problem+json", "text/plain", "text/html"

# fmt: off
SHAPES: dict[Shape, Callable[[Fault], tuple[str, object]]] = {
    "problem":             lambda fault: (PROBLEM, _problem(fault)),
    "problem-text-status": lambda fault: (PROBLEM, _problem(fault) | {"status": str(fault.status)}),
    "validation":          lambda fault: (JSON, _validation(fault)),
    "gateway":             lambda fault: (JSON, {"statusCode": fault.status, "message": fault.text}),
    "azure":               lambda fault: (JSON, _azure(fault)),
    "plain":               lambda fault: (TEXT, fault.text.encode()),
    "message":             lambda fault: (JSON, {"message": fault.text}),
    "errors":              lambda fault: (JSON, {"errors": {"amount": [fault.text]}}),
    "error":               lambda fault: (JSON, {"error": fault.text}),
    "response-info":       lambda fault: (JSON, {"ResponseInfo": {"ResponseMessage": fault.text}}),
    "error-info":          lambda fault: (JSON, {"errorInfo": {"errorMessage": fault.text}}),
    "strings":             lambda fault: (JSON, [fault.text]),
    "objects":             lambda fault: (JSON, [{"errorMessage": fault.text}]),
    "html":                lambda fault: (HTML, _html(fault)),
    "truncated":           lambda fault: (PROBLEM, json.dumps(_problem(fault)).encode()[:40]),
    "empty":               lambda _fault: (JSON, b""),
}
# fmt: on
