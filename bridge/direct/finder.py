"""Finds whom somebody means by a name, and where people were heard."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from bridge.compose.mentions import in_ascii
from bridge.identity import safe_name
from bridge.identity.speaker import key_of
from bridge.journal import Journal
from bridge.kit.bounded import BoundedDict
from bridge.looks import look
from bridge.model import US, RoomId, Sender, UserId
from bridge.relay.rooms import Rooms

from .pairs import Party

__all__ = ["Finder", "Known", "meant"]


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who was heard, or of whom it is noted that they talk."""

    network: str
    user: UserId
    name: str
    """The last that they had."""

    @property
    def key(self) -> str:
        return key_of(self.network, self.user)


class Finder:
    """Looks into the rooms of the map, and at what was said there lately."""

    def __init__(self, rooms: Rooms, journal: Journal) -> None:
        self._rooms = rooms
        self._journal = journal
        self._renamed = BoundedDict[str, tuple[str, str]](5000)
        """Who said nothing since they go by another name: the one before, and the new one."""

    def renamed(self, network: str, sender: Sender, name: str) -> None:
        """Note that somebody goes by another name."""
        self._renamed[key_of(network, sender.id)] = sender.name, name

    def _known(self, network: str, sender: Sender) -> Known:
        before, name = self._renamed.get(key_of(network, sender.id), ("", ""))
        return Known(network, sender.author, name if sender.name == before else sender.name)

    def where(self, network: str, user: UserId) -> tuple[RoomId, Known] | None:
        """Return the room of the map in which somebody was heard last; None: they were not lately."""
        mapped, found = dict(self._mapped(network)), None
        for number, sender in self._journal.voices(list(mapped), 0.0):
            if user in {sender.id, sender.author}:
                found = mapped[number], self._known(network, sender)
        return found

    def rooms_of(self, network: str, user: UserId) -> dict[int, RoomId]:
        """Return all rooms of the map in which somebody was heard lately, by their numbers."""
        mapped = dict(self._mapped(network))
        heard = self._journal.voices(list(mapped), 0.0)
        return {number: mapped[number] for number, sender in heard if sender.author == user}

    def around(self, network: str, user: UserId, room: RoomId, talks: Iterable[Party]) -> list[Known]:
        """Return whom somebody who speaks in this room, and wherever else they were heard, can mean: who was
        heard in the rooms that are joined with those, and the others of their talks. Each once; of a network
        where names are unique, of each name the one who bore it last.
        """
        routes, talks = self._rooms.directory.routes, list(talks)
        here = {number for number, known in self._mapped(network) if known == room}
        mine = dict(self._mapped(network))
        here |= {number for number, sender in self._journal.voices(list(mine), 0.0) if sender.author == user}
        numbers = {other for number in here for other in routes.heard.get(number, ())}
        names = {(party.network, party.private) for party in talks}
        numbers |= {number for number, known in routes.rooms.items() if known in names}
        found: dict[str, Known] = {}
        for party in talks:
            _put(found, party.key, Known(party.network, party.user, party.name))
        for number, sender in self._journal.voices(numbers, 0.0):
            other = self._journal.room(number)
            if other is not None and other[0] != network and sender.id != US:
                _put(found, key_of(other[0], sender.id), self._known(other[0], sender))
        return list(self._unique(found.values()))

    def _mapped(self, network: str) -> Iterator[tuple[int, RoomId]]:
        private = {room for opened in self._rooms.directory.private() for room in opened.rooms}
        for number, known in self._rooms.directory.routes.rooms.items():
            if known[0] == network and known not in private:
                yield number, known[1]

    def _unique(self, found: Collection[Known]) -> Iterator[Known]:
        last = {(known.network, look(known.name)): known for known in found}
        for known in found:
            adapter = self._rooms.adapters.get(known.network)
            unique = adapter is not None and adapter.names_are_unique
            if not unique or last[known.network, look(known.name)] is known:
                yield known


def meant(name: str, people: Iterable[Known], networks: Collection[str]) -> list[Known]:
    """Return who can be meant by a name, with or without the network behind an @, or as IRC writes it: `Zoe`
    and `Zoe[jabber]`.
    """
    people, name = list(people), name.strip("`")
    short, at, network = name.rpartition("@")
    if not at and name.endswith("]"):
        short, at, network = name[:-1].rpartition("[")
    if at and network in networks and (found := _alike(short, people, network)):
        exactly = [known for known in found if safe_name(known.name).replace(" ", "_") == short]
        return exactly if len(exactly) == 1 else found
    return _alike(name, people)


def _alike(name: str, people: Iterable[Known], network: str = "") -> list[Known]:
    people = [known for known in people if not network or known.network == network]
    found = [known for known in people if look(safe_name(known.name)) == look(name)]
    if not found and (wanted := in_ascii(name)):
        found = [known for known in people if in_ascii(known.name) == wanted]
    return found


def _put(found: dict[str, Known], key: str, known: Known) -> None:
    """Put somebody behind all others: they were heard after them."""
    found.pop(key, None)
    found[key] = known
