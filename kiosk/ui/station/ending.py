"""The end of a session: settling, what was paid as Vipps confirmed it, nothing charged, and what a person must solve."""

from kiosk.domain.energy import Instant
from kiosk.domain.money import Money
from kiosk.domain.payment import Account
from kiosk.domain.receipt import billed_registers
from kiosk.domain.states import Abandoned, Settled, Settling, Step, Stuck, Why
from kiosk.domain.tariff import Due
from kiosk.domain.view import StationView
from kiosk.ui.station import notices
from kiosk.ui.station.parts import Button, NoticePage, Pill, Row, SummaryPage
from kiosk.words import faults, lines
from kiosk.words.amounts import clock_seconds, energy, money, phone_number
from kiosk.words.catalogue import Words
from kiosk.words.wallet import wallet
from kiosk.words.whys import why

SLOW_TRIES = 3


def verified(settling: Settling) -> bool:
    """Vipps reports the due as captured and nothing left to release: only now may anything be called paid."""
    account = settling.checked
    if account is None or settling.step not in (Step.RECEIPT, Step.LINK):
        return False
    return account.captured == settling.due.due and not account.remaining


def settling(view: StationView, session: Settling, words: Words) -> tuple[Pill, NoticePage]:
    app = wallet(session.offer.hold.currency)
    rows = _delivered(session, words) if session.due.due else ()
    page = NoticePage(
        title=words.text("You may leave") if session.due.due else words.text("Everything is being released"),
        lead=_cause(session, words),
        foot=words.text("The station settles with {wallet} by itself, whatever happens.", wallet=app),
        rows=(*rows, *_planned(session, words)),
        side_foot=_slow(view, session, words) or _metered(session, words),
        secondary=Button(words.text("New charge"), "leave"),
    )
    return Pill(words.text("Settling"), "clock", "info"), page


def _cause(session: Settling, words: Words) -> str:
    """Why it ended; where a fault ended it, which one and what it means for the money."""
    if session.fault is None or session.why is not Why.FAULT:
        return why(session.why, words)
    said = faults.driver(session.fault.fault, words)
    return f"{said.what} {said.money}"


def _planned(session: Settling, words: Words) -> tuple[Row, ...]:
    """What will happen, or what of it Vipps has confirmed already."""
    hold, due = session.offer.hold, session.due.due
    reserved = Row(words.text("Reserved"), str(money(hold, words)))
    rest = Row(words.text("Will be released"), str(money(hold - due, words)), "go")
    if not due:
        return (reserved, rest)
    if session.captured_at is None:
        return (reserved, Row(words.text("Will be taken"), str(money(due, words))), rest)
    return (reserved, _taken(session, due, words), rest)


def _taken(session: Settling, amount: Money, words: Words) -> Row:
    return Row(_at(words.text("Taken"), session.captured_at, words), str(money(amount, words)))


def _at(label: str, at: Instant | None, words: Words) -> str:
    return label if at is None else f"{label} {clock_seconds(at.utc_ms, words)}"


def _slow(view: StationView, session: Settling, words: Words) -> str:
    if view.offline_since is None and session.pace.tries < SLOW_TRIES:
        return ""
    said = words.text("{wallet} does not answer just now.", wallet=wallet(session.offer.hold.currency))
    return f"{said} {notices.next_try(view, words)}".rstrip()


def paid(session: Settling, account: Account, words: Words) -> tuple[Pill, SummaryPage]:
    app = wallet(session.offer.hold.currency)
    big = money(account.captured, words)
    page = SummaryPage(
        label=words.text("You have paid"),
        number=big.number,
        unit=big.unit,
        why=_cause(session, words),
        receipt=_receipt(session, app, words),
        meter=_metered(session, words),
        rows=(*_delivered(session, words), *_confirmed(session, account, words)),
        confirmed=words.text("Confirmed by {wallet}. Your bank may need some days to show it.", wallet=app),
        leave=Button(words.text("New charge"), "leave"),
    )
    return Pill(words.text("Done"), "check", "go"), page


def _receipt(session: Settling, app: str, words: Words) -> str:
    if session.receipt.startswith("skipped"):
        return words.text("Call us if you need a receipt. You can unplug the car now.")
    if not session.receipt:
        return words.text("The receipt is on its way to {wallet}. You can unplug the car now.", wallet=app)
    if session.why is Why.UNPLUGGED:
        return words.text("The receipt is in {wallet}.", wallet=app)
    return words.text("The receipt is in {wallet}. You can unplug the car now.", wallet=app)


def _metered(session: Settling, words: Words) -> str:
    billed = billed_registers(session.begin, session.end)
    return lines.registers(billed, words) if billed else ""


def _delivered(session: Settling, words: Words) -> tuple[Row, ...]:
    """The energy, and the price's parts where there is more than one."""
    due: Due = session.due
    resolution_wh = session.end.resolution_wh if session.end else 1
    delivered = str(energy(session.usage.energy_wh, words, resolution_wh))
    if len(due.lines) < 2:
        return (Row(words.text("Delivered"), delivered),)
    first, *others = (Row(lines.name(line.kind, words), str(money(line.gross, words))) for line in due.lines)
    return (Row(f"{first.label} {delivered}", first.value), *others)


def _confirmed(session: Settling, account: Account, words: Words) -> tuple[Row, ...]:
    """Reserved, taken and released, each as Vipps reports it."""
    rows = [Row(words.text("Reserved"), str(money(account.authorized, words)))]
    if account.captured:
        rows.append(_taken(session, account.captured, words))
    if account.cancelled:
        rows.append(
            Row(_at(words.text("Released"), session.released_at, words), str(money(account.cancelled, words)), "go")
        )
    return tuple(rows)


def nothing_charged(session: Settled, words: Words) -> tuple[Pill, NoticePage]:
    app = wallet(session.settling.offer.hold.currency)
    page = NoticePage(
        title=words.text("You pay nothing"),
        lead=_cause(session.settling, words),
        foot=words.text("Everything that was reserved is released."),
        rows=_confirmed(session.settling, session.account, words),
        side_foot=words.text("Confirmed by {wallet}. Your bank may need some days to show it.", wallet=app),
        primary=Button(words.text("New charge"), "leave"),
    )
    return Pill(words.text("Done"), "check", "go"), page


def abandoned(session: Abandoned, words: Words) -> tuple[Pill, NoticePage]:
    todo = faults.driver(session.trouble.fault, words).todo if session.trouble else ""
    page = NoticePage(
        title=words.text("No payment was made"),
        lead=why(session.why, words),
        side_title=words.text("Nothing is reserved"),
        side=todo or words.text("Nothing was taken. You can start again whenever you like."),
        primary=Button(words.text("Start again"), "again"),
    )
    return Pill(words.text("Cancelled"), "cross", "info"), page


def stuck(view: StationView, session: Stuck, words: Words) -> tuple[Pill, NoticePage]:
    said = faults.driver(session.fault, words)
    page = NoticePage(
        title=words.text("Call us about this payment"),
        lead=words.text("{what} Nothing more happens by itself: a person has to look at it.", what=said.what),
        foot=words.text("You can unplug and leave."),
        rows=(
            Row(words.text("Help"), phone_number(view.info.help_phone)),
            Row(words.text("Reference"), session.was.offer.reference),
            Row(words.text("Reserved"), str(money(session.was.offer.hold, words))),
        ),
        side_foot=words.text("Say this reference when you call."),
        secondary=Button(words.text("New charge"), "leave"),
    )
    return Pill(words.text("Call us"), "person", "warn"), page
