"""The only module that knows everyone: builds a site from settings, and takes it down in reverse."""

import secrets as lots
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

from kiosk.config import Settings, StationPart
from kiosk.domain.energy import Instant
from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.domain.money import Money
from kiosk.domain.states import Door, Offer
from kiosk.domain.tariff import Tariff
from kiosk.domain.view import StationInfo
from kiosk.flow.perform import Ports
from kiosk.flow.ports import Clock
from kiosk.flow.post import Papers, Post
from kiosk.flow.site import Site
from kiosk.flow.tasks import TaskScope
from kiosk.journal.salvage import open_or_salvage, salvaged
from kiosk.journal.store import Journal
from kiosk.services.charger.opening import open_charger
from kiosk.services.clock import FastClock, SystemClock
from kiosk.services.meter.reader import open_meter
from kiosk.services.modbus.bus import Lines
from kiosk.services.secrets import NAMES, secret
from kiosk.services.vipps import Vipps, VippsSettings, open_vipps
from kiosk.words.lines import names as line_names
from kiosk.words.nickname import payment_description

EARLIEST_UTC_MS = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1000)
LATEST_UTC_MS = int(datetime(2036, 1, 1, tzinfo=UTC).timestamp() * 1000)
REFERENCE_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True)
class Running:
    """A site that serves. `scope` owns every task; leaving `open_site` ends them."""

    site: Site
    scope: TaskScope
    clock: Clock
    journal: Journal


def make_clock(settings: Settings) -> Clock:
    simulator = settings.simulator
    return FastClock(simulator.rate, simulator.since_utc_ms) if simulator else SystemClock()


def vipps_settings(settings: Settings) -> VippsSettings:
    """Secrets are looked up here and nowhere else. Raises FaultError with what is missing or mixed."""
    part = settings.vipps
    if part.environment == "simulator":
        return VippsSettings.simulator(part.base_url)
    client_id, client_secret, subscription_key = (secret(part.environment, name) for name in NAMES)
    return VippsSettings(
        environment=part.environment,
        merchant_serial_number=part.merchant_serial_number,
        client_id=client_id,
        client_secret=client_secret,
        subscription_key=subscription_key,
        base_url=part.base_url,
    )


def check_clock(now: Instant) -> None:
    """Deadlines, tokens and certificates need a clock that is at least in the right years."""
    if EARLIEST_UTC_MS <= now.utc_ms <= LATEST_UTC_MS:
        return
    date = time.strftime("%Y-%m-%d", time.gmtime(now.utc_ms / 1000))
    text = (
        f"The clock of this machine says {date}, which cannot be. Set it (timedatectl set-ntp true), then start again."
    )
    raise FaultError(Trouble(Fault.CLOCK_WRONG, text))


@asynccontextmanager
async def open_site(settings: Settings) -> AsyncIterator[Running]:
    """Journal, Vipps, lines and stations, opened in this order and closed in reverse. Raises FaultError."""
    clock = make_clock(settings)
    check_clock(clock.now())
    async with AsyncExitStack() as stack:
        journal = open_or_salvage(settings.journal.path, uuid4())
        stack.push_async_callback(journal.close)
        left = salvaged(settings.journal.path)
        vipps = await stack.enter_async_context(
            open_vipps(vipps_settings(settings), lambda: clock.now().utc_ms / 1000, names=line_names)
        )
        lines = await stack.enter_async_context(Lines())
        scope = await stack.enter_async_context(TaskScope())

        def no_sale() -> Trouble | None:
            return journal.room_to_sell() or vipps.clock_trouble()

        site = Site(clock, journal, vipps.payments, no_sale, left.trouble if left else None)
        for station in settings.station:
            site.add(_post(settings, station, site, lines, vipps, journal, clock, scope))
        yield Running(site, scope, clock, journal)


def _post(
    settings: Settings,
    station: StationPart,
    site: Site,
    lines: Lines,
    vipps: Vipps,
    journal: Journal,
    clock: Clock,
    scope: TaskScope,
) -> Post:
    tariff = settings.tariff.build()
    meter = open_meter(lines, station.meter.profile, station.meter.url, clock.now)
    controller = station.controller
    charger = open_charger(lines, controller.profile, controller.url, clock.now, station.amps, sleep=clock.sleep)
    if charger.sells and not charger.fails_safe and not controller.waiver:
        text = (
            f"The controller {controller.profile} of station {station.id} does not switch off by itself when the kiosk "
            f"is gone. Set controller waiver to who allows that, or choose a controller with a watchdog."
        )
        raise FaultError(Trouble(Fault.CONFIG_WRONG, text))
    unproven = {station.meter.profile: meter.experimental, controller.profile: charger.doubts}
    info = station_info(settings, station, tariff, tuple(name for name, doubt in unproven.items() if doubt))
    scope.spawn(charger.keep_alive(), f"keep-alive {station.id}")
    ports = Ports(clock, vipps.payments, vipps.receipts, meter, charger, _describer(info))
    make = _offer_maker(settings, journal.installation, tariff, charger.stop_latency_s)
    papers = Papers(new_reference, new_code, make)
    return Post(info, ports, journal, papers, scope, site.changed, site.heard, site.meters)


def station_info(
    settings: Settings, station: StationPart, tariff: Tariff, on_trial: tuple[str, ...] = ()
) -> StationInfo:
    part = settings.tariff
    return StationInfo(
        station.id,
        station.name,
        settings.site.name,
        settings.site.help_phone,
        tariff,
        tuple(part.money(hold) for hold in part.holds),
        part.money(part.preferred_hold),
        station.rated_power_w,
        station.asks_stop_code,
        on_trial,
    )


def _describer(info: StationInfo) -> Callable[[Offer], str]:
    return lambda offer: payment_description(offer, info.name, offer.language)


def new_reference(station_id: str, now: Instant) -> str:
    """`<station>-<yymmdd>-<10 letters>`: legal at Vipps, at most 42 characters, 49 random bits."""
    date = time.strftime("%y%m%d", time.gmtime(now.utc_ms / 1000))
    return f"{station_id}-{date}-{''.join(lots.choice(REFERENCE_ALPHABET) for _ in range(10))}"


def new_code() -> str:
    return f"{lots.randbelow(10_000):04d}"


def _offer_maker(
    settings: Settings, installation: UUID, tariff: Tariff, stop_latency_s: int
) -> Callable[[StationInfo, Money, str, str, str, Instant], Offer]:
    public_url = settings.site.public_url

    def make(info: StationInfo, hold: Money, language: str, reference: str, code: str, now: Instant) -> Offer:
        return Offer(
            reference,
            installation,
            info.id,
            Door.GLASS,
            tariff,
            hold,
            info.rated_power_w,
            code,
            now,
            language,
            session_url=f"{public_url}/c/{lots.token_urlsafe(16)}" if public_url else None,
            stop_latency_s=stop_latency_s,
            proves_contactor=True,
        )

    return make
