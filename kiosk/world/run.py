"""Many seeds on all cores, and what came of them in whole numbers. The same seeds give the same digest on any machine."""

import gc
import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from multiprocessing import get_context

from kiosk.world.plan import Weights
from kiosk.world.plants import PLANTS, planted
from kiosk.world.world import Told, run_world

CHUNK = 20


@dataclass(frozen=True)
class Broken:
    """One promise that was not kept: `kiosk world --seeds SEED..SEED --trace` shows how."""

    seed: int
    name: str
    sentence: str


@dataclass
class Sum:
    """What all seeds together have tried, and what was wrong."""

    worlds: int = 0
    sessions: int = 0
    restarts: int = 0
    days: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    violations: list[Broken] = field(default_factory=list)
    digest: str = ""

    def add(self, told: Told) -> None:
        self.worlds += 1
        self.sessions += told.sessions
        self.restarts += told.restarts
        self.days += told.days
        self.faults.update(told.faults)
        self.violations += [Broken(told.seed, name, sentence) for name, sentence in told.violations]
        self.digest = hashlib.sha256((self.digest + told.digest).encode()).hexdigest()


def run_worlds(
    seeds: range,
    *,
    sessions: int | None = None,
    plant: str | None = None,
    weights: Weights | None = None,
    processes: int | None = None,
    until_broken: bool = False,
) -> Sum:
    """Seed after seed, until there are no more, or `sessions` have been lived, or something broke where that is enough."""
    weights = weights or (PLANTS[plant].weights if plant else Weights())
    total = Sum()
    for told in _told(seeds, plant, weights, processes or os.cpu_count() or 1):
        total.add(told)
        if (sessions is not None and total.sessions >= sessions) or (until_broken and total.violations):
            break
    return total


def _told(seeds: range, plant: str | None, weights: Weights, processes: int) -> Iterator[Told]:
    chunks = [(seeds[at : at + CHUNK], plant, weights) for at in range(0, len(seeds), CHUNK)]
    if processes == 1 or len(chunks) == 1:
        for seed in seeds:
            yield from _chunk((range(seed, seed + 1), plant, weights))
        return
    with get_context("spawn").Pool(processes) as pool:
        for several in pool.imap(_chunk, chunks):
            yield from several


def _chunk(work: tuple[Iterable[int], str | None, Weights]) -> list[Told]:
    """A world makes few cycles and lives for some milliseconds: the collector only runs between worlds."""
    seeds, plant, weights = work
    was_on = gc.isenabled()
    gc.disable()
    try:
        with planted(plant):
            told = [run_world(seed, weights) for seed in seeds]
    finally:
        gc.collect(1)
        if was_on:
            gc.enable()
    return told
