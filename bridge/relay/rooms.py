"""The rooms of all conversations, each with the worker that delivers to it."""

import asyncio
import logging
import math
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import partial

from bridge.adapter import Adapter
from bridge.aside import in_steps
from bridge.compose.attachments import Attachments
from bridge.compose.composer import Composer
from bridge.compose.facts import Facts
from bridge.compose.prefix import DEFAULT_PREFIX, Prefix
from bridge.compose.view import RoomView
from bridge.config import DeliveryRules
from bridge.config.words import counted
from bridge.journal import Journal, Oldest
from bridge.language import locale
from bridge.model import MessageId, RoomId, Sender, Speaker, UserId
from bridge.whose import about

from .directory import Directory
from .dispatch import Dispatch
from .listener import Listener
from .room import Room, RoomStatus
from .routes import Routes
from .tally import Tally
from .worker import Worker

__all__ = ["Moved", "Rooms"]

log = logging.getLogger(__name__)

Moved = Callable[[AbstractSet[str]], None]
"""Is told which networks' adapters have other rooms to serve, since one opened or closed a conversation."""

Forgets = Callable[[str, UserId, Collection[tuple[RoomId, MessageId]]], Awaitable[bool]]
"""Forgets a talk, for the adapter of a network (`Conversations.forget`)."""


async def _nothing_kept(*_: object) -> bool:
    return False


