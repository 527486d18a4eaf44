"""The life of one connection: log in, join, send lines and hear them, stay alive."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING

from adapters.irc import encode
from adapters.irc.config import NetworkConfig, RoomConfig
from adapters.irc.history.requests import read_on
from adapters.irc.rooms.channels import Place
from adapters.irc.rooms.making import lock_new
from adapters.irc.rooms.refusals import Judge
from adapters.irc.session import is_channel
from adapters.irc.wire.line import TYPING, decode_text, line, parse
from bridge import (
    AdapterError,
    Awake,
    CatchUp,
    Command,
    ConnectionLost,
    Emit,
    Endpoint,
    RoomId,
    SendMessage,
    SetReactions,
    Settle,
    TokenBucket,
    endpoint,
    landing,
    reason,
)

from .confirmations import nowhere
from .dispatch import Dispatcher
from .login import SERVICES, enter, stay_known
from .looking import look_round

if TYPE_CHECKING:
    from adapters.irc.puppets.puppets import PuppetConnections

    from .transport import Transport

__all__ = ["IrcConnection"]

log = logging.getLogger(__name__)

_REGAIN = 30.0
_MOST_POSTED = 64
_UNSHOWN = 120.0
"""Seconds that a message may wait in a bouncer's queue: soju lets one pass every two seconds."""
_REST = 300.0
"""Seconds between two times that the positions of quiet rooms are written down."""


