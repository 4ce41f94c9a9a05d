"""Every no that the simulator can say, in the shape of the API that says it (vipps FACTS section 4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

Json = dict[str, object]


@dataclass(frozen=True)
class Invalid:
    """A field or header that is wrong, and what it should be."""

    name: str
    reason: str

    def json(self) -> Json:
        return {"name": self.name, "reason": self.reason}


@dataclass
class Refusal(Exception):
    """A no in the words of the API itself: by code for a rule of the trade, by `invalid` for a malformed request."""

    status: int
    title: str
    code: str = ""
    invalid: Sequence[Invalid] = field(default=())


@dataclass
class GatewayRefusal(Exception):
    """A no from the gateway in front of every API. It knows nothing of payments and has a shape of its own."""

    status: int
    message: str
    retry_after_s: int | None = None


# fmt: off
CODES: dict[str, tuple[int, str]] = {
    "3010": (500, "Internal error"),
    "4010": (409, "Capture idempotency conflict"),
    "4020": (409, "Idempotency error"),
    "4040": (400, "Invalid amount"),
    "4050": (400, "Invalid CustomerToken"),
    "4060": (400, "Invalid PersonalQr"),
    "4070": (400, "Invalid phone number"),
    "4080": (400, "Invalid scope"),
    "4090": (400, "Invalid URL"),
    "4100": (400, "Metadata capacity exceeded"),
    "4110": (400, "Metadata duplicate keys not allowed"),
    "4120": (400, "Metadata key length exceeded"),
    "4130": (400, "Metadata value length exceeded"),
    "4140": (400, "Missing required parameter"),
    "4150": (409, "Reference exists, or refund idempotency conflict"),
    "5010": (400, "Blocking sources not applicable"),
    "5020": (403, "Express payment not allowed"),
    "5030": (403, "Illegal scope"),
    "5040": (400, "Invalid currency for merchant"),
    "5050": (403, "Long-living payment not allowed"),
    "5060": (403, "Merchant bank account not verified"),
    "5070": (422, "Payment cannot be created"),
    "5080": (403, "PUSH_MESSAGE not allowed"),
    "5090": (404, "Reference not found"),
    "5100": (400, "Refund not possible"),
    "6010": (400, "Amount too small"),
    "6020": (400, "Attempted refund before reservation"),
    "6030": (400, "Cancel period expired"),
    "6040": (400, "Cannot cancel a captured payment"),
    "6050": (400, "Cannot cancel a non-reserved payment"),
    "6060": (400, "Cannot cancel authorized payment"),
    "6070": (400, "Cannot capture a cancelled payment"),
    "6080": (400, "Cannot capture before reservation"),
    "6090": (400, "Capture amount too high"),
    "6100": (400, "Capture period expired"),
    "6110": (400, "Expiration date is too late"),
    "6120": (400, "Expiration date is too soon"),
    "6130": (400, "Long living payments require a receipt"),
    "6140": (400, "Must capture full amount"),
    "6150": (400, "Not enough refundable"),
    "6160": (423, "Order processing"),
    "6170": (400, "Payment already captured"),
    "6180": (400, "Payment already refunded"),
    "6190": (400, "Payment cannot be cancelled"),
    "6200": (400, "Payment cannot be captured"),
    "6210": (400, "Payment cannot be refunded"),
    "6220": (400, "Refund period expired"),
    "6230": (400, "Payment is already reserved"),
    "6250": (409, "Payment is being processed, cancel later"),
    "6260": (400, "Funds are no longer available"),
    "6280": (500, "Capture failed"),
    "7010": (400, "Customer not found"),
    "10010": (400, "Approve failed"),
    "10020": (400, "Approve not allowed"),
}
# fmt: on


def refusal(code: str) -> Refusal:
    status, title = CODES[code]
    return Refusal(status, title, code)


def malformed(*invalid: Invalid) -> Refusal:
    return Refusal(400, "One or more validation errors occurred.", invalid=invalid)


def problem(no: Refusal, instance: str, trace: str) -> Json:
    """RFC 7807 as ePayment writes it. A domain error has one entry with its code as text."""
    code = [Invalid("ErrorCode", no.code)] if no.code else []
    return {
        "type": f"https://httpstatuses.io/{no.status}",
        "title": no.title,
        "detail": no.title,
        "status": no.status,
        "instance": instance,
        "traceId": trace,
        "extraDetails": [each.json() for each in (*code, *no.invalid)] or None,
    }


def validation(no: Refusal, trace: str) -> Json:
    """What the QR API and Order Management say."""
    body: Json = {
        "type": "https://datatracker.ietf.org/doc/html/rfc7231#section-6.5.1",
        "title": no.title,
        "detail": HTTPStatus(no.status).phrase,
        "instance": trace,
    }
    return body | ({"invalidParams": [each.json() for each in no.invalid]} if no.invalid else {})


def gateway(status: int, message: str) -> Json:
    return {"statusCode": status, "message": message}


def azure(error: str, description: str, code: int, trace: str, when: str) -> Json:
    """What the token endpoint says: the shape of Azure AD."""
    return {
        "error": error,
        "error_description": f"AADSTS{code}: {description} Trace ID: {trace} Timestamp: {when}",
        "error_codes": [code],
        "timestamp": when,
        "trace_id": trace,
        "correlation_id": trace,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
    }
