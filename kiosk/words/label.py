"""The sentences on a printed label."""

from kiosk.domain.money import Currency
from kiosk.words.catalogue import Words
from kiosk.words.wallet import wallet


def call(words: Words) -> str:
    return words.text("Scan, reserve, plug in.")


def how_to_pay(currency: Currency, words: Words) -> str:
    return words.text("Pay with {wallet}.", wallet=wallet(currency))


def caution(words: Words) -> str:
    return words.text("We never ask for card numbers.")
