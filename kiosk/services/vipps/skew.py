"""How far this machine's clock is from Vipps', by the `Date` that every answer carries (RFC 9110, whole seconds)."""

import time
from collections.abc import Mapping

from kiosk.domain.fault import Fault, Trouble
from kiosk.services.vipps.errors import http_date_s

WRONG_S = 600


class Skew:
    """`offset_s` is our clock minus theirs at the last answer that said its date, None before the first."""

    def __init__(self) -> None:
        self.offset_s: float | None = None
        self.trouble: Trouble | None = None

    def heard(self, headers: Mapping[str, str], ours_s: float) -> None:
        """A missing or unreadable date changes nothing."""
        theirs_s = http_date_s(headers.get("Date", ""))
        if theirs_s is None:
            return
        self.offset_s = ours_s - theirs_s
        self.trouble = _wrong(ours_s, theirs_s) if abs(self.offset_s) > WRONG_S else None


def _wrong(ours_s: float, theirs_s: float) -> Trouble:
    text = (
        f"This machine's clock says {_text(ours_s)}, Vipps says {_text(theirs_s)}. Set it (timedatectl set-ntp true)."
    )
    return Trouble(Fault.CLOCK_WRONG, text)


def _text(utc_s: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(utc_s))
