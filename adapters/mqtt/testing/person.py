"""Scripted people: mosquitto's own clients, which share no code with the adapter."""

import asyncio
import contextlib
import json
import uuid

import bridge.testing
from bridge import Content, Kind, MessageCreated, MessageId, RoomId, Sender, UserId, plain

__all__ = ["Person"]

_PATIENCE = 30.0
_LONGEST = 2**20


class Person(bridge.testing.Person):
    """Somebody who publishes to a topic and subscribes to it, in plain text or in JSON."""

    def __init__(self, name: str, room: str, *, text: bool = False) -> None:
        super().__init__(room if text else name)  # plain text names nobody: the topic is who speaks
        self.room = room
        self._text = text
        self._clients: list[asyncio.subprocess.Process] = []
        self._shown: list[tuple[str, asyncio.Future[None]]] = []
        """Messages of theirs that they have not seen yet."""
        self._ready = asyncio.Event()

    async def join(self, port: int) -> None:
        """Subscribe; done when the broker has confirmed it."""
        where = ["-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", self.room]
        pipe = asyncio.subprocess.PIPE
        # -d tells of the subscription; stdbuf since it would wait in a buffer
        command = ["stdbuf", "-oL", "mosquitto_sub", *where, "-d", "-F", "= %x"]
        ear = await asyncio.create_subprocess_exec(*command, stdout=pipe, limit=_LONGEST)
        mouth = await asyncio.create_subprocess_exec("mosquitto_pub", *where, "-l", stdin=pipe)
        self._clients = [ear, mouth]
        self._reading = asyncio.create_task(self._read(ear))
        self._writer = mouth.stdin
        async with asyncio.timeout(_PATIENCE):
            await self._ready.wait()

    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        if self._text:
            lines = [
                f"/me {content.text}" if kind is Kind.EMOTE else line for line in content.text.split("\n")
            ]
        else:
            said = {"name": self.name, "text": content.text, "id": uuid.uuid4().hex, "kind": kind}
            lines = [json.dumps(said)]
        assert self._writer is not None
        loop = asyncio.get_running_loop()
        shown = [(line, loop.create_future()) for line in lines]
        self._shown += shown
        self._writer.write("".join(f"{line}\n" for line in lines).encode())
        await self._writer.drain()
        async with asyncio.timeout(_PATIENCE):
            for _, there in shown:
                await there
        return None

    async def rename(self, name: str) -> None:
        if self._text:
            raise self._unable("take another name")
        self.name = name

    async def leave(self) -> None:
        await super().leave()
        for client in self._clients:
            with contextlib.suppress(ProcessLookupError):
                client.terminate()
            await client.wait()
        self._clients.clear()

    async def _read(self, ear: asyncio.subprocess.Process) -> None:
        assert ear.stdout is not None
        while line := await ear.stdout.readline():
            mark, _, rest = line.decode().strip().partition(" ")
            if mark == "=":
                self._hear(bytes.fromhex(rest).decode())
            elif line.startswith(b"Subscribed"):
                self._ready.set()

    def _hear(self, said: str) -> None:
        for entry in self._shown:
            if entry[0] == said:
                self._shown.remove(entry)
                if not entry[1].done():
                    entry[1].set_result(None)
                return
        name, text, kind, at = self.room, said, "text", None
        if not self._text and said.startswith("{"):
            body = json.loads(said)
            name, text, at = body.get("name", "hubbub"), body["text"], body.get("at")
            kind = body.get("kind", "text")
        self._saw(
            MessageCreated(
                id=MessageId(said),
                room=RoomId(self.room),
                sender=Sender(UserId(name), name),
                content=plain(text),
                kind=Kind(kind),
                at=at,
            )
        )
