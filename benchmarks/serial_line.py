"""Eight meters on one RTU line at 9600 baud: how old a reading gets, beside what the line itself allows."""

import asyncio
import statistics
import time

from benchmarks._bench_site import child, line_of
from benchmarks._line import say
from benchmarks._meters import PROFILE
from kiosk.domain.energy import Reading
from kiosk.services.clock import SystemClock
from kiosk.services.meter.profile import MeterProfile
from kiosk.services.meter.reader import FOLDER, MeterReader, open_meter
from kiosk.services.modbus import catalogue
from kiosk.services.modbus.bus import Lines

METERS = 8
BAUD = 9600
ROUNDS = 8
BITS_AN_OCTET = 11
ASK_OCTETS, ANSWER_OCTETS = 8, 5  # unit, function, address, count, CRC; unit, function, length, CRC
MOST = 1.2


def limit_s(profile: MeterProfile) -> float:
    """Every octet of every frame, and the pauses that the profile asks for, with the fewest changes of unit."""
    register, others = profile.blocks_of(profile.energy[0].sum), [*profile.voltage.values, profile.power]
    frames = [*register, *profile.blocks_of(others), *register]
    octets = sum(ASK_OCTETS + ANSWER_OCTETS + 2 * profile.blocks[name].count for name in frames)
    pauses_s = profile.line.pace.gap_s * (len(frames) - 1) + profile.line.pace.unit_pause_s
    return METERS * (octets * BITS_AN_OCTET / BAUD + pauses_s)


async def measure(url: str) -> dict[str, float]:
    async with Lines() as lines:
        meters = [open_meter(lines, PROFILE, f"{url}?baud={BAUD}&unit={unit}", SystemClock().now)
                  for unit in range(1, METERS + 1)]  # fmt: skip
        await asyncio.gather(*map(_read, meters))  # proves who they are
        rounds_s = []
        for _ in range(ROUNDS):
            begin = time.perf_counter()
            await asyncio.gather(*map(_read, meters))
            rounds_s.append(time.perf_counter() - begin)
        (counts,) = lines.counts()
    refresh_s, least_s = statistics.median(rounds_s), limit_s(catalogue.load(FOLDER, PROFILE, MeterProfile))
    return {
        "meters": METERS,
        "baud": BAUD,
        "refresh_s": round(refresh_s, 2),
        "line_limit_s": round(least_s, 2),
        "ratio": round(refresh_s / least_s, 2),
        "not_answered": counts.requests - counts.answers,
    }


async def _read(meter: MeterReader) -> None:
    if not isinstance(reading := await meter.read(), Reading):
        raise RuntimeError(reading.detail)


def main() -> None:
    with child("-m", "benchmarks._meters", str(METERS), str(BAUD)) as toys:
        tty = line_of(toys).split()[2]
        figures = asyncio.run(measure(tty))
    say("eight meters on one serial line", figures, value=figures["ratio"], most=MOST)


if __name__ == "__main__":
    main()
