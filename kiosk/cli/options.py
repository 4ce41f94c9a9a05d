"""Options that many commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", envvar="KIOSK_CONFIG", help="The settings file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
CONFIG_DEFAULT = Path("kiosk.toml")
