"""MQTT for the core: topics entered, messages taken and acknowledged, ours told from others'."""

import asyncio
import contextlib
import itertools
import logging
import uuid
from collections.abc import AsyncIterator, Collection, Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar
from zlib import crc32

from paho.mqtt.client import MQTTMessage, topic_matches_sub
from paho.mqtt.reasoncodes import ReasonCode

from bridge import (
    AdapterError,
    Authorship,
    Batch,
    BoundedDict,
    Capabilities,
    Command,
    ConnectionLost,
    Endpoint,
    Event,
    MessageId,
    Missed,
    Model,
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
    Speaker,
    Support,
    TemporaryFailure,
    TextAdapter,
    Txn,
    Unsupported,
    preflight,
)

from . import decode, encode
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .decode import Stamp
from .memory import WINDOW, TopicMemory
from .wire import connect, is_by, topic_of

__all__ = ["MqttAdapter"]

log = logging.getLogger(__name__)

_LONGEST_TOPIC = 1000
_TEXT_LIMIT = 60_000
_PATIENCE = 5.0
_QUEUE = 1000
"""So many messages most brokers keep for who is away, unless told otherwise; the rest they drop silently."""
_SOON, _LATER = 15.0, 600.0
_SIGNS = ("hubbub/+/mark", "hubbub/+/status")
"""Topics by which any Hubbub shows that it lives: no talk, wherever a filter shows it."""
_NOT_AUTHORIZED, _QUOTA = 0x87, 0x97
_ABOUT_THE_MESSAGE = {0x90, 0x95, 0x99}
"""Topic name invalid, packet too large, payload format invalid (MQTT 5 section 2.4)."""
_DEEP = 8
"""So many levels of a topic may have been a + in a filter that we do not remember."""


