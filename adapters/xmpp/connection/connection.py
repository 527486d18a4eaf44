"""The life of one connection: log in, be in the rooms, send and hear, stay alive."""

import asyncio
import contextlib
from collections.abc import Collection, Coroutine, Mapping, Sequence
from typing import Any, TypeVar
from xml.etree.ElementTree import Element

from adapters.xmpp import decode
from adapters.xmpp.config import NetworkConfig, RoomConfig
from adapters.xmpp.decode import muc_info, talk
from adapters.xmpp.files.slots import Shared
from adapters.xmpp.history import positions
from adapters.xmpp.history.archive import ArchiveReader
from adapters.xmpp.history.history import History
from adapters.xmpp.rooms import refusals
from adapters.xmpp.rooms.making import RoomMaking
from adapters.xmpp.rooms.photos import photo_of
from adapters.xmpp.rooms.private import PrivateChats
from adapters.xmpp.rooms.puppets import PuppetOccupants
from adapters.xmpp.rooms.rooms import Rooms
from adapters.xmpp.session import Place
from bridge import (
    Adapter,
    Awake,
    ConnectionLost,
    Emit,
    Event,
    File,
    InFlight,
    MemberChanged,
    Part,
    Position,
    Receipt,
    Removed,
    RoomId,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    Settle,
    TalkEvent,
    TemporaryFailure,
    Txn,
    TypingChanged,
    UserId,
)

from .client import XmppClient
from .component import XmppComponent
from .memory import Memory

__all__ = ["XmppConnection"]

T = TypeVar("T")

_TICK = 5.0
_QUIET = 15.0
"""Seconds between two questions to the server: what it said before an answer was surely heard."""
_DEAD = 90.0
_ROOM_QUIET = 300.0
_SLOW = 30.0
"""Seconds for a room to reflect a message before we ask whether we are in it."""
_LOST = 90.0
_REGAIN = 60.0
_DISCOVERY = 3.0
"""Seconds that the first rooms wait until we know what our server can do."""


