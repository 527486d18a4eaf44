"""A visitor whose browser speaks the wire of docs/wire.md, and shares nothing with the adapter."""

import asyncio
import contextlib
import json
import uuid
from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
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
    TypingChanged,
    UserId,
    plain,
)
from bridge.testing import Person

__all__ = ["Customer"]

_AGAIN = 0.02


class Customer(Person):
    """Opens a chat, follows it, and says what they say until it is taken: also to a service that is started
    again.
    """

    def __init__(self, name: str, url: str, desk: RoomId) -> None:
        """Prepare a visitor, whose chat begins once they say something, or with `join`."""
        super().__init__(name)
        self._url = url
        self._desk = desk
        self._called = name
        self.chat = 0
        """The number of the chat."""
        self.token = ""
        self.last = 0
        """The number of the last line that they have."""
        self.states: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        """What they were told of how their chat stands."""
        self._session: aiohttp.ClientSession | None = None

    async def join(self, text: str = "hello", **known: str) -> None:
        """Open a chat, and begin to follow it; `known` is what the form asks besides, such as `mail`."""
        opening = {
            "text": text,
            "name": self._called,
            "page": "https://shop.example/sweaters",
            "title": "Sweaters",
            **known,
        }
        opened = await self._post(f"/desk/{self._desk}/chats", opening)
        self.chat, self.token = opened["chat"], opened["token"]
        self.name = f"{self.chat} {self._called}"
        self._reading = asyncio.ensure_future(self._read())

    async def leave(self) -> None:
        await super().leave()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        if kind is not Kind.TEXT:
            raise self._unable("say an emote")
        said = await self._post("/chat/say", {"key": uuid.uuid4().hex, "text": content.text})
        return MessageId(f"{self.chat}.{said['n']}")

    async def send(self, path: Path, caption: str = "") -> MessageId | None:
        data = await asyncio.to_thread(path.read_bytes)
        said = await self._post(f"/chat/file?key={uuid.uuid4().hex}&name={path.name}", data)
        return MessageId(f"{self.chat}.{said['n']}")

    async def type(self) -> None:
        await self._post("/chat/typing", {"typing": True})

    async def close(self) -> None:
        """End the chat."""
        await self._post("/chat/close", {})

    async def rate(self, stars: int, words: str = "") -> None:
        """Say how it was."""
        await self._post("/chat/rate", {"stars": stars, "words": words})

    async def file(self, n: int) -> bytes:
        """Fetch the file of a line."""
        async with self._http.get(f"{self._url}/chat/file/{n}", headers=self._headers) as answer:
            answer.raise_for_status()
            return await answer.read()

    async def transcript(self) -> str:
        """Fetch the chat as a text."""
        async with self._http.get(f"{self._url}/chat/transcript", headers=self._headers) as answer:
            answer.raise_for_status()
            return await answer.text()

    @property
    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(None))
        return self._session

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    async def _post(self, path: str, body: dict[str, Any] | bytes) -> dict[str, Any]:
        """Post this until it is taken. Raises aiohttp.ClientResponseError when it is refused."""
        sent: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
        while True:
            with contextlib.suppress(aiohttp.ClientConnectionError):
                async with self._http.post(self._url + path, headers=self._headers, **sent) as answer:
                    if answer.status < 500:
                        answer.raise_for_status()
                        found: dict[str, Any] = await answer.json()
                        return found
            await asyncio.sleep(_AGAIN)

    async def _read(self) -> None:
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async for event in self._events():
                    if (n := event.get("n")) is not None:
                        if n <= self.last:
                            continue
                        assert n == self.last + 1, f"{n} follows {self.last}"
                        self.last = n
                    if "file" in event and event["by"] != "visitor":
                        event["file"]["data"] = b64encode(await self.file(event["n"])).decode()
                    if (happened := self._happened(event)) is not None:
                        self._saw(happened)
            await asyncio.sleep(_AGAIN)

    async def _events(self) -> AsyncIterator[dict[str, Any]]:
        headers = {**self._headers, "Accept": "text/event-stream"}
        async with self._http.get(f"{self._url}/chat/events?after={self.last}", headers=headers) as stream:
            stream.raise_for_status()
            async for line in stream.content:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))

    def _happened(self, event: dict[str, Any]) -> Event | None:
        sender = Sender(UserId(event.get("name", "")), event.get("name", ""))
        name, room = MessageId(f"{self.chat}.{event.get('n')}"), self._desk
        match event["kind"]:
            case "typing":
                return TypingChanged(room=room, sender=sender, typing=event["typing"])
            case "said" if event["by"] != "visitor":
                return self._said(event, name, sender)
            case "edited":
                target = MessageId(f"{self.chat}.{event['of']}")
                content = plain(event["text"])
                return MessageEdited(id=name, room=room, sender=sender, target=target, content=content)
            case "gone":
                target = MessageId(f"{self.chat}.{event['of']}")
                return Removed(id=name, room=room, sender=sender, target=target)
            case "state":
                self.states.put_nowait(event)
        return None

    def _said(self, event: dict[str, Any], name: MessageId, sender: Sender) -> MessageCreated:
        files: tuple[Attachment, ...] = ()
        if (file := event.get("file")) is not None:
            address = f"data:{file['type']};base64,{file['data']}"
            files = (Attachment(address, file["name"], size=file["size"]),)
        answers = MessageId(f"{self.chat}.{event['answers']}") if "answers" in event else None
        return MessageCreated(
            id=name,
            room=self._desk,
            sender=sender,
            content=Content(plain(event["text"]).spans if event.get("text") else (), files),
            reply_to=answers,
            at=event["at"],
        )
