"""What counts only now: who writes elsewhere, and how far everything has arrived. None of it is kept."""

import math
from collections.abc import Callable, Iterable, Mapping

from bridge.clock import Clock
from bridge.model import MarkRead, Part, Sender, SetTyping, TypingChanged, UserId

from .worker import Worker

__all__ = ["Arrivals", "Typing"]

_AGAIN = 4.0
"""How often at most a room is told that somebody writes, in seconds."""
_EXPIRES = 30.0
"""After how long somebody of whom nothing more is seen has stopped writing, in seconds."""
_MOST = 100


class Typing:
    """Shows in each room whether anybody elsewhere writes."""

    def __init__(self, workers: Mapping[int, Worker], clock: Clock) -> None:
        self._clock = clock
        self._workers = workers
        self._writing: dict[int, dict[tuple[int, UserId], float]] = {}
        """By room: who writes, and when that was seen last."""
        self._shown: dict[int, float] = {}

    def changed(self, source: int, rooms: Iterable[int], event: TypingChanged) -> None:
        """Note that somebody in a room writes, or does no more; these rooms hear it."""
        who, now = (source, event.sender.id), self._clock.monotonic()
        for room in rooms:
            writing = self._writing.setdefault(room, {})
            if not event.typing:
                writing.pop(who, None)
            elif who in writing or len(writing) < _MOST:
                writing[who] = now
            self._show(room, now)

    def said(self, source: int, sender: Sender, rooms: Iterable[int]) -> None:
        """Show no longer that somebody writes: they have said it."""
        for room in rooms if self._shown else ():
            if (writing := self._writing.get(room)) and writing.pop((source, sender.id), None):
                self._show(room, self._clock.monotonic())

    def patrol(self) -> None:
        """Go on showing what lasts, and end what does not."""
        now = self._clock.monotonic()
        for room, writing in list(self._writing.items()):
            for who in [who for who, seen in writing.items() if now - seen > _EXPIRES]:
                del writing[who]
            self._show(room, now)
            if not writing:
                del self._writing[room]

    def _show(self, room: int, now: float) -> None:
        worker = self._workers.get(room)
        if worker is None:
            return
        if not self._writing.get(room):
            if self._shown.pop(room, None) is not None:
                _hint(worker, SetTyping(room=worker.room.id, typing=False))
        elif now - self._shown.get(room, -_AGAIN) >= _AGAIN:
            self._shown[room] = now
            _hint(worker, SetTyping(room=worker.room.id, typing=True))


class Arrivals:
    """Marks in each room the last message up to which all have arrived wherever they should."""

    def __init__(self, workers: Mapping[int, Worker]) -> None:
        self._workers = workers
        self._marked: dict[int, int] = {}

    def patrol(self, hearing: Mapping[int, tuple[int, ...]], part: Callable[[int, int], Part | None]) -> None:
        """`hearing` gives for each room which rooms hear it, `part` what a message is called in its room."""
        for source, rooms in hearing.items():
            worker = self._workers.get(source)
            if worker is None or worker.latest <= self._marked.get(source, 0):
                continue
            waiting = [other.owes_from() for room in rooms if (other := self._workers.get(room)) is not None]
            if worker.latest < min(waiting, default=math.inf) and (name := part(worker.latest, source)):
                self._marked[source] = worker.latest
                _hint(worker, MarkRead(room=worker.room.id, target=name))


def _hint(worker: Worker, command: SetTyping | MarkRead) -> None:
    """Do this now or never, where the room can."""
    adapter = worker.room.adapter
    record = adapter.capabilities(worker.room.id)
    if worker.joined and (record.typing if isinstance(command, SetTyping) else record.read):
        adapter.hint(command)
