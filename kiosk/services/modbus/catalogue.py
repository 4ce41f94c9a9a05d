"""Finds the profile of a device by its name: one TOML file each, in `resources/meters` and `resources/chargers`."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from kiosk import RESOURCES
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.services.modbus.complaint import complaint
from kiosk.services.modbus.profile import Profile

OWN = ("id", "name", "source", "grade", "experimental", "doubt")
TWICE = ("Cannot overwrite", "Cannot declare", "Duplicate")  # how tomllib begins to say it

P = TypeVar("P", bound=Profile)
Table = dict[str, Any]


def profile_ids(folder: str) -> list[str]:
    return sorted(path.stem for path in (RESOURCES / folder).glob("*.toml"))


def load(folder: str, profile_id: str, shape: type[P], extra: tuple[str, ...] = ()) -> P:
    """`extra` are names that need no file but may be meant. Raises FaultError with one sentence."""
    known = profile_ids(folder)
    if profile_id not in known:
        names = sorted({*known, *extra})
        near = difflib.get_close_matches(profile_id, names, 1)
        hint = f"Did you mean {near[0]!r}? " if near else ""
        raise _wrong(f"There is no profile {profile_id!r} for {folder}. {hint}There are: {', '.join(names)}.")
    return read(RESOURCES / folder / f"{profile_id}.toml", shape)


def read(path: Path, shape: type[P]) -> P:
    """One file. Raises FaultError that names the file, the key, and what would be right."""
    table = _table(path)
    if "like" in table:
        table = _completed(path, table, shape)
    try:
        profile = shape.model_validate(table)
    except ValidationError as error:
        raise _wrong(f"The profile {path.name}: {complaint(error, shape)}") from error
    if profile.id != path.stem:
        raise _wrong(f"The profile {path.name} has id {profile.id!r}; it has to be the name of its file.")
    return profile


def _table(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        twice = isinstance(error, tomllib.TOMLDecodeError) and str(error).startswith(TWICE)
        right = " Each key and each table stands in a file once: delete or merge the second." if twice else ""
        raise _wrong(f"The profile {path.name} cannot be read: {error}.{right}") from error


def _completed(path: Path, table: Table, shape: type[P]) -> Table:
    """What the file does not say is as in the one that it names; who it is and how well that is proven it says itself."""
    there = sorted(other.stem for other in path.parent.glob("*.toml") if other != path)
    like = table["like"]
    if like not in there:
        near = difflib.get_close_matches(str(like), there, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise _wrong(f"The profile {path.name}: like {like!r} is no other profile in this folder.{hint}")
    other = path.with_name(f"{like}.toml")
    read(other, shape)
    base = _table(other)
    if "like" in base:
        raise _wrong(f"The profile {path.name}: like {like!r} is itself like {base['like']!r}; name that one.")
    return _merged({key: value for key, value in base.items() if key not in OWN}, table)


def _merged(base: Table, own: Table) -> Table:
    """Tables key by key; everything else is replaced."""
    both = {key: _merged(base[key], own[key]) for key in own if _are_tables(base.get(key), own[key])}
    return base | own | both


def _are_tables(*parts: object) -> bool:
    return all(isinstance(part, dict) for part in parts)


def _wrong(text: str) -> FaultError:
    return FaultError(Trouble(Fault.CONFIG_WRONG, text))
