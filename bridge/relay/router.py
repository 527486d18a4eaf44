"""Where events come in: routed, filtered, taken into the journal, and handed to the rooms' workers."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from bridge.adapter import Adapter, Emit, Position
from bridge.journal import Delivery, Journal
from bridge.model import Event, RoomId, RoomState, RoomStateChanged

from .names import DEFAULT_PREFIX, Prefix
from .routes import Routes
from .worker import Worker

__all__ = ["Router"]

log = logging.getLogger(__name__)


class Router:
    """The way of a message through the middle, one direction."""

    def __init__(self, journal: Journal, watch: Callable[[str, Event], None] | None = None) -> None:
        """`watch` is called with each event and its network: for those who look on."""
        self.journal = journal
        self.workers: dict[int, Worker] = {}
        """By the room's number."""
        self._watch = watch
        self._routes = Routes({}, {}, {})
        self._names: dict[int, str] = {}
        self._by_room: dict[tuple[str, RoomId], Worker] = {}
        journal.taken = self._taken

    def map(self, routes: Routes, adapters: Mapping[str, Adapter]) -> None:
        """Follow this map from now on. Rooms that stay keep their workers."""
        self._routes = routes
        self._names.update({source.number: network for (network, _), source in routes.sources.items()})
        for number in self.workers.keys() - routes.rooms.keys():
            self.workers.pop(number).stop()
        for number, (network, room) in routes.rooms.items():
            if number not in self.workers:
                self.workers[number] = Worker(number, room, adapters[network], self.journal, self._origin)
        self._by_room = {routes.rooms[number]: worker for number, worker in self.workers.items()}
        self._bury_unmapped()

    def forget(self, networks: AbstractSet[str]) -> None:
        """Forget the workers of these networks, which end; what is owed to their rooms stays."""
        for number, (network, _) in self._routes.rooms.items():
            if network in networks:
                self.workers.pop(number).stop()

    def emit(self, network: str) -> Emit:
        """Where the adapter of a network hands over what it heard."""
        return _Emit(network, self)

    def offline(self, network: str) -> None:
        """A connection ended: none of its rooms can be spoken in."""
        for (name, _), worker in self._by_room.items():
            if name == network:
                worker.parted()

    def overdue(self) -> set[str]:
        """The networks on which a confirmation is so late that the connection must be dead."""
        return {network for (network, _), worker in self._by_room.items() if worker.overdue()}

    def take(self, network: str, events: Sequence[Event], positions: Sequence[Position]) -> None:
        """Route events and hand them to the journal."""
        take, sources = self.journal.take, self._routes.sources
        for event in events:
            if isinstance(event, RoomStateChanged):
                self._room_state(network, event)
            else:
                source = sources.get((network, event.room))
                if source is not None and (rooms := source.rooms_for(event.sender)):
                    take(source.number, event, rooms)
            if self._watch is not None:
                self._watch(network, event)
        for position in positions:
            self.journal.reach(network, position)

    def _taken(self, deliveries: list[Delivery]) -> None:
        workers = self.workers
        for delivery in deliveries:
            # A room whose worker is being replaced finds its deliveries in the journal.
            if (worker := workers.get(delivery.room)) is not None:
                worker.offer(delivery)
        for room in {delivery.room for delivery in deliveries} & workers.keys():
            workers[room].pump()

    def _room_state(self, network: str, event: RoomStateChanged) -> None:
        worker = self._by_room.get((network, event.room))
        if event.state is RoomState.REFUSED:
            log.warning("%s %s cannot be joined: %s", network, event.room, event.reason)
        elif event.state is RoomState.JOINED:
            log.info("%s %s is joined", network, event.room)
        if worker is None:
            return
        if event.state is RoomState.JOINED:
            worker.joined()
        else:
            worker.parted()

    def _origin(self, source: int, room: int) -> tuple[str, Prefix]:
        network = self._names.get(source, "")
        prefix = self._routes.prefixes.get((source, room))
        # Events taken are delivered by the map of their taking, even when the map has changed since.
        return network, prefix or Prefix(DEFAULT_PREFIX, network, "")

    def _bury_unmapped(self) -> None:
        """Give up, in the open, what is owed to rooms that left the map."""
        for number, (network, room) in self.journal.rooms_owed().items():
            if number in self.workers:
                continue
            after, count = 0, 0
            while owed := self.journal.owed(number, after):
                for delivery in owed:
                    self.journal.give_up(delivery, "the room is no longer in the configuration")
                after, count = owed[-1].seq, count + len(owed)
            log.warning("%d messages to %s %s are given up: it left the map", count, network, RoomId(room))


class _Emit:
    """One network's way in."""

    def __init__(self, network: str, router: Router) -> None:
        self._network = network
        self._router = router

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        self._router.take(self._network, events, positions)
        return self._router.journal.committed()

    def position(self, scope: str = "") -> str | None:
        return self._router.journal.position(self._network, scope)
