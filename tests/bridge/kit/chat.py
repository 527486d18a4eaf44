"""A tiny chat over TCP, to write an adapter for: its server, the adapter, and somebody there.

Lines of words; a text is JSON. From clients: `NICK name`, `JOIN room number` (what was said after that number
follows, then JOINED with the newest), `SAY room token kind text`, `LEAVE room`, `PING word`. To clients:
`OK`, `NO reason`, `JOINED room number`, `OUT room reason`, `SAID room number at nick token kind text`,
`PONG word`.
"""

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import AsyncIterator
from typing import Any

from bridge import (
    AuthenticationFailed,
    Batch,
    Capabilities,
    Command,
    ConnectionLost,
    Kind,
    MessageCreated,
    MessageId,
    Missed,
    Model,
    Part,
    Receipt,
    RoomId,
    RoomUnavailable,
    Sender,
    SendMessage,
    TalkEvent,
    TextAdapter,
    Unsupported,
    UserId,
    plain,
)
from bridge.testing import Demo, Person

LIMIT = 2**20


class Network(Model):
    port: int
    nick: str = "hubbub"
    ping_after: float = 30.0


class Room(Model):
    pass


def said(words: list[str]) -> MessageCreated:
    """SAID, as an event."""
    _, room, number, at, nick, token, kind, text = words
    return MessageCreated(
        id=MessageId(number),
        room=RoomId(room),
        sender=Sender(UserId(nick), nick),
        content=plain(json.loads(text)),
        kind=Kind(kind),
        at=float(at),
        mark="" if token == "-" else token,
    )


class ChatAdapter(TextAdapter):
    """All that it takes."""

    NetworkConfig = Network
    RoomConfig = Room
    record = Capabilities(text_limit=5000, window=8)
    patience = 5.0

    @classmethod
    def room_id(cls, text: str) -> RoomId:
        if not text.isalnum() or len(text) > 50:
            raise ValueError(f"{text[:50]!r} is not a room: write one word")
        return RoomId(text.lower())

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[None]:
        self._entering: dict[str, asyncio.Future[list[str]]] = {}
        self._pasts: dict[str, list[TalkEvent]] = {}
        self._pong = asyncio.Event()
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.config.port, limit=LIMIT)
        try:
            self._write("NICK", self.config.nick)
            if (answer := await self._words())[0] != "OK":
                raise AuthenticationFailed(f"the server refuses us: {answer[1]}")
            yield
        finally:
            self._writer.close()

    async def enter(self, room: RoomId, config: Any, since: str | None) -> Missed:
        past = self._pasts[room] = []
        answer = self._entering[room] = asyncio.get_running_loop().create_future()
        self._write("JOIN", room, since or str(LIMIT))
        try:
            word, *rest = await answer
        finally:
            del self._entering[room], self._pasts[room]
        if word == "OUT":
            raise RoomUnavailable(f"{room} does not let hubbub in: {' '.join(rest[1:])}")
        return Missed(past, position=rest[1], whole=True)

    async def leave(self, room: RoomId) -> None:
        self._write("LEAVE", room)

    async def read(self) -> Batch:
        words = await self._words()
        match words[0]:
            case "SAID" if words[5] != "-" and words[4] == self.config.nick:
                self.flights.settle(words[5], Receipt(Part(MessageId(words[2]))))
            case "SAID" if words[1] in self._pasts:
                self._pasts[words[1]].append(said(words))
            case "SAID":
                return Batch([said(words)])
            case "JOINED" | "OUT" if words[1] in self._entering:
                self._entering[words[1]].set_result(words)
            case "OUT":
                self.lost(RoomId(words[1]), f"hubbub was removed from {words[1]}: {' '.join(words[2:])}")
            case "PONG":
                self._pong.set()
        return Batch()

    async def post(self, command: Command) -> Receipt:
        if not isinstance(command, SendMessage) or command.file is not None:
            raise Unsupported("there are only messages, without files")
        text = json.dumps(command.content.text)
        self._write("SAY", command.room, command.txn, command.kind, text)
        return await self.flights.start(command.txn, command.room)

    def token(self, event: TalkEvent) -> str:
        return event.id

    async def ping(self) -> None:
        self._pong.clear()
        self._write("PING", "there")
        await self._pong.wait()

    def visitor(self) -> Network:
        return self.config.model_copy(update={"nick": f"{self.config.nick}-check"})

    def _write(self, *words: str) -> None:
        self._writer.write(" ".join(words).encode() + b"\n")

    async def _words(self) -> list[str]:
        line = await self._reader.readuntil()
        return line.decode().rstrip("\n").split(" ", 7)


