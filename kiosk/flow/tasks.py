"""One owner for every task: named, cancelled in reverse order, awaited. Nothing runs that nobody waits for."""

import asyncio
import signal
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

T = TypeVar("T")

CANCEL_AGAIN_S = 4.0  # what must not be cut short is carried by `finished`, which bears being told again


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
            try:
                await stopped(self._tasks[-1])
            except asyncio.CancelledError as again:
                told = again
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


async def stopped(task: asyncio.Future[Any]) -> None:
    """Cancel a task until it has ended; a library below it may swallow a cancellation that comes with a result.

    Whoever is cancelled while it waits here hears it when the task has ended, so that nothing is left behind.
    """
    told: asyncio.CancelledError | None = None
    while not task.done():
        task.cancel()
        told = await _wait_for(task) or told
    if not task.cancelled():
        task.exception()  # seen: asyncio would log it as never retrieved
    if told is not None:
        raise told


async def _wait_for(task: asyncio.Future[Any]) -> asyncio.CancelledError | None:
    """Until it is done or has to be cancelled again. Gives back what its caller was told meanwhile."""
    told: asyncio.CancelledError | None = None
    while True:
        try:
            await asyncio.wait({task}, timeout=CANCEL_AGAIN_S)
            return told
        except asyncio.CancelledError as again:
            told = again


class Told(Exception):
    """The work was told to end before it was done, and has ended. `number` is the signal, 0 for another reason."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Ending:
    """Lets SIGINT, SIGTERM or a call of `now` end one work; a second word cancels what its ending still waits for."""

    def __init__(self) -> None:
        self._told: list[int] = []
        self._work: asyncio.Task[Any] | None = None

    def now(self, number: int = 0) -> None:
        self._told.append(number)
        if self._work is not None:
            self._work.cancel()

    async def of(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`. Raises Told when it was ended, and whatever it raises, also while it ends."""
        loop = asyncio.get_running_loop()
        self._work = task = loop.create_task(work)
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.now, number)
        try:
            await asyncio.wait({task})
        finally:
            await stopped(task)
        if task.cancelled() and self._told:
            raise Told(self._told[0])
        return task.result()


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
        for task in tasks:
            await stopped(task)
