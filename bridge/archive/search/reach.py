"""Limits what somebody may read: the owner all, people in a room what was heard there while they were."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from bridge.archive.asides import is_aside
from bridge.archive.entries import EntryKind, Header
from bridge.archive.index import Belonging, mark
from bridge.archive.store import Entry, Reader, ScopeKind

__all__ = ["Readable", "since_known"]

_CAME = "joined"


@dataclass(frozen=True, slots=True)
class Readable:
    """What was said in one room, or arrived there, behind one entry."""

    conversation: str
    network: str
    room: str
    after: int = 0
    """The number of that entry; 0: all."""
    since: float = 0.0
    """When it was, in seconds since 1970: what was read from a network's history has later numbers."""

    def takes(self, entry: Entry, about: Iterable[Entry]) -> bool:
        """Whether an entry is within it. `about` is what is about it: its copies."""
        header = entry.header
        if header is None or entry.conversation != self.conversation:
            return False
        if entry.number <= self.after or header.at < self.since:
            return False
        if entry.words is None or not (entry.words.text or entry.words.files):
            return False  # there is nothing to be told of it
        if is_aside(header, entry.words):  # who asks the same again does not want to find that
            return False
        here = (self.network, self.room)
        if (header.network, header.room) == here:
            return True
        copies = (one.header.copy for one in about if one.header is not None)
        return any(
            copy is not None and not copy.reason and (copy.network, copy.room) == here for copy in copies
        )


def since_known(reader: Reader, room: Readable, person: str) -> Readable | None:
    """Return what somebody may read in a room, by what its network calls them: what was heard since they are
    known to be there, which is since they came or, where that was not seen, since they first said something.
    None: they are not known to be there.
    """
    marks = _marks(reader, room, person)
    if marks is None:
        return None
    moves = f'{marks} "{mark(Belonging.KIND, EntryKind.MEMBER)}"'
    after = 0
    for after, header in _headers(reader, reader.matching(moves, limit=1)):
        if header.change == _CAME:
            return replace(room, after=after - 1, since=header.at)
        # They went: whoever is called so since then may be somebody else.
    said = f'{marks} NOT "{mark(Belonging.KIND, EntryKind.MEMBER)}"'
    for number, header in _headers(reader, reader.matching(said, limit=1, after=after, newest_first=False)):
        return replace(room, after=number - 1, since=header.at)
    return None


def _headers(reader: Reader, numbers: Iterable[int]) -> Iterator[tuple[int, Header]]:
    for number in numbers:
        entry = reader.entry(number)
        if entry is not None and entry.header is not None:
            yield number, entry.header


def _marks(reader: Reader, room: Readable, person: str) -> str | None:
    """Return an expression for what somebody did in a room; None: the archive knows nothing of that."""
    known = reader.conversation(room.conversation)
    where = reader.subject(ScopeKind.ROOM, room.network, room.room)
    who = reader.subject(ScopeKind.PERSON, room.network, person)
    if known is None or not where or not who:
        return None
    marks = (
        mark(Belonging.CONVERSATION, known.number),
        mark(Belonging.ROOM, where),
        mark(Belonging.PERSON, who),
    )
    return " ".join(f'"{one}"' for one in marks)
