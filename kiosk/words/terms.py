"""The terms a driver accepts: what is reserved, what is taken, what is released, and whom to call."""

from dataclasses import dataclass

from kiosk.words.catalogue import Words


@dataclass(frozen=True)
class Clause:
    title: str
    text: str


def terms(words: Words, *, wallet: str, phone: str, site: str) -> tuple[Clause, ...]:
    return (
        Clause(
            words.text("What is reserved"),
            words.text(
                "When you approve in {wallet}, the amount you chose is reserved. It is the most you can pay. "
                "The charge stops before it costs more.",
                wallet=wallet,
            ),
        ),
        Clause(
            words.text("What you pay"),
            words.text(
                "You pay for what the energy meter of this station proves, at the price shown before you approved. "
                "Without energy you pay nothing."
            ),
        ),
        Clause(
            words.text("What is released"),
            words.text(
                "The rest is released as soon as the amount is taken. Your bank may need some days to show it. "
                "If the charge never starts, everything is released."
            ),
        ),
        Clause(
            words.text("When the charge ends"),
            words.text(
                "It ends when you stop it, unplug the car, when the reservation is used up, when the car has been "
                "done for a while, or after 24 hours."
            ),
        ),
        Clause(
            words.text("Your data"),
            words.text(
                "This station stores no phone number and no card. {wallet} sends you the receipt.", wallet=wallet
            ),
        ),
        Clause(
            words.text("Questions and complaints"),
            words.text("Call {phone}. Tell us the station number on this screen. {site}", phone=phone, site=site),
        ),
    )
