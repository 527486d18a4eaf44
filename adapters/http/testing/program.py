"""A program that speaks matterbridge's HTTP API by its documentation, and shares nothing with the adapter."""

import asyncio
import base64
import contextlib
import json
import uuid
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web

from bridge import (
    Attachment,
    Content,
    Event,
    Kind,
    MessageCreated,
    MessageEdited,
    MessageId,
    Removed,
    RoomId,
    Sender,
    UserId,
    plain,
)
from bridge.testing import Person, free_port

__all__ = ["Program"]

_AGAIN = 0.02


class Program(Person):
    """Reads the stream, and posts what it says until it is told that it was taken: also to a service that is
    started again.
    """

    def __init__(self, name: str, url: str, room: RoomId) -> None:
        """Prepare a program, which reads and posts once it has joined."""
        super().__init__(name)
        self._url = url
        self._room = room
        self._known: set[str] = set()
        self._unposted: deque[tuple[str, dict[str, Any]]] = deque()
        self._said = asyncio.Event()
        self._files: list[bytes] = []
        self._port = free_port()

    async def join(self) -> None:
        """Begin to read and to post, and hand out the files that come."""
        timeout = aiohttp.ClientTimeout(None)
        self._session = aiohttp.ClientSession(self._url, timeout=timeout)
        application = web.Application()
        application.router.add_get("/{number}", self._file)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._reading = asyncio.ensure_future(self._read())
        self._posting = asyncio.ensure_future(self._post())

    async def leave(self) -> None:
        self._posting.cancel()
        await super().leave()
        await self._session.close()
        await self._runner.cleanup()

    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        event = "user_action" if kind is Kind.EMOTE else ""
        return self._put(text=content.text, event=event, parent_id=answers or "")

    async def remove(self, target: MessageId) -> None:
        self._put(event="msg_delete", id=target)

    async def send(self, path: Path, caption: str = "") -> MessageId | None:
        data = await asyncio.to_thread(path.read_bytes)
        file = {"Name": path.name, "Data": base64.b64encode(data).decode()}
        return self._put(text=caption, Extra={"file": [file]})

    async def type(self) -> None:
        self._put(event="user_typing")

    async def rename(self, name: str) -> None:
        self.name = name

    def _put(self, **fields: Any) -> MessageId:
        """Post this in its turn. Returns what it will be called."""
        key = uuid.uuid4().hex
        self._unposted.append((key, {"username": self.name, "gateway": self._room, **fields}))
        self._said.set()
        return MessageId(f"{key}\napi")

    async def _post(self) -> None:
        while True:
            await self._said.wait()
            self._said.clear()
            while self._unposted:
                key, message = self._unposted[0]
                with contextlib.suppress(aiohttp.ClientError, OSError):
                    headers = {"Idempotency-Key": key}
                    async with self._session.post("/api/message", json=message, headers=headers) as answer:
                        answer.raise_for_status()
                        self._unposted.popleft()
                        continue
                await asyncio.sleep(_AGAIN)

    async def _read(self) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with self._session.get("/api/stream") as stream:
                    while line := await stream.content.readuntil(b"\n"):
                        self._hear(json.loads(line))
            await asyncio.sleep(_AGAIN)

    def _hear(self, message: dict[str, Any]) -> None:
        if message["event"] != "api_connected" and message["gateway"] == self._room:
            self._saw(self._happened(message))

    def _happened(self, message: dict[str, Any]) -> Event:
        room, name = self._room, MessageId(message["id"])
        sender = Sender(UserId(message["userid"]), message["username"])
        if message["event"] == "msg_delete":
            return Removed(id=name, room=room, sender=sender, target=name)
        kind = Kind.EMOTE if message["event"] == "user_action" else Kind.TEXT
        files = (message["Extra"] or {}).get("file", [])
        text = plain(message["text"]).spans if message["text"] else ()
        content = Content(text, tuple(self._attachment(file) for file in files))
        if name in self._known:
            return MessageEdited(id=name, room=room, sender=sender, target=name, content=content, kind=kind)
        self._known.add(name)
        return MessageCreated(
            id=name,
            room=room,
            sender=sender,
            content=content,
            kind=kind,
            reply_to=MessageId(message["parent_id"]) if message["parent_id"] else None,
            at=datetime.fromisoformat(message["timestamp"]).timestamp(),
        )

    def _attachment(self, file: dict[str, Any]) -> Attachment:
        self._files.append(base64.b64decode(file["Data"]))
        url = f"http://127.0.0.1:{self._port}/{len(self._files) - 1}"
        return Attachment(url, file["Name"], size=file["Size"])

    async def _file(self, request: web.Request) -> web.Response:
        return web.Response(body=self._files[int(request.match_info["number"])])
