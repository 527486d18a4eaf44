"""A talk inside a conversation, such as that of one visitor of a desk: its messages are known by the names
that they have in the rooms of one network, where they were said or only copied to. It is filed under tags,
and erased as a whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from bridge.archive.entries import EntryKind
from bridge.archive.store import Entry, Reader, ScopeKind, Store

from .holds import Holds
from .notes import FiledNotes, FilingNotes, read_notes, write_note
from .questions import TalkMeant
from .stretches import TalkStretch
from .tags import Tagged, all_tags, remove_tag

__all__ = [
    "TALK",
    "FiledUnder",
    "TalkPlan",
    "erase_talk",
    "note_tags",
    "pending_talks",
    "plan_talk",
    "stretches_of",
]

TALK = "talk"
"""Why entries went, in the archive's own words, which tell of nobody."""
_KIND = "talk erasure"
_FILED = "talk"
"""The kind of the notes about what a talk is tagged with."""
_NEAR = 50
"""So many entries at most stand between two messages that are tagged as one stretch."""
_STEP = 1000
_SAID = (EntryKind.MESSAGE, EntryKind.EDIT, EntryKind.FILE)


def _roots(reader: Reader, talk: TalkMeant) -> dict[tuple[str, int], Entry]:
    """Return the messages by conversation and place, with nothing that is about them."""
    found: dict[tuple[str, int], Entry] = {}
    for conversation in reader.conversation_names().values():
        for room, name in talk.names:
            entry = reader.named(conversation, talk.network, room, name)
            while entry is not None and entry.header is not None and entry.header.about:
                entry = reader.at(conversation, entry.header.about)
            if entry is not None and entry.header is not None:
                found[conversation, entry.position] = entry
    return dict(sorted(found.items()))


def stretches_of(reader: Reader, talk: TalkMeant) -> Iterator[TalkStretch]:
    """Yield the messages of a talk, those as one stretch between which nothing else was said."""
    roots = _roots(reader, talk)
    run: list[Entry] = []
    for entry in roots.values():
        if run and not _follows(reader, run[-1], entry, roots):
            yield _stretch(run)
            run = []
        run.append(entry)
    if run:
        yield _stretch(run)


def _follows(reader: Reader, before: Entry, entry: Entry, roots: dict[tuple[str, int], Entry]) -> bool:
    """Whether nothing stands between two messages but what is about this talk."""
    conversation = entry.conversation
    if before.conversation != conversation or entry.position - before.position > _NEAR:
        return False
    between = (reader.at(conversation, place) for place in range(before.position + 1, entry.position))
    return all(
        one is not None and one.header is not None and (conversation, one.header.about) in roots
        for one in between
    )


def _stretch(run: Sequence[Entry]) -> TalkStretch:
    times = [one.header.at for one in run if one.header is not None]
    return TalkStretch(run[0], run[-1], len(run), min(times), max(times))


@dataclass(slots=True)
class TalkPlan:
    """What the erasure of a talk takes, and what it leaves."""

    whole: list[int] = field(default_factory=list)
    """The numbers of entries that go whole: what the person said, and what the network itself said of it."""
    words: list[int] = field(default_factory=list)
    """Those of which the words go: what others said to them."""
    held: int = 0
    """So many stay, since they are held."""
    tags: list[Tagged] = field(default_factory=list)
    """The owner's tags that stand at nothing else."""


class FiledUnder(msgspec.Struct, frozen=True):
    """What a talk is tagged with."""

    tags: tuple[str, ...]


def note_tags(notes: FilingNotes, talk: TalkMeant, tags: Sequence[str]) -> None:
    """Keep in mind what a talk is tagged with, so that this goes with it."""
    known = _tags(notes, talk)
    if not known.issuperset(tags):
        write_note(notes, _FILED, _key(talk), FiledUnder(tuple(sorted(known.union(tags)))))


def _tags(notes: FiledNotes, talk: TalkMeant) -> set[str]:
    raw = notes.note(_FILED, _key(talk))
    filed = msgspec.json.decode(raw, type=FiledUnder).tags if raw is not None else ()
    return {*filed, talk.tag} - {""}


def _key(talk: TalkMeant) -> str:
    return f"{talk.network}\x1f{talk.person}"


def plan_talk(reader: Reader, notes: FiledNotes, talk: TalkMeant, holds: Holds) -> TalkPlan:
    """Look at all of a talk."""
    given = [one for tag in _tags(notes, talk) for one in all_tags(notes, tag) if not one.by]
    plan, roots = TalkPlan(), _roots(reader, talk) | _filed(reader, talk, given)
    for root in roots.values():
        theirs = root.header is not None and root.header.network == talk.network
        for entry in (root, *reader.versions(root)):
            if entry.header is None or not (theirs or entry.header.kind in _SAID):
                continue
            if holds.holds(reader, entry):
                plan.held += 1
            elif theirs:
                plan.whole.append(entry.number)
            elif entry.raw_words:
                plan.words.append(entry.number)
    ends = (
        (one, (one.conversation, one.first_position), (one.conversation, one.last_position)) for one in given
    )
    plan.tags = [one for one, first, last in ends if first in roots and last in roots]
    return plan


def _filed(reader: Reader, talk: TalkMeant, given: Sequence[Tagged]) -> dict[tuple[str, int], Entry]:
    """Return the messages that have the talk's tag."""
    return {
        (entry.conversation, entry.position): entry
        for one in given
        if one.tag == talk.tag and one.conversation in talk.conversations
        for entry in reader.entries(one.conversation, after=one.first - 1, before=one.last + 1)
        if entry.header is not None and entry.header.kind is EntryKind.MESSAGE
    }


def erase_talk(store: Store, reader: Reader, talk: TalkMeant, holds: Holds) -> TalkPlan:
    """Erase a talk, and keep in mind what has to stay. Returns what went, and what did not."""
    plan = plan_talk(reader, store, talk, holds)
    key = _key(talk)
    if plan.held:
        write_note(store, _KIND, key, talk)
    for numbers, take in ((plan.whole, store.take_whole), (plan.words, store.take_words)):
        for first in range(0, len(numbers), _STEP):
            take(numbers[first : first + _STEP], TALK)
    if not plan.held:
        for one in plan.tags:
            remove_tag(store, one)
        store.forget(ScopeKind.PERSON, talk.network, talk.person)
        for kind in (_KIND, _FILED):
            if store.note(kind, key) is not None:
                store.put_note(kind, key, None)
    return plan


def pending_talks(notes: FiledNotes) -> list[TalkMeant]:
    """Return the talks of which something had to stay."""
    return [one for _, one in read_notes(notes, _KIND, TalkMeant)]
