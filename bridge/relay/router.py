"""Where events come in: routed, filtered, taken into the journal, and handed to the rooms' workers."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from bridge.adapter import Emit, Position
from bridge.aside import in_steps
from bridge.complaints import Complaints
from bridge.compose.attachments import Attachments
from bridge.identity.avatars import AvatarCache
from bridge.identity.speaker import key_of
from bridge.journal import Journal
from bridge.model import (
    Approached,
    Change,
    Event,
    FleetingEvent,
    MemberChanged,
    Part,
    RoomState,
    RoomStateChanged,
    TalkEvent,
    TypingChanged,
)
from bridge.secrets import strike
from bridge.whose import about

from .absence import Absence
from .ephemeral import Arrivals, Typing
from .listener import Listener
from .loop_guard import LoopGuard
from .rooms import Moved, Rooms
from .routes import Muted, Source

__all__ = ["DROPPED", "Hear", "Router", "Withhold"]

log = logging.getLogger(__name__)

Hear = Callable[[str, FleetingEvent], None]
"""Hears of a network what counts only now."""
Withhold = Callable[[str, TalkEvent], bool]
"""Whether what was said on a network was meant for Hubbub alone, and is not taken."""

DROPPED = ("ignored", "copy", "too old", "for Hubbub", "loop")
"""Why something is not taken."""
_BESIDE = (TypingChanged, MemberChanged, RoomStateChanged, Approached)
"""What never gets into the journal."""


class Router:
    """The way of a message through the middle, one direction."""

    def __init__(
        self,
        journal: Journal,
        attached: Attachments,
        listener: Listener,
        moved: Moved,
        watch: Callable[[str, Event], None] | None = None,
    ) -> None:
        """`watch` is called with each event and its network: for those who look on."""
        self.journal = journal
        self.attached = attached
        self._watch, clock = watch, journal.clock
        self.hears: list[Hear] = []
        """Features that want to know who came, who went, and who wrote to us alone."""
        self.dropped = Counter[str]()
        """How much was not taken, by why."""
        self.withholds: Withhold | None = None
        self.instructs: Callable[[str, TalkEvent], bool] | None = None
        """Whether what was said on a network asks something of Hubbub, which then hears it whatever filters
        leave out."""
        self.heeds: Callable[[str, TalkEvent], None] | None = None
        """Hears all that is said in rooms, by anybody, whatever filters leave out: somebody may want nothing
        more of us."""
        self.strays: Callable[[str, TalkEvent], None] | None = None
        """Hears what was said in a room that nobody hears any more."""
        self.fetches: list[Callable[[int], None]] = []
        """Told that a file of a message is here, or will not come."""
        self.joins: list[Callable[[str], None]] = []
        """Told that a room of a network is joined, before anything else is taken from there."""
        self._foreign: set[int] = set()
        self._complaints = Complaints(log, clock)
        self._listener = listener
        self._absence = Absence(journal, listener)
        self._loop_guard = LoopGuard(listener.loop, clock)
        self.muted = Muted()
        self.rooms = Rooms(journal, attached, listener, self._loop_guard.sent, moved)
        self.workers = self.rooms.workers
        """By the room's number."""
        self.dispatch = self.rooms.dispatch
        self._directory = self.rooms.directory
        self.avatars = AvatarCache(attached.pictures, self.rooms.heard_in, clock)
        self._typing = Typing(self.workers, clock)
        self._arrivals = Arrivals(self.workers)

    def emit(self, network: str) -> Emit:
        """Return the `Emit` for the adapter of a network."""
        return _Emit(network, self)

    def offline(self, network: str, reason: str) -> None:
        """Note that a connection ended, and why: its rooms cannot be spoken in, nothing is confirmed any
        more.
        """
        for (name, _), worker in self.rooms.by_name.items():
            if name == network:
                self._absence.lost(worker.room.number)
                self._complaints.safely("the end of a connection", partial(worker.lose, reason))

    def overdue(self, awake: float) -> dict[str, str]:
        """Return the networks whose connection must be dead, and why; `awake` is since when the process has
        run without a stop, by the monotonic clock.

        While the journal cannot be written, nothing is read from them, and so nothing is late.
        """
        if self.journal.failing:
            return {}
        rooms = self.rooms.by_name.items()
        return {network: reason for (network, _), worker in rooms if (reason := worker.overdue(awake))}

    async def patrol(self) -> None:
        """Look after what waits: every few seconds."""
        heard: dict[str, float] = {}

        def look_after(number: int) -> None:
            worker = self.workers.get(number)
            if worker is None:
                return
            worker.tend()
            network = worker.room.adapter.network
            if worker.joined and network not in heard:
                heard[network] = worker.room.adapter.heard(worker.room.id)

        await in_steps(look_after, list(self.workers))
        self._typing.patrol()
        hearing = {source.number: source.rooms for source in self._directory.routes.sources.values()}
        self._arrivals.patrol(hearing, self._name)
        self.journal.beat(heard)
        self.dispatch.commit()
        self.dispatch.turn()
        self.rooms.end_closed()

    def unpark(self, seq: int) -> None:
        """Wake the rooms whose deliveries of this event may wait for a file: it is here, or will not come."""
        for worker in self.workers.values():
            worker.unpark(seq)
        for told in self.fetches:
            self._complaints.safely("what follows a file", partial(told, seq))

    def revive(self, rows: Sequence[tuple[int, int]]) -> int:
        """Owe again what was given up, by room and event. Returns how many there were."""
        count = self.journal.revive(rows)
        for room in {room for room, _ in rows} & self.workers.keys():
            self.workers[room].reload()
        return count

    def take_past(self, network: str, events: Sequence[TalkEvent]) -> int:
        """Take what was missed, whatever `catch_up` leaves out. Returns how many events of it were new."""
        count = 0
        for event in events:
            source = self._directory.routes.sources.get((network, event.room))
            rooms = source.rooms_for(event.sender, event) if source is not None else ()
            if source is None or not rooms or event.mark:
                continue
            if self.withholds is not None and self.withholds(network, event):
                continue
            if self.journal.origin(source.number, event.id) is None:
                self.journal.take(source.number, event, rooms)
                count += 1
        self.dispatch.commit()
        return count

    def take(self, network: str, events: Sequence[Event], positions: Sequence[Position]) -> None:
        """Route events and hand them to the journal."""
        take, sources, said = self.journal.take, self._directory.routes.sources, self._typing.said
        for event in events:
            try:
                if isinstance(event, _BESIDE):
                    self._beside(network, event)
                elif (source := sources.get((network, event.room))) is not None:
                    rooms = source.rooms_for(event.sender, event)
                    if why := self._why_not(network, source, event, rooms):
                        self.dropped[why] += 1
                    else:
                        if source.filtered or source.sieve is not None:
                            event = source.unquoted(event)  # noqa: PLW2901
                        take(source.number, event, rooms)
                        said(source.number, event.sender, rooms)
                elif self.strays is not None:
                    self.strays(network, event)
                if self._watch is not None:
                    self._watch(network, event)
            except Exception as error:  # noqa: BLE001 the others have to be taken
                kind = type(event).__name__
                sentence = f"{network} {event.room}: a {kind} is not taken: a bug ({error!r})"
                keys = about(network, event.room)
                self._complaints.tell(f"taking a {kind}", sentence, error, keys=keys)
        for position in positions:
            self.journal.reach(network, position)

    def _why_not(self, network: str, source: Source, event: TalkEvent, rooms: Sequence[int]) -> str:
        """Say in a word or two why an event is not taken; empty: it is."""
        if self.heeds is not None:
            self.heeds(network, event)
        if not rooms and not self._is_asked(network, source, event):
            return "ignored"
        if (event.mark or event.replayed) and not self._wanted(network, source.number, event):
            return "copy" if event.mark else "too old"
        if self.withholds is not None and self.withholds(network, event):
            return "for Hubbub"
        self._listener.speaks(source.number, event.sender.name)
        return "loop" if self._loop_guard.repeats(network, source.number, event) else ""

    def _is_asked(self, network: str, source: Source, event: TalkEvent) -> bool:
        """Whether Hubbub itself is asked something that is relayed nowhere, since it begins as commands of
        other bots do.
        """
        asked = self.instructs is not None and self.instructs(network, event)
        return asked and source.heeds(event.sender)

    def _beside(self, network: str, event: FleetingEvent | RoomStateChanged) -> None:
        if isinstance(event, RoomStateChanged):
            self._room_state(network, event)
            return
        source = self._directory.routes.sources.get((network, event.room))
        rooms = source.rooms_for(event.sender) if source is not None else ()
        for hear in self.hears if not isinstance(event, TypingChanged) else ():  # they may be muted by it
            self._complaints.safely("what counts only now", partial(hear, network, event))
        if source is not None and rooms and not isinstance(event, Approached):
            self._pass_on(network, source.number, rooms, event)

    def _pass_on(
        self, network: str, source: int, rooms: Sequence[int], event: TypingChanged | MemberChanged
    ) -> None:
        """Pass what counts only now to those rooms that want it, and forget it."""
        if isinstance(event, TypingChanged):
            self._typing.changed(source, rooms, event)
            return
        if event.speaker or event.change is Change.UNBANNED:
            return
        if event.change is Change.PICTURED:
            self._pictured(key_of(network, event.sender.id), rooms)
            return
        if event.change is Change.RENAMED and event.id:
            self._renamed(key_of(network, event.sender.id), key_of(network, event.id), event.name, rooms)
        if event.change is not Change.JOINED:
            for number in (source, *rooms):
                if (worker := self.workers.get(number)) is not None:
                    worker.composer.gone(network, event)
        shown = self._directory.routes.shown
        if wanting := [room for room in rooms if shown[room].members == "note"]:
            self._note(source, wanting, event)

    def _note(self, source: int, rooms: Sequence[int], event: MemberChanged) -> None:
        """Let rooms be told that somebody came or went, by the name that they have there."""
        told = self._directory.routes.rewritings
        plain = [room for room in rooms if (source, room) not in told] if told else rooms
        if plain:
            self._listener.member(source, plain, event)
        for room in rooms if told else ():
            if (rewriting := told.get((source, room))) is not None:
                self._listener.member(source, [room], rewriting.member(event))

    def _renamed(self, key: str, new_key: str, name: str, rooms: Sequence[int]) -> None:
        """Let those who keep something of somebody keep it under their new key."""
        for number in rooms:
            if (worker := self.workers.get(number)) is not None:
                worker.room.adapter.renamed(worker.room.id, key, new_key, name)

    def _pictured(self, key: str, rooms: Sequence[int]) -> None:
        """Let those who show somebody's picture ask for it anew."""
        self.avatars.forget(key)
        for number in rooms:
            if (worker := self.workers.get(number)) is not None:
                worker.room.adapter.pictured(worker.room.id, key)

    def _name(self, seq: int, room: int) -> Part | None:
        """Return what a message is called where it was said."""
        parts = self.journal.parts(seq, room)
        return parts[0] if parts else None

    def _wanted(self, network: str, source: int, event: TalkEvent) -> bool:
        """Whether something that is marked as a copy, or was said in our absence, is to be relayed."""
        if event.mark:
            if source not in self._foreign and not self.journal.is_ours(event.mark):
                self._foreign.add(source)
                other = "another Hubbub speaks in %s %s: its lines are not relayed"
                log.warning(other, network, event.room, extra=about(network, event.room))
            return False
        return self._absence.wants(source, event, self.rooms.adapters[network].catch_up)

    def _room_state(self, network: str, event: RoomStateChanged) -> None:
        worker = self.rooms.by_name.get((network, event.room))
        if worker is None:
            return
        title, keys = worker.room.title, worker.room.about()
        if event.state is RoomState.REFUSED:
            sentence = f"{title} cannot be joined: {worker.room.logged(event.reason)}"
            self._complaints.tell(f"{title} {event.reason}", sentence, level=logging.WARNING, keys=keys)
        elif event.state is RoomState.JOINED and not worker.joined:
            self._complaints.over(f"{title} ")
            log.info("%s is joined", title, extra=keys)
        if event.state is RoomState.JOINED:
            for told in self.joins:
                self._complaints.safely("what follows a join", partial(told, network))
            unnoticed = worker.joined  # it was lost and nobody said so
            self._absence.over(worker.room.number, event, worker.join(), unnoticed=unnoticed)
        else:
            worker.part(strike(event.reason))


class _Emit:
    """One network's way in."""

    def __init__(self, network: str, router: Router) -> None:
        self._network = network
        self._router = router

    def __call__(self, events: Sequence[Event], *positions: Position) -> "asyncio.Future[None]":
        self._router.take(self._network, events, positions)
        return self._router.dispatch.committed()

    def position(self, scope: str = "") -> str | None:
        return self._router.journal.position(self._network, scope)
