"""Every page of the glass as a scene: the views that the station publishes, and where the driver has touched."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from io import BytesIO
from uuid import UUID

import qrcode

from kiosk.domain.energy import Instant, Reading
from kiosk.domain.events import Act
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Currency, Money
from kiosk.domain.payment import Account
from kiosk.domain.states import (
    Abandoned,
    Asked,
    Charging,
    Door,
    Late,
    Offer,
    Offered,
    Pace,
    Phase,
    Ready,
    Returning,
    Session,
    Settled,
    Settling,
    Step,
    Stopping,
    Stuck,
    Waiting,
    Why,
    Withdrawing,
)
from kiosk.domain.tariff import IdleFee, Tariff, Usage
from kiosk.domain.view import StationInfo, StationView, StopAnswer
from kiosk.ui.station.glass import Glass, Place, Tongue

NOON_MS = 1_767_274_320_000  # 2026-01-01 14:32 in Oslo
NOK = Currency.NOK
TARIFF = Tariff(NOK, energy_e4=49_000, idle=IdleFee(5_000, 900, 12_000))
TONGUES = (Tongue("nb", "Norsk"), Tongue("en", "English"))


def at(seconds: float = 0, boot: str = "boot") -> Instant:
    milliseconds = round(seconds * 1000)
    return Instant(NOON_MS + milliseconds, boot, 1_000_000 + milliseconds)


def nok(kroner: float) -> Money:
    return Money(round(kroner * 100), NOK)


INFO = StationInfo(
    "NO-SND-003",
    "Lader 3",
    "Sandvika stasjon",
    "22 00 00 00",
    TARIFF,
    (nok(100), nok(200), nok(350), nok(500)),
    nok(350),
    11_000,
)


def offer(hold: Money | None = None, door: Door = Door.GLASS, tariff: Tariff = TARIFF) -> Offer:
    money = hold or nok(350)
    return Offer("lk-7f3a-000142", UUID(int=7), "NO-SND-003", door, tariff, money, 11_000, "4711", at(-300))


def reading(register_wh: int, power_w: int = 11_000, seconds: float = 0, resolution_wh: int = 1) -> Reading:
    return Reading(register_wh, power_w, "23-118842", at(seconds), at(seconds), resolution_wh)


def code_png() -> bytes:
    picture = BytesIO()
    qrcode.make("https://api.vipps.no/dwo-api-application/v1/deeplink/v2?token=0123456789abcdef").save(picture)
    return picture.getvalue()


BEGIN = reading(4_182_912, 0, -5_700)
USED = Usage(energy_wh=17_243, charging_ms=5_640_000)
CHARGING = Charging(offer(), BEGIN, reading(4_200_155), USED, Phase.CHARGING, at(-5_640), at(-5_640))
DONE = replace(
    CHARGING,
    phase=Phase.DONE,
    phase_since=at(-240),
    usage=replace(USED, car_done_ms=240_000),
    last=reading(4_200_155, 0),
)
DUE = TARIFF.due(Usage(30_279, 9_900_000), nok(350))
PART_TAKEN = Account(nok(350), DUE.due, nok(0), nok(0))
ALL_SETTLED = Account(nok(350), DUE.due, nok(350) - DUE.due, nok(0))
SETTLING = Settling(
    offer(),
    DUE,
    Usage(30_279, 9_900_000),
    Why.STOPPED,
    BEGIN,
    reading(4_213_191, 0),
    Step.CAPTURE,
    Pace(0, at(-3), 2),
)
SETTLED = Settled(
    replace(
        SETTLING,
        step=Step.LINK,
        checked=ALL_SETTLED,
        captured_at=at(-53),
        released_at=at(-51),
        receipt="stored",
    ),
    ALL_SETTLED,
    "",
    at(-50),
)
IDLE_TARIFF = replace(TARIFF, minute_e4=2_500, session_e4=50_000)
MANY_USAGE = Usage(30_279, 9_900_000, 3_000_000)
MANY_DUE = IDLE_TARIFF.due(MANY_USAGE, nok(350))
MANY_LINES = replace(
    SETTLED,
    settling=replace(SETTLED.settling, offer=offer(tariff=IDLE_TARIFF), due=MANY_DUE, usage=MANY_USAGE),
    account=Account(nok(350), MANY_DUE.due, nok(350) - MANY_DUE.due, nok(0)),
)
NOTHING = Settled(
    replace(
        SETTLING,
        due=TARIFF.due(Usage(), nok(350)),
        usage=Usage(),
        why=Why.NEVER_STARTED,
        step=Step.RELEASE,
        released_at=at(-2),
    ),
    Account(nok(350), nok(0), nok(350), nok(0)),
    "",
    at(-2),
)
TROUBLE = Trouble(Fault.METER_SILENT, "Meter sdm630 on /dev/ttyUSB0 did not answer in 1.5 s.")
FOREIGN = Trouble(Fault.PAYMENT_FOREIGN, "CAPTURED 100.00 NOK was not asked for.")
LONG_TARIFF = Tariff(NOK, 123_456, 25_050, 1_499_000, IdleFee(105_000, 5_400, 1_250_000), 2550)
LONG = StationInfo(
    "NO-LONG-STATION-NAME-001",
    "Hurtiglader ved inngang nord 1",
    "Sandvika kjøpesenter, parkeringshus sør",
    "+47 22 00 00 00 00",
    LONG_TARIFF,
    (nok(100), nok(1_000), nok(10_000), nok(100_000), nok(250_000), nok(650_000)),
    nok(10_000),
    150_000,
)
LONG_OFFER = replace(offer(nok(650_000), tariff=LONG_TARIFF), reference="NO-LONG-STATION-NAME-001-261125-abcdefghjk")
LONG_USAGE = Usage(energy_wh=1_234_567, charging_ms=84_000_000, car_done_ms=9_000_000)
LONG_CHARGING = Charging(
    LONG_OFFER, BEGIN, reading(123_456_789_012, 149_900), LONG_USAGE, Phase.CHARGING, at(-84_000), at(-84_000)
)
LONG_DUE = LONG_TARIFF.due(LONG_USAGE, nok(650_000))
LONG_SETTLED = Settled(
    replace(SETTLED.settling, offer=LONG_OFFER, due=LONG_DUE, usage=LONG_USAGE, end=reading(123_456_789_012, 0)),
    Account(nok(650_000), LONG_DUE.due, nok(650_000) - LONG_DUE.due, nok(0)),
    "",
    at(-50),
)
OFFERED = Offered(offer(), "https://pay", at(-22))
GLASS = Glass("nb", TONGUES)


@dataclass(frozen=True)
class Scene:
    views: tuple[StationView, ...]
    glass: Glass = GLASS


def one(session: Session | None = None, glass: Glass = GLASS, **changes: object) -> Scene:
    view = StationView(INFO, at(), session)
    return Scene((replace(view, **changes),), glass)  # type: ignore[arg-type]


def several() -> tuple[StationView, ...]:
    names = ("Lader 1", "Lader 2", "Lader 3", "Lader 4")
    sessions: tuple[Session | None, ...] = (None, CHARGING, OFFERED, None)
    infos = [replace(INFO, id=f"NO-SND-00{number + 1}", name=name) for number, name in enumerate(names)]
    views = [StationView(info, at(), session) for info, session in zip(infos, sessions, strict=True)]
    return (*views[:3], replace(views[3], trouble=TROUBLE))


def eight() -> tuple[StationView, ...]:
    """As many stations as a site may have, each with the longest name that the settings take."""
    sessions: tuple[Session | None, ...] = (None, CHARGING, OFFERED, None, SETTLED, DONE, None, None)
    infos = [replace(LONG, id=f"{LONG.id[:-3]}00{number}", name=f"{LONG.name[:-1]}{number}") for number in range(1, 9)]
    views = [StationView(info, at(), session) for info, session in zip(infos, sessions, strict=True)]
    return (*views[:3], replace(views[3], trouble=TROUBLE), *views[4:7], replace(views[7], offline_since=at(-600)))


def on(place: Place, **changes: object) -> Glass:
    return replace(GLASS, place=place, **changes)  # type: ignore[arg-type]


SCENES: dict[str, Callable[[], Scene]] = {
    "tiles": lambda: Scene(several()),
    "ready": one,
    "ready-all-parts": lambda: one(info=replace(INFO, tariff=IDLE_TARIFF)),
    "hold": lambda: one(glass=on(Place.HOLD)),
    "hold-closing": lambda: one(glass=on(Place.HOLD, closes_s=15)),
    "terms": lambda: one(glass=on(Place.TERMS)),
    "making": lambda: one(Asked(offer(), Pace(0, at(), 2))),
    "pay": lambda: one(OFFERED, code_png=code_png()),
    "on-the-phone": lambda: one(Offered(offer(door=Door.PHONE), "https://pay", at(-22))),
    "withdrawing": lambda: one(Withdrawing(offer(), Why.OFFER_RAN_OUT, Pace(1, at(), 2))),
    "late": lambda: one(Late(offer(), at(-18))),
    "approved": lambda: one(Ready(offer(), at(-1))),
    "plug-in": lambda: one(Waiting(offer(), BEGIN, BEGIN, at(-48))),
    "charging": lambda: one(CHARGING),
    "charging-offline": lambda: one(CHARGING, offline_since=at(-600)),
    "charging-done": lambda: one(DONE),
    "charging-withheld": lambda: one(replace(CHARGING, phase=Phase.WITHHELD, last=reading(4_200_155, 0))),
    "charging-no-code": lambda: one(CHARGING, info=replace(INFO, asks_stop_code=False)),
    "code": lambda: one(CHARGING, glass=on(Place.CODE, digits="47")),
    "code-locked": lambda: one(CHARGING, glass=on(Place.CODE), stop_locked_s=47),
    "returning": lambda: one(Returning(CHARGING, at(-4))),
    "stopping": lambda: one(Stopping(offer(), BEGIN, reading(4_213_191, 0), USED, Why.STOPPED, at(-2), at(-2))),
    "settling": lambda: one(SETTLING),
    "settling-slow": lambda: one(replace(SETTLING, pace=Pace(5, at(-3), 60)), offline_since=at(-90), next_try=at(57)),
    "settling-fault": lambda: one(replace(SETTLING, why=Why.FAULT, fault=TROUBLE)),
    "settling-part": lambda: one(replace(SETTLING, step=Step.RELEASE, checked=PART_TAKEN, captured_at=at(-1))),
    "summary": lambda: one(SETTLED),
    "summary-all-parts": lambda: one(MANY_LINES),
    "nothing-charged": lambda: one(NOTHING),
    "abandoned": lambda: one(Abandoned(offer(), Why.REJECTED, at(-1))),
    "stuck": lambda: one(Stuck(replace(SETTLING, checked=PART_TAKEN), FOREIGN, at(-60))),
    "out-of-order": lambda: one(trouble=TROUBLE, trouble_since=at(-13_800), next_try=at(60)),
    "tiles-eight": lambda: Scene(eight()),
    "ready-long": lambda: one(info=LONG),
    "ready-on-trial": lambda: one(info=replace(LONG, on_trial=("orno-we-514", "mennekes-amtron-compact"))),
    "ready-of-several": lambda: Scene(eight(), replace(GLASS, station="NO-LONG-STATION-NAME-001")),
    "hold-long": lambda: one(info=LONG, glass=on(Place.HOLD)),
    "pay-long": lambda: one(replace(OFFERED, offer=LONG_OFFER), info=LONG, code_png=code_png()),
    "late-long": lambda: one(Late(LONG_OFFER, at(-18)), info=LONG),
    "plug-in-long": lambda: one(Waiting(LONG_OFFER, BEGIN, BEGIN, at(-48)), info=LONG),
    "charging-long": lambda: one(LONG_CHARGING, info=LONG),
    "code-long": lambda: one(LONG_CHARGING, info=LONG, glass=on(Place.CODE, digits="47")),
    "summary-long": lambda: one(LONG_SETTLED, info=LONG),
    "stuck-long": lambda: one(Stuck(LONG_SETTLED.settling, FOREIGN, at(-60)), info=LONG),
    "turned-away": lambda: one(turned_away=TROUBLE),
    "turned-away-still": lambda: one(turned_away=TROUBLE, trouble=TROUBLE, trouble_since=at(-2), next_try=at(15)),
    "offline": lambda: one(offline_since=at(-13_800), next_try=at(60)),
    "dimmed": lambda: one(glass=replace(GLASS, dimmed=True)),
}


@dataclass
class FakeStations:
    """A station whose view a test sets; it remembers what it was told."""

    shown: tuple[StationView, ...]
    answer: StopAnswer = StopAnswer.WRONG
    told: list[tuple[object, ...]] = field(default_factory=list)
    listeners: list[Callable[[str], None]] = field(default_factory=list)

    def views(self) -> tuple[StationView, ...]:
        return self.shown

    def on_change(self, call: Callable[[str], None]) -> None:
        self.listeners.append(call)

    def start(self, station_id: str, hold: Money, language: str) -> None:
        self.told.append(("start", station_id, hold, language))

    def press(self, station_id: str, act: Act, who: str) -> None:
        self.told.append(("press", station_id, act, who))

    def stop(self, station_id: str, code: str) -> StopAnswer:
        self.told.append(("stop", station_id, code))
        return self.answer

    def leave(self, station_id: str) -> None:
        self.told.append(("leave", station_id))

    def becomes(self, *views: StationView) -> None:
        self.shown = views
        for call in self.listeners:
            call(views[0].info.id)


@dataclass
class FakeNow:
    """A clock that stands until it is moved."""

    seconds: float = 0

    def __call__(self) -> Instant:
        return at(self.seconds)

    def go(self, seconds: float) -> None:
        self.seconds += seconds
