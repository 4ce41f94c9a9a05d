"""The machine's clocks as the flow sees them, and the faster ones beside a simulator."""

import asyncio
import time

import pytest

from kiosk.flow.ports import Clock
from kiosk.services.clock import FastClock, SystemClock, boot_id
from kiosk.world.virtual_loop import run_virtual

NOON_MS = 1_795_262_400_000


def test_the_system_clock_is_the_wall_for_people_and_never_falls_for_durations() -> None:
    clock: Clock = SystemClock()
    before_ms = time.time_ns() // 1_000_000
    seen = [clock.now() for _ in range(1_000)]
    after_ms = time.time_ns() // 1_000_000
    assert before_ms <= seen[0].utc_ms <= seen[-1].utc_ms <= after_ms
    assert [instant.mono_ms for instant in seen] == sorted(instant.mono_ms for instant in seen)
    assert {instant.boot for instant in seen} == {boot_id()}
    assert len(boot_id()) >= 7


@pytest.mark.parametrize(("rate", "seconds", "slept_s"), [(1, 60, 60), (60, 60, 1), (60, -5, 0)])
def test_a_wait_is_as_much_shorter_as_the_clock_is_faster(rate: float, seconds: float, slept_s: float) -> None:
    clock: Clock = SystemClock() if rate == 1 else FastClock(rate, NOON_MS)

    async def work() -> float:
        await clock.sleep(seconds)
        return asyncio.get_running_loop().time()

    assert run_virtual(work()) == slept_s


def test_a_fast_clock_runs_both_its_hands_at_the_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    real_ns = NOON_MS * 1_000_000
    monkeypatch.setattr(time, "time_ns", lambda: real_ns)
    monkeypatch.setattr(time, "clock_gettime_ns", lambda _which: real_ns - NOON_MS * 1_000_000 + 5_000_000_000)
    clock = FastClock(60, NOON_MS)
    begin = clock.now()
    real_ns += 1_500_000_000
    end = clock.now()
    assert begin.utc_ms == NOON_MS
    assert (end.utc_ms - begin.utc_ms, end.mono_ms - begin.mono_ms) == (90_000, 90_000)
    assert FastClock(60, NOON_MS).now() == end, "two processes that are given the same numbers agree"
