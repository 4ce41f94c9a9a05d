"""Who else on this machine holds a serial port, or a connection to the same device. Read from /proc; a guess, never a lock."""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
ESTABLISHED = "01"
OURSELVES = "this program itself"


def holding_port(tty: str) -> str | None:
    """The process that has the port open, as words; this one only if it is the only one."""
    try:
        device = Path(tty).stat().st_rdev
    except OSError:
        return None

    def is_it(link: Path) -> bool:
        return str(link.readlink()).startswith("/dev/") and link.stat().st_rdev == device

    return _named(_pids(is_it))


def connected_to(ips: set[str], port: int, own_inode: int | None = None) -> str | None:
    """The process that has another connection to one of these, as words."""
    inodes = {inode for ip, inode in _connections(port) if ip in ips} - {own_inode}
    sockets = {f"socket:[{inode}]" for inode in inodes}
    return _named(_pids(lambda link: str(link.readlink()) in sockets)) if sockets else None


def _pids(is_it: Callable[[Path], bool]) -> set[int]:
    found = set()
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):  # ended, or somebody else's
            for link in (folder / "fd").iterdir():
                with suppress(OSError):
                    if is_it(link):
                        found.add(int(folder.name))
                        break
    return found


def _named(pids: set[int]) -> str | None:
    others = sorted(pids - {os.getpid()})
    if not others:
        return OURSELVES if pids else None
    with suppress(OSError):
        return f"process {others[0]} ({(PROC / str(others[0]) / 'comm').read_text('utf-8').strip()})"
    return f"process {others[0]}"


def _connections(port: int) -> Iterator[tuple[str, int]]:
    """(IP of the other side, inode) of each connection of this machine to `port`."""
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        with suppress(OSError):
            for line in (PROC / "net" / table).read_text("ascii").splitlines()[1:]:
                fields = line.split()
                host, _, number = fields[2].partition(":")
                if fields[3] == ESTABLISHED and int(number, 16) == port:
                    words = [int(host[at : at + 8], 16) for at in range(0, len(host), 8)]
                    ip = socket.inet_ntop(family, struct.pack(f"={len(words)}I", *words))
                    yield ip.removeprefix("::ffff:"), int(fields[9])
