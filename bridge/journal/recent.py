"""What was taken and delivered not long ago, in memory: what is done is most often done about that."""

from collections.abc import Iterable
from itertools import takewhile
from typing import Any, TypeVar

from bridge.model import MessageCreated, MessageId, Part, TalkEvent

__all__ = ["Recent"]

_EVENTS = 2000
_NAMES = 4 * _EVENTS
"""Every message has some, where it was said and wherever it went."""

_K = TypeVar("_K", int, tuple[int, str], tuple[int, int])


class Recent:
    """Mirrors the newest rows of the journal; what is not here may be there."""

    def __init__(self) -> None:
        self.events: dict[int, tuple[int, TalkEvent]] = {}
        """By number: where it was taken, and what."""
        self._origins: dict[tuple[int, str], int] = {}
        """By room and name: which event that is."""
        self._parts: dict[tuple[int, int], list[tuple[int, Part]]] = {}
        """By event and room: what it is called there, each part with where it starts."""

    def took(self, events: Iterable[tuple[int, int, TalkEvent, tuple[int, ...], float]]) -> None:
        """These are on record: number, room, event, and what does not matter here."""
        for seq, room, event, _, _ in events:
            self.events[seq] = (room, event)
            self._origins[room, event.id] = seq
            self._parts[seq, room] = [(0, Part(event.id, event.aliases))]
            # Not the aliases: people choose them, and only the journal knows whether one was somebody else's.
            if isinstance(event, MessageCreated) and event.thread is not None:
                del self._parts[seq, room]  # it may have got the thread's name too
        _shrink(self.events, _EVENTS)
        _shrink(self._origins, _NAMES)
        _shrink(self._parts, _NAMES)

    def delivered(self, seq: int, room: int, start: int, part: Part) -> None:
        """A part of a message has a name in a room."""
        self._origins.setdefault((room, part.id), seq)
        for name in part.aliases:
            self._origins.setdefault((room, name), seq)
        if start == 0:
            self._parts[seq, room] = [(0, part)]
        elif (known := self._parts.get((seq, room))) is not None:
            known.append((start, part))

    def origin(self, room: int, name: MessageId) -> int | None:
        """The event that a name stands for; None: not known here."""
        return self._origins.get((room, name))

    def parts(self, seq: int, room: int, before: int) -> list[Part] | None:
        """What an event is called in a room; None: not known here."""
        known = self._parts.get((seq, room))
        return None if known is None else [part for start, part in known if start < before]

    def forget(self, texts: int, names: int) -> None:
        """The words of events up to the one were erased, and the names of those up to the other."""
        for seq in list(takewhile(lambda seq: seq <= texts, self.events)):
            del self.events[seq]
        if names:
            self._origins = {name: seq for name, seq in self._origins.items() if seq > names}
            self._parts = {place: parts for place, parts in self._parts.items() if place[0] > names}


def _shrink(kept: dict[_K, Any], most: int) -> None:
    for _ in range(len(kept) - most):
        del kept[next(iter(kept))]
