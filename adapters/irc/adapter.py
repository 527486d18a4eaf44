"""IRC for the core: configuration in, events out, commands in, receipts out."""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from bridge import (
    Adapter,
    Authorship,
    Capabilities,
    Comings,
    Command,
    ConnectionLost,
    DeleteMessage,
    Emit,
    Endpoint,
    FleetingCommand,
    Model,
    Present,
    Receipt,
    Rejected,
    RoomId,
    Sender,
    SendMessage,
    SetPresent,
    SetReactions,
    Settle,
    SetTopic,
    SetTyping,
    Speaker,
    TalkEvent,
    TokenBucket,
    Txn,
    Unsupported,
    UserId,
    Whisper,
    landing,
)

from . import encode
from .capabilities import of_two, record, records
from .config import NetworkConfig as Network
from .config import RoomConfig as Room
from .config import expansion
from .connection.connection import IrcConnection
from .decode import REDACTION
from .greeting import notices
from .history.requests import find, past
from .preflight import look_at
from .puppets.entrance import Entrance
from .puppets.kept import KeptPeople
from .puppets.puppets import TOKENS, PuppetConnections
from .rooms import making
from .rooms.private import private_id
from .rooms.reactions import OwnReactions
from .session import CHANNELS, UNKNOWN_PREFIX, Session, fold_ascii
from .wire.line import nick_of

__all__ = ["IrcAdapter"]

log = logging.getLogger(__name__)

_NO_NAME = re.compile(r"[\x00-\x20\x7f,]")
"""What no channel's name holds."""
_MOST_IN_DOUBT = 256
_LINE = 512
_LONGEST_LINE = 4096
_SLOW_FOR = 600.0
_SPEEDS = {1 / 2: "half", 1 / 4: "a quarter of the", 1 / 8: "an eighth of the"}
_SLOWEST = min(_SPEEDS)


