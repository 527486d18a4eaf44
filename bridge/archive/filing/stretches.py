"""Finds what is to be tagged: one message, or a stretch of a conversation."""

from collections.abc import Iterator
from typing import NamedTuple

from bridge.archive.asides import is_aside
from bridge.archive.entries import EntryKind, Header
from bridge.archive.store import Entry, Reader
from bridge.errors import ArchiveError

from .questions import Which

__all__ = ["PAUSE", "TalkStretch", "meant"]

PAUSE = 1800.0
"""After so many seconds without a word, something else begins to be talked about."""
_LONGEST = 2000
"""So many messages at most are tagged by somebody in a room at once."""
_VERSIONS = (EntryKind.EDIT, EntryKind.REACTION, EntryKind.COPY, EntryKind.FILE)


class TalkStretch(NamedTuple):
    """Entries of one conversation, from one to another."""

    first: Entry
    last: Entry
    messages: int
    since: float
    until: float


def meant(reader: Reader, which: Which) -> list[TalkStretch]:
    """Return what is meant, in each conversation. Raises ArchiveError where that is nothing."""
    if which.seq:
        found = list(_one(reader, which))
    elif which.first:
        found = list(_between(reader, which))
    else:
        names = which.conversations or tuple(info.name for info in reader.conversations())
        found = [one for name in names if (one := _talk(reader, name, which)) is not None]
    if not found:
        raise ArchiveError("the archive has nothing of that")
    return found


def _one(reader: Reader, which: Which) -> Iterator[TalkStretch]:
    for entry in reader.by_seq(which.seq):
        if which.conversations and entry.conversation not in which.conversations:
            continue
        header = entry.header
        root = None
        if header is not None and header.about and header.kind in _VERSIONS:
            root = reader.at(entry.conversation, header.about)
        whole = root or entry
        if whole.header is not None:
            yield TalkStretch(whole, whole, 1, whole.header.at, whole.header.at)


def _between(reader: Reader, which: Which) -> Iterator[TalkStretch]:
    first = reader.entry(which.first)
    if first is None or first.header is None:
        raise ArchiveError(f"the archive has no entry {which.first:,}, or nothing is left of it")
    if which.conversations and first.conversation not in which.conversations:
        raise ArchiveError(f"entry {which.first:,} is of {first.conversation}")
    messages, until, last = 0, first.header.at, first
    for entry in reader.entries(
        first.conversation, after=which.first - 1, before=(which.last or which.first) + 1
    ):
        if entry.header is not None:
            last, until = entry, max(until, entry.header.at)
            messages += entry.header.kind is EntryKind.MESSAGE
    yield TalkStretch(first, last, messages, first.header.at, until)


def _talk(reader: Reader, conversation: str, which: Which) -> TalkStretch | None:
    """Return what people said in a conversation in a time, or since the last pause."""
    timed = which.since is not None or which.until is not None
    found = (
        (entry, entry.header)
        for entry in reader.entries(conversation, since=which.since, until=which.until, newest_first=True)
        if entry.header is not None
        and entry.header.kind is EntryKind.MESSAGE
        and not is_aside(entry.header, entry.words)
    )
    last: tuple[Entry, Header] | None = None
    first, messages = last, 0
    for entry, header in found:
        if which.before_seq and header.seq >= which.before_seq:
            continue
        if not timed and first is not None and first[1].at - header.at > PAUSE:
            break
        first = entry, header
        last = last or first
        messages += 1
        if not timed and messages >= _LONGEST:
            break
    if first is None or last is None:
        return None
    return TalkStretch(first[0], last[0], messages, first[1].at, last[1].at)
