"""The service's side of the socket.

A request is one line of JSON, and so is its answer: `{"command": "status"}`. Every answer says in `ok`
whether it went well, and if not, in `error`, why not.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import msgspec

from bridge.app import Bridge
from bridge.aside import aside
from bridge.config import Config
from bridge.errors import ConfigError, HubbubError
from bridge.model import RoomId
from bridge.moderation import Moderation, Mute
from bridge.relay.room import RoomStatus
from bridge.status import count
from bridge.supervisor import NetworkState
from bridge.troubles import troubles

from .config_diff import Changes, compare
from .socket import SocketPlace

__all__ = ["Control"]

log = logging.getLogger(__name__)

_LONGEST = 64 * 1024
_HOSTS = 50
_ARRIVAL = 10.0
"""How long a reload waits for the rooms that are to be joined, in seconds."""
_GLANCE = 0.05
_PATIENCE = 10.0
"""How long a client may take for a line, in seconds."""

_Answer: TypeAlias = dict[str, Any]


_Number = Annotated[int, msgspec.Meta(ge=0, lt=2**62)]


class _Request(msgspec.Struct, tag_field="command", forbid_unknown_fields=True):
    pass


class StatusRequest(_Request, tag="status"):
    """How every network and room is."""


class ReloadRequest(_Request, tag="reload"):
    """Read the configuration again. `dry_run`: only say what would change."""

    dry_run: bool = False
    file: str = ""
    """The file that is meant; empty: whatever the service follows."""


class RetryRequest(_Request, tag="retry"):
    """Send again what was given up."""

    letters: list[tuple[_Number, _Number]]
    """Each by the number of its room and of its message."""


class CatchUpRequest(_Request, tag="catch-up"):
    """Read what was said in a room, and relay what was missed of it."""

    network: str
    room: str
    since: float
    """In seconds since 1970."""


class MutedRequest(_Request, tag="muted"):
    """Who is not heard in a conversation, since moderators wanted that."""


class UnmuteRequest(_Request, tag="unmute"):
    """Let somebody be heard again, by name or id; `conversation`: there alone."""

    who: str
    conversation: str = ""


_Command: TypeAlias = (
    StatusRequest | ReloadRequest | RetryRequest | CatchUpRequest | MutedRequest | UnmuteRequest
)
_decoder = msgspec.json.Decoder(_Command)


class Control:
    """Answers for a bridge."""

    def __init__(
        self, bridge: Bridge, read: Callable[[], Awaitable[Config]], file: Path | None = None
    ) -> None:
        """`read` reads the configuration anew, from this file."""
        self._bridge = bridge
        self._file = file.absolute() if file is not None else None
        self._read = read
        self._one = asyncio.Lock()
        self._clients: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Answer on the socket, as long as the journal is ours. Without a socket the relay goes on."""
        async with contextlib.AsyncExitStack() as stack:
            try:
                listener = stack.enter_context(SocketPlace(self._bridge.journal).listener())
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
                await self._say(writer, await self.answer(line))
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

    async def _say(self, writer: asyncio.StreamWriter, answer: _Answer) -> None:
        writer.write(msgspec.json.encode(answer) + b"\n")
        async with asyncio.timeout(_PATIENCE):
            await writer.drain()

    async def answer(self, line: bytes) -> _Answer:
        """Do what a line asks for."""
        try:
            return await self._do(_decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return _refusal(f"this is no command: {error}")
        except HubbubError as error:
            return _refusal(str(error))
        except Exception:
            log.exception("a command failed: a bug")
            return _refusal("this failed by a bug: its log tells more")

    async def _do(self, request: _Command) -> _Answer:
        match request:
            case ReloadRequest():
                self._see_that_it_is_ours(request.file)
                return await self.reload(dry_run=request.dry_run)
            case RetryRequest():
                return self._retry(request.letters)
            case CatchUpRequest():
                return await self._catch_up(request)
            case MutedRequest():
                return {"ok": True, "muted": [self._told(mute) for mute in self._moderation.muted()]}
            case UnmuteRequest():
                return {"ok": True, "lifted": self._moderation.unmute(request.who, request.conversation)}
            case StatusRequest():
                async with self._one:
                    return await self._status()

    async def reload(self, *, dry_run: bool = False) -> _Answer:
        """Follow the configuration as it is now, and say what changed by it."""
        async with self._one:
            try:
                config = await self._read()
            except ConfigError as error:
                if not dry_run:
                    for mistake in error.shown():
                        log.error("the new configuration is not followed: %s", mistake)  # noqa: TRY400
                return _refusal("nothing has changed, since the configuration has mistakes", error.shown())
            owed = {
                (room.network, room.room): room.count for room in (await count(self._bridge.journal)).owed
            }
            changes = await aside(partial(compare, self._bridge.config, config, owed, self._parting))
            if not dry_run:
                for setting in changes.settings:
                    log.info("%s", setting)
                await self._bridge.reload(config)
        arrived = {} if dry_run else await self._arrived(changes)
        return {"ok": True, "dry_run": dry_run, **msgspec.to_builtins(changes), "arrived": arrived}

    def _see_that_it_is_ours(self, file: str) -> None:
        """Raise HubbubError when another file than the one that is followed is meant."""
        if not file or self._file is None or file == str(self._file):
            return
        with contextlib.suppress(OSError):
            if Path(file).samefile(self._file):
                return
        raise HubbubError(
            f"the service follows {self._file}, not {file}: change that file, or start it with this one"
        )

    async def _arrived(self, changes: Changes) -> dict[str, str]:
        """Wait a while, then return the rooms that are to be joined, each with why it is not yet; empty: it
        is.
        """
        anew = {*changes.started, *changes.connected_anew}
        rooms = self._bridge.rooms()
        numbers = [room.number for room in rooms if room.title in changes.joined or room.network in anew]

        def wanted() -> list[RoomStatus]:
            """Look at these alone: there may be thousands of others."""
            return [room for number in numbers if (room := self._bridge.room(number)) is not None]

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ARRIVAL):
                while not all(room.joined or self._why_not(room) for room in wanted()):  # noqa: ASYNC110 -- nobody tells
                    await asyncio.sleep(_GLANCE)
        return {
            room.title: "" if room.joined else self._why_not(room) or f"not within {_ARRIVAL:.0f} s"
            for room in wanted()
        }

    def _why_not(self, room: RoomStatus) -> str:
        """Say why a room is not joined, or why its network cannot be reached; empty: it may be soon."""
        try:
            state, reason = self._bridge.state(room.network)
        except KeyError:  # another reload came in between
            return "its network left the map"
        return room.reason or (reason if state is not NetworkState.CONNECTING else "")

    def _parting(self, network: str, room: str) -> str:
        return self._bridge.adapter(network).parting(RoomId(room))

    def _retry(self, letters: list[tuple[int, int]]) -> _Answer:
        rooms = {room.number for room in self._bridge.rooms()}
        mapped = [(room, number) for room, number in letters if room in rooms]
        return {"ok": True, "queued": self._bridge.revive(mapped), "unmapped": len(letters) - len(mapped)}

    async def _catch_up(self, request: CatchUpRequest) -> _Answer:
        async with self._one:
            taken = await self._bridge.catch_up(request.network, request.room, request.since)
        return {"ok": True, "taken": taken}

    @property
    def _moderation(self) -> Moderation:
        return self._bridge.features.moderation

    def _told(self, mute: Mute) -> _Answer:
        room = self._bridge.room(mute.room)
        where = room.title if room is not None else "a room that left the map"
        return {**msgspec.to_builtins(mute), "room": where}

    async def _status(self) -> _Answer:
        status = await self._bridge.status()
        answer: _Answer = {"ok": True, **msgspec.to_builtins(status)}
        answer["files"] = {way: hosts[:_HOSTS] for way, hosts in answer["files"].items()}
        return {**answer, "wrong": msgspec.to_builtins(troubles(status))}


def _refusal(error: str, mistakes: list[str] | None = None) -> _Answer:
    return {"ok": False, "error": error, **({"mistakes": mistakes} if mistakes else {})}