class ChatServer(Demo):
    """The server, in this process."""

    title = "chat"

    def __init__(self) -> None:
        self.nicks: dict[asyncio.StreamWriter, str] = {}
        self.members: dict[str, list[asyncio.StreamWriter]] = {}
        self.lines: dict[str, list[str]] = {}
        self.banned: dict[str, str] = {}
        """Rooms that let nobody in, and why."""
        self.mute = False
        """Whether it answers nothing any more."""
        self._numbers = itertools.count(1)
        self._server: asyncio.Server | None = None

    @classmethod
    def missing(cls) -> None:
        return None

    async def start(self) -> dict[str, str]:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]
        return {}

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in tuple(self.nicks):
                writer.close()

    async def person(self, name: str, room: str | None = None) -> "Somebody":
        return await Somebody(name, room or "lobby").enter(self.port)

    def invitation(self) -> str:
        return "netcat"

    def kick(self, room: str, nick: str, reason: str) -> None:
        for writer in [one for one in self.members[room] if self.nicks[one] == nick]:
            self.members[room].remove(writer)
            self._send(writer, "OUT", room, reason)

    def _send(self, writer: asyncio.StreamWriter, *words: str) -> None:
        if not self.mute:
            writer.write(" ".join(words).encode() + b"\n")

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                words = (await reader.readuntil()).decode().rstrip("\n").split(" ", 4)
                getattr(self, f"_{words[0].lower()}")(writer, *words[1:])
        for there in self.members.values():
            if writer in there:
                there.remove(writer)
        self.nicks.pop(writer, None)
        writer.close()

    def _nick(self, writer: asyncio.StreamWriter, nick: str) -> None:
        if nick in self.nicks.values():
            self._send(writer, "NO", "the-nick-is-taken")
            return
        self.nicks[writer] = nick
        self._send(writer, "OK")

    def _join(self, writer: asyncio.StreamWriter, room: str, since: str) -> None:
        if room in self.banned:
            self._send(writer, "OUT", room, self.banned[room])
            return
        lines = self.lines.setdefault(room, [])
        for line in lines:
            if int(line.split(" ")[2]) > int(since):
                self._send(writer, line)
        there = self.members.setdefault(room, [])
        if writer not in there:
            there.append(writer)
        self._send(writer, "JOINED", room, lines[-1].split(" ")[2] if lines else "0")

    def _leave(self, writer: asyncio.StreamWriter, room: str) -> None:
        if writer in self.members.get(room, ()):
            self.members[room].remove(writer)

    def _say(self, writer: asyncio.StreamWriter, room: str, token: str, kind: str, text: str) -> None:
        number, nick = str(next(self._numbers)), self.nicks[writer]
        line = " ".join(["SAID", room, number, str(time.time()), nick, token, kind, text])
        self.lines[room].append(line)
        for one in self.members[room]:
            self._send(one, line)

    def _ping(self, writer: asyncio.StreamWriter, word: str) -> None:
        self._send(writer, "PONG", word)


class Somebody(Person):
    """A person, who reads the lines themselves."""

    def __init__(self, name: str, room: str) -> None:
        super().__init__(name)
        self._room = room

    async def enter(self, port: int) -> "Somebody":
        self._lines, self._writer = await asyncio.open_connection("127.0.0.1", port, limit=LIMIT)
        self._write(f"NICK {self.name}")
        self._write(f"JOIN {self._room} {LIMIT}")
        while not (await self._lines.readuntil()).startswith(b"JOINED"):
            pass
        self._reading = asyncio.ensure_future(self._read())
        return self

    def _write(self, line: str) -> None:
        if self._writer is None:
            raise ConnectionLost("gone")
        self._writer.write(line.encode() + b"\n")

    async def _read(self) -> None:
        while True:
            words = (await self._lines.readuntil()).decode().rstrip("\n").split(" ", 7)
            if words[0] == "SAID" and words[4] != self.name:
                self._saw(said(words))

    async def say(self, content, kind=Kind.TEXT, *, answers=None, thread=None):
        self._write(f"SAY {self._room} - {kind} {json.dumps(content.text)}")

    async def rename(self, name: str) -> None:
        self.name = name
        self._write(f"NICK {name}")
