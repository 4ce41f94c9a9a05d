"""What a search for meters has found and tried, and what is next where it found none."""

from dataclasses import dataclass

from kiosk.domain.fault import Fault, Trouble


@dataclass(frozen=True)
class Fit:
    """A profile with which the meter can be read. `certain` if the meter said itself what it is.

    `serial` is empty where it tells none; `experimental` is what has to be proven before it bills.
    """

    profile: str
    name: str
    certain: bool
    serial: str
    import_wh: int
    experimental: str | None = None


@dataclass(frozen=True)
class Found:
    """A unit that answers; `why_not` says of each nearly fitting profile what is wrong when none fits."""

    url: str
    fits: tuple[Fit, ...]
    why_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tried:
    """One way to speak to the line, the units that were asked, and what came of it."""

    way: str
    units: tuple[int, ...]
    outcome: str


@dataclass(frozen=True)
class Step:
    done: int
    most: int
    text: str


@dataclass(frozen=True)
class Report:
    found: tuple[Found, ...]
    tried: tuple[Tried, ...]
    complete: bool

    @property
    def trouble(self) -> Trouble:
        """When no meter was found: what was tried, and what is next."""
        tried = "; ".join(f"{each.way}: {each.outcome}" for each in self.tried)
        heard = [f"{each.url} answers, but no profile fits." for each in self.found]
        text = " ".join([f"No meter was found. Tried {tried}.", *heard, self._next()])
        return Trouble(Fault.METER_WRONG_DEVICE if self.found else Fault.METER_SILENT, text)

    def _next(self) -> str:
        if self.found:
            return "Look for a profile of this device, or write one."
        if all(each.outcome.startswith("cannot") for each in self.tried):
            return "Check power, cable and address."
        if not self.complete:
            return "Name more of it in --url (baud, parity), fewer --units, or a longer --within."
        if any(each.way.startswith("rtu:") for each in self.tried):
            return (
                "Swap the wires A and B, check that the meter has power, and look up unit id, baud rate and parity in its "
                "menu; --units 1-247 asks all."
            )
        return "Check that Modbus is switched on in the device, its port, and its unit id; --units 1-247 asks all."
