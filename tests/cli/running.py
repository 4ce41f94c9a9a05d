"""Run `kiosk` as a person does: a process of its own, with its exit code and what it printed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def kiosk(*arguments: object, environ: dict[str, str] | None = None, timeout_s: float = 60) -> Ran:
    env = {**os.environ, "QT_QPA_PLATFORM": "offscreen", **(environ or {})}
    done = subprocess.run(
        [sys.executable, "-m", "kiosk", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
        timeout=timeout_s,
        check=False,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


@contextmanager
def serving(*arguments: object, lines: int = 1) -> Iterator[list[str]]:
    """A toy as a process of its own; yields the lines with which it says where it listens."""
    command = [sys.executable, "-m", "kiosk", *map(str, arguments)]
    env = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=env) as process:
        assert process.stdout is not None
        try:
            yield [process.stdout.readline() for _ in range(lines)]
        finally:
            process.terminate()


def write_config(folder: Path, old: str = "", new: str = "", **ports: object) -> Path:
    """docs/simulator.toml in `folder`, with its journal there; `vipps`, `meter` and `charger` name other ports."""
    text = (ROOT / "docs" / "simulator.toml").read_text("utf-8")
    text = text.replace('path = "ladekiosk-journal.sqlite3"', f'path = "{folder / "journal.sqlite3"}"')
    for name, port in (("vipps", 8100), ("meter", 8502), ("charger", 8503)):
        text = text.replace(f":{port}", f":{ports.get(name, port)}")
    assert old in text
    path = folder / "kiosk.toml"
    path.write_text(text.replace(old, new, 1) if old else text, "utf-8")
    return path
