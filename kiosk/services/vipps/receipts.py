"""Order Management: the receipt that can be written once, and the link to the session. The flow's `Receipts` port."""

from collections.abc import Callable, Mapping

from kiosk.domain.fault import Fault
from kiosk.domain.money import half_up
from kiosk.domain.outcome import Done, Outcome
from kiosk.domain.receipt import Line, LineKind, Receipt, Registers
from kiosk.services.vipps.client import Call, Client
from kiosk.services.vipps.errors import NotSent, Rejected, Unreadable
from kiosk.services.vipps.outcomes import Act
from kiosk.services.vipps.wire import ORDERS, OrderWire, encoded, parse, segment

Names = Callable[[str, Registers | None], Mapping[LineKind, str]]

SKIPPED = "skipped: the test environment has no Order Management"
EXISTS = "exists"
ENGLISH: Mapping[LineKind, str] = {
    LineKind.ENERGY: "Energy",
    LineKind.MINUTES: "Charging time",
    LineKind.SESSION: "Start fee",
    LineKind.IDLE: "Parked after done",
}


class Receipts:
    """`names` are what the driver reads on each line, by the code of a language and by what was read of the meter.

    Order Management has no field for a meter; the name of a line is the one text that the driver sees.
    """

    def __init__(self, client: Client, names: Names) -> None:
        self._client, self._names = client, names

    async def send(self, receipt: Receipt, language: str) -> Outcome[str]:
        """Its id at Vipps; `exists` where it was stored before, in whatever language, compared line by line; `skipped: ...` in test."""
        if not self._client.settings.has_order_management:
            return Done(SKIPPED)

        async def work() -> str:
            if not receipt.lines:
                raise NotSent("a receipt has at least one line.")
            path = f"{ORDERS}/receipts/{segment(receipt.reference)}"
            try:
                answer = await self._client.tell(
                    Call("POST", path, encoded(body(receipt, self._names(language, receipt.registers))))
                )
            except Rejected as error:
                if error.problem is None or error.problem.status != 409:
                    raise
                return await self._compared(receipt)
            return parse(str, answer, f"POST {path}")

        return await self._client.write(Act("receipt", receipt.reference, Fault.RECEIPT_REFUSED), work)

    async def show(self, reference: str) -> Outcome[dict[str, object]]:
        """The receipt and the link as Vipps has them, unread: for people who look by hand."""

        async def work() -> dict[str, object]:
            call = Call("GET", f"{ORDERS}/{segment(reference)}")
            return parse(dict[str, object], (await self._client.ask(call)), str(call))

        return await self._client.read(Act("reading the receipt", reference), work)

    async def link(self, reference: str, url: str) -> Outcome[str]:
        """Show the session's page beside the payment in the app. Can be repeated; the last link wins."""
        if not self._client.settings.has_order_management:
            return Done(SKIPPED)

        async def work() -> str:
            if not url.startswith("https://"):
                raise NotSent(f"the link {url} has to be https://.")
            path = f"{ORDERS}/categories/{segment(reference)}"
            call = Call("PUT", path, encoded({"category": "RECEIPT", "orderDetailsUrl": url}))
            return parse(str, (await self._client.tell(call)), str(call))

        return await self._client.write(Act("link", reference, Fault.RECEIPT_REFUSED), work)

    async def _compared(self, receipt: Receipt) -> str:
        """A receipt cannot be changed: the stored one has to say the same about the money, or a person decides."""
        call = Call("GET", f"{ORDERS}/{segment(receipt.reference)}")
        stored = parse(OrderWire, (await self._client.ask(call)), str(call)).receipt
        if stored is None:
            raise Unreadable(f"Vipps says that {receipt.reference} has a receipt, but does not show it.")
        theirs = sorted(
            (line.total_amount, line.total_amount_excluding_tax, line.total_tax_amount) for line in stored.order_lines
        )
        ours = sorted((line.gross.minor, line.net.minor, line.tax.minor) for line in receipt.lines)
        if theirs != ours or stored.bottom_line.currency not in (None, receipt.total.currency):
            total = sum(line[0] for line in theirs)
            text = f"the stored receipt has {len(theirs)} lines of {total} minor units, ours {len(ours)} of {receipt.total}"
            raise Rejected(text, fault=Fault.RECEIPT_DIFFERS, code="exists-differently")
        return EXISTS


def body(receipt: Receipt, names: Mapping[LineKind, str]) -> dict[str, object]:
    """The lines add up as they did on the glass: nothing is rounded here again but the unit price, which is shown only."""
    return {
        "orderLines": [_line(number, line, names) for number, line in enumerate(receipt.lines, 1)],
        "bottomLine": {
            "currency": str(receipt.total.currency),
            "posId": receipt.station,
            "receiptNumber": receipt.reference,
        },
    }


def _line(number: int, line: Line, names: Mapping[LineKind, str]) -> dict[str, object]:
    quantity, unit = _quantity(line)
    return {
        "id": f"{number}-{line.kind}",
        "name": names[line.kind],
        "totalAmount": line.gross.minor,
        "totalAmountExcludingTax": line.net.minor,
        "totalTaxAmount": line.tax.minor,
        "taxRate": line.vat_bp,
        "unitInfo": {"unitPrice": half_up(line.price_e4, 100), "quantity": quantity, "quantityUnit": unit},
    }


def _quantity(line: Line) -> tuple[str, str]:
    """Decimal text of at most ten characters, made from whole Wh and seconds."""
    match line.kind:
        case LineKind.ENERGY:
            return f"{line.quantity // 1000}.{line.quantity % 1000:03d}", "KWH"
        case LineKind.MINUTES | LineKind.IDLE:
            hundredths = half_up(line.quantity * 100, 60)
            return f"{hundredths // 100}.{hundredths % 100:02d}", "MINUTE"
        case LineKind.SESSION:
            return str(line.quantity), "PCS"
