"""From a touch of the real glass to the frame that shows its effect, beside a bare Qt Quick window touched the same way."""

import asyncio
import os
import statistics
import time
from pathlib import Path

from benchmarks._bench_site import SIZE, site
from benchmarks._line import say
from kiosk.compose import open_site
from kiosk.config import load
from kiosk.ui.app import App, run
from kiosk.ui.finger import Finger
from kiosk.ui.window import Window

ROUNDS = 13
MOST_MS = 50
PATIENCE_S = 5.0
LOOKS = 10
PAUSE_S = 0.25  # longer than a page takes to turn, so that no frame of an animation is taken for the effect's
# Once through the pages that a driver sees before paying: two languages, the holds, the terms, and back.
TAPS = ("language-en", "language-nb", "primary", "choice0", "choice1", "terms", "back", "back")
BARE = """
import QtQuick
Window {
    property int touches: 0
    Text { anchors.centerIn: parent; text: touches; font.pixelSize: 60 }
    MouseArea { objectName: "bare"; anchors.fill: parent; onPressed: touches++ }
}
"""


class BareModel:
    """A window needs a model beside its QML; the bare one has nothing to say."""

    scene = "bare"

    def rest(self) -> None: ...


async def measure(app: App, config: Path, bare_qml: Path) -> dict[str, float]:
    settings = load(config)
    async with open_site(settings) as running:
        glass = app.open_station(running.site, now=running.clock.now, size=SIZE)
        serving = asyncio.create_task(running.site.run(running.scope))
        await asyncio.sleep(1)
        bare = app.open(bare_qml, BareModel(), {}, size=SIZE)
        ours_ms, busy_ms, bare_ms = [], [], []
        for number in range(ROUNDS + 1):
            ours = [await _tap(glass, name) for name in TAPS]
            plain = [await _tap(bare, "bare") for _ in TAPS]
            if number:
                ours_ms += [took for took, _ in ours]
                busy_ms += [worked for _, worked in ours]
                bare_ms += [took for took, _ in plain]
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    return {
        "p50_ms": round(statistics.median(ours_ms), 1),
        "p99_ms": round(_p99(ours_ms), 1),
        "busy_p50_ms": round(statistics.median(busy_ms), 1),
        "busy_p99_ms": round(_p99(busy_ms), 1),
        "bare_p50_ms": round(statistics.median(bare_ms), 1),
        "bare_p99_ms": round(_p99(bare_ms), 1),
        "ratio_p99": round(_p99(ours_ms) / _p99(bare_ms), 2),
        "taps": len(ours_ms),
    }


async def _tap(window: Window, name: str) -> tuple[float, float]:
    """Milliseconds from just before the touch to the first frame that is drawn after its effect, and of them those that
    this thread worked: what is left of a slow touch when other work on the machine is taken away.

    The effect happens within the touch, so a frame counts only once the touch has been delivered.
    """
    finger, swapped = Finger(window), asyncio.Event()
    await asyncio.sleep(PAUSE_S)
    for _ in range(LOOKS):
        if finger.find(name) is not None:
            break
        await asyncio.sleep(PAUSE_S)
    async with asyncio.timeout(PATIENCE_S):
        begin, worked = time.perf_counter(), time.thread_time()
        await finger.tap(name, hold_s=0)
        window.view.frameSwapped.connect(swapped.set)
        try:
            await swapped.wait()
            return (time.perf_counter() - begin) * 1000, (time.thread_time() - worked) * 1000
        finally:
            window.view.frameSwapped.disconnect(swapped.set)


def _p99(times_ms: list[float]) -> float:
    return statistics.quantiles(times_ms, n=100)[98]


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found: list[dict[str, float]] = []

    async def work(app: App) -> int:
        found.append(await measure(app, config, bare_qml))
        return 0

    with site() as config:
        bare_qml = config.with_name("Bare.qml")
        bare_qml.write_text(BARE, "utf-8")
        run(work)
    say("from touch to frame", found[0], value=found[0]["p99_ms"], most=MOST_MS)


if __name__ == "__main__":
    main()
