"""A little Vipps without a wire: its rules for money and keys, written down from its documentation."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money, zero
from kiosk.domain.outcome import Done, Outcome, Refused
from kiosk.domain.payment import Account, Approval, Checkout, Effect, LogEntry, Payment
from kiosk.domain.receipt import Receipt

FOREVER_MS = 10**15


@dataclass
class Book:
    """One payment: amounts, approval, event log. Until `stale_until_ms` Vipps still shows the sums of before."""

    reference: str
    amount: Money
    approval: Approval
    account: Account
    log: list[LogEntry] = field(default_factory=list)
    meddled: bool = False
    created_ms: int = 0
    stale: Account | None = None
    stale_until_ms: int = 0

    def payment(self, now_ms: int) -> Payment:
        account = self.stale if self.stale is not None and now_ms < self.stale_until_ms else self.account
        return Payment(self.reference, self.amount, self.approval, account, tuple(self.log))


@dataclass
class Rules:
    """What differs between markets and days: how long keys and sums live, and what the event log tells."""

    key_life_ms: int = FOREVER_MS
    sums_lag_ms: int = 0
    logs_keys: bool = True
    part_capture: bool = True
    offer_life_ms: int = FOREVER_MS
    noes_stick: bool = True


class Ledger:
    """Every changing call is remembered under its key: the same bytes get the same answer, other bytes are a mistake of ours.

    `mistakes` is what a careful caller never does; whoever uses a ledger checks that it is empty. `refuse` may say no to
    a call under a new key, and that no sticks to the key. `accepted` hears of each effect at the instant of it. `read_in`
    are the languages of all receipts that were sent, also of those that never arrived.
    """

    def __init__(self, now_ms: Callable[[], int], rules: Rules | None = None) -> None:
        self._now_ms, self.rules = now_ms, rules or Rules()
        self.books: dict[str, Book] = {}
        self.receipts: dict[str, Receipt] = {}
        self.read_in: list[str] = []
        self.links: dict[str, str] = {}
        self.refusals: list[tuple[str, Fault]] = []
        self.mistakes: list[str] = []
        self.sent: list[tuple[str, str, int]] = []
        self.refuse: Callable[[str, str], Refused | None] = self._listed
        self.accepted: Callable[[str, Book, Money, str], None] = lambda *_: None
        self.strange: set[str] = set()
        self.forgotten, self.lagged, self.expired = 0, 0, 0
        self._bodies: dict[str, object] = {}
        self._answers: dict[str, tuple[Outcome[object], int]] = {}

    def create(self, reference: str, amount: Money, key: str) -> Outcome[object]:
        def act() -> Outcome[object]:
            if reference in self.books:
                return _no("4150")
            nothing = Account(*[zero(amount.currency)] * 4)
            book = self.books[reference] = Book(reference, amount, Approval.CREATED, nothing, created_ms=self._now_ms())
            self.accepted("create", book, amount, key)
            return Done(Checkout(f"https://pay.example/{reference}", b"png"))

        return self._once("create", key, reference, amount, act)

    def book(self, reference: str) -> Book | None:
        """The book as of now: an offer that nobody has decided runs out."""
        book = self.books.get(reference)
        if book is None or book.approval is not Approval.CREATED:
            return book
        if self._now_ms() - book.created_ms >= self.rules.offer_life_ms:
            book.approval = Approval.EXPIRED
            self.expired += 1
            self._log(book, Effect.EXPIRED, book.amount, None)
        return book

    def look(self, reference: str) -> Payment | None:
        book = self.book(reference)
        if book is None:
            return None
        payment = book.payment(self._now_ms())
        self.lagged += payment.account != book.account
        return payment

    def capture(self, reference: str, amount: Money, key: str) -> Outcome[object]:
        def act() -> Outcome[object]:
            book = self.book(reference)
            if book is None or book.approval is not Approval.AUTHORIZED:
                return _no("6080")
            if amount > book.account.remaining:
                if not book.meddled:
                    self.mistakes.append(f"captured {amount} of {book.account.remaining}")
                return _no("6090")
            if not self.rules.part_capture and amount != book.account.authorized:
                return _no("6140", Fault.PART_CAPTURE_REFUSED)
            self._move(book, replace(book.account, captured=book.account.captured + amount))
            self._log(book, Effect.CAPTURED, amount, key)
            self.accepted("capture", book, amount, key)
            return Done(book.account)

        return self._once("capture", key, reference, amount, act)

    def release(self, reference: str, key: str, *, unapproved_only: bool) -> Outcome[object]:
        def act() -> Outcome[object]:
            book = self.book(reference)
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
            self._move(book, replace(book.account, cancelled=book.account.cancelled + rest))
            self._log(book, Effect.CANCELLED, rest, key)
            self.accepted("release", book, rest, key)
            return Done(book.account)

        return self._once("release", key, reference, unapproved_only, act)

    def receive(self, receipt: Receipt) -> Outcome[object]:
        """Order Management has no key: the first receipt stays, the same one again is found and is fine."""
        known = self.receipts.get(receipt.reference)
        if known is None and (no := self.refuse("receipt", receipt.reference)) is not None:
            return no
        known = self.receipts.setdefault(receipt.reference, receipt)
        if known != receipt:
            if receipt.reference not in self.strange:
                self.mistakes.append(f"another receipt for {receipt.reference}")
            return Refused(Trouble(Fault.RECEIPT_DIFFERS, "Another receipt is stored."), "409")
        return Done("receipt-1")

    def decide(self, reference: str, approval: Approval) -> None:
        """The driver approves or rejects, or time decides."""
        book = self.book(reference)
        if book is None or book.approval is not Approval.CREATED:
            return
        book.approval = approval
        if approval is Approval.AUTHORIZED:
            book.account = replace(book.account, authorized=book.amount)
        self._log(book, Effect(approval.value), book.amount, None)

    def meddle(self, reference: str, name: Effect, amount: Money) -> bool:
        """Somebody in the portal; False where the portal would not let them."""
        book = self.books.get(reference)
        if book is None or book.approval is not Approval.AUTHORIZED:
            return False
        account = book.account
        most = account.refundable if name is Effect.REFUNDED else account.remaining
        if not zero(amount.currency) < amount <= most:
            return False
        book.meddled = True
        match name:
            case Effect.CAPTURED:
                account = replace(account, captured=account.captured + amount)
            case Effect.REFUNDED:
                account = replace(account, refunded=account.refunded + amount)
            case _:
                account = replace(account, cancelled=account.cancelled + amount)
        self._move(book, account)
        self._log(book, name, amount, "somebody-in-the-portal")
        return True

    def _once(
        self, call: str, key: str, reference: str, body: object, act: Callable[[], Outcome[object]]
    ) -> Outcome[object]:
        now_ms = self._now_ms()
        self.sent.append((call, key, now_ms))
        whole = (call, reference, body)
        known = self._bodies.setdefault(key, whole)
        if known != whole:
            self.mistakes.append(f"{whole} under the key of {known}")
            return _no("4010")
        if key in self._answers:
            earlier, at_ms = self._answers[key]
            if now_ms - at_ms <= self.rules.key_life_ms:
                return earlier
            self.forgotten += 1
        answer = (self.refuse(call, reference) if call != "create" else None) or act()
        if self.rules.noes_stick or not isinstance(answer, Refused):
            self._answers[key] = (answer, now_ms)
        return answer

    def _listed(self, call: str, reference: str) -> Refused | None:  # noqa: ARG002 - a list says no to anybody
        if not self.refusals or call == "receipt":
            return None
        code, fault = self.refusals.pop()
        return Refused(Trouble(fault, f"{call} was refused with {code}."), code)

    def _move(self, book: Book, account: Account) -> None:
        book.stale, book.stale_until_ms = book.account, self._now_ms() + self.rules.sums_lag_ms
        book.account = account

    def _log(self, book: Book, name: Effect, amount: Money, key: str | None) -> None:
        shown = key if self.rules.logs_keys else None
        book.log.append(LogEntry(name, amount, self._now_ms(), True, shown, f"psp-{len(book.log)}"))


def _no(code: str, fault: Fault = Fault.VIPPS_REFUSED) -> Refused:
    return Refused(Trouble(fault, f"Vipps refuses with {code}."), code)
