"""Somebody at Vipps' portal, or at a till, who touches a payment beside the station."""

import asyncio
from collections.abc import Callable
from functools import partial

from kiosk.domain.money import Money
from kiosk.domain.payment import Effect
from kiosk.domain.receipt import Line, LineKind, Receipt
from kiosk.world.nature import Surroundings
from kiosk.world.plan import Mishap


class Portal:
    """One payment, as others can reach it."""

    def __init__(self, world: Surroundings, reference: str) -> None:
        self._world, self._reference = world, reference

    def open(self) -> None:
        """Somebody at the portal touches this payment, some time after the approval."""
        for mishap, effect in (
            (Mishap.PORTAL_CAPTURE, Effect.CAPTURED),
            (Mishap.PORTAL_CANCEL, Effect.CANCELLED),
            (Mishap.PORTAL_REFUND, Effect.REFUNDED),
        ):
            if self._world.plan.rates.get(mishap) and self._world.chance.random() < self._world.plan.rates[mishap]:
                self._later(self._world.plan.spread(2, 400), partial(self._meddle, mishap, effect))
        if (
            self._world.plan.rates.get(Mishap.RECEIPT_THERE)
            and self._world.chance.random() < self._world.plan.rates[Mishap.RECEIPT_THERE]
        ):
            self._later(self._world.plan.spread(2, 60), self._send_receipt)

    def _meddle(self, mishap: Mishap, effect: Effect) -> None:
        book = self._world.ledger.books.get(self._reference)
        if book is None or self._world.plan.over:
            return
        account = book.account
        most = account.refundable if effect is Effect.REFUNDED else account.remaining
        part = most.minor if effect is Effect.CANCELLED else self._world.chance.randint(1, max(1, most.minor))
        if self._world.ledger.meddle(self._reference, effect, Money(part, most.currency)):
            self._world.plan.counts[mishap] += 1
            self._world.tell(f"     {mishap} of {Money(part, most.currency)} in {self._reference}")

    def _send_receipt(self) -> None:
        """Somebody's till has written a receipt for this payment; it can never be changed."""
        book, ledger = self._world.ledger.books.get(self._reference), self._world.ledger
        if book is not None and self._reference not in ledger.receipts and not self._world.plan.over:
            ledger.strange.add(self._reference)
            line = Line(LineKind.SESSION, 1, 0, Money(1, book.amount.currency), 2500)
            ledger.receipts[self._reference] = Receipt(self._reference, "till", line.gross, (line,))
            self._world.excuses.setdefault(self._reference, set()).add(Mishap.RECEIPT_THERE)
            self._world.plan.counts[Mishap.RECEIPT_THERE] += 1

    def _later(self, after_s: float, call: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(after_s, call)
