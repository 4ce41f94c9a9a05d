"""One payment as Vipps keeps it: what the customer and the merchant may do to it, and its event log.

Time only passes when somebody looks: every act takes the present instant and first lets happen what was due.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from kiosk.sim.vipps.refusals import refusal
from kiosk.sim.vipps.rules import CANCEL_PERIOD_S, PAYMENT_LIFE_S, REFUND_PERIOD_S, Rules

State = Literal["CREATED", "AUTHORIZED", "ABORTED", "EXPIRED", "TERMINATED"]
Operation = Literal["capture", "cancel", "refund"]
LOGGED_AS = {"capture": "CAPTURED", "cancel": "CANCELLED", "refund": "REFUNDED"}


@dataclass(frozen=True)
class Effect:
    """One line of the event log. `success` False changed nothing."""

    name: str
    amount: int
    utc_ms: int
    key: str | None
    success: bool
    psp_reference: str


@dataclass
class Payment:
    reference: str
    amount: int
    currency: str
    user_flow: str
    token: str
    created_ms: int
    rules: Rules
    next_psp_reference: Callable[[], str]
    description: str = ""
    return_url: str = ""
    redirect_url: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    qr_format: str = ""
    qr_size: int = 1024
    state: State = "CREATED"
    captured: int = 0
    cancelled: int = 0
    refunded: int = 0
    authorized_ms: int = 0
    ignored: bool = False
    approve_at_ms: int | None = None
    fail_next: dict[str, str] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    @property
    def authorized(self) -> int:
        return self.amount if self.state == "AUTHORIZED" else 0

    @property
    def remaining(self) -> int:
        return self.amount - self.captured - self.cancelled if self.state == "AUTHORIZED" else 0

    @property
    def expires_ms(self) -> int:
        return self.created_ms + PAYMENT_LIFE_S * 1000

    @property
    def capture_until_ms(self) -> int:
        return self.authorized_ms + self.rules.capture_period_s * 1000

    @property
    def psp_reference(self) -> str:
        """Of the creation: GET and modifications always show this one."""
        return self.effects[0].psp_reference

    def open(self, key: str) -> None:
        self._log("CREATED", self.amount, self.created_ms, key)

    def advance(self, now_ms: int) -> None:
        """Let happen what was due: a scheduled approval, the end of the offer, the end of the reservation."""
        if self.state == "CREATED" and self.approve_at_ms is not None and self.approve_at_ms <= now_ms:
            if self.approve_at_ms < self.expires_ms:
                self._authorize(self.approve_at_ms)
            self.approve_at_ms = None
        if self.state == "CREATED" and now_ms >= self.expires_ms:
            self.state = "EXPIRED"
            self._log("EXPIRED", self.amount, self.expires_ms)
        if self.remaining and now_ms >= self.capture_until_ms:
            self._log("CANCELLED", self.remaining, self.capture_until_ms)
            self.cancelled += self.remaining

    def approve(self, now_ms: int) -> bool:
        """The customer says yes. False when there is nothing to say yes to any more."""
        self.advance(now_ms)
        if self.state != "CREATED":
            return False
        self._authorize(now_ms)
        return True

    def reject(self, now_ms: int) -> bool:
        self.advance(now_ms)
        if self.state != "CREATED":
            return False
        self.state = "ABORTED"
        self._log("ABORTED", self.amount, now_ms)
        return True

    def capture(self, value: int, now_ms: int, key: str | None) -> None:
        self.advance(now_ms)
        if no := self._why_no_capture(value, now_ms):
            raise refusal(no)
        self._fail_if_told("capture", value, now_ms, key)
        self.captured += value
        self._log("CAPTURED", value, now_ms, key)

    def _why_no_capture(self, value: int, now_ms: int) -> str:
        if self.state != "AUTHORIZED":
            return {"CREATED": "6080", "TERMINATED": "6070"}.get(self.state, "6200")
        if self.captured == self.authorized:
            return "6170"
        if now_ms >= self.capture_until_ms:
            return "6100"
        if self.cancelled:
            return "6070"
        if value > self.remaining:
            return "6090"
        if value == 0:
            return "4040"
        if self.rules.capture_minimum and value < self.rules.minimum:
            return "6010"
        return "6140" if value != self.authorized and not self.rules.partial_capture else ""

    def cancel(self, unapproved_only: bool, now_ms: int, key: str | None) -> None:
        """Release all that is not captured; before approval this ends the payment."""
        self.advance(now_ms)
        if no := self._why_no_cancel(unapproved_only, now_ms):
            raise refusal(no)
        value = self.remaining if self.state == "AUTHORIZED" else self.amount
        self._fail_if_told("cancel", value, now_ms, key)
        self._log("CANCELLED" if self.state == "AUTHORIZED" else "TERMINATED", value, now_ms, key)
        if self.state == "CREATED":
            self.state = "TERMINATED"
        self.cancelled += value

    def _why_no_cancel(self, unapproved_only: bool, now_ms: int) -> str:
        if self.state != "AUTHORIZED":
            return {"CREATED": "", "TERMINATED": "6190"}.get(self.state, "6050")
        if unapproved_only:
            return "6060"
        if self.captured == self.authorized:
            return "6040"
        period_s = min(self.rules.capture_period_s, CANCEL_PERIOD_S)
        if now_ms >= self.authorized_ms + period_s * 1000:
            return "6030"
        return "" if self.remaining else "6190"

    def refund(self, value: int, now_ms: int, key: str | None) -> None:
        self.advance(now_ms)
        if no := self._why_no_refund(value, now_ms):
            raise refusal(no)
        self._fail_if_told("refund", value, now_ms, key)
        self.refunded += value
        self._log("REFUNDED", value, now_ms, key)

    def _why_no_refund(self, value: int, now_ms: int) -> str:
        if self.state != "AUTHORIZED":
            return "6020" if self.state == "CREATED" else "6210"
        if self.captured == 0:
            return "6210"
        # Sources count 365 days from the reservation or from the capture; the reservation is the stricter.
        if now_ms >= self.authorized_ms + REFUND_PERIOD_S * 1000:
            return "6220"
        if self.refunded == self.captured:
            return "6180"
        if value < 1:
            return "4040"
        return "6150" if value > self.captured - self.refunded else ""

    def _fail_if_told(self, operation: Operation, value: int, now_ms: int, key: str | None) -> None:
        if code := self.fail_next.pop(operation, ""):
            self._log(LOGGED_AS[operation], value, now_ms, key, success=False)
            raise refusal(code)

    def _authorize(self, at_ms: int) -> None:
        self.state = "AUTHORIZED"
        self.authorized_ms = at_ms
        self._log("AUTHORIZED", self.amount, at_ms)

    def _log(self, name: str, amount: int, at_ms: int, key: str | None = None, *, success: bool = True) -> None:
        # No two events of a payment at the same instant: the log is sorted by time only.
        at_ms = max(at_ms, self.effects[-1].utc_ms + 1) if self.effects else at_ms
        self.effects.append(Effect(name, amount, at_ms, key, success, self.next_psp_reference()))
