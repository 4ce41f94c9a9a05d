"""One owner for every task: named, cancelled in reverse order, awaited. Nothing runs that nobody waits for."""

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")

CANCEL_AGAIN_S = 30.0  # longer than any send on its way may take


class TaskScope:
    """Owns its tasks from `async with` to its end. The first that fails ends `wait()` with its exception."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []
        self._failed: asyncio.Future[None] | None = None

    async def __aenter__(self) -> "TaskScope":
        self._failed = asyncio.get_running_loop().create_future()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        told: asyncio.CancelledError | None = None
        while self._tasks:  # a task may give birth to another while it ends
            task = self._tasks[-1]
            while not task.done():  # a library below may have swallowed a cancellation: say it again
                task.cancel()
                told = await _wait_for(task) or told
            await asyncio.sleep(0)
        if told is not None and error is None:
            raise told
        if self._failed is not None and self._failed.done() and not self._failed.cancelled() and error is None:
            self._failed.result()

    def spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    async def wait(self) -> None:
        """Until a task fails; raises what it raised."""
        if self._failed is not None:
            await asyncio.shield(self._failed)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.remove(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        if self._failed is not None and not self._failed.done():
            self._failed.set_exception(error)
            self._failed.exception()  # seen: it is raised by wait() or when the scope ends


async def _wait_for(task: asyncio.Task[None]) -> asyncio.CancelledError | None:
    """Until it is done or has to be cancelled again. Whoever is told to stop meanwhile leaves nothing behind all the same."""
    told: asyncio.CancelledError | None = None
    while True:
        try:
            await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)
            return told
        except asyncio.CancelledError as again:
            told = again


async def finished(work: Coroutine[Any, Any, T]) -> T:
    """Carry `work` to its end even if the caller is cancelled meanwhile, and only then be cancelled.

    For a send with the commits around it: half of it must never be all of it.
    """
    task = asyncio.get_running_loop().create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():  # also when cancelled again
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error from None
        raise


async def first(*works: Awaitable[Any]) -> tuple[int, Any]:
    """The index and result of the first to finish; the others are cancelled and awaited."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for index, task in enumerate(tasks):
            if task.done():
                return index, task.result()
        raise AssertionError("wait() returned although nothing was done")
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
