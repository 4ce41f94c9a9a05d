"""The OpenAPI files of Vipps as judges: every exchange of a test is held against them, in both directions.

The files lie beside the checkout in `shared/vipps/specs`, or where KIOSK_SPECS says. Without them these tests skip.
"""

import json
import os
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx
import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

SPECS = Path(os.environ.get("KIOSK_SPECS", Path(__file__).parents[1].parent / "shared" / "vipps" / "specs"))
FILES = {
    "token": "access-token-2.0.0.yaml",
    "epayment": "epayment-1.8.1.yaml",
    "order-management": "order-management-2.1.yaml",
    "qr": "qr-1.0.yaml",
}
# What is no API of Vipps: the simulator's own doors, and pictures, which nobody may send keys to.
ADMIN_PATHS = ("/_sim", "/landing")
PICTURE_PATHS = ("/qr-image/",)
SECRET_HEADERS = ("authorization", "ocp-apim-subscription-key", "client_secret")
# The simulator marks the answers that it was told to spoil. Nobody can hold those against a specification.
FAULT_HEADER = "x-sim-fault"

Schema = dict[str, Any]

KEYWORDS = {
    "type", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxProperties", "format",
    "required",
}  # fmt: skip
WORDS_ONLY = {"title", "description", "example", "examples", "default", "deprecated"}


def _one_required(name: str) -> Callable[[Schema], Schema]:
    return lambda schema: schema | {"required": [name]}


# The known defects of the files, and what is right: (API, schema) -> mend. Reasons stand in specs/README.md.
MENDED: dict[tuple[str, str], Callable[[Schema], Schema]] = {
    # `required` names a property that does not exist; real events have `name`.
    ("epayment", "PaymentEvent"): lambda schema: (
        schema | {"required": [*(set(schema["required"]) - {"paymentAction"}), "name"]}
    ),
    # A `oneOf` of three schemas without a required field: each would match.
    ("epayment", "CustomerPhoneNumber"): _one_required("phoneNumber"),
    ("epayment", "PersonalQrCode"): _one_required("personalQr"),
    ("epayment", "CustomerToken"): _one_required("customerToken"),
}
# The newer file forgot it, the older one requires it, the guide recommends it.
UNDECLARED_HEADERS = {("epayment", "cancelPayment"): {"idempotency-key": {"type": "string", "maxLength": 50}}}

PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "traceId"],
    "properties": {"status": {"type": "integer"}, "extraDetails": {"type": ["array", "null"]}},
}
GATEWAY: Schema = {
    "type": "object",
    "required": ["statusCode", "message"],
    "properties": {"statusCode": {"type": "integer"}, "message": {"type": "string"}},
}
VALIDATION: Schema = {"type": "object", "required": ["title", "detail", "instance"]}
# Statuses that happen and that no file declares (vipps FACTS section 4): what the body may be.
UNDECLARED: dict[tuple[str, int], tuple[Schema, ...]] = {
    ("epayment", 400): (PROBLEM,),  # GETs and forced approval declare only 200
    ("epayment", 401): (GATEWAY, PROBLEM),
    ("epayment", 403): (GATEWAY, PROBLEM),
    ("epayment", 404): (PROBLEM,),  # GETs: code 5090
    ("epayment", 422): (PROBLEM, GATEWAY),  # code 5070 since January 2025
    ("epayment", 423): (PROBLEM,),  # code 6160
    ("epayment", 429): (GATEWAY, PROBLEM),
    ("epayment", 500): (PROBLEM,),  # codes 3010 and 6280
    ("order-management", 403): (VALIDATION, GATEWAY),
    ("order-management", 429): (GATEWAY,),
    ("qr", 403): (VALIDATION, GATEWAY),
    ("qr", 400): (VALIDATION,),  # GETs: a wrong header
    ("qr", 415): (VALIDATION,),  # GETs: Accept
    ("token", 403): (VALIDATION, GATEWAY),
    ("token", 411): (GATEWAY,),
    ("token", 429): (GATEWAY,),
}


class Violation(AssertionError):
    """An exchange that the specification does not allow: operation, direction, place, and why."""


@dataclass(frozen=True)
class Operation:
    api: str
    id: str
    method: str
    path: re.Pattern[str]
    path_schemas: Mapping[str, Schema]
    headers: Mapping[str, tuple[bool, Schema]]
    query: Mapping[str, Schema]
    body: Schema | None
    body_required: bool
    bearer: bool
    answers: Mapping[int, Mapping[str, Schema]]


