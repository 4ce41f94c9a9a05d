"""The answers that the real client would make of what can happen between it and Vipps."""

from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.outcome import InDoubt, Refused
from kiosk.world.plan import Mishap

LOST = InDoubt(Trouble(Fault.NETWORK_AWAY, "No complete answer within 20 s."))
DOUBTS = {
    Mishap.REQUEST_LOST: LOST,
    Mishap.ANSWER_LOST: LOST,
    Mishap.LANDS_LATER: LOST,
    Mishap.STATUS_423: InDoubt(Trouble(Fault.VIPPS_BUSY, "423 Locked."), 30.0),
    Mishap.STATUS_429: InDoubt(Trouble(Fault.VIPPS_BUSY, "429 Too Many Requests."), 60.0),
    Mishap.STATUS_500: InDoubt(Trouble(Fault.VIPPS_AWAY, "500 Internal Server Error.")),
    Mishap.STATUS_500_DONE: InDoubt(Trouble(Fault.VIPPS_AWAY, "502 Bad Gateway.")),
    Mishap.REDIRECTED: InDoubt(Trouble(Fault.NETWORK_AWAY, "302 to somewhere else.")),
    Mishap.GARBAGE: InDoubt(Trouble(Fault.VIPPS_AWAY, "A success that cannot be read.")),
    Mishap.MISMATCH: InDoubt(Trouble(Fault.PAYMENT_MISMATCH, "A success about another payment.")),
    Mishap.PROCESSED: InDoubt(Trouble(Fault.VIPPS_BUSY, "6250: being processed.")),
}
ARRIVES = {Mishap.ANSWER_LOST, Mishap.STATUS_500_DONE, Mishap.GARBAGE, Mishap.MISMATCH}
NOES = {
    Mishap.STATUS_401: Refused(Trouble(Fault.VIPPS_KEYS, "401: Vipps does not accept the keys."), "http-401"),
    Mishap.STATUS_403: Refused(Trouble(Fault.VIPPS_KEYS, "403: Vipps does not accept the keys."), "http-403"),
}
CALL_MISHAPS = (*DOUBTS, *NOES)
LOOK_MISHAPS = tuple(
    mishap for mishap in CALL_MISHAPS if mishap not in (Mishap.LANDS_LATER, Mishap.STATUS_423, Mishap.PROCESSED)
)

# What Vipps' ledger itself says no to, by call; it sticks to the key.
STICKY = {
    "capture": (
        (Mishap.STICKY_400, Refused(Trouble(Fault.CAPTURE_REFUSED, "400 without a code."), "http-400")),
        (Mishap.NOT_RESERVED, Refused(Trouble(Fault.CAPTURE_REFUSED, "6080: not reserved."), "6080")),
        (Mishap.FUNDS_GONE, Refused(Trouble(Fault.CAPTURE_REFUSED, "6260: the funds are gone."), "6260")),
        (Mishap.DEADLINE, Refused(Trouble(Fault.DEADLINE_PASSED, "6100: too late to capture."), "6100")),
    ),
    "release": ((Mishap.STICKY_400, Refused(Trouble(Fault.RELEASE_REFUSED, "400 without a code."), "http-400")),),
    "receipt": ((Mishap.RECEIPT_REFUSED, Refused(Trouble(Fault.RECEIPT_REFUSED, "400: sums."), "http-400")),),
}
FOR_A_PERSON = {Mishap.FUNDS_GONE, Mishap.DEADLINE, Mishap.RECEIPT_REFUSED}
