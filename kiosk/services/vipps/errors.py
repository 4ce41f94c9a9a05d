"""What can go wrong between the kiosk and Vipps, sorted by what it means for the money.

VippsError
├── NotSent             our own guard said no, and nothing left this machine
├── Rejected            a definitive no of Vipps: nothing happened, and a 4xx sticks to its key
│   └── KeysRejected    the token call or the gateway does not take our keys
└── Doubtful            nobody knows: ask, then repeat the same bytes under the same key
    ├── Busy            later, please: 423, 429, 6160, 6250, 6280, or our own budget is used up
    ├── Unreachable     no complete answer: name, TLS, time-out, cut connection
    │   └── Between     a redirect or a page of HTML, which no API call of Vipps answers: somebody stands between
    ├── Contested       409 to a change of a payment: another with this key or reference may be under way
    ├── ServerFailed    5xx, 408, 425
    └── Unreadable      a success in a form that cannot be read
        └── Mismatched  a success about another payment or another amount
"""

from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from kiosk.domain.fault import Fault
from kiosk.services.vipps.problem import Problem

BUSY_CODES = {"6160", "6250", "6280"}
BUSY_STATUSES = {423, 429}
UNANSWERED_STATUSES = {408, 425}
LONGEST_RETRY_AFTER_S = 24 * 3600.0


class VippsError(Exception):
    """`fault` is None where the operation decides; `code` is the outcome's code where Vipps gave none."""

    def __init__(
        self,
        message: str,
        problem: Problem | None = None,
        *,
        retry_after_s: float | None = None,
        fault: Fault | None = None,
        code: str = "",
    ) -> None:
        super().__init__(message)
        self.problem = problem
        self.retry_after_s = retry_after_s
        self.fault = fault
        self.code = code or _code(problem)


class NotSent(VippsError):
    """Our own guard said no, and nothing left this machine."""


class Rejected(VippsError):
    """A definitive no of Vipps: nothing happened."""


class KeysRejected(Rejected):
    """The token call or the gateway does not take our keys."""


class Doubtful(VippsError):
    """Nobody knows whether it happened."""


class Busy(Doubtful):
    """Later, please, with the same key."""


class Unreachable(Doubtful):
    """No complete answer."""


class Between(Unreachable):
    """Somebody between us and Vipps answered: a hotspot, a proxy, a wrong address."""


class Contested(Doubtful):
    """Another change with this key or reference may be under way."""


class ServerFailed(Doubtful):
    """Vipps says that it failed."""


class Unreadable(Doubtful):
    """A success in a form that cannot be read."""


class Mismatched(Unreadable):
    """A success about another payment or another amount."""


PAGE = "a page for a browser, so somebody between this machine and Vipps answered. Log in to this network, or check the proxy and [vipps] base_url"


def error_of(problem: Problem, retry_after_s: float | None = None) -> VippsError:
    """The class of an answer that is not a success, by status and Vipps code, never by its text."""
    kind = _class_of(problem)
    text = f"{problem}: {PAGE}" if problem.is_page and kind is Between else str(problem)
    return kind(text, problem, retry_after_s=retry_after_s)


def _class_of(problem: Problem) -> type[VippsError]:
    status, code = problem.status, problem.code
    if problem.is_page and 300 <= status < 500:
        return Between
    if code in BUSY_CODES or status in BUSY_STATUSES:
        return Busy
    if status >= 500 or status in UNANSWERED_STATUSES:
        return ServerFailed
    if status == 401 or (status == 403 and not code):
        return KeysRejected
    if status >= 400:
        return Rejected
    return Between if status >= 300 else Unreadable


def retry_after_s(headers: Mapping[str, str], now_s: float) -> float | None:
    """Seconds that the other side asked for, from a number or an HTTP date; None if it did not say or said nonsense."""
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:9]), LONGEST_RETRY_AFTER_S)
    date_s = http_date_s(value)
    return None if date_s is None else min(max(0.0, date_s - now_s), LONGEST_RETRY_AFTER_S)


def http_date_s(text: str) -> float | None:
    """UTC seconds of an HTTP date, None for anything else."""
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def _code(problem: Problem | None) -> str:
    return (problem.code or f"http-{problem.status}") if problem else ""