@dataclass
class Specs:
    operations: list[Operation] = field(default_factory=list)

    def find(self, method: str, path: str) -> Operation | None:
        return next((each for each in self.operations if each.method == method and each.path.fullmatch(path)), None)

    def check_request(self, operation: Operation, request: httpx.Request) -> None:
        where = f"{operation.id} request"
        found = operation.path.fullmatch(request.url.raw_path.partition(b"?")[0].decode())
        assert found
        for name, value in found.groupdict().items():
            _judge(unquote(value), operation.path_schemas[name], f"{where}: path {name}")
        _check_headers(operation, request, where)
        for name, value in request.url.params.items():
            if name not in operation.query:
                raise Violation(f"{where}: query {name} is not declared.")
            _judge(_typed(value, operation.query[name]), operation.query[name], f"{where}: query {name}")
        _check_body(operation, request, where)

    def check_answer(self, operation: Operation, answer: httpx.Response) -> bool:
        """True when the file declares this status, False when only the table of undeclared ones knows it."""
        where = f"{operation.id} answer {answer.status_code}"
        declared = operation.answers.get(answer.status_code)
        if declared is None:
            _check_undeclared(operation, answer, where)
            return False
        if declared:
            media_type = answer.headers.get("content-type", "").partition(";")[0]
            if media_type not in declared:
                raise Violation(f"{where}: {media_type or 'no content type'} instead of {' or '.join(declared)}.")
            _judge(_parsed(answer.content, where), declared[media_type], f"{where}: body")
        return True


def _check_headers(operation: Operation, request: httpx.Request, where: str) -> None:
    if operation.bearer and not re.fullmatch(r"Bearer \S+", request.headers.get("authorization", "")):
        raise Violation(f"{where}: header authorization is not a bearer token.")
    for name, (required, schema) in operation.headers.items():
        value = request.headers.get(name)
        if value is not None:
            _judge(_typed(value, schema), schema, f"{where}: header {name}")
        elif required:
            raise Violation(f"{where}: header {name} is missing.")


def _check_body(operation: Operation, request: httpx.Request, where: str) -> None:
    if not request.content:
        if operation.body_required:
            raise Violation(f"{where}: body is missing.")
        return
    if operation.body is None:
        raise Violation(f"{where}: body is not declared.")
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        raise Violation(f"{where}: header content-type is not application/json.")
    _judge(_parsed(request.content, where), operation.body, f"{where}: body")


def _check_undeclared(operation: Operation, answer: httpx.Response, where: str) -> None:
    shapes = UNDECLARED.get((operation.api, answer.status_code))
    if shapes is None:
        raise Violation(f"{where}: the status is neither declared nor known to happen.")
    body = _parsed(answer.content, where)
    if not any(_validator(shape).is_valid(body) for shape in shapes):
        raise Violation(f"{where}: body has none of the shapes that are known for it: {body!r}")


class SpecChecked(httpx.AsyncBaseTransport):
    """A transport that judges whatever goes through it. `requests=False` for a test that is wrong on purpose.

    `exchanges` counts (operation, status), `undeclared` those of them whose status no file declares.
    """

    def __init__(self, transport: httpx.AsyncBaseTransport, *, requests: bool = True) -> None:
        self._transport = transport
        self._requests = requests
        self._specs = load_specs()
        self.exchanges: Counter[tuple[str, int]] = Counter()
        self.undeclared: Counter[tuple[str, int]] = Counter()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        operation = self._operation(request)
        if operation and self._requests:
            self._specs.check_request(operation, request)
        streamed = await self._transport.handle_async_request(request)
        try:
            body = await streamed.aread()
        finally:
            await streamed.aclose()
        answer = httpx.Response(streamed.status_code, headers=streamed.headers, content=body, request=request)
        if operation and FAULT_HEADER not in answer.headers:
            self._judge(operation, answer)
        return answer

    async def aclose(self) -> None:
        await self._transport.aclose()

    def _operation(self, request: httpx.Request) -> Operation | None:
        path = request.url.raw_path.partition(b"?")[0].decode()
        if path.startswith(PICTURE_PATHS):
            if leaked := [name for name in SECRET_HEADERS if name in request.headers]:
                raise Violation(f"{request.method} {path} request: {', '.join(leaked)} must not go to a picture.")
            return None
        operation = self._specs.find(request.method, path)
        if operation is None and self._requests and not path.startswith(ADMIN_PATHS):
            raise Violation(f"{request.method} {path} request: no file declares this operation.")
        return operation

    def _judge(self, operation: Operation, answer: httpx.Response) -> None:
        counted = operation.id, answer.status_code
        self.exchanges[counted] += 1
        if not self._specs.check_answer(operation, answer):
            self.undeclared[counted] += 1


