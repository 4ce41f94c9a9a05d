"""The calm sentences before and around a charge: what is being waited for, and what it means for the money."""

from kiosk.domain.charging import START_TIMEOUT_S
from kiosk.domain.energy import Instant
from kiosk.domain.fault import Acts, Trouble
from kiosk.domain.offering import ASK_S, OFFER_S
from kiosk.domain.states import Asked, Late, Offer, Offered, Ready, Returning, Waiting, Why, Withdrawing
from kiosk.domain.view import StationView
from kiosk.ui.station.glass import gone_s
from kiosk.ui.station.parts import Button, NoticePage, Pill, Row
from kiosk.words import faults
from kiosk.words.amounts import clock, countdown, money, phone_number
from kiosk.words.catalogue import Words
from kiosk.words.wallet import wallet

Shown = tuple[Pill, NoticePage]


def making(view: StationView, session: Asked | Offered | None, words: Words) -> Shown:
    """The code is on its way. Nothing can be cancelled before the offer is journalled."""
    app = wallet(view.info.tariff.currency)
    page = NoticePage(
        title=words.text("Getting your payment code"),
        lead=words.text("We are asking {wallet}. It takes a few seconds.", wallet=app),
        side_title=words.text("Nothing is reserved yet"),
        side=words.text("Money is reserved only when you approve in {wallet}.", wallet=app),
        side_foot=_away(view, words),
        secondary=Button(words.text("Cancel"), "cancel") if session else Button(),
    )
    return Pill(words.text("One moment"), "clock", "info"), page


def on_the_phone(session: Offered, words: Words, now: Instant) -> Shown:
    """The printed code was scanned: the driver pays on their own phone."""
    page = NoticePage(
        title=words.text("Go on with your phone"),
        lead=words.text("Somebody is paying for this charger on their phone."),
        side_title=words.text("Nothing is reserved yet"),
        side=words.text("If it is not approved in time, the charger is free again."),
        left_label=words.text("Free again in"),
        left=countdown(OFFER_S - gone_s(session.since, now)),
    )
    return Pill(words.text("Occupied"), "phone", "info"), page


def withdrawing(view: StationView, session: Withdrawing, words: Words) -> Shown:
    if session.why is Why.DRIVER_CANCELLED:
        side = words.text("If you have just approved, everything is released.")
    else:
        side = words.text("If you have just approved, you can choose here to go on or release it all.")
    page = NoticePage(
        title=words.text("Closing the payment"),
        lead=words.text("We make sure that nothing stays reserved."),
        side_title=words.text("Your money is safe"),
        side=side,
        side_foot=_away(view, words),
    )
    return Pill(words.text("One moment"), "clock", "info"), page


def late(session: Late, words: Words, now: Instant) -> Shown:
    hold = money(session.offer.hold, words)
    page = NoticePage(
        title=words.text("Do you want to charge?"),
        lead=words.text("Your approval of {hold} came late. Go on, or release it all.", hold=hold),
        side_title=words.text("Nothing is taken yet"),
        side=words.text("If you do nothing, all of it is released by itself."),
        left_label=words.text("Released in"),
        left=countdown(ASK_S - gone_s(session.since, now)),
        primary=Button(words.text("Go on"), "continue"),
        secondary=Button(words.text("Release everything"), "release"),
    )
    return Pill(words.text("Your choice"), "clock", "warn"), page


def plug_in(view: StationView, session: Ready | Waiting, words: Words, now: Instant) -> Shown:
    offer = session.offer
    hold = money(offer.hold, words)
    page = NoticePage(
        title=words.text("Plug in the car"),
        lead=words.text("The charge starts by itself. Time until then is free."),
        foot=words.text("{hold} is reserved. You pay only for what you use.", hold=hold),
        side_title=words.text("Your stop code") if view.info.asks_stop_code else "",
        side=_code_reminder(view, offer, words),
        left_label=words.text("All is released in"),
        left=countdown(START_TIMEOUT_S - gone_s(session.since, now)) if isinstance(session, Waiting) else "",
        secondary=Button(words.text("Cancel"), "cancel"),
    )
    return Pill(words.text("Approved"), "plug", "go"), page


