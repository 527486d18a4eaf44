"""A message as a whole: what was said, with all that came later about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.archive.entries import Copy, EntryKind, FiledFile, Header, Person, Words
from bridge.archive.store import Entry

from .exporter import Excerpt

__all__ = ["Version", "Whole", "stands_elsewhere", "whole", "words_then"]

_LATER = {EntryKind.EDIT, EntryKind.REMOVAL, EntryKind.REACTION, EntryKind.FILE, EntryKind.COPY}


@dataclass(frozen=True, slots=True)
class Version:
    """What a message said from some time on."""

    header: Header
    words: Words | None
    """None: they went."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What is known of a message."""

    header: Header
    versions: Sequence[Version]
    """The first one, and each edit."""
    removal: Entry | None
    files: Sequence[FiledFile]
    reactions: dict[str, list[tuple[str, Person]]]
    """Who stands behind each reaction, with their networks."""
    copies: Sequence[tuple[float, Copy]]
    """What became of its copies, and when."""


def stands_elsewhere(excerpt: Excerpt, entry: Entry) -> bool:
    """Return whether an entry is told of at the message that it is about, since that is exported too, or says
    nothing without it.
    """
    if entry.header is None or entry.header.kind not in _LATER:
        return False
    if entry.header.kind in (EntryKind.FILE, EntryKind.COPY):
        return True
    if not entry.header.about:
        return False
    target = excerpt.at(entry.conversation, entry.header.about)
    if target is None or target.header is None or target.header.kind is not EntryKind.MESSAGE:
        return False
    return excerpt.shows(target)


def words_then(excerpt: Excerpt, target: Entry, then: Entry) -> Words | None:
    """Return what a message said when a later entry was filed: whoever answers an edited message means its
    last version, and none that came after the answer.
    """
    words = target.words
    for one in excerpt.about(target):
        if one.header is not None and one.header.kind is EntryKind.EDIT and one.number < then.number:
            words = one.words
    return words


def whole(excerpt: Excerpt, entry: Entry, header: Header) -> Whole:
    """Return all that is known of a message, by its entry and that one's header."""
    later = [(one, one.header) for one in excerpt.about(entry) if one.header is not None]
    return Whole(
        header,
        [Version(header, entry.words)]
        + [Version(about, one.words) for one, about in later if about.kind is EntryKind.EDIT],
        next((one for one, about in later if about.kind is EntryKind.REMOVAL), None),
        _files(entry.words, [one.words for one, about in later if about.kind is EntryKind.FILE]),
        _reactions([(about, one.words) for one, about in later if about.kind is EntryKind.REACTION]),
        [(about.at, about.copy) for _, about in later if about.copy is not None],
    )


def _files(words: Words | None, fetched: Sequence[Words | None]) -> list[FiledFile]:
    """Return the files: what was learned of one later is in place of what was known first."""
    found = list(words.files) if words is not None else []
    for file in (file for one in fetched if one is not None for file in one.files):
        places = (place for place, known in enumerate(found) if known.name == file.name and not known.sha256)
        if (place := next(places, None)) is None:
            found.append(file)
        else:
            found[place] = file
    return found


def _reactions(changes: Sequence[tuple[Header, Words | None]]) -> dict[str, list[tuple[str, Person]]]:
    """Return the reactions as they are after all that was changed."""
    now: dict[tuple[str, str], tuple[tuple[str, Person], dict[str, None]]] = {}
    for header, words in changes:
        if header.by is None or words is None:
            continue
        _, theirs = now.setdefault((header.network, header.by.id), ((header.network, header.by), {}))
        if words.emojis is not None:
            theirs.clear()
            theirs.update(dict.fromkeys(words.emojis))
        theirs.update(dict.fromkeys(words.added))
        for emoji in words.removed:
            theirs.pop(emoji, None)
    found: dict[str, list[tuple[str, Person]]] = {}
    for who, theirs in now.values():
        for emoji in theirs:
            found.setdefault(emoji, []).append(who)
    return found
