"""`kiosk vipps`: every call of the Vipps side by hand. A changing call prints its key; --key repeats it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer

from kiosk.cli.exits import fail, guarded, show
from kiosk.cli.options import CONFIG_DEFAULT, Config, Json
from kiosk.compose import make_clock, vipps_settings
from kiosk.config import Settings, load
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money
from kiosk.domain.outcome import Done, InDoubt, Outcome
from kiosk.domain.payment import Account, Payment
from kiosk.domain.tariff import price_e4
from kiosk.services.vipps import Code, Vipps, open_vipps

app = typer.Typer(no_args_is_help=True, help="The Vipps side, call by call.")
payment = typer.Typer(no_args_is_help=True, help="ePayment: look, and change by hand.")
qr = typer.Typer(no_args_is_help=True, help="Printed codes (merchant redirect).")
receipt = typer.Typer(no_args_is_help=True, help="Order Management.")
app.add_typer(payment, name="payment")
app.add_typer(qr, name="qr")
app.add_typer(receipt, name="receipt")

Reference = Annotated[str, typer.Argument(help="The payment's reference.")]
Key = Annotated[str | None, typer.Option("--key", help="Idempotency key of an earlier, lost call to repeat.")]
Amount = Annotated[str, typer.Argument(help="In the sales unit's currency, such as 148.37.")]
Image = Annotated[Path | None, typer.Option("--image", help="Write the code's PNG here.")]


@app.command("token")
def token(config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Fetch an access token, to see that the keys are right. The token itself is never shown."""
    ends_s = _ask(config, as_json, lambda vipps: vipps.check_keys())
    show(
        {"expires_utc_s": int(ends_s)}, as_json, lambda: print(f"The keys are right; the token ends at {int(ends_s)}.")
    )


