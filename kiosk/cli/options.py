"""Options that many commands share, and the form that a typed word has to have."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", envvar="KIOSK_CONFIG", help="The settings file (TOML).")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
CONFIG_DEFAULT = Path("kiosk.toml")


def formed(shape: str | re.Pattern[str], right: str, *, secret: bool = False) -> Callable[[str], str]:
    """A parser of words that have this shape; `right` says what would be right. A `secret` word is never said again."""

    def parse(text: str) -> str:
        if not re.fullmatch(shape, text):
            what = "what was typed" if secret else repr(text)
            raise typer.BadParameter(f"{what} has a wrong form; {right}.")
        return text

    return parse
