"""Finds the profile of a device by its name: one TOML file each, in `resources/meters` and `resources/chargers`."""

import difflib
import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from kiosk import RESOURCES
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.services.modbus.profile import Profile

P = TypeVar("P", bound=Profile)


def profile_ids(folder: str) -> list[str]:
    return sorted(path.stem for path in (RESOURCES / folder).glob("*.toml"))


def load(folder: str, profile_id: str, shape: type[P], extra: tuple[str, ...] = ()) -> P:
    """`extra` are names that need no file but may be meant. Raises FaultError with one sentence."""
    known = profile_ids(folder)
    if profile_id not in known:
        names = sorted({*known, *extra})
        near = difflib.get_close_matches(profile_id, names, 1, 0.3)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise _wrong(f"There is no profile {profile_id!r} for {folder}. {hint}There are: {', '.join(names)}.")
    return read(RESOURCES / folder / f"{profile_id}.toml", shape)


def read(path: Path, shape: type[P]) -> P:
    """One file. Raises FaultError that names the file, the key, and what would be right."""
    try:
        profile = shape.model_validate(tomllib.loads(path.read_text("utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(f"The profile {path.name} cannot be read: {error}.") from error
    except ValidationError as error:
        raise _wrong(f"The profile {path.name}: {_sentence(error)}") from error
    if profile.id != path.stem:
        raise _wrong(f"The profile {path.name} has id {profile.id!r}; it has to be the name of its file.")
    return profile


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    text = first["msg"].removeprefix("Value error, ")
    if first["type"] == "missing":
        text = "is missing"
    elif first["type"] == "extra_forbidden":
        text = "is not a key that a profile has; check its spelling"
    elif not first["msg"].startswith("Value error"):
        text = f"{first['input']!r} is wrong: {text[0].lower()}{text[1:]}"
    return f"{where} {text}.".strip()


def _wrong(text: str) -> FaultError:
    return FaultError(Trouble(Fault.CONFIG_WRONG, text))
