"""What was said on one day, as one reads it: each message as it says now, with what came later about it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bridge.archive.entries import EntryKind
from bridge.control.archive_answers import ArchivedEntry

__all__ = ["TranscriptLine", "lines"]

_PAUSE = 600.0
"""Who goes on within so many seconds is not named again."""
_FOLDED = (EntryKind.EDIT, EntryKind.REMOVAL, EntryKind.REACTION, EntryKind.FILE, EntryKind.COPY)
_LEFT_OUT = (EntryKind.COPY, EntryKind.LINK)
"""What is proof, and nothing to read."""


@dataclass(slots=True)
class TranscriptLine:
    """A message, or something else that happened."""

    entry: ArchivedEntry
    goes_on: bool = False
    """Whether it is said by whoever said the line before."""
    last: ArchivedEntry = field(init=False)
    """What it says now: the entry itself, or its last edit."""
    removed: ArchivedEntry | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    """Who reacts with what now."""

    def __post_init__(self) -> None:
        self.last = self.entry

    @property
    def speaks(self) -> bool:
        """Whether it is a message."""
        return self.entry.header is not None and self.entry.header.kind is EntryKind.MESSAGE

    @property
    def edited(self) -> bool:
        """Whether it said something else before."""
        return self.last is not self.entry

    def fold(self, later: ArchivedEntry) -> None:
        """Let something count that came later about it."""
        header, words = later.header, later.words
        if header is None:
            return
        if header.kind is EntryKind.EDIT:
            self.last = later
        elif header.kind is EntryKind.REMOVAL:
            self.removed = later
        elif header.kind is EntryKind.REACTION and header.by is not None and words is not None:
            name = header.by.name or header.by.id
            gone = words.removed if words.emojis is None else tuple(self.reactions)
            for emoji in gone:
                if name in self.reactions.get(emoji, ()):
                    self.reactions[emoji].remove(name)
            for emoji in words.added if words.emojis is None else words.emojis:
                self.reactions.setdefault(emoji, []).append(name)
            self.reactions = {emoji: names for emoji, names in self.reactions.items() if names}


def lines(entries: Sequence[ArchivedEntry], about: Sequence[ArchivedEntry]) -> list[TranscriptLine]:
    """Return the lines of these entries; `about` is what came later about them, in order."""
    found = {entry.position: TranscriptLine(entry) for entry in entries if not _is_left_out(entry)}
    for later in (*entries, *about):
        subject = found.get(later.header.about) if later.header and later.header.about else None
        if subject is not None and later.header is not None and later.header.kind in _FOLDED:
            subject.fold(later)
            found.pop(later.position, None)
    return list(_joined(found.values()))


def _is_left_out(entry: ArchivedEntry) -> bool:
    return entry.header is not None and entry.header.kind in _LEFT_OUT


def _joined(found: Iterable[TranscriptLine]) -> Iterator[TranscriptLine]:
    before: TranscriptLine | None = None
    for line in found:
        line.goes_on = before is not None and _goes_on(before, line)
        yield line
        before = line


def _goes_on(before: TranscriptLine, line: TranscriptLine) -> bool:
    first, second = before.entry.header, line.entry.header
    return (
        before.speaks
        and line.speaks
        and first is not None
        and second is not None
        and first.by is not None
        and second.by is not None
        and (first.network, first.by.id, first.by.name) == (second.network, second.by.id, second.by.name)
        and second.at - first.at < _PAUSE
    )
