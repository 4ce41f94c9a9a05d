"""`kiosk sim`: the toys that speak the real protocols, each on a port of its own with an admin door at /_sim."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

import typer

from kiosk.cli.exits import announce, fail, serve, typed
from kiosk.domain.fault import Fault, Trouble

app = typer.Typer(no_args_is_help=True, help="Simulators of Vipps, meter and charge controller.")

LOCAL = "TCP port on 127.0.0.1; 0 chooses a free one, which is printed."
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help=LOCAL)]
Rate = Annotated[float, typer.Option("--rate", min=0.01, max=10_000, help="Simulated seconds to one real second.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Draws the car; without it always the same car comes.")]
METERS = "Make of the meter, such as eastron-sdm630."
CHARGERS = "Make of the controller, such as keba-p30."


@app.command("vipps")
def vipps(port: Port = 8100, rate: Rate = 1.0) -> None:
    """A strict Vipps MobilePay, with a phone page at /_sim/phone. Serves until Ctrl-C."""
    from kiosk.sim.vipps import run

    _serve(lambda: run(port, rate=rate, announce=announce))


@app.command("meter")
def meter(
    port: Port = 8502,
    profile: Annotated[str, typer.Option("--profile", help=METERS)] = "eastron-sdm630",
    rate: Rate = 1.0,
    seed: Seed = None,
) -> None:
    """A meter behind which a car charges, over Modbus TCP. Serves until Ctrl-C."""
    from kiosk.sim.toys import run_meter

    _serve(lambda: run_meter(port, profile, seed=seed, rate=rate, announce=announce))


@app.command("charger")
def charger(
    port: Port = 8503,
    profile: Annotated[str, typer.Option("--profile", help=CHARGERS)] = "keba-p30",
    rate: Rate = 1.0,
    seed: Seed = None,
) -> None:
    """A charge controller with a car that waits for it, over Modbus TCP. Serves until Ctrl-C."""
    from kiosk.sim.toys import run_charger

    _serve(lambda: run_charger(port, profile, seed=seed, rate=rate, announce=announce))


@app.command("post")
def post(
    meter_port: Annotated[int, typer.Option(min=0, max=65535, help=f"The meter's {LOCAL}")] = 8502,
    charger_port: Annotated[int, typer.Option(min=0, max=65535, help=f"The controller's {LOCAL}")] = 8503,
    meter_profile: Annotated[str, typer.Option(help=METERS)] = "eastron-sdm630",
    charger_profile: Annotated[str, typer.Option(help=CHARGERS)] = "keba-p30",
    rate: Rate = 1.0,
    seed: Seed = None,
) -> None:
    """Meter and controller of one charge point, with one car between them. Serves until Ctrl-C."""
    from kiosk.sim.toys import run_post

    profiles = {"meter_profile": meter_profile, "charger_profile": charger_profile}
    _serve(lambda: run_post(meter_port, charger_port, **profiles, seed=seed, rate=rate, announce=announce))


def _serve(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    try:
        with typed():  # a toy raises ValueError only while it is made, for a name that it does not know
            serve(work)
    except OSError as error:
        fail(Trouble(Fault.PORT_BUSY, str(error)))
