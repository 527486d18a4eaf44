"""Somebody with an account on the demo's homeserver."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import bridge.testing
from adapters.matrix.decode import Typists, decode, told
from adapters.matrix.encode import MARK, TEXT_LIMIT, encode, reaction_of
from adapters.matrix.files.content import Uploaded, fields
from adapters.matrix.profile import FALLBACK, PROFILE
from adapters.matrix.untrusted import listed, mapping
from bridge import (
    Answered,
    Authorship,
    Content,
    EditMessage,
    Kind,
    MessageId,
    Part,
    RoomId,
    SendMessage,
    Speaker,
    Txn,
    cut,
)

__all__ = ["Person"]

Call = Callable[[str, str, str, object, Mapping[str, str] | None], Awaitable[dict[str, Any]]]
"""Method, path, token, body, query."""

_STATES = ["m.room.member", "m.room.topic", "m.room.name"]
_NO_TXN = Txn("")
_NONE: Mapping[str, list[str]] = {"types": []}
_FILTER = json.dumps(
    {
        "room": {
            "timeline": {
                "types": ["m.room.message", "m.sticker", "m.reaction", "m.room.redaction", *_STATES],
                "limit": 100,
            },
            "state": {"types": ["m.room.member"], "lazy_load_members": True},
            "ephemeral": {"types": ["m.typing", "m.receipt"]},
            "account_data": _NONE,
        },
        "presence": _NONE,
        "account_data": _NONE,
    }
)
_TYPING = 20_000
"""Milliseconds."""


class Person(bridge.testing.Person):
    """A person who speaks the plain API, with nothing of ours but decode and encode."""

    def __init__(self, call: Call, name: str, room: str, user: str, token: str) -> None:
        super().__init__(name)
        self._api = call
        self._room = room
        self._token = token
        self._user = user
        self._txns = itertools.count(1)
        self._speaker = Speaker(Authorship.PREFIX, name)
        self._mine: dict[tuple[str, str], MessageId] = {}
        """This person's own reactions: their events, by target and emoji."""
        self._names: dict[str, str] = {}
        self._typists = Typists()

    async def enter(self) -> None:
        """Join, and begin to listen."""
        await self._call("PUT", f"profile/{quote(self._user)}/displayname", {"displayname": self.name})
        await self._call("POST", f"join/{quote(self._room)}", {})
        first = await self._sync(None)
        self._reading = asyncio.create_task(self._listen(str(first["next_batch"])))

    # -- what one does

    async def say(
        self,
        content: Content,
        kind: Kind = Kind.TEXT,
        *,
        answers: MessageId | None = None,
        thread: MessageId | None = None,
    ) -> MessageId | None:
        start, size = 0, len(content.text)
        first = None
        while start < size:
            end = min(size, start + TEXT_LIMIT // 4)
            command = SendMessage(
                room=RoomId(self._room),
                speaker=self._speaker,
                txn=_NO_TXN,
                content=Content(cut(content.spans, start, end)),
                kind=kind,
                answered=Answered(Part(answers), "", "") if answers is not None and not start else None,
                thread=Part(thread) if thread is not None else None,
            )
            said = await self._put("m.room.message", encode(command))
            first = first or said
            start = end
        return first

    async def edit(self, target: MessageId, content: Content) -> None:
        command = EditMessage(
            room=RoomId(self._room), speaker=self._speaker, txn=_NO_TXN, target=Part(target), content=content
        )
        await self._put("m.room.message", encode(command))

    async def remove(self, target: MessageId) -> None:
        await self._call("PUT", f"{self._here}/redact/{quote(target)}/{next(self._txns)}", {})

    async def react(self, target: MessageId, *emojis: str) -> None:
        before = [emoji for of, emoji in self._mine if of == target]
        for emoji in before:
            if emoji not in emojis:
                await self.remove(self._mine.pop((target, emoji)))
        for emoji in emojis:
            if emoji not in before:
                event = await self._put("m.reaction", reaction_of(target, emoji, _NO_TXN))
                self._mine[target, emoji] = event

    async def send(self, path: Path, caption: str = "") -> MessageId | None:
        file = await asyncio.to_thread(bridge.testing.picked, path)
        data = await asyncio.to_thread(path.read_bytes)
        reply = await self._api("POST", "/_matrix/media/v3/upload", self._token, data, None)
        event = fields(file, Uploaded(str(reply["content_uri"])))
        return await self._put("m.room.message", {"body": caption or file.name, **event})

    async def set_topic(self, text: str) -> None:
        await self._call("PUT", f"{self._here}/state/m.room.topic", {"topic": text})

    async def type(self) -> None:
        wish = {"typing": True, "timeout": _TYPING}
        await self._call("PUT", f"{self._here}/typing/{quote(self._user)}", wish)

    async def rename(self, name: str) -> None:
        await self._call("PUT", f"profile/{quote(self._user)}/displayname", {"displayname": name})
        self.name = name

    async def kick(self, name: str, reason: str = "") -> None:
        people = mapping((await self._call("GET", f"{self._here}/joined_members"))["joined"])
        user = next(user for user, one in people.items() if one.get("display_name") == name)
        await self._call("POST", f"{self._here}/kick", {"user_id": user, "reason": reason})

    @property
    def _here(self) -> str:
        return f"rooms/{quote(self._room)}"

    async def _put(self, kind: str, content: Mapping[str, Any]) -> MessageId:
        """Send an event, without the bridge's mark. Returns its id."""
        mine = {key: value for key, value in content.items() if key != MARK}
        reply = await self._call("PUT", f"{self._here}/send/{kind}/{next(self._txns)}", mine)
        return MessageId(str(reply["event_id"]))

    # -- what comes in

    async def _listen(self, since: str) -> None:
        while True:
            reply = await self._sync(since)
            since = str(reply["next_batch"])
            part = mapping(mapping(mapping(reply.get("rooms")).get("join")).get(self._room))
            for member in listed(mapping(part.get("state")).get("events")):
                self._learn(member)
            for event in listed(mapping(part.get("timeline")).get("events")):
                self._happened(event)
            self._beside(part.get("ephemeral"))

    def _happened(self, event: dict[str, Any]) -> None:
        """Take in an event, without what means nothing to most clients."""
        event = {**event, "content": _shown(event["content"])}
        room = RoomId(self._room)
        seen = decode(event, room, self._names, self._user) or told(
            event, room, self._names, self._user, replayed=False, members=True
        )
        self._learn(event)
        if seen is not None:
            self._saw(seen)

    def _learn(self, event: Mapping[str, Any]) -> None:
        """Learn people's names."""
        if event.get("type") == "m.room.member":
            name = mapping(event["content"]).get("displayname")
            if name:
                self._names[str(event["state_key"])] = str(name)

    def _beside(self, ephemeral: object) -> None:
        """Take in who types, and who has read how far."""
        room = RoomId(self._room)
        for typing in self._typists.heard(self._room, ephemeral, room, self._names, self._user):
            self._saw(typing)
        for event in listed(mapping(ephemeral).get("events")):
            if event["type"] == "m.receipt":
                for name, receipt in mapping(event["content"]).items():
                    if any(user != self._user for user in mapping(mapping(receipt).get("m.read"))):
                        self._was_read(name)

    async def _sync(self, since: str | None) -> dict[str, Any]:
        query = {"filter": _FILTER, "timeout": "30000" if since else "0"}
        if since:
            query["since"] = since
        return await self._call("GET", "sync", query=query)

    async def _call(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        return await self._api(method, f"/_matrix/client/v3/{path}", self._token, body, query)


def _shown(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return content without the bridge's mark, and without profiles, which hardly any client knows. The name
    that stands in the words for those clients is bold to people's eyes, and here as the plain words have it.
    """
    words = {key: value for key, value in content.items() if not key.startswith("hubbub.") and key != PROFILE}
    before, marked, rest = str(words.get("formatted_body", "")).partition(f"<strong {FALLBACK}>")
    if marked:
        words["formatted_body"] = before + rest.replace("</strong>", "", 1)
    if "m.new_content" in words:
        words["m.new_content"] = _shown(mapping(words["m.new_content"]))
    return words
