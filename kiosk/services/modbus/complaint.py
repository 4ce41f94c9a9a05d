"""What pydantic found wrong in a profile, as one sentence: the key, what it says, and what would be right."""

import difflib
import re
from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

NUMBER = re.compile(r"0x[0-9a-fA-F]+|\d+")


def complaint(error: ValidationError, shape: type[BaseModel]) -> str:
    """About the first thing that is wrong; one is mended at a time."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part != "[key]")
    return f"{where} {_text(first, shape)}.".strip()


def _text(first: ErrorDetails, shape: type[BaseModel]) -> str:
    said, text = first["input"], first["msg"]
    match first["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            keys = sorted(keys_at(shape, first["loc"][:-1]))
            return f"is not a key here{_nearest(str(first['loc'][-1]), keys)}; there are: {', '.join(keys)}"
        case "value_error":
            return text.removeprefix("Value error, ")
        case "literal_error":
            right = first["ctx"]["expected"]
            words = [word.strip().strip("'") for word in right.replace(" or ", ",").split(",")]
            return f"{said!r} is wrong{_nearest(str(said), words)}: it has to be {right}"
        case "int_parsing" if NUMBER.fullmatch(str(said)):
            return f"{said!r} is text; write it without quotes, {said}"
        case "tuple_type" if isinstance(said, dict):
            name = first["loc"][-1]
            return f"is one table and has to be a list of them; write [[{name}]], or {name} = [{{ ... }}]"
        case "tuple_type":
            return f"{said!r} is wrong: it has to be a list; write it in brackets, [{_toml(said)}]"
        case "model_type" | "dict_type" if isinstance(said, list):
            return f"is a list and has to be one table; write [{'.'.join(map(str, first['loc']))}] with single brackets"
    return f"{said!r} is wrong: {text[0].lower()}{text[1:]}"


def _toml(said: object) -> str:
    return f'"{said}"' if isinstance(said, str) else str(said)


def _nearest(said: str, names: list[str]) -> str:
    near = difflib.get_close_matches(said, names, 1)
    return f" (did you mean {near[0]!r}?)" if near else ""


def keys_at(shape: type[BaseModel], loc: tuple[int | str, ...]) -> set[str]:
    """The keys that a table at this place may have."""
    parts = iter(loc)
    for part in parts:
        fields = {field.alias or name: field for name, field in shape.model_fields.items()}
        if part not in fields:
            return set()
        annotation = fields[str(part)].annotation
        shape = next(models_in(annotation), shape)
        if get_origin(annotation) in (dict, tuple):
            next(parts, None)  # the name or the number of the row
    return {field.alias or name for name, field in shape.model_fields.items()}


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)
