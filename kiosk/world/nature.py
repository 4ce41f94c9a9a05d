"""What becomes of each call, commit and look in one world: the plan's mishaps, drawn as they come."""

import asyncio
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from kiosk.domain.energy import Instant
from kiosk.domain.fault import Fault, Trouble
from kiosk.domain.money import Money
from kiosk.domain.outcome import Done, InDoubt, Outcome, Refused
from kiosk.flow.ports import Row
from kiosk.journal.errors import JournalFailed
from kiosk.services.vipps.budget import Budget, Operation
from kiosk.services.vipps.errors import Busy
from kiosk.world.ledger import Ledger, Rules
from kiosk.world.outlet import Outlet
from kiosk.world.plan import Mishap, Plan
from kiosk.world.ports import CommitFate, Cut, Disk, Fate
from kiosk.world.troubles import ARRIVES, CALL_MISHAPS, DOUBTS, FOR_A_PERSON, LOOK_MISHAPS, NOES, STICKY

BEGIN_MS = 1_795_262_400_000  # 2026-11-21, noon UTC
DISK_FULL = Trouble(Fault.DISK_FULL, "The disk is full.")
NO_CHARGER = Trouble(Fault.CHARGER_SILENT, "Controller c-1 did not answer in 1.5 s.")
CHARGER_NO = Refused(Trouble(Fault.CHARGER_REFUSED, "Controller c-1 refuses."), "2")
NOT_FOUND: Done[Any] = Done(None)
COUNTED: dict[str, Operation] = {
    "Create": "create",
    "Capture": "capture",
    "Withdraw": "cancel",
    "Release": "cancel",
    "Look": "payment",
}


