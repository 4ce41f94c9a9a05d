"""Before there is a session: the tiles, the price with all its parts, the hold, and the terms."""

from functools import cache

from kiosk.domain.charging import DONE_S
from kiosk.domain.money import Money
from kiosk.domain.tariff import Tariff, Usage
from kiosk.domain.view import StationInfo, StationView
from kiosk.ui.station.parts import (
    Button,
    Choice,
    HoldPage,
    Pill,
    ReadyPage,
    Row,
    Section,
    TermsPage,
    Tile,
    Tiles,
)
from kiosk.words import terms as terms_text
from kiosk.words.amounts import (
    NO_BREAK,
    duration,
    minutes,
    money,
    percent,
    phone_number,
    price,
    rated_power,
    unbroken,
    whole_energy,
    whole_money,
)
from kiosk.words.catalogue import Words
from kiosk.words.wallet import wallet

TYPICAL_WH = 20_000


def tiles(views: tuple[StationView, ...], pills: tuple[Pill, ...], words: Words) -> Tiles:
    return Tiles(
        words.text("Which charger?"),
        tuple(_tile(view, pill, words) for view, pill in zip(views, pills, strict=True)),
    )


def _tile(view: StationView, pill: Pill, words: Words) -> Tile:
    tariff = view.info.tariff
    return Tile(view.info.id, view.info.name, unbroken(price(tariff.energy_e4, tariff.currency, "kWh", words)), pill)


def ready(info: StationInfo, words: Words, *, several: bool) -> ReadyPage:
    tariff = info.tariff
    big = price(tariff.energy_e4, tariff.currency, "kWh", words)
    app = wallet(tariff.currency)
    return ReadyPage(
        label=words.text("Price per kWh"),
        number=big.number,
        unit=big.unit,
        power=words.text("Up to {power}", power=rated_power(info.rated_power_w, words)),
        rows=_price_rows(tariff, words),
        how=words.text("How to charge"),
        steps=(
            words.text("Choose how much to reserve"),
            words.text("Scan the code with {wallet}", wallet=app),
            words.text("Plug in the car"),
        ),
        promise=words.text("You pay only for what you use. The rest is released at once."),
        example=_example(info, words),
        start=Button(words.text("Start charging"), "begin"),
        back=Button(words.text("All chargers"), "home") if several else Button(),
    )


def _price_rows(tariff: Tariff, words: Words) -> tuple[Row, ...]:
    minute = words.text("min")
    rows = [
        Row(words.text("Per minute of charging"), unbroken(price(tariff.minute_e4, tariff.currency, minute, words))),
        Row(words.text("Start fee"), str(price(tariff.session_e4, tariff.currency, "", words))),
    ]
    if tariff.idle is None:
        rows.append(
            Row(
                words.text("After the car is done"),
                words.text("Free, ends after {grace}", grace=minutes(DONE_S, words)),
            )
        )
        return tuple(rows)
    fee = unbroken(price(tariff.idle.price_e4, tariff.currency, minute, words))
    cap = whole_money(Money(tariff.idle.cap_minor, tariff.currency), words)
    label = words.text("After the car is done, from {grace}", grace=minutes(tariff.idle.grace_s, words))
    most = words.text("at most {cap}", cap=cap).replace(" ", NO_BREAK)
    rows.append(Row(label, f"{fee}, {most}"))
    return tuple(rows)


def _example(info: StationInfo, words: Words) -> str:
    """What a typical charge costs here at full power, with the tax that is in it."""
    tariff = info.tariff
    charging_ms = TYPICAL_WH * 3_600_000 // info.rated_power_w
    cost = money(tariff.proven(Usage(energy_wh=TYPICAL_WH, charging_ms=charging_ms)), words)
    energy = whole_energy(TYPICAL_WH, words)
    if tariff.minute_e4:
        time = duration(charging_ms // 1000, words)
        typical = words.text("{energy} in {time} costs {cost}.", energy=energy, time=time, cost=cost)
    else:
        typical = words.text("{energy} costs {cost}.", energy=energy, cost=cost)
    return typical + " " + words.text("All prices include {vat} VAT.", vat=percent(tariff.vat_bp, words))


def hold(info: StationInfo, words: Words) -> HoldPage:
    return HoldPage(
        title=words.text("How much should be reserved?"),
        promise=words.text("You pay only for what you use. The rest is released at once."),
        choices=tuple(_choice(info, amount, words) for amount in info.holds),
        chosen_word=words.text("Chosen"),
        back=Button(words.text("Back"), "back"),
        terms=Button(words.text("Read the terms"), "terms"),
        pay=Button(words.text("Accept terms and pay"), "pay"),
    )


@cache
def _buys_wh(tariff: Tariff, amount: Money, rated_power_w: int) -> int:
    """A search, which a touch need not wait for twice: a site has one tariff and few holds."""
    return tariff.buys_wh(amount, rated_power_w)


def _choice(info: StationInfo, amount: Money, words: Words) -> Choice:
    written = whole_money(amount, words)
    energy = whole_energy(_buys_wh(info.tariff, amount, info.rated_power_w), words)
    buys = words.text("enough for about") if info.tariff.minute_e4 else words.text("enough for")
    return Choice(written.number, written.unit, buys, str(energy), f"{written}, {buys} {energy}")


def terms(info: StationInfo, words: Words) -> TermsPage:
    clauses = terms_text.terms(
        words, wallet=wallet(info.tariff.currency), phone=phone_number(info.help_phone), site=info.site
    )
    return TermsPage(
        title=words.text("Terms"),
        sections=tuple(Section(clause.title, clause.text) for clause in clauses),
        back=Button(words.text("Back"), "back"),
    )
