"""What other people wrote, and where it is. A part that is missing skips its tests; with FOREIGN=required it fails them."""

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NoReturn

import pytest

HERE = Path(__file__).parent
NODE_MODULES = Path(sys.prefix) / "foreign" / "node_modules"
LIBMODBUS = "libmodbus.so.5"


def _there(check: Callable[[], object]) -> bool:
    try:
        return bool(check())
    except (OSError, ImportError):
        return False


PARTS: dict[str, Callable[[], object]] = {
    "libmodbus": lambda: ctypes.CDLL(LIBMODBUS),
    "mbpoll": lambda: shutil.which("mbpoll"),
    "modbus-serial": lambda: shutil.which("node") and (NODE_MODULES / "modbus-serial").is_dir(),
    "pyModbusTCP": lambda: __import__("pyModbusTCP.server"),
    "minimalmodbus": lambda: __import__("minimalmodbus"),
}


@cache
def is_there(part: str) -> bool:
    return _there(PARTS[part])


def need(part: str) -> None:
    if not is_there(part):
        _without(f"{part} is not on this machine; `make test` installs it as root, or names what is missing")


def _without(why: str) -> NoReturn:
    if os.environ.get("FOREIGN") == "required":
        pytest.fail(why)
    pytest.skip(why)


Tables = Mapping[str, Mapping[int, int]]
"""`holding` and `inputs`: address -> word."""


@contextmanager
def foreign_server(part: str, tables: Tables, *where: object) -> Iterator[subprocess.Popen[str]]:
    """A server that somebody else wrote, holding these registers, in a process of its own."""
    need(part)
    script = HERE / {"modbus-serial": "modbus_serial_server.js"}.get(part, f"{part.lower()}_server.py")
    command = ["node", str(script)] if script.suffix == ".js" else [sys.executable, str(script)]
    environ = {**os.environ, "NODE_PATH": str(NODE_MODULES)}
    with subprocess.Popen(
        [*command, *map(str, where)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        rows = [f"{name} {address} {word}" for name, words in tables.items() for address, word in sorted(words.items())]
        process.stdin.write("\n".join(rows) + "\n\n")
        process.stdin.flush()
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