class InProcess(httpx.ASGITransport):
    """httpx's ASGI transport, over which a connection can break: a ConnectionError of the app is a lost answer."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except ConnectionError as error:
            raise httpx.ReadError(str(error), request=request) from error


def load_specs() -> Specs:
    if not SPECS.is_dir():
        pytest.skip(
            f"The OpenAPI files of Vipps are not in {SPECS}. Put them there, or name their place in KIOSK_SPECS."
        )
    return _load(SPECS)


@lru_cache(maxsize=1)
def _load(directory: Path) -> Specs:
    specs = Specs()
    for api, name in FILES.items():
        document = yaml.safe_load((directory / name).read_text(encoding="utf-8"))
        specs.operations += _operations(api, document)
    return specs


def _operations(api: str, document: Schema) -> Iterator[Operation]:
    base = urlsplit(document["servers"][0]["url"]).path
    for template, item in document["paths"].items():
        for method in ("get", "post", "put", "delete"):
            if method in item:
                yield _operation(api, document, base + template, item, method)


def _operation(api: str, document: Schema, template: str, item: Schema, method: str) -> Operation:
    declared = item[method]
    parameters = [_resolve(document, each) for each in (*item.get("parameters", ()), *declared.get("parameters", ()))]
    body = declared.get("requestBody")
    content = next(iter(body["content"].values())) if body else None

    def schemas(place: str) -> dict[str, Schema]:
        return {each["name"]: _schema(api, document, each["schema"]) for each in parameters if each["in"] == place}

    headers = {
        each["name"].lower(): (each.get("required", False), _schema(api, document, each["schema"]))
        for each in parameters
        if each["in"] == "header"
    }
    extra = UNDECLARED_HEADERS.get((api, declared["operationId"]), {})
    return Operation(
        api=api,
        id=declared["operationId"],
        method=method.upper(),
        path=re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))),
        path_schemas=schemas("path"),
        headers=headers | {name: (False, schema) for name, schema in extra.items()},
        query=schemas("query"),
        body=_schema(api, document, content["schema"], closed=True) if content else None,
        # Capture, refund and the QR calls forgot to say `required`; only cancel says that it is not.
        body_required=bool(body) and body.get("required", True),
        bearer=bool(declared.get("security", document.get("security"))),
        answers={int(status): _contents(api, document, each) for status, each in declared["responses"].items()},
    )


def _contents(api: str, document: Schema, answer: Schema) -> dict[str, Schema]:
    contents = _resolve(document, answer).get("content", {})
    return {
        media_type.partition(";")[0]: _schema(api, document, each["schema"]) for media_type, each in contents.items()
    }


def _resolve(document: Schema, node: Schema) -> Schema:
    while "$ref" in node:
        target: Any = document
        for step in node["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        node = target
    return node


def _schema(api: str, document: Schema, node: Schema, *, closed: bool = False) -> Schema:
    """OpenAPI 3.0 as JSON Schema. `closed` refuses undeclared properties, as the API does in requests."""

    def convert(child: Schema) -> Schema:
        return _schema(api, document, child, closed=closed)

    if "$ref" in node:
        name = node["$ref"].rpartition("/")[2]
        mend, meant = MENDED.get((api, name)), _resolve(document, node)
        return convert(mend(meant) if mend else meant)
    made: Schema = {}
    for keyword, value in node.items():
        if keyword in KEYWORDS:
            made[keyword] = value
        elif keyword == "properties":
            made[keyword] = {name: convert(child) for name, child in value.items()}
        elif keyword in ("items", "additionalProperties"):
            made[keyword] = convert(value) if isinstance(value, dict) else value
        elif keyword == "oneOf":
            made[keyword] = [convert(child) for child in value]
        elif keyword not in WORDS_ONLY | {"nullable"} and not keyword.startswith("x-"):
            raise ValueError(f"{api}: schema keyword {keyword} is not understood here. Teach it to `_schema`.")
    if closed and "properties" in made:
        made.setdefault("additionalProperties", False)
    return {"anyOf": [made, {"type": "null"}]} if node.get("nullable") else made


def _typed(value: str, schema: Schema) -> object:
    return int(value) if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", value) else value


def _parsed(content: bytes, where: str) -> object:
    try:
        return json.loads(content)
    except ValueError as error:
        raise Violation(f"{where}: body is not JSON: {error}") from None


def _judge(value: object, schema: Schema, where: str) -> None:
    wrong = jsonschema.exceptions.best_match(_validator(schema).iter_errors(value))
    if wrong is not None:
        raise Violation(f"{where}{wrong.json_path.removeprefix('$')}: {wrong.message}")


def _validator(schema: Schema) -> Any:
    return jsonschema.Draft202012Validator(schema, format_checker=FORMATS)


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or bool(urlsplit(value).scheme)


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def _is_uuid(value: object) -> bool:
    return not isinstance(value, str) or bool(uuid.UUID(value))


FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checkers = {
    "uri": (_is_uri, ValueError),
    "date-time": (_is_moment, ValueError),
    "uuid": (_is_uuid, ValueError),
    "guid": (_is_uuid, ValueError),
}
