"""matterbridge's HTTP API, as its release 1.26.0 does it: programs that speak it work unchanged.

What is different is told in docs/http.md.
"""

import asyncio
import json
import logging
import uuid
from collections.abc import Mapping

from aiohttp import WSMsgType, web

from bridge import MessageId, RoomId, UserId, by_author

from . import decode, encode
from .board import Board, Follower
from .letterbox import Letterbox
from .port import LARGEST, ProgramPort, refusal, wrote

__all__ = ["ProgramApi"]

log = logging.getLogger(__name__)

_HEARTBEAT = 30.0
_KEY = 200


class ProgramApi:
    """The paths below `/api/`."""

    def __init__(self, network: str, board: Board, letterbox: Letterbox) -> None:
        self._network = network
        self._board = board
        self._letterbox = letterbox

    def add_to(self, port: ProgramPort) -> None:
        """Answer on this port."""
        port.add("GET", "/api/health", self._health)
        port.add("GET", "/api/messages", self._messages)
        port.add("GET", "/api/stream", self._stream)
        port.add("GET", "/api/websocket", self._websocket)
        port.add("POST", "/api/message", self._message)

    async def _health(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text="OK")

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        """Hand over what waits, and keep it until it was written."""
        notices = await self._board.fetch()
        text = "[" + ",\n ".join(notice.line for notice in notices) + "]\n"
        response = web.Response(text=text, content_type="application/json")
        try:
            await response.prepare(request)
            await response.write_eof()
            await wrote(request)
        except BaseException:
            self._board.missed()
            raise
        self._board.took(notices)
        return response

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)

        async def write(line: str) -> None:
            await response.write(line.encode() + b"\n")
            await wrote(request)

        await write(self._greeting())
        await self._read(Follower(write), request)
        return response

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(heartbeat=_HEARTBEAT, max_msg_size=LARGEST, timeout=1.0)
        await socket.prepare(request)

        async def write(line: str) -> None:
            await socket.send_str(line)
            await wrote(request)

        await write(self._greeting())
        reader = Follower(write)
        reading = asyncio.ensure_future(self._read(reader, request))
        try:
            async for said in socket:
                if said.type is WSMsgType.TEXT:
                    answer = await self._said(said.data, reader)
                    if answer:
                        await write(answer)
                if reading.done():
                    break
        finally:
            reading.cancel()
        return socket

    async def _read(self, reader: Follower, request: web.Request) -> None:
        """Let somebody read until they are gone."""
        self._board.join(reader)
        try:
            await reader.read()
        except (OSError, TimeoutError):
            log.debug("%s: a program that read is gone, or reads no more", self._network)
        finally:
            self._board.part(reader)
            if request.transport is not None and request.transport.get_write_buffer_size():
                request.transport.abort()  # a polite end would wait for who reads no more

    async def _message(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            return refusal(415, "write Content-Type: application/json")
        key = request.headers.get("Idempotency-Key", "")
        try:
            said = await self._post(await request.read(), key)
        except LookupError as error:
            return refusal(404, str(error.args[0]))
        except ValueError as error:
            return refusal(400, str(error))
        return web.json_response(said)

    async def _said(self, text: str, by: Follower) -> str | None:
        """Take what somebody said on a WebSocket, and show it to the others. Returns what is wrong."""
        try:
            said = await self._post(text)
        except (LookupError, ValueError) as error:
            return encode.line(encode.greeting(self._now) | {"event": "failure", "text": error.args[0]})
        self._board.tell(json.dumps(said), but=by)  # in ASCII: nobody has looked at the letters yet
        return None

    async def _post(self, body: bytes | str, key: str = "") -> Mapping[str, object]:
        """Take a message, and return it as matterbridge answers. With the same `key` it is taken once.

        Raises ValueError, and LookupError where there is no such gateway.
        """
        given = decode.fields(body)
        gateways = self._letterbox.rooms
        gateway = given.get("gateway")
        if not isinstance(gateway, str) or gateway not in gateways:
            known = ", ".join(sorted(gateways)[:10])
            raise LookupError(f"there is no gateway {json.dumps(gateway)} (there are {known})")
        if len(key) > _KEY:
            raise ValueError(f"Idempotency-Key is longer than {_KEY} letters")
        name = by_author(UserId("api"), key) if key else MessageId(f"api_{uuid.uuid4().hex}")
        await self._letterbox.take(given, RoomId(gateway), name)
        return encode.posted(given, self._network, name, self._now)

    def _greeting(self) -> str:
        return encode.line(encode.greeting(self._now))

    @property
    def _now(self) -> float:
        return self._letterbox.clock.now()
