"""One session's loop: write the event down, decide, write the intents down, perform them, and again. Recovery enters here too."""

import asyncio
from collections import deque
from collections.abc import Callable

from kiosk.domain.commands import Command, Look, Watch
from kiosk.domain.energy import Instant, elapsed_ms
from kiosk.domain.events import Act, Event, Pressed, Ticked, Watched
from kiosk.domain.outcome import Outcome
from kiosk.domain.session import Moved, idle, noteworthy, step
from kiosk.domain.states import Ended, Offer, Session, Settling
from kiosk.flow.codec import due_row, ended_row, event_row, intent_row
from kiosk.flow.perform import Performer, Ports
from kiosk.flow.ports import Journal, Row
from kiosk.flow.tasks import finished, first

WRITE_EVERY_MS = 60_000


class SessionLoop:
    """Runs one session from its first event, or from where its journal left it, to its end."""

    def __init__(
        self,
        ports: Ports,
        journal: Journal,
        offer: Offer,
        session: Session | None,
        changed: Callable[[], None],
        heard: Callable[[Outcome[object]], None],
    ) -> None:
        self.session = session
        self.offer = offer
        self._clock, self._journal, self._changed = ports.clock, journal, changed
        self._performer = Performer(ports, offer, heard)
        self._todo: deque[Command] = deque()
        self._pressed: asyncio.Queue[tuple[Act, str]] = asyncio.Queue()
        self._on_disk = session
        self._unwritten: Watched | None = None
        self._written: Instant | None = None

    @property
    def code_png(self) -> bytes | None:
        return self._performer.code_png

    def press(self, act: Act, who: str) -> None:
        self._pressed.put_nowait((act, who))

    async def run(self, begin: Event) -> None:
        """Until the session is over or waits for a person. `begin` is Opened, or Restarted for one that is known."""
        event: Event | None = begin
        while event is not None:
            await self._take(event)
            event = await self._next()

    async def _take(self, event: Event) -> None:
        """Nothing is shown as done and nothing is sent before it is on disk."""
        preview = step(self.session, event)
        after, commands = preview
        intends = any(not isinstance(command, Look | Watch) for command in commands)
        if intends or noteworthy(self.session, after) or self._minute_passed(event):
            after, commands = await finished(self._write(self._decided(event, preview)))
        elif isinstance(event, Watched):
            self._unwritten = _higher(self._unwritten, event)
        self.session = after
        self._todo.extend(commands)
        self._changed()

    def _decided(self, event: Event, preview: Moved) -> list[tuple[Event, Moved]]:
        """Decide again from what is on disk, by exactly the events that are written, so that a restart decides the same.

        A preview that stood on just that is the decision already.
        """
        if self.session is self._on_disk:
            return [(event, preview)]
        decided: list[tuple[Event, Moved]] = []
        session = self._on_disk
        for each in [event] if self._unwritten is None else [self._unwritten, event]:
            moved = step(session, each)
            session = moved[0]
            decided.append((each, moved))
        return decided

    async def _write(self, decided: list[tuple[Event, Moved]]) -> Moved:
        rows = [row for event, moved in decided for row in self._rows(event, moved)]
        event, (session, _) = decided[-1]
        if isinstance(session, Settling) and not isinstance(self._on_disk, Settling):
            rows.append(due_row(self.offer.reference, session.due, event.at))
        if isinstance(session, Ended) and not isinstance(self._on_disk, Ended):
            rows.append(ended_row(self.offer.reference, type(session).__name__, event.at))
        await self._journal.append(rows)
        self._on_disk, self._unwritten, self._written = session, None, event.at
        return session, tuple(command for _, (_, commands) in decided for command in commands)

    def _rows(self, event: Event, moved: Moved) -> list[Row]:
        """What happened, and what is meant to be done about it."""
        intents = [command for command in moved[1] if not isinstance(command, Look | Watch)]
        return [
            event_row(self.offer.reference, event),
            *(intent_row(self.offer.reference, intent, event.at) for intent in intents),
        ]

    def _minute_passed(self, event: Event) -> bool:
        """A running charge is written at most once a minute, since flash wears out."""
        if not isinstance(event, Watched) or event.reading is None or self._written is None:
            return False
        return elapsed_ms(self._written, event.at) >= WRITE_EVERY_MS

    async def _next(self) -> Event | None:
        if self._todo:
            return await self._perform(self._todo.popleft())
        after = idle(self.session, self._clock.now()) if self.session is not None else None
        if after is None:
            return None
        which, result = await first(self._pressed.get(), self._clock.sleep(after.after_s))
        if which == 0:
            return self._press(result)
        if after.command is None:
            return Ticked(self._clock.now())
        which, result = await first(self._pressed.get(), self._performer.perform(after.command))
        if which == 0:
            return self._press(result)
        event: Event = result
        return event

    async def _perform(self, command: Command) -> Event:
        """A changing command is carried to its end; a question may be given up."""
        if isinstance(command, Look | Watch):
            return await self._performer.perform(command)
        return await finished(self._performer.perform(command))

    def _press(self, pressed: tuple[Act, str]) -> Pressed:
        return Pressed(self._clock.now(), *pressed)


def _higher(unwritten: Watched | None, event: Watched) -> Watched:
    """Which of the unwritten looks to keep: the latest, unless the register was seen higher, for that was shown and is due."""
    if unwritten is None or unwritten.reading is None:
        return event
    if event.reading is None or event.reading.import_wh < unwritten.reading.import_wh:
        return unwritten
    return event
