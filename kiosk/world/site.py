"""What one seed draws of a site: stations, tariffs, holds, outlets; and one process of the kiosk built on them."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from uuid import UUID

from kiosk.domain.energy import Instant
from kiosk.domain.money import Currency, Money
from kiosk.domain.states import Door, Offer
from kiosk.domain.tariff import IdleFee, Tariff
from kiosk.domain.view import StationInfo, StationView
from kiosk.flow.perform import Ports
from kiosk.flow.post import HEALTH_S, Papers, Post
from kiosk.flow.site import PROBE_S, Site
from kiosk.flow.tasks import TaskScope
from kiosk.world.nature import Surroundings
from kiosk.world.outlet import Outlet
from kiosk.world.plan import Mishap
from kiosk.world.ports import ChargerPort, DiskPort, Line, LoopClock, MeterPort, Orders, Vipps
from kiosk.world.power import Power

INSTALLATION = UUID("6f1c2c5e-3b0e-4a9d-8a52-6d1f2f4b7a10")
RATED_W = (7_400, 11_000, 22_000, 50_000, 150_000)
TARIFFS = (
    Tariff(Currency.NOK, 49_000),
    Tariff(Currency.NOK, 39_900, 6_000, 10_000, IdleFee(20_000, 5, 5_000)),
    Tariff(Currency.NOK, 0, 15_000, 500),
    Tariff(Currency.DKK, 37_550, 0, 25_000),
    Tariff(Currency.EUR, 5_133, 333, 0, IdleFee(1_000, 10, 300)),
)
HOLDS = {Currency.NOK: (300, 1_000, 35_000), Currency.DKK: (400, 20_000), Currency.EUR: (50, 5_000)}
IDLE_STRETCH = 10.0


@dataclass(frozen=True)
class Ground:
    """What does not change in one world."""

    infos: tuple[StationInfo, ...]
    public: bool
    idle_stretch: float


def draw_ground(chance: Random, world: Surroundings) -> Ground:
    tariff = chance.choice(TARIFFS)
    holds = tuple(Money(minor, tariff.currency) for minor in HOLDS[tariff.currency])
    infos = []
    for number in range(1, chance.choice((1, 1, 2, 3)) + 1):
        rated_w = chance.choice(RATED_W)
        info = StationInfo(
            f"post-{number}", f"Post {number}", "Depot", "22 22 22 22", tariff, holds, holds[-1], rated_w
        )
        outlet = world.outlets[info.id] = Outlet(world.now, world.true_ms, rated_w, f"m-{number}")
        outlet.plugged = False
        outlet.resolution_wh = chance.choice((1, 1, 1, 10))
        infos.append(info)
    return Ground(tuple(infos), chance.random() < 0.8, IDLE_STRETCH)


@dataclass
class Process:
    """One life of the kiosk."""

    site: Site
    posts: dict[str, Post]

    def glance(self, station: str) -> StationView:
        """The station's own part of its view, which is most of it and cheap."""
        return self.posts[station].view(None, None, None)


def build_process(ground: Ground, world: Surroundings, scope: TaskScope, power: Power) -> Process:
    """The real site, posts and loops on the ports of this life."""
    world.new_process()

    def stretched(seconds: float) -> float:
        """A busy machine comes late to what nobody waits for: the look at a free post, and the probe of Vipps."""
        if seconds not in (HEALTH_S, PROBE_S):
            return seconds
        return seconds * (240.0 if world.plan.over else ground.idle_stretch)

    clock, line = LoopClock(world.now, power, stretched), Line(world, power)
    vipps, orders = Vipps(world.ledger, line), Orders(world.ledger, line)
    disk = DiskPort(world.disk, world, power)
    site = Site(clock, disk, vipps, world.room)
    posts = {}
    papers = Papers(_references(world), lambda: f"{world.chance.randrange(10_000):04d}", _offer_maker(ground, world))
    for info in ground.infos:
        outlet = world.outlets[info.id]
        meter = MeterPort(outlet, power, _bus(world))
        ports = Ports(
            clock, vipps, orders, meter, ChargerPort(info.id, outlet, line), lambda offer: f"Lading {offer.code}"
        )
        posts[info.id] = Post(info, ports, disk, papers, scope, site.changed, site.heard, site.meters)
        site.add(posts[info.id])
    return Process(site, posts)


def _bus(world: Surroundings) -> Callable[[], float]:
    return lambda: world.plan.between(2, 9) if world.plan.strikes(Mishap.METER_SLOW) else 0.05


def _references(world: Surroundings) -> Callable[[str, Instant], str]:
    def new(station: str, at: Instant) -> str:  # noqa: ARG001 - a date would only be one more thing that jumps
        return f"{station}-{world.chance.randrange(10**12):012d}"

    return new


def _offer_maker(ground: Ground, world: Surroundings) -> Callable[[StationInfo, Money, str, str, str, Instant], Offer]:
    def make(info: StationInfo, hold: Money, language: str, reference: str, code: str, at: Instant) -> Offer:
        url = f"https://lade.example/c/{world.chance.randrange(10**9)}" if ground.public else None
        return Offer(
            reference,
            INSTALLATION,
            info.id,
            Door.GLASS,
            info.tariff,
            hold,
            info.rated_power_w,
            code,
            at,
            language,
            session_url=url,
        )

    return make
