"""`kiosk vipps`: every call of the Vipps side by hand. A changing call prints its key; --key repeats it."""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from kiosk.cli.exits import announce, carry, fail, show
from kiosk.cli.options import CONFIG_DEFAULT, Config, Json, formed
from kiosk.compose import make_clock, vipps_settings
from kiosk.config import load
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money
from kiosk.domain.outcome import Done, InDoubt, Outcome
from kiosk.domain.payment import Account, Payment
from kiosk.domain.tariff import price_e4
from kiosk.services.vipps import Code, Vipps, open_vipps
from kiosk.services.vipps.creation import MSISDN
from kiosk.services.vipps.payments import KEY, REFERENCE
from kiosk.services.vipps.qr import ID, TARGET

app = typer.Typer(no_args_is_help=True, help="Every call of the Vipps side by hand, with the keys of the settings.")
payment = typer.Typer(no_args_is_help=True, help="Look at one payment, or change it by hand (ePayment API).")
qr = typer.Typer(no_args_is_help=True, help="The printed codes on the stations (QR API, merchant redirect).")
receipt = typer.Typer(no_args_is_help=True, help="The receipt that the driver sees in the app (Order Management API).")
app.add_typer(payment, name="payment")
app.add_typer(qr, name="qr")
app.add_typer(receipt, name="receipt")


AMOUNT = r"(?=.*[1-9])[0-9]{1,6}(\.[0-9]{1,2})?"

