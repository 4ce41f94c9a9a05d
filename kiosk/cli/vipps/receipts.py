"""`kiosk vipps receipt`: the receipt and the link that the driver sees in the app (Order Management API)."""

from typing import Annotated

import typer

from kiosk.cli.exits import show
from kiosk.cli.options import CONFIG_DEFAULT, Config, Json, formed
from kiosk.cli.vipps.asking import Amount, Reference, ask, lines, money_of
from kiosk.config import load
from kiosk.domain.receipt import Line, LineKind, Receipt
from kiosk.domain.tariff import price_e4

receipts = typer.Typer(no_args_is_help=True, help="The receipt that the driver sees in the app (Order Management API).")

ONCE = "It can be written only once: nobody can change or take back what is stored now."
AGAIN = "It may be stored: send the very same again, which is compared with it and changes nothing."

Url = Annotated[
    str,
    typer.Argument(
        metavar="URL",
        parser=formed(r"https://\S+", "write https:// and an address, such as https://lad.example.no/c/7f3a"),
        help="The session's page, such as https://lad.example.no/c/7f3a.",
    ),
]


@receipts.command("show")
def show_(reference: Reference, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """The receipt and link that Vipps shows to the driver."""
    data = ask(config, lambda vipps: vipps.receipts.show(reference))
    show(data, as_json, lambda: lines(data))


@receipts.command("send")
def send(reference: Reference, amount: Amount, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Send a receipt of one line over AMOUNT, with the tariff's VAT. It can be written only once and never changed.

    The station sends the real one by itself, and one that was sent by hand before leaves that session to a person.
    """
    settings, total = load(config), money_of(config, amount)
    station = next((part.id for part in settings.station if reference.startswith(part.id)), settings.station[0].id)
    line = Line(LineKind.SESSION, 1, price_e4(amount), total, settings.tariff.vat_bp)
    receipt = Receipt(reference, station, total, (line,))
    found = ask(config, lambda vipps: vipps.receipts.send(receipt, settings.site.language), AGAIN)
    data = {"reference": reference, "total": str(total), "tax": str(receipt.tax), "receipt": found}

    def told() -> None:
        lines(data)
        if not found.startswith("skipped"):
            print(ONCE)

    show(data, as_json, told)


@receipts.command("link")
def link(reference: Reference, url: Url, config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Show the page at URL beside the payment in the app. The last link wins."""
    found = ask(config, lambda vipps: vipps.receipts.link(reference, url))
    data = {"reference": reference, "url": url, "link": found}
    show(data, as_json, lambda: lines(data))
