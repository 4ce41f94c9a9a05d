"""A colour and an animal by which a driver knows their own payment, on glass, phone and in the payment text."""

import zlib

from kiosk.domain.states import Offer
from kiosk.words.amounts import NO_BREAK, THIN, whole_money
from kiosk.words.catalogue import Words, marked, open_words

COLOURS = (
    marked("blue"),
    marked("red"),
    marked("green"),
    marked("yellow"),
    marked("white"),
    marked("black"),
    marked("grey"),
    marked("brown"),
)
ANIMALS = (
    marked("moose"),
    marked("fox"),
    marked("hare"),
    marked("bear"),
    marked("wolf"),
    marked("lynx"),
    marked("otter"),
    marked("beaver"),
    marked("seal"),
    marked("whale"),
    marked("eagle"),
    marked("puffin"),
    marked("swan"),
    marked("salmon"),
    marked("reindeer"),
    marked("badger"),
)
LONGEST = 100


def nickname(reference: str, words: Words) -> str:
    """`BLÅ ELG`: always the same for a reference, and the same creature in every language."""
    number = zlib.crc32(reference.encode())
    colour = words.text(COLOURS[number % len(COLOURS)])
    animal = words.text(ANIMALS[number // len(COLOURS) % len(ANIMALS)])
    return words.text("{colour} {animal}", colour=colour, animal=animal).upper()


def payment_description(offer: Offer, station_name: str, language: str) -> str:
    """What stands in the payment app before the driver approves: 3 to 100 characters (Vipps ePayment)."""
    words = open_words(language)
    tail = words.text(
        "Stop code {code}. Temporary reservation, at most {hold}.",
        code=offer.code,
        hold=whole_money(offer.hold, words),
    )
    head = nickname(offer.reference, words)
    room = LONGEST - len(f"{head} · . {tail}")
    # Another program shows this text: it gets ordinary spaces.
    return f"{head} · {station_name[:room].rstrip()}. {tail}".replace(NO_BREAK, " ").replace(THIN, " ")
