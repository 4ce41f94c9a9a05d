"""From the start of the process to the first frame, beside an empty Qt Quick window: whole processes, in turn, warm."""

import statistics
import time
from pathlib import Path

from benchmarks._bench_site import SIZE, child, line_of, site, station_command
from benchmarks._line import say

ROUNDS = 9
MOST = 1.5


def measure(config: Path) -> dict[str, float]:
    station = ("-m", "benchmarks._kiosk_frames", *station_command(config))
    empty = ("-m", "benchmarks._empty_window", *map(str, SIZE))
    frames = [[*_seconds(station, 2), *_seconds(empty, 1)] for _ in range(ROUNDS + 1)]
    first_ms, price_ms, empty_ms = (statistics.median(column) * 1000 for column in zip(*frames[1:], strict=True))
    return {
        "first_frame_ms": round(first_ms),
        "empty_window_ms": round(empty_ms),
        "ratio": round(first_ms / empty_ms, 2),
        "price_ms": round(price_ms),
    }


def _seconds(arguments: tuple[str, ...], lines: int) -> list[float]:
    """How long after the start of the process each of its first lines was said; each carries its own instant."""
    begin = time.monotonic()
    with child(*arguments) as running:
        return [float(line_of(running).split()[1]) - begin for _ in range(lines)]


if __name__ == "__main__":
    with site() as config:
        figures = measure(config)
    say("first frame beside an empty Qt Quick window", figures, value=figures["ratio"], most=MOST)
