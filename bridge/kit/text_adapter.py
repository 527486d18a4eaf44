"""The base of adapters for simple protocols: the protocol's own part is what its author writes."""

import asyncio
import contextlib
import ssl
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, ClassVar

from bridge.adapter import Adapter, Emit, landing
from bridge.awake import within
from bridge.errors import AdapterError, ConnectionLost, RateLimited, RoomUnavailable, causes, foremost
from bridge.faults import common, reason, unverified
from bridge.model import (
    Capabilities,
    Command,
    Receipt,
    RoomId,
    SendMessage,
    Speaker,
    TalkEvent,
)

from .in_flight import InFlight
from .pace import TokenBucket
from .preflight import preflight
from .text_connection import Batch, Missed, TextConnection

__all__ = ["TextAdapter"]


class TextAdapter(Adapter):
    """An adapter of which an author writes the protocol alone: connect, enter, read, post.

    What comes with it: the order of `run`; rooms that are entered, left, come back to, and told with reasons;
    JOINED once the past is emitted, and live talk held until then; confirmations that always end, whatever
    happens to the connection; errors that tell an owner what to do; `serve` at a reload; `look`; a dead
    connection that is noticed.

    What the methods raise of `faults` is explained by `failure`; AdapterErrors mean what they say; any other
    exception is a bug, and is told as one.
    """

    record: ClassVar[Capabilities]
    """The record of every room. Where rooms differ, write `capabilities`."""
    faults: ClassVar[tuple[type[Exception], ...]] = (OSError, EOFError, TimeoutError)
    """Exceptions that the network's library raises when something is wrong out there."""
    pushes_past: ClassVar[bool] = False
    """Whether the network itself sends what was missed as we enter a room, so that `read` has it: what comes
    until `enter` returns is the past then. Else live talk waits until `enter` returns what it read."""
    patience: ClassVar[float] = 60.0
    """Seconds for the network to confirm a command or to answer `ping`; then the connection is dead."""
    file_patience: ClassVar[float] = 480.0
    """The same for a command with a file, which has its place once it is done: nothing overtakes it."""
    at_once: ClassVar[int] = 8
    """Rooms that are entered at the same time."""

    def __init__(self, network: str, config: Any, introduction: str) -> None:
        super().__init__(network, config, introduction)
        self.bucket: TokenBucket | None = None
        """Keeps this connection to its `pace`: a token for each command; a RateLimited makes it wait."""
        self.flights: InFlight[Any] = InFlight()
        """For `post` to await an answer that `read` gets: `await self.flights.start(key, room)` there, and
        `self.flights.settle(key, Receipt(...))` here. Where there is no connection, `start` says so."""
        self.flights.close(ConnectionLost(f"{network} is not connected"))
        self._run: TextConnection | None = None
        self._heard: float | None = None

    # -- what a protocol writes

    @abstractmethod
    def connect(self) -> AbstractAsyncContextManager[None]:
        """Connect and log in; at the end say goodbye within half a second, and close. Usually written with
        `contextlib.asynccontextmanager`.
        """

    @abstractmethod
    async def enter(self, room: RoomId, config: Any, since: str | None) -> Missed | None:
        """Get into a room. Returns what was said there since the position, or None where there is no history.
        Without a position we are here for the first time: what counts of a Missed then is its own position.

        Raises RoomUnavailable where we cannot get in (see `RoomGuest.enter`). `read` goes on meanwhile, and
        gets what is awaited here.
        """

    async def leave(self, room: RoomId) -> None:
        """Leave a room that is no longer in the map, whether we got into it or not."""

    @abstractmethod
    async def read(self) -> Batch:
        """Wait for what comes next, and return it; called again when that is durable. What is said about us
        goes to whom it concerns: `self.flights.settle`, `self.lost`, `self.again`.

        Raises EOFError when the connection has ended.
        """

    @abstractmethod
    async def post(self, command: Command) -> Receipt:
        """Send a command. Returns its receipt when the network has confirmed it. Put it on the wire before
        anything is awaited: commands are posted in order.

        Raises Unsupported for what the record excludes. Where the network confirms nothing, return once the
        command is written, and say so in the docs.
        """

    def token(self, event: TalkEvent) -> str | None:
        """Return the position of the room once this event is taken, for `enter` to read on from; None: it has
        none.
        """
        return None

    def pace(self) -> tuple[float, float] | None:
        """Return how many commands may be posted at once after a silence, and how many per second from then
        on; None: the network does not mind.
        """
        return None

    async def ping(self) -> None:
        """Ask the network something, and return when it has answered: that proves that all before was heard.
        Where nobody has written this, a silent connection is taken for a quiet one.
        """
        raise NotImplementedError

    def visitor(self) -> Any:
        """Return the configuration to look around with beside a running service: with another name, or the
        same where that disturbs nobody.
        """
        return self.config

    def failure(self, error: Exception) -> AdapterError:
        """Explain one of `faults` to the owner."""
        match error:
            case ssl.SSLCertVerificationError():
                return ConnectionLost(f"the certificate of the server {unverified(error)}")
            case EOFError() | ConnectionResetError() | ConnectionAbortedError() | BrokenPipeError():
                return ConnectionLost("the server has closed the connection")
            case TimeoutError():
                return ConnectionLost("the server does not answer")
            case OSError():
                return ConnectionLost(f"the server cannot be reached: {reason(common(error))}")
            case _:
                return ConnectionLost(f"the connection has failed: {error}")

    # -- what it may call

    def lost(self, room: RoomId, why: str, pause: float | None = None) -> None:
        """Note that we are no longer in a room, and why. See `RoomKeeper.lost`."""
        if self._run is not None:
            self._run.lost(room, why, pause)

    def again(self, room: RoomId) -> None:
        """Try a room at once that we are not in: we were invited, for example."""
        if self._run is not None:
            self._run.again(room)

    async def keep(self, room: RoomId, token: str) -> None:
        """Have a position on record, before something is done that it tells of: where the network gives no
        name of ours back, `find_sent` knows by it what was on its way. Raises ConnectionLost.
        """
        if self._run is None:
            raise ConnectionLost(f"{self.network} is not connected")
        await self._run.keep(room, token)

    # -- what the core gets

    async def run(self, emit: Emit) -> None:
        try:
            await self._connection(emit)
        except Exception as error:
            if (told := self._explained(error)) is error:
                raise
            raise told from None

    async def _connection(self, emit: Emit) -> None:
        pace = self.pace()
        self.bucket = TokenBucket(*pace, self.clock) if pace is not None else None
        self.flights = InFlight(self.clock)
        try:
            async with self.connect(), asyncio.TaskGroup() as group:
                asks = type(self).ping is not TextAdapter.ping
                run = self._run = TextConnection(self, group, emit, asks=asks)
                try:
                    run.serve(self.rooms)
                    await run.read()
                finally:
                    self._run = None  # a group that ends takes no more tasks
                    self._heard = run.proven
        finally:
            ended = ConnectionLost("the connection has ended")
            self.flights.close(ended)
            if self.bucket is not None:
                self.bucket.close(ended)

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        await super().serve(rooms)
        if self._run is not None:
            self._run.serve(self.rooms)

    async def send(self, command: Command) -> "asyncio.Future[Receipt]":
        self._see(command.room)
        if self.bucket is not None:
            await self.bucket.take()
        group = self._see(command.room)
        landed, settle = landing()
        task = group.create_task(self._posted(command))
        task.add_done_callback(lambda task: settle(_outcome(task)))
        if _has_file(command):
            await asyncio.wait((task,))
        return landed

    def _see(self, room: RoomId) -> asyncio.TaskGroup:
        """Return the connection's tasks. Raises ConnectionLost and RoomUnavailable where we are not in."""
        if self._run is None:
            raise ConnectionLost(f"{self.network} is not connected")
        if not self._run.keeper.is_joined(room):
            raise RoomUnavailable(f"hubbub is not in {room}")
        return self._run.group

    async def _posted(self, command: Command) -> Receipt | Exception:
        """Post a command. Returns what becomes of it. One that nobody confirms, or that finds the connection
        gone, ends it: so it is looked for.
        """
        posted = asyncio.ensure_future(self.post(command))
        patience = self.file_patience if _has_file(command) else self.patience
        try:
            return await within(posted, patience)
        except Exception as error:  # noqa: BLE001 the core tells a bug
            if isinstance(error, OSError) and error.filename is not None:
                return error  # it is about a file of ours
            outcome = self._explained(error)
            if not posted.done():
                outcome = ConnectionLost(f"the server has confirmed nothing for {patience:.0f} s")
        finally:
            posted.cancel()
        if isinstance(outcome, ConnectionLost):
            raise outcome
        if isinstance(outcome, RateLimited) and self.bucket is not None:
            self.bucket.limit(outcome.retry_after)
        return outcome

    def capabilities(self, room: RoomId, speaker: Speaker | None = None) -> Capabilities:
        return self.record

    @classmethod
    def records(cls) -> Mapping[str, Capabilities]:
        words = cls.__module__.split(".")
        name = words[1] if words[0] == "adapters" else words[0].removeprefix("hubbub_")
        return {name.capitalize(): cls.record}

    def heard(self, room: RoomId) -> float:
        known = self._run.proven if self._run is not None else self._heard
        return known if known is not None else super().heard(room)

    async def look(self, rooms: Mapping[RoomId, Any]) -> Mapping[RoomId, str | None]:
        other = type(self)(self.network, self.visitor(), self.introduction)
        other.clock, other.keepsake, other.rooms = self.clock, self.keepsake, dict(rooms)
        try:
            return await other._looking()  # noqa: SLF001 - our own
        except Exception as error:
            if (told := self._explained(error)) is error:
                raise
            raise told from None

    async def _looking(self) -> Mapping[RoomId, str | None]:
        async def look(room: RoomId, config: Any) -> None:
            with self.explaining():
                await self.enter(room, config, None)

        async def deaf() -> None:
            while True:
                await self.read()

        self.flights = InFlight(self.clock)
        async with self.connect(), asyncio.TaskGroup() as group:
            reading = group.create_task(deaf())
            found = await preflight(self.rooms, look, at_once=self.at_once)
            reading.cancel()
        return found

    # -- errors

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """Let nothing raw out but TimeoutError, which is about the room."""
        try:
            yield
        except TimeoutError:
            raise
        except self.faults as error:
            raise self.failure(error) from None

    def _explained(self, error: Exception) -> Exception:
        """Return the AdapterError that says most, or what is a bug, as it is."""
        if (known := foremost(error)) is not None:
            return known
        first = next((one for one in causes(error) if isinstance(one, Exception)), error)
        return self.failure(first) if isinstance(first, self.faults) else first


def _has_file(command: Command) -> bool:
    return isinstance(command, SendMessage) and command.file is not None


def _outcome(task: "asyncio.Task[Receipt | Exception]") -> Receipt | Exception:
    """Return what came of a task, or that it has ended before."""
    if task.cancelled():
        return ConnectionLost("the connection has ended")
    error = task.exception()
    return error if isinstance(error, Exception) else task.result()
