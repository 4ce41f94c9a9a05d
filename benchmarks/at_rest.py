"""What a station with its screen costs while nobody is there, beside an empty Qt Quick window: memory and processor."""

import os
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks._bench_site import SIZE, child, line_of, site, station_command
from benchmarks._line import say

WATCHED_S = float(os.environ.get("SECONDS_AT_REST", "15"))
SETTLING_S = 5.0
MOST_RSS_MB = 135
MOST_IDLE_PERCENT = 2.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def measure(config: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Both stand side by side and are watched over the same seconds. The simulators are processes of their own."""
    with ExitStack() as stack:
        station = stack.enter_context(child("-m", "benchmarks._kiosk_frames", *station_command(config)))
        empty = stack.enter_context(child("-m", "benchmarks._empty_window", *map(str, SIZE)))
        for running, lines in ((station, 2), (empty, 1)):
            for _ in range(lines):
                line_of(running)
        time.sleep(SETTLING_S)
        begin, before = time.monotonic(), (cpu_s(station.pid), cpu_s(empty.pid))
        time.sleep(WATCHED_S)
        took_s, after = time.monotonic() - begin, (cpu_s(station.pid), cpu_s(empty.pid))
        ours, plain = ((later - earlier) / took_s * 100 for earlier, later in zip(before, after, strict=True))
        ours_mb, plain_mb = rss_mb(station.pid), rss_mb(empty.pid)
    memory = {"rss_mb": ours_mb, "empty_window_mb": plain_mb, "ratio": round(ours_mb / plain_mb, 2)}
    idle = {"idle_percent": round(ours, 2), "empty_window_percent": round(plain, 2), "watched_s": round(took_s, 1)}
    return memory, idle


def cpu_s(pid: int) -> float:
    """User and system time of all threads; fields 14 and 15 of /proc/PID/stat, after the name in parentheses."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def rss_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    kb = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return round(kb * 1024 / 1e6, 1)


def main() -> None:
    with site() as config:
        memory, idle = measure(config)
    say("memory of a station with its screen", memory, value=memory["rss_mb"], most=MOST_RSS_MB)
    say("processor of a station at rest", idle, value=idle["idle_percent"], most=MOST_IDLE_PERCENT)


if __name__ == "__main__":
    main()
