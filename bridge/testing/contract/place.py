"""An adapter under test, somebody on its network, and what tests ask of both."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from unittest import SkipTest

from bridge.adapter import Adapter, landing
from bridge.boundary import outcome
from bridge.clock import SYSTEM, Clock
from bridge.errors import AdapterError, Unsupported, causes
from bridge.model import (
    Authorship,
    Capabilities,
    Command,
    Content,
    Event,
    Kind,
    MessageCreated,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    SendMessage,
    Speaker,
    TalkEvent,
    Txn,
    TypingChanged,
)
from bridge.testing.person import Heard, Person
from bridge.testing.server import Demo

from .core import Core, NotKept, only_adapter_errors

__all__ = ["ALICE", "Place", "able", "same"]

_PATIENCE = 15.0
_POLITELY = 2.0
_BY_THEMSELVES = (Authorship.PUPPET, Authorship.MASQUERADE)
T = TypeVar("T")
E = TypeVar("E", bound=TalkEvent | TypingChanged)
ALICE = Speaker(Authorship.PREFIX, "alice")


@dataclass
class Place:
    """An adapter that serves one room of a running server, and somebody there."""

    adapter: Adapter
    room: RoomId
    demo: Demo
    """The server: of it, the contract calls `stop` alone."""
    person: Person
    not_rooms: Sequence[str] = ("",)
    """Texts that cannot be a room of this protocol, as an owner might write them."""
    clock: Clock = SYSTEM
    """The clock by which the contract is patient."""
    core: Core = field(init=False)
    past: list[MessageCreated] = field(default_factory=list)
    """The messages that the adapter emitted before the room was joined."""
    caught_up: bool = False
    """Whether it vouched that this was all that had been missed."""
    _known: set[RoomId] = field(default_factory=set)
    """The rooms that were in the map."""
    _run: "asyncio.Task[None] | None" = None
    _sent: int = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def of(
        cls,
        kind: type[Adapter],
        demo: Demo,
        settings: Mapping[str, Any],
        room: str,
        name: str = "ann",
        **more: Any,
    ) -> AsyncIterator[Self]:
        """Give a place on a server that runs: an adapter with these settings, a room as an owner writes it,
        and somebody of this name there. `more` are fields of Place.
        """
        adapter = kind("contract", kind.NetworkConfig.model_validate(settings), "I am a bridge.")
        where = adapter.room_id(room)
        person = await demo.person(name, where)
        try:
            await adapter.serve({where: kind.RoomConfig()})
            yield cls(adapter, where, demo, person, **more)
        finally:
            await person.leave()

    def __post_init__(self) -> None:
        self.core = Core(self.adapter.network)

    @property
    def events(self) -> "asyncio.Queue[Event]":
        """The events that the adapter emitted, and nobody has looked at."""
        return self.core.events

    # -- connections

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Run the adapter while in this context, connected and in the room."""
        self._known.update((self.room, *self.adapter.rooms))
        gate = self.core.gate(self._known)
        run = self._run = asyncio.ensure_future(self.adapter.run(gate))
        self.past.clear()
        try:
            await self.joined()
            yield run
        finally:
            self._run = None
            run.cancel()
            await self.until(run, seconds=_POLITELY)
            gate.close()
        assert run.done(), (
            f"run goes on {_POLITELY:g} s after it was cancelled: it has to let CancelledError through, and"
            " to be polite for no longer than a second"
        )
        self.check_end(run)
        self.core.check()

    async def joined(self) -> None:
        """Wait until the room is joined."""
        while True:
            event = await self.within(
                self.core.events.get(),
                "the room was never JOINED: emit RoomStateChanged(room=..., state=RoomState.JOINED) for each"
                " room of serve, once commands to it can flow",
            )
            if isinstance(event, MessageCreated):
                self.past.append(event)
            elif isinstance(event, RoomStateChanged) and event.state is RoomState.REFUSED:
                raise AssertionError(f"{event.room} is REFUSED: {event.reason}")
            elif isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED:
                self.caught_up = event.caught_up
                return

    async def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        """Be in these rooms, as after a reload."""
        self._known.update(rooms)
        await self.adapter.serve(rooms)

    def check_end(self, run: "asyncio.Task[None]") -> None:
        """Raise AssertionError when a run that is over ended as it must not."""
        for error in causes(None if run.cancelled() else run.exception()):
            with contextlib.suppress(AdapterError), only_adapter_errors("run"):
                raise error

    async def restarted(self) -> None:
        """Put a new adapter in place of the old one, as after the end of a process."""
        old = self.adapter
        new = type(old)(old.network, old.config, old.introduction)
        new.catch_up, new.only_read, new.keepsake = old.catch_up, old.only_read, old.keepsake
        new.clock, new.conversations = old.clock, old.conversations
        await new.serve(old.rooms)
        self.adapter = new
        self.core.crash()

    # -- waiting

    async def until(self, *tasks: "asyncio.Future[Any]", seconds: float = _PATIENCE) -> None:
        """Wait until one of these is done, or the time is over."""
        over = asyncio.ensure_future(self.clock.sleep(seconds))
        await asyncio.wait([*tasks, over], return_when=asyncio.FIRST_COMPLETED)
        over.cancel()

    async def within(self, wanted: Awaitable[T], otherwise: str) -> T:
        """Wait for this while the adapter runs. Raises AssertionError with a sentence if not."""
        task = asyncio.ensure_future(wanted)
        run = self._run if self._run is not None and not self._run.done() else None
        await self.until(task, *[run] if run is not None else [])
        if run is not None and run.done():
            await asyncio.wait({task}, timeout=0)
        if task.done():
            return task.result()
        task.cancel()
        self.core.check()
        if run is not None and run.done():
            self.check_end(run)
            otherwise = (
                f"run ended ({', '.join(map(str, causes(run.exception()))) or 'it returned'}): {otherwise}"
            )
        raise NotKept(otherwise)

    # -- what the adapter emits, and what the person sees

    async def said(self, otherwise: str = "") -> MessageCreated:
        """Return the next message that the adapter emits."""
        otherwise = otherwise or (
            f"{self.person.name} said something, and no MessageCreated of it was emitted: every message of"
            " others is one, with an id that no other message of its room has"
        )
        while not isinstance(event := await self.within(self.core.events.get(), otherwise), MessageCreated):
            pass
        return event

    async def heard(self, otherwise: str = "") -> Heard:
        """Return the next message that the person hears."""
        otherwise = otherwise or (
            f"a message was confirmed, and {self.person.name} did not hear it: confirm what the network has"
            " taken"
        )
        return await self.within(self.person.heard.get(), otherwise)

    async def seen(self, otherwise: str = "nobody saw what was done") -> Event:
        """Return the next thing that the person sees others do."""
        return await self.within(self.person.seen.get(), otherwise)

    async def did(self, kind: type[E], otherwise: str = "") -> E:
        """Return the next thing of a kind that the person sees others do."""
        otherwise = otherwise or f"{self.person.name} saw no {kind.__name__}"
        while not isinstance(event := await self.seen(otherwise), kind):
            pass
        return event

    # -- commands

    async def send(
        self, content: Content, kind: Kind = Kind.TEXT, speaker: Speaker | None = None
    ) -> "asyncio.Future[Receipt]":
        """Give the adapter a message to send."""
        return await self.give(self.message(content, kind, speaker))

    def message(
        self, content: Content, kind: Kind = Kind.TEXT, speaker: Speaker | None = None
    ) -> SendMessage:
        """Return a command."""
        return SendMessage(
            room=self.room, speaker=speaker or ALICE, txn=self.next_txn(), content=content, kind=kind
        )

    async def give(self, command: Command) -> "asyncio.Future[Receipt]":
        """Give the adapter a command, as the core does."""
        landed, settle = landing()

        def settled(said: Receipt | AdapterError, /) -> None:
            settle(outcome(said))

        with only_adapter_errors("send_now"):
            if self.adapter.send_now(command, settled):
                return landed
        with only_adapter_errors("send"):
            return await self.within(
                self.adapter.send(command),
                "send did not return: it waits for a command's place, and no longer",
            )

    async def attempt(self, command: Command) -> Receipt | AdapterError:
        """Give the adapter a command. Returns what becomes of it."""
        try:
            return await self.landed(await self.give(command))
        except AdapterError as error:
            return error

    async def confirmed(self, command: Command) -> Receipt:
        """Give the adapter a command, and wait for the confirmation."""
        found = await self.attempt(command)
        assert isinstance(found, Receipt), (
            f"{type(command).__name__} failed ({type(found).__name__}: {found}), though the room is JOINED"
            " and its record allows that"
        )
        return found

    async def landed(self, future: "asyncio.Future[Receipt]") -> Receipt:
        """Wait for a confirmation."""
        with only_adapter_errors("the future of send"):
            receipt = await self.within(
                future, "a command was never confirmed: each one ends with a Receipt or with an AdapterError"
            )
        assert outcome(receipt) is receipt, f"a command was confirmed with {receipt!r}, which is no Receipt"
        return receipt

    async def deliver(
        self, content: Content, kind: Kind = Kind.TEXT, speaker: Speaker | None = None
    ) -> Receipt:
        """Send a message, and wait for the confirmation."""
        return await self.confirmed(self.message(content, kind, speaker))

    def next_txn(self) -> Txn:
        """Return a txn for a command."""
        self._sent += 1
        return self.last_txn

    @property
    def last_txn(self) -> Txn:
        """The txn of the last command."""
        return Txn(f"{self._sent:x}.0.0.00000000c0ffee00")

    @property
    def record(self) -> Capabilities:
        """The record of the room now, of the bridge's own account."""
        return self.adapter.capabilities(self.room)

    def speaker(self) -> tuple[Speaker, Capabilities] | None:
        """Find the best speaker for somebody, as the core does, and their record; None: it is the bridge."""
        own = self.record
        for how in _BY_THEMSELVES[list(Authorship).index(own.authorship) :]:
            speaker = Speaker(how, "ada", "elsewhere/ada")
            record = self.adapter.capabilities(self.room, speaker)
            if record.authorship is how:
                assert own.own_connection or not record.own_connection, (
                    "a speaker has a connection of their own, and the bridge's record says that nobody has"
                )
                assert not record.own_connection or record.window <= own.window, (
                    "the window of a speaker is larger than that of the bridge's own account"
                )
                return speaker, record
        return None


@contextlib.contextmanager
def able() -> Iterator[None]:
    """Skip the test where a person cannot do what is done in this context."""
    try:
        yield
    except Unsupported as error:
        raise SkipTest(str(error)) from None


def same(found: object, wanted: object, sentence: str) -> None:
    """Raise AssertionError with a sentence unless the two are equal."""
    assert found == wanted, f"{sentence}\n  expected: {wanted!r}\n  found:    {found!r}"