class Surroundings:
    """Satisfies `ports.Nature`. It outlives every process; `observer` hears of all that arrives, is answered or written."""

    def __init__(self, chance: Random, plan: Plan, loop: asyncio.AbstractEventLoop) -> None:
        self.chance, self.plan, self.loop = chance, plan, loop
        self.ledger = Ledger(self.true_ms, self._rules())
        self.ledger.refuse = self._no
        self.disk = Disk()
        self.outlets: dict[str, Outlet] = {}
        self.payers: dict[str, str] = {}
        self.excuses: dict[str, set[Mishap]] = {}
        self.clock_offset_ms, self.boot, self.booted_ms = 0, 1, -100_000
        self._fuse, self._loop_fuse, self._loop_left = 0, 0, 0
        self.story: list[str] | None = None
        self.outages = self._periods(Mishap.OUTAGE)
        self.slow = self._periods(Mishap.SLOW_HOURS)
        self.full_until_s = 0.0
        self.sends: Callable[[str, str, str, Money | None], None] = lambda *_: None
        self.ails: Callable[[str, str], None] = lambda *_: None
        self.answers: Callable[[str, str, Outcome[Any]], None] = lambda *_: None
        self._budget: Budget | None = None
        self._calls = [mishap for mishap in CALL_MISHAPS if plan.rates.get(mishap)]
        self._looks = [mishap for mishap in LOOK_MISHAPS if plan.rates.get(mishap)]

    # --- time ---------------------------------------------------------------------------------------------------------

    def time_s(self) -> float:
        return self.loop.time()

    def true_ms(self) -> int:
        return BEGIN_MS + self._ms()

    def _ms(self) -> int:
        return round(self.loop.time() * 1000)

    def now(self) -> Instant:
        """As the kiosk's machine knows it."""
        ms = self._ms()
        return Instant(BEGIN_MS + ms + self.clock_offset_ms, f"boot-{self.boot}", ms - self.booted_ms)

    def tell(self, line: str) -> None:
        if self.story is not None:
            ms = self._ms()
            self.story.append(
                f"{ms // 3_600_000:3d}:{ms // 60_000 % 60:02d}:{ms // 1000 % 60:02d}.{ms % 1000:03d}  {line}"
            )

    def new_process(self) -> None:
        """The client's own count of its calls lives as long as its process."""
        self._budget = Budget(lambda: self.now().utc_ms / 1000)

    # --- what becomes of a call -----------------------------------------------------------------------------------------

    def budget(self, call: str, subject: str) -> InDoubt | None:
        operation = COUNTED.get(call)
        if operation is None or self._budget is None:
            return None
        try:
            self._budget.take((operation, subject))
        except Busy as busy:
            return InDoubt(Trouble(Fault.VIPPS_BUSY, str(busy)), busy.retry_after_s)
        return None

    def fate(self, call: str, subject: str) -> Fate:
        if call == "Look":
            return self._look_fate(subject)
        cut = self._cut_at_send()
        if call in ("Close", "Open"):
            return self._switch_fate(subject, cut)
        if self._within(self.outages):
            return Fate(arrives=False, heard=DOUBTS[Mishap.REQUEST_LOST], answer_s=self.plan.between(0.05, 20), cut=cut)
        answer_s = self._answer_s()
        for mishap in self._calls:
            if self.plan.strikes(mishap):
                return self._struck(mishap, answer_s, cut)
        # A gateway repeats a request before it answers; later, only where Vipps keeps its answers under the key.
        last_s = 30 if self.ledger.rules.noes_stick else answer_s
        again = (self.plan.between(0.01, last_s),) if self.plan.strikes(Mishap.DOUBLED) else ()
        return Fate(lands_after_s=again, answer_s=answer_s, cut=cut)

    def _struck(self, mishap: Mishap, answer_s: float, cut: Cut | None) -> Fate:
        self.tell(f"     {mishap}")
        if mishap in NOES:
            return Fate(arrives=False, heard=NOES[mishap], answer_s=answer_s, cut=cut)
        later = (self.plan.spread(1, 300),) if mishap is Mishap.LANDS_LATER else ()
        lost = mishap in (Mishap.REQUEST_LOST, Mishap.ANSWER_LOST, Mishap.LANDS_LATER)
        waits_s = self.plan.between(0.5, 20) if lost else answer_s
        return Fate(mishap in ARRIVES, later, DOUBTS[mishap], waits_s, cut)

    def _look_fate(self, subject: str) -> Fate:
        if self._within(self.outages):
            return Fate(heard=DOUBTS[Mishap.REQUEST_LOST], answer_s=self.plan.between(0.05, 20))
        answer_s = self._answer_s()
        for mishap in self._looks:
            if self.plan.strikes(mishap):
                self.tell(f"     {mishap} of a look")
                return Fate(heard=DOUBTS.get(mishap) or NOES[mishap], answer_s=answer_s)
        if subject in self.ledger.books and self.plan.strikes(Mishap.NOT_FOUND):
            self.excuses.setdefault(subject, set()).add(Mishap.NOT_FOUND)
            return Fate(heard=NOT_FOUND, answer_s=answer_s)
        return Fate(answer_s=answer_s)

    def _switch_fate(self, station: str, cut: Cut | None) -> Fate:
        outlet = self.outlets[station]
        if outlet.mute is not None:
            return Fate(arrives=False, heard=InDoubt(outlet.mute), answer_s=1.5, cut=cut)
        if self.plan.strikes(Mishap.CHARGER_REFUSES):
            self.ails(station, "charger once")
            return Fate(arrives=False, heard=CHARGER_NO, answer_s=0.05, cut=cut)
        return Fate(answer_s=0.05, cut=cut)

    def _answer_s(self) -> float:
        if self._within(self.slow) or self.plan.strikes(Mishap.LATE):
            return self.plan.between(3, 19)
        return self.plan.between(0.05, 0.4)

    def _within(self, periods: list[tuple[float, float]]) -> bool:
        return bool(periods) and not self.plan.over and any(begin <= self.time_s() < end for begin, end in periods)

    def _periods(self, mishap: Mishap) -> list[tuple[float, float]]:
        """One period of minutes to hours that begins while somebody is there."""
        if not self.plan.strikes(mishap):
            return []
        begin_s = self.plan.between(0, 300)
        return [(begin_s, begin_s + self.plan.spread(20, 20_000))]

    def _no(self, call: str, reference: str) -> Refused | None:
        for mishap, refusal in STICKY.get(call, ()):
            if self.plan.strikes(mishap):
                self.tell(f"     {mishap} sticks to the key")
                if mishap in FOR_A_PERSON:
                    self.excuses.setdefault(reference, set()).add(mishap)
                return refusal
        return None

    def sent(self, call: str, subject: str, key: str, amount: Money | None) -> None:
        self.sends(call, subject, key, amount)

    def heard(self, call: str, subject: str, outcome: Outcome[Any]) -> None:
        self.answers(call, subject, outcome)

    # --- what becomes of a commit ---------------------------------------------------------------------------------------

    def commit_fate(self, rows: Sequence[Row]) -> CommitFate:  # noqa: ARG002 - every commit is as likely
        if self.time_s() < self.full_until_s and not self.plan.over:
            return CommitFate(error=JournalFailed(DISK_FULL))
        if self.plan.strikes(Mishap.DISK_FULL):
            self.full_until_s = self.time_s() + self.plan.spread(60, 7_200)
            return CommitFate(error=JournalFailed(DISK_FULL))
        takes_s = self.plan.spread(0.2, 8) if self.plan.strikes(Mishap.DISK_SLOW) else 0.005
        return CommitFate(takes_s, self._cut_at_commit())

    def room(self) -> Trouble | None:
        return DISK_FULL if self.time_s() < self.full_until_s and not self.plan.over else None

    def _cut_at_commit(self) -> Cut | None:
        return self._cut(Mishap.CUT_BEFORE_COMMIT, Mishap.CUT_IN_COMMIT)

    def _cut_at_send(self) -> Cut | None:
        return self._cut(Mishap.CUT_BEFORE_SEND, Mishap.CUT_AFTER_SEND)

    def _cut(self, before: Mishap, after: Mishap) -> Cut | None:
        if self._burnt():
            return self.chance.choice((Cut.BEFORE, Cut.AFTER, Cut.AFTER))
        if self.plan.strikes(before):
            return Cut.BEFORE
        return Cut.AFTER if self.plan.strikes(after) else None

    def loops(self) -> bool:
        """Whether this fall is one of a loop: back at once, and down again at the same act."""
        if not self._loop_left and self.plan.strikes(Mishap.CRASH_LOOP):
            self._loop_left, self._loop_fuse = self.chance.randint(4, 15), self.chance.choice((1, 2, 3, 3, 3, 4, 5))
        if not self._loop_left or self.plan.over:
            return False
        self._loop_left -= 1
        self._fuse = self._loop_fuse
        return True

    def _burnt(self) -> bool:
        if not self._fuse or self.plan.over:
            return False
        self._fuse -= 1
        return self._fuse == 0

    def _rules(self) -> Rules:
        rates = self.plan.rates
        return Rules(
            key_life_ms=round(self.plan.spread(3_600, 86_400) * 1000) if rates.get(Mishap.KEYS_FORGOTTEN) else 10**15,
            sums_lag_ms=round(self.plan.spread(0.2, 30) * 1000) if rates.get(Mishap.SUMS_LAG) else 0,
            logs_keys=not self.plan.strikes(Mishap.KEYLESS_LOG),
            offer_life_ms=600_000,
            noes_stick=self.chance.random()
            < 0.7,  # whether they do at ePayment is not written down: both have to be safe
            part_capture=not self.plan.strikes(Mishap.PART_REFUSED),
        )
