"""`kiosk vipps payment`: look at one payment, or change it by hand (ePayment API)."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from kiosk.cli.exits import fail, show
from kiosk.cli.options import CONFIG_DEFAULT, Config, Json, formed
from kiosk.cli.vipps.asking import Amount, Reference, ask, keep, lines, money_of
from kiosk.config import load
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Currency
from kiosk.domain.payment import Account, Checkout, Payment
from kiosk.services.vipps.creation import MSISDN, RETURN_URL
from kiosk.services.vipps.payments import KEY

payments = typer.Typer(no_args_is_help=True, help="Look at one payment, or change it by hand (ePayment API).")

Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        parser=formed(KEY, "a key has 1 to 50 visible characters"),
        help="Idempotency key of an earlier, lost call to repeat safely; a new one without it.",
    ),
]
PHONE = formed(MSISDN, "write 9 to 15 digits, such as 4712345678", secret=True)


@payments.command("create")
def create(
    reference: Reference,
    amount: Amount,
    image: Annotated[Path | None, typer.Option("--image", help="Write the code's picture (PNG) to this file.")] = None,
    return_url: Annotated[
        str | None,
        typer.Option(
            "--return-url",
            metavar="URL",
            parser=formed(RETURN_URL, "write https:// or an app's own scheme, such as https://lad.example.no/c/7f3a"),
            help="Pay on the driver's own phone (WEB_REDIRECT), which is led to this address afterwards.",
        ),
    ] = None,
    phone: Annotated[
        str | None,
        typer.Option(
            "--phone",
            metavar="NUMBER",
            parser=PHONE,
            help="Ask this phone by PUSH_MESSAGE: country code and digits only, such as 4712345678. It is kept nowhere.",
        ),
    ] = None,
    config: Config = CONFIG_DEFAULT,
    key: Key = None,
    as_json: Json = False,
) -> None:
    """Ask a driver to reserve AMOUNT: by a QR code, or with --return-url or --phone. No station knows of this payment."""
    if [image, return_url, phone].count(None) < 2:
        raise typer.BadParameter("--image is for a QR code; name only one of --image, --return-url and --phone.")
    money, used = money_of(config, amount), key or str(uuid4())
    text = f"{load(config).site.name} {reference}"[:100]
    checkout: Checkout = ask(
        config,
        lambda vipps: vipps.payments.create(reference, money, used, text, return_url, phone_number=phone),
        _repeat(used),
    )
    if image is not None and checkout.image_png is not None:
        again = f"Create it again with --key {used} and another FILE, or withdraw it."
        keep(checkout.image_png, image, f"The payment {reference} is there", again)
    data = {"reference": reference, "key": used, "address": checkout.url or "-"}
    show(data, as_json, lambda: lines(data))


@payments.command("show")
def show_(reference: Reference, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Vipps' account of a payment: state, and what is authorised, captured, cancelled (released) and refunded."""
    found = _payment(config, reference)
    data = {
        "reference": found.reference,
        "state": found.approval,
        "amount": str(found.amount),
        **_account(found.account),
    }
    show(data, as_json, lambda: lines(data))


@payments.command("events")
def events(reference: Reference, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """The event log of a payment, oldest first: time (UTC, ms), event, amount and idempotency key."""
    data = [{**asdict(entry), "amount": str(entry.amount)} for entry in _payment(config, reference).log]

    def each() -> None:
        for entry in data:
            mark = "" if entry["success"] else "  failed"
            print(f"{entry['utc_ms']}  {entry['name']:<12} {entry['amount']:>14}  {entry['key'] or '-'}{mark}")

    show(data, as_json, each)


@payments.command("capture")
def capture(
    reference: Reference, amount: Amount, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False
) -> None:
    """Capture AMOUNT by hand, at most what remains of the hold.

    The station does this by itself; a session captured by hand stops its automation.
    """
    money, used = money_of(config, amount), key or str(uuid4())
    # A repeated call may have happened, and then its amount does not remain: Vipps knows by the key.
    most = None if key else _account_in(config, reference, money.currency).remaining
    account = ask(config, lambda vipps: vipps.payments.capture(reference, money, used, most), _repeat(used))
    _changed(account, used, as_json)


@payments.command("release")
def release(reference: Reference, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False) -> None:
    """Release all of a hold that is not captured."""
    used = key or str(uuid4())
    account = ask(config, lambda vipps: vipps.payments.release(reference, used, unapproved_only=False), _repeat(used))
    _changed(account, used, as_json)


@payments.command("withdraw")
def withdraw(reference: Reference, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False) -> None:
    """Take back a payment that nobody has approved. One that is approved stays as it is; `release` is for that."""
    used = key or str(uuid4())
    account = ask(config, lambda vipps: vipps.payments.release(reference, used, unapproved_only=True), _repeat(used))
    _changed(account, used, as_json)


@payments.command("refund")
def refund(
    reference: Reference, amount: Amount, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False
) -> None:
    """Give back AMOUNT of what was captured, at most what was not given back yet."""
    money, used = money_of(config, amount), key or str(uuid4())
    most = None if key else _account_in(config, reference, money.currency).refundable
    account = ask(config, lambda vipps: vipps.payments.refund(reference, money, used, most), _repeat(used))
    _changed(account, used, as_json)


@payments.command("approve")
def approve(
    reference: Reference,
    phone: Annotated[
        str,
        typer.Option(
            "--phone",
            parser=PHONE,
            help="The test user's number with country code and digits only, such as 4712345678.",
        ),
    ],
    config: Config = CONFIG_DEFAULT,
    as_json: Json = False,
) -> None:
    """Approve as a test user would. Impossible in production."""
    ask(config, lambda vipps: vipps.payments.force_approve(reference, phone))
    show({"approved": reference}, as_json, lambda: print(f"{reference} is approved."))


def _repeat(key: str) -> str:
    return f"It may have happened: look first, and repeat it only with --key {key}."


def _payment(config: Path, reference: str) -> Payment:
    found: Payment | None = ask(config, lambda vipps: vipps.payments.look(reference))
    if found is None:
        text = f"Vipps does not know a payment {reference} of this sales unit. Check the reference and [vipps]."
        fail(Trouble(Fault.PAYMENT_UNKNOWN, text))
    return found


def _account_in(config: Path, reference: str, currency: Currency) -> Account:
    """What Vipps accounts for before anything is changed."""
    found = _payment(config, reference)
    if found.amount.currency is not currency:
        text = f"{reference} is a payment of {found.amount}, and [tariff] currency is {currency}. Nothing was sent."
        fail(Trouble(Fault.PAYMENT_MISMATCH, text))
    return found.account


def _account(account: Account) -> dict[str, str]:
    return {
        name: str(getattr(account, name)) for name in ("authorized", "captured", "cancelled", "refunded", "remaining")
    }


def _changed(account: Account, key: str, as_json: bool) -> None:
    data = {"key": key, **_account(account)}
    show(data, as_json, lambda: lines(data))
