"""The port at which bots ask, connect and get files (OneBot v11, "communication": HTTP and WebSocket)."""

import hmac
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from bridge import ConnectionLost, is_own_name, serving

from .actions import BAD_REQUEST, UNKNOWN_ACTION, Actions
from .config import NetworkConfig
from .session import Session
from .sockets import LARGEST_FRAME, Sockets

__all__ = ["Doorway"]

_STATUS = {UNKNOWN_ACTION: 404, BAD_REQUEST: 400}
"""The status that stands for a retcode in HTTP; any other has 200."""
_ROLES = {"/": (True, True), "/api": (False, True), "/event": (True, False)}
"""By path: whether a bot is told events there, and whether it may ask for actions."""
_BY_ITSELF = ("Origin", "Sec-Fetch-Site")
"""Headers that browsers send and no bot does: some page would speak as the bot."""


class Doorway:
    """Lets bots in that may come in."""

    def __init__(self, config: NetworkConfig, session: Session, actions: Actions, sockets: Sockets) -> None:
        self._config = config
        self._session = session
        self._actions = actions
        self._sockets = sockets

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen while in this context. Raises ConnectionLost when the port cannot be used."""
        application = web.Application(client_max_size=LARGEST_FRAME)
        add = application.router.add_route
        for path in _ROLES:
            add("GET", path, self._socket)
            if path != "/":
                add("GET", f"{path}/", self._socket)
        add("GET", "/file/{secret}/{name}", self._file)
        for method in ("GET", "POST"):
            add(method, "/{action}", self._action)
        async with serving(application, self._config.listen):
            try:
                yield
            finally:
                await self._sockets.close()

    def _refusal(self, request: web.Request) -> int:
        """Return the status that refuses a request; 0: it may come in."""
        if not self._config.access:
            from_page = any(name in request.headers for name in _BY_ITSELF)
            return 0 if is_own_name(request.host) and not from_page else 403
        kind, _, given = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() not in ("bearer", "token"):
            given = request.query.get("access_token", "")
        if not given:
            return 401
        return 0 if hmac.compare_digest(given.encode(errors="replace"), self._config.access.encode()) else 403

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        if status := self._refusal(request):
            return web.Response(status=status)
        socket = web.WebSocketResponse(
            autoping=False, heartbeat=self._config.heartbeat, max_msg_size=LARGEST_FRAME, compress=False
        )
        if not socket.can_prepare(request):
            return web.Response(
                status=426, text="This is for WebSockets.\n", headers={"Upgrade": "websocket"}
            )
        await socket.prepare(request)
        hears, acts = _ROLES[request.path.rstrip("/") or "/"]
        await self._sockets.converse(socket, hears=hears, acts=acts)
        return socket

    async def _action(self, request: web.Request) -> web.StreamResponse:
        if status := self._refusal(request):
            return web.Response(status=status)
        params: Any = {key: value for key, value in request.query.items() if key != "access_token"}
        if request.method == "POST" and request.can_read_body:
            try:
                is_json = request.content_type == "application/json"
                params |= await request.json() if is_json else dict(await request.post())
            except (ValueError, TypeError, RecursionError):
                return web.Response(status=400)
        try:
            result = await self._actions.perform(request.match_info["action"], params)
        except ConnectionLost:
            return web.Response(status=503)
        return web.json_response(result, status=_STATUS.get(result["retcode"], 200))

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Hand out a file to who knows its address."""
        found = self._session.store.file(request.match_info["secret"])
        if found is None:
            return web.Response(status=404)
        headers = {
            "Content-Type": found.type,
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox",
        }
        if found.path is None:
            return web.Response(body=found.data, headers=headers)
        return web.FileResponse(found.path, headers=headers)
