"""One life of the kiosk's process. When it ends, nothing of it reaches the world any more, not even a `finally`."""

import asyncio


class PowerCut(BaseException):
    """Not an Exception: nothing may catch it and go on."""


class Power:
    """Every port of one life waits and asks here."""

    def __init__(self) -> None:
        self.off = False
        self.gone = asyncio.Event()
        self._waiting: dict[asyncio.Future[None], None] = {}

    def cut(self) -> None:
        """Ends this life from inside one of its ports."""
        self.end()
        raise PowerCut

    def end(self) -> None:
        """Ends this life from outside: whoever waits hears it now, without any time passing."""
        self.off = True
        self.gone.set()
        for future in self._waiting:
            if not future.done():
                future.set_exception(PowerCut())

    def check(self) -> None:
        if self.off:
            raise PowerCut

    async def wait(self, seconds: float) -> None:
        """Let time pass in this life."""
        self.check()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        timer = loop.call_later(seconds, _over, future)
        self._waiting[future] = None
        try:
            await future
        finally:
            timer.cancel()
            del self._waiting[future]
        self.check()


def _over(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
