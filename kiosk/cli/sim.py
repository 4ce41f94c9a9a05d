"""`kiosk sim`: the toys that speak the real protocols, each on a port of its own with an admin door at /_sim."""

import asyncio
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from kiosk.cli.exits import guarded, until_told
from kiosk.domain.fault import Fault, FaultError, Trouble

app = typer.Typer(no_args_is_help=True, help="Simulators of Vipps, meter and charge controller.")

Port = Annotated[int, typer.Option("--port", min=0, max=65535, help="TCP port on 127.0.0.1; 0 chooses a free one.")]
Rate = Annotated[float, typer.Option("--rate", min=0.01, max=10_000, help="Simulated seconds to one real second.")]
Seed = Annotated[int | None, typer.Option("--seed", help="Draws the car.")]


@app.command("vipps")
def vipps(port: Port = 8100, rate: Rate = 1.0) -> None:
    """A strict Vipps MobilePay, with a phone page at /_sim/phone."""
    from kiosk.sim.vipps import run

    _serve(run(port, rate=rate))


@app.command("meter")
def meter(port: Port = 8502, profile: str = "eastron-sdm630", rate: Rate = 1.0, seed: Seed = None) -> None:
    """A meter behind which a car charges."""
    from kiosk.sim.toys import run_meter

    _serve(run_meter(port, profile, seed=seed, rate=rate))


@app.command("charger")
def charger(port: Port = 8503, profile: str = "keba-p30", rate: Rate = 1.0, seed: Seed = None) -> None:
    """A charge controller with a car that waits for it."""
    from kiosk.sim.toys import run_charger

    _serve(run_charger(port, profile, seed=seed, rate=rate))


@app.command("post")
def post(
    meter_port: Annotated[int, typer.Option(min=0, max=65535)] = 8502,
    charger_port: Annotated[int, typer.Option(min=0, max=65535)] = 8503,
    meter_profile: str = "eastron-sdm630",
    charger_profile: str = "keba-p30",
    rate: Rate = 1.0,
    seed: Seed = None,
) -> None:
    """Meter and controller of one charge point, with one car between them."""
    from kiosk.sim.toys import run_post

    _serve(
        run_post(
            meter_port, charger_port, meter_profile=meter_profile, charger_profile=charger_profile, seed=seed, rate=rate
        )
    )


def _serve(work: Coroutine[Any, Any, None]) -> None:
    def run() -> None:
        try:
            asyncio.run(until_told(work))
        except OSError as error:
            raise FaultError(Trouble(Fault.PORT_BUSY, str(error))) from error
        except ValueError as error:
            raise FaultError(Trouble(Fault.CONFIG_WRONG, str(error))) from error

    guarded(run)
