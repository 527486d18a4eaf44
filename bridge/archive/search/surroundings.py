"""Finds what was said around a hit."""

from collections.abc import Iterator, Sequence
from itertools import islice

from bridge.archive.entries import EntryKind
from bridge.archive.store import Entry, Reader

__all__ = ["surroundings"]

_TALK = frozenset({EntryKind.MESSAGE, EntryKind.TOPIC, EntryKind.NAME})


def surroundings(entry: Entry, reader: Reader, count: int) -> tuple[Sequence[Entry], Sequence[Entry]]:
    """Return up to so many messages before an entry and after it, in its conversation, in order."""
    before = reader.entries(entry.conversation, before=entry.number, newest_first=True)
    after = reader.entries(entry.conversation, after=entry.number)
    return list(islice(_said(before), count))[::-1], list(islice(_said(after), count))


def _said(entries: Iterator[Entry]) -> Iterator[Entry]:
    for entry in entries:
        if entry.header is not None and entry.header.kind in _TALK and entry.words is not None:
            yield entry
