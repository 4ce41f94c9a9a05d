"""Vipps' words: what stands on the wire, read tolerantly (more fields, new names) and written byte for byte the same."""

import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeVar, cast
from urllib.parse import quote

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, StrictInt, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from kiosk.domain.money import Currency, Money
from kiosk.domain.payment import Account, Approval, LogEntry
from kiosk.services.vipps.errors import PAGE, Between, Mismatched, Unreadable

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAYMENTS = "/epayment/v1/payments"
REDIRECTS = "/qr/v1/merchant-redirect"
ORDERS = "/order-management/v2/ECOM"

T = TypeVar("T")


@dataclass(frozen=True)
class Answer:
    """What came back, whole. Its content may hold a token or a driver's data, so a traceback shows the status only."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_page(self) -> bool:
        """A page for a browser, which Vipps' API never answers with."""
        return self.body.lstrip().startswith(b"<")


class Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class TokenWire(BaseModel):
    """Vipps writes the numbers as text."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    access_token: str = Field(min_length=1, repr=False)
    expires_in: int | None = None
    expires_on: int | None = None


class AmountWire(Wire):
    currency: Currency
    value: StrictInt = Field(ge=0)

    @property
    def money(self) -> Money:
        return Money(self.value, self.currency)


class AggregateWire(Wire):
    authorized_amount: AmountWire
    captured_amount: AmountWire
    cancelled_amount: AmountWire
    refunded_amount: AmountWire

    def account(self, currency: Currency) -> Account:
        """Raises Mismatched if the sums are not all in the payment's currency."""
        amounts = (self.authorized_amount, self.captured_amount, self.cancelled_amount, self.refunded_amount)
        if any(amount.currency is not currency for amount in amounts):
            raise Mismatched(f"Vipps' sums are not all in {currency}.")
        authorized, captured, cancelled, refunded = (amount.money for amount in amounts)
        return Account(authorized, captured, cancelled, refunded)


class CreatedWire(Wire):
    reference: str
    redirect_url: str | None = None


class AdjustedWire(Wire):
    """The answer to capture, cancel and refund."""

    reference: str
    amount: AmountWire
    state: str
    aggregate: AggregateWire


class PaymentWire(AdjustedWire):
    redirect_url: str | None = None
    capture_guaranteed_until: AwareDatetime | None = None

    @property
    def capture_until_utc_ms(self) -> int | None:
        return utc_ms(self.capture_guaranteed_until) if self.capture_guaranteed_until else None


class EventWire(Wire):
    reference: str
    psp_reference: str = ""
    name: str = Field(validation_alias=AliasChoices("name", "paymentAction"))
    amount: AmountWire
    timestamp: AwareDatetime
    idempotency_key: str | None = None
    success: bool

    @property
    def entry(self) -> LogEntry:
        key = self.idempotency_key or None
        return LogEntry(self.name, self.amount.money, utc_ms(self.timestamp), self.success, key, self.psp_reference)


class RedirectWire(Wire):
    id: str
    url: str
    redirect_url: str | None = None


class LineWire(Wire):
    total_amount: StrictInt
    total_amount_excluding_tax: StrictInt
    total_tax_amount: StrictInt


class BottomLineWire(Wire):
    currency: str | None = None


class ReceiptWire(Wire):
    order_lines: tuple[LineWire, ...]
    bottom_line: BottomLineWire


class OrderWire(Wire):
    receipt: ReceiptWire | None = None


def parse(shape: type[T], answer: Answer, where: str) -> T:
    """Read an answer. Raises Unreadable that names each wrong field, and never its content."""
    try:
        adapter: TypeAdapter[T] = _adapter(cast("Hashable", shape))
        return adapter.validate_json(answer.body)
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, one['loc'])) or 'answer'}: {one['msg']}" for one in error.errors()]
    if answer.is_page:
        raise Between(f"{where} was answered with {PAGE}.")
    raise Unreadable(f"The answer of {where} cannot be read: {'; '.join(wrong[:5])}.")


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    """Kept: to build one takes longer than to read an answer."""
    return TypeAdapter(shape)


def encoded(body: Mapping[str, object]) -> bytes:
    """Canonical JSON: the same body is always the same bytes, which a repeated key demands."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def amount_body(money: Money) -> dict[str, object]:
    return {"currency": str(money.currency), "value": money.minor}


def approval(state: str) -> Approval:
    return Approval(state) if state in Approval.__members__ else Approval.UNKNOWN


def utc_ms(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


def segment(text: str) -> str:
    """One path segment."""
    return quote(text, safe="")
