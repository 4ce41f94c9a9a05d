"""The sales unit: everything that the simulator remembers, whichever door it is reached through."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

from kiosk.sim.clock import SimClock
from kiosk.sim.vipps.keys import KeyMemory
from kiosk.sim.vipps.limits import Limits
from kiosk.sim.vipps.payment import Payment
from kiosk.sim.vipps.refusals import Json, refusal
from kiosk.sim.vipps.rules import Rules
from kiosk.sim.vipps.tokens import Tokens


@dataclass
class Order:
    """What Order Management has on one order. `receipt_id` and `category_id` are what the calls answered."""

    receipt: Json | None = None
    category: Json | None = None


@dataclass
class Redirect:
    """A printed code. `content` is what the code says: it outlives the target, but not its own deletion."""

    id: str
    redirect_url: str
    content: str
    ends_ms: int | None


@dataclass
class Image:
    """A picture of a code at an address that dies: with the payment, or at `ends_ms`."""

    content: str
    format: str
    size: int
    ends_ms: int
    payment: Payment | None = None


@dataclass
class SalesUnit:
    clock: SimClock
    rules: Rules
    seed: int = 0
    payments: dict[str, Payment] = field(default_factory=dict)
    orders: dict[tuple[str, str], Order] = field(default_factory=dict)
    redirects: dict[str, Redirect] = field(default_factory=dict)
    images: dict[str, Image] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.seed)  # noqa: S311 (repeatable on purpose)
        self.keys = KeyMemory(self.rules.key_life_s, sticky_4xx=self.rules.sticky_4xx)
        self.tokens = Tokens(self.rules.token_life_s, random.Random(self.seed + 1))  # noqa: S311 (as above)

    def now_ms(self) -> int:
        return self.clock.utc_ms()

    def new_id(self) -> str:
        return str(uuid.UUID(int=self._draw.getrandbits(128), version=4))

    def new_trace(self) -> str:
        return f"00-{self._draw.getrandbits(128):032x}-{self._draw.getrandbits(64):016x}-01"

    def payment(self, reference: str) -> Payment:
        """The payment as it is now; 5090 for one that does not exist."""
        found = self.payments.get(reference)
        if found is None:
            raise refusal("5090")
        found.advance(self.now_ms())
        return found

    def all_payments(self) -> list[Payment]:
        """As they are now, newest first."""
        return [self.payment(reference) for reference in reversed(self.payments)]

    def order(self, payment_type: str, order_id: str) -> Order:
        return self.orders.setdefault((payment_type, order_id), Order())

    def redirect(self, code_id: str) -> Redirect | None:
        found = self.redirects.get(code_id)
        if found and found.ends_ms is not None and self.now_ms() >= found.ends_ms:
            return None
        return found


def iso(utc_ms: int) -> str:
    moment = datetime.fromtimestamp(utc_ms // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{utc_ms % 1000:03d}Z"
