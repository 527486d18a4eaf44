"""People from elsewhere are there as themselves as long as they are where they come from."""

import logging
import math
from collections.abc import Iterable, Iterator
from itertools import islice

from bridge.identity import key_of
from bridge.kit.bounded import BoundedDict
from bridge.model import (
    Authorship,
    Change,
    FleetingEvent,
    MemberChanged,
    RoomId,
    Sender,
    SetPresent,
    Speaker,
    UserId,
)
from bridge.relay import Router

__all__ = ["PuppetPresence"]

log = logging.getLogger(__name__)

_GONE = 60.0
"""So long somebody is away before they are so elsewhere: many come back at once after a lost connection."""
_LEAVING = 10_000
_MOST = 200
"""So many people at most are in a room before they say anything."""
_AT_ONCE = 10
"""So many of them come at a time, every few seconds."""
_AGAIN = 3600.0
"""After so long somebody who is still there is asked to be there again, in seconds: they do not count as
idle."""


class PuppetPresence:
    """Lets speakers with accounts of their own leave when their authors do; and where a room wants that, be
    there as soon as those are.
    """

    def __init__(self, router: Router) -> None:
        self._router = router
        self._clock = router.journal.clock
        self._leaving = BoundedDict[tuple[int, UserId], float](_LEAVING)
        """By the room that they left: when that counts."""
        self._asked: dict[int, dict[str, float]] = {}
        """By room and key: when they were last asked to be there; infinity: never again."""

    def hear(self, network: str, event: FleetingEvent) -> None:
        """Take note of who came and went."""
        worker = self._router.rooms.by_name.get((network, event.room))
        if worker is None or worker.room.private or not isinstance(event, MemberChanged):
            return
        number, user = worker.room.number, event.sender.id
        if event.speaker:
            if event.change is not Change.UNBANNED and number in self._asked:
                self._asked[number][event.speaker] = (
                    math.inf
                )  # they come back when they have something to say
            return
        match event.change:
            case Change.JOINED:
                self._leaving.pop((number, user), None)
            case Change.LEFT:
                self._leaving[number, user] = self._clock.monotonic() + _GONE
            case Change.KICKED | Change.BANNED:
                self._leaving[number, user] = self._clock.monotonic()
            case Change.RENAMED if event.id:
                self._leaving.pop((number, event.id), None)
                self._leaving[number, user] = self._clock.monotonic()

    def left(self, network: str, user: UserId, rooms: Iterable[int]) -> None:
        """Let somebody be in these rooms no longer, as far as they are there as themselves."""
        for room in rooms:
            worker = self._router.workers.get(room)
            if worker is None or not worker.joined:
                continue
            key, adapter = key_of(network, user), worker.room.adapter
            self._asked.get(room, {}).pop(key, None)
            if adapter.capabilities(worker.room.id).authorship is Authorship.PUPPET:
                speaker = Speaker(Authorship.PUPPET, "", key)
                adapter.hint(SetPresent(room=worker.room.id, speaker=speaker, present=False))

    def patrol(self) -> None:
        """Let people leave and come: every few seconds."""
        now = self._clock.monotonic()
        for (number, user), due in list(self._leaving.items()):
            if due <= now:
                del self._leaving[number, user]
                self._leave(number, user)
        routes = self._router.rooms.directory.routes
        wanting = {number for number, show in routes.shown.items() if show.members == "present"}
        for number in self._asked.keys() - wanting:
            del self._asked[number]
        for number in wanting:
            self._invite(number, now)

    def _leave(self, number: int, user: UserId) -> None:
        """Let somebody leave the rooms that hear one where they are no more, and no other where they are."""
        routes = self._router.rooms.directory.routes
        network, room = routes.rooms.get(number, ("", RoomId("")))
        source = routes.sources.get((network, room))
        rooms = source.rooms if source is not None else ()
        self.left(network, user, [one for one in rooms if not self._is_there(one, network, user)])

    def _is_there(self, room: int, network: str, user: UserId) -> bool:
        """Whether somebody is in any room that a room hears."""
        return any(
            user == one.id
            for name, there in self._sources(room)
            if name == network
            for one in self._router.rooms.adapters[name].people(there)
        )

    def _sources(self, room: int) -> Iterator[tuple[str, RoomId]]:
        routes = self._router.rooms.directory.routes
        for number in routes.heard.get(room, ()):
            network, there = routes.rooms[number]
            if network in self._router.rooms.adapters:
                yield network, there

    def _invite(self, number: int, now: float) -> None:
        worker = self._router.workers.get(number)
        if worker is None or worker.room.private or not worker.joined:
            self._asked.pop(number, None)
            return
        adapter, room = worker.room.adapter, worker.room.id
        if adapter.capabilities(room).authorship is not Authorship.PUPPET:
            return
        asked = self._asked.setdefault(number, {})
        due = (
            (source, key, sender)
            for source, key, sender in islice(self._people(number), _MOST)
            if asked.get(key, -math.inf) < now - _AGAIN
        )
        for source, key, sender in list(islice(due, _AT_ONCE)):
            asked[key] = now
            speaker = worker.composer.speaker(source, sender)
            if speaker is not None and speaker.how is Authorship.PUPPET:
                adapter.hint(SetPresent(room=room, speaker=speaker, present=True))

    def _people(self, room: int) -> Iterator[tuple[int, str, Sender]]:
        """Yield who is in the rooms that a room hears, and is heard here."""
        routes, adapters = self._router.rooms.directory.routes, self._router.rooms.adapters
        for network, there in self._sources(room):
            source = routes.sources[network, there]
            for sender in adapters[network].people(there):
                if room in source.rooms_for(sender):
                    yield source.number, key_of(network, sender.id), sender
