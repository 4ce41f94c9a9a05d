"""A station at its door: what it sells, what it refuses, who may stop it, and what it remembers after a fall."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from kiosk.domain.energy import Instant
from kiosk.domain.events import Act
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.outcome import Done, InDoubt, Refused
from kiosk.domain.payment import Approval, Effect
from kiosk.domain.states import Charging, Late, Offered, Session, Settled, Settling, Stuck
from kiosk.domain.view import StationView, StopAnswer
from kiosk.flow.post import HEALTH_S, STOP_LOCK_S, STOP_TRIES
from kiosk.flow.site import PROBE_S, Site
from kiosk.flow.tasks import TaskScope
from kiosk.world.power import PowerCut
from kiosk.world.virtual_loop import run_virtual
from tests.domain.given import NO_METER, nok
from tests.flow.town import AWAY, Kiosk, Town, until

Visit = Callable[[Town, Kiosk, Site], Awaitable[None]]
HOLD = nok(30_000)


async def open_for(town: Town, visit: Visit, *stations: str, room: Callable[[], Trouble | None] = lambda: None) -> None:
    """One life of a site, as long as the visit lasts."""
    kiosk = Kiosk(town)
    try:
        async with TaskScope() as scope:
            site = kiosk.site(scope, *stations, room=room)
            scope.spawn(site.run(scope), "site")
            await asyncio.sleep(1)
            await visit(town, kiosk, site)
            kiosk.power.off = True
    except PowerCut:
        pass


def visited(
    visit: Visit, *stations: str, town: Town | None = None, room: Callable[[], Trouble | None] = lambda: None
) -> None:
    async def work() -> None:
        await open_for(town or Town(), visit, *stations, room=room)

    run_virtual(work())


def view(site: Site, station: str = "post-1") -> StationView:
    return next(view for view in site.views() if view.info.id == station)


def session(site: Site, station: str = "post-1") -> Session | None:
    return view(site, station).session


async def charging(town: Town, site: Site, station: str = "post-1", language: str = "nb") -> None:
    """A driver chooses, pays and plugs in."""
    site.start(station, HOLD, language)
    await until(lambda: isinstance(session(site, station), Offered))
    approve(town, site, station)
    await until(lambda: isinstance(session(site, station), Charging))


def approve(town: Town, site: Site, station: str = "post-1") -> None:
    offered = session(site, station)
    assert isinstance(offered, Offered)
    town.outlet(station).drawing = True
    town.ledger.decide(offered.offer.reference, Approval.AUTHORIZED)


def test_a_driver_charges_stops_with_the_code_and_leaves() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        assert session(site) is None
        site.start("post-1", HOLD, "en")
        await until(lambda: isinstance(session(site), Offered))
        assert view(site).code_png == b"png"
        approve(town, site)
        await until(lambda: isinstance(session(site), Charging))
        await asyncio.sleep(600)
        assert site.stop("post-1", "4711") is StopAnswer.STOPPED
        await until(lambda: isinstance(session(site), Settled))
        site.leave("post-1")
        assert session(site) is None
        assert town.rows[-1].kind == "ended"

    visited(visit)


def test_a_driver_cannot_leave_a_cable_that_is_live() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        site.leave("post-1")
        assert isinstance(session(site), Charging)

    visited(visit)


def test_stations_do_not_wait_for_each_other() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await asyncio.gather(*(charging(town, site, name) for name in ("post-1", "post-2", "post-3")))
        site.press("post-2", Act.STOP, "desk")
        await until(lambda: isinstance(session(site, "post-2"), Settled))
        assert isinstance(session(site, "post-1"), Charging)
        assert isinstance(session(site, "post-3"), Charging)
        await charging_again(town, site)
        assert len({row.session for row in town.rows}) == 4
        assert town.ledger.mistakes == []

    async def charging_again(town: Town, site: Site) -> None:
        town.outlet("post-2").drawing = False
        site.leave("post-2")
        await charging(town, site, "post-2")

    visited(visit, "post-1", "post-2", "post-3")


def test_one_stations_settlement_does_not_keep_the_next_driver_waiting() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        town.weather = lambda call: "lost" if call == "Capture" else "clear"
        site.press("post-1", Act.STOP, "glass")
        await until(lambda: isinstance(session(site), Settling))
        first = session(site)
        town.outlet().drawing = False
        await charging(town, site)
        assert session(site) != first
        town.weather = lambda _call: "clear"
        await until(lambda: [row.kind for row in town.rows].count("ended") == 1, within_s=4_000)

    visited(visit)


def test_a_double_tap_makes_one_offer() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        for _ in range(5):
            site.start("post-1", HOLD, "nb")
        await until(lambda: isinstance(session(site), Offered))
        await asyncio.sleep(HEALTH_S * 2)
        site.start("post-1", HOLD, "nb")
        await asyncio.sleep(HEALTH_S * 2)
        assert len(town.ledger.books) == 1

    visited(visit)


def test_a_hold_that_is_not_on_the_list_is_not_offered() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        site.start("post-1", nok(29_999), "nb")
        await asyncio.sleep(60)
        assert (session(site), town.rows) == (None, [])

    visited(visit)


@pytest.mark.parametrize("trouble", [NO_METER, Trouble(Fault.METER_GARBLED, "Meter m-1 answers nonsense.")])
def test_a_meter_in_trouble_blocks_the_start_and_says_since_when(trouble: Trouble) -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        town.outlet().trouble = trouble
        await until(lambda: view(site).trouble == trouble, within_s=HEALTH_S + 5)
        since = view(site).trouble_since
        assert since is not None
        site.start("post-1", HOLD, "nb")
        await asyncio.sleep(60)
        assert (town.rows, view(site).trouble_since) == ([], since)
        town.outlet().trouble = None
        await until(lambda: view(site).trouble is None, within_s=HEALTH_S + 5)
        assert view(site).trouble_since is None
        await charging(town, site)

    visited(visit)


def test_a_meter_that_fails_between_two_looks_still_reserves_nothing() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        town.outlet().trouble = NO_METER
        site.start("post-1", HOLD, "nb")
        await asyncio.sleep(5)
        assert (town.rows, town.ledger.books) == ([], {})

    visited(visit)


def test_a_driver_whose_start_is_turned_away_is_told_until_they_leave_and_can_start_again() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        told: list[StationView] = []
        site.on_change(lambda _station: told.append(view(site)))
        town.outlet().trouble = NO_METER
        site.start("post-1", HOLD, "nb")
        await until(lambda: view(site).turned_away is not None)
        assert (told[-1].turned_away, told[-1].session) == (NO_METER, None)
        town.outlet().trouble = None
        await until(lambda: view(site).trouble is None, within_s=HEALTH_S + 5)
        assert view(site).turned_away == NO_METER, "it has passed, but its driver has not read it yet"
        site.leave("post-1")
        assert (view(site).turned_away, told[-1].turned_away) == (None, None)
        await charging(town, site)

    visited(visit)


def test_a_driver_who_starts_as_the_connection_goes_is_told() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        site.heard(InDoubt(AWAY))
        site.start("post-1", HOLD, "nb")
        assert (view(site).turned_away, town.rows) == (AWAY, [])
        site.heard(Done(None))
        site.start("post-1", HOLD, "nb")
        assert view(site).turned_away is None

    visited(visit)


def test_nobody_is_turned_away_from_a_cable_in_use() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        site.heard(InDoubt(AWAY))
        site.start("post-1", HOLD, "nb")
        assert view(site).turned_away is None

    visited(visit)


def test_current_through_an_open_contactor_locks_the_station() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        town.outlet().stray_w = 500
        await until(lambda: view(site).trouble is not None, within_s=HEALTH_S + 5)
        trouble = view(site).trouble
        assert trouble is not None
        assert trouble.fault is Fault.CONTACTOR_STUCK
        site.start("post-1", HOLD, "nb")
        await asyncio.sleep(30)
        assert town.rows == []

    visited(visit)


def test_a_full_disk_blocks_every_start() -> None:
    full = Trouble(Fault.DISK_FULL, "/var has 20 MiB left.")

    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        assert view(site).trouble == full
        site.start("post-1", HOLD, "nb")
        await asyncio.sleep(30)
        assert town.rows == []

    visited(visit, room=lambda: full)


def test_a_clock_found_wrong_sells_nothing_new_and_the_running_charge_settles() -> None:
    wrong = Trouble(Fault.CLOCK_WRONG, "This machine's clock says 12:00, Vipps says 13:00.")
    found: list[Trouble] = []

    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        changes: list[str] = []
        site.on_change(changes.append)
        found.append(wrong)
        await until(lambda: "post-2" in changes, within_s=PROBE_S + 5)
        assert [each.trouble for each in site.views()] == [wrong, wrong]
        site.start("post-2", HOLD, "nb")
        await asyncio.sleep(600)
        assert isinstance(session(site), Charging)
        assert session(site, "post-2") is None
        site.press("post-1", Act.STOP, "glass")
        await until(lambda: isinstance(session(site), Settled))
        found.clear()
        changes.clear()
        await until(lambda: "post-2" in changes, within_s=PROBE_S + 5)
        await charging(town, site, "post-2")

    visited(visit, "post-1", "post-2", room=lambda: found[0] if found else None)


# --- the stop code ------------------------------------------------------------------------------------------------


def test_five_wrong_codes_lock_the_pad_for_a_minute_and_the_right_one_stops() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        answers = [site.stop("post-1", f"000{n}") for n in range(STOP_TRIES)]
        assert answers == [StopAnswer.WRONG] * STOP_TRIES
        assert view(site).stop_locked_s == STOP_LOCK_S
        assert site.stop("post-1", "4711") is StopAnswer.LOCKED
        await asyncio.sleep(STOP_LOCK_S - 1)
        assert site.stop("post-1", "4711") is StopAnswer.LOCKED
        assert isinstance(session(site), Charging)
        await asyncio.sleep(1)
        assert view(site).stop_locked_s == 0
        assert site.stop("post-1", "4711") is StopAnswer.STOPPED
        await until(lambda: isinstance(session(site), Settled))

    visited(visit)


def test_a_right_code_forgets_the_wrong_ones_and_a_new_driver_starts_afresh() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        for _ in range(STOP_TRIES):
            site.stop("post-1", "0000")
        site.press("post-1", Act.STOP, "phone")
        await until(lambda: isinstance(session(site), Settled))
        town.outlet().drawing = False
        site.leave("post-1")
        await charging(town, site)
        assert view(site).stop_locked_s == 0
        for _ in range(STOP_TRIES - 1):
            assert site.stop("post-1", "0000") is StopAnswer.WRONG
        assert site.stop("post-1", "4711") is StopAnswer.STOPPED

    visited(visit)


def test_a_locked_pad_does_not_lock_the_drivers_phone() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        for _ in range(STOP_TRIES):
            site.stop("post-1", "0000")
        site.press("post-1", Act.STOP, "phone")
        await until(lambda: isinstance(session(site), Settled))

    visited(visit)


def test_there_is_nothing_to_stop_at_a_free_station() -> None:
    async def visit(_town: Town, _kiosk: Kiosk, site: Site) -> None:
        assert site.stop("post-1", "4711") is StopAnswer.LOCKED

    visited(visit)


# --- Vipps away, keys wrong ---------------------------------------------------------------------------------------


def test_an_outage_is_noticed_shown_sells_nothing_and_is_over_by_itself() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        told: list[str] = []
        site.on_change(told.append)
        town.weather = lambda call: "clear" if call == "Switch" else "lost"
        await until(lambda: view(site).offline_since is not None, within_s=65)
        since = view(site).offline_since
        assert told.count("post-1") >= 1
        site.start("post-1", HOLD, "nb")
        await asyncio.sleep(100)
        assert (view(site).offline_since, town.rows) == (since, [])
        town.weather = lambda _call: "clear"
        await until(lambda: view(site).offline_since is None, within_s=65)
        await charging(town, site)

    visited(visit, "post-1", "post-2")


def test_an_outage_does_not_stop_a_running_charge() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        town.weather = lambda call: "clear" if call == "Switch" else "lost"
        await until(lambda: view(site).offline_since is not None, within_s=65)
        await asyncio.sleep(600)
        assert isinstance(session(site), Charging)
        site.press("post-1", Act.STOP, "glass")
        await until(lambda: isinstance(session(site), Settling))
        assert not town.outlet().closed
        town.weather = lambda _call: "clear"
        await until(lambda: isinstance(session(site), Settled), within_s=2_000)

    visited(visit)


def test_rejected_keys_block_the_start_until_they_are_right() -> None:
    async def visit(_town: Town, kiosk: Kiosk, site: Site) -> None:
        keys = Trouble(Fault.VIPPS_KEYS, "Vipps rejects the keys.")
        site.heard(Refused(keys, "401"))
        assert view(site).trouble == keys
        site.start("post-1", HOLD, "nb")
        await asyncio.sleep(1)
        assert kiosk.town.rows == []
        site.heard(InDoubt(AWAY))
        assert view(site).offline_since == at_now(kiosk)

    def at_now(kiosk: Kiosk) -> Instant:
        return kiosk.town.now()

    visited(visit)


# --- after a fall -------------------------------------------------------------------------------------------------


def two_lives(first: Visit, second: Visit, *, away_s: float = 10) -> None:
    async def work() -> None:
        town = Town()
        await open_for(town, first)
        town.boot += 1
        await asyncio.sleep(away_s)
        await open_for(town, second)

    run_virtual(work())


def test_the_receipt_is_in_the_drivers_language_also_after_a_fall() -> None:
    async def first(town: Town, kiosk: Kiosk, site: Site) -> None:
        town.weather = lambda call: "lost" if call == "SendReceipt" else "clear"
        await charging(town, site, language="en")
        await asyncio.sleep(600)
        site.press("post-1", Act.STOP, "glass")
        await until(lambda: town.read_in == ["en"])
        kiosk.power.off = True

    async def second(town: Town, _kiosk: Kiosk, _site: Site) -> None:
        town.weather = lambda _call: "clear"
        await until(lambda: town.rows[-1].kind == "ended")
        assert set(town.read_in) == {"en"}
        assert len(town.read_in) > 1

    two_lives(first, second)


def test_a_live_cable_comes_back_on_the_glass_and_can_be_stopped() -> None:
    async def first(town: Town, kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        await asyncio.sleep(600)
        kiosk.power.off = True

    async def second(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await until(lambda: isinstance(session(site), Charging))
        assert site.stop("post-1", "4711") is StopAnswer.STOPPED
        await until(lambda: isinstance(session(site), Settled))
        (book,) = town.ledger.books.values()
        assert book.account.captured.minor > 500

    two_lives(first, second)


def test_an_approval_nobody_used_is_asked_about_on_the_glass() -> None:
    async def first(town: Town, kiosk: Kiosk, site: Site) -> None:
        site.start("post-1", HOLD, "nb")
        await until(lambda: isinstance(session(site), Offered))
        kiosk.power.off = True
        approve(town, site)

    async def second(_town: Town, _kiosk: Kiosk, site: Site) -> None:
        await until(lambda: isinstance(session(site), Late))
        site.press("post-1", Act.CONTINUE, "glass")
        await until(lambda: isinstance(session(site), Charging))

    two_lives(first, second)


def test_a_session_that_only_settles_leaves_the_glass_to_the_next_driver() -> None:
    async def first(town: Town, kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        town.weather = lambda call: "lost" if call == "Capture" else "clear"
        site.press("post-1", Act.STOP, "glass")
        await until(lambda: isinstance(session(site), Settling))
        kiosk.power.off = True
        town.outlet().drawing = False

    async def second(town: Town, _kiosk: Kiosk, site: Site) -> None:
        assert session(site) is None
        town.weather = lambda _call: "clear"
        await charging(town, site)
        await until(lambda: [row.kind for row in town.rows].count("ended") == 1, within_s=2_000)

    two_lives(first, second)


def test_a_stuck_session_does_not_keep_the_station_from_selling() -> None:
    async def first(town: Town, kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        (book,) = town.ledger.books.values()
        town.ledger.meddle(book.reference, Effect.CAPTURED, nok(100))
        site.press("post-1", Act.STOP, "glass")
        await until(lambda: isinstance(session(site), Stuck))
        kiosk.power.off = True
        town.outlet().drawing = False

    async def second(town: Town, _kiosk: Kiosk, site: Site) -> None:
        assert session(site) is None
        await charging(town, site)

    two_lives(first, second)


def test_a_disk_that_refuses_ends_the_site() -> None:
    class DiskRefused(Exception):
        pass

    async def refuses() -> None:
        raise DiskRefused

    async def work() -> None:
        town = Town()
        kiosk = Kiosk(town)
        async with TaskScope() as scope:
            site = kiosk.site(scope)
            kiosk.journal.before_append = refuses
            running = asyncio.create_task(site.run(scope))
            await asyncio.sleep(1)
            site.start("post-1", HOLD, "nb")
            try:
                await running
            finally:
                assert town.sends == 0

    with pytest.raises(DiskRefused):
        run_virtual(work())
