"""Vipps MobilePay for one sales unit: payments, receipts and printed codes behind one door."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from kiosk.domain.fault import Trouble
from kiosk.domain.outcome import Outcome
from kiosk.services.vipps.client import Client
from kiosk.services.vipps.outcomes import Act
from kiosk.services.vipps.payments import Payments
from kiosk.services.vipps.qr import Code, Format, Redirect, RedirectCodes
from kiosk.services.vipps.receipts import ENGLISH, Names, Receipts
from kiosk.services.vipps.settings import Timing, VippsSettings

__all__ = [
    "Code",
    "Format",
    "Payments",
    "Receipts",
    "Redirect",
    "RedirectCodes",
    "Timing",
    "Vipps",
    "VippsSettings",
    "open_vipps",
]


@dataclass(frozen=True)
class Vipps:
    payments: Payments
    receipts: Receipts
    qr: RedirectCodes
    client: Client

    def clock_trouble(self) -> Trouble | None:
        """Whether this machine's clock is too far from Vipps', by its last answer."""
        return self.client.skew.trouble

    async def check_keys(self) -> Outcome[float]:
        """Fetch a token, and say when it ends (business time, UTC seconds). The token itself is never shown."""
        act = Act("token call", f"sales unit {self.client.settings.merchant_serial_number}")
        return await self.client.read(act, self.client.renew_token)


@asynccontextmanager
async def open_vipps(
    settings: VippsSettings,
    now_s: Callable[[], float],
    transport: httpx.AsyncBaseTransport | None = None,
    *,
    names: Names = lambda _language, _billed: ENGLISH,
) -> AsyncIterator[Vipps]:
    """`now_s` is business time in UTC seconds; `names` are the receipt's lines as a driver of a language reads them.

    Leaving waits for changing calls that are on their way.
    """
    for chatty in ("httpx", "httpcore"):  # they log whole addresses, and headers when asked for more
        logging.getLogger(chatty).setLevel(logging.WARNING)
    client = Client(settings, now_s, transport)
    try:
        yield Vipps(Payments(client), Receipts(client, names), RedirectCodes(client), client)
    finally:
        await client.aclose()
