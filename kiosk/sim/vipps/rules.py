"""What differs between sales units, and what nobody knows of the real service: each doubt is a switch."""

from dataclasses import dataclass
from typing import Literal

Market = Literal["NOK", "DKK", "EUR"]

DAY_S = 86_400
MINIMUM_MINOR: dict[Market, int] = {"NOK": 100, "DKK": 1, "EUR": 1}
CAPTURE_PERIOD_S: dict[Market, int] = {"NOK": 180 * DAY_S, "DKK": 14 * DAY_S, "EUR": 14 * DAY_S}
REFUND_PERIOD_S = 365 * DAY_S
CANCEL_PERIOD_S = 180 * DAY_S
PAYMENT_LIFE_S = 600
MAXIMUM_MINOR = 65_000_000


@dataclass(frozen=True)
class Rules:
    """The defaults take the reading that is harder on a client, wherever sources disagree or are silent.

    `sticky_4xx`: a refusal sticks to its idempotency key. `key_life_s`: how long a key is remembered.
    `retry_after`: 429 says when to come again. `capture_minimum`: the market's minimum also binds a capture.
    `qr_url_in_get`: GET shows the address of a payment's QR. `guarantee_s`: `captureGuaranteedUntil` after approval.
    `check_tax_rate`: the tax rate of a receipt line must fit its amounts. `redirect_image_life_s`: a redirect image's.
    """

    market: Market = "NOK"
    partial_capture: bool = True
    push_allowed: bool = True
    order_management: bool = True
    sticky_4xx: bool = True
    key_life_s: int = DAY_S
    token_life_s: int = 3600
    retry_after: bool = True
    capture_minimum: bool = True
    qr_url_in_get: bool = False
    guarantee_s: int = 7 * DAY_S
    check_tax_rate: bool = True
    redirect_image_life_s: int = 3600

    @property
    def minimum(self) -> int:
        return MINIMUM_MINOR[self.market]

    @property
    def capture_period_s(self) -> int:
        return CAPTURE_PERIOD_S[self.market]
