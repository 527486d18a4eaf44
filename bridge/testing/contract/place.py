"""An adapter under test, and the core that it meets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bridge.adapter import Adapter, Position
from bridge.errors import AdapterError
from bridge.model import (
    Authorship,
    Capabilities,
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
)
from bridge.testing.person import Heard, Person
from bridge.testing.server import Demo

__all__ = ["PATIENCE", "Place"]

PATIENCE = 15.0
_BY_THEMSELVES = (Authorship.PUPPET, Authorship.MASQUERADE)
T = TypeVar("T", bound=TalkEvent)
_ALICE = Speaker(Authorship.PREFIX, "alice")


@dataclass
class Place:
    """An adapter that serves one room of a running server, and somebody there."""

    adapter: Adapter
    room: RoomId
    demo: Demo
    person: Person
    events: "asyncio.Queue[Event]" = field(default_factory=asyncio.Queue)
    positions: dict[str, str] = field(default_factory=dict)
    past: list[MessageCreated] = field(default_factory=list)
    """What the adapter emitted before the room was joined."""
    caught_up: bool = False
    """Whether it vouched that this was all that had been missed."""
    _sent: int = 0

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        """Stand in for the core: keep what the adapter emits."""
        for event in events:
            self.events.put_nowait(event)
        self.positions.update({position.scope: position.token for position in positions})
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def position(self, scope: str = "") -> str | None:
        """Return the last token of a scope."""
        return self.positions.get(scope)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator["asyncio.Task[None]"]:
        """Run the adapter while in this context, connected and in the room."""
        task = asyncio.ensure_future(self.adapter.run(self))
        self.past.clear()
        try:
            while True:
                event = await self._event(task)
                if isinstance(event, MessageCreated):
                    self.past.append(event)
                if isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED:
                    self.caught_up = event.caught_up
                    break
            yield task
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, AdapterError, ExceptionGroup):
                await task

    async def _event(self, task: "asyncio.Task[None]") -> Event:
        get = asyncio.ensure_future(self.events.get())
        await asyncio.wait({get, task}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not get.done():
            get.cancel()
            if task.done():
                task.result()
            raise TimeoutError(f"{self.adapter.network}: nothing happened")
        return get.result()

    async def said(self) -> MessageCreated:
        """Return the next message that the adapter emits."""
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self.events.get()
                if isinstance(event, MessageCreated):
                    return event

    async def heard(self) -> Heard:
        """Return the next message that the person hears."""
        return await asyncio.wait_for(self.person.heard.get(), PATIENCE)

    async def send(
        self, content: Content, kind: Kind = Kind.TEXT, speaker: Speaker | None = None
    ) -> "asyncio.Future[Receipt]":
        """Give the adapter a command."""
        txn = self.next_txn()
        who = speaker or _ALICE
        return await self.adapter.send(
            SendMessage(room=self.room, speaker=who, txn=txn, content=content, kind=kind)
        )

    def next_txn(self) -> Txn:
        """Return a txn for a command."""
        self._sent += 1
        return self.last_txn

    @property
    def last_txn(self) -> Txn:
        """The txn of the last command."""
        return Txn(f"{self._sent:x}.0.0.00000000c0ffee00")

    async def deliver(
        self, content: Content, kind: Kind = Kind.TEXT, speaker: Speaker | None = None
    ) -> Receipt:
        """Give the adapter a command, and wait for the confirmation."""
        return await asyncio.wait_for(await self.send(content, kind, speaker), PATIENCE)

    def speaker(self) -> tuple[Speaker, Capabilities] | None:
        """Find the best speaker for somebody, as the core does, and their record; None: it is the bridge."""
        own = self.adapter.capabilities(self.room)
        for how in _BY_THEMSELVES[list(Authorship).index(own.authorship) :]:
            speaker = Speaker(how, "ada", "elsewhere/ada")
            record = self.adapter.capabilities(self.room, speaker)
            if record.authorship is how:
                assert not record.own_connection or own.own_connection
                assert not record.own_connection or record.window <= own.window
                return speaker, record
        return None

    async def did(self, kind: type[T]) -> T:
        """Return the next thing of a kind that the person sees others do."""
        async with asyncio.timeout(PATIENCE):
            while not isinstance(event := await self.person.seen.get(), kind):
                pass
            return event
