"""A receipt and a category as Order Management takes them, and the rules that no schema can say."""

from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from kiosk.sim.vipps.bodies import Amount64, Body, Currency
from kiosk.sim.vipps.refusals import Invalid, malformed

NotNegative = Annotated[int, Field(ge=0, lt=2**63)]


def _absolute(url: str) -> str:
    parts = urlsplit(url)
    if not parts.scheme or not parts.netloc:
        raise ValueError("Not an absolute URI.")
    return url


class UnitInfo(Body):
    # The spec requires unitPrice and lets it be null, which is as good as leaving it out.
    NULLABLE: ClassVar[frozenset[str]] = frozenset({"unitPrice", "quantityUnit"})
    unit_price: NotNegative = 0
    quantity: Annotated[str, Field(max_length=10, pattern=r"^\d+([\.]\d{1,8})?$")]
    quantity_unit: Literal["PCS", "KG", "KM", "MINUTE", "LITRE", "KWH"] = "PCS"


class OrderLine(Body):
    NULLABLE: ClassVar[frozenset[str]] = frozenset(
        {"taxPercentage", "taxRate", "discount", "productUrl", "isReturn", "isShipping"}
    )
    name: str
    id: str
    total_amount: NotNegative
    total_amount_excluding_tax: NotNegative
    total_tax_amount: NotNegative
    tax_percentage: Annotated[int, Field(ge=0, le=100)] | None = None
    tax_rate: Annotated[int, Field(ge=0, le=10_000)] | None = None
    unit_info: UnitInfo | None = None
    discount: NotNegative = 0
    product_url: str = ""
    is_return: bool = False
    is_shipping: bool = False

    @property
    def rate(self) -> int:
        """Hundredths of a percent."""
        return self.tax_rate if self.tax_rate is not None else (self.tax_percentage or 0) * 100


class PaymentSources(Body):
    NULLABLE: ClassVar[frozenset[str]] = frozenset({"giftCard", "card", "voucher", "cash"})
    gift_card: int = 0
    card: int = 0
    voucher: int = 0
    cash: int = 0


class Barcode(Body):
    format: Literal["EAN-13", "CODE 39", "CODE 128"]
    data: str


class ShippingInfo(Body):
    amount: NotNegative
    amount_excluding_tax: NotNegative
    tax_amount: NotNegative
    tax_percentage: Annotated[int, Field(ge=0, le=100)]


class BottomLine(Body):
    NULLABLE: ClassVar[frozenset[str]] = frozenset(
        {
            "tipAmount", "giftCardAmount", "posId", "totalAmount", "totalTax", "totalDiscount",
            "shippingAmount", "receiptNumber", "terminalId",
        }
    )  # fmt: skip
    currency: Currency
    tip_amount: NotNegative = 0
    gift_card_amount: NotNegative = 0
    pos_id: str = ""
    total_amount: Amount64 = 0
    total_tax: NotNegative = 0
    total_discount: NotNegative = 0
    shipping_amount: NotNegative = 0
    shipping_info: ShippingInfo | None = None
    payment_sources: PaymentSources | None = None
    barcode: Barcode | None = None
    receipt_number: str = ""
    terminal_id: str = ""


class Receipt(Body):
    order_lines: Annotated[list[OrderLine], Field(min_length=1)]
    bottom_line: BottomLine

    @property
    def total(self) -> int:
        return sum(-line.total_amount if line.is_return else line.total_amount for line in self.order_lines)


class Category(Body):
    NULLABLE: ClassVar[frozenset[str]] = frozenset({"imageId"})
    category: Literal["GENERAL", "RECEIPT", "ORDER_CONFIRMATION", "DELIVERY", "TICKET", "BOOKING"]
    order_details_url: Annotated[str, Field(min_length=1), AfterValidator(_absolute)]
    image_id: Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[0-9A-Za-z\-_\.]+$")] = ""


def check_lines(receipt: Receipt, *, check_rate: bool) -> None:
    """Each line closes, and names exactly one rate that fits its amounts to the minor unit."""
    for place, line in enumerate(receipt.order_lines):
        where = f"orderLines[{place}]"
        if (line.tax_rate is None) == (line.tax_percentage is None):
            raise malformed(Invalid(where, "Exactly one of taxRate and taxPercentage must be set."))
        if line.total_amount - line.total_amount_excluding_tax != line.total_tax_amount:
            raise malformed(
                Invalid(where, "TotalAmount minus TotalAmountExcludingTax must be equal to TotalTaxAmount.")
            )
        # Whether the real service checks this is not known.
        if check_rate and abs(line.total_amount_excluding_tax * (10_000 + line.rate) - line.total_amount * 10_000) > (
            10_000 + line.rate
        ):
            raise malformed(Invalid(where, f"The amounts do not show a tax rate of {line.rate / 100} %."))
