"""Vipps ePayment in the trade's words: create, look, capture, release, refund. The flow's `Payments` port."""

import re
from collections.abc import Mapping

from kiosk.domain.fault import Fault
from kiosk.domain.money import Money
from kiosk.domain.outcome import Outcome
from kiosk.domain.payment import Account, Approval, Checkout, Payment
from kiosk.services.vipps.budget import Operation
from kiosk.services.vipps.client import Call, Client
from kiosk.services.vipps.creation import MSISDN, Creation, Wanted, metadata_of
from kiosk.services.vipps.errors import Contested, Mismatched, NotSent, Rejected
from kiosk.services.vipps.ledger import Ledger
from kiosk.services.vipps.outcomes import Act
from kiosk.services.vipps.settings import PRODUCTION_HOST
from kiosk.services.vipps.wire import PAYMENTS, AdjustedWire, amount_body, approval, encoded, parse, segment

REFERENCE = re.compile(r"[a-zA-Z0-9-]{8,64}")
KEY = re.compile(r"[\x21-\x7e]{1,50}")
FORCE_APPROVE = "/epayment/v1/test/payments"
RELEASED_CODES = {"6040", "6050", "6190"}  # nothing left to cancel, says Vipps; its account says whether that is so


class Payments:
    """Every changing call takes a key that was journalled before. The same key is the same bytes, sent once a call."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._ledger = Ledger(client)
        self._creation = Creation(client, self._ledger)

    async def create(
        self,
        reference: str,
        amount: Money,
        key: str,
        description: str,
        return_url: str | None = None,
        *,
        phone_number: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Outcome[Checkout]:
        """As a QR picture; by WEB_REDIRECT with `return_url`; by PUSH_MESSAGE with `phone_number` (MSISDN).

        A payment that an earlier, lost call made is adopted if amount and key are ours. Refused with code
        `redirect-gone` where it is there but its code is not.
        """
        wanted = Wanted(reference, amount, description, return_url, phone_number, metadata_of(metadata))

        async def work() -> Checkout:
            _check(reference, key)
            return await self._creation.create(wanted, key)

        return await self._client.write(Act("creation", reference), work)

    async def look(self, reference: str) -> Outcome[Payment | None]:
        """The payment and its event log; Done(None) is Vipps' word that it does not exist."""

        async def work() -> Payment | None:
            _check(reference)
            return await self._ledger.read(reference)

        return await self._client.read(Act("reading", reference), work)

    async def capture(
        self, reference: str, amount: Money, key: str, remaining: Money | None = None
    ) -> Outcome[Account]:
        """Take `amount` of the hold. With `remaining` (from `look`) more than that is refused here already."""

        async def work() -> Account:
            if not amount.minor > 0 or (remaining is not None and amount > remaining):
                most = "what is authorised" if remaining is None else remaining
                raise NotSent(f"{amount} has to be more than nothing and at most {most}.", code="6090")
            body: dict[str, object] = {"modificationAmount": amount_body(amount)}
            adjusted, account = await self._adjust("capture", "capture", reference, key, body)
            if account.captured < amount:
                raise Mismatched(
                    f"Vipps answered yes to {amount} and reports {account.captured} of {adjusted.amount.money}."
                )
            return account

        return await self._client.write(Act("capture", reference, Fault.CAPTURE_REFUSED), work)

    async def release(self, reference: str, key: str, unapproved_only: bool) -> Outcome[Account]:
        """Cancel all that is not captured. `unapproved_only` never destroys an approval (Refused, code 6060)."""

        async def work() -> Account:
            body: dict[str, object] = {"cancelTransactionOnly": unapproved_only}
            try:
                adjusted, account = await self._adjust("cancel", "cancel", reference, key, body)
            except Rejected as error:
                return await self._released_already(reference, error)
            over = approval(adjusted.state) is Approval.TERMINATED
            if not over and (unapproved_only or account.remaining.minor > 0):
                raise Mismatched(f"Vipps answered yes, but is {adjusted.state} and still holds {account.remaining}.")
            return account

        return await self._client.write(Act("release", reference, Fault.RELEASE_REFUSED), work)

    async def refund(
        self, reference: str, amount: Money, key: str, refundable: Money | None = None
    ) -> Outcome[Account]:
        """Give back what was captured."""

        async def work() -> Account:
            if not amount.minor > 0 or (refundable is not None and amount > refundable):
                most = "what was captured" if refundable is None else refundable
                raise NotSent(f"{amount} has to be more than nothing and at most {most}.", code="6150")
            body: dict[str, object] = {"modificationAmount": amount_body(amount)}
            _, account = await self._adjust("refund", "refund", reference, key, body)
            if account.refunded < amount:
                raise Mismatched(f"Vipps answered yes to {amount} and reports {account.refunded} refunded.")
            return account

        return await self._client.write(Act("refund", reference), work)

    async def force_approve(self, reference: str, phone_number: str) -> Outcome[None]:
        """Approve as a test user would. Never on the production host, whatever the settings say."""

        async def work() -> None:
            _check(reference)
            if self._client.settings.environment == "production" or self._client.settings.host == PRODUCTION_HOST:
                raise NotSent("approving by force exists only in test and simulator, never in production.")
            if not MSISDN.fullmatch(phone_number):
                raise NotSent("the test user's phone number has to be 9 to 15 digits without +.")
            body = encoded({"customer": {"phoneNumber": phone_number}})
            await self._client.tell(Call("POST", f"{FORCE_APPROVE}/{segment(reference)}/approve", body))

        return await self._client.write(Act("approval by force", reference), work)

    async def _adjust(
        self, path: str, operation: Operation, reference: str, key: str, body: Mapping[str, object]
    ) -> tuple[AdjustedWire, Account]:
        """One changing call, and its answer checked. Success is a status here: the type is declared as problem+json."""
        _check(reference, key)
        call = Call("POST", f"{PAYMENTS}/{segment(reference)}/{path}", encoded(body), key, (operation, reference))
        try:
            answer = await self._client.tell(call)
        except Rejected as error:
            if error.problem is None or error.problem.status != 409:
                raise
            raise Contested(str(error), error.problem) from None
        wire = parse(AdjustedWire, answer, str(call))
        if wire.reference != reference:
            raise Mismatched(f"{call} was answered with another payment.")
        return wire, wire.aggregate.account(wire.amount.currency)

    async def _released_already(self, reference: str, refusal: Rejected) -> Account:
        if refusal.code not in RELEASED_CODES:
            raise refusal
        found = await self._ledger.read(reference)
        if found is None or (found.approval is not Approval.TERMINATED and found.account.remaining.minor > 0):
            raise refusal
        return found.account


def _check(reference: str, key: str | None = None) -> None:
    if not REFERENCE.fullmatch(reference):
        raise NotSent("a reference has 8 to 64 letters, digits and hyphens, and nothing else.")
    if key is not None and not KEY.fullmatch(key):
        raise NotSent("an idempotency key has 1 to 50 visible characters.")