class MqttAdapter(TextAdapter):
    """One broker, where rooms are topics."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    pushes_past = True
    at_once = 100_000  # what had waited for us is on its way to all of them already
    config: Network

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._memories: dict[RoomId, TopicMemory] = {}

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        """Return a topic, or a filter with wildcards (MQTT 5 section 4.7). Raises ValueError."""
        if not text.strip() or len(text) > _LONGEST_TOPIC or not text.isprintable():
            raise ValueError(f"{text[:40]!r} is not a topic: one line, not too long, such as home/hall")
        if text.startswith("$share/"):
            raise ValueError(f"{text!r} is no topic but a share of one: write the topic behind it")
        for at, level in enumerate(levels := text.split("/")):
            if level not in {"+", "#"} and set("+#") & set(level):
                raise ValueError(
                    f"{text!r} is not a topic: + and # stand for whole levels, as in home/+/state"
                )
            if level == "#" and at < len(levels) - 1:
                raise ValueError(f"{text!r} is not a topic: # can only stand at the end")
        return RoomId(text)

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        text = room in self.rooms and self.rooms[room].payload == "text"
        return _record(named=not text and (speaker is None or speaker.how is not Authorship.PREFIX))

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        """Return the records of both forms, by name, for the documentation."""
        return {"MQTT, JSON": _record(named=True), "MQTT, plain text": _record(named=False)}

    # -- being there

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        status = self._own("status")
        self._wire = wire = await connect(self.config, self.config.client_id, keep=True, will=status)
        self._whole = wire.session_present
        """Whether the broker kept everything for us, as far as anybody can tell."""
        self._caught_up = False
        self._known: dict[RoomId, bool] = {}
        """Topics that we enter or are in, and whether we were there before."""
        self._joined: set[RoomId] = set()
        self._strange = BoundedDict[str, None](_QUEUE)
        """Topics of which we hear by a subscription that is no room's."""
        try:
            there: asyncio.Future[ReasonCode] = asyncio.get_running_loop().create_future()
            wire.publish(status, b"online", there.set_result, retain=True)
            if (
                await wire.subscribe(self._own("mark"))
                or not await wire.wait(there)
                or there.result().is_failure
            ):
                raise ConnectionLost(self._unseen())
            yield
        finally:
            wire.close(status)

    async def enter(self, room: RoomId, config: Room, since: str | None) -> Missed:
        """Subscribe, and wait until all that had waited for us is here."""
        self._known[room] = known = since is not None
        if since is None or room not in self._memories:
            self._memories[room] = TopicMemory() if since is None else TopicMemory.read(since)
        memory, kept, why = self._memories[room], self._wire.session_present, ""
        if not kept:
            memory.taken.clear()
        # 3.1.1 shows what is retained at each subscription, and its session keeps those of before
        if self._wire.five or not (known and kept):
            why = await self._wire.subscribe(room)
        await self.ping()
        if not self._caught_up:
            self._caught_up, self._whole = True, self._whole and self._wire.count < _QUEUE
        if why:
            raise RoomUnavailable(_refused(why))
        if kept and memory.missing(memory.number + 1):
            self._note_loss(room)
        memory.on_its_way.clear()
        self._joined.add(room)
        return Missed(position=memory.token(), whole=self._whole and not memory.fleeting)

    async def leave(self, room: RoomId) -> None:
        self._joined.discard(room)
        self._known.pop(room, None)
        self._wire.unsubscribe(room)

    async def ping(self) -> None:
        """Wait until what we publish to a topic of our own is here, and with it all that was said before."""
        wire, mark, topic = self._wire, uuid.uuid4().hex, self._own("mark")

        def answer(code: ReasonCode) -> None:
            if code.is_failure:
                self.flights.settle(mark, ConnectionLost(self._unseen()))

        here = self.flights.start(mark, RoomId(topic))
        wire.publish(topic, mark.encode(), answer)
        count = wire.count
        while not await wire.wait(here):
            if count == wire.count and not wire.unread:
                raise ConnectionLost(self._unseen())
            count = wire.count
        here.result()

    def peer(self) -> Endpoint | None:
        return self._wire.peer() if self._run is not None else None

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        mine = self._own("mark")
        wire = await connect(self.config, f"{self.config.client_id}-check", keep=False)

        async def look(room: RoomId, config: Room) -> str | None:
            if why := await wire.subscribe(room):
                return _refused(why)
            return None if room in self.only_read else _unspeakable(room, config, five=wire.five)

        try:
            found = await preflight(rooms, look)
            await wire.subscribe(mine)
            wire.publish(mine, b"check")
            async with asyncio.timeout(_PATIENCE):
                while mine not in map(topic_of, await wire.read()):
                    pass
        except TimeoutError:
            return {**found, RoomId(""): self._unseen()}
        finally:
            wire.close()
        return found

    # -- what is said

    async def post(self, command: Command) -> Receipt:
        if not isinstance(command, SendMessage) or command.file is not None:
            raise Unsupported(f"{self.network} cannot do {type(command).__name__}")
        room, config = command.room, self.rooms[command.room]
        if why := _unspeakable(room, config, five=self._wire.five):
            raise RoomUnavailable(why, _LATER)
        memory = self._memories[room]
        memory.number += 1
        mark = Stamp(self.config.client_id, memory.number, command.txn)
        memory.on_its_way[mark.number] = False
        landed = self.flights.start(mark, room)

        def answer(code: ReasonCode) -> None:
            if code.is_failure:
                memory.on_its_way.pop(mark.number, None)
                self.flights.settle(mark, _refusal(room, code))
                return
            if mark.number in memory.on_its_way:
                memory.on_its_way[mark.number] = True
            self.flights.settle(mark, Receipt(Part(MessageId(command.txn), (), command.speaker.account)))

        payload = encode.payload(command, mark, config)
        self._wire.publish(room, payload, answer, retain=config.retain, mark=mark)
        return await landed

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        """Say which of our messages came back; what did not was not published, where all came back."""
        self._see(room)
        own = self._memories[room].own
        found = {txn: Receipt(Part(MessageId(txn), (), own[txn])) for txn in txns if txn in own}
        return {**dict.fromkeys(txns if self._whole else ()), **found}

    async def read(self) -> Batch:
        read, events, wire = await self._wire.read(), list[Event](), self._wire
        rooms = {room for message in read if (room := self._take(message, events)) is not None}

        async def acknowledge() -> None:
            """Say what is on disk (MQTT 5 section 4.3.2), and nothing else."""
            for message in read:
                if message.qos:
                    wire.acknowledge(message.mid)

        there = [room for room in rooms if self._known[room] or room in self._joined]
        return Batch(events, acknowledge, [Position(self._memories[room].token(), room) for room in there])

    def _take(self, message: MQTTMessage, events: list[Event]) -> RoomId | None:
        """Add what a message says to the events. Returns its room; None: it is no room's."""
        topic = topic_of(message)
        if topic == self._own("mark"):
            self.flights.settle(bytes(message.payload).decode(errors="replace"), Receipt(None))
            return None
        if topic not in self.rooms and any(topic_matches_sub(sign, topic) for sign in _SIGNS):
            return None
        fitting = self._fitting(topic)
        room = next(fitting, None)
        if room is not None and is_by(message, room):
            events.extend(self._hear(room, message))
            return room
        if not any(is_by(message, other) for other in fitting):
            self._forget(topic)
        return None

    def _fitting(self, topic: str) -> Iterator[RoomId]:
        """Yield the rooms that show a topic: that which names it, and then filters."""
        if topic in self._known and topic in self.rooms:
            yield RoomId(topic)
        for room in self._known:
            if _is_wide(room) and room in self.rooms and topic_matches_sub(room, topic):
                yield room

    def _forget(self, topic: str) -> None:
        """Unsubscribe from all that shows us this topic: the session remembers what was a room before. Nobody
        tells which filter it was; to unsubscribe from what is none of ours is no mistake.
        """
        if topic in self._strange:
            return
        self._strange[topic] = None
        self._wire.unsubscribe(*(one for one in _filters(topic) if one not in self.rooms))

    def _hear(self, room: RoomId, message: MQTTMessage) -> Iterator[Event]:
        payload, memory = bytes(message.payload), self._memories[room]
        name = f"{message.mid}:{crc32(payload):x}"
        if message.dup and name in memory.taken:
            return
        if message.qos:
            memory.taken.append(name)
        memory.fleeting = memory.fleeting or message.qos == 0
        mark = decode.mark(payload, getattr(message.properties, "UserProperty", []))
        if mark is not None and mark.client == self.config.client_id:
            lost = memory.came_back(mark, decode.account(payload, self.rooms[room]))
            if lost and room in self._joined:
                self._note_loss(room)
                yield RoomStateChanged(room=room, state=RoomState.JOINED)
        elif self._is_talk(room, message):
            fresh = MessageId(uuid.uuid4().hex)
            said = decode.event(room, topic_of(message), payload, self.rooms[room], fresh)
            if said is not None and room not in self._joined:
                said = replace(said, at=said.at or self.clock.now(), replayed=True)
            if said is not None:
                yield said if mark is None else replace(said, mark=mark.txn)

    def _is_talk(self, room: RoomId, message: MQTTMessage) -> bool:
        """Whether it is not what the topic held before we came."""
        if room in self._joined:
            return True
        return self._known[room] and (self._wire.session_present or not message.retain)

    def _note_loss(self, room: RoomId) -> None:
        self._whole = False
        lost = "%s: the broker lost messages that it had confirmed, so that others may be missing too"
        log.warning(lost, room, extra={"room": room})

    def _own(self, what: str) -> str:
        """Return a topic that is nobody else's."""
        return f"hubbub/{self.config.client_id}/{what}"

    def _unseen(self) -> str:
        mine = self._own("mark")
        return f"the broker does not show what is published to {mine}: allow us to read and write hubbub/#"