class XmppConnection:
    """One connection; used once."""

    def __init__(self, adapter: Adapter, memory: Memory, emit: Emit) -> None:
        self._loop = asyncio.get_running_loop()
        self.clock = adapter.clock
        self._config: NetworkConfig = adapter.config
        self._memory = memory
        self._session = memory.session
        self._emit = emit
        self._events: list[Event] = []
        self._moved: set[str] = set()
        self._flights: InFlight[str] = InFlight(self.clock)
        self._discovered = asyncio.Event()
        self._durable: asyncio.Future[None] | None = None
        self._group: asyncio.TaskGroup | None = None
        self.puppets: PuppetOccupants | None = None
        component = XmppComponent(self._config, self) if self._config.is_component else None
        self._client = component or XmppClient(self._config, self, memory.stream)
        self.peer = self._client.peer
        self.private = PrivateChats(adapter, self._session, self._client, self._flights, self._soon)
        if component is not None:
            self.puppets = self.private.puppets = PuppetOccupants(
                component, self._session, self._flights, adapter, self.private
            )
            component.theirs, self.puppets.tell = self.puppets.take, self.tell
        self._reader = ArchiveReader(self._client)
        self._history = History(self._reader, adapter.catch_up, emit.position, self._read)
        self.making = RoomMaking(self._config, self._session, self._client)
        self._rooms = Rooms(self._config, self._session, self._client, self._history, self)

    # -- for the adapter

    async def run(self, rooms: Mapping[RoomId, RoomConfig]) -> None:
        """Run until the connection ends. Raises the reason."""
        final = False
        try:
            await self._client.open()
            if not self._client.resumed:
                self._session.places.clear()
                if self.puppets is None:
                    self._client.say("<presence/>")
            async with asyncio.TaskGroup() as group:
                self._group = group
                now = self.clock.monotonic()
                for place in self._session.places.values():
                    place.heard = now
                self._rooms.serve(group, self.private.serve(rooms))
                group.create_task(self._watch())
                if self.puppets is not None:
                    group.create_task(self.puppets.avatars.run())
                if self._client.resumed:
                    self._discovered.set()
                else:
                    group.create_task(self._find_service())
                await self._client.ended
        except asyncio.CancelledError:
            final = True
            raise
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        finally:
            self._group = None
            self.private.close()
            self._memory.heard = self._client.requests.heard
            self._flights.close(ConnectionLost("the connection ended"))
            if self.puppets is not None:
                self.puppets.leave(self._session.places.values())
            self._memory.stream = await self._client.close(final=final)
            self.flush(whole=True)

    def serve(self, rooms: Mapping[RoomId, RoomConfig]) -> None:
        """Be in these rooms and no others."""
        if self._group is not None:
            self._rooms.serve(self._group, self.private.serve(rooms))

    def follow(self, config: NetworkConfig) -> None:
        """Take over another nick."""
        self._config = config
        self._rooms.follow(config)

    def send(self, room: RoomId, txn: Txn, stanza: str, settle: Settle, speaker: str = "") -> None:
        """Send a message, from the address of a speaker or our own. `settle` is called with the outcome."""
        receipt = self._memory.landed.pop(txn, None)
        if receipt is not None:
            settle(receipt)
            return
        self._flights.add(txn, room, settle)
        self._client.say(stanza, speaker)

    def whisper(self, stanza: str, speaker: str = "") -> None:
        """Send an ephemeral stanza, unless it would have to wait."""
        if not self._client.congested:
            self._client.say(stanza, speaker)

    async def upload(self, file: File) -> Shared:
        """Put a file where our server takes them. Raises an AdapterError."""
        put = self._memory.files.put(self._client, file, self._config)
        return await self._meanwhile(put)

    async def find_sent(self, room: RoomId, since: float, txns: Collection[Txn]) -> dict[Txn, Receipt | None]:
        """Find messages that may have been sent. See `Adapter.find_sent`, also for what it raises."""
        place = self._session.places.get(room)
        if place is None or not place.joined:
            raise RoomUnavailable(f"hubbub is not in {room}")
        landed = self._memory.landed
        found: dict[Txn, Receipt | None] = {txn: landed[txn] for txn in txns if txn in landed}
        missing = [txn for txn in txns if txn not in found]
        if not missing:
            return found
        return found | await self._meanwhile(self._history.find_sent(place, since, missing))

    async def past(self, room: RoomId, since: float) -> list[TalkEvent]:
        """Return what was said in a room. See `Adapter.past`."""
        place = self._session.places.get(room)
        if place is None or not place.joined:
            raise RoomUnavailable(f"hubbub is not in {room}")
        return await self._meanwhile(self._history.past(place, since))

    async def avatar(self, place: Place, user: UserId) -> bytes | None:
        """Return the picture of somebody in a room. See `Adapter.avatar`."""
        return await self._meanwhile(photo_of(self._client, place, user, self._session.photos))

    async def _meanwhile(self, work: Coroutine[Any, Any, T]) -> T:
        """Await this while the connection lasts. Raises ConnectionLost, and what the work raises."""
        task = asyncio.ensure_future(work)
        try:
            either: set[asyncio.Future[Any]] = {task, self._client.ended}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not task.done() or task.cancelled():
                raise ConnectionLost("the connection ended")
            return task.result()
        finally:
            task.cancel()

    async def _find_service(self) -> None:
        await self._memory.files.find(self._client, self._config.domain)
        self._discovered.set()

    def heard(self, room: RoomId) -> float:
        """Return the time until which all that was said in a room was heard, in seconds since 1970."""
        place, heard = self._session.places.get(room), self._client.requests.heard
        if place is None or place.joined:
            return heard
        return min(heard, self.clock.now() - (self.clock.monotonic() - place.heard))

    @property
    def alive(self) -> bool:
        """Whether stanzas can be sent."""
        return self._group is not None and not self._client.ended.done()

    # -- what the client hears

    def message(self, element: Element) -> None:
        """Take in a message stanza."""
        if element.get("type") == "error" and self.private.refused(element):
            return
        place = self._session.places.get((element.get("from") or "").partition("/")[0])
        if self._is_past(element, place):
            return
        said = decode.message(element, self._session)
        if said is None:
            if place is not None:
                self._told(place, element)
        elif isinstance(said, TalkEvent):
            self._said(self._session.places[said.room], said)
        elif isinstance(said, decode.Reflection):
            self._reflected(said)
        elif isinstance(said, TypingChanged):
            if place is not None and place.joined:
                self._events.append(said)
        elif isinstance(said, decode.Failure):
            self._refused(said)
        else:
            self.private.heard(element, said)

    def _told(self, place: Place, element: Element) -> None:
        """Take in what a room says that is no talk."""
        if muc_info.is_reconfigured(element) and self._group is not None:
            self._group.create_task(self._rooms.look_again(place))
        elif element.get("type") != "groupchat":
            self._reader.archived(element)
            self._rooms.decided(place, element)

    def _is_past(self, element: Element, place: Place | None) -> bool:
        if self.puppets is not None and element.get("type") == "groupchat" and not self._rooms.let_in(place):
            return True  # a room that still has us from before: what it says now is read as its past
        shown = place is not None and place.shown is not None and self._reader.shown(element, place)
        if shown and place is not None:
            self._rooms.shown(place)
        return shown

    def presence(self, element: Element) -> None:
        """Take in a presence stanza."""
        if (room := (element.get("from") or "").partition("/")[0]) in self._session.places:
            self._rooms.presence(muc_info.presence(element))
            self.private.look(room)
        elif room == self.making.room:
            self.making.presence(muc_info.presence(element))

    def flush(self, *, whole: bool = False) -> "asyncio.Future[None] | None":
        """Hand over what happened, in one go; positions without an event only if `whole`."""
        if self._events or (whole and self._moved):
            events, self._events = self._events, []
            self._durable = self._emit(events, *self._positions())
        return self._durable

    def _positions(self) -> list[Position]:
        moved, self._moved = self._moved, set()
        places, now = self._session.places, int(self.clock.now())
        return [Position(positions.write(places[room], now), room) for room in moved if room in places]

    def _said(self, place: Place, said: TalkEvent) -> None:
        place.heard = self._client.heard
        if self._history.hold(place, said):
            return
        self._events.append(said)
        if type(said) is Removed:
            self._events += talk.otherwise(said)
        self._moved.add(place.room)
        if place.stanza_ids and said.id != self._session.made:
            place.last = said.id

    def _read(self, place: Place, events: Sequence[TalkEvent], last: str) -> None:
        """Take in what was said in a room's past; `last` is the room's id for the last of it."""
        for said in events:
            self._soon(said)
            if type(said) is Removed:
                self._events += talk.otherwise(said)
        self._moved.add(place.room)
        place.last = last or place.last

    def _reflected(self, said: decode.Reflection) -> None:
        place = said.place
        place.heard = self._client.heard
        if not place.waiting.holding and said.id != said.txn:
            if not place.last:  # the first id of all: with it a later search can tell what is not there
                self._loop.call_soon(lambda: self.flush(whole=True))
            place.last = said.id
            self._moved.add(place.room)
        receipt = Receipt(Part(said.id, said.aliases, said.speaker))
        if said.txn in self._flights:
            self._rooms.landed(place)
            self._flights.settle(said.txn, receipt)
        else:
            self._memory.landed[said.txn] = receipt

    def _refused(self, said: decode.Failure) -> None:
        if self._flights.room(said.txn) != said.room:
            return
        place = self._session.places.get(said.room)
        topic = place is not None and said.txn in place.wanted
        self._flights.settle(said.txn, refusals.topic(said) if topic else refusals.sending(said))
        if said.condition in ("not-acceptable", "item-not-found", "not-authorized") and place and self._group:
            self._group.create_task(self._rooms.ping(place))

    # -- what the rooms tell

    def tell(self, event: RoomStateChanged | MemberChanged) -> None:
        """Report the state of a room, or that somebody else comes or goes."""
        if event.room in self._session.places:
            self._session.places[event.room].heard = self.clock.monotonic()
        self._soon(event)
        if isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED:
            self.private.look(event.room)

    def _soon(self, event: Event) -> None:
        """Hand an event over with what else was read."""
        if not self._events:
            self._loop.call_soon(self.flush)
        self._events.append(event)

    async def ready(self) -> None:
        """Wait until we know what our server can do, but not for long: the record of each room needs it."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DISCOVERY):
                await self._discovered.wait()

    def drop(self, room: RoomId, reason: str) -> None:
        """Fail what is on its way to a room that we are no longer in: it may not have arrived."""
        if self.puppets is not None and (place := self._session.places.get(room)) is not None:
            self.puppets.lost(place)
        self.private.lost(room)
        self._flights.drop(room, RoomUnavailable(reason))

    def remember(self, place: Place) -> None:
        """Write the room's position down: its content has changed."""
        self._moved.add(place.room)

    # -- staying alive

    async def _watch(self) -> None:
        awake = Awake(self.clock)
        regain = self.clock.monotonic() + _REGAIN
        asking: asyncio.Task[None] | None = None
        while True:
            now = await awake.sleep(_TICK)
            if self._client.paused or awake.since == now:  # the silence is then our own
                self._flights.excuse()
                continue
            self.flush(whole=True)
            silent = now - max(self._client.heard, awake.since)
            if silent > _DEAD:
                raise ConnectionLost(f"the server has been silent for {silent:.0f} s: it counts as dead")
            quiet = now - self._client.requests.last > _QUIET
            if quiet and (asking is None or asking.done()) and self._group is not None:
                asking = self._group.create_task(self._ping_server())
            self._watch_rooms(now)
            if self.puppets is not None:
                self.puppets.tidy(self._config.idle)
            if now > regain:
                regain = now + _REGAIN
                self._rooms.regain()

    async def _ping_server(self) -> None:
        with contextlib.suppress(TimeoutError):
            await self._client.ask("get", self._config.domain, "<ping xmlns='urn:xmpp:ping'/>", _DEAD)

    def _watch_rooms(self, now: float) -> None:
        doubtful = {room for _, room in self._flights.overdue(_SLOW)}
        for place in self._rooms.places():
            quiet = now - max(place.heard, place.asked)
            if (quiet > _ROOM_QUIET or place.room in doubtful) and self._group is not None:
                place.asked = now
                self._group.create_task(self._rooms.ping(place))
        for txn, room in self._flights.overdue(_LOST):
            self._flights.settle(txn, TemporaryFailure(f"{room} neither took nor refused the message"))
