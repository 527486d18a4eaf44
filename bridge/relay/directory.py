"""All conversations: those of the owner's map, and those that adapters open and close at run time."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from bridge.config import Conversation, Direction, Network, RoomEntry
from bridge.errors import Rejected
from bridge.journal import Journal, Opened
from bridge.journal.beside import PRIVATE_ROOM
from bridge.model import RoomId
from bridge.protocols import find

from .routes import PRIVATE, Routes

__all__ = ["Directory"]

log = logging.getLogger(__name__)


class Directory:
    """Knows which rooms are joined into conversations now.

    What an adapter opens is in the journal before anything is relayed there, and is there again after a
    restart. What it closes carries nothing more, while its rooms stay until what is owed to them has arrived;
    that it is closing is in the journal too.
    """

    def __init__(self, journal: Journal) -> None:
        self.routes = Routes()
        self._journal = journal
        self._networks: Mapping[str, Network] = {}
        self._plain: dict[str, Any] = {}
        """By network: the settings of a room that says nothing of them."""
        self._opened: dict[tuple[str, str], Opened] = {}
        """By network and name."""
        self.ended: set[tuple[str, RoomId]] = set()
        """Rooms of two people that the map does not allow any more."""

    # By the owner's map

    def follow(self, networks: Mapping[str, Network]) -> None:
        """Follow a map with these networks from now on, and close what was opened with others."""
        self._networks, self._plain = networks, {}
        self._opened = {}
        for opened in self._journal.opened.all():
            if why := self._refusal(opened):
                if not opened.closing:
                    name = "a private talk" if opened.name.startswith(PRIVATE) else opened.name
                    log.warning("%s: what %s opened is closed: %s", opened.network, name, why)
                if opened.name.startswith(PRIVATE):
                    self.ended.update(opened.rooms)
                self._journal.opened.drop(opened)
            else:
                self._opened[opened.network, opened.name] = opened

    def use(self, routes: Routes) -> None:
        """Go by these conversations of the map from now on, and by those that are open."""
        for opened in self._opened.values():
            self._enter(routes, opened)
        self.routes = routes

    def rooms(self, network: str) -> Iterator[tuple[RoomId, Any]]:
        """Yield the rooms that an adapter has to serve besides those of the map, with their settings."""
        for opened in self._opened.values():
            for other, room in opened.rooms:
                if other == network:
                    yield room, self._settings(network)

    def network(self, name: str) -> Network | None:
        """Return a network of the map; None: it has no such."""
        return self._networks.get(name)

    def private(self) -> list[Opened]:
        """Return the conversations of two people, also those that are closing."""
        return [opened for opened in self._opened.values() if opened.name.startswith(PRIVATE)]

    def opened(self) -> list[Opened]:
        """Return what adapters opened, also what is closing."""
        return [opened for opened in self._opened.values() if not opened.name.startswith(PRIVATE)]

    # By adapters, and of two people

    def open(self, network: str, name: str, rooms: Sequence[tuple[str, RoomId]]) -> list[int]:
        """Join these rooms, for an adapter. Returns the numbers of the rooms that this changes.

        Raises Rejected when that cannot be, and JournalError when it cannot be kept.
        """
        return self._join(self._wanted(network, name, rooms))

    def open_private(self, network: str, name: str, rooms: Sequence[tuple[str, RoomId]]) -> list[int]:
        """Join the rooms of two people, each as its adapter names it. See `open`."""
        opened = Opened(network, f"{PRIVATE}{name}", tuple(rooms))
        if why := self._refusal(opened):
            raise Rejected(f"a private talk is not opened: {why}")
        for other, room in opened.rooms:
            self._journal.notes.keep(PRIVATE_ROOM, other, room, "")
        return self._join(opened)

    def _join(self, opened: Opened) -> list[int]:
        network, name = opened.network, opened.name
        before = self._opened.get((network, name))
        if before == opened:
            return []
        changes = [opened]
        if before is not None and not set(before.rooms) <= set(opened.rooms):
            # What it replaces is closed under a name of its own: what is owed to its rooms arrives.
            changes = [self._replaced(before), opened]
        for change in changes:
            self._journal.opened.keep(change)
        return list(dict.fromkeys(chain.from_iterable(map(self._change, changes))))

    def close(self, network: str, name: str) -> list[int]:
        """Relay nothing more there. Returns the numbers of the rooms that this changes.

        Raises JournalError when it cannot be kept.
        """
        opened = self._opened.get((network, name))
        if opened is None or opened.closing:
            return []
        opened = replace(opened, closing=True)
        self._journal.opened.keep(opened)
        return self._change(opened)

    def end(self, is_owed: Callable[[int], bool]) -> list[int]:
        """Forget what was closed and is owed nothing. Returns the numbers of the rooms that this changes."""
        changed = []
        for opened in [opened for opened in self._opened.values() if opened.closing]:
            title = _title(opened)
            if title not in self.routes:
                continue  # its network is getting another name at this moment
            rooms = self.routes.numbers(title)
            if not any(map(is_owed, rooms)):
                self._journal.opened.drop(opened)
                del self._opened[opened.network, opened.name]
                self.routes.remove(title)
                changed += rooms
        return changed

    def _change(self, opened: Opened) -> list[int]:
        title = _title(opened)
        changed = self.routes.numbers(title) if title in self.routes else []
        if changed:
            self.routes.remove(title)
        self._opened[opened.network, opened.name] = opened
        self._enter(self.routes, opened)
        return list(dict.fromkeys((*changed, *self.routes.numbers(title))))

    def _wanted(self, network: str, name: str, rooms: Sequence[tuple[str, RoomId]]) -> Opened:
        """Return what an adapter wants to open, if that can be. Raises Rejected."""
        try:
            named = [(other, self._named(network, other, room)) for other, room in rooms]
            opened = Opened(network, name, tuple(dict.fromkeys(named)))
            why = self._refusal(opened)
        except ValueError as error:
            why = str(error)
        if why:
            raise Rejected(f"{name} is not opened: {why}")
        return opened

    def _named(self, opener: str, network: str, room: RoomId) -> RoomId:
        """Return a room's id as its own network has it: what another network's adapter wrote may be none, or
        a room of the map in other letters. Raises ValueError.
        """
        if network == opener or network not in self._networks:
            return room
        return find(self._networks[network].protocol).room_id(room)

    def _replaced(self, before: Opened) -> Opened:
        """Return all that was opened under a name so far as one conversation to be closed, under a name that
        no adapter can give.
        """
        name = f"{before.name}\0"
        earlier = self._opened.get((before.network, name))
        rooms = dict.fromkeys((*(earlier.rooms if earlier else ()), *before.rooms))
        return Opened(before.network, name, tuple(rooms), closing=True)

    def _refusal(self, opened: Opened) -> str:
        """Say why this cannot be open; empty: it can."""
        if len(opened.rooms) < 2:
            return "a conversation has two rooms at least"
        for network in (opened.network, *dict(opened.rooms)):
            if network not in self._networks:
                return f"there is no network {network}"
            try:
                self._settings(network)
            except ValueError:
                return f"a room of {network} has settings that only the map can give"
        return ""

    def _settings(self, network: str) -> Any:
        if network not in self._plain:
            self._plain[network] = find(self._networks[network].protocol).RoomConfig()
        return self._plain[network]

    def _enter(self, routes: Routes, opened: Opened) -> None:
        routes.add(self._conversation(opened), self._networks, self._journal.number)

    def _conversation(self, opened: Opened) -> Conversation:
        """Return what was opened, as the map would have it. What is closing hears nothing any more."""
        way = Direction.TO if opened.closing else Direction.BOTH
        networks = self._networks
        return Conversation(
            _title(opened),
            tuple(
                RoomEntry(name, room, way, self._settings(name), networks[name].show)
                for name, room in opened.rooms
            ),
        )


def _title(opened: Opened) -> str:
    """Return the name of what was opened, which no conversation of the map can have."""
    return f"{opened.network}\n{opened.name}"
