"""While the driver pays and the car charges: the payment code, the running account, and the stop code's keypad."""

from base64 import b64encode

from kiosk.domain.charging import DONE_S, MAX_SESSION_S
from kiosk.domain.energy import Instant
from kiosk.domain.metering import QUIET_W
from kiosk.domain.money import Money
from kiosk.domain.offering import OFFER_S
from kiosk.domain.states import Charging, Offered, Phase
from kiosk.domain.view import StationView
from kiosk.ui.station.glass import Glass, Message, gone_s
from kiosk.ui.station.parts import Button, ChargingPage, CodePage, PayPage
from kiosk.words import lines
from kiosk.words.amounts import (
    clock,
    countdown,
    duration,
    energy,
    money,
    phone_number,
    power,
    price,
    unbroken,
    whole_money,
)
from kiosk.words.catalogue import Words
from kiosk.words.nickname import nickname
from kiosk.words.wallet import wallet


def pay(view: StationView, session: Offered, code_png: bytes, words: Words, now: Instant) -> PayPage:
    offer = session.offer
    app = wallet(offer.hold.currency)
    hold = money(offer.hold, words)
    return PayPage(
        title=words.text("Scan with {wallet} or the camera", wallet=app),
        code="data:image/png;base64," + b64encode(code_png).decode(),
        code_name=words.text("Payment code for {hold}", hold=hold),
        hold_label=words.text("Reserved at most"),
        hold=str(hold),
        promise=words.text("You pay only for what you use."),
        nickname_label=words.text("In {wallet} it says", wallet=app),
        nickname=f"{nickname(offer.reference, words)} · {view.info.name}",
        warning=words.text("If it says anything else, do not pay."),
        left_label=words.text("The code is valid for"),
        left=countdown(OFFER_S - gone_s(session.since, now)),
        cancel=Button(words.text("Cancel"), "cancel"),
    )


def charging(view: StationView, session: Charging, words: Words, now: Instant) -> ChargingPage:
    offer, usage, last = session.offer, session.usage, session.last
    due = offer.tariff.due(usage, offer.hold).due
    delivered, cost, watts = energy(usage.energy_wh, words), money(due, words), power(last.power_w, words)
    label, time = _time(session, words)
    asks = view.info.asks_stop_code
    return ChargingPage(
        number=delivered.number,
        unit=delivered.unit,
        cost=cost.number,
        cost_unit=cost.unit,
        gauge=due.minor / offer.hold.minor,
        used=words.text("{cost} used", cost=cost),
        reserve=_reserve(session, words, now),
        power_label=words.text("Power now"),
        power=watts.number,
        power_unit=watts.unit,
        time_label=label,
        time=time,
        meter=lines.meter(last.number, words),
        meter_from=words.text("from {register} to", register=_register(session.begin.import_wh, session, words)),
        meter_to=_register(last.import_wh, session, words),
        note=_note(view, session, words),
        stop=Button(words.text("Hold to stop"), "stop"),
        stop_hint=words.text("The stop code is in {wallet}", wallet=wallet(offer.hold.currency)) if asks else "",
    )


def _register(register_wh: int, session: Charging, words: Words) -> str:
    return str(energy(register_wh, words, session.last.resolution_wh))


def _time(session: Charging, words: Words) -> tuple[str, str]:
    if session.phase is Phase.DONE:
        return words.text("Car done since"), clock(session.phase_since.utc_ms, words)
    return words.text("Charging time"), duration(session.usage.charging_s, words)


def _reserve(session: Charging, words: Words, now: Instant) -> str:
    hold = money(session.offer.hold, words)
    left_s = lasts_s(session, now)
    if left_s is None:
        return words.text("of {hold} reserved", hold=hold)
    until = clock(now.utc_ms + left_s * 1000, words)
    return words.text("of {hold}, lasts until about {time}", hold=hold, time=until)


def lasts_s(session: Charging, now: Instant) -> int | None:
    """Seconds until the hold is used up or the day is over at the present power; None where nothing can be said."""
    if session.phase is not Phase.CHARGING or session.last.power_w < QUIET_W:
        return None
    offer = session.offer
    low, high = 0, max(0, MAX_SESSION_S - gone_s(session.since, now))
    while low < high:
        middle = (low + high + 1) // 2
        outrun = offer.tariff.outruns(session.usage, offer.hold, middle, session.last.power_w)
        low, high = (low, middle - 1) if outrun else (middle, high)
    return low


def _note(view: StationView, session: Charging, words: Words) -> str:
    """The one thing beside the figures that the driver should know now."""
    if session.silent_since is not None:
        return words.text("Waiting for the meter. You pay only for what it has proved.")
    if session.phase is Phase.DONE:
        return _done_note(session, words)
    if session.phase is Phase.WITHHELD:
        return words.text("The station holds back power now. Waiting costs you nothing.")
    if view.offline_since is not None:
        return words.text("No connection just now. Your charge goes on and is settled later.")
    return ""


def _done_note(session: Charging, words: Words) -> str:
    tariff, idle = session.offer.tariff, session.offer.tariff.idle
    if idle is None:
        until = clock(session.phase_since.utc_ms + DONE_S * 1000, words)
        return words.text("The car is done. The charge ends by itself at {time}.", time=until)
    fee = unbroken(price(idle.price_e4, tariff.currency, words.text("min"), words))
    cap = whole_money(Money(idle.cap_minor, tariff.currency), words)
    free_s = idle.grace_s - session.usage.car_done_s
    if free_s <= 0:
        return words.text("The car is done. Parking costs {fee} now, at most {cap}.", fee=fee, cap=cap)
    until = clock(session.last.at.utc_ms + free_s * 1000, words)
    return words.text("The car is done. Free until {time}, then {fee}, at most {cap}.", time=until, fee=fee, cap=cap)


def code(view: StationView, session: Charging, glass: Glass, words: Words, now: Instant) -> CodePage:
    locked_s = max(0, view.stop_locked_s - gone_s(view.now, now))
    typed = len(glass.digits)
    return CodePage(
        title=words.text("Stop code"),
        text=words.text(
            "The four digits are in the payment text in {wallet}. Lost it? Call {phone}.",
            wallet=wallet(session.offer.hold.currency),
            phone=phone_number(view.info.help_phone),
        ),
        message=_code_message(glass, locked_s, words),
        filled=tuple(place < typed for place in range(4)),
        locked=locked_s > 0,
        entered=words.text("{count} of 4 digits", count=typed),
        erase=words.text("Erase"),
        back=Button(words.text("Go on charging"), "back"),
    )


def _code_message(glass: Glass, locked_s: int, words: Words) -> str:
    if locked_s > 0:
        return words.text("Too many wrong codes. Try again in {time}.", time=countdown(locked_s))
    if glass.message is Message.WRONG:
        return words.text("That is not the code. Try again.")
    return ""
