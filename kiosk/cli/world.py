"""`kiosk world`: whole sites from seeds, in virtual time, with faults."""

import re
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from kiosk.cli.exits import FAULT, show
from kiosk.cli.options import Json

SEEDS = re.compile(r"([0-9]+)(?:\.\.([0-9]+))?")


class Depth(StrEnum):
    """How deep the real program goes: `core` stands at the flow's ports."""

    CORE = "core"


def world(
    seeds: Annotated[str, typer.Option("--seeds", help="A..B, both included, or one seed.")] = "1..400",
    sessions: Annotated[int | None, typer.Option("--sessions", min=1, help="Stop after so many sessions.")] = None,
    depth: Annotated[Depth, typer.Option("--depth", help="How much of the program is real.")] = Depth.CORE,  # noqa: ARG001
    plant: Annotated[
        str | None, typer.Option("--plant", help="Put this bug into the program; `list` names them.")
    ] = None,
    trace: Annotated[bool, typer.Option("--trace", help="Tell the story of a single seed.")] = False,
    as_json: Json = False,
) -> None:
    """A site from each seed: drivers, cars, faults, power cuts. Checks the money after every event; 0 if it was always right."""
    from kiosk.world.plants import PLANTS

    if plant == "list":
        named = {each.name: each.sentence for each in PLANTS.values()}
        show(named, as_json, lambda: print("\n".join(f"{name:<26} {said}" for name, said in named.items())))
        return
    if plant is not None and plant not in PLANTS:
        raise typer.BadParameter(f"there is no plant {plant!r}; `--plant list` names them.", param_hint="--plant")
    wanted = _range(seeds)
    if trace:
        _tell(wanted, plant, as_json)
        return
    from kiosk.world.run import run_worlds

    total = run_worlds(wanted, sessions=sessions, plant=plant)
    data = {
        "sessions": total.sessions,
        "worlds": total.worlds,
        "restarts": total.restarts,
        "days": round(total.days),
        "faults": sum(total.faults.values()),
        "violations": len(total.violations),
        "by_fault": dict(sorted(total.faults.items())),
        "broken": [asdict(broken) for broken in total.violations],
        "first_failing_seed": total.violations[0].seed if total.violations else None,
        "plant": plant,
        "digest": total.digest,
    }

    def lines() -> None:
        for broken in total.violations:
            print(f"seed {broken.seed}: {broken.name}: {broken.sentence}")
        print(
            f"{total.sessions} sessions in {total.worlds} worlds and {round(total.days)} days, {total.restarts} restarts, "
            f"{data['faults']} faults, {data['violations']} violations"
        )

    show(data, as_json, lines)
    if total.violations:
        raise typer.Exit(FAULT)


def _tell(wanted: range, plant: str | None, as_json: bool) -> None:
    from kiosk.world.plan import Weights
    from kiosk.world.plants import PLANTS, planted
    from kiosk.world.world import run_world

    if len(wanted) != 1:
        raise typer.BadParameter("--trace tells one seed; give --seeds N.", param_hint="--seeds")
    with planted(plant):
        told = run_world(wanted[0], PLANTS[plant].weights if plant else Weights(), trace=True)
    show(asdict(told), as_json, lambda: print("\n".join(told.story)))
    if told.violations:
        raise typer.Exit(FAULT)


def _range(seeds: str) -> range:
    found = SEEDS.fullmatch(seeds)
    if found is None or (found[2] and int(found[2]) < int(found[1])):
        raise typer.BadParameter(f"{seeds!r} is no range of seeds; write A..B, such as 1..400.", param_hint="--seeds")
    return range(int(found[1]), int(found[2] or found[1]) + 1)
