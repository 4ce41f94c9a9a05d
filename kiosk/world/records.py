"""What the worlds know of one session, read from the disk's rows and never from the program's memory."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from kiosk.domain.session import step
from kiosk.domain.states import Charging, Offer, Ready, Session, Settling, Waiting, offer_of
from kiosk.flow.codec import DUE, ENDED, decode_due, decode_event
from kiosk.flow.ports import Row

Intent = tuple[str, str, int | None]
"""What was written down before it may be sent: the act, its key, and its amount in minor units."""


@dataclass
class Attempt:
    """The last send of one act: whether it was answered, and whether Vipps was asked since."""

    key: str
    answer: str = ""
    asked_since: bool = False


@dataclass
class Record:
    """`session` is the rows folded one by one. Amounts are minor units: `own` is what we captured under our keys, `seen`
    what Vipps last told the program of captured and remaining, `asked` that it said, after the last send, that nothing is
    there."""

    reference: str
    session: Session | None = None
    before: Session | None = None
    intents: set[Intent] = field(default_factory=set)
    due: int | None = None
    dues: int = 0
    ends: int = 0
    own: int = 0
    foreign_seen: bool = False
    asked: bool = False
    seen: tuple[int, int] = (0, 0)
    taint: set[str] = field(default_factory=set)
    attempts: dict[str, Attempt] = field(default_factory=dict)
    calls_ms: dict[str, list[int]] = field(default_factory=dict)
    begin_mj: int | None = None
    begin_boot: int = 0
    plug_in: int = 0
    car_mj: int = 0

    @property
    def offer(self) -> Offer:
        assert self.session is not None
        return offer_of(self.session)

    def write(self, row: Row) -> str:
        """One more row; the name of what it brought."""
        kind, _, name = row.kind.partition(":")
        if kind == "event":
            before, event = self.session, decode_event(row.kind, row.body)
            assert event is not None
            self.session = step(before, event)[0]
            if isinstance(before, Ready) and isinstance(self.session, Waiting):
                return "begins"
            return "flows" if isinstance(before, Waiting) and isinstance(self.session, Charging) else "event"
        if kind == "intent":
            self.intents.add(_intent(name, json.loads(row.body)))
        elif kind == DUE:
            self.dues += 1
            self.due = int(json.loads(row.body)["due"]["minor"])
            if isinstance(self.session, Settling):
                self.session = replace(self.session, due=decode_due(row.body))
        elif kind == ENDED:
            self.ends += 1
        return kind


def _intent(name: str, body: dict[str, Any]) -> Intent:
    match name:
        case "SendReceipt":
            return name, "", int(body["receipt"]["total"]["minor"])
        case "LinkSession":
            return name, "", None
        case "Switch":
            return "Close" if body["closed"] else "Open", "", None
        case _:
            amount = body.get("amount")
            return name, body["key"], int(amount["minor"]) if amount else None
