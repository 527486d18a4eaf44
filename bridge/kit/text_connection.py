"""One connection of a TextAdapter: what is heard, and the rooms that it is in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bridge.adapter import Emit, Position
from bridge.errors import RoomUnavailable
from bridge.model import (
    Event,
    MemberChanged,
    MessageCreated,
    RoomId,
    RoomState,
    RoomStateChanged,
    TalkEvent,
)

from .heartbeat import Heartbeat
from .holdback import Holdback
from .room_keeper import Caught, RoomKeeper

if TYPE_CHECKING:
    from .text_adapter import TextAdapter

__all__ = ["Batch", "Missed", "TextConnection"]


@dataclass(frozen=True, slots=True)
class Batch:
    """All that was read in one go."""

    events: Sequence[Event] = ()
    """The deeds of people, in order; nothing of our own."""
    acknowledge: Callable[[], Awaitable[object]] | None = None
    """Called once all of it is durable, or is to be left out; after that the network may forget it."""
    positions: Sequence[Position] = ()
    """What is reached with it beside what `TextAdapter.token` says of events: by our own messages, say."""


@dataclass(frozen=True, slots=True)
class Missed:
    """A room's history since a position."""

    events: Sequence[TalkEvent] = ()
    """The oldest first. They need not say that they are replayed, nor be fewer than `catch_up` wants."""
    position: str | None = None
    """The position up to which the history was read; None: that of the last event (`TextAdapter.token`)."""
    whole: bool = False
    """Whether nothing is missing since the position."""
    left_out: int | None = 0
    """The number of messages at the beginning that were not even read; None: nobody counted them."""


