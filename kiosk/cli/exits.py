"""How a command ends, decided here and nowhere else.

- 0: done. Also a station, a simulator or a window that was told to stop (SIGINT, SIGTERM): that is how it ends.
- 2: wrong use. The words themselves can never be right: an unknown option, a missing argument, an amount, address, size,
  reference or number of a wrong form or range, a profile or station that is not among those there are. Words are judged
  before anything is opened; a value from an option's environment variable counts as typed.
- 3: a fault. The words are well formed, but the settings, a file, the journal, a device or Vipps say no or are not there.
- 130 and 143: SIGINT or SIGTERM ended a command before it was done; 141: nobody reads its output any more.

What is wrong is one sentence on stderr, or with --json {"fault", "detail"} on stdout, where `wrong-use` stands for 2.
"""

import asyncio
import errno
import json
import os
import select
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, NoReturn, TextIO, TypeVar

import typer
from typer.core import TyperGroup

from kiosk.domain.fault import Fault, FaultError, Trouble
from kiosk.flow.tasks import Ending, Told

WRONG_USE = 2
FAULT = 3
SIGNALLED = 128

T = TypeVar("T")


class Commands(TyperGroup):
    """The group of all commands: whatever one of them raises ends here, as exit code and sentence."""

    def main(self, args: Sequence[str] | None = None, *rest: Any, **more: Any) -> NoReturn:
        words = sys.argv[1:] if args is None else list(args)
        more["standalone_mode"] = False
        sys.exit(_ended(partial(super().main, words, *rest, **more), "--json" in words))


def fail(trouble: Trouble) -> NoReturn:
    """End with 3 and the sentence of `trouble`."""
    raise FaultError(trouble)


@contextmanager
def typed() -> Iterator[None]:
    """What is found wrong in here was typed wrongly: exit code 2."""
    try:
        yield
    except FaultError as error:
        raise typer.BadParameter(error.trouble.detail) from None
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def show(data: Any, as_json: bool, lines: Callable[[], None]) -> None:
    """Print `data` as JSON, or let `lines` print it for a person."""
    try:
        if as_json:
            print(json.dumps(data, ensure_ascii=False, default=str))
        else:
            lines()
        _flush(sys.stdout)
    except BrokenPipeError:
        _hush(sys.stdout)
        raise typer.Exit(SIGNALLED + signal.SIGPIPE) from None


def announce(sentence: str, stream: TextIO | None = None) -> None:
    """What a program says of itself, on stdout. It goes on whether or not somebody reads this."""
    stream = stream or sys.stdout
    try:
        print(sentence, file=stream)
        _flush(stream)
    except OSError:
        _hush(stream)


def say_if_heard(sentence: str) -> bool:
    """Like `announce`, but waits for nobody: False where whoever reads stdout takes nothing now (a stopped terminal)."""
    try:
        ready = sys.stdout is None or bool(select.select([], [sys.stdout], [], 0)[1])
    except (OSError, ValueError):  # closed, or no file at all: nothing there can wait
        ready = True
    if ready:
        announce(sentence)
    return ready


def _flush(stream: TextIO | None) -> None:
    if stream is not None:  # closed before the start
        stream.flush()


def _hush(stream: TextIO | None) -> None:
    """Or the interpreter's own last flush fails again."""
    if stream is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def serve(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Carry `work` until it fails, or until a signal ends it: that is done, and no fault."""
    with suppress(Told):
        asyncio.run(_until_told(work))


def carry(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """The result of `work`. A signal stops it, awaits what it has on its way, and ends the command with 128 + signal."""
    try:
        return asyncio.run(_until_told(work))
    except Told as error:
        raise typer.Exit(SIGNALLED + error.number) from None


async def _until_told(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    return await Ending().of(work())


def _ended(work: Callable[[], Any], as_json: bool) -> int:
    try:
        code = work()
    except FaultError as error:
        return _say(FAULT, error.trouble.fault, error.trouble.detail, as_json)
    except typer.TyperException as error:
        return _say(WRONG_USE, "wrong-use", _sentence(error), as_json)
    except SystemExit:  # typer's and rich's own answer to a reader who has gone
        return SIGNALLED + signal.SIGPIPE
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _hush(sys.stdout)  # and so on stderr, whatever was asked for
        return _say(FAULT, Fault.DISK_FULL, "The disk is full, or what the output was sent to. Free some space.", False)
    return code if isinstance(code, int) else 0


def _say(code: int, name: str, text: str, as_json: bool) -> int:
    if as_json:
        announce(json.dumps({"fault": name, "detail": text}, ensure_ascii=False))
    elif text and sys.stderr is not None:
        announce(f"{text}\n({name})", sys.stderr)
    return code


def _sentence(error: typer.TyperException) -> str:
    """What was typed wrongly, on one line, and where to read on. Empty where the help itself was printed."""
    text = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    more = f" See `{context.command_path} --help`." if context is not None else ""
    return f"{text}.{more}" if text else ""
