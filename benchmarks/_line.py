"""One line of JSON a benchmark: the figures, what they are measured against, and whether the target was met."""

import json
from datetime import UTC, datetime


def say(benchmark: str, figures: dict[str, float], *, value: float, most: float) -> None:
    """`value` is what has to be at most `most`. A missed target is said, and is no failure of the run."""
    verdict = "met" if value <= most else "missed"
    day = datetime.now(UTC).date().isoformat()
    print(json.dumps({"benchmark": benchmark, **figures, "target": most, "verdict": verdict, "day": day}), flush=True)