def _code_reminder(view: StationView, offer: Offer, words: Words) -> str:
    if not view.info.asks_stop_code:
        return ""
    return words.text(
        "Four digits in the payment text in {wallet}. You need them to stop here.",
        wallet=wallet(offer.hold.currency),
    )


def returning(session: Returning, words: Words) -> Shown:
    page = NoticePage(
        title=words.text("The station was without power"),
        lead=words.text("We are checking whether your charge went on. It takes half a minute at most."),
        side_title=words.text("Your money is safe"),
        side=words.text("You pay only for what the meter has proved. The rest of a reservation is released."),
        secondary=Button(words.text("End the charge"), "stop-now") if isinstance(session.was, Waiting) else Button(),
    )
    return Pill(words.text("One moment"), "clock", "warn"), page


def stopping(words: Words) -> Shown:
    page = NoticePage(
        title=words.text("Stopping the charge"),
        lead=words.text("We wait for the meter's last reading. It takes a few seconds."),
        side_title=words.text("Your money is safe"),
        side=words.text("You pay only for what the meter has proved. The rest of a reservation is released."),
    )
    return Pill(words.text("Stopping"), "clock", "info"), page


def turned_away(view: StationView, trouble: Trouble, words: Words) -> Shown:
    """The driver had accepted, and the station cannot begin: what is wrong, or that it has passed."""
    said, passed = faults.driver(trouble.fault, words), view.trouble is None and view.offline_since is None
    page = NoticePage(
        title=words.text("The charge could not start"),
        lead=words.text("Something was wrong with the charger just then. It works again now.") if passed else said.what,
        side_title=words.text("Nothing is reserved"),
        side=words.text("Nothing was taken. You can start again now.") if passed else said.todo,
        rows=() if passed else (_help(view, words),),
        side_foot="" if passed else next_try(view, words),
        primary=Button(words.text("Start again"), "again") if passed else Button(),
        secondary=Button() if passed else Button(words.text("Back"), "again"),
    )
    return Pill(words.text("Not started"), "warning", "warn"), page


def out_of_order(view: StationView, trouble: Trouble, words: Words) -> Shown:
    said = faults.driver(trouble.fault, words)
    since = view.trouble_since
    page = NoticePage(
        title=words.text("You cannot start a charge here now"),
        lead=said.what,
        foot=words.text("Since {time}.", time=clock(since.utc_ms, words)) if since else "",
        side_title=words.text("What you can do"),
        side=f"{said.todo}\n\n{said.money}",
        rows=(_help(view, words),),
        side_foot=next_try(view, words),
    )
    tone = "warn" if trouble.fault.acts is Acts.NOBODY else "stop"
    return Pill(words.text("Out of order"), "warning", tone), page


def offline(view: StationView, since: Instant, words: Words, working: tuple[str, ...]) -> Shown:
    """Vipps cannot be reached. `working` are the names of the stations beside that can sell."""
    lead = words.text(
        "The connection has been away since {time}, so we cannot take payment.", time=clock(since.utc_ms, words)
    )
    if working:
        lead += " " + words.text("Free now: {names}.", names=", ".join(working))
    page = NoticePage(
        title=words.text("You cannot start a charge here now"),
        lead=lead,
        foot=words.text("Charges that are running go on and are settled when the connection is back."),
        side_title=words.text("Your charge is safe"),
        side=words.text("You pay only for what the meter shows. You can stop and leave whenever you like."),
        rows=(_help(view, words),),
        side_foot=next_try(view, words),
    )
    return Pill(words.text("No connection"), "offline", "warn"), page


def _help(view: StationView, words: Words) -> Row:
    return Row(words.text("Help"), phone_number(view.info.help_phone))


def _away(view: StationView, words: Words) -> str:
    """A word on a slow answer, with the next try."""
    if view.offline_since is None:
        return ""
    said = words.text("{wallet} does not answer just now.", wallet=wallet(view.info.tariff.currency))
    return f"{said} {next_try(view, words)}".rstrip()


def next_try(view: StationView, words: Words) -> str:
    return words.text("Next try {time}", time=clock(view.next_try.utc_ms, words)) if view.next_try else ""
