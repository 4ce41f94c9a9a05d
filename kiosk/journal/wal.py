"""What stands in a write-ahead log behind the place where SQLite stops reading it: a torn last commit, or damage.

SQLite passes over everything from the first frame on whose checksum is wrong. With `synchronous=FULL` only the last
commit can be torn; whole commits behind the break were acknowledged once, and somebody or something has changed the file.
The format: https://www.sqlite.org/fileformat2.html#the_write_ahead_log (32 bytes of header, 24 before each page).
"""

import struct
from pathlib import Path

HEADER, FRAME = 32, 24
MAGIC, BIG_ENDIAN = 0x377F0682, 1


def lost_commits(path: Path) -> int:
    """How many whole commits the log of the database `path` has behind its first broken frame, without the torn one."""
    wal = path.with_name(path.name + "-wal")
    try:
        data = wal.read_bytes()
    except OSError:
        return 0
    if len(data) < HEADER or struct.unpack(">I", data[:4])[0] & ~BIG_ENDIAN != MAGIC:
        return 0
    size: int = struct.unpack(">I", data[8:12])[0]
    frames = [data[at : at + FRAME + size] for at in range(HEADER, len(data) - FRAME - size + 1, FRAME + size)]
    own = [frame for frame in frames if frame[8:16] == data[16:24]]  # the salts; others are of an older log
    behind = own[_whole(data[:HEADER], own) :]
    commits = sum(1 for frame in behind if frame[4:8] != bytes(4))
    ends_whole = bool(behind) and behind[-1][4:8] != bytes(4)
    return commits - 1 if ends_whole else commits


def _whole(header: bytes, frames: list[bytes]) -> int:
    """How many frames from the first on have the checksum that they should have."""
    order = ">" if header[3] & BIG_ENDIAN else "<"
    sums = _add((0, 0), header[:24], order)
    for number, frame in enumerate(frames):
        sums = _add(_add(sums, frame[:8], order), frame[FRAME:], order)
        if struct.pack(">II", *sums) != frame[16:24]:
            return number
    return len(frames)


def _add(sums: tuple[int, int], data: bytes, order: str) -> tuple[int, int]:
    first, second = sums
    for one, two in struct.iter_unpack(f"{order}II", data):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + two + first) & 0xFFFFFFFF
    return first, second