class IrcAdapter(Adapter):
    """One IRC network, spoken to by one bot."""

    NetworkConfig: ClassVar[type[Model]] = Network
    RoomConfig: ClassVar[type[Model]] = Room
    names_are_unique = True
    config: Network

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self._connection: IrcConnection | None = None
        self._session = Session(config.nick)
        self._kept = KeptPeople()
        """Who of all people on the network is ours."""
        self._puppets: PuppetConnections | None = None
        self._making = asyncio.Lock()
        self._comings = Comings(self._move)
        self._entrance: Entrance | None = None
        self._expansion = expansion(config.encoding)
        self._reactions = OwnReactions()
        self._repeatable: deque[Txn] = deque(maxlen=_MOST_IN_DOUBT)
        """The newest commands that are safe to be sent again."""
        self._heard = 0.0
        """When the last connection was last heard, in seconds since 1970."""
        self._slow_until = 0.0
        self._pace = 1.0
        """The part of the configured speed that the server takes: less after it closed a connection for
        flooding.
        """

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        """Return a channel's name with its ASCII letters in lower case: the same channel on every server.

        Raises ValueError with a sentence.
        """
        if text[:1] not in CHANNELS:
            channel = text.rpartition("/")[2].strip().lstrip("#").replace(" ", "") or "channel"
            raise ValueError(f'{text!r} is not an IRC channel: those begin with #; write "#{channel}"')
        if len(text) == 1:
            raise ValueError(f"{text!r} is not an IRC channel: a name must follow the sign")
        if _NO_NAME.search(text):
            raise ValueError(
                f"{text!r} is not an IRC channel: it holds a space, a comma or a control character"
            )
        if len(text.encode("utf-8", "replace")) > 200:
            raise ValueError(f"{text[:40]!r}... is not an IRC channel: it is longer than 200 bytes")
        return RoomId(fold_ascii(text))

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        await super().serve(rooms)
        if self._connection:
            self._connection.serve(rooms)

    def follow(self, config: Any) -> None:
        super().follow(config)
        self._tags_replies = config.replies == "tag"
        if self._connection:
            self._connection.follow(config, self._pace)

    async def run(self, emit: Emit) -> None:
        loop = asyncio.get_running_loop()
        if loop.time() >= self._slow_until:
            self._pace = 1.0
        bucket = TokenBucket(*self.config.flood.at(self._pace), self.clock)
        connection = IrcConnection(self.config, bucket, emit, self.introduce, self.catch_up)
        self._connection, self._session = connection, connection.session
        self._session.speakers = self._kept.speakers(self.keepsake)
        connection.made = self._kept.rooms
        if self.config.puppets is not None:
            if self._entrance is None:
                self._entrance = Entrance(self.config.server, self.clock)
            self._puppets = PuppetConnections(
                self.config, self.config.puppets, connection, self._kept.save, self._entrance
            )
        try:
            await connection.run(self.rooms, self._puppets)
        finally:
            self._heard = connection.heard
            self._connection = self._puppets = None
            self._comings.close()
            if connection.dispatcher.flooded:
                self._slow_until = loop.time() + _SLOW_FOR
                self._pace = max(self._pace / 2, _SLOWEST)
                log.warning(
                    "%s: the server closed the connection for flooding; talking at %s speed for %d minutes,"
                    " lower flood.burst and flood.per_second to avoid this",
                    self.network,
                    _SPEEDS[self._pace],
                    _SLOW_FOR // 60,
                )

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        if self._connection is not None:
            await self._connection.known.wait()
        if self._puppets is not None and command.speaker.how is Authorship.PUPPET:
            return await self._speak(self._puppets, command)
        connection, data, tokens = self._lines(command)
        while tokens > TOKENS:
            # more than one line: each waits for its turn
            first, _, data = data.partition(b"\r\n")
            await connection.polite(first)
            tokens -= 1
        await connection.bucket.take(TOKENS)
        landed, settle = landing()
        connection.say(command, data, settle)
        return landed

    def send_now(self, command: Command, settle: Settle) -> bool:
        connection, data, tokens = self._lines(command)
        if self._puppets is not None and command.speaker.how is Authorship.PUPPET:
            puppet = self._puppets.inside(command.room, command.speaker)
            if puppet is None or not puppet.bucket.take_now(TOKENS):
                return False
            self._puppets.say(puppet, command, data, settle)
            return True
        if not connection.known.is_set() or not connection.bucket.take_now(tokens):
            return False
        connection.say(command, data, settle)
        return True

    async def _speak(self, puppets: PuppetConnections, command: Command) -> "asyncio.Future[Receipt]":
        """Do something in the name of somebody who may have to come first."""
        puppet = await puppets.enter(command.room, command.speaker)
        _, data, _ = self._lines(command)
        await puppet.bucket.take(TOKENS)
        landed, settle = landing()
        puppets.say(puppet, command, data, settle)
        return landed

    def hint(self, command: FleetingCommand) -> None:
        connection = self._connection
        if connection is None or not connection.alive:
            return
        if isinstance(command, Whisper):
            self._whisper(connection, command)
        elif isinstance(command, SetPresent) and self._puppets is not None:
            self._comings.give(command)
        elif isinstance(command, SetTyping) and self.capabilities(command.room).typing:
            data = encode.typing(command.room, command.typing, self.config.encoding)
            if command.speaker is None:
                connection.hint(data)
            elif self._puppets is not None and (
                puppet := self._puppets.inside(command.room, command.speaker)
            ):
                puppet.write(data)

    async def _move(self, command: SetPresent) -> None:
        """Let somebody from elsewhere come, where there is a place for them, or go."""
        if self._puppets is None:
            return
        if not command.present:
            self._puppets.go(command.room, command.speaker.key)
        elif self.capabilities(command.room, command.speaker).authorship is Authorship.PUPPET:
            await self._puppets.enter(command.room, command.speaker)

    def _whisper(self, connection: IrcConnection, command: Whisper) -> None:
        """Tell somebody something: by the connection of whom they wrote to, if there is one."""
        if (nick := self._session.private.nick(command.user)) is not None:
            puppet = self._puppets.found(command.key) if self._puppets is not None else None
            channel = command.room if puppet is None and command.room[:1] in CHANNELS else ""
            for data in notices(nick, command.text, self.config.encoding, channel=channel):
                connection.post(data) if puppet is None else puppet.write(data)

    def reaches(self, room: RoomId, user: UserId) -> bool:
        connection = self._connection
        return connection is not None and connection.alive and self._session.private.reaches(user)

    def puppets(self) -> int:
        return self._puppets.count() if self._puppets is not None else 0

    def private_room(self, room: RoomId, person: UserId, speaker: Speaker) -> RoomId | None:
        mask = person if "@" in person and " " not in person else ""
        there = mask and self._session.private.knows(mask) is not False
        return private_id(mask, speaker.key) if there else None

    async def past(self, room: RoomId, since: float) -> Sequence[TalkEvent]:
        return await past(self._connected(), room, since)

    def heard(self, room: RoomId) -> float:
        return self._connection.heard if self._connection is not None else self._heard

    def peer(self) -> Endpoint | None:
        connection = self._connection
        return connection.peer() if connection is not None and connection.alive else None

    def present(self, room: RoomId) -> Present | None:
        connection = self._connection
        place = connection.dispatcher.channels.places.get(room) if connection is not None else None
        return place.present if place is not None else None

    def people(self, room: RoomId) -> Collection[Sender]:
        present = self.present(room)
        if present is not None and len(present.ids) < len(present.names):
            self._session.absence.meet(room)
        return super().people(room)

    def is_away(self, room: RoomId, user: UserId) -> bool | None:
        connection = self._connection
        return self._session.absence.of(room, nick_of(user), connection.now()) if connection else None

    async def make_room(self, name: str, topic: str, invited: Collection[UserId]) -> RoomId:
        async with self._making:
            room = await making.make(self._connected(), name, topic, invited)
            self._kept.rooms.add(room)
            self._kept.save()
        return room

    async def invite(self, room: RoomId, users: Collection[UserId]) -> None:
        async with self._making:
            await making.invite(self._connected(), room, users)

    async def unmake(self, room: RoomId) -> None:
        async with self._making:
            await making.empty(self._connected(), room)
        self._kept.rooms.discard(room)
        self._kept.save()
        await self.serve({one: config for one, config in self.rooms.items() if one != room})

    async def find_sent(
        self, room: RoomId, since: float, txns: Collection[Txn]
    ) -> Mapping[Txn, Receipt | None]:
        if room[:1] not in CHANNELS:
            return {}
        found = await find(self._connected(), room, since, txns)
        # a message that is removed already is no error
        return {**{txn: None for txn in txns if txn in self._repeatable}, **found}

    def _connected(self) -> IrcConnection:
        if self._connection is None or not self._connection.alive:
            raise ConnectionLost(f"{self.network} is not connected")
        return self._connection

    def _lines(self, command: Command) -> tuple[IrcConnection, bytes, int]:
        """Return the connection, the lines that a command takes on it, and the tokens that they cost.
        Raises ConnectionLost, Rejected and Unsupported.
        """
        connection = self._connected()
        most = self._line_length() - self._prefix(command.speaker)
        if isinstance(command, SendMessage):
            if command.file is not None:
                raise Unsupported(f"{self.network} takes no files")
            private = connection.session.private
            data = encode.message(
                command.room if command.room[0] in CHANNELS else private.target(command.room),
                command.content,
                connection.session.forms.kind(command),
                self.config.encoding,
                backticks=self.config.code == "backticks",
            )
            if len(data) + 2 > most:
                raise Rejected("the message is longer than a line of IRC can be")
            return connection, data, TOKENS
        lines = self._rare(command, connection.session, most)
        self._repeatable.append(command.txn)
        return connection, b"\r\n".join(lines), len(lines) + 1

    def _rare(self, command: Command, session: Session, most: int) -> list[bytes]:
        """Return the lines of any command but a message.

        Each fits into `most` bytes with its end, without its tags.
        """
        room, encoding = command.room, self.config.encoding
        match command:
            case DeleteMessage() if REDACTION in session.caps:
                data = encode.redaction(room, command.target.id, command.reason, encoding)
                if len(data) + 2 > most:
                    data = encode.redaction(room, command.target.id, "", encoding)
                if len(data) + 2 > most:
                    raise Rejected("the name of the message is longer than a line of IRC can be")
                return [data]
            case SetReactions() if self.capabilities(room, command.speaker).reaction:
                return self._reactions.lines(command, encoding)
            case SetTopic() if self.capabilities(room, command.speaker).topic:
                room_left = most - len(encode.topic(room, "", 0, encoding)) - 2
                longest = session.number("TOPICLEN", room_left)
                return [encode.topic(room, command.topic, min(longest, room_left), encoding)]
            case _:
                raise Unsupported(f"{self.network} cannot do {type(command).__name__}")

    def _line_length(self) -> int:
        return min(self._session.number("LINELEN", _LINE, _LINE), _LONGEST_LINE)

    def _prefix(self, speaker: Speaker | None) -> int:
        """Return the bytes that the server puts before our lines, or at most before a speaker's."""
        if speaker is not None and speaker.how is Authorship.PUPPET:
            return UNKNOWN_PREFIX
        return self._session.prefix(self.config.nick)

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        """Return the room's record, measured with the prefix that the server puts before such lines."""
        session, how = self._session, Authorship.PREFIX
        own = speaker is None or speaker.how is not Authorship.PUPPET
        if self.config.puppets is not None and (
            speaker is None or (not own and self._puppets and self._puppets.able(room, speaker))
        ):
            how = Authorship.PUPPET
        length = self._line_length() - self._prefix(speaker)
        found = record(session, room, length, self._expansion, self.config, how=how, own=own)
        return found if room[:1] in CHANNELS else of_two(found)

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        """Return the records of typical servers, by name, for the documentation."""
        return records()

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        bucket = TokenBucket(*self.config.flood.at(1.0), self.clock)
        return await look_at(self.config, bucket, rooms, self.only_read)
