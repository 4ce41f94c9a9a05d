"""Vipps' own account of a payment: GET payment and its event log, joined into one picture that does not contradict itself."""

from kiosk.domain.money import Money
from kiosk.domain.payment import Effect, LogEntry, Payment
from kiosk.services.vipps.client import Call, Client
from kiosk.services.vipps.errors import Mismatched, Rejected
from kiosk.services.vipps.problem import Problem
from kiosk.services.vipps.wire import PAYMENTS, EventWire, PaymentWire, approval, parse, segment

UNKNOWN_REFERENCE = "5090"


class Ledger:
    def __init__(self, client: Client) -> None:
        self._client = client

    async def read(self, reference: str) -> Payment | None:
        """None only where Vipps itself says that there is no such payment. Raises VippsError."""
        try:
            wire = await self._payment(reference)
        except Rejected as error:
            if error.problem and is_unknown(error.problem):
                return None
            raise
        log = await self._log(reference)
        if not _agree(wire, log):  # something moved between the two answers: the sums must not be older than the log
            wire = await self._payment(reference)
        amount = wire.amount.money
        return Payment(
            wire.reference,
            amount,
            approval(wire.state),
            wire.aggregate.account(amount.currency),
            log,
            wire.redirect_url,
            wire.capture_until_utc_ms,
        )

    async def _payment(self, reference: str) -> PaymentWire:
        call = Call("GET", f"{PAYMENTS}/{segment(reference)}", counted=("payment", reference))
        wire = parse(PaymentWire, (await self._client.ask(call)), str(call))
        if wire.reference != reference:
            raise Mismatched(f"{call} was answered with another payment.")
        return wire

    async def _log(self, reference: str) -> tuple[LogEntry, ...]:
        call = Call("GET", f"{PAYMENTS}/{segment(reference)}/events", counted=("events", reference))
        events = parse(tuple[EventWire, ...], (await self._client.ask(call)), str(call))
        if any(event.reference != reference for event in events):
            raise Mismatched(f"{call} was answered with an event of another payment.")
        return tuple(sorted((event.entry for event in events), key=lambda entry: entry.utc_ms))


def is_unknown(problem: Problem) -> bool:
    """Vipps' word, not the 404 of a gateway or a hotel's network: code 5090, or its full shape without any code."""
    if problem.status != 404:
        return False
    return problem.code == UNKNOWN_REFERENCE or bool(not problem.code and problem.trace and problem.title)


def _agree(wire: PaymentWire, log: tuple[LogEntry, ...]) -> bool:
    sums = wire.aggregate
    return _sum(log, Effect.CAPTURED, sums.captured_amount.money) and _sum(
        log, Effect.REFUNDED, sums.refunded_amount.money
    )


def _sum(log: tuple[LogEntry, ...], name: Effect, expected: Money) -> bool:
    return sum(entry.amount.minor for entry in log if entry.success and entry.name == name) == expected.minor