Reference = Annotated[
    str,
    typer.Argument(
        metavar="REFERENCE",
        parser=formed(REFERENCE, "a reference has 8 to 64 letters, digits and hyphens"),
        help="The payment's reference, such as NO-SND-003-261105-abcdefghjk.",
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        parser=formed(KEY, "a key has 1 to 50 visible characters"),
        help="Idempotency key of an earlier, lost call to repeat safely; a new one without it.",
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
Phone = Annotated[
    str,
    typer.Option(
        "--phone",
        parser=formed(MSISDN, "write 9 to 15 digits, such as 4712345678"),
        help="The test user's number with country code and digits only, such as 4712345678.",
    ),
]
Image = Annotated[Path | None, typer.Option("--image", help="Write the code's picture (PNG) to this file.")]


@app.command("token")
def token(config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Fetch an access token, to see that the keys are right. The token itself is never shown."""
    ends_s = _ask(config, lambda vipps: vipps.check_keys())
    show(
        {"expires_utc_s": int(ends_s)}, as_json, lambda: print(f"The keys are right; the token ends at {int(ends_s)}.")
    )


@payment.command("show")
def payment_show(reference: Reference, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Vipps' account of a payment: state, and what is authorised, captured, cancelled (released) and refunded."""
    found = _payment(config, reference)
    data = {
        "reference": found.reference,
        "state": found.approval,
        "amount": str(found.amount),
        **_account(found.account),
    }
    show(data, as_json, lambda: _lines(data))


@payment.command("events")
def payment_events(reference: Reference, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """The event log of a payment, oldest first: time (UTC, ms), event, amount and idempotency key."""
    data = [{**asdict(entry), "amount": str(entry.amount)} for entry in _payment(config, reference).log]

    def lines() -> None:
        for entry in data:
            mark = "" if entry["success"] else "  failed"
            print(f"{entry['utc_ms']}  {entry['name']:<12} {entry['amount']:>14}  {entry['key'] or '-'}{mark}")

    show(data, as_json, lines)


@payment.command("capture")
def payment_capture(
    reference: Reference, amount: Amount, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False
) -> None:
    """Capture AMOUNT by hand. The station does this by itself; a session captured by hand stops its automation."""
    settings, used = load(config), key or str(uuid4())
    money = Money(price_e4(amount) // 100, settings.tariff.currency)
    account = _ask(config, lambda vipps: vipps.payments.capture(reference, money, used), used)
    _changed(account, used, as_json)


@payment.command("release")
def payment_release(
    reference: Reference, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False
) -> None:
    """Release all of a hold that is not captured."""
    used = key or str(uuid4())
    account = _ask(config, lambda vipps: vipps.payments.release(reference, used, unapproved_only=False), used)
    _changed(account, used, as_json)


@payment.command("refund")
def payment_refund(
    reference: Reference, amount: Amount, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False
) -> None:
    """Give back AMOUNT of what was captured."""
    settings, used = load(config), key or str(uuid4())
    money = Money(price_e4(amount) // 100, settings.tariff.currency)
    account = _ask(config, lambda vipps: vipps.payments.refund(reference, money, used), used)
    _changed(account, used, as_json)


@payment.command("approve")
def payment_approve(
    reference: Reference,
    phone: Phone,
    config: Config = CONFIG_DEFAULT,
    as_json: Json = False,
) -> None:
    """Approve as a test user would. Impossible in production."""
    _ask(config, lambda vipps: vipps.payments.force_approve(reference, phone))
    show({"approved": reference}, as_json, lambda: print(f"{reference} is approved."))


@qr.command("list")
def qr_list(config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Every printed code of the sales unit, and where it leads."""
    codes = _ask(config, lambda vipps: vipps.qr.list())
    data = [asdict(code) for code in codes]

    def lines() -> None:
        for code in data:
            print("  ".join(str(value) for value in code.values()))

    show(data, as_json, lines)


@qr.command("show")
def qr_show(code_id: CodeId, image: Image = None, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """One printed code; --image keeps its picture, whose address soon dies."""
    _code(_ask(config, lambda vipps: vipps.qr.get(code_id)), image, as_json)


@qr.command("register")
def qr_register(
    code_id: CodeId, target: Target, image: Image = None, config: Config = CONFIG_DEFAULT, as_json: Json = False
) -> None:
    """Register a new code that leads to TARGET. One that exists and leads there already is fine."""
    _code(_ask(config, lambda vipps: vipps.qr.create(code_id, target)), image, as_json)


@qr.command("repoint")
def qr_repoint(code_id: CodeId, target: Target, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Let a printed code lead to another TARGET, at once and without a new sticker."""
    _code(_ask(config, lambda vipps: vipps.qr.repoint(code_id, target)), None, as_json)


@receipt.command("show")
def receipt_show(reference: Reference, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """The receipt and link that Vipps shows to the driver."""
    data = _ask(config, lambda vipps: vipps.receipts.show(reference))
    show(data, as_json, lambda: _lines(data))


def _ask(config: Path, call: Callable[[Vipps], Awaitable[Outcome[Any]]], key: str | None = None) -> Any:
    async def work() -> Outcome[Any]:
        settings = load(config)
        clock = make_clock(settings)
        async with open_vipps(vipps_settings(settings), lambda: clock.now().utc_ms / 1000) as vipps:
            return await call(vipps)

    doubt = f"It may have happened: look first, and repeat it only with --key {key}."
    try:
        outcome = carry(work)
    except typer.Exit:
        if key is not None:
            announce(doubt, sys.stderr)
        raise
    if isinstance(outcome, InDoubt) and key is not None:
        fail(Trouble(outcome.trouble.fault, f"{outcome.trouble.detail} {doubt}"))
    if not isinstance(outcome, Done):
        fail(outcome.trouble)
    return outcome.value


def _payment(config: Path, reference: str) -> Payment:
    found = _ask(config, lambda vipps: vipps.payments.look(reference))
    if found is None:
        text = f"Vipps does not know a payment {reference} of this sales unit. Check the reference and [vipps]."
        fail(Trouble(Fault.PAYMENT_UNKNOWN, text))
    return found  # type: ignore[no-any-return]


def _account(account: Account) -> dict[str, str]:
    return {
        name: str(getattr(account, name)) for name in ("authorized", "captured", "cancelled", "refunded", "remaining")
    }


def _changed(account: Account, key: str, as_json: bool) -> None:
    data = {"key": key, **_account(account)}
    show(data, as_json, lambda: _lines(data))


def _code(code: Code, image: Path | None, as_json: bool) -> None:
    if image is not None and code.image is not None:
        try:
            image.write_bytes(code.image)
        except OSError as error:
            text = f"The code {code.id} is there, but its picture cannot be written to {image} ({error.strerror}). "
            fail(Trouble(Fault.DISK_READ_ONLY, f"{text}Fetch it with `kiosk vipps qr show {code.id} --image FILE`."))
    data = {name: value for name, value in asdict(code).items() if not isinstance(value, bytes)}
    show(data, as_json, lambda: _lines(data))


def _lines(data: dict[str, Any]) -> None:
    for name, value in data.items():
        print(f"{name:<12} {value}")
