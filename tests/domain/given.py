"""The usual offer, readings and payments, so that a test says only what is special about it."""

from dataclasses import replace
from uuid import UUID

from kiosk.domain.commands import Command
from kiosk.domain.energy import Instant, Pilot, Plug, Reading
from kiosk.domain.events import Act, Answered, Event, Looked, Opened, Pressed, Switched, Verdict, Watched
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Currency, Money
from kiosk.domain.payment import Account, Approval, Effect, LogEntry, Payment
from kiosk.domain.session import step
from kiosk.domain.states import Door, Offer, Session, Settling, Step
from kiosk.domain.tariff import Tariff

INSTALLATION = UUID("6f1c2c5e-3b0e-4a9d-8a52-6d1f2f4b7a10")
NOON_MS = 1_795_262_400_000
REFERENCE = "post-1-261121-abcdefghjk"
AWAY = Trouble(Fault.VIPPS_AWAY, "Vipps did not answer in 20 s.")
NO_METER = Trouble(Fault.METER_SILENT, "Meter m-1 did not answer in 1.5 s.")
NO_CHARGER = Trouble(Fault.CHARGER_SILENT, "Controller c-1 did not answer in 1.5 s.")
RATED_W = 7_400
PRICE = Tariff(Currency.NOK, energy_e4=49_000)


def at(seconds: float = 0, *, boot: str = "boot-1", jumped_s: float = 0) -> Instant:
    """`seconds` after noon; `jumped_s` is how wrong the wall clock is by then."""
    return Instant(NOON_MS + round((seconds + jumped_s) * 1000), boot, 1_000_000 + round(seconds * 1000))


def nok(minor: int) -> Money:
    return Money(minor, Currency.NOK)


OFFER = Offer(
    REFERENCE,
    INSTALLATION,
    "post-1",
    Door.GLASS,
    PRICE,
    nok(30_000),
    RATED_W,
    "4711",
    at(0),
    session_url="https://lade.example/c/1",
    proves_contactor=True,
)


def offer(*, hold: int = 30_000, tariff: Tariff = PRICE) -> Offer:
    return replace(OFFER, hold=nok(hold), tariff=tariff)


def key(what: Step, generation: int = 0) -> str:
    return OFFER.key(what, generation)


def reading(
    seconds: float,
    import_wh: int,
    *,
    power_w: int = 3_600,
    serial: str = "m-1",
    resolution_wh: int = 1,
    since_s: float | None = None,
    unpowered_wh: int = 0,
    boot: str = "boot-1",
) -> Reading:
    """`since_s` is since when the register stands here; this power has flowed since then."""
    since_s = seconds if since_s is None else since_s
    flowed_wh = int(max(0, power_w) * (seconds - since_s) / 3_600)
    since, now = at(since_s, boot=boot), at(seconds, boot=boot)
    return Reading(import_wh, power_w, serial, now, since, resolution_wh, flowed_wh, unpowered_wh)


def plug(
    seconds: float,
    pilot: Pilot | None = Pilot.C,
    *,
    enabled: bool | None = True,
    offered_ma: int | None = 16_000,
    boot: str = "boot-1",
) -> Plug:
    return Plug(at(seconds, boot=boot), pilot, enabled, offered_ma)


def watched(
    seconds: float,
    import_wh: int | None,
    pilot: Pilot | None = Pilot.C,
    *,
    enabled: bool | None = True,
    offered_ma: int | None = 16_000,
    power_w: int = 3_600,
    serial: str = "m-1",
    resolution_wh: int = 1,
    since_s: float | None = None,
    unpowered_wh: int = 0,
    boot: str = "boot-1",
    blind: bool = False,
    gap_s: float = 2,
) -> Watched:
    """One look; `import_wh` None is a silent meter, `blind` a silent controller."""
    trouble = NO_METER if import_wh is None else NO_CHARGER if blind else None
    meter = None
    if import_wh is not None:
        meter = reading(
            seconds,
            import_wh,
            power_w=power_w,
            serial=serial,
            resolution_wh=resolution_wh,
            since_s=since_s,
            unpowered_wh=unpowered_wh,
            boot=boot,
        )
    cable = None if blind else plug(seconds, pilot, enabled=enabled, offered_ma=offered_ma, boot=boot)
    return Watched(at(seconds, boot=boot), round(gap_s * 1000), meter, cable, trouble)


def entry(
    name: Effect | str, minor: int, key: str | None = None, *, success: bool = True, seconds: float = 0
) -> LogEntry:
    return LogEntry(str(name), nok(minor), at(seconds).utc_ms, success, key, "psp-1")


