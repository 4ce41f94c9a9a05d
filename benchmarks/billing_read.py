"""A billing read beside the same frames with the same gaps sent by bare pymodbus, in turn, over one real socket each."""

import asyncio
import statistics
import time

from pymodbus.client import AsyncModbusTcpClient

from benchmarks._line import say
from kiosk.domain.energy import Reading
from kiosk.services.clock import SystemClock
from kiosk.services.meter.reader import open_meter
from kiosk.services.modbus.bus import Lines
from kiosk.sim.car import Car
from kiosk.sim.clock import SimClock
from kiosk.sim.post import Post
from kiosk.sim.toys import serving

ROUNDS = 40
GAP_S = 0.06
# As the profile eastron-sdm630 has them: the register, voltages and power, and the register again.
FRAMES = ((0x48, 4), (0x00, 6), (0x34, 2), (0x48, 4))


async def measure() -> dict[str, float]:
    post = Post(SimClock(), Car())
    async with serving(post) as ports, Lines() as lines:
        meter = open_meter(lines, "eastron-sdm630", f"tcp://127.0.0.1:{ports.meter}", SystemClock().now)
        bare = AsyncModbusTcpClient("127.0.0.1", port=ports.meter, retries=0)
        await bare.connect()
        await meter.read()
        ours_ms, bare_ms = [], []
        for _ in range(ROUNDS):
            await asyncio.sleep(GAP_S)
            begin = time.perf_counter()
            if not isinstance(reading := await meter.read(), Reading):
                raise RuntimeError(reading.detail)
            ours_ms.append((time.perf_counter() - begin) * 1000)
            await asyncio.sleep(GAP_S)
            begin = time.perf_counter()
            await _bare_read(bare)
            bare_ms.append((time.perf_counter() - begin) * 1000)
        bare.close()
    ours, plain = statistics.median(ours_ms), statistics.median(bare_ms)
    return {"billing_read_ms": round(ours, 2), "bare_pymodbus_ms": round(plain, 2), "ratio": round(ours / plain, 2)}


async def _bare_read(client: AsyncModbusTcpClient) -> None:
    for index, (address, count) in enumerate(FRAMES):
        if index:
            await asyncio.sleep(GAP_S)
        reply = await client.read_input_registers(address, count=count, device_id=1)
        if reply.isError():
            raise RuntimeError(str(reply))


if __name__ == "__main__":
    figures = asyncio.run(measure())
    say("billing read beside bare pymodbus", figures, value=figures["ratio"], most=1.2)
