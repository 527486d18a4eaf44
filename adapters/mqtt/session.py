"""One connection: enters topics, takes messages and acknowledges them, tells ours from others'."""

import asyncio
import itertools
import logging
import secrets
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from zlib import crc32

from paho.mqtt.client import MQTTMessage, topic_matches_sub
from paho.mqtt.reasoncodes import ReasonCode

from bridge import (
    AdapterError,
    Clock,
    ConnectionLost,
    Emit,
    Event,
    InFlight,
    MessageId,
    Part,
    Position,
    RateLimited,
    Receipt,
    Rejected,
    RoomId,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    SendMessage,
    Settle,
    TemporaryFailure,
    Txn,
)

from . import decode, encode
from .config import RoomConfig
from .decode import Stamp
from .memory import TopicMemory
from .wire import Wire, is_by

__all__ = ["Session", "own_topic", "refused", "unseen", "unspeakable"]

log = logging.getLogger(__name__)

_ASK = 15.0
_QUEUE = 1000
"""So many messages most brokers keep for who is away, unless told otherwise; the rest they drop silently."""
_LATER = 600.0
_SIGNS = ("hubbub/+/mark", "hubbub/+/status")
"""Topics by which any Hubbub shows that it lives: no talk, wherever a filter shows it."""
_NOT_AUTHORIZED, _QUOTA = 0x87, 0x97
_ABOUT_THE_MESSAGE = {0x90, 0x95, 0x99}
"""Topic name invalid, packet too large, payload format invalid (MQTT 5 section 2.4)."""


def own_topic(client_id: str, what: str) -> str:
    """Return a topic that is nobody else's."""
    return f"hubbub/{client_id}/{what}"


def unseen(topic: str) -> str:
    """Say that what we publish does not come back."""
    return f"the broker does not show what is published to {topic}: allow us to read and write hubbub/#"


def is_wide(room: RoomId) -> bool:
    """Whether it is a filter for several topics, into which nothing can be published."""
    return "+" in room or room.endswith("#")


def unspeakable(room: RoomId, config: RoomConfig, *, five: bool) -> str | None:
    """Say why nothing can be published to a room, whatever the broker allows; None: it can."""
    if is_wide(room):
        return "it holds a wildcard, and so can only be read: set direction: from"
    if config.payload == "text" and not five:
        return "the broker knows no MQTT 5, where alone plain text can be marked as ours: set payload: json"
    return None


def refused(why: str) -> str:
    """Say that the broker refuses a subscription."""
    return f"the broker refuses the subscription ({why}): allow it in its access rules"


