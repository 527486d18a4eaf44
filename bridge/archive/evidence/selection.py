"""Selects the entries that a bundle discloses: those its owner asks for, and what belongs to them."""

from collections.abc import Iterable
from itertools import islice

from bridge.archive.entries import EntryKind
from bridge.archive.store import Entry, Reader
from bridge.errors import ArchiveError

__all__ = ["by_number", "by_time", "with_belongings"]

_FAR = 20_000
"""So many entries back it is looked for who was at the other end of a connection."""


def by_time(reader: Reader, conversation: str, since: float | None, until: float | None) -> list[Entry]:
    """Return the entries of a conversation in a time, in seconds since 1970, the end exclusive."""
    return list(reader.entries(conversation, since=since, until=until))


def by_number(reader: Reader, conversation: str, numbers: Iterable[int]) -> list[Entry]:
    """Return entries by their numbers in the archive. Raises ArchiveError."""
    found = []
    for number in numbers:
        entry = reader.entry(number)
        if entry is None or entry.header is None:
            raise ArchiveError(
                f"nothing is left of entry {number:,}, or it never was: `hubbub search` has numbers"
            )
        if entry.conversation != conversation:
            raise ArchiveError(
                f"entry {number:,} is in another conversation than {conversation!r}: a bundle is about one"
            )
        found.append(entry)
    return found


def with_belongings(reader: Reader, conversation: str, wanted: Iterable[Entry]) -> dict[int, Entry]:
    """Return entries by their places, with what they are about, all that is about them, such as edits and
    copies, and who was at the other end of their networks' connections.
    """
    found: dict[int, Entry] = {}
    todo = [entry for entry in wanted if entry.header is not None]
    while todo:
        entry = todo.pop()
        if entry.position in found or entry.header is None or entry.conversation != conversation:
            continue
        found[entry.position] = entry
        todo += reader.versions(entry)
        if entry.header.about and (about := reader.at(conversation, entry.header.about)) is not None:
            todo.append(about)
    for entry in _peers(reader, conversation, found):
        found[entry.position] = entry
    return dict(sorted(found.items()))


def _peers(reader: Reader, conversation: str, found: dict[int, Entry]) -> list[Entry]:
    if not found:
        return []
    headers = [entry.header for entry in found.values() if entry.header is not None]
    missing = {header.network for header in headers}
    first = min(found.values(), key=lambda entry: entry.position)
    peers = []
    for entry in islice(reader.entries(conversation, before=first.number, newest_first=True), _FAR):
        if not missing:
            break
        if entry.header and entry.header.kind is EntryKind.LINK and entry.header.network in missing:
            missing.discard(entry.header.network)
            peers.append(entry)
    return peers
