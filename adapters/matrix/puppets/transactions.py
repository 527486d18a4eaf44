"""What a homeserver tells an application service (application service API, "Pushing events")."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any

from adapters.matrix.client.errors import NotMatrix, answer
from adapters.matrix.untrusted import id_of, listed, mapping
from bridge import AdapterError, BoundedDict, TemporaryFailure, serving

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["Hear", "Transactions"]

log = logging.getLogger(__name__)

_LARGEST = 16 * 1024 * 1024
"""Bytes of one transaction: Synapse puts a hundred events into it."""
_REMEMBERED = 5000
_BASE = "/_matrix/app/v1"

Hear = Callable[[Mapping[str, Any]], Awaitable[Iterable[asyncio.Future[None]]]]
"""Takes in an event. Returns what says that the journal has what it was; raises AdapterErrors where the event
has to come again.
"""


class Transactions:
    """Listens while there is a connection: what happens else the homeserver keeps, and tells later. A
    transaction is answered when the journal has what it brought: one that was answered never comes again.
    """

    def __init__(self, listen: str, secret: str) -> None:
        """`secret` is the token by which we know the homeserver."""
        self._listen = listen
        self._secret = secret.encode()
        self._order = asyncio.Lock()
        self._done: BoundedDict[str, None] = BoundedDict(_REMEMBERED)
        self._heard: BoundedDict[str, None] = BoundedDict(_REMEMBERED)
        """Ids of events; one comes again where its transaction was not answered to the end."""
        self.hear: Hear | None = None
        self.knows: Callable[[str], Awaitable[bool]] | None = None
        """Tells whether there is a user of ours."""

    def open(self) -> AbstractAsyncContextManager[object]:
        """Listen while in this context. Raises ConnectionLost when the port cannot be used."""
        from aiohttp import web

        application = web.Application(client_max_size=_LARGEST)
        add = application.router.add_route
        add("PUT", f"{_BASE}/transactions/{{txn}}", self._guarded(self._transaction))
        add("POST", f"{_BASE}/ping", self._guarded(self._ping))
        add("GET", f"{_BASE}/users/{{user}}", self._guarded(self._user))
        add("GET", f"{_BASE}/rooms/{{alias}}", self._guarded(self._room))
        return serving(application, self._listen)

    def _guarded(
        self, handler: "Callable[[web.Request], Awaitable[tuple[int, str]]]"
    ) -> "Callable[[web.Request], Awaitable[web.StreamResponse]]":
        """Let only the homeserver in ("Authorization"), and answer as it wants to be answered: an object."""
        from aiohttp import web

        async def handle(request: web.Request) -> web.StreamResponse:
            kind, _, given = request.headers.get("Authorization", "").partition(" ")
            if kind.lower() != "bearer":
                given = request.query.get("access_token", "")  # before v1.4
            if not given:
                status, code = 401, "M_MISSING_TOKEN"
            elif not hmac.compare_digest(given.encode(errors="replace"), self._secret):
                status, code = 403, "M_FORBIDDEN"
            else:
                status, code = await handler(request)
            return web.json_response({"errcode": code} if code else {}, status=status)

        return handle

    async def _transaction(self, request: "web.Request") -> tuple[int, str]:
        try:
            events = listed(answer(await request.read()).get("events"))
        except NotMatrix:
            return 400, "M_NOT_JSON"
        async with self._order:
            txn = request.match_info["txn"]
            try:
                if txn not in self._done:
                    await self._take([event for event in map(mapping, events) if event])
            except AdapterError as error:
                log.debug("a transaction has to come again: %s", error)
                return 503, "M_UNKNOWN"
            self._done[txn] = None
        return 200, ""

    async def _take(self, events: Sequence[Mapping[str, Any]]) -> None:
        assert self.hear is not None
        heard, written = list[str](), list[asyncio.Future[None]]()
        try:
            for event in events:
                if (name := id_of(event.get("event_id"))) not in self._heard:
                    try:
                        written += await self.hear(event)
                    except AdapterError:
                        raise
                    except Exception:
                        log.exception(
                            "what happened by %s is left out: a bug", name
                        )  # it would come for ever
                    heard.append(name)
        finally:
            if written:
                await asyncio.wait(written)
            if any(future.cancelled() or future.exception() is not None for future in written):
                raise TemporaryFailure("the journal did not take it")
            self._heard.update(dict.fromkeys(filter(None, heard)))

    async def _ping(self, request: "web.Request") -> tuple[int, str]:
        return 200, ""

    async def _user(self, request: "web.Request") -> tuple[int, str]:
        assert self.knows is not None
        try:
            found = await self.knows(request.match_info["user"])
        except AdapterError:
            return 503, "M_UNKNOWN"
        return (200, "") if found else (404, "M_NOT_FOUND")

    async def _room(self, request: "web.Request") -> tuple[int, str]:
        return 404, "M_NOT_FOUND"
