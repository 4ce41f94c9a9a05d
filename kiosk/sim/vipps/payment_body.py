"""Bodies of the ePayment calls, and the rules on a new payment that no schema can say."""

import re
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from kiosk.sim.vipps.bodies import Amount, Body
from kiosk.sim.vipps.receipt_body import Receipt
from kiosk.sim.vipps.refusals import Invalid, malformed, refusal
from kiosk.sim.vipps.rules import Rules

REFERENCE = r"^[a-zA-Z0-9-]{8,64}$"
RFC3339 = r"^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-](2[0-3]|[01][0-9]):[0-5][0-9])$"
# https, or a scheme of an app: anything but the ones that a browser or a mail program would open.
RETURN_URL = re.compile(r"(?!(?:http|ftp|file|data|javascript|mailto):)[A-Za-z][A-Za-z0-9+.\-]*://\S+")
SCOPES = {"name", "address", "email", "phoneNumber", "birthDate"}
SCOPES_BY_PERMISSION = {"nin", "accountNumbers"}
METADATA_PAIRS, METADATA_KEY, METADATA_VALUE = 5, 100, 500


class PaymentMethod(Body):
    type: Literal["WALLET", "CARD"]
    blocked_sources: Annotated[list[Literal["COMMERCIAL_CARDS"]], Field(default_factory=list)]


class Customer(Body):
    phone_number: Annotated[str, Field(pattern=r"^\d{9,15}$")] = ""
    personal_qr: Annotated[str, Field(min_length=5, max_length=255)] = ""
    customer_token: str = ""


class QrFormat(Body):
    NULLABLE: ClassVar[frozenset[str]] = frozenset({"size"})
    format: Literal["TEXT/TARGETURL", "IMAGE/SVG+XML", "IMAGE/PNG"]
    size: Annotated[int, Field(ge=100, le=2000)] | None = None


class Profile(Body):
    scope: str = ""


class NewPayment(Body):
    NULLABLE: ClassVar[frozenset[str]] = frozenset(
        {"metadata", "receiptUrl", "expiresAt", "qrFormat", "minimumUserAge"}
    )
    amount: Amount
    payment_method: PaymentMethod
    reference: Annotated[str, Field(pattern=REFERENCE)]
    user_flow: Literal["PUSH_MESSAGE", "NATIVE_REDIRECT", "WEB_REDIRECT", "QR"]
    return_url: Annotated[str, Field(max_length=2500)] = ""
    customer: Customer | None = None
    customer_interaction: Literal["CUSTOMER_PRESENT", "CUSTOMER_NOT_PRESENT"] = "CUSTOMER_NOT_PRESENT"
    qr_format: QrFormat | None = None
    payment_description: Annotated[str, Field(min_length=3, max_length=100)] = ""
    receipt: Receipt | None = None
    receipt_url: str = ""
    metadata: Annotated[dict[str, str], Field(default_factory=dict)]
    expires_at: Annotated[str, Field(pattern=RFC3339)] = ""
    minimum_user_age: Annotated[int, Field(ge=0, le=100)] = 0
    profile: Profile | None = None
    industry_data: dict[str, object] | None = None
    shipping: dict[str, object] | None = None


class Modification(Body):
    modification_amount: Amount


class Cancellation(Body):
    cancel_transaction_only: bool = False


class ForcedApproval(Body):
    customer: Customer | None = None
    token: str = ""


def check_new(payment: NewPayment, rules: Rules) -> None:
    _check_amount(payment, rules)
    _check_flow(payment, rules)
    _check_customer(payment.customer)
    _check_metadata(payment.metadata)
    _check_permissions(payment, rules)


def check_modification(body: Modification, rules: Rules) -> int:
    if body.modification_amount.currency != rules.market:
        raise refusal("5040")
    return body.modification_amount.value


def _check_amount(payment: NewPayment, rules: Rules) -> None:
    if payment.amount.currency != rules.market:
        raise refusal("5040")
    if payment.amount.value < rules.minimum:
        raise refusal("6010")


def _check_flow(payment: NewPayment, rules: Rules) -> None:
    flow = payment.user_flow
    if (flow == "WEB_REDIRECT" and not payment.return_url) or (flow == "PUSH_MESSAGE" and payment.customer is None):
        raise refusal("4140")
    if any(url and not RETURN_URL.fullmatch(url) for url in (payment.return_url, payment.receipt_url)):
        raise refusal("4090")
    if flow == "PUSH_MESSAGE" and not rules.push_allowed:
        raise refusal("5080")
    if payment.payment_method.type == "CARD" and flow != "WEB_REDIRECT":
        raise malformed(Invalid("paymentMethod.type", "CARD has to be combined with WEB_REDIRECT."))
    if payment.qr_format and flow != "QR":
        raise malformed(Invalid("qrFormat", "Only applicable when userFlow is QR."))
    if payment.qr_format and payment.qr_format.size is not None and payment.qr_format.format != "IMAGE/PNG":
        raise malformed(Invalid("qrFormat.size", "Only applicable when the format is IMAGE/PNG."))


def _check_customer(customer: Customer | None) -> None:
    if customer is not None and len(customer.model_fields_set) != 1:
        raise malformed(Invalid("customer", "Exactly one of phoneNumber, personalQr and customerToken."))


def _check_metadata(metadata: dict[str, str]) -> None:
    if len(metadata) > METADATA_PAIRS:
        raise refusal("4100")
    if any(len(key) > METADATA_KEY for key in metadata):
        raise refusal("4120")
    if any(len(value) > METADATA_VALUE for value in metadata.values()):
        raise refusal("4130")


def _check_permissions(payment: NewPayment, rules: Rules) -> None:
    """The simulator's sales unit has no approval for anything that needs one, but for PUSH_MESSAGE if it is switched on."""
    scopes = set(payment.profile.scope.split()) if payment.profile else set()
    if scopes - SCOPES - SCOPES_BY_PERMISSION:
        raise refusal("4080")
    if scopes & SCOPES_BY_PERMISSION:
        raise refusal("5030")
    if payment.payment_method.blocked_sources and rules.market == "NOK":
        raise refusal("5010")
    if payment.expires_at:
        raise refusal("5050")
    if payment.shipping is not None:
        raise refusal("5020")
