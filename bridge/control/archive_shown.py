"""Shows an owner entries of the archive: one with all that is known of it, or many in order."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Literal

from bridge.archive.filing.holds import Holds
from bridge.archive.filing.tags import all_tags, tags_of
from bridge.archive.store import ConversationInfo, Entry, Reader, State
from bridge.config.words import nearest, quoted
from bridge.errors import ArchiveError

from .archive_answers import ArchivedEntry, CheckpointTold, EntriesAnswer, EntryAnswer
from .archive_requests import EntriesRequest, EntryRequest
from .archive_standing import checkpoint_told

__all__ = ["entries", "entry", "known", "told"]

_STATES: Mapping[State, Literal["full", "wordless", "bare"]] = {
    State.FULL: "full",
    State.WORDLESS: "wordless",
    State.BARE: "bare",
}


def told(found: Entry) -> ArchivedEntry:
    """Return an entry as it is answered."""
    return ArchivedEntry(
        number=found.number,
        conversation=found.conversation,
        position=found.position,
        state=_STATES[found.state],
        header=found.header,
        words=found.words,
    )


def known(reader: Reader, name: str) -> ConversationInfo:
    """Return a conversation. Raises ArchiveError where the archive has none of the name."""
    found = {one.name: one for one in reader.conversations()}
    if name not in found:
        raise ArchiveError(f"the archive has no conversation {quoted(name)}{nearest(name, found)}")
    return found[name]


def entry(request: EntryRequest, reader: Reader) -> EntryAnswer:
    """Return an entry with what is known of it. Raises ArchiveError where there is none."""
    found = reader.entry(request.number)
    if found is None:
        raise ArchiveError(f"the archive has no entry {request.number:,}, or nothing is left of it")
    about = found.header.about if found.header is not None else 0
    subject = reader.at(found.conversation, about) if about else None
    tags = tags_of(all_tags(reader, conversation=found.conversation))
    holding = Holds.kept_in(reader).holding(found, lambda place: reader.at(found.conversation, place))
    return EntryAnswer(
        entry=told(found),
        about=[told(one) for one in reader.versions(found)],
        subject=told(subject) if subject else None,
        around=[told(one) for one in reader.around(found.number, request.around, request.around)],
        tags=sorted(tags(found.conversation, found.position, about)),
        holds=list(holding),
        checkpoint=_checkpoint(reader, found),
    )


def _checkpoint(reader: Reader, found: Entry) -> CheckpointTold | None:
    """Return the first checkpoint that covers an entry; None: none does yet."""
    signed = reader.signed(found.conversation)
    place = bisect_left(signed, found.position, key=lambda one: one[1].position)
    if place == len(signed):
        return None
    number = signed[place][0]
    return next((checkpoint_told(one) for one in reader.rounds(first=number, last=number)), None)


def entries(request: EntriesRequest, reader: Reader) -> EntriesAnswer:
    """Return what was said in a conversation, in order. Raises ArchiveError where there is no such."""
    name = known(reader, request.conversation).name
    some = reader.entries(name, since=request.since, until=request.until, after=request.after)
    found = list(islice(some, request.limit + 1))
    shown = found[: request.limit]
    about = {one.number: one for entry in shown for one in reader.versions(entry)}
    for one in shown:
        about.pop(one.number, None)
    earlier = reader.entries(name, until=request.since, newest_first=True) if request.since else ()
    later = reader.entries(name, since=request.until) if request.until else ()
    return EntriesAnswer(
        entries=[told(one) for one in shown],
        about=[told(about[number]) for number in sorted(about)],
        after=shown[-1].number if len(found) > len(shown) else None,
        earlier=_first_at(earlier),
        later=_first_at(later),
    )


def _first_at(found: Iterable[Entry]) -> float | None:
    first = next(iter(found), None)
    return first.header.at if first is not None and first.header is not None else None
