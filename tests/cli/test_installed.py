"""Installed from a source archive by way of a wheel, the program brings everything along that is no code."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.running import ROOT, Ran, write_config

PIP = [sys.executable, "-m", "pip", "-q", "--no-input", "--disable-pip-version-check"]
OFFLINE = ["--no-deps", "--no-index"]
SDIST = "import setuptools.build_meta as backend, sys; backend.build_sdist(sys.argv[1])"
PATIENCE_S = 60


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program and nothing of this repository."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    source.mkdir()
    for name in ("kiosk", "resources"):
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    ran([sys.executable, "-c", SDIST, str(folder)], source)
    (archive,) = folder.glob("*.tar.gz")
    shutil.rmtree(source)
    ran([*PIP, "wheel", *OFFLINE, "--no-build-isolation", "-w", str(folder), str(archive)], folder)
    (wheel,) = folder.glob("*.whl")
    ran([*PIP, "install", *OFFLINE, "--target", str(folder / "program"), str(wheel)], folder)
    return folder / "program"


def ran(command: list[str], folder: Path, environ: dict[str, str] | None = None) -> Ran:
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def environ(installed: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(installed), "PYTHONUNBUFFERED": "1"}


def python(installed: Path, folder: Path, *words: object) -> Ran:
    return ran([sys.executable, *map(str, words)], folder, environ(installed))


@contextmanager
def serving(installed: Path, folder: Path, *words: str) -> Iterator[str]:
    """The first line of a program that serves."""
    command = [sys.executable, "-m", "kiosk", *words]
    with subprocess.Popen(command, cwd=folder, env=environ(installed), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline()
        finally:
            process.terminate()
    assert process.returncode == 0


def test_the_program_runs_from_where_it_was_installed(installed: Path, tmp_path: Path) -> None:
    assert python(installed, tmp_path, "-c", "import kiosk; print(kiosk.__file__)").out.startswith(str(installed))
    assert "station" in python(installed, tmp_path, "-m", "kiosk", "--help").out


def test_a_meter_is_read_and_a_simulator_answers(installed: Path, tmp_path: Path) -> None:
    with serving(installed, tmp_path, "sim", "vipps", "--port", "0") as line:
        config = write_config(tmp_path, vipps=line.split(":")[2].split(",")[0])
        assert "keys are right" in python(installed, tmp_path, "-m", "kiosk", "vipps", "token", "--config", config).out
    with serving(installed, tmp_path, "sim", "meter", "--port", "0") as line:
        url = line.split(" on ")[1].split(",")[0]
        words = ("-m", "kiosk", "meter", "read", "--profile", "eastron-sdm630", "--url", url)
        assert " Wh " in python(installed, tmp_path, *words).out


def test_a_station_serves(installed: Path, tmp_path: Path) -> None:
    with serving(installed, tmp_path, "station", "--headless", "--config", str(write_config(tmp_path))) as line:
        assert line == "1 stations of Sandvika stasjon are served.\n"


SHOWN = """
import asyncio, sys
from pathlib import Path
from kiosk.compose import open_site
from kiosk.config import load
from kiosk.ui.app import run

async def main(app):
    async with open_site(load(Path(sys.argv[1]))) as running:
        window = app.open_station(running.site, now=running.clock.now, size=(1280, 800), language="nb")
        await asyncio.sleep(0.2)
        window.grab(Path(sys.argv[2]))
        print(window.scene, list(window.complaints))
    return 0

sys.exit(run(main))
"""


def test_the_glass_has_its_pages_icons_and_words(installed: Path, tmp_path: Path) -> None:
    picture = tmp_path / "glass.png"
    shown = python(installed, tmp_path, "-c", SHOWN, write_config(tmp_path), picture)
    assert shown.out == "ready-nb []\n"
    assert picture.stat().st_size > 10_000
