"""What must hold whatever the cable's controller, the disk or an old journal does: nothing is on that nobody pays for."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

import tests.flow.town as town_module
from kiosk.domain.contactor import DEAD_S
from kiosk.domain.energy import Plug, Reading
from kiosk.domain.events import Act
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.outcome import InDoubt, Outcome
from kiosk.domain.payment import Approval
from kiosk.domain.states import Charging, Offered, Settled
from kiosk.flow.ports import Row
from kiosk.flow.site import Site
from kiosk.flow.tasks import TaskScope
from kiosk.world.outlet import BEGIN_WH, MJ_PER_WH, Outlet
from kiosk.world.power import PowerCut
from kiosk.world.virtual_loop import run_virtual
from tests.domain.given import RATED_W
from tests.flow.test_post import HOLD, charging, open_for, session, view, visited
from tests.flow.town import FakeCharger, Kiosk, Town, until

SILENT = Trouble(Fault.CHARGER_SILENT, "The controller did not answer.")


class Deaf(FakeCharger):
    """A controller whose line is away for a while."""

    deaf = False

    async def look(self) -> Plug | Trouble:
        return SILENT if Deaf.deaf else await super().look()

    async def _switch(self, *, closed: bool) -> Outcome[None]:
        if Deaf.deaf:
            await asyncio.sleep(0.2)
            return InDoubt(SILENT)
        return await super()._switch(closed=closed)


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> type[Deaf]:
    Deaf.deaf = False
    monkeypatch.setattr(town_module, "FakeCharger", Deaf)
    return Deaf


def test_a_contactor_that_could_not_be_opened_is_opened_as_soon_as_its_controller_is_back(deaf: type[Deaf]) -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        await asyncio.sleep(300)
        deaf.deaf = True
        site.press("post-1", Act.STOP, "desk")
        await asyncio.sleep(150)
        assert town.outlet().closed
        assert view(site).trouble is not None, "nothing may be sold behind a contactor that nobody can see"
        deaf.deaf = False
        await until(lambda: not town.outlet().closed)
        await until(lambda: isinstance(session(site), Settled))

    visited(visit)


def test_a_contactor_found_closed_at_a_free_post_is_opened() -> None:
    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        town.outlet().closed = True
        await until(lambda: not town.outlet().closed)
        await until(lambda: view(site).trouble is None)

    visited(visit)


def test_a_disk_that_refuses_the_stop_leaves_no_contactor_closed() -> None:
    town = Town()

    async def work() -> None:
        kiosk = Kiosk(town)
        async with TaskScope() as scope:
            site = kiosk.site(scope)
            scope.spawn(site.run(scope), "site")
            await asyncio.sleep(1)
            await charging(town, site)

            async def refuse() -> None:
                raise OSError("no space left")

            kiosk.journal.before_append = refuse
            site.press("post-1", Act.STOP, "glass")
            await scope.wait()

    with pytest.raises(OSError, match="no space left"):
        run_virtual(work())
    assert not town.outlet().closed


def test_a_session_that_cannot_be_read_keeps_no_other_from_settling(expected_log: object) -> None:
    assert callable(expected_log)
    expected_log("cannot be read")
    town = Town()

    async def before(town: Town, kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        kiosk.power.off = True

    async def after(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await until(lambda: isinstance(session(site), Settled))
        site.leave("post-1")
        trouble = view(site).trouble
        assert trouble is not None
        assert trouble.fault is Fault.JOURNAL_BROKEN
        site.start("post-1", HOLD, "nb")
        await asyncio.sleep(30)
        assert session(site) is None, "nothing is sold beside a session that nobody can take up"

    async def work() -> None:
        with contextlib.suppress(PowerCut):
            await open_for(town, before)
        town.rows.insert(0, Row("old-1", "event:FromTheFuture", "{}", town.now()))
        await asyncio.sleep(100)
        await open_for(town, after)

    run_virtual(work())


def test_a_next_try_is_never_in_the_past() -> None:
    """Found on a picture: the clock said 22:18, and the next try was at 22:17."""

    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        seen = 0
        for _ in range(600):
            await asyncio.sleep(0.5)
            now = view(site)
            if now.next_try is not None:
                seen += 1
                assert now.next_try.utc_ms >= town.now().utc_ms
        assert view(site).offline_since is not None
        assert seen > 100

    town = Town()
    town.weather = lambda _call: "lost"
    town.answer_s = 12
    visited(visit, town=town)


def test_two_stations_on_one_meter_never_both_sell() -> None:
    """However the settings name it: the same serial number is the same energy."""

    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        assert view(site, "post-1").trouble is None
        trouble = view(site, "post-2").trouble
        assert trouble is not None
        assert trouble.fault is Fault.CONFIG_WRONG
        assert "post-1 and post-2 read the same meter m-1" in trouble.detail
        site.start("post-2", HOLD, "nb")
        await asyncio.sleep(30)
        assert not town.ledger.books

    town = Town()
    town.posts["post-2"] = town.new_outlet(serial="m-1")
    visited(visit, "post-1", "post-2", town=town)


def test_after_a_damaged_journal_nobody_pays_for_another_drivers_energy_and_nothing_is_sold() -> None:
    town = Town()
    broken = Trouble(Fault.JOURNAL_BROKEN, "The journal was damaged and is kept.")

    async def before(town: Town, kiosk: Kiosk, site: Site) -> None:
        await charging(town, site)
        await asyncio.sleep(600)
        kiosk.power.off = True

    async def work() -> None:
        with contextlib.suppress(PowerCut):
            await open_for(town, before)
        proven_wh = town.outlet().import_wh - BEGIN_WH
        town.outlet().energy_mj += 40_000 * MJ_PER_WH  # others have charged since, in rows that are lost
        kiosk = Kiosk(town)
        async with TaskScope() as scope:
            site = kiosk.site(scope, salvaged=broken)
            scope.spawn(site.run(scope), "site")
            await until(lambda: bool(town.ledger.links))
            (book,) = town.ledger.books.values()
            assert 0 < book.account.captured.minor <= proven_wh * 490 // 1000
            assert not town.outlet().closed
            site.leave("post-1")
            assert view(site).trouble == broken
            site.start("post-1", HOLD, "nb")
            await asyncio.sleep(30)
            assert len(town.ledger.books) == 1
            kiosk.power.off = True

    with contextlib.suppress(PowerCut):
        run_virtual(work())


@pytest.mark.parametrize("step_wh", [1, 10, 100])
@pytest.mark.parametrize("power_w", [1_400, 7_400])
def test_a_car_can_start_at_a_post_that_stood_idle_for_an_hour(step_wh: int, power_w: int) -> None:
    """A coarse register has stood still for an hour, rightly; at the first power it must not count as frozen."""

    town = Town()
    outlet = town.outlet()
    outlet.resolution_wh = step_wh
    outlet.power_w = power_w

    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        await asyncio.sleep(3600)
        site.start("post-1", HOLD, "nb")
        await until(lambda: isinstance(session(site), Offered))
        offered = session(site)
        assert isinstance(offered, Offered)
        town.outlet().drawing = True
        town.ledger.decide(offered.offer.reference, Approval.AUTHORIZED)
        await until(lambda: isinstance(session(site), Charging))
        await asyncio.sleep(300)
        assert isinstance(session(site), Charging)
        outlet.power_w = 250
        await asyncio.sleep(1_000)
        outlet.power_w = RATED_W
        await asyncio.sleep(300)
        assert isinstance(session(site), Charging), "a trickle is not counted at full power"

    visited(visit, town=town)


def test_a_contactor_that_does_not_close_gives_everything_back_and_names_the_technician() -> None:
    class Dead(Outlet):
        def reading(self) -> Reading | Trouble:
            found = super().reading()
            return found if isinstance(found, Trouble) else replace(found, power_w=0)

    town = Town()
    town.posts["post-1"] = outlet = town.new_outlet(Dead)
    outlet.power_w = 0

    async def visit(town: Town, _kiosk: Kiosk, site: Site) -> None:
        site.start("post-1", HOLD, "nb")
        await until(lambda: isinstance(session(site), Offered))
        offered = session(site)
        assert isinstance(offered, Offered)
        town.outlet().drawing = True
        town.ledger.decide(offered.offer.reference, Approval.AUTHORIZED)
        await until(lambda: isinstance(session(site), Settled), within_s=DEAD_S + 60)
        settled = session(site)
        assert isinstance(settled, Settled)
        assert settled.settling.fault is not None
        assert settled.settling.fault.fault is Fault.CONTACTOR_DEAD
        assert (settled.account.captured.minor, settled.account.cancelled) == (0, HOLD)
        assert not town.outlet().closed

    visited(visit, town=town)
