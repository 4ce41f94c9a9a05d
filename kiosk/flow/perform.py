"""Carry out one command through its port, and say what came of it as an event."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from kiosk.domain.commands import (
    Capture,
    Command,
    Create,
    LinkSession,
    Look,
    Release,
    SendReceipt,
    Switch,
    Watch,
    Withdraw,
)
from kiosk.domain.energy import Instant, Plug, Reading, elapsed_ms
from kiosk.domain.events import Answered, Event, Looked, LookFailed, Switched, Verdict, Watched
from kiosk.domain.fault import Trouble
from kiosk.domain.outcome import Done, InDoubt, Outcome, Refused
from kiosk.domain.payment import Checkout
from kiosk.domain.states import Offer, Step
from kiosk.flow.ports import Charger, Clock, Meter, Payments, Receipts


@dataclass(frozen=True)
class Ports:
    """What one session reaches of the world. `describe` makes the text that the driver sees in the Vipps app."""

    clock: Clock
    payments: Payments
    receipts: Receipts
    meter: Meter
    charger: Charger
    describe: Callable[[Offer], str]


class Performer:
    """Performs the commands of one session. It keeps only what is not worth a row: the code's picture, the last watch."""

    def __init__(self, ports: Ports, offer: Offer, heard: Callable[[Outcome[object]], None]) -> None:
        self._ports, self._offer, self._heard = ports, offer, heard
        self._watched: Instant | None = None
        self.code_png: bytes | None = None

    async def perform(self, command: Command) -> Event:
        ports = self._ports
        match command:
            case Create():
                return await self._create(command)
            case Withdraw(reference=reference, key=key):
                return self._answered(Step.WITHDRAW, await ports.payments.release(reference, key, unapproved_only=True))
            case Capture(reference=reference, amount=amount, key=key):
                return self._answered(Step.CAPTURE, await ports.payments.capture(reference, amount, key))
            case Release(reference=reference, key=key):
                return self._answered(Step.RELEASE, await ports.payments.release(reference, key, unapproved_only=False))
            case SendReceipt(receipt=receipt):
                return self._answered(Step.RECEIPT, await ports.receipts.send(receipt, self._offer.language))
            case LinkSession(reference=reference, url=url):
                return self._answered(Step.LINK, await ports.receipts.link(reference, url))
            case Switch(closed=closed):
                return await self._switch(closed)
            case Look(reference=reference):
                return await self._look(reference)
            case Watch():
                return await self._watch()
            case _:
                assert_never(command)

    async def _create(self, command: Create) -> Answered:
        offer, text = self._offer, self._ports.describe(self._offer)
        outcome = await self._ports.payments.create(
            command.reference, command.amount, command.key, text, offer.return_url
        )
        if isinstance(outcome, Done) and isinstance(outcome.value, Checkout):
            self.code_png = outcome.value.image_png
            self._heard(outcome)
            return Answered(self._ports.clock.now(), Step.CREATE, Verdict.DONE, note=outcome.value.url)
        return self._answered(Step.CREATE, outcome)

    async def _look(self, reference: str) -> Event:
        outcome = await self._ports.payments.look(reference)
        self._heard(outcome)
        at = self._ports.clock.now()
        match outcome:
            case Done(value=payment):
                return Looked(at, payment)
            case Refused(trouble=trouble):
                return LookFailed(at, trouble)
            case InDoubt(trouble=trouble, retry_after_s=retry_after_s):
                return LookFailed(at, trouble, _whole(retry_after_s))
            case _:
                assert_never(outcome)

    async def _switch(self, closed: bool) -> Switched:
        charger = self._ports.charger
        outcome = await (charger.enable() if closed else charger.disable())
        at = self._ports.clock.now()
        match outcome:
            case Done():
                return Switched(at, closed, Verdict.DONE)
            case Refused(trouble=trouble):
                return Switched(at, closed, Verdict.REFUSED, trouble)
            case InDoubt(trouble=trouble):
                return Switched(at, closed, Verdict.IN_DOUBT, trouble)
            case _:
                assert_never(outcome)

    async def _watch(self) -> Watched:
        reading = await self._ports.meter.read()
        plug = await self._ports.charger.look()
        at = self._ports.clock.now()
        gap_ms = elapsed_ms(self._watched, at) if self._watched else 0
        self._watched = at
        trouble = next((answer for answer in (reading, plug) if isinstance(answer, Trouble)), None)
        return Watched(
            at,
            gap_ms,
            reading if isinstance(reading, Reading) else None,
            plug if isinstance(plug, Plug) else None,
            trouble,
        )

    def _answered(self, step: Step, outcome: Outcome[object]) -> Answered:
        self._heard(outcome)
        at = self._ports.clock.now()
        match outcome:
            case Done(value=value):
                return Answered(at, step, Verdict.DONE, note=value if isinstance(value, str) else "")
            case Refused(trouble=trouble, code=code):
                return Answered(at, step, Verdict.REFUSED, code, trouble=trouble)
            case InDoubt(trouble=trouble, retry_after_s=retry_after_s):
                return Answered(at, step, Verdict.IN_DOUBT, "", "", trouble, _whole(retry_after_s))
            case _:
                assert_never(outcome)


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else int(-(-seconds // 1))
