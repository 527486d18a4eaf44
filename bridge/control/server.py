"""The service's side of the socket.

A request is one line of JSON, and so is its answer: `{"command": "status"}`. Every answer says in `ok`
whether it went well, and if not, in `error`, why not. A stream has one line after another, until the client
hangs up or says anything more.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

import msgspec

from bridge.errors import HubbubError

from .abilities import Abilities
from .catalogue import AnyRequest
from .reloading import NotFollowed
from .requests import StreamRequest
from .socket import SocketPlace

__all__ = ["Control"]

log = logging.getLogger(__name__)

_LONGEST = 64 * 1024
_PATIENCE = 10.0
"""How long a client may take for a line, in seconds."""
_WHO = "the service's user"

_Line: TypeAlias = dict[str, Any]
_decoder: msgspec.json.Decoder[AnyRequest] = msgspec.json.Decoder(AnyRequest)


class Control:
    """Answers on the socket for what a service can do."""

    def __init__(self, abilities: Abilities) -> None:
        self._abilities = abilities
        self._clients: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Answer on the socket, as long as the journal is ours. Without a socket the relay goes on."""
        async with contextlib.AsyncExitStack() as stack:
            try:
                place = SocketPlace(self._abilities.bridge.journal)
                listener = stack.enter_context(place.listener())
                server = await asyncio.start_unix_server(self._serve, sock=listener, limit=_LONGEST)
            except OSError as error:
                log.warning("nothing can be asked of this service while it runs: no socket (%s)", error)
            else:
                stack.callback(self._hang_up, server)
            yield

    def _hang_up(self, server: asyncio.Server) -> None:
        server.close()
        for client in self._clients:
            client.cancel()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            while line := await self._line(reader, writer):
                request = _read(line)
                if isinstance(request, StreamRequest):
                    await self._stream(request, reader, writer)
                    break
                await self._say(writer, request if isinstance(request, dict) else await self._answer(request))
            writer.close()
        except (OSError, TimeoutError, asyncio.CancelledError):
            # Whatever a client does or leaves, it ends nothing but its own connection.
            writer.transport.abort()
        finally:
            self._clients.discard(task)

    async def _line(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await reader.readline()
        except ValueError:
            await self._say(writer, _refusal(f"a line has at most {_LONGEST} bytes"))
            return b""

    async def _say(self, writer: asyncio.StreamWriter, answer: _Line) -> None:
        writer.write(msgspec.json.encode(answer) + b"\n")
        async with asyncio.timeout(_PATIENCE):
            await writer.drain()

    async def _answer(self, request: AnyRequest) -> _Line:
        """Do what is asked for."""
        try:
            return _went_well(await self._abilities.do(request, _WHO))
        except Exception as error:  # noqa: BLE001 the client is told, whatever it is
            return _why_not(error)

    async def _stream(
        self, request: StreamRequest[Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Send one answer after another, at the pace of the client, until it leaves."""
        telling = asyncio.ensure_future(self._tell(request, writer))
        leaving = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({telling, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (telling, leaving):
                task.cancel()
            await asyncio.gather(telling, leaving, return_exceptions=True)

    async def _tell(self, request: StreamRequest[Any], writer: asyncio.StreamWriter) -> None:
        try:
            async with contextlib.aclosing(self._abilities.stream(request)) as answers:
                async for answer in answers:
                    writer.write(msgspec.json.encode(_went_well(answer)) + b"\n")
                    await writer.drain()
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 the client is told, whatever it is
            await self._say(writer, _why_not(error))


def _read(line: bytes) -> AnyRequest | _Line:
    """Return what a line asks for, or the answer that says what is wrong with it."""
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return _refusal(f"this is no command: {error}")


def _went_well(answer: Any) -> _Line:
    return {"ok": True, **msgspec.to_builtins(answer)}


def _why_not(error: Exception) -> _Line:
    """Return the answer for what was not done."""
    if isinstance(error, NotFollowed):
        return _refusal(str(error), error.mistakes)
    if isinstance(error, HubbubError):
        return _refusal(str(error))
    log.error("a command failed: a bug", exc_info=error)
    return _refusal("this failed by a bug: its log tells more")


def _refusal(error: str, mistakes: list[str] | None = None) -> _Line:
    return {"ok": False, "error": error, **({"mistakes": mistakes} if mistakes else {})}
