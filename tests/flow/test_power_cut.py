"""The plug is pulled after every row of the journal and at every send: the driver pays once, and the rest comes back."""

import asyncio
from collections.abc import Callable

import pytest

from kiosk.domain.events import Opened
from kiosk.domain.payment import Approval, Effect
from kiosk.flow.codec import ENDED
from kiosk.world.outlet import BEGIN_WH, MJ_PER_WH
from kiosk.world.power import PowerCut
from kiosk.world.virtual_loop import run_virtual
from tests.domain.given import OFFER, REFERENCE
from tests.flow.town import Kiosk, Town, a_charge


def live_until_the_cut(town: Town, away_s: float) -> None:
    """One life that may end in the middle of anything, `away_s` in the dark, then lives until the session is over."""

    async def work() -> None:
        await life(town, first=True)
        for _ in range(20):
            if any(row.kind == ENDED for row in town.rows) or not town.rows:
                return
            town.boot += 1
            for outlet in town.posts.values():
                if away_s > 60:
                    outlet.switch(closed=False)
            await asyncio.sleep(away_s)
            await life(town, first=False)

    run_virtual(work())


async def life(town: Town, *, first: bool) -> None:
    kiosk = Kiosk(town)
    loop = kiosk.loop(OFFER)
    if not first:
        asyncio.get_running_loop().call_later(60, town.outlet().fill_up)
    living = asyncio.create_task(a_charge(town, loop, Opened(town.now(), OFFER)) if first else kiosk.come_back())
    dark = asyncio.create_task(kiosk.power.gone.wait())
    await asyncio.wait({living, dark}, return_when=asyncio.FIRST_COMPLETED)
    dark.cancel()
    living.cancel()
    results = await asyncio.gather(living, dark, return_exceptions=True)
    if isinstance(results[0], BaseException) and not isinstance(results[0], PowerCut | asyncio.CancelledError):
        raise results[0]


def count(what: Callable[[Town], int]) -> int:
    town = Town()
    live_until_the_cut(town, 5)
    return what(town)


APPENDS, SENDS = count(lambda town: town.appends), count(lambda town: town.sends)


def the_money_is_right(town: Town) -> None:
    assert town.ledger.mistakes == []
    assert [row.kind for row in town.rows].count(ENDED) == 1, f"{town.rows[-1].kind} is the last that was written"
    assert not town.outlet().closed, "the contactor was left closed"
    book = town.ledger.books.get(REFERENCE)
    if book is None or book.approval is not Approval.AUTHORIZED:
        assert book is None or book.approval is Approval.TERMINATED
        assert REFERENCE not in town.ledger.receipts
        return
    names = [entry.name for entry in book.log]
    used_wh = town.outlet().energy_mj // MJ_PER_WH - BEGIN_WH
    assert names.count(Effect.CAPTURED) == (1 if book.account.captured else 0)
    assert book.account.captured + book.account.cancelled == book.account.authorized
    assert book.account.captured.minor <= (used_wh * 49_000 + 50_000) // 100_000, (
        "paid for what the meter never counted"
    )
    assert (REFERENCE in town.ledger.receipts) == bool(book.account.captured)
    if book.account.captured:
        assert town.ledger.receipts[REFERENCE].total == book.account.captured


def test_there_is_something_to_cut() -> None:
    assert APPENDS >= 20
    assert SENDS == 7


@pytest.mark.parametrize("away_s", [5, 45, 3_600])
@pytest.mark.parametrize("append", range(1, APPENDS + 1))
def test_after_any_row(append: int, away_s: float) -> None:
    town = Town()
    town.cut_after_append = append
    live_until_the_cut(town, away_s)
    the_money_is_right(town)


@pytest.mark.parametrize("arrives", [True, False], ids=["arrived", "lost"])
@pytest.mark.parametrize("away_s", [5, 3_600])
@pytest.mark.parametrize("send", range(1, SENDS + 1))
def test_at_any_send(send: int, away_s: float, arrives: bool) -> None:
    town = Town()
    town.cut_after_send = send
    town.weather = lambda call: "lost" if call != "Look" and not arrives and town.sends == send else "clear"
    live_until_the_cut(town, away_s)
    the_money_is_right(town)


@pytest.mark.parametrize("every", [1, 2, 3, 5])
def test_again_and_again(every: int) -> None:
    """A crash loop: the power goes after every few rows, and still it is settled."""
    town = Town()

    async def work() -> None:
        town.cut_after_append = every
        await life(town, first=True)
        for boot in range(60):
            if any(row.kind == ENDED for row in town.rows):
                return
            town.boot += 1
            town.cut_after_append = town.appends + every if boot < 40 else 0
            town.outlet().switch(closed=False)
            await asyncio.sleep(30)
            await life(town, first=False)

    run_virtual(work())
    the_money_is_right(town)


@pytest.mark.parametrize("append", range(1, APPENDS + 1, 4))
def test_with_a_vipps_that_loses_every_other_answer(append: int) -> None:
    town = Town()
    calls = iter(range(10_000))
    town.weather = lambda call: "clear" if call == "Switch" or next(calls) % 2 else "unheard"
    town.cut_after_append = append
    live_until_the_cut(town, 30)
    the_money_is_right(town)


def test_the_reference_is_in_the_journal_before_vipps_knows_it() -> None:
    for append in (1, 2):
        town = Town()
        town.cut_after_append = append
        live_until_the_cut(town, 5)
        assert {row.session for row in town.rows} == {REFERENCE}
        assert set(town.ledger.books) <= {REFERENCE}
