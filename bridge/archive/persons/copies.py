"""Takes back on the networks what was copied of somebody, and has the journal forget their words.

The words go at once. Copies are taken back one room's batch after the other, so that talk is not held up: as
a moderator would take them back, where the network permits it. What is to be done is a note in the journal,
so that it goes on after a restart.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bridge.complaints import Complaints
from bridge.config.words import counted
from bridge.errors import JournalError
from bridge.identity.speaker import key_of
from bridge.journal import Observed
from bridge.model import US, MessageId, Removed, RoomId, Sender, UserId
from bridge.relay import Router

__all__ = ["CopiesBack", "CopiesReport"]

log = logging.getLogger(__name__)

_KIND = "erasure"
_STEP = 200
_AT_ONCE = 20
"""So many messages are on their way to be taken back."""
_GLANCE = 1.0
"""How often is looked whether they are, in seconds."""


@dataclass(slots=True)
class CopiesReport:
    """What the journal has of somebody, and what becomes of it."""

    events: int = 0
    """So many of their messages and other acts it knows, rooms that are not archived among them."""
    taken_back: Counter[str] = field(default_factory=Counter)
    """So many copies can be taken back, by network."""
    left: Counter[str] = field(default_factory=Counter)
    """So many at most cannot be, by network: it does not permit that, or its room cannot be reached."""


class CopiesBack:
    """Does it beside the relay."""

    def __init__(self, router: Router) -> None:
        self._router = router
        self._journal = router.journal
        self._complaints = Complaints(log, self._journal.clock)
        self._task: asyncio.Task[None] | None = None
        self._looked = False

    def patrol(self) -> None:
        """Go on with what was begun before a restart."""
        if not self._looked and self._router.rooms.adapters:
            self._looked = True
            self._go_on()

    def close(self) -> None:
        """Do no more now: a restart goes on."""
        if self._task is not None:
            self._task.cancel()

    async def report(self, people: Collection[str]) -> CopiesReport:
        """Say what the journal has of people, each meant as `network/id`, and what can be taken back."""
        found = CopiesReport()
        async for seen in self._theirs(people, 0):
            found.events += 1
            having = self._having(seen.seq, seen.network, seen.room)
            for number in self._hearing(seen.network, seen.room):
                network, _ = self._journal.room(number) or ("", "")
                if not self._can_delete(number):
                    found.left[network] += (
                        1  # where it has no name that is kept, it may be there all the same
                    )
                elif number in having:
                    found.taken_back[network] += 1
        return found

    async def begin(self, people: Sequence[tuple[str, UserId]]) -> None:
        """Forget what these said, each a network and an id, and take back its copies from now on. Raises
        JournalError where nothing can be noted.
        """
        for network, user in people:
            self._journal.notes.keep(_KIND, network, user, "0")
        async for seen in self._theirs([key_of(*one) for one in people], 0):
            having = self._having(seen.seq, seen.network, seen.room)
            if not any(self._can_delete(number) for number in having):
                self._router.attached.forget(seen.seq)
            self._journal.erase(seen.seq)
        self._router.dispatch.commit()
        self._go_on()

    def begin_named(self, network: str, names: Iterable[tuple[RoomId, MessageId]]) -> None:
        """Forget what was said under these names, each with its room of a network, and take back its copies:
        also what has such a name as a copy alone.
        """
        for room, name in names:
            seq = self._journal.origin(self._journal.number(network, room), name)
            home = self._journal.taken_in(seq) if seq is not None else None
            place = self._journal.room(home) if home is not None else None
            if seq is None or place is None:
                continue
            if self._remove(seq, *place) is None:
                self._router.attached.forget(seq)
            self._journal.erase(seq)
        self._router.dispatch.commit()

    async def _theirs(self, people: Collection[str], after: int) -> AsyncIterator[Observed]:
        people, journal = frozenset(people), self._journal
        while found := journal.events(after, _STEP):
            for seen in found:
                sender = seen.event.sender if seen.event is not None else journal.sender(seen.seq)
                if (
                    sender is not None
                    and sender.id != US
                    and not people.isdisjoint(_keys(seen.network, sender))
                ):
                    yield seen
            after = found[-1].seq
            await asyncio.sleep(0)

    def _hearing(self, network: str, room: str) -> tuple[int, ...]:
        """Return the rooms that hear what is said in a room."""
        source = self._router.rooms.directory.routes.sources.get((network, RoomId(room)))
        return source.rooms if source is not None else ()

    def _having(self, seq: int, network: str, room: str) -> list[int]:
        """Return the rooms that have a copy of something that was said in a room."""
        return [number for number in self._hearing(network, room) if self._journal.parts(seq, number)]

    def _can_delete(self, number: int) -> bool:
        worker = self._router.workers.get(number)
        return (
            worker is not None
            and worker.joined
            and bool(worker.room.adapter.capabilities(worker.room.id).delete)
        )

    def _go_on(self) -> None:
        if self._task is None and self._notes():
            self._task = asyncio.ensure_future(self._run())

    def _notes(self) -> Mapping[tuple[str, str], str]:
        return self._journal.notes.all(_KIND)

    async def _run(self) -> None:
        try:
            while notes := self._notes():
                (network, user), after = next(iter(notes.items()))
                await self._take_back(network, UserId(user), int(after))
        except Exception as error:  # noqa: BLE001 the relay goes on; a restart goes on with it
            self._complaints.tell("taking back", f"copies are not taken back: {error!r}", error)
        finally:
            self._task = None

    async def _take_back(self, network: str, user: UserId, after: int) -> None:
        batch: list[tuple[int, MessageId]] = []
        count = 0
        async for seen in self._theirs([key_of(network, user)], after):
            if (removal := self._remove(seen.seq, seen.network, RoomId(seen.room))) is not None:
                batch.append(removal)
                count += 1
            if len(batch) >= _AT_ONCE:
                await self._done(batch)
                batch = []
                self._note(network, user, str(seen.seq))
        await self._done(batch)
        self._note(network, user, None)
        if count:
            log.info("copies of %s of one person were taken back", counted(count, "message"))

    def _note(self, network: str, user: str, after: str | None) -> None:
        try:
            if after is None:
                self._journal.notes.drop(_KIND, network, user)
            else:
                self._journal.notes.keep(_KIND, network, user, after)
        except JournalError:
            log.warning("how far copies are taken back cannot be noted: after a restart it is tried again")

    def _remove(self, seq: int, network: str, room: RoomId) -> tuple[int, MessageId] | None:
        """Have the copies of something taken back. Returns the room's number and the name of what does it;
        None: there is none that can be.
        """
        journal = self._journal
        rooms = tuple(number for number in self._having(seq, network, room) if self._can_delete(number))
        home = journal.number(network, room)
        parts = journal.parts(seq, home)
        if not rooms or not parts:
            return None
        removal = Removed(
            id=MessageId(f"hubbub-erased-{seq}"),
            room=room,
            sender=Sender(US, ""),
            target=parts[0].id,
            by_moderator=True,
        )
        journal.take(home, removal, rooms)
        return home, removal.id

    async def _done(self, batch: Sequence[tuple[int, MessageId]]) -> None:
        """Wait until all of these are settled."""
        self._router.dispatch.commit()
        seqs = [seq for room, name in batch if (seq := self._journal.origin(room, name)) is not None]
        while any(self._journal.is_owed(seq) for seq in seqs):
            await self._journal.clock.sleep(_GLANCE)


def _keys(network: str, sender: Sender) -> set[str]:
    return {f"{network}/{known}" for known in (sender.id, sender.proof) if known}
