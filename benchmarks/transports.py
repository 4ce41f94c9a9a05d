"""Questions per second and the slowest hundredth on each transport, beside bare pymodbus, in turn, without gaps."""

import asyncio
import logging
import statistics
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from pymodbus import FramerType
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient

from benchmarks._bench_site import child, line_of
from benchmarks._line import say
from kiosk.services.modbus.bus import Lines
from kiosk.services.modbus.line import Pace
from kiosk.services.modbus.url import Serial, parse

ROUNDS = 20
IN_A_ROW = 50
NO_GAP = Pace(timeout_s=3, gap_s=0, unit_pause_s=0, connect_delay_s=0)
MOST = 1.5


async def measure(url: str) -> dict[str, float]:
    bare = _bare(url)
    await bare.connect()
    async with Lines() as lines:
        device = lines.device(parse(url, 1, Serial()), NO_GAP)

        async def ask_bare() -> None:
            if (reply := await bare.read_input_registers(0, count=6, device_id=1)).isError():
                raise RuntimeError(str(reply))

        async def ask_ours() -> None:
            await device.read(4, 0, 6)

        # A tty has one owner at a time, so that both can only take turns by opening it anew.
        serial = urlsplit(url).scheme == "rtu"
        if serial:
            bare.close()
        ours_ms: list[float] = []
        bare_ms: list[float] = []
        for number in range(ROUNDS):
            for ours in (number % 2 == 0, number % 2 != 0):
                if serial:
                    await _change_owner(lines, bare, ours=ours)
                await _row(ask_ours if ours else ask_bare, ours_ms if ours else bare_ms)
    bare.close()
    return {
        "per_second": round(1000 / statistics.fmean(ours_ms)),
        "p99_ms": round(statistics.quantiles(ours_ms, n=100)[98], 2),
        "bare_pymodbus_per_second": round(1000 / statistics.fmean(bare_ms)),
        "bare_pymodbus_p99_ms": round(statistics.quantiles(bare_ms, n=100)[98], 2),
        "ratio": round(statistics.median(ours_ms) / statistics.median(bare_ms), 2),
    }


async def _row(ask: Callable[[], Awaitable[None]], took_ms: list[float]) -> None:
    await ask()  # the first one opens the line
    for _ in range(IN_A_ROW):
        begin = time.perf_counter()
        await ask()
        took_ms.append((time.perf_counter() - begin) * 1000)


async def _change_owner(lines: Lines, bare: AsyncModbusTcpClient | AsyncModbusSerialClient, *, ours: bool) -> None:
    bare.close()
    for _, line in lines._lines.values():  # noqa: SLF001 (nobody else needs to let go of a line)
        line._wire.close()  # noqa: SLF001
    if not ours:
        await bare.connect()


def _bare(url: str) -> AsyncModbusTcpClient | AsyncModbusSerialClient:
    parts = urlsplit(url)
    if parts.scheme == "rtu":
        return AsyncModbusSerialClient(parts.path, baudrate=9600, retries=0, reconnect_delay=0)
    framer = FramerType.RTU if parts.scheme == "rtutcp" else FramerType.SOCKET
    return AsyncModbusTcpClient(
        str(parts.hostname), port=parts.port or 502, framer=framer, retries=0, reconnect_delay=0
    )


def main() -> None:
    logging.disable()
    with child("-m", "benchmarks._meters", "1", "0") as toys:
        for url in line_of(toys).split():
            figures = asyncio.run(measure(url))
            say(f"questions over {urlsplit(url).scheme}", figures, value=figures["ratio"], most=MOST)


if __name__ == "__main__":
    main()
