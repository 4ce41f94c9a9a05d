"""What the commands of `kiosk vipps` share: their words, one call from open to closed, and what is printed of it."""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from kiosk.cli.exits import announce, carry, fail
from kiosk.cli.options import formed
from kiosk.compose import make_clock, vipps_settings
from kiosk.config import load
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money
from kiosk.domain.outcome import Done, InDoubt, Outcome
from kiosk.domain.receipt import LineKind
from kiosk.domain.tariff import price_e4
from kiosk.services.vipps import Vipps, open_vipps
from kiosk.services.vipps.payments import REFERENCE
from kiosk.words.lines import whole

AMOUNT = r"(?=.*[1-9])[0-9]{1,6}(\.[0-9]{1,2})?"

Reference = Annotated[
    str,
    typer.Argument(
        metavar="REFERENCE",
        parser=formed(REFERENCE, "a reference has 8 to 64 letters, digits and hyphens"),
        help="The payment's reference, such as NO-SND-003-261105-abcdefghjk.",
    ),
]
Amount = Annotated[
    str,
    typer.Argument(
        metavar="AMOUNT",
        parser=formed(AMOUNT, "write an amount above 0 with at most six digits and two decimals, such as 148.37"),
        help="In the currency of the settings, such as 148.37 or 10.",
    ),
]


def money_of(config: Path, amount: str) -> Money:
    return Money(price_e4(amount) // 100, load(config).tariff.currency)


def ask(config: Path, call: Callable[[Vipps], Awaitable[Outcome[Any]]], doubt: str = "") -> Any:
    """The value of one call. `doubt` is what somebody has to know whose answer was lost or broken off."""

    async def work() -> Outcome[Any]:
        settings = load(config)
        clock = make_clock(settings)
        vipps_open = open_vipps(
            vipps_settings(settings),
            lambda: clock.now().utc_ms / 1000,
            names=lambda language, _billed: dict.fromkeys(LineKind, whole(language)),
        )
        async with vipps_open as vipps:
            return await call(vipps)

    try:
        outcome = carry(work)
    except typer.Exit:
        if doubt:
            announce(doubt, sys.stderr)
        raise
    if isinstance(outcome, InDoubt) and doubt:
        fail(Trouble(outcome.trouble.fault, f"{outcome.trouble.detail} {doubt}"))
    if not isinstance(outcome, Done):
        fail(outcome.trouble)
    return outcome.value


def keep(picture: bytes, path: Path, there: str, again: str) -> None:
    """Write a picture. Where that fails, `there` says what was made all the same and `again` how to get its picture."""
    try:
        path.write_bytes(picture)
    except OSError as error:
        text = f"{there}, but its picture cannot be written to {path} ({error.strerror}). {again}"
        fail(Trouble(Fault.DISK_READ_ONLY, text))


def lines(data: dict[str, Any]) -> None:
    for name, value in data.items():
        print(f"{name:<12} {value}")
