"""The toys' admin door: see the post, plug a car, switch faults, turn the clock. `/_sim` over HTTP."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import asdict, fields, replace

import uvicorn
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from kiosk.sim.car import Car, car_from_seed
from kiosk.sim.line_faults import LineFaults
from kiosk.sim.post import Post, PostFaults

CAR = TypeAdapter(Car)
LINE_FAULTS = TypeAdapter(LineFaults)
POST_FAULTS = TypeAdapter(PostFaults)


class Rate(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rate: float = Field(gt=0, le=100_000)


class MeterWork(BaseModel):
    """What somebody does to the meter itself: `reset` to 0, loading a register, hanging up another meter."""

    reset: bool = False
    replaced: bool = False
    register_wh: int | None = Field(default=None, ge=0)


def door(post: Post, profile: str, line: LineFaults) -> Starlette:
    """`GET /_sim`, `POST /_sim/car`, `POST /_sim/faults`, `PUT /_sim/clock`; each answers with the post's state."""

    def state() -> JSONResponse:
        return JSONResponse(describe(post, profile, line))

    async def show(_request: Request) -> JSONResponse:
        return state()

    async def car(request: Request) -> JSONResponse:
        wishes = await _body(request)
        if not wishes.pop("plug", True):
            post.unplug()
            return state()
        seed = wishes.pop("seed", None)
        start = Car() if seed is None else replace(car_from_seed(int(str(seed))), plugs_in_after_s=0)
        post.plug(CAR.validate_python(asdict(start) | _known(wishes, _names(Car) | {"seed"})))
        return state()

    async def faults(request: Request) -> JSONResponse:
        wishes = _known(await _body(request), _names(LineFaults) | _names(PostFaults) | set(MeterWork.model_fields))
        new_line = LINE_FAULTS.validate_python(asdict(line) | _only(wishes, _names(LineFaults)))
        new_post = POST_FAULTS.validate_python(asdict(post.faults) | _only(wishes, _names(PostFaults)))
        work = MeterWork.model_validate(_only(wishes, set(MeterWork.model_fields)))
        for name, value in asdict(new_line).items():
            setattr(line, name, value)
        post.fail(new_post)
        _do(post, work)
        return state()

    async def clock(request: Request) -> JSONResponse:
        post.advance()
        post.clock.set_rate(Rate.model_validate(await _body(request)).rate)
        return state()

    return Starlette(
        routes=[
            Route("/_sim", show),
            Route("/_sim/car", _guarded(car), methods=["POST"]),
            Route("/_sim/faults", _guarded(faults), methods=["POST"]),
            Route("/_sim/clock", _guarded(clock), methods=["PUT"]),
        ]
    )


def describe(post: Post, profile: str, line: LineFaults) -> dict[str, object]:
    post.advance()
    return {
        "profile": profile,
        "serial": post.counter.serial,
        "register_wh": post.counter.import_wh,
        "export_wh": post.counter.export_wh,
        "power_w": post.power_w,
        "pilot": post.pilot,
        "contactor": "closed" if post.contactor_closed else "open",
        "enabled": post.enabled,
        "offered_ma": post.offered_ma,
        "failsafe": post.tripped,
        "car": asdict(post.car) | {"plugged": post.plugged, "taken_wh": post.taken_wh} if post.car else None,
        "faults": asdict(line) | asdict(post.faults),
        "clock": {"utc_ms": post.clock.utc_ms(), "rate": post.clock.rate},
    }


def _do(post: Post, work: MeterWork) -> None:
    if work.replaced:
        post.replace_meter()
    if work.reset:
        post.set_register_wh(0)
    if work.register_wh is not None:
        post.set_register_wh(work.register_wh)


def _guarded(endpoint: Callable[[Request], Awaitable[JSONResponse]]) -> Callable[[Request], Awaitable[JSONResponse]]:
    async def guarded(request: Request) -> JSONResponse:
        try:
            return await endpoint(request)
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()]
            return JSONResponse({"error": "; ".join(wrong)}, status_code=400)
        except ValueError as error:
            return JSONResponse({"error": str(error)}, status_code=400)

    return guarded


async def _body(request: Request) -> dict[str, object]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise ValueError("The body is not JSON. Send an object, such as {}.") from None
    if not isinstance(body, dict):
        raise ValueError("The body is not a JSON object. Send one, such as {}.")
    return body


def _names(dataclass: type[Car] | type[LineFaults] | type[PostFaults]) -> set[str]:
    return {each.name for each in fields(dataclass)}


def _known(wishes: dict[str, object], names: set[str]) -> dict[str, object]:
    if strangers := sorted(set(wishes) - names):
        raise ValueError(f"Unknown here: {', '.join(strangers)}. Known: {', '.join(sorted(names))}.")
    return wishes


def _only(wishes: dict[str, object], names: set[str]) -> dict[str, object]:
    return {name: value for name, value in wishes.items() if name in names}


class _QuietServer(uvicorn.Server):
    """Leaves the process's signals to whoever runs the toys."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving_door(app: Starlette, host: str = "127.0.0.1") -> AsyncIterator[int]:
    """The port of the door, chosen by the system; people reach it through the toy's own port."""
    bound = socket.create_server((host, 0))
    config = uvicorn.Config(app, lifespan="off", ws="none", log_config=None, log_level="warning", access_log=False)
    server = _QuietServer(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        yield int(bound.getsockname()[1])
    finally:
        server.should_exit = True
        await task


async def pass_on(opening: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    """Carry an HTTP conversation that came in at a Modbus port to the door at `port`."""
    door_reader, door_writer = await asyncio.open_connection("127.0.0.1", port)
    door_writer.write(opening)
    inward = asyncio.create_task(_pump(reader, door_writer))
    try:
        await _pump(door_reader, writer)
    finally:
        inward.cancel()
        with suppress(asyncio.CancelledError):
            await inward
        door_writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while octets := await reader.read(4096):
            writer.write(octets)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
