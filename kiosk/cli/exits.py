"""How a command ends: 0 done, 2 wrong use, 3 a fault of the world with one sentence and never a traceback."""

import asyncio
import json
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

import typer

from kiosk.domain.fault import FaultError, Trouble
from kiosk.flow.tasks import first

FAULT = 3


def fail(trouble: Trouble, as_json: bool = False) -> NoReturn:
    """Say the fault, on stderr or as JSON on stdout, and end with 3."""
    if as_json:
        print(json.dumps({"fault": trouble.fault, "detail": trouble.detail}, ensure_ascii=False))
    else:
        print(f"{trouble.detail}\n({trouble.fault})", file=sys.stderr)
    raise typer.Exit(FAULT)


def show(data: Any, as_json: bool, lines: Callable[[], None]) -> None:
    """Print `data` as JSON, or let `lines` print it for a person."""
    if as_json:
        print(json.dumps(data, ensure_ascii=False, default=str))
    else:
        lines()


def guarded(work: Callable[[], Any], as_json: bool = False) -> Any:
    """Run `work`; a fault of the world becomes its sentence."""
    try:
        return work()
    except FaultError as error:
        fail(error.trouble, as_json)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


async def until_told(work: Coroutine[Any, Any, None]) -> None:
    """Serve until `work` fails, or SIGINT or SIGTERM ends it: that is done, and no fault."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await first(stop.wait(), work)
