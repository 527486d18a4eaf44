"""Finds whom and which place a name in a question means: people, rooms and conversations, networks."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from bridge.archive.entries import Header
from bridge.archive.index import Belonging, Phrase, folded, mark, padded, squeezed
from bridge.archive.store import Entry, Reader, ScopeKind
from bridge.language import N_

from .query import Key, QueryError

__all__ = ["Fact", "Meant", "meant_by"]

Fact: TypeAlias = Callable[[Header, Entry], bool]
"""Whether something is so of an entry."""

_MOST = 100
"""So many of one name are told apart."""
_KINDS = {Key.FROM: ScopeKind.PERSON, Key.IN: ScopeKind.ROOM, Key.ON: ScopeKind.NETWORK}
_MARKS = {Key.FROM: Belonging.PERSON, Key.IN: Belonging.ROOM, Key.ON: Belonging.NETWORK}


@dataclass(slots=True)
class Meant:
    """All that some names mean together."""

    marks: list[str] = field(default_factory=list)
    """Terms of the index, in quotes."""
    places: set[tuple[str, str]] = field(default_factory=set)
    """Networks and their names for people or rooms; of a network itself the latter is empty."""
    conversations: set[str] = field(default_factory=set)
    unknown: list[str] = field(default_factory=list)
    """The names that nobody and nothing has."""

    def fact(self, key: Key) -> Fact:
        """Return what tells whether an entry is by or in or on one of these."""
        match key:
            case Key.FROM:
                return lambda header, _: (header.network, header.by.id if header.by else "") in self.places
            case Key.ON:
                return lambda header, _: (header.network, "") in self.places
            case _:
                return lambda header, entry: (
                    entry.conversation in self.conversations or (header.network, header.room) in self.places
                )


class _Named(NamedTuple):
    mark: str
    names: tuple[str, ...]
    place: tuple[str, str] | None
    """None: it is a conversation, which has one name."""


def meant_by(key: Key, values: Iterable[str], reader: Reader) -> Meant:
    """Return what names mean behind `from:`, `in:` or `on:`. Raises QueryError."""
    known = [
        _Named(mark(_MARKS[key], one.number), (one.id or one.network, *one.names), (one.network, one.id))
        for one in reader.subjects(_KINDS[key])
    ]
    if key is Key.IN:
        known += [
            _Named(mark(Belonging.CONVERSATION, number), (name,), None)
            for number, name in reader.conversation_names().items()
        ]
    meant = Meant()
    for value in values:
        found = _called(value, known)
        if not found:
            meant.unknown.append(value)
        if len(found) > _MOST:
            raise QueryError(
                N_("More than {most} names go with {value}: write more of it."),
                most=_MOST,
                value=f"{key}:{value}",
            )
        for one in found:
            meant.marks.append(f'"{one.mark}"')
            if one.place is None:
                meant.conversations.add(one.names[0])
            else:
                meant.places.add(one.place)
    return meant


def _called(value: str, known: Sequence[_Named]) -> list[_Named]:
    """Return those that go by exactly this name, or else by one that is alike, or else by one that has it as
    a part: a first name, a host.
    """
    if same := [one for one in known if value in one.names]:
        return same
    begins = value.endswith("*")
    phrase = Phrase.of(value, prefix=begins)
    if phrase is None:
        return []
    if not begins:
        whole = [one for one in known if any(squeezed(folded(name)) == phrase.words for name in one.names)]
        if whole:
            return whole
    return [one for one in known if any(phrase.needle in padded(name) for name in one.names)]
