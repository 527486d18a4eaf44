"""The client-server API over nio's session: one HTTP request a call, refusals raised as our errors."""

import asyncio
import io
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote, urlencode

from adapters.matrix.files.content import MXC
from adapters.matrix.untrusted import id_of, listed, mapping, text_of
from bridge import (
    ConnectionLost,
    Rejected,
    TemporaryFailure,
    Txn,
)

from .account import Account, fine
from .errors import NotMatrix, NotThere, answer
from .timeout import Timeout

__all__ = ["Asserted", "MatrixClient"]

log = logging.getLogger(__name__)

_JOIN = 180.0
"""Seconds for a join, which may go through servers far away."""
_POLL = 30.0
"""Seconds that the server may hold a sync back while nothing happens."""
_GRACE = 30.0
"""Seconds that the server may be late with its answer then."""
_TYPING = 30_000
"""Milliseconds for which others are shown that we type."""
_UPLOAD = 120.0
"""Seconds until a file that has gone up must be confirmed."""
_SLOWEST = 16 * 1024
"""Bytes per second at which an upload may still be going."""
_PLAIN = {"Content-Type": "application/json", "User-Agent": "Hubbub"}


@dataclass(frozen=True, slots=True)
class Asserted:
    """Whom an application service acts for ("Identity assertion")."""

    token: str = field(repr=False)
    user: str = ""
    """One of its users; empty: for itself."""


