"""The flow's ports at depth `core`: the little Vipps, the disk and the devices, behind whatever nature has in mind."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol, cast

from kiosk.domain.energy import Instant, Plug, Reading
from kiosk.domain.money import Money
from kiosk.domain.outcome import Done, InDoubt, Outcome, Refused
from kiosk.domain.payment import Account, Approval, Checkout, Payment
from kiosk.domain.receipt import Receipt
from kiosk.flow.codec import ENDED
from kiosk.flow.ports import Row
from kiosk.journal.chain import GENESIS, Link, first_break, link_hash
from kiosk.services.meter.evidence import Evidence, weigh
from kiosk.world.ledger import Ledger
from kiosk.world.outlet import Outlet
from kiosk.world.power import Power


class Cut(StrEnum):
    """Where in an act the power goes."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True)
class Fate:
    """What becomes of one call: whether it arrives, how often it lands again later, and what is heard of it, and when."""

    arrives: bool = True
    lands_after_s: tuple[float, ...] = ()
    heard: Outcome[Any] | None = None
    answer_s: float = 0.2
    cut: Cut | None = None


@dataclass(frozen=True)
class CommitFate:
    """What becomes of one commit. A cut BEFORE loses it; AFTER, it is on disk and nobody hears of it."""

    takes_s: float = 0.01
    cut: Cut | None = None
    error: Exception | None = None


class Nature(Protocol):
    """What outlives the kiosk's process and decides what becomes of everything that it does."""

    def now(self) -> Instant: ...
    def tell(self, line: str) -> None: ...
    def fate(self, call: str, subject: str, /) -> Fate: ...
    def commit_fate(self, rows: Sequence[Row], /) -> CommitFate: ...
    def sent(self, call: str, subject: str, key: str, amount: Money | None, /) -> None: ...
    def heard(self, call: str, subject: str, outcome: Outcome[Any], /) -> None: ...
    def budget(self, call: str, subject: str, /) -> InDoubt | None: ...


class LoopClock:
    """The virtual loop's time behind the flow's Clock."""

    def __init__(self, now: Callable[[], Instant], power: Power, stretched: Callable[[float], float] = float) -> None:
        self.now, self._power, self._stretched = now, power, stretched

    async def sleep(self, seconds: float) -> None:
        await self._power.wait(self._stretched(seconds))


