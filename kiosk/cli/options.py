"""Options that many commands share, and the form that a typed word has to have."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", envvar="KIOSK_CONFIG", help="The settings file (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
CONFIG_DEFAULT = Path("kiosk.toml")


def formed(shape: str | re.Pattern[str], right: str) -> Callable[[str], str]:
    """A parser of words that have this shape; `right` says what would be right."""

    def parse(text: str) -> str:
        if not re.fullmatch(shape, text):
            raise typer.BadParameter(f"{text!r} has a wrong form; {right}.")
        return text

    return parse
