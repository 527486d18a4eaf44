"""A program that speaks matterbridge's HTTP API by its documentation, and shares nothing with the adapter."""

import asyncio
import contextlib
import json
from typing import Any

import aiohttp

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
from bridge.testing import Person

__all__ = ["Program"]

_AGAIN = 0.02


class Program(Person):
    """Posts what it says, and reads the stream, also of a service that is started again."""

    def __init__(self, name: str, url: str, room: RoomId, token: str = "") -> None:
        """Prepare a program, which reads once it has joined."""
        super().__init__(name)
        self._url = url
        self._room = room
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._known: set[str] = set()

    async def join(self) -> None:
        """Begin to read."""
        self._session = aiohttp.ClientSession(
            self._url, headers=self._headers, timeout=aiohttp.ClientTimeout(None)
        )
        self._reading = asyncio.ensure_future(self._read())

    async def leave(self) -> None:
        await super().leave()
        await self._session.close()

    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        return await self.post(
            text=content.text, event="user_action" if kind is Kind.EMOTE else "", parent_id=answers or ""
        )

    async def remove(self, target: MessageId) -> None:
        await self.post(event="msg_delete", id=target)

    async def post(self, **fields: Any) -> MessageId:
        """Post a message. Returns what it is called."""
        message = {"text": "", "username": self.name, "gateway": self._room, **fields}
        async with self._session.post("/api/message", json=message) as answer:
            answer.raise_for_status()
            return MessageId((await answer.json())["id"])

    async def rename(self, name: str) -> None:
        self.name = name

    async def _read(self) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with self._session.get("/api/stream") as stream:
                    async for line in stream.content:
                        self._hear(json.loads(line))
            await asyncio.sleep(_AGAIN)

    def _hear(self, message: dict[str, Any]) -> None:
        if message["event"] != "api_connected" and message["gateway"] == self._room:
            self._saw(self._happened(message))

    def _happened(self, message: dict[str, Any]) -> Event:
        room, id_ = self._room, MessageId(message["id"])
        sender = Sender(UserId(message["userid"]), message["username"])
        kind = Kind.EMOTE if message["event"] == "user_action" else Kind.TEXT
        files = (message["Extra"] or {}).get("file", [])
        content = Content(
            plain(message["text"]).spans if message["text"] else (),
            tuple(Attachment("data:," + file["Data"], file["Name"], size=file["Size"]) for file in files),
        )
        if message["event"] == "msg_delete":
            return Removed(id=id_, room=room, sender=sender, target=id_)
        if id_ in self._known:
            return MessageEdited(id=id_, room=room, sender=sender, target=id_, content=content, kind=kind)
        self._known.add(id_)
        answers = MessageId(message["parent_id"]) if message["parent_id"] else None
        return MessageCreated(id=id_, room=room, sender=sender, content=content, kind=kind, reply_to=answers)
