"""The hash chain: each row's hash covers the one before it, so that nothing can be changed or taken out unseen."""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

GENESIS = bytes(32)


class Link(NamedTuple):
    """One row as it stands in the table, without its hash."""

    seq: int
    session: str
    kind: str
    body: str
    utc_ms: int
    boot: str
    mono_ms: int


def link_hash(previous: bytes, link: Link) -> bytes:
    """SHA-256 over the previous hash and every field with its length in front, so that fields cannot run together."""
    digest = hashlib.sha256(previous)
    for field in link:
        data = str(field).encode()
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.digest()


def first_break(rows: Iterable[tuple[Link, bytes]]) -> int | None:
    """The sequence number of the first row that does not verify, None if all do."""
    previous, expected = GENESIS, 1
    for link, stored in rows:
        if link.seq != expected or link_hash(previous, link) != stored:
            return expected
        previous, expected = stored, expected + 1
    return None
