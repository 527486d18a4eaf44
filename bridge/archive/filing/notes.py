"""Keeps the notes of filing beside the chains: small records by their kind and a key."""

from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar

import msgspec

__all__ = ["FiledNotes", "FilingNotes", "read_notes", "write_note"]

_S = TypeVar("_S", bound=msgspec.Struct)


class FiledNotes(Protocol):
    """Where they can be read: in a Reader, and in the Store."""

    def note(self, kind: str, key: str) -> bytes | None: ...

    def notes(self, kind: str, prefix: str = "") -> Mapping[str, bytes]: ...


class FilingNotes(FiledNotes, Protocol):
    """Where they can be changed."""

    def put_note(self, kind: str, key: str, value: bytes | None) -> None:
        """Keep this under its key; None: keep nothing under it."""


def read_notes(notes: FiledNotes, kind: str, shape: type[_S], prefix: str = "") -> Iterator[tuple[str, _S]]:
    """Yield the records of one kind whose keys begin so, each with its key, by their keys."""
    for key, raw in sorted(notes.notes(kind, prefix).items()):
        yield key, msgspec.json.decode(raw, type=shape)


def write_note(notes: FilingNotes, kind: str, key: str, value: msgspec.Struct) -> None:
    """Keep a record in place of what had its key."""
    notes.put_note(kind, key, msgspec.json.encode(value))
