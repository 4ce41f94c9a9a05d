"""The simulator's socket: uvicorn inside this event loop, quiet, and able to hang up on a client without a word."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from kiosk.sim.clock import SimClock
from kiosk.sim.faults import ConnectionLost
from kiosk.sim.vipps.app import Simulator, create_app
from kiosk.sim.vipps.rules import Market

log = logging.getLogger(__name__)


def say(sentence: str) -> None:
    print(sentence, flush=True)


class QuietServer(uvicorn.Server):
    """Leaves the process's signals to whoever runs the simulator."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HangUp:
    """Turns ConnectionLost into what it means on a socket. uvicorn itself would answer 500."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.server: uvicorn.Server | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
            return
        except ConnectionLost:
            pass
        except Exception:
            # A bug of the simulator must be seen, and must not look like an answer of Vipps.
            log.exception("The Vipps simulator failed on %s %s.", scope["method"], scope["path"])
        self._abort(scope["client"])
        # Wait for the end of the connection: returning before it would let uvicorn answer after all.
        while (await receive())["type"] != "http.disconnect":
            pass

    def _abort(self, client: tuple[str, int] | None) -> None:
        if self.server is None:
            return
        for connection in self.server.server_state.connections:
            transport = getattr(connection, "transport", None)
            if transport is not None and transport.get_extra_info("peername") == client:
                transport.abort()


@asynccontextmanager
async def serving(app: Simulator, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """The base URL, while it serves. A busy port is an OSError that says so."""
    bound = _bind(host, port)
    hang_up = HangUp(app)
    config = uvicorn.Config(
        hang_up, lifespan="off", ws="none", log_config=None, log_level="critical", access_log=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    hang_up.server = server = QuietServer(config)
    task = asyncio.create_task(server.serve(sockets=[bound]), name="vipps simulator")
    try:
        yield f"http://{host}:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def run(
    port: int,
    *,
    market: Market = "NOK",
    rate: float = 1.0,
    seed: int = 0,
    host: str = "127.0.0.1",
    announce: Callable[[str], None] = say,
) -> None:
    """`kiosk sim vipps`: serve until cancelled. A busy port is an OSError that says so."""
    app = create_app(SimClock(rate=rate), market=market, seed=seed)
    async with serving(app, host, port) as base_url:
        announce(f"Vipps on {base_url}, phone at {base_url}/_sim/phone")
        await asyncio.Event().wait()


def _bind(host: str, port: int) -> socket.socket:
    try:
        bound = socket.create_server((host, port))
        # Inherited by what is accepted: asyncio sets it only on sockets that were made for TCP by number, and without
        # it every answer waits 40 ms for an acknowledgement.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return bound
    except OSError as error:
        raise OSError(
            f"Port {port} on {host} cannot be opened ({error.strerror}). Free it, or name another."
        ) from error
