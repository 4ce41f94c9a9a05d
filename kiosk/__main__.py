"""The command line, and nothing else. A command's own code is loaded when it is called, so that each starts at once."""

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

GROUPS = {
    "sessions": ("kiosk.cli.sessions", "app", "What the journal knows."),
    "vipps": ("kiosk.cli.vipps", "app", "The Vipps side, call by call."),
    "meter": ("kiosk.cli.devices", "meter_app", "Read a meter's billing register."),
    "charger": ("kiosk.cli.devices", "charger_app", "See and switch a charge controller."),
    "sim": ("kiosk.cli.sim", "app", "Simulators of Vipps, meter and charge controller."),
}


def build(words: list[str]) -> "typer.Typer":
    """All commands by name; the group that `words` asks for, or with nothing asked for none, is really loaded."""
    import typer

    from kiosk.cli.demo import demo
    from kiosk.cli.station import station
    from kiosk.cli.world import world

    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Charging an electric car and paying with Vipps MobilePay.",
    )
    app.command("demo")(demo)
    app.command("station")(station)
    app.command("world")(world)
    asked = next((word for word in words if not word.startswith("-")), "")
    for name, (module, attribute, text) in GROUPS.items():
        group = getattr(import_module(module), attribute) if name == asked else typer.Typer()
        app.add_typer(group, name=name, help=text)
    return app


def main() -> None:
    """A station lights up before anything else is loaded: typer alone takes longer than its first frame."""
    words, splash = sys.argv[1:], None
    if words[:1] == ["station"]:
        from kiosk.cli.first_light import raised

        splash = raised(words[1:])
    build(words)(obj=splash)


if __name__ == "__main__":
    main()