def payment(
    approval: Approval = Approval.AUTHORIZED,
    *log: LogEntry,
    authorized: int = 30_000,
    captured: int = 0,
    cancelled: int = 0,
    refunded: int = 0,
) -> Payment:
    account = Account(nok(authorized), nok(captured), nok(cancelled), nok(refunded))
    return Payment(REFERENCE, nok(30_000), approval, account, log)


def looked(seconds: float, found: Payment | None) -> Looked:
    return Looked(at(seconds), found)


def approval(seconds: float, minor: int = 30_000) -> Looked:
    found = payment(Approval.AUTHORIZED, entry(Effect.AUTHORIZED, minor, seconds=seconds), authorized=minor)
    return looked(seconds, found)


def opened(hold: int = 30_000, tariff: Tariff = PRICE) -> Opened:
    return Opened(at(0), offer(hold=hold, tariff=tariff))


def after(session: Session | None, *events: Event) -> tuple[Session, tuple[Command, ...]]:
    """The state after all events, and the commands of the last."""
    commands: tuple[Command, ...] = ()
    for event in events:
        session, commands = step(session, event)
    assert session is not None
    return session, commands


def answered(
    seconds: float,
    what: Step,
    verdict: Verdict = Verdict.DONE,
    *,
    code: str = "",
    note: str = "",
    fault: Fault | None = None,
    retry_after_s: int | None = None,
) -> Answered:
    trouble = Trouble(fault, f"{what} {verdict} {code}") if fault else None
    return Answered(at(seconds), what, verdict, code, note, trouble, retry_after_s)


def ready(hold: int = 30_000, tariff: Tariff = PRICE) -> Session:
    """Approved ten seconds after noon; the begin register is not read."""
    url = answered(1, Step.CREATE, note="https://pay.example/1")
    return after(None, opened(hold, tariff), url, approval(10, hold))[0]


def waiting(hold: int = 30_000, tariff: Tariff = PRICE) -> Session:
    """Begin register 1 000 Wh at 12 s, contactor told to close."""
    return after(ready(hold, tariff), watched(12, 1_000, enabled=False), Switched(at(13), True, Verdict.DONE))[0]


def charging(hold: int = 30_000, tariff: Tariff = PRICE) -> Session:
    """The first 10 Wh have flowed at 20 s."""
    return after(waiting(hold, tariff), watched(20, 1_010))[0]


def stopping(hold: int = 30_000, energy_wh: int = 10_000, tariff: Tariff = PRICE) -> Session:
    """The driver stopped at noon and two hours, with `energy_wh` on the register."""
    ran = after(charging(hold, tariff), watched(7_200, 1_000 + energy_wh))[0]
    return after(ran, Pressed(at(7_201), Act.STOP, "glass"))[0]


def settling(hold: int = 30_000, energy_wh: int = 10_000, tariff: Tariff = PRICE) -> Settling:
    """The contactor is open, the due is fixed (49.00 for 10 kWh), the hold is seen whole, and the first command is out."""
    opened_up = watched(7_203, 1_000 + energy_wh, Pilot.B, enabled=False, power_w=0)
    whole = looked(7_203, payment(Approval.AUTHORIZED, authorized=hold))
    session = after(stopping(hold, energy_wh, tariff), opened_up, whole)[0]
    assert isinstance(session, Settling)
    return session


def releasing() -> Settling:
    """49.00 of 300.00 are captured and verified; the release is out."""
    session = after(settling(), answered(7_204, Step.CAPTURE), looked(7_205, captured()))[0]
    assert isinstance(session, Settling)
    assert session.step is Step.RELEASE
    return session


def captured(*more: LogEntry, cancelled: int = 0) -> Payment:
    """Vipps' account once our capture of 49.00 has landed."""
    ours = entry(Effect.CAPTURED, 4_900, key(Step.CAPTURE), seconds=7_204)
    return payment(
        Approval.AUTHORIZED, entry(Effect.AUTHORIZED, 30_000), ours, *more, captured=4_900, cancelled=cancelled
    )


def released() -> Payment:
    """And once our release of the rest has."""
    return captured(entry(Effect.CANCELLED, 25_100, key(Step.RELEASE), seconds=7_206), cancelled=25_100)


def receipting() -> Settling:
    session = after(releasing(), answered(7_206, Step.RELEASE), looked(7_207, released()))[0]
    assert isinstance(session, Settling)
    assert session.step is Step.RECEIPT
    return session


def linking() -> Settling:
    session = after(receipting(), answered(7_208, Step.RECEIPT, note="receipt-1"))[0]
    assert isinstance(session, Settling)
    assert session.step is Step.LINK
    return session
