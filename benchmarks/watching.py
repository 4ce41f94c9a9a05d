"""What `kiosk meter watch` costs, beside bare pymodbus that asks for the same frames each second: processor and memory."""

import os
import time
from contextlib import ExitStack

from benchmarks._bench_site import child, line_of
from benchmarks._line import say
from benchmarks._meters import PROFILE
from benchmarks.at_rest import cpu_s, rss_mb

WATCHED_S = float(os.environ.get("SECONDS_WATCHED", "60"))
SETTLING_S = 5.0
HOUR_S = 3600
MOST_MB = 100

# The frames of a billing read with the profile's gaps, once a second.
BARE = """
import asyncio, sys
from pymodbus.client import AsyncModbusTcpClient
async def main():
    client = AsyncModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), retries=0)
    await client.connect()
    while True:
        for address, count in ((0x48, 4), (0x00, 6), (0x34, 2), (0x48, 4)):
            reply = await client.read_input_registers(address, count=count, device_id=1)
            await asyncio.sleep(0.06)
        print(reply.registers, flush=True)
        await asyncio.sleep(1)
asyncio.run(main())
"""


def measure(url: str) -> dict[str, float]:
    with ExitStack() as stack:
        watch = stack.enter_context(
            child("-m", "kiosk", "meter", "watch", "--json", "--profile", PROFILE, "--url", url)
        )  # fmt: skip
        bare = stack.enter_context(child("-c", BARE, url.rpartition(":")[2]))
        for running in (watch, bare):
            line_of(running)
        time.sleep(SETTLING_S)
        begin, before_s = time.monotonic(), [cpu_s(watch.pid), cpu_s(bare.pid)]
        before_mb = rss_mb(watch.pid)
        time.sleep(WATCHED_S)
        took_s = time.monotonic() - begin
        ours_s, plain_s = (cpu_s(each.pid) - earlier for each, earlier in zip((watch, bare), before_s, strict=True))
        return {
            "watched_s": round(took_s, 1),
            "rss_mb": rss_mb(watch.pid),
            "rss_grown_mb": round(rss_mb(watch.pid) - before_mb, 1),
            "bare_pymodbus_mb": rss_mb(bare.pid),
            "cpu_s": round(ours_s, 2),
            "bare_pymodbus_cpu_s": round(plain_s, 2),
            "cpu_s_an_hour_scaled": round(ours_s / took_s * HOUR_S, 1),
        }


def main() -> None:
    with child("-m", "benchmarks._meters", "1", "0") as toys:
        figures = measure(line_of(toys).split()[0])
    say("watching one meter", figures, value=figures["rss_mb"], most=MOST_MB)


if __name__ == "__main__":
    main()
