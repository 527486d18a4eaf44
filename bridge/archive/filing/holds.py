"""Legal holds: what they cover stays, whatever else would have it go. A hold beats retention, what its author
removes, and erasure.
"""

from collections.abc import Callable, Collection, Iterable

import msgspec

from bridge.archive.entries import Header
from bridge.archive.store import Entry, Reader
from bridge.errors import ArchiveError

from .notes import FiledNotes, FilingNotes, read_notes, write_note
from .tags import TagsOf, all_tags, tags_of

__all__ = ["Holds", "LegalHold", "add_hold", "all_holds", "person_keys", "release_hold"]

_KIND = "hold"


class LegalHold(msgspec.Struct, frozen=True, kw_only=True):
    """What must not go. Where things of several kinds are named, what is all of these is held: somebody's
    words in a conversation.
    """

    name: str
    reason: str
    at: float
    """When it was begun, in seconds since 1970."""
    conversations: tuple[str, ...] = ()
    """Empty: all; so also below."""
    people: tuple[str, ...] = ()
    """Each as `network/id`: what they did, and what is about that."""
    tags: tuple[str, ...] = ()
    since: float | None = None
    """What was said from then on."""
    until: float | None = None

    def covers(self, conversation: str, header: Header, tags: Collection[str]) -> bool:
        """Whether it holds what a header tells of."""
        return (
            (not self.conversations or conversation in self.conversations)
            and (not self.people or not person_keys(header).isdisjoint(self.people))
            and (not self.tags or not set(self.tags).isdisjoint(tags))
            and (self.since is None or header.at >= self.since)
            and (self.until is None or header.at < self.until)
        )


def person_keys(header: Header) -> frozenset[str]:
    """Return who did something: as `network/id`, and by what the network vouches for."""
    by = header.by
    if by is None:
        return frozenset()
    return frozenset(f"{header.network}/{known}" for known in (by.id, by.proof) if known)


def add_hold(notes: FilingNotes, hold: LegalHold) -> None:
    """Begin a hold. Raises ArchiveError where one has its name."""
    if notes.note(_KIND, hold.name) is not None:
        raise ArchiveError(f"there is a hold {hold.name!r} already: give this one another name")
    write_note(notes, _KIND, hold.name, hold)


def release_hold(notes: FilingNotes, name: str) -> LegalHold:
    """End a hold. Raises ArchiveError where there is none of this name."""
    found = {one.name: one for one in all_holds(notes)}
    if name not in found:
        known = ", ".join(sorted(found)) or "none"
        raise ArchiveError(f"there is no hold {name!r}: there is {known}")
    notes.put_note(_KIND, name, None)
    return found[name]


def all_holds(notes: FiledNotes) -> list[LegalHold]:
    """Return all holds, by name."""
    return [hold for _, hold in read_notes(notes, _KIND, LegalHold)]


class Holds:
    """What is held now. What is about a held message, such as an edit or a copy, is held with it."""

    def __init__(self, holds: Iterable[LegalHold], tags: TagsOf) -> None:
        self.all = tuple(holds)
        self._tags = tags

    @classmethod
    def kept_in(cls, notes: FiledNotes) -> "Holds":
        """Return those that are kept in an archive."""
        holds = all_holds(notes)
        named = {tag for hold in holds for tag in hold.tags}
        return cls(holds, tags_of(one for tag in named for one in all_tags(notes, tag)))

    def holding(self, entry: Entry, of: Callable[[int], Entry | None]) -> tuple[str, ...]:
        """Return the names of the holds that cover an entry; `of` gives the entry at a place of the same
        conversation.
        """
        if not self.all or entry.header is None:
            return ()
        headers = [entry.header]
        about = entry.header.about
        if about and (root := of(about)) is not None and root.header is not None:
            headers.append(root.header)
        tags = self._tags(entry.conversation, entry.position, about)
        return tuple(
            hold.name
            for hold in self.all
            if any(hold.covers(entry.conversation, header, tags) for header in headers)
        )

    def holds(self, reader: Reader, entry: Entry) -> bool:
        """Whether an entry must stay."""
        return bool(self.holding(entry, lambda position: reader.at(entry.conversation, position)))
