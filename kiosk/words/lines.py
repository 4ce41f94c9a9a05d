"""The names of the parts of a price, on glass, page and receipt alike."""

from kiosk.domain.receipt import Line, LineKind, Registers
from kiosk.words.amounts import duration, energy, price
from kiosk.words.catalogue import Words, marked, open_words

NAMES: dict[LineKind, str] = {
    LineKind.ENERGY: marked("Energy"),
    LineKind.MINUTES: marked("Charging time"),
    LineKind.SESSION: marked("Start fee"),
    LineKind.IDLE: marked("Parked after done"),
}

WHOLE = marked("Charging session")


def name(kind: LineKind, words: Words) -> str:
    return words.text(NAMES[kind])


def names(language: str, billed: Registers | None) -> dict[LineKind, str]:
    """All of them, for a receipt in this language; behind the energy stands whose register was billed.

    In plain spaces: nobody knows how another's app shows the narrow ones.
    """
    words = open_words(language)
    found = {kind: name(kind, words) for kind in LineKind}
    if billed is not None:
        found[LineKind.ENERGY] += ". " + " ".join(registers(billed, words).split())
    return found


def whole(language: str) -> str:
    """The one line of a receipt that is written by hand."""
    return open_words(language).text(WHOLE)


def quantity(line: Line, words: Words) -> str:
    """What was counted, at what price: `30,279 kWh × 4,90 kr/kWh`. One session counts nothing."""
    unit = line.gross.currency
    match line.kind:
        case LineKind.ENERGY:
            return f"{energy(line.quantity, words, 1)} × {price(line.price_e4, unit, 'kWh', words)}"
        case LineKind.MINUTES | LineKind.IDLE:
            per_minute = price(line.price_e4, unit, words.text("min"), words)
            return f"{duration(line.quantity, words)} × {per_minute}"
        case LineKind.SESSION:
            return str(price(line.price_e4, unit, "", words))


def registers(billed: Registers, words: Words) -> str:
    """The meter and what it showed: `Meter 21031977: 12 345,678 to 12 375,957 kWh`."""
    first, last = (energy(wh, words, billed.resolution_wh) for wh in (billed.begin_wh, billed.end_wh))
    return words.text("{meter}: {first} to {last}", meter=meter(billed.serial, words), first=first.number, last=last)


def meter(serial: str, words: Words) -> str:
    """With its serial number, if it tells one."""
    return words.text("Meter {serial}", serial=serial) if serial else words.text("Meter")