class Disk:
    """Rows in a list, hash-chained as the real journal's; it outlives every process."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.hashes: list[bytes] = []
        self.written: Callable[[Sequence[Row]], None] = lambda _rows: None

    def write(self, rows: Sequence[Row]) -> None:
        for row in rows:
            at, seq = row.at, len(self.hashes) + 1
            link = Link(seq, row.session, row.kind, row.body, at.utc_ms, at.boot, at.mono_ms)
            self.hashes.append(link_hash(self.hashes[-1] if self.hashes else GENESIS, link))
        self.rows.extend(rows)
        self.written(rows)

    def verify(self) -> int | None:
        links = (
            Link(seq, row.session, row.kind, row.body, row.at.utc_ms, row.at.boot, row.at.mono_ms)
            for seq, row in enumerate(self.rows, 1)
        )
        return first_break(zip(links, self.hashes, strict=True))


class DiskPort:
    """One process's writer. `before_append` is a test's chance to make the disk slow or refuse."""

    def __init__(self, disk: Disk, nature: Nature, power: Power) -> None:
        self._disk, self._nature, self._power = disk, nature, power
        self.before_append: Callable[[], Awaitable[None]] | None = None

    async def append(self, rows: Sequence[Row]) -> None:
        self._power.check()
        if self.before_append is not None:
            await self.before_append()
        fate = self._nature.commit_fate(rows)
        if fate.cut is Cut.BEFORE:
            self._power.cut()
        await self._power.wait(fate.takes_s)
        if fate.error is not None:
            raise fate.error
        self._disk.write(rows)
        for row in rows:
            self._nature.tell(f"row {row.kind}")
        if fate.cut is Cut.AFTER:
            self._power.cut()

    async def unsettled(self) -> list[list[Row]]:
        ended = {row.session for row in self._disk.rows if row.kind == ENDED}
        groups: dict[str, list[Row]] = {}
        for row in self._disk.rows:
            if row.session not in ended:
                groups.setdefault(row.session, []).append(row)
        return list(groups.values())


class Line:
    """Carries one call: request, effect, answer, and between any two of them the power may go."""

    def __init__(self, nature: Nature, power: Power) -> None:
        self.nature, self.power = nature, power

    async def send(
        self, name: str, subject: str, act: Callable[[], Outcome[Any]], key: str = "", amount: Money | None = None
    ) -> Outcome[Any]:
        self.power.check()
        if (busy := self.nature.budget(name, subject)) is not None:
            await self.power.wait(0.001)
            return busy

        def land() -> None:
            self.nature.tell(f"     an earlier {name} lands")
            act()

        self.nature.tell(f"send {name}")
        fate = self.nature.fate(name, subject)
        if fate.cut is Cut.BEFORE:
            self.power.cut()
        self.nature.sent(name, subject, key, amount)
        outcome = act() if fate.arrives else None
        for later_s in fate.lands_after_s:
            asyncio.get_running_loop().call_later(later_s, land)
        if fate.cut is Cut.AFTER:
            self.power.cut()
        await self.power.wait(fate.answer_s)
        said = fate.heard or outcome
        if said is None:
            raise AssertionError(f"The call {name} neither arrived nor was anything heard of it.")
        self.nature.heard(name, subject, said)
        return said


class Vipps:
    """ePayment, with the outcomes that the real client makes of Vipps' answers."""

    def __init__(self, ledger: Ledger, line: Line) -> None:
        self._ledger, self._line = ledger, line

    async def create(
        self,
        reference: str,
        amount: Money,
        key: str,
        description: str,  # noqa: ARG002 - the ledger keeps no texts
        return_url: str | None,  # noqa: ARG002
    ) -> Outcome[Checkout]:
        def act() -> Outcome[Any]:
            made = self._ledger.create(reference, amount, key)
            book = self._ledger.books.get(reference)
            adopts = isinstance(made, Refused) and book is not None and not book.approval.dead and book.amount == amount
            return Done(Checkout(f"https://pay.example/{reference}", b"png")) if adopts else made

        return await self._line.send("Create", reference, act, key, amount)

    async def look(self, reference: str) -> Outcome[Payment | None]:
        line = self._line
        line.power.check()
        if (busy := line.nature.budget("Look", reference)) is not None:
            await line.power.wait(0.001)
            return busy
        fate = line.nature.fate("Look", reference)
        await line.power.wait(fate.answer_s)
        said: Outcome[Payment | None] = fate.heard or Done(self._ledger.look(reference))
        line.nature.heard("Look", reference, said)
        return said

    async def capture(self, reference: str, amount: Money, key: str) -> Outcome[Account]:
        return await self._line.send(
            "Capture", reference, lambda: self._ledger.capture(reference, amount, key), key, amount
        )

    async def release(self, reference: str, key: str, unapproved_only: bool) -> Outcome[Account]:
        def act() -> Outcome[Any]:
            said = self._ledger.release(reference, key, unapproved_only=unapproved_only)
            book = self._ledger.books.get(reference)
            if isinstance(said, Refused) and said.code in ("6040", "6050") and book is not None:
                over = book.approval is Approval.TERMINATED or not book.account.remaining
                return Done(book.account) if over else said
            return said

        return await self._line.send("Withdraw" if unapproved_only else "Release", reference, act, key)


class Orders:
    """Order Management."""

    def __init__(self, ledger: Ledger, line: Line) -> None:
        self._ledger, self._line = ledger, line

    async def send(self, receipt: Receipt, language: str) -> Outcome[str]:
        self._ledger.read_in.append(language)

        def act() -> Outcome[Any]:
            return self._ledger.receive(receipt)

        return await self._line.send("SendReceipt", receipt.reference, act, amount=receipt.total)

    async def link(self, reference: str, url: str) -> Outcome[str]:
        def act() -> Outcome[Any]:
            self._ledger.links[reference] = url
            return Done("link-1")

        return await self._line.send("LinkSession", reference, act)


class MeterPort:
    """Reads the outlet's register; what its power says about it begins anew with every process."""

    def __init__(self, outlet: Outlet, power: Power, takes_s: Callable[[], float] = lambda: 0.05) -> None:
        self._outlet, self._power, self._takes_s = outlet, power, takes_s
        self._seen: Evidence | None = None

    async def read(self) -> "Reading | Any":
        await self._power.wait(self._takes_s())
        found = self._outlet.reading()
        if not isinstance(found, Reading):
            return found
        self._seen = seen = weigh(self._seen, found.import_wh, found.power_w, found.resolution_wh, found.at)
        return replace(found, since=seen.since, flowed_wh=seen.flowed_wh, unpowered_wh=seen.unpowered_wh)


class ChargerPort:
    """A controller with a watchdog. What it is told goes over the same kind of line as everything else."""

    sells = True
    fails_safe = True

    def __init__(self, station: str, outlet: Outlet, line: Line) -> None:
        self._station, self._outlet, self._line = station, outlet, line

    async def enable(self) -> Outcome[None]:
        return await self._switch(closed=True)

    async def disable(self) -> Outcome[None]:
        return await self._switch(closed=False)

    async def look(self) -> "Plug | Any":
        self._line.power.check()
        return self._outlet.mute or self._outlet.plug()

    async def _switch(self, *, closed: bool) -> Outcome[None]:
        def act() -> Outcome[Any]:
            self._outlet.switch(closed)
            return Done(None)

        said = await self._line.send("Close" if closed else "Open", self._station, act)
        return cast(Outcome[None], said)
