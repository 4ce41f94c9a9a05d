"""One owner for every task: ended in reverse, failures heard, nothing left behind."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import pytest

from kiosk.flow.tasks import Ending, TaskScope, Told, finished, first
from kiosk.world.virtual_loop import Deadlock, run_virtual


def test_tasks_end_in_reverse_and_are_awaited() -> None:
    ended: list[str] = []

    async def work(name: str, tidy_s: float) -> None:
        try:
            await asyncio.sleep(1_000)
        finally:
            await asyncio.sleep(tidy_s)
            ended.append(name)

    async def main() -> None:
        async with TaskScope() as scope:
            for index, name in enumerate(["meter", "settlement", "screen"]):
                scope.spawn(work(name, tidy_s=3 - index), name)
            await asyncio.sleep(1)
        assert ended == ["screen", "settlement", "meter"]
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())


def test_the_first_failure_ends_wait_and_the_others_end_too() -> None:
    ended: list[str] = []

    async def fails() -> None:
        await asyncio.sleep(2)
        raise RuntimeError("the meter room is on fire")

    async def works() -> None:
        try:
            await asyncio.sleep(1_000)
        finally:
            ended.append("works")

    async def main() -> None:
        async with TaskScope() as scope:
            scope.spawn(works(), "works")
            scope.spawn(fails(), "fails")
            await scope.wait()

    with pytest.raises(RuntimeError, match="on fire"):
        run_virtual(main())
    assert ended == ["works"]


def test_a_failure_nobody_waited_for_is_raised_at_the_end_of_the_scope() -> None:
    async def fails() -> None:
        raise RuntimeError("unheard")

    async def main() -> None:
        async with TaskScope() as scope:
            scope.spawn(fails(), "fails")
            await asyncio.sleep(1)

    with pytest.raises(RuntimeError, match="unheard"):
        run_virtual(main())


def test_what_the_body_raises_is_not_hidden_by_a_task() -> None:
    async def fails() -> None:
        raise RuntimeError("the task's")

    async def main() -> None:
        async with TaskScope() as scope:
            scope.spawn(fails(), "fails")
            await asyncio.sleep(1)
            raise KeyError("the body's")

    with pytest.raises(KeyError, match="the body's"):
        run_virtual(main())


def test_a_task_that_ends_by_itself_is_forgotten() -> None:
    async def main() -> None:
        async with TaskScope() as scope:
            scope.spawn(asyncio.sleep(1), "short")
            await asyncio.sleep(2)
            assert scope._tasks == []

    run_virtual(main())


def test_a_task_that_spawns_while_the_scope_ends_leaves_nothing_behind() -> None:
    async def main() -> None:
        async with TaskScope() as scope:

            async def parent() -> None:
                try:
                    await asyncio.sleep(1_000)
                finally:
                    scope.spawn(asyncio.sleep(500), "born late")

            scope.spawn(parent(), "parent")
            await asyncio.sleep(1)
        assert [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []

    run_virtual(main())


def test_every_task_has_its_name() -> None:
    async def main() -> None:
        async with TaskScope() as scope:
            scope.spawn(asyncio.sleep(9), "station post-1")
            assert "station post-1" in {task.get_name() for task in asyncio.all_tasks()}

    run_virtual(main())


def test_finished_carries_its_work_to_the_end_and_only_then_is_cancelled() -> None:
    done: list[float] = []

    async def send() -> str:
        await asyncio.sleep(5)
        done.append(asyncio.get_running_loop().time())
        return "answer"

    async def main() -> None:
        task = asyncio.create_task(finished(send()))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == [5]

    run_virtual(main())


def test_finished_is_not_cut_short_by_a_second_cancel() -> None:
    done: list[float] = []

    async def send() -> None:
        await asyncio.sleep(5)
        done.append(asyncio.get_running_loop().time())

    async def main() -> None:
        task = asyncio.create_task(finished(send()))
        for _ in range(3):
            await asyncio.sleep(1)
            task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == [5]

    run_virtual(main())


def test_finished_hands_on_result_and_failure() -> None:
    async def fails() -> None:
        await asyncio.sleep(1)
        raise OSError("the disk refused")

    async def main() -> None:
        assert await finished(asyncio.sleep(1, "answer")) == "answer"
        with pytest.raises(OSError, match="refused"):
            await finished(fails())
        task = asyncio.create_task(finished(fails()))
        await asyncio.sleep(0.5)
        task.cancel()
        with pytest.raises(OSError, match="refused"):
            await task

    run_virtual(main())


def test_first_gives_the_first_and_ends_the_others() -> None:
    async def main() -> None:
        began = asyncio.get_running_loop().time()
        assert await first(asyncio.sleep(9, "slow"), asyncio.sleep(2, "quick")) == (1, "quick")
        assert asyncio.get_running_loop().time() == began + 2
        assert len(asyncio.all_tasks()) == 1
        assert await first(asyncio.sleep(1, "a"), asyncio.sleep(1, "b")) == (0, "a")

    run_virtual(main())


def test_first_loses_nothing_that_was_put_into_a_queue_meanwhile() -> None:
    async def main() -> None:
        queue: asyncio.Queue[int] = asyncio.Queue()
        got: list[int] = []

        async def put() -> None:
            for number in range(100):
                await asyncio.sleep(1)
                queue.put_nowait(number)

        putting = asyncio.create_task(put())
        while len(got) < 100:
            which, value = await first(queue.get(), asyncio.sleep(0.5))
            if which == 0:
                got.append(value)
        assert got == list(range(100))
        await putting

    run_virtual(main())


def test_first_cancelled_leaves_nothing_running() -> None:
    async def main() -> None:
        task = asyncio.create_task(first(asyncio.sleep(9), asyncio.sleep(8)))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())


def test_a_wait_for_ever_is_a_failure_and_not_a_hang() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(Deadlock):
        run_virtual(main())


def test_two_hours_of_seconds_cost_nothing() -> None:
    async def main() -> float:
        for _ in range(7_200):
            await asyncio.sleep(1)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) == 7_200


def test_a_task_that_outlives_its_owner_is_named() -> None:
    async def main() -> None:
        task = asyncio.create_task(asyncio.sleep(5), name="stray")
        assert not task.done()

    with pytest.raises(AssertionError, match="stray"):
        run_virtual(main())


def test_a_task_whose_library_swallows_a_cancellation_is_cancelled_again() -> None:
    """Else a station that is told to stop would hang for ever."""
    heard = 0

    async def deaf() -> None:
        nonlocal heard
        while heard < 2:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                heard += 1

    async def work() -> None:
        async with TaskScope() as scope:
            scope.spawn(deaf(), "deaf")
            await asyncio.sleep(1)
        assert asyncio.get_running_loop().time() < 1 + 5, "whoever waits for the end has lost patience"

    run_virtual(work())
    assert heard == 2


def test_told_to_stop_while_it_stops_the_scope_still_leaves_nothing_behind() -> None:
    """A disk refuses, everything is taken down, and at that moment somebody stops the service."""
    ended: list[str] = []

    async def settles() -> None:
        try:
            await asyncio.sleep(1_000)
        finally:
            await asyncio.sleep(3)
            ended.append("settles")

    async def fails() -> None:
        await asyncio.sleep(1)
        raise RuntimeError("the disk refused")

    async def serve() -> None:
        async with TaskScope() as scope:
            scope.spawn(settles(), "settles")
            scope.spawn(fails(), "fails")
            await scope.wait()

    async def main() -> None:
        serving = asyncio.create_task(serve())
        await asyncio.sleep(2)
        serving.cancel()
        with pytest.raises(RuntimeError, match="the disk refused"):
            await serving
        assert ended == ["settles"]
        assert len(asyncio.all_tasks()) == 1

    run_virtual(main())


def told(*words: int, work: Coroutine[Any, Any, str]) -> str:
    """`work` under an Ending that hears these words, one each time that everything rests."""

    async def main() -> str:
        ending = Ending()

        async def speak() -> None:
            for word in words:
                await asyncio.sleep(0.01)
                ending.now(word)

        speaking = asyncio.create_task(speak())
        try:
            return await ending.of(work)
        finally:
            await speaking

    return run_virtual(main())


def test_a_work_that_is_told_to_end_has_ended_and_says_by_what() -> None:
    ended = []

    async def work() -> str:
        try:
            await asyncio.sleep(3600)
        finally:
            await asyncio.sleep(5)
            ended.append("tidy")
        return "done"

    with pytest.raises(Told) as caught:
        told(signal.SIGTERM, work=work())
    assert (caught.value.number, ended) == (signal.SIGTERM, ["tidy"])


def test_a_work_that_is_done_before_it_is_told_has_its_result() -> None:
    async def work() -> str:
        return "done"

    assert told(signal.SIGTERM, work=work()) == "done"


def test_what_fails_while_a_work_is_ended_is_not_lost() -> None:
    async def work() -> str:
        try:
            await asyncio.sleep(3600)
        finally:
            raise ValueError("the journal cannot be closed")

    with pytest.raises(ValueError, match="cannot be closed"):
        told(signal.SIGINT, work=work())


def test_a_second_word_ends_a_work_that_swallowed_the_first() -> None:
    async def work() -> str:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        await asyncio.sleep(3600)
        return "done"

    with pytest.raises(Told):
        told(signal.SIGINT, signal.SIGINT, work=work())