class TextConnection:
    """One connection, once we are logged in."""

    def __init__(self, adapter: "TextAdapter", group: asyncio.TaskGroup, emit: Emit, *, asks: bool) -> None:
        """`asks`: the protocol has written `ping`."""
        self._adapter = adapter
        self._emit = emit
        self.group = group
        self.keeper = RoomKeeper[Any](self, at_once=adapter.at_once, clock=adapter.clock)
        self._waiting: dict[RoomId, Holdback[TalkEvent | MemberChanged]] = {}
        """The rooms that we are entering or are about to, with what is said there meanwhile."""
        self._in: set[RoomId] = set()
        """The rooms that the core knows us to be in."""
        self._unacknowledged: list[Callable[[], Awaitable[object]]] = []
        self._heartbeat = Heartbeat(
            "the server", adapter.ping, patience=adapter.patience, clock=adapter.clock
        )
        self._asks = asks
        if asks:
            group.create_task(self._heartbeat.run())

    @property
    def proven(self) -> float | None:
        """All that was said until then was surely heard, in seconds since 1970; None: nobody asks."""
        return self._heartbeat.proven if self._asks else None

    def serve(self, rooms: Mapping[RoomId, Any]) -> None:
        self.keeper.serve(self.group, rooms)
        for room in rooms:
            self._await(room)

    def again(self, room: RoomId) -> None:
        """Try a room at once that we are not in."""
        self.keeper.again(room)
        if room in self._adapter.rooms:
            self._await(room)

    def _await(self, room: RoomId) -> None:
        """Let live talk wait for a room's turn too: it would move the position past what was missed."""
        if room not in self._in and not self._adapter.pushes_past:
            self._waiting.setdefault(room, Holdback())

    def lost(self, room: RoomId, why: str, pause: float | None) -> None:
        """Note that we are no longer in a room; what is on its way there may not have arrived."""
        self.keeper.lost(room, why, pause)
        self._adapter.flights.drop(room, RoomUnavailable(why or f"{room} has to be entered anew"))

    async def keep(self, room: RoomId, token: str) -> None:
        """Have a position on record."""
        await self._emit([], Position(token, room))

    # -- what is heard

    async def read(self) -> None:
        """Read, for ever; no further than what is durable."""
        while True:
            batch = await self._adapter.read()
            self._heartbeat.hear()
            if batch.acknowledge is not None:
                self._unacknowledged.append(batch.acknowledge)
            self._heartbeat.paused = True
            events = [event for event in map(self._live, batch.events) if event is not None]
            await self._take(events, batch.positions)
            self._heartbeat.paused = False
            if not events:  # no emit has let others have their turn
                await asyncio.sleep(0)

    async def _take(self, events: Sequence[Event], reached: Sequence[Position] = ()) -> None:
        """Emit these, and acknowledge what is durable then."""
        taken = self._emit(events, *self._positions(events), *reached)
        emitted: list[Callable[[], Awaitable[object]]] = []
        if self._adapter.pushes_past or not self._waiting:
            emitted, self._unacknowledged = self._unacknowledged, []
        await taken
        for acknowledge in emitted:
            await acknowledge()

    def _live(self, event: Event) -> Event | None:
        """Return an event as it is to be emitted now; None: it waits, or counts only where we are in."""
        if event.room not in self._adapter.rooms:
            return None
        if event.room in self._in:
            return event
        if (waiting := self._waiting.get(event.room)) is None:
            return event if isinstance(event, TalkEvent) and not self._is_readable(event) else None
        if self._adapter.pushes_past:
            been_here = self._emit.position(event.room) is not None
            return replace(event, replayed=True) if been_here and isinstance(event, TalkEvent) else None
        if isinstance(event, TalkEvent | MemberChanged):
            waiting.hold(event)
        return None

    def _positions(self, events: Sequence[Event]) -> list[Position]:
        moved: dict[RoomId, str] = {}
        for event in events:
            here = event.room in self._in or event.room in self._waiting
            if here and isinstance(event, TalkEvent) and (token := self._adapter.token(event)) is not None:
                moved[event.room] = token
        return [Position(token, room) for room, token in moved.items()]

    # -- what the rooms' keeper wants

    async def enter(self, room: RoomId, config: Any) -> Caught:
        """Get into a room and emit its past, while what is said there waits."""
        adapter, since = self._adapter, self._emit.position(room)
        waiting = self._waiting.setdefault(room, Holdback())
        try:
            with adapter.explaining():
                missed = await adapter.enter(room, config, since) or Missed()
        except BaseException:
            self._give_up(room)
            raise
        events, left_out = self._wanted(missed) if since is not None else ((), 0)
        past = [replace(event, replayed=True) for event in events]
        reached = self._positions(missed.events)
        if missed.position is not None:
            reached = [Position(missed.position, room)]
        self._emit(past, *reached)
        waiting.known.update(event.id for event in past)
        return Caught(missed.whole and since is not None, left_out)

    def _give_up(self, room: RoomId) -> None:
        """Emit what waited for a room that we did not get into, but for what can be read the next time."""
        if (waiting := self._waiting.pop(room, None)) is not None:
            talk = [one for one in waiting.release() if isinstance(one, TalkEvent)]
            self._emit([one for one in talk if not self._is_readable(one)])

    def _is_readable(self, event: TalkEvent) -> bool:
        """Whether it is read when we get into its room the next time, since no position is behind it."""
        return self._emit.position(event.room) is not None and self._adapter.token(event) is not None

    def _wanted(self, missed: Missed) -> tuple[Sequence[TalkEvent], int | None]:
        """Return what the owner wants to have of it, and how many messages are left out."""
        rules, events = self._adapter.catch_up, missed.events
        oldest = self._adapter.clock.now() - rules.max_age
        talk = [number for number, event in enumerate(events) if isinstance(event, MessageCreated)]
        young = [number for number in talk if (at := events[number].at) is None or at >= oldest]
        kept = young[-rules.max_messages :] if rules.max_messages else []
        begin = kept[0] if kept else len(events)
        if rules.max_messages and len(kept) == len(talk):
            begin = 0
        cut = sum(number < begin for number in talk)
        return events[begin:], None if missed.left_out is None else missed.left_out + cut

    def leave(self, room: RoomId) -> None:
        self._adapter.flights.drop(room, RoomUnavailable(f"{room} is no longer in the configuration"))
        self._in.discard(room)
        self._give_up(room)
        self._acknowledge()
        self.group.create_task(self._adapter.leave(room))

    def tell(self, event: RoomStateChanged) -> None:
        """Emit how we stand in a room, and behind JOINED what waited for it."""
        held: list[TalkEvent | MemberChanged] = []
        if event.state is RoomState.JOINED:
            held = self._waiting.pop(event.room).release()
            self._in.add(event.room)
        else:
            self._in.discard(event.room)
            self._give_up(event.room)
        self._emit([event, *held], *self._positions(held))
        self._acknowledge()

    def _acknowledge(self) -> None:
        """Acknowledge what waited for rooms, if nothing waits any more."""
        if self._unacknowledged and not self._waiting:
            self.group.create_task(self._take([]))
