"""Somebody with an account on the demo's homeserver."""

import asyncio
import itertools
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from bridge import Content, Heard, Kind, MessageCreated, Person, RoomId, cut

from .decode import decode
from .encode import TEXT_LIMIT, content_of
from .values import listed, mapping

__all__ = ["DemoPerson"]

Call = Callable[[str, str, str, object, Mapping[str, str] | None], Awaitable[dict[str, Any]]]
"""Method, path, token, body, query."""

_FILTER = json.dumps(
    {
        "room": {
            "timeline": {"types": ["m.room.message", "m.sticker"], "limit": 100},
            "state": {"types": ["m.room.member"], "lazy_load_members": True},
            "ephemeral": {"types": []},
            "account_data": {"types": []},
        },
        "presence": {"types": []},
        "account_data": {"types": []},
    }
)


class DemoPerson(Person):
    """Speaks the plain API, with nothing of ours but decode and encode."""

    def __init__(self, call: Call, name: str, room: str, user: str, token: str) -> None:
        super().__init__(name)
        self._api = call
        self._room = room
        self._token = token
        self._user = user
        self._txns = itertools.count(1)

    async def enter(self) -> None:
        await self._call("PUT", f"profile/{quote(self._user)}/displayname", {"displayname": self.name})
        await self._call("POST", f"join/{quote(self._room)}", {})
        first = await self._sync(None)
        self._reading = asyncio.create_task(self._listen(str(first["next_batch"])))

    async def say(self, content: Content, kind: Kind = Kind.TEXT) -> None:
        start, size = 0, len(content.text)
        while start < size:
            end = min(size, start + TEXT_LIMIT // 4)
            said = content_of(Content(cut(content.spans, start, end)), kind)
            await self._call("PUT", f"rooms/{quote(self._room)}/send/m.room.message/{next(self._txns)}", said)
            start = end

    async def _listen(self, since: str) -> None:
        names: dict[str, str] = {}
        while True:
            reply = await self._sync(since)
            since = str(reply["next_batch"])
            part = mapping(mapping(mapping(reply.get("rooms")).get("join")).get(self._room))
            for member in listed(mapping(part.get("state")).get("events")):
                names[str(member["state_key"])] = str(mapping(member["content"]).get("displayname") or "")
            for event in listed(mapping(part.get("timeline")).get("events")):
                self._hear(event, names)

    def _hear(self, event: dict[str, Any], names: Mapping[str, str]) -> None:
        """To a person the bridge's mark means nothing."""
        words = {key: value for key, value in event["content"].items() if not key.startswith("hubbub.")}
        said = decode({**event, "content": words}, RoomId(self._room), names, self._user)
        if isinstance(said, MessageCreated):
            self.heard.put_nowait(Heard(said.sender.name, said.content, said.kind))

    async def _sync(self, since: str | None) -> dict[str, Any]:
        query = {"filter": _FILTER, "timeout": "30000" if since else "0"}
        if since:
            query["since"] = since
        return await self._call("GET", "sync", query=query)

    async def _call(
        self, method: str, path: str, body: object = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        return await self._api(method, f"/_matrix/client/v3/{path}", self._token, body, query)
