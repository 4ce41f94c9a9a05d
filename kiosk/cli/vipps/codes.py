"""`kiosk vipps qr`: the printed codes on the stations (QR API, merchant redirect)."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from kiosk.cli.exits import show
from kiosk.cli.options import CONFIG_DEFAULT, Config, Json, formed
from kiosk.cli.vipps.asking import ask, keep, lines
from kiosk.services.vipps import Code
from kiosk.services.vipps.qr import ID, TARGET

codes = typer.Typer(no_args_is_help=True, help="The printed codes on the stations (QR API, merchant redirect).")

CodeId = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        parser=formed(ID, "a code's id has 1 to 128 letters (a to z), digits, hyphens and underscores"),
        help="The code's own id, such as NO-SND-003.",
    ),
]
Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET",
        parser=formed(
            TARGET, "write https:// with letters, digits and #!:.?+=&%@-/, such as https://lad.example.no/s/3"
        ),
        help="Where whoever scans it is led, such as https://lad.example.no/s/3.",
    ),
]
Image = Annotated[Path | None, typer.Option("--image", help="Write the code's picture (PNG) to this file.")]


@codes.command("list")
def list_(config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Every printed code of the sales unit, and where it leads."""
    data = [asdict(code) for code in ask(config, lambda vipps: vipps.qr.list())]

    def each() -> None:
        for code in data:
            print("  ".join(str(value) for value in code.values()))

    show(data, as_json, each)


@codes.command("show")
def show_(code_id: CodeId, image: Image = None, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """One printed code; --image keeps its picture, whose address soon dies."""
    _told(ask(config, lambda vipps: vipps.qr.get(code_id)), image, as_json)


@codes.command("register")
def register(
    code_id: CodeId, target: Target, image: Image = None, config: Config = CONFIG_DEFAULT, as_json: Json = False
) -> None:
    """Register a new code that leads to TARGET. One that exists and leads there already is fine."""
    _told(ask(config, lambda vipps: vipps.qr.create(code_id, target)), image, as_json)


@codes.command("repoint")
def repoint(code_id: CodeId, target: Target, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Let a printed code lead to another TARGET, at once and without a new sticker."""
    _told(ask(config, lambda vipps: vipps.qr.repoint(code_id, target)), None, as_json)


@codes.command("delete")
def delete(
    code_id: CodeId,
    known: Annotated[
        bool, typer.Option("--mounted-code-never-works-again", help="Say that you know what this does to a sticker.")
    ] = False,
    config: Config = CONFIG_DEFAULT,
    as_json: Json = False,
) -> None:
    """Delete a code for good. A sticker with it never works again, also if ID is registered anew; `repoint` is mostly meant."""
    if not known:
        text = (
            f"a sticker with the code {code_id} would be dead for good; say --mounted-code-never-works-again if you "
            f"know that, or let it lead elsewhere with `kiosk vipps qr repoint`."
        )
        raise typer.BadParameter(text)
    ask(config, lambda vipps: vipps.qr.delete(code_id, mounted_code_never_works_again=True))
    show({"deleted": code_id}, as_json, lambda: print(f"{code_id} is deleted; take its stickers down."))


def _told(code: Code, image: Path | None, as_json: bool) -> None:
    if image is not None and code.image is not None:
        again = f"Fetch it with `kiosk vipps qr show {code.id} --image FILE`."
        keep(code.image, image, f"The code {code.id} is there", again)
    data = {name: value for name, value in asdict(code).items() if not isinstance(value, bytes)}
    show(data, as_json, lambda: lines(data))
