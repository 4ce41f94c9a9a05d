"""How long it takes to find the meters of an RTU line at 9600 baud with 32 unit ids: one meter, and 32 of them."""

import asyncio
import time

from benchmarks._bench_site import child, line_of
from benchmarks._line import say
from benchmarks._meters import PROFILE
from kiosk.services.clock import SystemClock
from kiosk.services.meter import ways
from kiosk.services.meter.detect import Search, meter_profiles

BAUD = 9600
IDS = 32
MOST_S = 120.0


async def find(tty: str) -> tuple[int, float]:
    profiles = meter_profiles()
    search = Search(profiles, range(1, IDS + 1), SystemClock().now, lambda _: None)
    begin = time.perf_counter()
    report = await search.run(ways.ways(tty, profiles), within_s=600)
    took_s = time.perf_counter() - begin
    fitting = [found for found in report.found if PROFILE in [fit.profile for fit in found.fits]]
    return len(fitting), took_s


def main() -> None:
    figures: dict[str, float] = {"ids": IDS, "profiles": len(meter_profiles())}
    for meters in (1, IDS):
        with child("-m", "benchmarks._meters", str(meters), str(BAUD)) as toys:
            found, took_s = asyncio.run(find(line_of(toys).split()[2]))
        if found != meters:
            raise RuntimeError(f"{found} of {meters} meters were found")
        figures[f"{meters}_of_them_s"] = round(took_s, 1)
    say("finding meters on a line of 32 ids", figures, value=figures[f"{IDS}_of_them_s"], most=MOST_S)


if __name__ == "__main__":
    main()
