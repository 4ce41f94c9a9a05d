"""Calls a minute: 5 of each change and 120 of each read, for each reference (vipps FACTS section 5)."""

from collections import defaultdict, deque

CHANGES_PER_MINUTE = 5
READS_PER_MINUTE = 120
WINDOW_MS = 60_000


class Limits:
    def __init__(self) -> None:
        self._calls: defaultdict[tuple[str, str], deque[int]] = defaultdict(deque)

    def wait_s(self, operation: str, reference: str, now_ms: int) -> int:
        """Count this call, and 0; or do not count it, and the seconds until one is free."""
        calls = self._calls[operation, reference]
        while calls and now_ms - calls[0] >= WINDOW_MS:
            calls.popleft()
        if len(calls) >= (READS_PER_MINUTE if operation in {"get", "events"} else CHANGES_PER_MINUTE):
            return -(-(calls[0] + WINDOW_MS - now_ms) // 1000)
        calls.append(now_ms)
        return 0
