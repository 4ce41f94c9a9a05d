"""Over a real socket: what no in-process line can show. Every deadline here is real time, and short."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from kiosk.domain.fault import Fault
from kiosk.domain.outcome import Done, InDoubt
from kiosk.services.vipps import Timing, Vipps, VippsSettings, open_vipps
from kiosk.sim.clock import SimClock
from kiosk.sim.faults import Fault as Broken
from kiosk.sim.vipps import Simulator, create_app, serving
from tests.services.vipps.script import KEY, QUICK, REFERENCE, nok

TEXT = "BLUE MOOSE · Ladepost 1. Stop code 1234."
SHORT = Timing(connect_s=1.0, attempt_s=1.0, total_s=1.5, read_pauses_s=())

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def simulated(timing: Timing = QUICK) -> AsyncIterator[tuple[Vipps, Simulator]]:
    clock = SimClock()
    app = create_app(clock)
    async with (
        serving(app) as base_url,
        open_vipps(VippsSettings.simulator(base_url, timing), lambda: clock.utc_ms() / 1000) as vipps,
    ):
        yield vipps, app


@asynccontextmanager
async def server(talk: Talk) -> AsyncIterator[str]:
    talking: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talking.add(task)
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    running = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with running:
        yield f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
        for task in talking:
            task.cancel()
        await asyncio.gather(*talking, return_exceptions=True)


@asynccontextmanager
async def speaking_to(base_url: str, timing: Timing = SHORT) -> AsyncIterator[Vipps]:
    async with open_vipps(VippsSettings.simulator(base_url, timing), lambda: 1_795_000_000.0) as vipps:
        yield vipps


def breaks(app: Simulator, **fault: object) -> None:
    app.wire.plan.add(Broken.model_validate(fault))


async def test_a_whole_payment_goes_over_a_socket() -> None:
    async with simulated() as (vipps, app):
        created = await vipps.payments.create(REFERENCE, nok(35000), KEY, TEXT)
        assert isinstance(created, Done)
        assert created.value.image_png is not None
        app.unit.payment(REFERENCE).approve(app.unit.now_ms())
        assert isinstance(await vipps.payments.capture(REFERENCE, nok(100), KEY[:-1] + "2"), Done)


async def test_an_answer_lost_on_the_way_is_in_doubt_and_the_same_key_finds_it() -> None:
    async with simulated() as (vipps, app):
        await vipps.payments.create(REFERENCE, nok(35000), KEY, TEXT)
        app.unit.payment(REFERENCE).approve(app.unit.now_ms())
        breaks(app, kind="lose-answer", operation="capture")

        lost = await vipps.payments.capture(REFERENCE, nok(100), KEY[:-1] + "2")
        assert isinstance(lost, InDoubt)
        assert lost.trouble.fault is Fault.NETWORK_AWAY
        found = await vipps.payments.capture(REFERENCE, nok(100), KEY[:-1] + "2")
        assert isinstance(found, Done)
        assert found.value.captured == nok(100)


async def test_answers_that_drip_byte_by_byte_are_given_up_and_leave_the_line_free() -> None:
    """httpx's own time-outs never fire here: each byte starts them anew."""
    async with simulated(SHORT) as (vipps, app):
        assert isinstance(await vipps.check_keys(), Done)
        assert await vipps.payments.look(REFERENCE) == Done(None)
        breaks(app, kind="slow", operation="get", count=6, delay_s=0.05)

        began_s = asyncio.get_running_loop().time()
        outcomes = await asyncio.gather(*(vipps.payments.look(f"{REFERENCE}-{n}") for n in range(4)))
        assert asyncio.get_running_loop().time() - began_s < 4
        assert [type(one) for one in outcomes] == [InDoubt] * 4
        app.wire.plan.clear()
        assert await vipps.payments.look(REFERENCE) == Done(None)


async def test_headers_that_drip_are_given_up_too() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for octet in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 10_000:
            writer.write(bytes([octet]))
            await writer.drain()
            await asyncio.sleep(0.02)

    async with server(drip) as base_url, speaking_to(base_url) as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is Fault.NETWORK_AWAY
    assert "within 1 s" in outcome.trouble.detail


async def test_callers_who_leave_do_not_use_up_the_connections() -> None:
    async with simulated() as (vipps, app):
        assert await vipps.payments.look(REFERENCE) == Done(None)
        breaks(app, kind="late-answer", operation="get", count=12, delay_s=30)
        callers = [asyncio.create_task(vipps.payments.look(f"{REFERENCE}-{n}")) for n in range(12)]
        while sum(1 for one in app.wire.arrivals if one.faults) < 4:  # noqa: ASYNC110  a real socket gives no event
            await asyncio.sleep(0.005)
        for caller in callers:
            caller.cancel()
        await asyncio.gather(*callers, return_exceptions=True)
        app.wire.plan.clear()
        assert await vipps.payments.look(REFERENCE) == Done(None)


async def test_no_more_than_four_calls_are_on_the_line_at_once() -> None:
    open_now, most = 0, 0

    async def count(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.02)
        writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        open_now -= 1

    async with server(count) as base_url, speaking_to(base_url, QUICK) as vipps:
        await asyncio.gather(*(vipps.client.fetch(f"{base_url}/{n}") for n in range(12)), return_exceptions=True)

    assert most == 4


async def test_a_page_of_somebody_else_is_no_success() -> None:
    async def portal(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        page = b"<html><title>Hotel Wi-Fi</title>Please log in</html>"
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(page)}\r\n\r\n"
        writer.write(head.encode() + page)
        await writer.drain()

    async with server(portal) as base_url, speaking_to(base_url) as vipps:
        looked = await vipps.payments.look(REFERENCE)
        captured = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(looked, InDoubt)
    assert isinstance(captured, InDoubt)


async def test_a_redirect_is_an_error_and_our_keys_do_not_travel_with_it() -> None:
    reached: list[bytes] = []

    async def elsewhere(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        reached.append(b"somebody came")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        await writer.drain()

    async with server(elsewhere) as other:

        async def redirect(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(f"HTTP/1.1 307 T\r\nLocation: {other}/\r\nContent-Length: 0\r\n\r\n".encode())
            await writer.drain()

        async with server(redirect) as base_url, speaking_to(base_url) as vipps:
            outcomes = [
                await vipps.payments.look(REFERENCE),
                await vipps.payments.capture(REFERENCE, nok(100), KEY),
                await vipps.check_keys(),
            ]

    assert all(isinstance(one, InDoubt) and one.trouble.fault is Fault.NETWORK_AWAY for one in outcomes)
    assert reached == []


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00\xff garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    ],
)
async def test_an_answer_that_is_broken_on_the_line_is_in_doubt(answer: bytes) -> None:
    async def broken(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    async with server(broken) as base_url, speaking_to(base_url) as vipps:
        outcome = await vipps.payments.capture(REFERENCE, nok(100), KEY)

    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is Fault.NETWORK_AWAY


async def test_a_proxy_of_the_environment_is_not_asked_about_a_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with simulated() as (vipps, _):
        assert await vipps.payments.look(REFERENCE) == Done(None)


async def test_a_port_where_nobody_listens_is_a_network_that_is_away() -> None:
    async with server(lambda *_: asyncio.sleep(0)) as base_url:
        pass
    async with speaking_to(base_url) as vipps:
        outcome = await vipps.payments.look(REFERENCE)

    assert isinstance(outcome, InDoubt)
    assert outcome.trouble.fault is Fault.NETWORK_AWAY
