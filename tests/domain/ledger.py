"""A little Vipps for tests without a wire: its rules for money and keys, written down from its documentation."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money, zero
from kiosk.domain.outcome import Done, Outcome, Refused
from kiosk.domain.payment import Account, Approval, Checkout, Effect, LogEntry, Payment
from kiosk.domain.receipt import Receipt


@dataclass
class Book:
    """One payment: amounts, approval, event log."""

    reference: str
    amount: Money
    approval: Approval
    account: Account
    log: list[LogEntry] = field(default_factory=list)
    meddled: bool = False

    def payment(self) -> Payment:
        return Payment(self.reference, self.amount, self.approval, self.account, tuple(self.log))


class Ledger:
    """Every changing call is remembered under its key: the same bytes get the same answer, other bytes are a mistake of ours.

    `mistakes` is what a careful caller never does; a test asserts that it is empty.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self.books: dict[str, Book] = {}
        self.receipts: dict[str, Receipt] = {}
        self.links: dict[str, str] = {}
        self.refusals: list[tuple[str, Fault]] = []
        self.mistakes: list[str] = []
        self.sent: list[tuple[str, str, int]] = []
        self._answers: dict[str, tuple[object, Outcome[object]]] = {}

    def create(self, reference: str, amount: Money, key: str) -> Outcome[object]:
        def act() -> Outcome[object]:
            if reference in self.books:
                return _no("4150")
            nothing = Account(*[zero(amount.currency)] * 4)
            self.books[reference] = Book(reference, amount, Approval.CREATED, nothing)
            return Done(Checkout(f"https://pay.example/{reference}", b"png"))

        return self._once("create", key, (reference, amount), act)

    def look(self, reference: str) -> Payment | None:
        book = self.books.get(reference)
        return book.payment() if book else None

    def capture(self, reference: str, amount: Money, key: str) -> Outcome[object]:
        def act() -> Outcome[object]:
            book = self.books.get(reference)
            if book is None or book.approval is not Approval.AUTHORIZED:
                return _no("6080")
            if amount > book.account.remaining:
                if not book.meddled:
                    self.mistakes.append(f"captured {amount} of {book.account.remaining}")
                return _no("6090")
            book.account = replace(book.account, captured=book.account.captured + amount)
            self._log(book, Effect.CAPTURED, amount, key)
            return Done(book.account)

        return self._once("capture", key, (reference, amount), act)

    def release(self, reference: str, key: str, *, unapproved_only: bool) -> Outcome[object]:
        def act() -> Outcome[object]:
            book = self.books.get(reference)
            if book is None:
                return _no("404")
            if book.approval is Approval.CREATED:
                book.approval = Approval.TERMINATED
                self._log(book, Effect.TERMINATED, book.amount, key)
                return Done(book.account)
            if book.approval.dead:
                return _no("6050")
            if unapproved_only:
                return _no("6060")
            rest = book.account.remaining
            if not rest:
                return _no("6040")
            book.account = replace(book.account, cancelled=book.account.cancelled + rest)
            self._log(book, Effect.CANCELLED, rest, key)
            return Done(book.account)

        return self._once("release", key, (reference, unapproved_only), act)

    def receive(self, receipt: Receipt) -> Outcome[object]:
        """Order Management has no key: the first receipt stays, the same one again is found and is fine."""
        known = self.receipts.setdefault(receipt.reference, receipt)
        if known != receipt:
            self.mistakes.append(f"another receipt for {receipt.reference}")
            return Refused(Trouble(Fault.RECEIPT_DIFFERS, "Another receipt is stored."), "409")
        return Done("receipt-1")

    def decide(self, reference: str, approval: Approval) -> None:
        """The driver approves or rejects, or time decides."""
        book = self.books.get(reference)
        if book is None or book.approval is not Approval.CREATED:
            return
        book.approval = approval
        if approval is Approval.AUTHORIZED:
            book.account = replace(book.account, authorized=book.amount)
        self._log(book, Effect(approval.value), book.amount, None)

    def meddle(self, reference: str, name: Effect, amount: Money) -> bool:
        """Somebody in the portal; False where the portal would not let them."""
        book = self.books.get(reference)
        if (
            book is None
            or book.approval is not Approval.AUTHORIZED
            or not zero(amount.currency) < amount <= book.account.remaining
        ):
            return False
        book.meddled = True
        if name is Effect.CAPTURED:
            book.account = replace(book.account, captured=book.account.captured + amount)
        else:
            book.account = replace(book.account, cancelled=book.account.cancelled + amount)
        self._log(book, name, amount, "somebody-in-the-portal")
        return True

    def _once(self, call: str, key: str, body: object, act: Callable[[], Outcome[object]]) -> Outcome[object]:
        self.sent.append((call, key, self._now_ms()))
        if key in self._answers:
            known, earlier = self._answers[key]
            if known != (call, body):
                self.mistakes.append(f"{call} {body} under the key of {known}")
                return _no("4010")
            return earlier
        answer: Outcome[object]
        if self.refusals and call != "create":
            code, fault = self.refusals.pop()
            answer = Refused(Trouble(fault, f"{call} was refused with {code}."), code)
        else:
            answer = act()
        self._answers[key] = ((call, body), answer)
        return answer

    def _log(self, book: Book, name: Effect, amount: Money, key: str | None) -> None:
        book.log.append(LogEntry(name, amount, self._now_ms(), True, key, f"psp-{len(book.log)}"))


def _no(code: str) -> Refused:
    return Refused(Trouble(Fault.VIPPS_REFUSED, f"Vipps refuses with {code}."), code)
