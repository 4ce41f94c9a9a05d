"""Bodies as the APIs take them: an unknown field, a wrong type or a null that is not allowed is a malformed request."""

import json
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from kiosk.sim.vipps.refusals import Invalid, malformed, refusal
from kiosk.sim.vipps.rules import MAXIMUM_MINOR

Currency = Literal["NOK", "DKK", "EUR"]
Amount64 = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class Body(BaseModel):
    """`NULLABLE` names the fields that may be sent as null, which then means that they were not sent."""

    model_config = ConfigDict(strict=True, extra="forbid", alias_generator=to_camel)
    NULLABLE: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, fields: Any) -> Any:
        if not isinstance(fields, dict):
            return fields
        if forbidden := [name for name, value in fields.items() if value is None and name not in cls.NULLABLE]:
            raise ValueError(f"{', '.join(forbidden)} may not be null. Leave it out.")
        return {name: value for name, value in fields.items() if value is not None}


B = TypeVar("B", bound=Body)


class Amount(Body):
    currency: Currency
    value: Annotated[int, Field(ge=0, le=MAXIMUM_MINOR)]


class Duplicate(ValueError):
    """A JSON object names one field twice."""


def read(raw: bytes, model: type[B]) -> B:
    try:
        fields = json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_not_json)
    except Duplicate as error:
        raise malformed(Invalid("body", str(error))) from None
    except ValueError as error:
        raise malformed(Invalid("body", f"Not JSON: {error}")) from None
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise _refuse(error) from None


def _refuse(error: ValidationError) -> Exception:
    problems = [Invalid(".".join(map(str, each["loc"])) or "body", each["msg"]) for each in error.errors()]
    if any(each["loc"][-2:] in {("amount", "value"), ("modificationAmount", "value")} for each in error.errors()):
        no = refusal("4040")
        no.invalid = problems
        return no
    return malformed(*problems)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        raise Duplicate(f"Sent twice: {', '.join(sorted({name for name in names if names.count(name) > 1}))}.")
    return fields


def _not_json(word: str) -> None:
    raise ValueError(f"{word} is no JSON number.")
