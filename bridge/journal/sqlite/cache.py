"""What was taken and delivered not long ago, in memory: what is done is most often done about that."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from bridge.journal.progress import FILES
from bridge.model import MessageCreated, MessageId, Part, TalkEvent

__all__ = ["RowCache"]

_EVENTS = 1000
_NAMES = 4 * _EVENTS
"""Every message has some, where it was said and wherever it went."""

_K = TypeVar("_K")
_V = TypeVar("_V")


class _Newest(Generic[_K, _V]):
    """The last things that were put into `new`: at least so many, and at most twice as many."""

    def __init__(self, least: int) -> None:
        self.new: dict[_K, _V] = {}
        self._old: dict[_K, _V] = {}
        self._least = least

    def turn(self) -> None:
        """Let go of what is old, if there is enough that is new. To take things out one by one costs more."""
        if len(self.new) >= self._least:
            self._old, self.new = self.new, {}

    def get(self, key: _K) -> _V | None:
        found = self.new.get(key)
        return self._old.get(key) if found is None else found

    def drop(self, key: _K) -> None:
        self.new.pop(key, None)
        self._old.pop(key, None)

    def keep(self, which: Callable[[_K, _V], bool]) -> None:
        """Let go of all others."""
        self.new, self._old = (
            {key: value for key, value in kept.items() if which(key, value)} for kept in (self.new, self._old)
        )


class RowCache:
    """Mirrors the newest rows of the journal; what is not here may be there."""

    def __init__(self) -> None:
        self._events: _Newest[int, tuple[int, TalkEvent]] = _Newest(_EVENTS)
        """By number: where it was taken, and what."""
        self._origins: _Newest[tuple[int, str], int] = _Newest(_NAMES)
        """By room and name: which event that is."""
        self._parts: _Newest[tuple[int, int], list[tuple[int, Part]]] = _Newest(_NAMES)
        """By event and room: what it is called there, each part with its place."""
        self.event = self._events.get
        """Where the event of a number was taken, and what it was; None: not known here."""
        self.erase = self._events.drop

    def took(self, events: Iterable[tuple[int, int, TalkEvent, tuple[int, ...], float]]) -> None:
        """Note that these are on record: number, room, event, and what does not matter here."""
        taken, origins, parts = self._events.new, self._origins.new, self._parts.new
        for seq, room, event, _, _ in events:
            taken[seq] = (room, event)
            origins[room, event.id] = seq
            # Not the aliases: people choose them, and only the journal knows whether one was somebody else's.
            if not (isinstance(event, MessageCreated) and event.thread is not None):
                parts[seq, room] = [(0, Part(event.id, event.aliases))]
            # Else it may have got the thread's name too.
        for kept in (self._events, self._origins, self._parts):
            kept.turn()

    def delivered(self, seq: int, room: int, place: int, part: Part) -> None:
        """Note that a part of a message has a name in a room."""
        for name in (part.id, *part.aliases):
            if self._origins.get((room, name)) is None:
                self._origins.new[room, name] = seq
        if place == 0:
            self._parts.new[seq, room] = [(0, part)]
        elif (known := self._parts.get((seq, room))) is not None:
            known.append((place, part))

    def origin(self, room: int, name: MessageId) -> int | None:
        """Return the event that a name stands for; None: not known here."""
        return self._origins.get((room, name))

    def parts(self, seq: int, room: int, *, files: bool) -> list[Part] | None:
        """Return the names of an event in a room, part by part; None: not known here."""
        known = self._parts.get((seq, room))
        return None if known is None else [part for place, part in known if files or place < FILES]

    def forget(self, texts: int, names: int) -> None:
        """Forget the words of events up to the one, which were erased, and the names of those up to the
        other.
        """
        self._events.keep(lambda seq, _: seq > texts)
        if names:
            self._origins.keep(lambda _, seq: seq > names)
            self._parts.keep(lambda place, _: place[0] > names)
