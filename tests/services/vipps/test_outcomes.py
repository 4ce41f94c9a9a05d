"""Every code that has a fault or a hint of its own reaches the person who must act."""

import pytest

from kiosk.domain.fault import Fault
from kiosk.domain.outcome import InDoubt, Refused
from kiosk.services.vipps.errors import BUSY_CODES, error_of
from kiosk.services.vipps.outcomes import FAULTS, HINTS, Act, outcome_of
from kiosk.services.vipps.problem import Problem

ACT = Act("capture", "elg-261121-abcdefghjk", Fault.CAPTURE_REFUSED)

# fmt: off
CODES = [
    ("6140", Fault.PART_CAPTURE_REFUSED), ("6100", Fault.DEADLINE_PASSED), ("6030", Fault.DEADLINE_PASSED),
    ("6220", Fault.DEADLINE_PASSED),      ("5090", Fault.PAYMENT_UNKNOWN), ("6090", Fault.CAPTURE_REFUSED),
    ("5080", Fault.CAPTURE_REFUSED),      ("9999", Fault.CAPTURE_REFUSED),
]
# fmt: on


@pytest.mark.parametrize(("code", "fault"), CODES)
def test_a_code_has_the_fault_of_who_must_act(code: str, fault: Fault) -> None:
    outcome = outcome_of(error_of(Problem(400, code, "No")), ACT)

    assert isinstance(outcome, Refused)
    assert (outcome.trouble.fault, outcome.code) == (fault, code)


def test_no_code_with_a_fault_of_its_own_is_missing_above() -> None:
    assert set(FAULTS) <= {code for code, _ in CODES}
    assert not set(FAULTS) & BUSY_CODES


@pytest.mark.parametrize("code", sorted(HINTS))
def test_a_hint_says_what_would_be_right(code: str) -> None:
    outcome = outcome_of(error_of(Problem(400, code, "No")), ACT)

    assert outcome.trouble.detail.endswith(f". {HINTS[code]}")
    assert HINTS[code].endswith(".")


@pytest.mark.parametrize("code", sorted(BUSY_CODES))
def test_later_please_is_never_a_sign_that_vipps_is_away(code: str) -> None:
    outcome = outcome_of(error_of(Problem(400, code, "No"), 5.0), ACT)

    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault not in (Fault.NETWORK_AWAY, Fault.VIPPS_AWAY, Fault.VIPPS_KEYS)
    assert outcome.retry_after_s == 5.0