class Rooms:
    """Gives every room a worker, by the owner's map and by what adapters open, and takes it away again."""

    def __init__(
        self,
        journal: Journal,
        attached: Attachments,
        listener: Listener,
        sent: Callable[[str, Speaker | None], None],
        moved: Moved,
    ) -> None:
        """`sent` is called with the words of each message that is sent, and who says them there by
        themselves; None: their name stands in the words.
        """
        self.workers: dict[int, Worker] = {}
        """By the room's number."""
        self.by_name: dict[tuple[str, RoomId], Worker] = {}
        self.directory = Directory(journal)
        self.adapters: Mapping[str, Adapter] = {}
        self.dispatch = Dispatch(journal, self.workers, attached, self.network)
        self.followed: list[Callable[[], None]] = []
        """Called when another map is followed."""
        self.opened: list[Callable[[], None]] = []
        """Called when an adapter opened or closed a conversation."""
        self.forgets: Forgets = _nothing_kept
        self.archived: Callable[[str, RoomId, str], str] = lambda *_: ""
        """Says what is archived of a room of a network (`Conversations.archived`)."""
        self._journal = journal
        self._attached = attached
        self._listener = listener
        self._sent = sent
        self._moved = moved
        self.tallies = defaultdict[str, Tally](Tally)
        """By network."""
        self._networks: dict[int, str] = {}
        """The network of each room that was ever in a conversation."""
        self._named: set[str] = set()
        self._unique: set[str] = set()
        """The networks where no two people in one room bear the same name."""
        self._strangers: set[str] = set()
        """Those where anybody may come in."""
        self._rules: Mapping[str, DeliveryRules] = {}

    def status(self, number: int) -> RoomStatus | None:
        """Return how a room stands; None: it is in no conversation."""
        worker = self.workers.get(number)
        return worker.status() if worker is not None else None

    def heard_in(self, network: str, room: RoomId) -> list[tuple[Adapter, RoomId]]:
        """Return the rooms that are heard in a room, each with its adapter."""
        worker, routes = self.by_name.get((network, room)), self.directory.routes
        heard = routes.heard.get(worker.room.number, ()) if worker is not None else ()
        there = [routes.rooms[number] for number in heard if number in routes.rooms]
        return [(self.adapters[name], found) for name, found in there if name in self.adapters]

    # By the owner's map

    async def follow(
        self, routes: Routes, adapters: Mapping[str, Adapter], rules: Mapping[str, DeliveryRules]
    ) -> None:
        """Follow this map from now on; `rules` are by network. Rooms that stay keep their workers.

        Much of it is done in steps: only between two of them the old map gives way to the new one.
        """
        self._named.update(adapters)
        self._unique.update(name for name, adapter in adapters.items() if adapter.names_are_unique)
        self._strangers.update(name for name, adapter in adapters.items() if not adapter.instructed)
        self.adapters, self._rules = adapters, rules
        employ = partial(self._employ, routes)
        for number, worker in list(self.workers.items()):
            network = worker.room.adapter.network
            if adapters.get(network) is not worker.room.adapter:  # opened when its network had just stopped
                self.workers.pop(number).stop()
        stay = [number for number in routes.rooms if number in self.workers]
        await in_steps(employ, [number for number in routes.rooms if number not in self.workers])
        before = self.directory.routes
        self.directory.use(routes)
        for number in routes.rooms.keys() - self.workers.keys():
            employ(number)
        for number in self.workers.keys() - routes.rooms.keys():
            self.workers.pop(number).stop()
        self.by_name.clear()
        self.by_name.update({routes.rooms[number]: worker for number, worker in self.workers.items()})
        self._listener.follow(routes)
        if not before.rooms or before.rooms.keys() - routes.rooms.keys():
            self._journal.forget_rooms(routes.rooms.values())
        await in_steps(self._update, stay)
        await self._bury_unmapped()
        for told in self.followed:
            told()

    def forget(self, networks: AbstractSet[str]) -> list[Worker]:
        """Forget the workers of these networks: they end, and are to be closed. What is owed stays."""
        rooms = self.directory.routes.rooms.items()
        gone = [number for number, (network, _) in rooms if network in networks]
        workers = [self.workers.pop(number) for number in gone]
        for worker in workers:
            worker.stop()
        return workers

    # By adapters

    def open(self, network: str, name: str, rooms: Sequence[tuple[str, RoomId]]) -> None:
        """Join rooms, for the adapter of a network. Raises Rejected and JournalError."""
        self._change(self.directory.open(network, name, rooms))
        for told in self.opened:
            told()

    def close(self, network: str, name: str) -> None:
        """Relay nothing more in what it opened. Raises JournalError."""
        self._change(self.directory.close(network, name))
        for told in self.opened:
            told()

    def open_private(self, network: str, name: str, rooms: Sequence[tuple[str, RoomId]]) -> None:
        """Join the rooms of two people. Raises Rejected and JournalError."""
        self._change(self.directory.open_private(network, name, rooms))

    def end_closed(self) -> None:
        """Let go of what was closed and is owed nothing any more: every few seconds."""
        if not self._journal.waiting and (ended := self.directory.end(self._is_owed)):
            self._change(ended)
            self._journal.forget_rooms(self.directory.routes.rooms.values())

    def _is_owed(self, number: int) -> bool:
        worker = self.workers.get(number)
        if worker is None:  # its network is being connected anew
            return bool(self._journal.owed(number, limit=1))
        return worker.owes_from() < math.inf

    def _change(self, numbers: Sequence[int]) -> None:
        """Let each of these rooms have the worker that it needs now."""
        routes, moved = self.directory.routes, set()
        for number in numbers:
            if number not in routes.rooms:
                worker = self.workers.pop(number, None)
                if worker is None:
                    continue  # its network has just stopped: whoever did that tells its adapter
                worker.stop()
                network, room = worker.room.adapter.network, worker.room.id
                self.by_name.pop((network, room), None)
            else:
                network, room = routes.rooms[number]
                if number in self.workers:
                    self._update(number)
                elif network in self.adapters:
                    self._employ(routes, number)
                    self.by_name[network, room] = self.workers[number]
            moved.add(network)
        if moved:
            self._moved(moved)

    # One room

    def _employ(self, routes: Routes, number: int) -> None:
        network, room = routes.rooms[number]
        self._networks[number] = network
        place = Room(
            number,
            room,
            self.adapters[network],
            self._rules[network],
            self.tallies[network],
            routes.is_private(number),
        )
        composer = self._composer(place, routes)
        self.workers[number] = Worker(place, composer, self._listener, self.dispatch, self._sent)

    def _composer(self, place: Room, routes: Routes) -> Composer:
        show = routes.shown[place.number]
        view = RoomView(
            number=place.number,
            id=place.id,
            adapter=place.adapter,
            title=place.title,
            logged=place.logged,
            about=place.about,
            show=show,
            locale=locale(show.language, show.time_zone),
            facts=Facts(self._journal, place.number, *routes.heard_by(place.number)),
            origin=self._origin,
            is_heard=partial(self._is_heard, place.number),
            unique=self._unique,
            strangers=self._strangers,
            networks=self._named,
            attachments=self._attached,
            digest=self._listener,
        )
        return Composer(view)

    def _update(self, number: int) -> None:
        routes = self.directory.routes
        if number in routes.rooms:  # it may have been closed meanwhile
            worker = self.workers[number]
            worker.room.rules = self._rules[routes.rooms[number][0]]
            worker.composer.follow(routes.shown[number], *routes.heard_by(number))

    def network(self, number: int) -> str:
        """Return the network of a room that is, or was, in a conversation."""
        return self._networks.get(number, "")

    def _origin(self, source: int, room: int) -> tuple[str, Prefix]:
        network = self.network(source)
        prefix = self.directory.routes.prefixes.get((source, room))
        # Events taken are delivered by the map of their taking, even when the map has changed since.
        return network, prefix or Prefix(DEFAULT_PREFIX, network, "")

    def _is_heard(self, room: int, number: int, sender: Sender) -> bool:
        routes = self.directory.routes
        source = routes.sources.get(routes.rooms[number]) if number in routes.rooms else None
        return source is None or room in source.rooms_for(sender)

    async def _bury_unmapped(self) -> None:
        """Give up, in the open, what is owed to rooms that left the map."""
        for number, (network, room) in self._journal.rooms_owed().items():
            if number in self.workers:
                continue
            count = 0
            while found := self._journal.bury(number, "the room is no longer in the configuration", Oldest()):
                count += found
                await asyncio.sleep(0)
            some = counted(count, "message")
            where = "a private room" if (network, room) in self.directory.ended else room
            keys = about(network, where)
            log.warning("given up: %s to %s %s, which left the map", some, network, where, extra=keys)
