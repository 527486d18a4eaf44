"""Counts who and how much there is in an excerpt, before its first line is written."""

from collections.abc import Iterable
from dataclasses import dataclass

from bridge.archive.entries import EntryKind, Person
from bridge.archive.store import Entry
from bridge.compose.namesakes import HUBBUB
from bridge.identity.names import safe_name
from bridge.model import US

__all__ = ["Figure", "Survey"]


_OURS = ("", str(US))
"""Hubbub itself, on whichever network it says something: nobody else goes by its name."""


@dataclass(slots=True, eq=False)
class Figure:
    """Somebody in an excerpt."""

    number: int
    """From 1, in the order in which they appear."""
    network: str
    id: str
    name: str
    """As they were called last."""
    account: str
    proof: str
    messages: int = 0

    @property
    def ours(self) -> bool:
        """Whether it is Hubbub itself."""
        return (self.network, self.id) == _OURS


class Survey:
    """What one pass over an excerpt shows. It grows with the people in it, not with what they say."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.count = 0
        self.messages = 0
        self.first: float | None = None
        self.last: float | None = None
        self.conversations: list[str] = []
        """Their names, in the order in which they appear."""
        self.rooms: list[tuple[str, str]] = []
        """Networks and what rooms are called there, likewise."""
        self.figures: list[Figure] = []
        self._figures: dict[tuple[str, str], Figure] = {}
        self._bearers: dict[str, list[tuple[str, str]]] = {HUBBUB.name.casefold(): [_OURS]}
        for entry in entries:
            self._look(entry)

    def figure(self, network: str, person: Person) -> Figure | None:
        """Return somebody who was seen."""
        return self._figures.get(_key(network, person))

    def name(self, network: str, person: Person | None) -> str:
        """Return somebody's name as it was then, safe to show. Two who shared a name are told apart by their
        networks, and on one network by what it calls them.
        """
        if person is None:
            return "?"
        if person.id == US:
            return HUBBUB.name
        shown = safe_name(person.name or person.id)
        bearers = self._bearers.get(shown.casefold(), ())
        if len(bearers) < 2:
            return shown
        if sum(where == network for where, _ in bearers) < 2:
            return f"{shown} ({safe_name(network)})"
        return f"{shown} ({safe_name(person.id)})"

    def _look(self, entry: Entry) -> None:
        self.count += 1
        if entry.conversation not in self.conversations:
            self.conversations.append(entry.conversation)
        header = entry.header
        if header is None:
            return
        at = header.at
        self.first = at if self.first is None else min(self.first, at)
        self.last = at if self.last is None else max(self.last, at)
        if header.room and (header.network, header.room) not in self.rooms:
            self.rooms.append((header.network, header.room))
        said = header.kind is EntryKind.MESSAGE
        self.messages += said
        if header.by is not None:
            self._meet(header.network, header.by).messages += said
        if header.other is not None:
            self._meet(header.network, header.other)

    def _meet(self, network: str, person: Person) -> Figure:
        key = _key(network, person)
        figure = self._figures.get(key)
        if figure is None:
            number = len(self.figures) + 1
            figure = Figure(number, key[0], person.id, person.name, person.account, person.proof)
            self._figures[key] = figure
            self.figures.append(figure)
        figure.name = person.name or figure.name
        figure.proof = person.proof or figure.proof
        bearers = self._bearers.setdefault(safe_name(person.name or person.id).casefold(), [])
        if key not in bearers:
            bearers.append(key)
        return figure


def _key(network: str, person: Person) -> tuple[str, str]:
    return _OURS if person.id == US else (network, person.id)
