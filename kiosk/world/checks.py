"""The invariants, checked at the instant of each row, call, effect and picture. `S`, `U` and `J` as in docs/reliability.md."""

from collections.abc import Sequence
from typing import Any

from kiosk.domain.money import Money
from kiosk.domain.outcome import Done, InDoubt, Outcome
from kiosk.domain.payment import Approval, Payment
from kiosk.domain.session import idle, occupies
from kiosk.domain.states import (
    Abandoned,
    Charging,
    Ended,
    Returning,
    Session,
    Settled,
    Stuck,
    Waiting,
    offer_of,
)
from kiosk.domain.view import StationView
from kiosk.flow.ports import Row
from kiosk.world.ledger import Book
from kiosk.world.nature import Surroundings
from kiosk.world.records import Attempt, Record
from kiosk.world.registers import TrueRegister

MINUTE_MS = 60_000
CALLS_A_MINUTE = 5
LONGEST_WAIT_S = 4 * 3_600
CHANGING = ("Create", "Withdraw", "Capture", "Release")
OPERATION = {"Withdraw": "cancel", "Release": "cancel"}
MONEY = ("Capture", "Release")


class Inspector:
    """Sees everything that happens in one world, and believes nobody. `violations` are (name, sentence)."""

    def __init__(self, world: Surroundings) -> None:
        self._world = world
        self.records: dict[str, Record] = {}
        self.violations: list[tuple[str, str]] = []
        self._meter = TrueRegister(world, self.wrong)
        self._ill: dict[str, list[str]] = {}
        world.sends, world.answers, world.ails = self.sent, self.heard, self.ails
        world.ledger.accepted, world.disk.written = self.accepted, self.written

    def wrong(self, name: str, sentence: str) -> None:
        """Each broken promise is told once a world."""
        if all(known != name for known, _ in self.violations):
            self._world.tell(f"!!!! {name}: {sentence}")
            self.violations.append((name, sentence))

    def occupant(self, station: str) -> Record | None:
        """The session that has this station's cable, by what is on disk."""
        return next((record for record in self.occupants(station)), None)

    def occupants(self, station: str) -> list[Record]:
        return [
            record
            for record in self.records.values()
            if record.session is not None and occupies(record.session) and record.offer.station == station
        ]

    def ails(self, station: str, kind: str) -> None:
        """Meter or controller is not to be trusted: what it shows is no measure of what the product should do."""
        if kind in ("meter", "charger"):
            self._ill.setdefault(station, []).append(kind)
        for record in self.occupants(station):
            record.taint.add(kind)

    def recovers(self, station: str, kind: str) -> None:
        if kind in self._ill.get(station, ()):
            self._ill[station].remove(kind)

    # --- the disk -------------------------------------------------------------------------------------------------------

    def written(self, rows: Sequence[Row]) -> None:
        for row in rows[:1]:
            known = self.records.get(row.session)
            if known is not None:
                known.before = known.session
        for row in rows:
            record = self.records.setdefault(row.session, Record(row.session))
            brought = record.write(row)
            if len(record.intents) == 0 and record.session is not None:
                record.taint.update(self._ill.get(record.offer.station, ()))
            match brought:
                case "begins":
                    self._meter.begins(record)
                case "flows":
                    self._meter.flows(record)
                case "due":
                    self._meter.due_fixed(record)
                case "ended" if isinstance(record.session, Abandoned) and not record.asked:
                    self.wrong(
                        "L4 given up only when gone", f"{row.session} is given up and Vipps did not say that it is gone"
                    )
                case _:
                    pass
        if rows:
            self._check(self.records[rows[-1].session], rows[-1])

    def _check(self, record: Record, row: Row) -> None:
        session, reference = record.session, record.reference
        if session is None:
            self.wrong("J4 journal folds", f"{reference} has rows without an event")
            return
        if record.dues > 1:
            self.wrong("S4 one due", f"{reference} has {record.dues} dues")
        if record.ends > 1:
            self.wrong("L1 one end", f"{reference} has ended {record.ends} times")
        after = idle(session, row.at)
        if (after is None) != isinstance(session, Ended | Stuck) or (
            after and not 0 <= after.after_s <= LONGEST_WAIT_S
        ):
            self.wrong("L6 acts or asks", f"{reference} is {type(session).__name__} and would next act {after}")
        if occupies(session) and len(self.occupants(record.offer.station)) > 1:
            self.wrong("S9 one session a station", f"{record.offer.station} has two sessions at once")
        self._money(record)

    # --- the wire -------------------------------------------------------------------------------------------------------

    def sent(self, call: str, subject: str, key: str, amount: Money | None) -> None:
        """A request leaves the kiosk, whether or not it ever arrives."""
        if call in ("Close", "Open"):
            if call == "Close":
                self._closing(subject)
            return
        record = self.records.get(subject)
        if record is None or record.session is None:
            self.wrong("S1 intent before effect", f"{call} of {subject}, which is not on disk")
            return
        minor = amount.minor if amount is not None else None
        if (call, key, minor) not in record.intents:
            self.wrong(
                "S1 intent before effect", f"{call} of {amount} in {subject} was sent without its intent on disk"
            )
        self._paced(record, call, key)
        if call == "Capture" and minor != record.due:
            self.wrong("S3 captures the due", f"{subject} captures {amount} where {record.due} minor units are due")
        if call in MONEY and record.foreign_seen:
            self.wrong("S10 hands off", f"{call} in {subject} although a stranger's effect had been seen")
        if call == "Release" and record.due and record.seen[0] != record.due:
            self.wrong(
                "S6 verify, then release",
                f"{subject} is released; {record.seen[0]} of {record.due} were last seen captured",
            )
        if call == "SendReceipt":
            self._receipt(record, minor)

    def _paced(self, record: Record, call: str, key: str) -> None:
        if call not in CHANGING:
            return
        now_ms, operation = self._world.true_ms(), OPERATION.get(call, call)
        recent = [at for at in record.calls_ms.get(operation, ()) if now_ms - at < MINUTE_MS] + [now_ms]
        record.calls_ms[operation] = recent
        if len(recent) > CALLS_A_MINUTE:
            self.wrong("L8 five a minute", f"{len(recent)} {operation} calls for {record.reference} within a minute")
        before = record.attempts.get(call)
        if before is not None and before.key != key and before.answer != "refused":
            self.wrong("S5 one key", f"{call} of {record.reference} got a new key without a no to the last one")
        if call in MONEY and before is not None and not before.asked_since:
            self.wrong("S5 ask first", f"{call} of {record.reference} was repeated before Vipps was asked")
        record.attempts[call], record.asked = Attempt(key), False

    def heard(self, call: str, subject: str, outcome: Outcome[Any]) -> None:
        record = self.records.get(subject)
        if record is None:
            return
        if call != "Look":
            attempt = record.attempts.get(call)
            if attempt is not None:
                attempt.answer = (
                    "done" if isinstance(outcome, Done) else "doubt" if isinstance(outcome, InDoubt) else "refused"
                )
            return
        if isinstance(outcome, Done):
            for attempt in record.attempts.values():
                attempt.asked_since = True
            payment = outcome.value
            book = self._world.ledger.books.get(subject)
            record.asked = payment is None or payment.approval.dead
            if isinstance(payment, Payment):
                record.seen = payment.account.captured.minor, payment.account.remaining.minor
            if isinstance(payment, Payment) and book is not None and book.meddled:
                record.foreign_seen = any(entry.key == "somebody-in-the-portal" for entry in payment.log)

    def accepted(self, call: str, book: Book, amount: Money, key: str) -> None:  # noqa: ARG002 - keys are checked on arrival
        record = self.records.get(book.reference)
        if record is None:
            return
        if call == "create" and record.session is not None and record.offer.hold != amount:
            self.wrong(
                "S12 the hold is offered", f"{book.reference} asks for {amount}, offered was {record.offer.hold}"
            )
        if call == "capture":
            record.own += amount.minor
        if call == "release" and record.own != (record.due or 0) and not book.meddled:
            self.wrong(
                "S6 capture, then release", f"{book.reference} is released with {record.own} of {record.due} captured"
            )
        self._money(record)

    def _money(self, record: Record) -> None:
        book = self._world.ledger.books.get(record.reference)
        if book is None:
            return
        account, due = book.account, record.due or 0
        if not 0 <= record.own <= due <= book.amount.minor:
            self.wrong(
                "S2 captured ≤ due ≤ hold", f"{record.reference}: {record.own} ≤ {due} ≤ {book.amount.minor} is not so"
            )
        if account.remaining.minor < 0 or account.captured.minor < account.refunded.minor:
            self.wrong("S7 conservation", f"{record.reference} has {account}")

    def _receipt(self, record: Record, minor: int | None) -> None:
        book = self._world.ledger.books.get(record.reference)
        if book is None or (book.account.captured.minor != minor and not book.meddled):
            self.wrong("S8 receipt is the capture", f"the receipt of {record.reference} says {minor} minor units")
        elif record.seen != (minor, 0):
            self.wrong(
                "S8 verify, then receipt", f"the receipt of {record.reference} is sent; {record.seen} were last seen"
            )

    def _closing(self, station: str) -> None:
        """Energy only for an approved hold that nobody has touched, and never again by itself after a power cut."""
        record = self.occupant(station)
        session = record.session if record is not None else None
        book = self._world.ledger.books.get(record.reference) if record is not None else None
        # A charge that a new life takes over is told to its controller again; it never opened.
        again = isinstance(session, Charging) and record is not None and isinstance(record.before, Returning)
        meant = isinstance(session, Waiting) or again
        if record is None or not meant or ("Close", "", None) not in record.intents:
            self.wrong("S9 energy is intended", f"{station} is switched on while {type(session).__name__}")
        elif (
            book is None
            or book.approval is not Approval.AUTHORIZED
            or (not book.meddled and book.account.remaining != book.amount)
        ):
            self.wrong("S9 energy is paid for", f"{station} is switched on without an approved hold")
        elif record.foreign_seen:
            self.wrong("S10 hands off", f"{station} is switched on although a stranger's effect had been seen")
        elif record.begin_boot != self._world.boot:
            self.wrong("S9 stays off", f"{station} is switched on again by itself after a power cut")

    # --- the program's memory ---------------------------------------------------------------------------------------------

    def lived(self, view: StationView) -> None:
        """What the program believes is what its rows say."""
        session = view.session
        if session is None:
            return
        record = self.records.get(offer_of(session).reference)
        on_disk = record.session if record is not None else None
        if not _same(session, on_disk) and (record is None or not _same(session, record.before)):
            text = f"{view.info.id} lives {type(session).__name__}, its rows say {type(on_disk).__name__}"
            self.wrong("J4 journal folds to the life", text)


def _same(lived: Session, on_disk: Session | None) -> bool:
    if isinstance(lived, Waiting | Charging) and type(lived) is type(on_disk):
        return lived.begin == on_disk.begin
    if isinstance(lived, Returning | Settled):
        return type(lived) is type(on_disk)
    return lived == on_disk
