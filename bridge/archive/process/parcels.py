"""Parcels: the service sends them to the archive's process, to be filed."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from bridge.archive.entries import Header, Words
from bridge.archive.keeping import KeptFor

from .questions import Inquiry

__all__ = ["COPY", "CopyNote", "Fact", "FetchedNote", "Parcel", "Row", "Terms"]

Row = tuple[int, str, str, float, str, str, bytes | None]
"""An event as the journal has it (`Observed`)."""

COPY = 1
"""Stands before the values of a `CopyNote` once it is packed."""


class CopyNote(msgspec.Struct, frozen=True, array_like=True, tag_field="what", tag=COPY):
    """What became of a delivery."""

    network: str
    room: str
    """Where it was said."""
    message: str
    """What it is called there."""
    to: str
    there: str
    """The network and the room that it went to."""
    at: float
    ids: tuple[str, ...] = ()
    speaker: str | None = None
    reason: str = ""
    late: bool = False
    """Whether it was found in the journal: it may have been filed before."""


class Fact(msgspec.Struct, frozen=True, array_like=True, tag_field="what", tag=2):
    """Something that stands in no journal."""

    conversations: tuple[str, ...]
    header: Header
    words: Words = Words()


class FetchedNote(msgspec.Struct, frozen=True, array_like=True, tag_field="what", tag=3):
    """A file of a message was fetched."""

    network: str
    room: str
    message: str
    at: float
    name: str
    type: str
    size: int
    sha256: str
    path: str
    """Where it is now."""


class Parcel(Inquiry[None], frozen=True, array_like=True):
    """Events and what else happened, in order: each of both that was filed already is passed over."""

    journal: str
    """Whose numbers the events have."""
    upto: int | None
    """The last event that was looked at, archived or not; None: there are none in it."""
    events: Sequence[Row] = ()
    only: Mapping[int, Sequence[str]] = {}
    """Conversations of some events, by number: where those of their room do not all have them."""
    first: int = 1
    """The number of the first of `facts`, counted through all parcels."""
    facts: Sequence[CopyNote | Fact | FetchedNote] = ()


class Terms(Inquiry[int], frozen=True, array_like=True):
    """What is archived from now on. The answer is the number of the last fact that was filed."""

    answer: ClassVar[Any] = int

    journal: str
    kept: Mapping[str, KeptFor]
    """By conversation; also those that ended."""
    rooms: Sequence[tuple[str, str, Sequence[str]]]
    """Networks and rooms, with the conversations that have what is said there."""
    since: Mapping[str, int]
    """By conversation: the last event of before it was archived."""
    opted: Sequence[tuple[str, str]]
    """Networks and people who do not want their words to be kept: by id, account, or what proves who they
    are.
    """
    retention: Sequence[tuple[str, str, float]] = ()
    """Networks and rooms that want to be kept for so many seconds at most."""