@payment.command("show")
def payment_show(reference: Reference, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Vipps' account of a payment."""
    found = _payment(config, reference, as_json)
    data = {
        "reference": found.reference,
        "state": found.approval,
        "amount": str(found.amount),
        **_account(found.account),
    }
    show(data, as_json, lambda: _lines(data))


@payment.command("events")
def payment_events(reference: Reference, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """The event log of a payment, oldest first."""
    data = [{**asdict(entry), "amount": str(entry.amount)} for entry in _payment(config, reference, as_json).log]

    def lines() -> None:
        for entry in data:
            mark = "" if entry["success"] else "  failed"
            print(f"{entry['utc_ms']}  {entry['name']:<12} {entry['amount']:>14}  {entry['key'] or '-'}{mark}")

    show(data, as_json, lines)


@payment.command("capture")
def payment_capture(
    reference: Reference, amount: Amount, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False
) -> None:
    """Capture an amount by hand. The station does this by itself; a session captured by hand stops its automation."""
    settings, used = guarded(lambda: load(config), as_json), key or str(uuid4())
    money = _money(settings, amount, as_json)
    account = _ask(config, as_json, lambda vipps: vipps.payments.capture(reference, money, used), used)
    _changed(account, used, as_json)


@payment.command("release")
def payment_release(
    reference: Reference, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False
) -> None:
    """Release all of a hold that is not captured."""
    used = key or str(uuid4())
    account = _ask(config, as_json, lambda vipps: vipps.payments.release(reference, used, unapproved_only=False), used)
    _changed(account, used, as_json)


@payment.command("refund")
def payment_refund(
    reference: Reference, amount: Amount, config: Config = CONFIG_DEFAULT, key: Key = None, as_json: Json = False
) -> None:
    """Give back what was captured."""
    settings, used = guarded(lambda: load(config), as_json), key or str(uuid4())
    money = _money(settings, amount, as_json)
    account = _ask(config, as_json, lambda vipps: vipps.payments.refund(reference, money, used), used)
    _changed(account, used, as_json)


@payment.command("approve")
def payment_approve(
    reference: Reference,
    phone: Annotated[str, typer.Option(help="The test user's number, digits only.")],
    config: Config = CONFIG_DEFAULT,
    as_json: Json = False,
) -> None:
    """Approve as a test user would. Impossible in production."""
    _ask(config, as_json, lambda vipps: vipps.payments.force_approve(reference, phone))
    show({"approved": reference}, as_json, lambda: print(f"{reference} is approved."))


@qr.command("list")
def qr_list(config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Every printed code of the sales unit, and where it leads."""
    codes = _ask(config, as_json, lambda vipps: vipps.qr.list())
    data = [asdict(code) for code in codes]

    def lines() -> None:
        for code in data:
            print("  ".join(str(value) for value in code.values()))

    show(data, as_json, lines)


@qr.command("show")
def qr_show(code_id: str, image: Image = None, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """One printed code; --image keeps its picture, whose address soon dies."""
    _code(_ask(config, as_json, lambda vipps: vipps.qr.get(code_id)), image, as_json)


@qr.command("register")
def qr_register(
    code_id: str, target: str, image: Image = None, config: Config = CONFIG_DEFAULT, as_json: Json = False
) -> None:
    """A new code that leads to TARGET (https). One that exists and leads there already is fine."""
    _code(_ask(config, as_json, lambda vipps: vipps.qr.create(code_id, target)), image, as_json)


@qr.command("repoint")
def qr_repoint(code_id: str, target: str, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Let a printed code lead elsewhere, at once, without a new sticker."""
    _code(_ask(config, as_json, lambda vipps: vipps.qr.repoint(code_id, target)), None, as_json)


@receipt.command("show")
def receipt_show(reference: Reference, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """The receipt and link that Vipps shows to the driver."""
    data = _ask(config, as_json, lambda vipps: vipps.receipts.show(reference))
    show(data, as_json, lambda: _lines(data))


def _ask(config: Path, as_json: bool, call: Callable[[Vipps], Awaitable[Outcome[Any]]], key: str | None = None) -> Any:
    async def work() -> Outcome[Any]:
        settings = load(config)
        clock = make_clock(settings)
        async with open_vipps(vipps_settings(settings), lambda: clock.now().utc_ms / 1000) as vipps:
            return await call(vipps)

    outcome = guarded(lambda: asyncio.run(work()), as_json)
    if isinstance(outcome, InDoubt) and key is not None:
        text = f"{outcome.trouble.detail} It may have happened: look first, and repeat it only with --key {key}."
        fail(Trouble(outcome.trouble.fault, text), as_json)
    if not isinstance(outcome, Done):
        fail(outcome.trouble, as_json)
    return outcome.value


def _payment(config: Path, reference: str, as_json: bool) -> Payment:
    found = _ask(config, as_json, lambda vipps: vipps.payments.look(reference))
    if found is None:
        text = f"Vipps does not know a payment {reference} of this sales unit. Check the reference and [vipps]."
        fail(Trouble(Fault.PAYMENT_UNKNOWN, text), as_json)
    return found  # type: ignore[no-any-return]


def _money(settings: Settings, amount: str, as_json: bool) -> Money:
    try:
        e4 = price_e4(amount)
        if e4 % 100:
            raise ValueError(f"{amount!r} has more than two decimals; write an amount such as 148.37.")
    except ValueError as error:
        fail(Trouble(Fault.CONFIG_WRONG, str(error)), as_json)
    return Money(e4 // 100, settings.tariff.currency)


def _account(account: Account) -> dict[str, str]:
    return {
        name: str(getattr(account, name)) for name in ("authorized", "captured", "cancelled", "refunded", "remaining")
    }


def _changed(account: Account, key: str, as_json: bool) -> None:
    data = {"key": key, **_account(account)}
    show(data, as_json, lambda: _lines(data))


def _code(code: Code, image: Path | None, as_json: bool) -> None:
    if image is not None and code.image is not None:
        image.write_bytes(code.image)
    data = {name: value for name, value in asdict(code).items() if not isinstance(value, bytes)}
    show(data, as_json, lambda: _lines(data))


def _lines(data: dict[str, Any]) -> None:
    for name, value in data.items():
        print(f"{name:<12} {value}")
