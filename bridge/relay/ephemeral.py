"""What counts only now: who writes elsewhere, and how far everything has arrived. None of it is kept."""

import math
from collections.abc import Callable, Iterable, Mapping

from bridge.clock import Clock
from bridge.model import Authorship, MarkRead, Part, Sender, SetTyping, Speaker, TypingChanged, UserId

from .worker import Worker

__all__ = ["Arrivals", "Typing"]

_AGAIN = 4.0
"""How often at most a room is told that somebody writes, in seconds."""
_EXPIRES = 30.0
"""After how long somebody of whom nothing more is seen has stopped writing, in seconds."""
_MOST = 100


_Slot = tuple[int, Speaker | None]
"""A room, and who is shown to write there; None: the bridge's own account."""


class Typing:
    """Shows in each room whether anybody elsewhere writes: by themselves, where they are there."""

    def __init__(self, workers: Mapping[int, Worker], clock: Clock) -> None:
        self._clock = clock
        self._workers = workers
        self._writing: dict[_Slot, dict[tuple[int, UserId], float]] = {}
        """Who writes, and when that was seen last."""
        self._shown: dict[_Slot, float] = {}

    def changed(self, source: int, rooms: Iterable[int], event: TypingChanged) -> None:
        """Note that somebody in a room writes, or does no more; these rooms hear it."""
        who, now = (source, event.sender.id), self._clock.monotonic()
        for room in rooms:
            slot = (room, self._speaker(room, source, event.sender))
            writing = self._writing.setdefault(slot, {})
            if not event.typing:
                writing.pop(who, None)
            elif who in writing or len(writing) < _MOST:
                writing[who] = now
            self._show(slot, now)

    def said(self, source: int, sender: Sender, rooms: Iterable[int]) -> None:
        """Show no longer that somebody writes: they have said it."""
        for slot in [slot for slot in self._shown if slot[0] in rooms] if self._shown else ():
            if (writing := self._writing.get(slot)) and writing.pop((source, sender.id), None):
                self._show(slot, self._clock.monotonic())

    def patrol(self) -> None:
        """Go on showing what lasts, and end what does not."""
        now = self._clock.monotonic()
        for slot, writing in list(self._writing.items()):
            for who in [who for who, seen in writing.items() if now - seen > _EXPIRES]:
                del writing[who]
            self._show(slot, now)
            if not writing:
                del self._writing[slot]

    def _speaker(self, room: int, source: int, sender: Sender) -> Speaker | None:
        """Return who writes in a room, if they have an account of their own there."""
        worker = self._workers.get(room)
        if worker is None or not worker.joined:
            return None
        if worker.room.adapter.capabilities(worker.room.id).authorship is not Authorship.PUPPET:
            return None
        speaker = worker.composer.speaker(source, sender)
        return speaker if speaker is not None and speaker.how is Authorship.PUPPET else None

    def _show(self, slot: _Slot, now: float) -> None:
        worker = self._workers.get(slot[0])
        if worker is None:
            return
        if not self._writing.get(slot):
            if self._shown.pop(slot, None) is not None:
                _hint(worker, SetTyping(room=worker.room.id, typing=False, speaker=slot[1]))
        elif now - self._shown.get(slot, -_AGAIN) >= _AGAIN:
            self._shown[slot] = now
            _hint(worker, SetTyping(room=worker.room.id, typing=True, speaker=slot[1]))


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
