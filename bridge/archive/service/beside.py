"""Collects what is archived though it stands in no journal: what became of deliveries, who came and went,
silences, connections, files. It waits in memory until it is filed.
"""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice, takewhile

from bridge.archive.entering import member
from bridge.archive.entries import Copy, EntryKind, Header, Peer, Silence
from bridge.archive.process.parcels import COPY, CopyNote, Fact, FetchedNote
from bridge.complaints import Complaints
from bridge.config.words import counted
from bridge.endpoints import Endpoint
from bridge.journal import Delivery, Gap, Journal
from bridge.model import Change, MemberChanged, MessageCreated, Part, RoomId
from bridge.relay import Router

from .policy import NOTHING, Policy

__all__ = ["Beside"]

log = logging.getLogger(__name__)

_MOST = 50_000
"""So much waits at most. Of what is more, deliveries are found in the journal again."""
_TOGETHER = 500
_SILENT = (Change.PICTURED,)


_Waiting = CopyNote | Fact | FetchedNote | tuple[object, ...]
"""What waits; of a delivery the values of a `CopyNote`, which are the same once packed and cost less."""


@dataclass(slots=True)
class Beside:
    """Collects it, while something is archived."""

    router: Router
    policy: Policy = NOTHING
    news: Callable[[], None] = lambda: None
    """Called when something is there to be filed."""
    dropped: int = 0
    """The first event of which a delivery was left out since too much waited; 0: none."""
    number: int = 1
    """Of the first that waits, counted through all that was ever filed."""
    _counting: bool = False
    """Whether that is known: the archive says it."""
    _waiting: deque[tuple[int, _Waiting]] = field(default_factory=deque)
    """Each with the event that has to be filed before it."""
    _sources: dict[int, tuple[str, RoomId]] = field(default_factory=dict)
    """The rooms that are archived, by number."""
    _places: dict[int, tuple[str, RoomId]] = field(default_factory=dict)
    """All rooms of the map, by number."""
    _peers: dict[str, Endpoint | None] = field(default_factory=dict)
    _files: dict[tuple[int, str], None] = field(default_factory=dict)
    """Files that were noted: messages and digests."""
    _complaints: Complaints = field(default_factory=lambda: Complaints(log))

    @property
    def _journal(self) -> Journal:
        return self.router.journal

    def follow(self, policy: Policy) -> None:
        """Collect for this policy from now on."""
        others, self.policy = policy.rooms != self.policy.rooms, policy
        by_name = self.router.rooms.by_name
        self._places = {worker.room.number: place for place, worker in by_name.items()} if policy else {}
        self._sources = {number: place for number, place in self._places.items() if place in policy.by_room}
        router = self.router
        for known, ours in (
            (router.dispatch.ended, self._end),
            (router.fetches, self._fetched),
            (router.joins, self._look_at),
        ):
            if policy and ours not in known:
                known.append(ours)  # type: ignore[arg-type] # each to its own
            elif not policy and ours in known:
                known.remove(ours)  # type: ignore[arg-type]
        if others:  # what is archived from now on begins with who is there
            self._peers.clear()
            self.look()

    # What waits

    def ready(self, upto: int) -> list[_Waiting]:
        """Return the first that can be filed once all events up to this one are."""
        found = takewhile(lambda one: one[0] <= upto, islice(self._waiting, _TOGETHER))
        return [one for _, one in found]

    def waits_for(self, upto: int) -> bool:
        """Whether something can be filed once all events up to this one are."""
        return bool(self._waiting) and self._waiting[0][0] <= upto

    def agree(self, filed: int) -> None:
        """Count on from what was filed, by the archive's word: what of it still waits here does no more."""
        if self.number <= filed < self.number + len(self._waiting) and self._counting:
            self.filed(filed)
        else:
            self.number = filed + 1
        self._counting = True

    def filed(self, number: int) -> None:
        """Note that all up to this number was filed."""
        count = max(min(number + 1 - self.number, len(self._waiting)), 0)
        for _ in range(count):
            self._waiting.popleft()
        self.number += count

    def has_room(self) -> bool:
        """Whether much more may wait."""
        return len(self._waiting) < _MOST // 2

    def first(self) -> float:
        """Return the first event that something waits for; infinity: none."""
        return min((seq for seq, _ in self._waiting), default=float("inf"))

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, fact: Fact | CopyNote | FetchedNote, seq: int | None = None) -> None:
        """Have something filed; behind this event, or behind all that there are."""
        self._put(self._journal.latest() if seq is None else seq, fact)

    def _put(self, seq: int, what: _Waiting) -> None:
        if len(self._waiting) < _MOST:
            self._waiting.append((seq, what))
            if len(self._waiting) == 1:
                self.news()
        elif isinstance(what, tuple):
            self.dropped = self.dropped or seq
        else:
            sentence = "too much waits to be archived: who came and went is left out until there is room"
            self._complaints.tell("waiting", sentence, level=logging.WARNING)

    # What is heard

    def hear(self, network: str, event: MemberChanged) -> None:
        """Take note of who came and went."""
        if event.speaker or event.change in _SILENT:
            return
        if names := self.policy.by_room.get((network, event.room)):
            self.add(Fact(names, *member(network, event, self._journal.clock.now())))

    def silent(self, number: int, since: float | None, gap: Gap) -> None:
        """Take note of a time in which a room was not heard."""
        if (place := self._sources.get(number)) is None:
            return
        silence = Silence(
            since=since, until=gap.until, left_out=gap.left_out, unheard=gap.unheard, partly=gap.partly
        )
        network, room = place
        header = Header(kind=EntryKind.SILENCE, at=gap.until, network=network, room=room, silence=silence)
        self.add(Fact(self.policy.by_room[place], header))

    def look(self) -> None:
        """Take note of connections that stand: every few seconds."""
        for network in self.router.rooms.adapters:
            self._look_at(network)

    def _look_at(self, network: str) -> None:
        """Take note of the connection to a network, if somebody else is at the other end than before."""
        adapter = self.router.rooms.adapters.get(network)
        peer = adapter.peer() if adapter is not None else None
        if peer == self._peers.get(network):
            return
        self._peers[network] = peer
        names = tuple(name for name in self.policy.kept if network in self.policy.networks(name))
        if names and peer is not None:
            there = Peer(server=peer.server, tls=peer.tls, certificate=peer.certificate)
            now = self._journal.clock.now()
            header = Header(kind=EntryKind.LINK, at=now, network=network, peer=there)
            self.add(Fact(names, header))

    def _fetched(self, seq: int) -> None:
        event, number = self._journal.event(seq), self._journal.taken_in(seq)
        if number not in self._sources or not isinstance(event, MessageCreated):
            return
        network, room = self._sources[number]
        for file in self.router.attached.here(network, seq, event.content):
            if (seq, file.digest) in self._files:
                continue
            self._files[seq, file.digest] = None
            if len(self._files) > _MOST:
                del self._files[next(iter(self._files))]
            now = self._journal.clock.now()
            note = FetchedNote(
                network, room, event.id, now, file.name, file.type, file.size, file.digest, str(file.path)
            )
            self.add(note, seq)

    # What became of deliveries

    def _end(self, delivery: Delivery, outcome: str, reason: str, parts: tuple[Part, ...] | None) -> None:
        source = self._sources.get(delivery.source)
        if source is None or not (reason or outcome == "delivered"):
            return
        seq, room = delivery.seq, delivery.room
        names, speaker = _named(self._journal.parts(seq, room) if parts is None else parts)
        there = self._places.get(room) or ("", "")
        now = self._journal.clock.now()
        self._put(seq, (COPY, *source, delivery.event.id, *there, now, names, speaker, reason, False))

    def late(self, seq: int, source: tuple[str, RoomId], room: int, name: str) -> None:
        """Have the copy filed that an event has in a room, if it has one and that was not filed."""
        names, speaker = _named(self._journal.parts(seq, room))
        if names:
            there, now = self._places.get(room) or ("", ""), self._journal.clock.now()
            self.add(CopyNote(*source, name, *there, now, names, speaker, late=True), seq)

    def buried(self, number: int, reason: str, count: int) -> None:
        """Take note that so many deliveries to a room were given up at once."""
        worker = self.router.workers.get(number)
        if worker is None or not self.policy:
            return
        place = worker.room.adapter.network, worker.room.id
        names = tuple(name for name, rooms in self.policy.rooms.items() if place in rooms)
        if names:
            many = f"{reason} ({counted(count, 'message')} at once)"
            copy = Copy(network=place[0], room=place[1], reason=many)
            now = self._journal.clock.now()
            header = Header(kind=EntryKind.COPY, at=now, network=place[0], room=place[1], copy=copy)
            self.add(Fact(names, header))


def _named(parts: Sequence[Part]) -> tuple[tuple[str, ...], str | None]:
    """Return all names of what arrived, and who said it there."""
    if len(parts) == 1:  # nearly always
        (part,) = parts
        return (part.id, *part.aliases), part.speaker
    names = tuple(name for part in parts for name in (part.id, *part.aliases))
    return names, parts[0].speaker if parts else None
