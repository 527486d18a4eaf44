"""The entries that were read last: what others are about, and answer, is mostly among them."""

from collections.abc import Iterator

from bridge.archive.entries import EntryKind, Header
from bridge.archive.store import Entry

__all__ = ["Recent"]

_MOST = 4000
"""So many entries at least are at hand, and no more than twice as many."""


class Recent:
    """Knows them by their places, and messages by the names that they and their copies have."""

    def __init__(self) -> None:
        self._entries: list[dict[tuple[str, int], Entry]] = [{}, {}]
        self._names: list[dict[tuple[str, str, str, str], tuple[str, int]]] = [{}, {}]

    def remember(self, entry: Entry) -> None:
        """Keep an entry at hand for a while."""
        if len(self._entries[0]) >= _MOST:
            self._entries = [{}, self._entries[0]]
            self._names = [{}, self._names[0]]
        self._entries[0][entry.conversation, entry.position] = entry
        if entry.header is not None:
            for name in _names(entry.conversation, entry.header):
                self._names[0][name] = entry.conversation, entry.header.about or entry.position

    def at(self, conversation: str, position: int) -> Entry | None:
        """Return an entry; None: it is not at hand."""
        place = conversation, position
        return self._entries[0].get(place) or self._entries[1].get(place)

    def named(self, conversation: str, network: str, room: str, name: str) -> Entry | None:
        """Return a message, likewise."""
        known = conversation, network, room, name
        place = self._names[0].get(known) or self._names[1].get(known)
        return self.at(*place) if place is not None else None


def _names(conversation: str, header: Header) -> Iterator[tuple[str, str, str, str]]:
    if header.kind is EntryKind.MESSAGE:
        for name in (header.id, *header.aliases):
            yield conversation, header.network, header.room, name
    elif header.copy is not None and header.about:
        for name in header.copy.ids:
            yield conversation, header.copy.network, header.copy.room, name