class Session:
    """One connection, and the topics on it."""

    def __init__(
        self, wire: Wire, client_id: str, emit: Emit, clock: Clock, memories: dict[RoomId, TopicMemory]
    ) -> None:
        self.wire = wire
        self.rooms: Mapping[RoomId, RoomConfig] = {}
        self.heard = 0.0
        """Until when all was heard, in seconds since 1970."""
        self._me, self._emit, self._clock, self._memories = client_id, emit, clock, memories
        self.flights = InFlight[Stamp](clock)
        self._count = 0
        self._whole = wire.session_present
        """Whether the broker kept everything for us, as far as anybody can tell."""
        self._known: dict[RoomId, bool] = {}
        """Topics that we enter or are in, and whether we were there before."""
        self._joined: set[RoomId] = set()
        self._read: list[MQTTMessage] = []
        self._holding = self._over = False
        self._salt, self._numbers = secrets.token_hex(8), itertools.count(1)
        self._marks: dict[bytes, asyncio.Future[None]] = {}
        wire.hand_over(self._got)

    async def enter(self, rooms: Mapping[RoomId, RoomConfig]) -> None:
        """Be in these topics: subscribe, wait until all that had waited for us is here, and say so."""
        gone, new = self.rooms.keys() - rooms.keys(), [room for room in rooms if room not in self.rooms]
        self.rooms = rooms  # before anything is awaited: what had waited is on its way already
        for room in gone:
            self._joined.discard(room)
            self.wire.unsubscribe(room)
        for room in new:
            token = self._emit.position(room)
            self._known[room] = token is not None
            if token is None or room not in self._memories:
                self._memories[room] = TopicMemory() if token is None else TopicMemory.read(token)
            if not self.wire.session_present:
                self._memories[room].taken.clear()
        first = not self.heard
        if first and await self.wire.subscribe(own_topic(self._me, "mark")):
            raise ConnectionLost(unseen(own_topic(self._me, "mark")))
        # 3.1.1 shows what is retained at each subscription, and its session keeps those of before
        asked = [r for r in new if self.wire.five or not self._known[r] or not self.wire.session_present]
        why = dict(zip(asked, [await self.wire.subscribe(r) for r in asked], strict=True))
        await self.catch_up()
        if first:
            self._whole = self._whole and self._count < _QUEUE
        self._joined |= {room for room in new if not why.get(room)}
        self._emit([self._state(room, why.get(room, "")) for room in new], *self._positions(new))

    async def stay(self) -> None:
        """Ask the broker for a sign of life again and again. Raises what ends the connection."""
        while True:
            await asyncio.wait({self.wire.lost}, timeout=_ASK)
            await self.catch_up()

    async def catch_up(self) -> None:
        """Wait until what we publish to a topic of our own is here, and with it all that was said before."""
        asked, mark = self._clock.now(), f"{self._salt}/{next(self._numbers)}".encode()
        mine = own_topic(self._me, "mark")
        self._marks[mark] = here = asyncio.get_running_loop().create_future()
        self.wire.publish(mine, mark, partial(self._marked, here))
        while True:
            count = self._count
            await self.wire.wait(here)
            if here.done():
                here.result()
                break
            if count == self._count and not self._holding:
                raise ConnectionLost(unseen(mine))
        self.heard = asked

    def _marked(self, here: "asyncio.Future[None]", code: ReasonCode) -> None:
        if code.is_failure and not here.done():
            here.set_exception(ConnectionLost(unseen(own_topic(self._me, "mark"))))

    def say(self, command: SendMessage, settle: Settle) -> None:
        """Publish a message. Raises RoomUnavailable."""
        room, config = command.room, self.rooms[command.room]
        if why := unspeakable(room, config, five=self.wire.five):
            raise RoomUnavailable(why, _LATER)
        memory = self._memories[room]
        memory.number += 1
        mark = Stamp(self._me, memory.number, command.txn)
        memory.on_its_way[mark.number] = False
        self.flights.add(mark, room, settle)

        def answer(code: ReasonCode) -> None:
            if code.is_failure:
                memory.on_its_way.pop(mark.number, None)
                self.flights.settle(mark, self._refusal(room, code))
                return
            if mark.number in memory.on_its_way:
                memory.on_its_way[mark.number] = True
            part = Part(MessageId(command.txn), (), command.speaker.account)
            self.flights.settle(mark, Receipt(part))

        payload = encode.payload(command, mark, config)
        self.wire.publish(room, payload, answer, retain=config.retain, mark=mark)

    def end(self) -> None:
        """Take nothing more: what is not acknowledged comes again."""
        self._over = True
        self.flights.close(ConnectionLost("the connection has ended"))

    def find(self, room: RoomId, txns: Collection[Txn]) -> dict[Txn, Receipt | None]:
        """Return which of our messages came back; what did not was not published, where all came back."""
        memory = self._memories[room]
        found = {txn: Receipt(Part(MessageId(txn), (), memory.own[txn])) for txn in txns if txn in memory.own}
        return {**dict.fromkeys(txns if self._whole else ()), **found}

    def _state(self, room: RoomId, why: str) -> RoomStateChanged:
        if why:
            return RoomStateChanged(room=room, state=RoomState.REFUSED, reason=refused(why))
        memory = self._memories[room]
        if self.wire.session_present and memory.missing(memory.number + 1):
            self._note_loss(room)
        memory.on_its_way.clear()
        whole = self._known[room] and self._whole and not memory.fleeting
        return RoomStateChanged(room=room, state=RoomState.JOINED, caught_up=whole)

    def _positions(self, rooms: Iterable[RoomId]) -> list[Position]:
        """Return where we are in the rooms that we were in before, or are in now."""
        there = [room for room in rooms if self._known[room] or room in self._joined]
        return [Position(self._memories[room].token(), room) for room in there]

    def _refusal(self, room: RoomId, code: ReasonCode) -> AdapterError:
        if code.value == _NOT_AUTHORIZED:
            return RoomUnavailable(f"the broker lets us not publish to {room}: allow it", _LATER)
        if code.value == _QUOTA:
            return RateLimited(f"the broker wants no more now ({code})", _ASK)
        if code.value in _ABOUT_THE_MESSAGE:
            return Rejected(f"the broker refuses the message ({code})")
        return TemporaryFailure(f"the broker did not take the message ({code})")

    def _got(self, message: MQTTMessage) -> None:
        """Take a message, with all that come in one go."""
        self._count += 1
        if self._holding and message.qos == 0:
            return  # nothing bounds these, and nothing is promised of them
        self._read.append(message)
        if len(self._read) == 1:
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        read, self._read = self._read, []
        if self._over:
            return
        events: list[Event] = []
        rooms = {room for message in read if (room := self._take(message, events)) is not None}
        taken = self._emit(events, *self._positions(rooms))
        self._holding = not taken.done()
        taken.add_done_callback(partial(self._durable, read))

    def _durable(self, read: list[MQTTMessage], taken: "asyncio.Future[None]") -> None:
        """Acknowledge what is on disk (MQTT 5 section 4.3.2), and nothing else."""
        self._holding = False
        if not taken.cancelled() and taken.exception() is None:
            for message in read:
                if message.qos:
                    self.wire.acknowledge(message.mid)

    def _take(self, message: MQTTMessage, events: list[Event]) -> RoomId | None:
        """Add what a message says to the events. Returns its room; None: it is no room's."""
        try:
            topic = message.topic
        except UnicodeDecodeError:
            return None
        if topic == own_topic(self._me, "mark"):
            here = self._marks.pop(bytes(message.payload), None)
            if here is not None and not here.done():
                here.set_result(None)
            return None
        if topic not in self.rooms and any(topic_matches_sub(sign, topic) for sign in _SIGNS):
            return None
        room = self._room(topic)
        if room is None:
            self.wire.unsubscribe(topic)  # it was a room before, and the session remembers
        elif is_by(message, room):
            events.extend(self._hear(room, message))
        return room

    def _hear(self, room: RoomId, message: MQTTMessage) -> Iterator[Event]:
        payload, memory = bytes(message.payload), self._memories[room]
        name = f"{message.mid}:{crc32(payload):x}"
        if message.dup and name in memory.taken:
            return
        if message.qos:
            memory.taken.append(name)
        memory.fleeting = memory.fleeting or message.qos == 0
        mark = decode.mark(payload, getattr(message.properties, "UserProperty", []))
        if mark is not None and mark.client == self._me:
            lost = memory.came_back(mark, decode.account(payload, self.rooms[room]))
            if lost and room in self._joined:
                self._note_loss(room)
                yield RoomStateChanged(room=room, state=RoomState.JOINED)
        elif self._is_talk(room, message):
            fresh = MessageId(uuid.uuid4().hex)
            said = decode.event(room, message.topic, payload, self.rooms[room], fresh)
            if said is not None and room not in self._joined:
                said = replace(said, at=said.at or self._clock.now(), replayed=True)
            if said is not None:
                yield said if mark is None else replace(said, mark=mark.txn)

    def _is_talk(self, room: RoomId, message: MQTTMessage) -> bool:
        """Whether it is not what the topic held before we came."""
        if room in self._joined:
            return True
        return self._known[room] and (self.wire.session_present or not message.retain)

    def _note_loss(self, room: RoomId) -> None:
        self._whole = False
        log.warning(
            "%s: the broker lost messages that it had confirmed, so that others may be missing too", room
        )

    def _room(self, topic: str) -> RoomId | None:
        if topic in self.rooms:
            return RoomId(topic)
        return next((r for r in self.rooms if is_wide(r) and topic_matches_sub(r, topic)), None)
