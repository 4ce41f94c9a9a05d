"""What an idempotency key remembers: the first answer, for as long as the key lives."""

import hashlib
from dataclasses import dataclass

from kiosk.sim.vipps.refusals import Json, refusal

# An answer that asks to come again, or that never reached the payment, says nothing that could stick.
NEVER_STICKS = {401, 403, 423, 429}
COME_AGAIN = {"6160", "6250", "6280"}


@dataclass(frozen=True)
class Answer:
    """`code` is the Vipps code of a refusal, empty for success."""

    status: int
    body: Json
    media_type: str
    code: str = ""

    @property
    def final(self) -> bool:
        return self.status < 500 and self.status not in NEVER_STICKS and self.code not in COME_AGAIN


@dataclass(frozen=True)
class Request:
    """What must be equal for a repetition to be one: the operation, the reference, and every byte of the body."""

    operation: str
    reference: str
    digest: str


def request_of(operation: str, reference: str, body: bytes) -> Request:
    return Request(operation, reference, hashlib.sha256(body).hexdigest())


@dataclass(frozen=True)
class _Entry:
    request: Request
    answer: Answer
    at_ms: int


CONFLICT = {"capture": "4010", "refund": "4150"}


class KeyMemory:
    def __init__(self, life_s: int, *, sticky_4xx: bool) -> None:
        self._life_ms = life_s * 1000
        self._sticky_4xx = sticky_4xx
        self._entries: dict[str, _Entry] = {}

    def recall(self, key: str, request: Request, now_ms: int) -> Answer | None:
        """The first answer to a repetition, None for a fresh key; a key used for anything else is a conflict."""
        entry = self._entries.get(key)
        if entry is None or now_ms - entry.at_ms >= self._life_ms:
            return None
        if entry.request == request:
            return entry.answer
        same_call = (entry.request.operation, entry.request.reference) == (request.operation, request.reference)
        raise refusal(CONFLICT.get(request.operation, "4020") if same_call else "4020")

    def remember(self, key: str, request: Request, answer: Answer, now_ms: int) -> None:
        if answer.final and (answer.status < 400 or self._sticky_4xx):
            self._entries[key] = _Entry(request, answer, now_ms)
