"""The command line, and nothing else. A command's own code is loaded when it is called, so that each starts at once."""

import os
import signal
import sys
from importlib import import_module
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import typer

GROUPS = {
    "sessions": ("kiosk.cli.sessions", "app", "Look up what happened to each session, in the journal."),
    "vipps": ("kiosk.cli.vipps", "app", "Look at payments, codes and receipts at Vipps, or change them by hand."),
    "meter": ("kiosk.cli.devices", "meter_app", "Read a meter's billing register."),
    "charger": ("kiosk.cli.devices", "charger_app", "See and switch a charge controller."),
    "sim": ("kiosk.cli.sim", "app", "Simulate Vipps, a meter or a charge controller on this machine."),
}


def build(words: list[str]) -> "typer.Typer":
    """All commands by name; the group that `words` asks for, or with nothing asked for none, is really loaded."""
    import typer

    from kiosk.cli.demo import demo
    from kiosk.cli.exits import Commands
    from kiosk.cli.station import station
    from kiosk.cli.world import world

    app = typer.Typer(
        cls=Commands,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Run a charging site that takes Vipps MobilePay. `kiosk COMMAND --help` tells what a command needs.",
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
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end_at_once)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        stream.reconfigure(errors="backslashreplace")  # a letter that the terminal lacks
    words, splash = sys.argv[1:], None
    if words[:1] == ["station"]:
        from kiosk.cli.first_light import raised

        splash = raised(words[1:])
    try:
        build(words)(obj=splash)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, _end_at_once)


def _end_at_once(number: int, _frame: FrameType | None) -> None:
    """Before a loop takes the signals over, nothing is open, and after it everything is closed.

    No exception: it would land in whatever is being imported or drawn, and may be lost there.
    """
    os._exit(0 if sys.argv[1:2] in (["station"], ["sim"]) else 128 + number)


if __name__ == "__main__":
    main()
