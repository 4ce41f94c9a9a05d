"""Ask a driver for approval, and find the payment again if the answer to that was lost."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from kiosk.domain.fault import Fault
from kiosk.domain.money import Money
from kiosk.domain.payment import Approval, Checkout, Effect, Payment
from kiosk.services.vipps.client import Call, Client
from kiosk.services.vipps.errors import Mismatched, NotSent, Rejected, Unreadable
from kiosk.services.vipps.ledger import Ledger
from kiosk.services.vipps.wire import PAYMENTS, CreatedWire, amount_body, encoded, parse

REDIRECT_GONE = "redirect-gone"
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
QR_SIZE_PX = 1024
LARGEST_MINOR = 65_000_000
MSISDN = re.compile(r"[0-9]{9,15}")
RETURN_URL = re.compile(r"(?!http:)[a-zA-Z][a-zA-Z0-9+.-]*://\S+")


@dataclass(frozen=True)
class Wanted:
    """One payment to ask for. WEB_REDIRECT with `return_url`, PUSH_MESSAGE with `phone_number`, else a QR picture."""

    reference: str
    amount: Money
    description: str
    return_url: str | None
    phone_number: str | None
    metadata: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"Wanted({self.reference}, {self.amount}, {self.flow})"  # never the phone number

    @property
    def flow(self) -> str:
        if self.return_url is not None:
            return "WEB_REDIRECT"
        return "QR" if self.phone_number is None else "PUSH_MESSAGE"

    def body(self) -> dict[str, object]:
        body: dict[str, object] = {
            "reference": self.reference,
            "amount": amount_body(self.amount),
            "paymentMethod": {"type": "WALLET"},
            "userFlow": self.flow,
            "customerInteraction": "CUSTOMER_PRESENT",  # at the top; inside `customer` it is ignored
            "paymentDescription": self.description,
        }
        if self.metadata:
            body["metadata"] = dict(self.metadata)
        if self.return_url is not None:
            body["returnUrl"] = self.return_url
        elif self.phone_number is not None:
            body["customer"] = {"phoneNumber": self.phone_number}
        else:
            body["qrFormat"] = {"format": "IMAGE/PNG", "size": QR_SIZE_PX}
        return body


class Creation:
    def __init__(self, client: Client, ledger: Ledger) -> None:
        self._client, self._ledger = client, ledger

    async def create(self, wanted: Wanted, key: str) -> Checkout:
        """Raises VippsError; Rejected with code `redirect-gone` if the payment is there but its code is not."""
        check(wanted)
        call = Call("POST", PAYMENTS, encoded(wanted.body()), key, ("create", wanted.reference))
        try:
            answer = await self._client.tell(call)
        except Rejected as error:
            if error.problem is None or error.problem.status != 409:
                raise
            return await self._adopt(wanted, key, error)
        created = parse(CreatedWire, answer, str(call))
        if created.reference != wanted.reference:
            raise Mismatched(f"{call} for {wanted.reference} was answered with another reference.")
        return await self._checkout(wanted, created.redirect_url)

    async def _adopt(self, wanted: Wanted, key: str, conflict: Rejected) -> Checkout:
        """A 409 says that reference or key is in use: by us, if amount and key are ours."""
        found = await self._ledger.read(wanted.reference)
        if found is None or found.approval.dead:
            raise conflict
        _check_ours(found, wanted, key)
        if found.approval is Approval.AUTHORIZED:  # approved already: there is nothing more to open
            return Checkout(found.redirect_url or "")
        if found.approval is not Approval.CREATED:
            raise Unreadable(f"{wanted.reference} is in a state that this program does not know.")
        if wanted.flow != "PUSH_MESSAGE" and found.redirect_url is None:
            raise _gone(wanted, "Vipps does not give its address again")
        return await self._checkout(wanted, found.redirect_url)

    async def _checkout(self, wanted: Wanted, url: str | None) -> Checkout:
        if wanted.flow == "PUSH_MESSAGE":
            return Checkout(url or "")
        if not url:
            raise Unreadable(f"Vipps created {wanted.reference} without an address to open.")
        if wanted.flow == "WEB_REDIRECT":
            return Checkout(url)
        try:
            picture = await self._client.fetch(url)
        except Rejected as error:
            raise _gone(wanted, f"its picture is not there ({error})") from None
        if not picture.body.startswith(PNG_MAGIC):
            raise _gone(wanted, f"its picture is no PNG but {picture.headers.get('Content-Type') or 'something else'}")
        return Checkout(url, picture.body)


def check(wanted: Wanted) -> None:
    """Refuse what Vipps would refuse, with a sentence that says what would be right. Raises NotSent."""
    least, most = wanted.amount.currency.minimum, Money(LARGEST_MINOR, wanted.amount.currency)
    if not least <= wanted.amount <= most:
        raise NotSent(f"the amount {wanted.amount} has to be from {least} to {most}.")
    if not 3 <= len(wanted.description) <= 100:
        raise NotSent(f"the payment description has {len(wanted.description)} characters; 3 to 100 are right.")
    if wanted.return_url is not None and wanted.phone_number is not None:
        raise NotSent("a payment has a return address or a phone number, not both.")
    if wanted.return_url is not None and (not RETURN_URL.fullmatch(wanted.return_url) or len(wanted.return_url) > 2500):
        raise NotSent(f"the return address {wanted.return_url} has to be https:// or an app's own scheme.")
    if wanted.phone_number is not None and not MSISDN.fullmatch(wanted.phone_number):
        raise NotSent(
            "the phone number has to be 9 to 15 digits with country code and without +, such as 47 and eight."
        )
    texts = dict(wanted.metadata)
    if len(texts) > 5 or any(len(name) > 100 or len(value) > 500 for name, value in texts.items()):
        raise NotSent("metadata has at most five pairs, names of 100 and values of 500 characters.")


def metadata_of(metadata: Mapping[str, str] | None) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((metadata or {}).items()))


def _check_ours(found: Payment, wanted: Wanted, key: str) -> None:
    if found.amount != wanted.amount:
        text = f"{wanted.reference} exists with {found.amount}, not {wanted.amount}"
        raise Rejected(text, fault=Fault.PAYMENT_MISMATCH, code="exists-differently")
    keys = {entry.key for entry in found.log if entry.name == Effect.CREATED}
    if keys - {key, None}:
        text = f"{wanted.reference} exists, but was not created by this station"
        raise Rejected(text, fault=Fault.PAYMENT_FOREIGN, code="exists-differently")


def _gone(wanted: Wanted, why: str) -> Rejected:
    text = f"{wanted.reference} exists, but {why}; withdraw it and make a new reference"
    return Rejected(text, code=REDIRECT_GONE)
