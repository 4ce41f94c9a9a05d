"""The command line, and nothing else."""

import typer

from kiosk.cli import demo, devices, sessions, sim, station, vipps

app = typer.Typer(
    no_args_is_help=True, add_completion=False, help="Charging an electric car and paying with Vipps MobilePay."
)
app.command("demo")(demo.demo)
app.command("station")(station.station)
app.add_typer(sessions.app, name="sessions")
app.add_typer(vipps.app, name="vipps")
app.add_typer(devices.meter_app, name="meter")
app.add_typer(devices.charger_app, name="charger")
app.add_typer(sim.app, name="sim")


def main() -> None:
    app()


if __name__ == "__main__":
    main()
