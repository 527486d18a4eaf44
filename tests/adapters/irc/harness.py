"""An adapter at work, and a scripted server that it talks to."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar

from adapters.irc import Adapter
from adapters.irc.wire.line import Line, decode_text, parse
from bridge import (
    Authorship,
    Content,
    Event,
    Kind,
    MessageCreated,
    Position,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    SendMessage,
    Speaker,
    Txn,
    plain,
)

_Happened = TypeVar("_Happened", bound=Event)

ALICE = Speaker(Authorship.PREFIX, "alice")
FAST = {"burst": 1e6, "per_second": 1e6}


class Collector:
    """What an adapter emitted."""

    def __init__(self) -> None:
        self.batches: list[list[Event]] = []
        self.events: asyncio.Queue[Event] = asyncio.Queue()
        self.positions: dict[str, str] = {}
        self.full: asyncio.Future[None] | None = None
        """Set while the journal cannot be written: done when it can."""

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        self.batches.append(list(events))
        self.positions.update({position.scope: position.token for position in positions})
        for event in events:
            self.events.put_nowait(event)
        if self.full is not None:
            return self.full
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def position(self, scope: str = "") -> str | None:
        return self.positions.get(scope)

    @property
    def texts(self) -> list[str]:
        """Everything that was said so far."""
        events = [event for batch in self.batches for event in batch]
        return [event.content.text for event in events if isinstance(event, MessageCreated)]

    async def message(self) -> MessageCreated:
        """The next message."""
        while True:
            event = await self.events.get()
            if isinstance(event, MessageCreated):
                return event

    async def next(self, kind: type[_Happened]) -> _Happened:
        """The next event of this kind."""
        while True:
            event = await self.events.get()
            if isinstance(event, kind):
                return event

    async def upto_joined(self, room: str) -> tuple[list[MessageCreated], RoomStateChanged]:
        """What was said before a room is joined, and that it is."""
        said = []
        while True:
            event = await self.events.get()
            if isinstance(event, MessageCreated):
                said.append(event)
            elif isinstance(event, RoomStateChanged) and (event.room, event.state) == (
                room,
                RoomState.JOINED,
            ):
                return said, event

    async def state(self, state: RoomState, room: str | None = None) -> RoomStateChanged:
        """The next time that a room is in this state."""
        while True:
            event = await self.events.get()
            if isinstance(event, RoomStateChanged) and event.state is state and room in {None, event.room}:
                return event


class Running:
    """An adapter whose `run` runs."""

    def __init__(self, adapter: Adapter, emitted: Collector) -> None:
        self.adapter = adapter
        self.emitted = emitted
        self.task: asyncio.Task[None] = asyncio.create_task(adapter.run(emitted))
        self._count = 0

    async def joined(self, room: str | None = None) -> None:
        """Wait until a room is joined. Raises what ended the run before."""
        waiting = asyncio.create_task(self.emitted.state(RoomState.JOINED, room))
        await asyncio.wait({waiting, self.task}, return_when=asyncio.FIRST_COMPLETED)
        if not waiting.done():
            waiting.cancel()
            await self.task
        await waiting

    async def send(self, room: str, said: str | Content, kind: Kind = Kind.TEXT) -> "asyncio.Future[Receipt]":
        """Send; returns the receipt to come."""
        self._count += 1
        content = plain(said) if isinstance(said, str) else said
        return await self.adapter.send(
            SendMessage(
                room=RoomId(room), speaker=ALICE, txn=Txn(f"{self._count}.abc"), content=content, kind=kind
            )
        )

    async def again(self) -> None:
        """End the run and start another, with the positions that were kept; what was emitted is forgotten."""
        await self.stop()
        self.emitted.events = asyncio.Queue()
        self.task = asyncio.create_task(self.adapter.run(self.emitted))

    async def stop(self) -> None:
        """Cancel the run and wait for its end."""
        self.task.cancel()
        await asyncio.wait({self.task})


def make(port: int, **settings: Any) -> Adapter:
    """An adapter for a server of the loopback, without TLS and with no flood control unless told."""
    given = {"server": "127.0.0.1", "port": port, "tls": False, "nick": "hubbub", "flood": FAST, **settings}
    return Adapter("irc", Adapter.NetworkConfig.model_validate(given), "I relay this to elsewhere; ask root.")


@asynccontextmanager
async def running(
    port: int, *rooms: str, keys: dict[str, str] | None = None, **settings: Any
) -> AsyncIterator[Running]:
    """An adapter in these rooms."""
    adapter = make(port, **settings)
    await adapter.serve(
        {
            Adapter.room_id(room): Adapter.RoomConfig.model_validate({"key": key} if key else {})
            for room in rooms
            for key in [(keys or {}).get(room)]
        }
    )
    run = Running(adapter, Collector())
    try:
        yield run
    finally:
        await run.stop()


Reply = Callable[[Line], list[str] | None]


class ScriptedServer:
    """A server in the test process: polite by default, as nasty as `replies` makes it.

    `replies` maps a command to a function that gives the lines to answer with, or None for the usual.
    """

    def __init__(
        self,
        *,
        caps: str = "",
        isupport: str = "CASEMAPPING=ascii",
        replies: dict[str, Reply] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.caps, self.isupport, self.replies, self.tls = caps, isupport, replies or {}, tls
        self.received: list[str] = []
        self.acknowledged: set[str] = set()
        self.nick = "*"
        self.port = 0
        self.connections = 0
        self._changed = asyncio.Condition()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._have: set[str] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server
        self._server.close()
        self.hang_up()
        await self._server.wait_closed()
        async with asyncio.timeout(25):
            while self._writers:
                await asyncio.sleep(0.01)

    def hang_up(self) -> None:
        """Close all connections."""
        for writer in list(self._writers):
            writer.close()

    def say(self, *lines: str | bytes) -> None:
        """Send lines to everybody."""
        for text in lines:
            raw = text if isinstance(text, bytes) else text.encode()
            for writer in self._writers:
                writer.write(raw + b"\r\n")

    async def heard(self, pattern: str, times: int = 1) -> str:
        """Wait until lines that match have come so many times; the last of them."""

        def found() -> list[str]:
            return [text for text in self.received if re.search(pattern, text)]

        async with asyncio.timeout(25), self._changed:
            await self._changed.wait_for(lambda: len(found()) >= times)
        return found()[times - 1]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self.connections += 1
        self._have = set()
        try:
            while raw := await reader.readline():
                text = decode_text(raw.rstrip(b"\r\n"), "utf-8")
                self.received.append(text)
                self.say(*self._answer(parse(text)))
                async with self._changed:
                    self._changed.notify_all()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, got: Line) -> list[str]:
        reply = self.replies.get(got.command)
        told = reply(got) if reply else None
        return self._usual(got) if told is None else told

    def welcome(self) -> list[str]:
        """The end of registration."""
        nick = self.nick
        return [
            f":s 001 {nick} :Welcome {nick}!hub@host.example",
            f":s 005 {nick} {self.isupport} :are supported",
            f":s 376 {nick} :End",
        ]

    def _usual(self, got: Line) -> list[str]:
        me = f"{self.nick}!hub@host.example"
        match got.command, got.params:
            case "CAP", ["LS", *_]:
                return [f":s CAP * LS :{self.caps}"]
            case "CAP", ["REQ", names]:
                self.acknowledged.update(names.split())
                return [f":s CAP * ACK :{names}"]
            case "CAP" | "USER" | "NICK", params:
                if got.command == "NICK":
                    self.nick = params[0]
                self._have.add(got.command if got.command != "CAP" else "".join(params))
                if self._have == {"END", "USER", "NICK"}:
                    self._have.add("done")
                    return self.welcome()
                return []
            case "PING", [token]:
                return [f":s PONG s :{token}"]
            case "JOIN", [rooms, *_]:
                return [
                    text
                    for room in rooms.split(",")
                    for text in (f":{me} JOIN {room}", f":s 366 {self.nick} {room} :End")
                ]
            case "PRIVMSG" | "NOTICE", [target, text] if "echo-message" in self.acknowledged:
                label = f"label={got.tags['label']};" if "label" in got.tags else ""
                tags = "".join(f"{key}={value};" for key, value in got.tags.items() if key[0] == "+")
                return [f"@{label}{tags}msgid=m{len(self.received)} :{me} {got.command} {target} :{text}"]
            case _:
                return []


class Client:
    """A client that says raw lines."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def say(self, *lines: str) -> None:
        self._writer.write("".join(f"{text}\r\n" for text in lines).encode())

    async def heard(self, pattern: str) -> str:
        """The next line that matches; PINGs are answered on the way."""
        async with asyncio.timeout(25):
            while raw := await self._reader.readline():
                text = decode_text(raw.rstrip(b"\r\n"), "utf-8")
                if text.startswith("PING "):
                    self.say(text.replace("PING", "PONG", 1))
                if re.search(pattern, text):
                    return text
        raise AssertionError(f"the server hung up before {pattern}")

    async def sync(self) -> None:
        """Wait until the server has done all that was said."""
        self.say("PING :sync")
        await self.heard("PONG .*sync")

    async def close(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


@asynccontextmanager
async def client(port: int, nick: str, *rooms: str, caps: str = "") -> AsyncIterator[Client]:
    """Somebody in these rooms; who makes a room is its operator."""
    opened = Client(*await asyncio.open_connection("127.0.0.1", port))
    try:
        opened.say(
            f"NICK {nick}", f"USER {nick} 0 * :{nick}", *([f"CAP REQ :{caps}", "CAP END"] if caps else [])
        )
        await opened.heard(" 001 ")
        for room in rooms:
            opened.say(f"JOIN {room}")
            await opened.heard(f" 366 {nick} ")
        yield opened
    finally:
        await opened.close()