@cache
def _record(*, named: bool) -> Capabilities:
    return Capabilities(
        text_limit=_TEXT_LIMIT,
        authorship=Authorship.MASQUERADE if named else Authorship.PREFIX,
        doubt=Support.PARTIAL,  # as long as the broker keeps our session
        times=named,
        window=WINDOW,
    )


def _is_wide(room: RoomId) -> bool:
    """Whether it is a filter for several topics, into which nothing can be published."""
    return "+" in room or room.endswith("#")


def _filters(topic: str) -> Iterator[str]:
    """Yield the filters that show a topic (MQTT 5 section 4.7.1)."""
    levels = topic.split("/")
    for depth in range(len(levels) + 1):
        for chosen in itertools.product(*((level, "+") for level in levels[: min(depth, _DEEP)])):
            begin = [*chosen, *levels[_DEEP:depth]]
            yield "/".join([*begin, "#"])
            if depth == len(levels):
                yield "/".join(begin)


def _unspeakable(room: RoomId, config: Room, *, five: bool) -> str | None:
    """Say why nothing can be published to a room, whatever the broker allows; None: it can."""
    if _is_wide(room):
        return "it holds a wildcard, and so can only be read: set direction: from"
    if config.payload == "text" and not five:
        return "the broker knows no MQTT 5, where alone plain text can be marked as ours: set payload: json"
    return None


def _refused(why: str) -> str:
    return f"the broker refuses the subscription ({why}): allow it in its access rules"


def _refusal(room: RoomId, code: ReasonCode) -> AdapterError:
    if code.value == _NOT_AUTHORIZED:
        return RoomUnavailable(f"the broker lets us not publish to {room}: allow it", _LATER)
    if code.value == _QUOTA:
        return RateLimited(f"the broker wants no more now ({code})", _SOON)
    if code.value in _ABOUT_THE_MESSAGE:
        return Rejected(f"the broker refuses the message ({code})")
    return TemporaryFailure(f"the broker did not take the message ({code})")