class MatrixClient:
    """The requests to the homeserver. Every call may raise any AdapterError."""

    def __init__(self, account: Account, asserted: Asserted | None = None) -> None:
        """The account asks, or with `asserted`, over its connections, somebody for whom a service acts."""
        self._account = account
        self._asserted = asserted

    async def sync(self, since: str | None, filter_: str, *, wait: bool) -> dict[str, Any]:
        """Return what happened since ("Syncing").

        With `wait` the server holds its answer back until something does.
        """
        hold = _POLL if wait else 0.0
        query = {"filter": filter_, "timeout": str(int(hold * 1000)), "set_presence": "offline"}
        if since is not None:
            query["since"] = since
        patience = Timeout(hold + 3 * _GRACE, read=hold + _GRACE)
        try:
            return await self.call("GET", ("sync",), query, patience=patience)
        except TemporaryFailure as error:
            raise ConnectionLost(str(error)) from None

    async def messages(self, room: str, start: str | None, end: str | None, filter_: str) -> dict[str, Any]:
        """Return a page of the room's history backwards from `start`, or from now, not beyond `end`."""
        query = {"dir": "b", "limit": "100", "filter": filter_}
        query |= {name: token for name, token in (("from", start), ("to", end)) if token is not None}
        return await self.call("GET", ("rooms", room, "messages"), query)

    async def say(self, room: str, content: Mapping[str, Any], txn: Txn, kind: str = "m.room.message") -> str:
        """Put an event into the room; the same txn again gives the same event. Returns its id."""
        return await self._put(("rooms", room, "send", kind, txn), content)

    async def redact(self, room: str, event: str, content: Mapping[str, Any], txn: Txn) -> str:
        """Redact an event ("Redactions"). Returns the id of the redaction."""
        return await self._put(("rooms", room, "redact", event, txn), content)

    async def reactions(self, room: str, event: str, start: str | None) -> dict[str, Any]:
        """Return a page of all reactions to an event, the newest first ("Relationships API")."""
        query = {"limit": "100", **({"from": start} if start is not None else {})}
        return await self._related(room, event, ("m.annotation", "m.reaction"), query)

    async def edits(self, room: str, event: str) -> Sequence[Any]:
        """Return the newest edits of an event ("Relationships API")."""
        page = await self._related(room, event, ("m.replace", "m.room.message"), {"limit": "100"})
        return listed(page.get("chunk"))

    async def event(self, room: str, event: str) -> Mapping[str, Any] | None:
        """Return one event of a room; None when it is not there."""
        try:
            return await self.call("GET", ("rooms", room, "event", event))
        except NotThere:
            return None

    async def resolve(self, alias: str) -> tuple[str, tuple[str, ...]]:
        """Return the room that an alias names, and servers to join it by ("Room aliases")."""
        reply = await self._account.ask(lambda: fine(self._account.session.room_resolve_alias(alias)))
        servers = tuple(name for name in reply.servers if isinstance(name, str))[:5]
        return _room(reply.room_id), servers

    async def join(self, room: str, via: Sequence[str] = ()) -> str:
        """Join by id or alias ("Joining rooms"). Returns the room's id."""
        if not via and self._asserted is None:
            return _room((await self._account.ask(lambda: fine(self._account.session.join(room)))).room_id)
        # nio's join takes no servers; before v1.12 `via` was called `server_name`
        query = [(key, name) for name in via for key in ("via", "server_name")]
        patience = Timeout(_JOIN)
        return _room(
            (await self.call("POST", ("join", room), query, body={}, patience=patience)).get("room_id")
        )

    async def leave(self, room: str) -> None:
        await self._account.ask(lambda: fine(self._account.session.room_leave(room)))

    async def joined(self) -> frozenset[str]:
        """Return the rooms that we are in."""
        return frozenset((await self._account.ask(lambda: fine(self._account.session.joined_rooms()))).rooms)

    async def from_outside(self, room: str) -> Mapping[str, Any]:
        """Return what can be seen of a room from outside (GET /room_summary; servers before v1.15 tell of it
        as of a space, "Spaces", and nothing of our own membership).
        """
        try:
            return await self.call("GET", ("room_summary", room), version="v1")
        except NotMatrix:
            asked = await self._account.ask(
                lambda: fine(self._account.session.space_get_hierarchy(room, limit=1))
            )
            return next(
                (part for part in map(mapping, listed(asked.rooms)) if part.get("room_id") == room), {}
            )

    async def state(self, room: str, kind: str, key: str = "") -> Mapping[str, Any] | None:
        """Return a piece of the room's state (GET /rooms/{roomId}/state); None when it is not set."""
        try:
            return await self.call("GET", ("rooms", room, "state", kind, *([key] if key else [])))
        except NotThere:
            return None

    async def state_event(self, room: str, kind: str, key: str = "") -> Mapping[str, Any] | None:
        """Return the event behind a piece of the room's state; servers before v1.16 tell only its content."""
        try:
            path = ("rooms", room, "state", kind, *([key] if key else []))
            found = await self.call("GET", path, {"format": "event"})
        except NotThere:
            return None
        return found if "content" in found else {"content": found}

    async def set_state(self, room: str, kind: str, content: Mapping[str, Any]) -> str:
        """Set a piece of the room's state; setting the same again gives the same event. Returns its id."""
        return await self._put(("rooms", room, "state", kind), content)

    async def type(self, room: str, own: str, *, typing: bool) -> None:
        """Show for half a minute that we type, or that we no longer do ("Typing Notifications")."""
        body: dict[str, Any] = {"typing": typing, **({"timeout": _TYPING} if typing else {})}
        await self.call("PUT", ("rooms", room, "typing", own), body=body)

    async def mark_read(self, room: str, event: str) -> None:
        """Show that we have read up to here ("Receipts")."""
        await self.call("POST", ("rooms", room, "receipt", "m.read", event), body={})

    async def upload(self, file: Path | bytes, type_: str, size: int, name: str = "") -> str:
        """Put a file into the homeserver's store, read as it is sent. Returns its mxc address."""
        target = "/_matrix/media/v3/upload" + (f"?{urlencode({'filename': name})}" if name else "")
        patience = Timeout(_UPLOAD + size / _SLOWEST, read=_UPLOAD)

        async def request() -> dict[str, Any]:
            headers = {
                "User-Agent": "Hubbub",
                "Content-Type": type_ or "application/octet-stream",
                "Authorization": f"Bearer {self._account.token}",
            }
            with await _opened(file) as data:
                reply = await self._account.session.send("POST", target, data, headers, None, patience)
            return answer(await reply.read())

        reply = await self._account.ask(request)
        if MXC.fullmatch(address := text_of(reply.get("content_uri"))):
            return address
        raise TemporaryFailure("the homeserver took the file but did not name it")

    async def fetch(self, path: Sequence[str], query: Mapping[str, str], most: int) -> bytes:
        """Return a file from the homeserver's store, of no more than so many bytes (else Rejected)."""
        target = "/_matrix/client/v1/" + "/".join([quote(part, safe="") for part in path])
        target += f"?{urlencode(query)}" if query else ""

        async def request() -> bytes:
            headers = {"User-Agent": "Hubbub", "Authorization": f"Bearer {self._account.token}"}
            return await self._account.session.fetch(target, headers, most)

        found: bytes = await self._account.ask(request)
        return found

    async def _related(
        self, room: str, event: str, kind: Sequence[str], query: Mapping[str, str]
    ) -> dict[str, Any]:
        return await self.call("GET", ("rooms", room, "relations", event, *kind), query, version="v1")

    async def _put(self, path: Sequence[str], content: Mapping[str, Any]) -> str:
        try:
            reply = await self.call("PUT", path, body=content)
        except ConnectionLost:
            # the server has just closed a kept connection; the txn makes a second try harmless
            reply = await self.call("PUT", path, body=content)
        if event := id_of(reply.get("event_id")):
            return event
        raise TemporaryFailure("the homeserver took the event but did not name it")

    async def call(  # noqa: PLR0913 -- all but the first two by name
        self,
        method: str,
        path: Sequence[str],
        query: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        *,
        body: Mapping[str, Any] | None = None,
        patience: Timeout | None = None,
        version: str = "v3",
    ) -> dict[str, Any]:
        """Make one request. Logs in after a soft logout ("Soft logout"). Raises AdapterErrors."""
        target = f"/_matrix/client/{version}/" + "/".join([quote(part, safe="") for part in path])
        asserted = self._asserted
        if asserted is not None and asserted.user:
            query = [*(query.items() if isinstance(query, Mapping) else query), ("user_id", asserted.user)]
        if query:
            target += "?" + urlencode(query)
        data = json.dumps(body, ensure_ascii=False).encode() if body is not None else None

        async def request() -> dict[str, Any]:
            token = asserted.token if asserted is not None else self._account.token
            headers = {**_PLAIN, "Authorization": f"Bearer {token}"}
            reply = await self._account.session.send(method, target, data, headers, None, patience)
            return answer(await reply.read())

        if asserted is not None:
            return await request()
        reply: dict[str, Any] = await self._account.ask(request)
        return reply


async def _opened(file: Path | bytes) -> IO[bytes]:
    """Return a file to be read. Raises Rejected."""
    if isinstance(file, bytes):
        return io.BytesIO(file)
    try:
        return await asyncio.to_thread(file.open, "rb")
    except OSError as error:
        raise Rejected(f"it cannot be read: {error.strerror}") from None


def _room(value: object) -> str:
    if (room := id_of(value)).startswith("!"):
        return room
    raise ConnectionLost("the homeserver named no room: check homeserver")
