"""`kiosk vipps`: every call of the Vipps side by hand. A changing call prints its key; --key repeats it."""

import typer

from kiosk.cli.exits import show
from kiosk.cli.options import CONFIG_DEFAULT, Config, Json
from kiosk.cli.vipps.asking import ask
from kiosk.cli.vipps.codes import codes
from kiosk.cli.vipps.payments import payments
from kiosk.cli.vipps.receipts import receipts

app = typer.Typer(no_args_is_help=True, help="Every call of the Vipps side by hand, with the keys of the settings.")
app.add_typer(payments, name="payment")
app.add_typer(codes, name="qr")
app.add_typer(receipts, name="receipt")


@app.command("token")
def token(config: Config = CONFIG_DEFAULT, as_json: Json = False) -> None:
    """Fetch an access token, to see that the keys are right. The token itself is never shown."""
    ends_s = ask(config, lambda vipps: vipps.check_keys())
    show(
        {"expires_utc_s": int(ends_s)}, as_json, lambda: print(f"The keys are right; the token ends at {int(ends_s)}.")
    )
