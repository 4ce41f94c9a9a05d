"""From what happened on the wire to done, refused or in doubt, with a sentence that says what would be right."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.outcome import InDoubt, Refused
from kiosk.services.vipps.errors import (
    Busy,
    Doubtful,
    KeysRejected,
    Mismatched,
    NotSent,
    Unreachable,
    VippsError,
)

NOT_SENT = "not-sent"

FAULTS = {
    "5090": Fault.PAYMENT_UNKNOWN,
    "6030": Fault.DEADLINE_PASSED,
    "6100": Fault.DEADLINE_PASSED,
    "6140": Fault.PART_CAPTURE_REFUSED,
    "6220": Fault.DEADLINE_PASSED,
}

HINTS = {
    "4150": "The reference or the key is in use already; make a new reference.",
    "5040": "The currency has to be that of the sales unit's country.",
    "5050": "Ask Vipps to approve long-living payments for this sales unit.",
    "5060": "The bank account of the sales unit is not verified; see the portal.",
    "5080": "Ask Vipps to approve PUSH_MESSAGE for this sales unit, or let the driver scan a code.",
    "5090": "Check that the reference belongs to this sales unit (MSN) and this environment.",
    "5100": "Refunds are not set up for this sales unit; ask Vipps.",
    "6040": "Nothing is left to release.",
    "6060": "The driver has approved already; the reservation was kept.",
    "6090": "Capture at most what is authorised, not captured and not released.",
    "6140": "Ask Vipps to enable part capture for this sales unit; until then release all, or capture all and refund.",
    "6150": "Refund at most what was captured and not refunded.",
    "6260": "The funds are no longer available; ask the driver for another payment.",
}


@dataclass(frozen=True)
class Act:
    """What is being done, for sentences: `Act("capture", "station-1-abc")`. `refused` is the fault of a plain no."""

    name: str
    subject: str
    refused: Fault = Fault.VIPPS_REFUSED

    def __str__(self) -> str:
        return f"{self.name} of {self.subject}"


def outcome_of(error: VippsError, act: Act, cover: Callable[[str], str] = str) -> Refused | InDoubt:
    """`cover` hides what an answer of Vipps may have brought into the sentence."""
    outcome = _outcome(error, act)
    trouble = replace(outcome.trouble, detail=cover(outcome.trouble.detail))
    return replace(outcome, trouble=trouble)


def _outcome(error: VippsError, act: Act) -> Refused | InDoubt:
    code = error.code
    if isinstance(error, NotSent):
        return Refused(Trouble(error.fault or act.refused, f"The {act} was not sent: {error}"), code or NOT_SENT)
    if isinstance(error, KeysRejected):
        text = (
            f"Vipps does not accept the keys of this sales unit for the {act}: {error}. Client id, client secret, "
            f"subscription key and merchant serial number have to be of one sales unit and one environment."
        )
        return Refused(Trouble(Fault.VIPPS_KEYS, text), code)
    if not isinstance(error, Doubtful):
        text = " ".join(part for part in (f"Vipps refused the {act}: {error}.", HINTS.get(code, "")) if part)
        return Refused(Trouble(error.fault or FAULTS.get(code, act.refused), text), code)
    return InDoubt(Trouble(error.fault or _doubt(error), f"The {act} is in doubt: {error}"), error.retry_after_s)


def _doubt(error: Doubtful) -> Fault:
    match error:
        case Busy():
            return Fault.VIPPS_BUSY
        case Unreachable():
            return Fault.NETWORK_AWAY
        case Mismatched():
            return Fault.PAYMENT_MISMATCH
        case _:
            return Fault.VIPPS_AWAY