class IrcConnection:
    """A connection that logs in and keeps itself in its rooms; used once."""

    def __init__(
        self,
        config: NetworkConfig,
        bucket: TokenBucket,
        deliver: Emit,
        introduce: Callable[[str], str | None],
        catch_up: CatchUp,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.config = config
        self.dispatcher: Dispatcher = Dispatcher(config, self, introduce, deliver, catch_up)
        self.session = self.dispatcher.session
        self.bucket = bucket
        self._judge = Judge(self.session.forms, self._probe)
        self.now = loop.time
        self._deliver = deliver
        self._posted: asyncio.Queue[bytes] = asyncio.Queue(_MOST_POSTED)
        self.made: Collection[RoomId] = ()
        """The rooms that we have made."""
        self.unread: asyncio.Queue[Place] = asyncio.Queue()
        """The rooms whose past has to be asked for."""
        self.one_reads = asyncio.Lock()
        self._ended: asyncio.Future[None] = loop.create_future()
        self._stirred = asyncio.Event()
        self.arrived = asyncio.Event()
        """Set when we are logged in and may join."""
        self.patience = SERVICES
        """Seconds to wait for services that are away."""
        self.known = asyncio.Event()
        """Set while the services know us, so that rooms take what we say; and when the connection is over."""
        self._transport: Transport | None = None
        self._paused = False
        self._resumed = 0.0
        """When we went on listening after a pause, by the loop's clock."""

    # -- what the adapter asks for

    async def run(
        self, rooms: Mapping[RoomId, RoomConfig], puppets: "PuppetConnections | None" = None
    ) -> None:
        """Run until the connection ends, and those who speak beside it. Raises the reason."""
        self.serve(rooms)
        try:
            connect = await asyncio.to_thread(_library)
            self._transport = await connect(
                self.config,
                self.dispatcher.registration.start(),
                self.dispatcher.take,
                self.flush,
                self._lost,
            )
            async with asyncio.TaskGroup() as group:
                tasks = (
                    *(enter(self), stay_known(self), read_on(self)),
                    *(self._watch(), self._say_posted(), self._regain(), look_round(self)),
                )
                for task in tasks:
                    group.create_task(task)
                if puppets is not None:
                    group.create_task(puppets.run())
                await self._ended
        except BaseExceptionGroup as group_error:
            raise group_error.exceptions[0] from None
        finally:
            if puppets is not None:
                await puppets.close()
            await self._close()

    def serve(self, rooms: Mapping[RoomId, RoomConfig]) -> None:
        """Be in these rooms and no others."""
        channels = {room: config for room, config in rooms.items() if is_channel(room)}
        for data in self.dispatcher.channels.declare(channels):
            self.post(data)
        for place in self.dispatcher.held():
            self.write(line("NAMES", place.room))
            self.barrier([place])
        self.session.private.serve(rooms)
        self.flush()
        self.stir()

    def follow(self, config: NetworkConfig, pace: float) -> None:
        """Take over another nick, or another speed."""
        self.config = config
        self.dispatcher.follow(config)
        self.bucket.hold(*config.flood.at(pace))
        if self.dispatcher.registration.welcome and self.session.nick != self.dispatcher.wanted:
            self.post(line("NICK", self.dispatcher.wanted))

    def say(self, command: Command, data: bytes, settle: Settle) -> None:
        """Send the lines of a command, with the tags of a message, and the PING that confirms it, in one
        write.
        """
        pending = self.dispatcher.confirmations.start(self.now(), asked=self.session.hidden)
        pending.room, pending.settle = command.room, settle
        ask = (
            f"NAMES {nowhere(pending.token)}".encode()
            if pending.asked
            else b"PING :" + pending.token.encode()
        )
        if not isinstance(command, SendMessage):
            pending.command = type(command)
            self.write((data + b"\r\n" if data else b"") + ask)
            return
        pending.settle = partial(self._judge.settle, command, settle)
        caps = self.session.caps
        tags = encode.tags(command, self.session.passing) if "message-tags" in caps else b""
        pending.echo = "echo-message" in caps
        pending.labelled = pending.echo and "labeled-response" in caps
        if pending.labelled:
            data = b"@label=%b%b %b" % (pending.token.encode(), tags, data)
        elif tags:
            data = b"@%b %b" % (tags[1:], data)
        if self.session.bouncer:
            # others who use the bouncer speak under our nick too
            pending.said = parse(decode_text(data, self.config.encoding))
        self.write(b"%b\r\n%b\r\n" % (data, ask))

    def _probe(self, room: RoomId, settle: Settle) -> bool:
        """Find out, by a typing tag that nobody sees, whether a room takes anything.

        Returns whether that is possible.

        It is not behind a bouncer: its PONG would not wait for the answer.
        """
        passing = TYPING in self.session.passing and "message-tags" in self.session.caps
        if not passing or self.session.bouncer or not is_channel(room):
            return False
        if not self.bucket.take_now(2):
            return False
        pending = self.dispatcher.confirmations.start(self.now())
        pending.room, pending.settle, pending.command = room, settle, SetReactions
        data = encode.typing(room, False, self.config.encoding)
        self.write(b"%b\r\nPING :%b\r\n" % (data, pending.token.encode()))
        return True

    def hint(self, data: bytes) -> None:
        """Send a line at once, or not at all where messages might have to wait for it."""
        transport = self._transport
        if transport is not None and transport.idle and self.bucket.take_spare(1):
            self.write(data)

    @property
    def alive(self) -> bool:
        """Whether lines can be said."""
        return not self._ended.done() and self._transport is not None

    def peer(self) -> Endpoint | None:
        """Return who is at the other end."""
        transport = self._transport
        return endpoint(*self.config.address, transport.ssl) if transport is not None else None

    # -- what the dispatcher asks for

    def write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data if data.endswith(b"\r\n") else data + b"\r\n")

    def post(self, data: bytes) -> None:
        try:
            self._posted.put_nowait(data)
        except asyncio.QueueFull:
            log.debug("too much to answer, left out one line")

    def entered(self, place: Place) -> None:
        self.barrier([place])

    def stir(self) -> None:
        self._stirred.set()

    def end(self, error: AdapterError) -> None:
        if not self._ended.done():
            self._ended.set_exception(error)
            self._ended.exception()

    def barrier(self, places: list[Place]) -> None:
        """Mark where the server's answer to a JOIN of these rooms ends."""
        pending = self.dispatcher.confirmations.start(self.now())
        pending.after = lambda: self._answered(places)
        self.write(b"PING :" + pending.token.encode())

    def _answered(self, places: list[Place]) -> None:
        lock_new(self, places)
        for place in self.dispatcher.channels.answered(places, self.now()):
            self.unread.put_nowait(place)
        self.stir()

    async def ask(self, data: bytes) -> None:
        """Send lines when flood control allows it, and wait until the server has answered them."""
        await self.bucket.take(data.count(b"\r\n") + 2)
        landed, settle = landing()
        pending = self.dispatcher.confirmations.start(self.now())
        pending.settle = settle
        self.write(b"%b\r\nPING :%b\r\n" % (data, pending.token.encode()))
        await landed

    async def stirred(self, timeout: float | None) -> None:  # noqa: ASYNC109  # what the caller waits for may come first
        """Wait until something changes, at most so long."""
        self._stirred.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                await self._stirred.wait()

    @property
    def heard(self) -> float:
        """All that the server said until then was heard, in seconds since 1970."""
        return self.dispatcher.confirmations.heard

    @property
    def odd(self) -> str | None:
        """The first line from the server that was not IRC."""
        return self._transport.odd if self._transport else None

    # -- the connection

    def _lost(self, error: Exception | None) -> None:
        if isinstance(error, AdapterError):
            self.end(error)
            return
        server, port = self.config.address
        said = f" ({reason(error)})" if isinstance(error, OSError) else ""
        if not self.dispatcher.registration.welcome:
            heard = f"; it said {self.odd!r}, which is not IRC" if self.odd else ""
            sentence = (
                f"{server} closed the connection before hubbub was in: check port {port} and tls{heard}{said}"
            )
        else:
            sentence = f"the connection to {server} is lost{said}"
        self.end(ConnectionLost(sentence))

    def flush(self) -> None:
        """Hand over what happened."""
        if self.dispatcher.events:
            events = self.dispatcher.events.copy()
            self.dispatcher.events.clear()
            taken = self._deliver(events, *self.dispatcher.history.positions())
            if not taken.done():
                self._pause(taken)

    def _pause(self, taken: "asyncio.Future[None]") -> None:
        """Read no more until what was read is durable: else it would pile up in memory."""
        if self._transport is None or self._paused:
            return
        self._paused = True
        self._transport.pause()
        taken.add_done_callback(self._resume)

    def _resume(self, _: "asyncio.Future[None]") -> None:
        assert self._transport is not None
        self._paused, self._resumed = False, self.now()
        self._transport.resume()

    async def _close(self) -> None:
        self._ended.cancel()
        error = self._reason()
        self.bucket.close(error)
        self.known.set()
        if self._transport is not None:
            at = time.time()
            if await self._transport.close("Hubbub goes"):  # in order, behind all that it had to say
                self.dispatcher.confirmations.heard = at
            self._rest()
        self.dispatcher.confirmations.close(error)

    def _rest(self) -> None:
        """Write down how far all rooms are heard, also those where nothing was said."""
        positions = self.dispatcher.history.rest(self.heard)
        if positions:
            self._deliver([], *positions)

    def _reason(self) -> AdapterError:
        if self._ended.done() and not self._ended.cancelled():
            error = self._ended.exception()
            if isinstance(error, AdapterError):
                return ConnectionLost(str(error))
        return ConnectionLost(f"the connection to {self.config.server} was closed")

    # -- tasks

    async def _regain(self) -> None:
        while True:
            await asyncio.sleep(_REGAIN)
            if self.dispatcher.registration.welcome and self.session.nick != self.dispatcher.wanted:
                await self.polite(line("NICK", self.dispatcher.wanted))

    async def _say_posted(self) -> None:
        while True:
            await self.polite(await self._posted.get())

    async def polite(self, data: bytes) -> None:
        """Send a line when the server's flood control allows it."""
        await self.bucket.take(1)
        self.write(data)

    async def _watch(self) -> None:
        transport, confirmations = self._transport, self.dispatcher.confirmations
        assert transport is not None
        awake = Awake()
        rested = self.now()
        while True:
            after, timeout = self.config.ping.after, self.config.ping.timeout
            now = await awake.sleep(min(after, timeout, 60.0) / 4)
            if self._paused:
                continue
            if now - rested > _REST:
                rested = now
                self._rest()
            # a server that talks is there: its PONG stands behind what it has to say
            since = max(transport.heard, self._resumed, awake.since)
            waited = now - max(confirmations.oldest.since, since) if confirmations.oldest else 0.0
            if waited > timeout:
                raise ConnectionLost(
                    f"{self.config.server} has not answered for {waited:.0f} s: it counts as dead"
                )
            if (
                confirmations.unshown_since is not None
                and now - max(confirmations.unshown_since, since) > _UNSHOWN
            ):
                raise ConnectionLost(
                    f"the network behind {self.config.server} has not shown a message for {_UNSHOWN:.0f} s"
                )
            if now - confirmations.last > after and confirmations.oldest is None:
                self.bucket.take_now(1)
                self.write(b"PING :" + confirmations.start(now).token.encode())


def _library() -> "Callable[..., Awaitable[Transport]]":
    """Import `connect` with its library.

    It runs in a thread, and only here: `hubbub check` needs no library.
    """
    from .transport import connect

    return connect
