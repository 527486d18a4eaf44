"""XMPP for the core: configuration in, events out, commands in, receipts out."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, assert_never

from bridge import (
    Adapter,
    AdapterError,
    Authorship,
    Capabilities,
    Comings,
    Command,
    ConnectionLost,
    DeleteMessage,
    EditMessage,
    Emit,
    Endpoint,
    File,
    FleetingCommand,
    MarkRead,
    Model,
    Present,
    Receipt,
    RoomId,
    RoomUnavailable,
    Sender,
    SendMessage,
    SetPresent,
    SetReactions,
    Settle,
    SetTopic,
    SetTyping,
    Source,
    Speaker,
    Support,
    TalkEvent,
    TemporaryFailure,
    Txn,
    Unsupported,
    UserId,
    Whisper,
    landing,
)

from . import chat_states, encode
from .capabilities import of_two, record
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .config import room_id
from .connection.connection import XmppConnection
from .connection.memory import Memory
from .decode.members import who
from .files import elements as files
from .files.slots import verifier
from .preflight import look_at
from .rooms.private import is_private, private_id
from .session import Place, Session

__all__ = ["XmppAdapter"]


class XmppAdapter(Adapter):
    """One XMPP account, in rooms of any server."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    names_are_unique = True
    config: Network

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._memory = Memory(Session())
        self._connection: XmppConnection | None = None
        self._comings = Comings(self._move)

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        return room_id(text)

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        await super().serve(rooms)
        if self._connection is not None:
            self._connection.serve(self.rooms)

    def follow(self, config: Any) -> None:
        super().follow(config)
        if self._connection is not None:
            self._connection.follow(config)

    async def run(self, emit: Emit) -> None:
        self._connection = XmppConnection(self, self._memory, emit)
        try:
            await self._connection.run(self.rooms)
        finally:
            self._connection = None
            self._comings.close()

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        if isinstance(command, SendMessage) and is_private(command.room):
            await self._connected().private.enter(command)
            return await super().send(command)
        connection, place = self._there(command.room)
        if connection.puppets is not None and command.speaker.how is Authorship.PUPPET:
            await connection.puppets.enter(place, command.speaker)
        if not isinstance(command, SendMessage) or command.file is None:
            return await super().send(command)
        shared = await connection.upload(command.file)
        connection, place = self._there(command.room)
        landed, settle = landing()
        told = files.tell(command.file, shared.address, shared.thumbnail)
        stanza = encode.file(command, told, _more(command, place), named=place.stanza_ids)
        speaker = self._address(connection, place, command.speaker) or ""
        connection.send(command.room, command.txn, stanza, settle, speaker)
        return landed

    def send_now(self, command: Command, settle: Settle) -> bool:
        if command.room not in self._memory.session.places and is_private(command.room):
            if not isinstance(command, SendMessage) or command.file is not None:
                raise Unsupported(f"{self.network} cannot do {type(command).__name__} alone")
            return self._connected().private.send_now(command, settle)
        connection, place = self._there(command.room)
        if isinstance(command, SetTopic):
            return _set_topic(connection, place, command, settle)
        speaker = self._address(connection, place, command.speaker)
        stanza = _stanza(command, place) if speaker is not None else None
        if speaker is None or stanza is None:
            return False
        connection.send(command.room, command.txn, stanza, settle, speaker)
        return True

    def _address(self, connection: XmppConnection, place: Place, speaker: Speaker | None) -> str | None:
        """Return the address of who speaks; "" is our own. None: they have to enter first."""
        if connection.puppets is None or speaker is None or speaker.how is not Authorship.PUPPET:
            return ""
        puppet = connection.puppets.inside(place, speaker)
        return puppet.address if puppet is not None else None

    def _there(self, room: RoomId) -> tuple[XmppConnection, Place]:
        """Return the connection and the room. Raises ConnectionLost and RoomUnavailable."""
        connection = self._connected()
        place = self._memory.session.places.get(room)
        if place is None or not place.joined:
            raise RoomUnavailable(f"hubbub is not in {room}")
        return connection, place

    def reaches(self, room: RoomId, user: UserId) -> bool:
        connection = self._connection
        return connection is not None and connection.alive and connection.private.reaches(room, user)

    def hint(self, command: FleetingCommand) -> None:
        connection = self._connection
        if connection is None or not connection.alive:
            return
        if isinstance(command, Whisper):
            connection.private.whisper(command)
            return
        place = self._memory.session.places.get(command.room)
        if place is None or not place.joined:
            return
        if isinstance(command, SetTyping):
            by = self._address(connection, place, command.speaker)
            if by is not None:
                connection.whisper(chat_states.writes(command), by)
        elif isinstance(command, MarkRead) and place.stanza_ids:
            connection.whisper(chat_states.displayed(command))
        elif isinstance(command, SetPresent) and connection.puppets is not None:
            self._comings.give(command)

    async def _move(self, command: SetPresent) -> None:
        """Let somebody from elsewhere come or go."""
        connection, place = self._there(command.room)
        if connection.puppets is None:
            return
        if command.present:
            await connection.puppets.enter(place, command.speaker)
        else:
            connection.puppets.go(place, command.speaker.key)

    async def avatar(self, room: RoomId, user: UserId) -> bytes | None:
        connection, place = self._there(room)
        return await connection.avatar(place, user)

    def puppets(self) -> int:
        connection = self._connection
        return connection.puppets.count() if connection is not None and connection.puppets is not None else 0

    def pictured(self, room: RoomId, key: str) -> None:
        connection = self._connection
        if connection is not None and connection.puppets is not None:
            connection.puppets.avatars.changed(room, key)

    def private_room(self, room: RoomId, person: UserId, speaker: Speaker) -> RoomId | None:
        return private_id(room, person, speaker.key)

    def source(self, address: str) -> Source:
        files = self._memory.files
        if not files.looked:
            raise TemporaryFailure(f"{self.network} is not connected: which files are its own is not known")
        if files.service is None or not files.service.holds(address):
            return Source(address)
        return Source(address, own=True, ssl=verifier(self.config.ca_file))

    async def upload(self, file: File) -> None:
        await self._connected().upload(file)

    def _connected(self) -> XmppConnection:
        if self._connection is None or not self._connection.alive:
            raise ConnectionLost(f"{self.network} is not connected")
        return self._connection

    async def past(self, room: RoomId, since: float) -> Sequence[TalkEvent]:
        return await self._connected().past(room, since)

    def heard(self, room: RoomId) -> float:
        connection = self._connection
        return connection.heard(room) if connection is not None and connection.alive else self._memory.heard

    def peer(self) -> Endpoint | None:
        connection = self._connection
        return connection.peer() if connection is not None and connection.alive else None

    def history_is_open(self, room: RoomId) -> bool | None:
        place = self._memory.session.places.get(room)
        # who may enter may read all of the archive (XEP-0313 section 5); without one it is a few lines
        return True if place is not None and place.archive else None

    def present(self, room: RoomId) -> Present | None:
        place = self._memory.session.places.get(room)
        return place.present if place is not None else None

    def people(self, room: RoomId) -> Collection[Sender]:
        place = self._memory.session.places.get(room)
        if place is None:
            return ()
        return [who(place, nick, place.people.get(nick, "")) for nick in place.present.names.values()]

    def is_away(self, room: RoomId, user: UserId) -> bool | None:
        place = self._memory.session.places.get(room)
        if place is None:
            return None
        nicks = (nick for nick, occupant in place.people.items() if who(place, nick, occupant).id == user)
        return next((nick in place.away for nick in nicks), None)

    async def make_room(self, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        return await self._connected().making.make(name, topic, invited)

    async def invite(self, room: RoomId, users: Collection[UserId]) -> None:
        await self._connected().making.invite(room, users)

    async def unmake(self, room: RoomId) -> None:
        connection = self._connected()
        await self.serve({one: config for one, config in self.rooms.items() if one != room})
        await connection.making.destroy(room)

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        if is_private(room):
            return {}  # nobody keeps what was said alone
        return await self._connected().find_sent(room, since, txns)

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        place = self._memory.session.places.get(room)
        if place is None and is_private(room):
            named = speaker is None or room.endswith(f" with {speaker.key}")
            return of_two(Authorship.PUPPET if self.config.is_component and named else Authorship.PREFIX)
        service = self._memory.files.service
        limit = None if service is None else service.limit or 0
        how = Authorship.PUPPET if self.config.is_component else Authorship.PREFIX
        if place is None:
            return record(16, True, Support.PARTIAL, limit, authorship=how)
        sure = place.archive and place.named is not False and not place.traceless
        doubt = Support.FULL if sure else Support.PARTIAL
        topics = place.topics if speaker is None or speaker.how is Authorship.PREFIX else Support.NO
        return record(place.window, place.stanza_ids, topics, limit, doubt, authorship=how)

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        return {
            "XMPP": record(256, True, Support.PARTIAL, 0, Support.FULL),
            "XMPP (a component)": record(
                256, True, Support.PARTIAL, 0, Support.FULL, authorship=Authorship.PUPPET
            ),
            "XMPP (a room without stanza ids)": record(16, False, Support.PARTIAL, 0),
        }

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        return await look_at(self.config, rooms)


def _set_topic(connection: XmppConnection, place: Place, command: SetTopic, settle: Settle) -> bool:
    if place.topic == command.topic and not place.wanted:
        settle(Receipt(None))  # some rooms do not send their subject again
    else:

        def settled(outcome: Receipt | AdapterError, /) -> None:
            place.wanted.pop(command.txn, None)
            settle(outcome)

        stanza = encode.topic(place, command, _origin(place, command.txn))
        connection.send(command.room, command.txn, stanza, settled)
    return True


def _origin(place: Place, txn: Txn) -> str:
    return "" if place.stable_ids else encode.origin(txn)


def _more(command: SendMessage, place: Place) -> str:
    """Return the XML that goes with a message."""
    more = _origin(place, command.txn) + encode.hint(command)
    if command.at is not None:
        more += encode.delay(command.at)
    if command.thread is not None:
        more += encode.thread(command.thread)
    return more


def _stanza(command: SendMessage | EditMessage | DeleteMessage | SetReactions, place: Place) -> str | None:
    """Encode a command; None: it goes with a file. Raises Unsupported."""
    room, txn = command.room, command.txn
    match command:
        case SendMessage():
            if command.file is not None:
                return None
            more = _more(command, place)
            if command.answered is None:
                return encode.message(room, command.content, command.kind, txn, more)
            return encode.reply(command, command.answered, more, named=place.stanza_ids)
        case EditMessage():
            return encode.edit(command, _origin(place, txn) + encode.hint(command))
        case DeleteMessage():
            return encode.delete(command, _origin(place, txn))
        case SetReactions():
            if not place.stanza_ids:
                raise Unsupported(f"{room} names no messages: nobody can react to one (XEP-0444 section 4.2)")
            return encode.react(command, _origin(place, txn))
    assert_never(command)
