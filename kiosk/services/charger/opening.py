"""Opens the controller of a station by its profile and address; `?connector=2` is the second outlet of one device."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Never
from urllib.parse import parse_qsl, urlencode, urlsplit

from kiosk.domain.energy import Instant, Plug
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.domain.outcome import Done, Outcome, Refused
from kiosk.services.charger.controller import Controller
from kiosk.services.charger.profile import ChargerProfile
from kiosk.services.charger.registers import Sleep
from kiosk.services.modbus import catalogue, url
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.url import Address

FOLDER = "chargers"
NONE = "none"


class NoController:
    """A plain socket: the meter counts, and nothing can be switched, so it never sells."""

    sells: bool = False
    fails_safe: bool = False
    stop_latency_s: int = 30
    doubts: tuple[str, ...] = ()

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now

    async def enable(self) -> Outcome[None]:
        text = "This station has no controller (none), so nothing can be switched on. Set `controller` to one that can."
        return Refused(Trouble(Fault.CHARGER_REFUSED, text))

    async def disable(self) -> Outcome[None]:
        return Done(None)

    async def look(self) -> Plug | Trouble:
        return Plug(self._now(), None, None)

    async def shows(self) -> dict[str, str | None] | Trouble:
        return {}

    async def keep_alive(self) -> Never:
        while True:
            await asyncio.Event().wait()


def open_charger(
    lines: Lines,
    profile_id: str,
    address: str,
    now: Callable[[], Instant],
    amps: int,
    *,
    sleep: Sleep = asyncio.sleep,
) -> Controller | NoController:
    """`sleep` waits business time (keep-alive, write interval). Nothing is sent before the first call.

    Raises FaultError for an unknown profile, a wrong address, or a current that the controller cannot offer.
    """
    if profile_id == NONE:
        return NoController(now)
    profile = catalogue.load(FOLDER, profile_id, ChargerProfile, (NONE,))
    row = profile.current
    if row is not None and not row.least_amps <= amps <= row.most_amps:
        raise _wrong(
            f"Controller {profile_id} can offer {row.least_amps} to {row.most_amps} A, not {amps} A. Set `amps` to one of these."
        )
    plain, connector = _connector(address, profile)
    where = _at(url.parse(plain, profile.line.unit, profile.line.serial), profile, connector)
    pace = profile.line.pace
    units = {block.unit for block in profile.blocks.values() if block.unit is not None}
    others = {unit: lines.device(replace(where, unit=unit), pace) for unit in units}
    return Controller(profile, lines.device(where, pace), now, sleep, amps, others=others, connector=connector)


def _connector(address: str, profile: ChargerProfile) -> tuple[str, int]:
    """The address without its connector, and the connector."""
    parts = urlsplit(address)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "connector" not in options:
        return address, 1
    text = options.pop("connector")
    if profile.connectors is None:
        raise _wrong(f"{address!r} names a connector, and {profile.id} has only one. Leave it out.")
    most = profile.connectors.most
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise _wrong(f"{address!r} names connector {text}; {profile.id} has 1 to {most}. Write one of these.")
    return parts._replace(query=urlencode(options)).geturl(), int(text)


def _at(where: Address, profile: ChargerProfile, connector: int) -> Address:
    row = profile.connectors
    if row is None:
        return where
    further = connector - 1
    return replace(where, port=where.port + row.port_step * further, unit=where.unit + row.unit_step * further)


def _wrong(text: str) -> FaultError:
    return FaultError(Trouble(Fault.CONFIG_WRONG, text))
