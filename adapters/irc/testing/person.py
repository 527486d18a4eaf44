"""A scripted person with an ordinary client, which shares only decode and encode with the adapter."""

import asyncio
from collections import deque
from collections.abc import Callable

import bridge.testing
from adapters.irc import decode, encode
from adapters.irc.session import Session
from adapters.irc.wire.line import REPLY, Line, decode_text, line, nick_of, parse, tag_value
from bridge import (
    Change,
    Content,
    Event,
    Kind,
    MemberChanged,
    MessageId,
    RoomId,
    Sender,
    UserId,
    cut,
)

__all__ = ["Person"]

_TEXT_BYTES = 380
_PATIENCE = 15.0
_CAPS = ("message-tags", "server-time", "echo-message", "draft/message-redaction")
_LONGEST_TOPIC = 300


class Person(bridge.testing.Person):
    """Somebody with an ordinary client, which knows what the server offers of IRCv3."""

    farewell = b"QUIT :bye\r\n"

    def __init__(self, name: str, room: str) -> None:
        super().__init__(name)
        self.room = room
        self._session = Session(name)
        self._joined = asyncio.Event()
        self._echoes: deque[asyncio.Future[MessageId | None]] = deque()
        self._mine: dict[MessageId, tuple[str, ...]] = {}
        """One's own reactions."""
        self._moves: dict[str, Callable[[Line], MemberChanged | None]] = {
            "JOIN": lambda got: self._moved(got, Change.JOINED),
            "PART": lambda got: self._moved(got, Change.LEFT, got.params[1:]),
            "QUIT": lambda got: self._moved(got, Change.LEFT, got.params),
            "NICK": self._renamed,
            "KICK": self._kicked,
        }

    async def join(self, port: int, host: str = "127.0.0.1") -> None:
        """Connect and join; done when the room's names are here. Raises OSError or TimeoutError."""
        reader, self._writer = await asyncio.open_connection(host, port)
        self._session.serve([RoomId(self.room.lower())])
        self._reading = asyncio.create_task(self._read(reader))
        self._send(
            line("CAP", "LS", "302"),
            line("NICK", self.name),
            line("USER", "person", "0", "*", trailing=self.name),
        )
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._joined.wait()
        except TimeoutError:
            await self.leave()
            raise TimeoutError(f"{self.name} did not get into {self.room}") from None

    # -- what one does

    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        if thread is not None:
            raise self._unable("say something in a thread")
        tags = b""
        if answers is not None:
            self._need("message-tags", "answer a message")
            tags = f"@{REPLY}={tag_value(answers)} ".encode()
        echoes = [self._say(tags + encode.message(self.room, part, kind)) for part in _parts(content)]
        assert self._writer is not None
        await self._writer.drain()
        if not echoes or "echo-message" not in self._session.caps:
            return None
        async with asyncio.timeout(_PATIENCE):
            return await echoes[0]

    async def remove(self, target: MessageId) -> None:
        self._need(decode.REDACTION, "take a message back")
        self._send(encode.redaction(self.room, target, ""))

    async def react(self, target: MessageId, *emojis: str) -> None:
        self._need("message-tags", "react")
        before = self._mine.get(target, ())
        for emoji in before:
            if emoji not in emojis:
                self._send(encode.reaction(self.room, target, emoji, taken=True))
        for emoji in emojis:
            if emoji not in before:
                self._send(encode.reaction(self.room, target, emoji, taken=False))
        self._mine[target] = emojis

    async def set_topic(self, text: str) -> None:
        self._send(encode.topic(self.room, text, _LONGEST_TOPIC))

    async def type(self) -> None:
        self._need("message-tags", "show that they write")
        self._send(encode.typing(self.room, state=True))

    async def rename(self, name: str) -> None:
        self._send(line("NICK", name))

    async def kick(self, name: str, reason: str = "") -> None:
        self._send(line("KICK", self.room, name, trailing=reason or None))

    def _need(self, capability: str, what: str) -> None:
        if capability not in self._session.caps:
            raise self._unable(what)

    def _say(self, data: bytes) -> "asyncio.Future[MessageId | None]":
        echo: asyncio.Future[MessageId | None] = asyncio.get_running_loop().create_future()
        if "echo-message" in self._session.caps:
            self._echoes.append(echo)
        self._send(data)
        return echo

    def _send(self, *lines: bytes) -> None:
        assert self._writer is not None
        self._writer.write(b"".join(data + b"\r\n" for data in lines))

    # -- what comes in

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while raw := await reader.readline():
            got = parse(decode_text(raw.rstrip(b"\r\n"), "utf-8"))
            match got.command:
                case "PING":
                    self._send(line("PONG", trailing=got.params[-1]))
                case "CAP":
                    self._capabilities(got.params)
                case "001":
                    self._send(line("JOIN", self.room))
                case "005":
                    self._session.support(got.params[1:-1])
                case "366":
                    self._joined.set()
                case _:
                    self._happened(got)

    def _capabilities(self, params: list[str]) -> None:
        """CAP (IRCv3 capability-negotiation): take what is there of what is wanted."""
        words = params[-1].split()
        if params[1] == "LS" and params[2] != "*":
            wanted = [cap for cap in _CAPS if cap in {word.partition("=")[0] for word in words}]
            self._send(line("CAP", "REQ", trailing=" ".join(wanted)) if wanted else line("CAP", "END"))
        elif params[1] in {"ACK", "NAK"}:
            if params[1] == "ACK":
                self._session.caps.update(words)
            self._send(line("CAP", "END"))

    def _happened(self, got: Line) -> None:
        event: Event | None = None
        if nick_of(got.source) == self._session.nick:
            self._did(got)
        elif (
            got.command in {"PRIVMSG", "NOTICE"} and "!" in got.source and self._session.is_me(got.params[0])
        ):
            self._was_told(decode.content(got.params[1]).text.removeprefix(f"[{self._room}] "))
        elif got.command in {"PRIVMSG", "NOTICE", "REDACT", "TOPIC"}:
            event = decode.event(got, self._session)
        elif got.command == "TAGMSG":
            event = decode.reaction(got, self._session) or decode.typing(got, self._session)
        elif got.command in self._moves and self._joined.is_set():
            event = self._moves[got.command](got)
        if event is not None:
            self._saw(event)

    def _did(self, got: Line) -> None:
        """Take in a line about this person's own doing."""
        if got.command == "NICK":
            self.name = self._session.nick = got.params[0]
        elif got.command in {"PRIVMSG", "NOTICE"} and self._echoes:
            msgid = got.tags.get("msgid")
            self._echoes.popleft().set_result(MessageId(msgid) if msgid else None)

    def _moved(self, got: Line, change: Change, reason: list[str] | None = None) -> MemberChanged:
        why = decode.content(reason[0]).text if reason else ""
        return MemberChanged(room=self._room, sender=_person(got.source), change=change, reason=why)

    def _renamed(self, got: Line) -> MemberChanged:
        who, name = _person(got.source), got.params[0]
        return MemberChanged(room=self._room, sender=who, change=Change.RENAMED, name=name)

    def _kicked(self, got: Line) -> MemberChanged:
        return MemberChanged(
            room=self._room,
            sender=_person(got.params[1]),
            change=Change.KICKED,
            reason=decode.content(got.params[2]).text if len(got.params) > 2 else "",
            by=_person(got.source),
        )

    @property
    def _room(self) -> RoomId:
        return RoomId(self.room.lower())


def _person(source: str) -> Sender:
    return Sender(UserId(source), nick_of(source))


def _parts(content: Content) -> list[Content]:
    """Return the content in pieces that fit into a line each: its lines, cut between characters."""
    parts: list[Content] = []
    text = content.text
    start = size = 0
    for at, letter in enumerate(text):
        width = len(letter.encode("utf-8", "replace"))
        if letter == "\n" or size + width > _TEXT_BYTES:
            parts.append(Content(cut(content.spans, start, at)))
            start, size = (at + 1, 0) if letter == "\n" else (at, width)
        else:
            size += width
    parts.append(Content(cut(content.spans, start)))
    return [part for part in parts if part.text.strip()]
