"""A site of one station on this machine, with its simulators in processes of their own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Timer

ROOT = Path(__file__).parents[1]
SIZE = (1280, 800)
PATIENCE_S = 30.0
OFFSCREEN = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_QUICK_BACKEND": "software", "PYTHONUNBUFFERED": "1"}


def station_command(config: Path) -> list[str]:
    return ["station", "--config", str(config), "--size", f"{SIZE[0]}x{SIZE[1]}"]


@contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A Python process that is ended with its block; what it prints can be read line by line."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=OFFSCREEN
    ) as running:
        try:
            yield running
        finally:
            running.kill()  # at once: nothing of it is wanted any more


def line_of(running: subprocess.Popen[str]) -> str:
    """The next line that it says; one that says nothing for too long is ended, and that is an error."""
    assert running.stdout is not None
    impatience = Timer(PATIENCE_S, running.kill)
    impatience.start()
    text = running.stdout.readline().strip()
    impatience.cancel()
    if not text:
        raise RuntimeError(f"{running.args!r} ended without saying what was asked of it.")
    return text


@contextmanager
def site() -> Iterator[Path]:
    """The settings file of a site whose simulators run."""
    with ExitStack() as stack:
        vipps = stack.enter_context(child("-m", "kiosk", "sim", "vipps", "--port", "0"))
        post = stack.enter_context(child("-m", "kiosk", "sim", "post", "--meter-port", "0", "--charger-port", "0"))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=ROOT)))
        text = (ROOT / "docs" / "simulator.toml").read_text("utf-8")
        text = text.replace("ladekiosk-journal.sqlite3", str(folder / "journal.sqlite3"))
        for port, said in ((8100, line_of(vipps)), (8502, line_of(post)), (8503, line_of(post))):
            text = text.replace(f":{port}", f":{said.partition(',')[0].rpartition(':')[2]}")
        config = folder / "kiosk.toml"
        config.write_text(text, "utf-8")
        yield config
