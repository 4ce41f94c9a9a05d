"""One reader for every shape in which Vipps, its gateways and what stands between say no. It never raises.

Shapes (FACTS section 4): problem+json with `extraDetails`, QR and Order Management with `invalidParams`, `{"id"}` of a
409, Azure gateway and Azure AD, plain string, `message`, `errors`, `error`, `ResponseInfo`, `errorInfo`, arrays, HTML,
nothing at all, and JSON that was cut off.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus

LONGEST_BODY = 2000
LONGEST_TEXT = 400
DEEPEST = 4

SAYING = ("title", "error", "message", "Message", "errorMessage", "ResponseMessage", "ResponseInfo", "errorInfo")
SAYING_MORE = ("detail", "error_description", "errors", "extraDetails", "invalidParams")
TRACES = ("traceId", "trace_id", "requestId", "correlation_id", "instance")
CODES = ("errorCode", "ResponseCode", "code")
CODE = re.compile(r"[\w.-]{1,40}")
TITLE_TAG = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
TAG = re.compile(r"<(script|style).*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Problem:
    """What was said. `code` is Vipps' own ("6080") or empty, `body` is the whole answer, covered and cut to length."""

    status: int
    code: str = ""
    title: str = ""
    detail: str = ""
    trace: str = ""
    body: str = ""

    @property
    def is_page(self) -> bool:
        """A page for a browser, which Vipps' API never answers with."""
        return self.body.lstrip().startswith("<")

    def __str__(self) -> str:
        head = " ".join(part for part in (str(self.status), self.code, self.title) if part)
        said = f"{head}: {self.detail}" if self.detail else head
        return f"{said} (trace {self.trace})" if self.trace else said


def read_problem(status: int, body: bytes, cover: Callable[[str], str] = str) -> Problem:
    """Sort out an answer that is not a success. `cover` hides secrets in every text that is kept."""
    text = body.decode("utf-8-sig", "replace").strip()
    try:
        shape = json.loads(text)
    except (ValueError, RecursionError):
        shape = _plain(text)
    said = [cover(_short(sentence)) for sentence in _said(shape, 0) if sentence.strip()]
    return Problem(
        status,
        cover(_code(shape)),
        said[0] if said else _phrase(status),
        cover(_short("; ".join(said[1:]))),
        cover(_trace(shape)),
        cover(text[: LONGEST_BODY * 2])[:LONGEST_BODY],  # cover before the cut: half a secret is not recognised
    )


def _said(shape: object, depth: int) -> Iterator[str]:
    """Every sentence meant for a person, in the order of importance."""
    if depth > DEEPEST:
        return
    if isinstance(shape, str):
        yield shape
    elif isinstance(shape, list):
        for item in shape:
            yield from _said(item, depth + 1)
    elif isinstance(shape, dict):
        yield from _said_by(shape, depth)


def _said_by(shape: dict[str, object], depth: int) -> Iterator[str]:
    if isinstance(shape.get("name"), str) and "reason" in shape:
        if not _is_code(shape):
            yield f"{shape['name']}: {shape['reason']}"
        return
    for key in (*SAYING, *SAYING_MORE):
        value = shape.get(key)
        if key == "errors" and isinstance(value, dict):
            for field, reason in value.items():
                yield f"{field}: {', '.join(_said(reason, depth + 1))}"
        elif value is not None:
            yield from _said(value, depth + 1)
    if set(shape) == {"id"}:
        yield f"id {shape['id']} exists already"


def _code(shape: object) -> str:
    """The ErrorCode of ePayment, else the code of an older shape."""
    if isinstance(shape, list):
        return next((code for code in map(_code, shape) if code), "")
    if not isinstance(shape, dict):
        return ""
    details = shape.get("extraDetails")
    for entry in details if isinstance(details, list) else []:
        if isinstance(entry, dict) and _is_code(entry):
            return _as_code(entry.get("reason"))
    for key in CODES:
        if code := _as_code(shape.get(key)):
            return code
    return next((code for key in ("errorInfo", "ResponseInfo", "error") if (code := _code(shape.get(key)))), "")


def _is_code(entry: dict[str, object]) -> bool:
    return str(entry.get("name")).lower() == "errorcode"


def _as_code(value: object) -> str:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if CODE.fullmatch(text) else ""


def _trace(shape: object) -> str:
    if not isinstance(shape, dict):
        return ""
    return next((_short(value) for key in TRACES if isinstance(value := shape.get(key), str) and value), "")


def _plain(text: str) -> list[str]:
    """The title and the words of an HTML page, or the text itself (which may be JSON that was cut off)."""
    title = TITLE_TAG.search(text)
    if title is None and "<" not in text:
        return [text]
    words = " ".join(TAG.sub(" ", TITLE_TAG.sub(" ", text)).split())
    return [" ".join(title.group(1).split()) if title else "", words]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no text"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"
