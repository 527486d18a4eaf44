"""Commits what waits in the journal, and hands each room what it is owed, behind a wall of its own.

Nothing is sent while something is read or committed: rooms that have something to do say so, and have their
turn from the loop, once for everything that came in together.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from bridge.clock import Timer
from bridge.complaints import Complaints
from bridge.compose.attachments import Attachments
from bridge.errors import JournalError
from bridge.journal import Delivery, Journal, Taken
from bridge.model import MessageCreated, Part, Removed, TalkEvent

from .tally import Spread

__all__ = ["Dispatch", "Ended", "Recipient"]

log = logging.getLogger(__name__)

_LATE = 1.0
"""How long what nobody waits for, and a kill would not lose, may wait to be committed with other things, in
seconds.
"""
_SOON = 0.05
"""The same of what a kill would lose."""
_MOST_UNKEPT = 100
"""So many receipts at most would be lost by a kill: what is looked up after it has to hold them all."""
_RETRY = 1.0
"""After how long is tried again what the disk did not take, or a room could not do, in seconds."""


Ended = Callable[[Delivery, str, str, tuple[Part, ...] | None], None]
"""Is told that a delivery is settled, how, why, and as which parts; None: the journal knows those. For people
who look on, so it must not raise.
"""


class Recipient(Protocol):
    """A room that is delivered to."""

    def about(self, delivery: int | None = None) -> Mapping[str, str | int]:
        """Return the keys of a log line about it."""

    def said(self, seq: int, event: TalkEvent) -> None:
        """Note that somebody did something in this very room, which is on record."""

    def offer(self, delivery: Delivery) -> None:
        """Take on a delivery, which is on record."""

    def recorded(self) -> None:
        """Go on: what the room noted is on record."""

    def pump(self) -> None:
        """Do all that may be done now."""

    def restart(self) -> None:
        """Begin again from the journal: something went wrong."""


class Dispatch:
    """Gives every room its turns."""

    def __init__(
        self,
        journal: Journal,
        rooms: Mapping[int, Recipient],
        attached: Attachments,
        network: Callable[[int], str],
    ) -> None:
        """`rooms` are by number, and change with the map; `network` gives the name of a room's."""
        self.journal = journal
        self._rooms = rooms
        self._attached = attached
        self._network = network
        clock = self._clock = journal.clock
        self._awake: dict[Recipient, None] = {}
        """In the order of waking: they have their turn next."""
        self._recording: dict[Recipient, None] = {}
        """What these noted has to be on record before they go on."""
        self._broken: dict[Recipient, None] = {}
        """These could not even begin again."""
        self._removals: dict[int, Taken] = {}
        self._next: asyncio.Handle | None = None
        self._later: Timer | None = None
        self._durable: asyncio.Future[None] | None = None
        self._complaints = Complaints(log, clock)
        self.commits = Spread()
        """How long the commits took that were no failure."""
        self.news: list[asyncio.Event] = []
        """Set when something was taken."""
        self.ended: list[Ended] = []
        """Those who want to know what becomes of each delivery."""

    def wake(self, room: Recipient) -> None:
        """Give a room its turn soon."""
        self._awake[room] = None
        self._soon()

    def record(self, room: Recipient) -> None:
        """Have what a room noted committed before its next turn."""
        self._recording[room] = None
        self._soon()

    def committed(self) -> "asyncio.Future[None]":
        """Commit what waits; done once it is durable."""
        done = self._durable
        if done is None:
            done = self._durable = asyncio.get_running_loop().create_future()
        self.commit()
        return done

    def commit(self) -> None:
        """Commit what waits, and hand over what was taken. What the disk does not take is tried again."""
        if self.journal.failing and self._later is not None:
            return
        began = self._clock.monotonic()
        try:
            taken = self.journal.commit()
        except Exception as error:  # noqa: BLE001 what was taken is handed over by the next commit
            if not isinstance(error, JournalError):  # which has said so
                self._complaints.tell("committing", f"a commit failed: a bug ({error!r})", error)
            self._try_later(_RETRY)
            return
        took = self._clock.monotonic() - began
        self._complaints.safely("counting commits", partial(self.commits.add, took))
        if taken and not self._complaints.safely("handing over what was taken", partial(self._hand, taken)):
            for room in self._rooms.values():
                self._restart(room)
        if taken:
            for news in self.news:
                news.set()
        self._tell()
        done, self._durable = self._durable, None
        if done is not None and not done.done():
            done.set_result(None)

    def turn(self) -> None:
        """Let all that are awake do what they can."""
        kept = self.journal.keep()
        if kept:
            self._tell()
        elif self._recording or self.journal.unkept >= _MOST_UNKEPT:
            self.commit()
        removals, self._removals = self._removals, {}
        for removal in removals.values():  # the queues hold nothing of it any more
            self._complaints.safely("forgetting what was taken back", partial(self._take_back, removal))
        broken, self._broken = self._broken, {}
        for room in broken:
            self._restart(room)
        if self._next is not None:  # only now, so that who woke before has this turn and no other
            self._next.cancel()
            self._next = None
        awake, self._awake = self._awake, {}
        for room in awake:
            try:
                room.pump()
            except Exception as error:  # noqa: BLE001 the others have their turn
                self._failed(room, error)
        if self.journal.waiting:
            self._try_later(_LATE if kept else _SOON)

    def close(self) -> None:
        """Give no more turns."""
        for handle in (self._next, self._later):
            if handle is not None:
                handle.cancel()

    def _soon(self) -> None:
        if self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self.turn)

    def _try_later(self, seconds: float) -> None:
        if self._later is None:
            self._later = self._clock.call_later(seconds, self._commit_late)

    def _commit_late(self) -> None:
        self._later = None
        self.commit()

    def _hand(self, events: list[Taken]) -> None:
        find, told = self._rooms.get, log.isEnabledFor(logging.DEBUG)
        for taken in events:
            seq, source, event, rooms, said_at = taken
            room = find(source)
            if told and room is not None:
                log.debug("%s: %s is taken", room, event.id, extra=room.about(seq))
            if room is not None:
                try:
                    room.said(seq, event)
                except Exception as error:  # noqa: BLE001 the others have to get theirs
                    self._failed(room, error)
            if isinstance(event, Removed):
                self._removals[seq] = taken
            elif isinstance(event, MessageCreated) and event.content.attachments:
                fetch = partial(self._attached.fetch, self._network(source), seq, event.content)
                self._complaints.safely("fetching files", fetch)
            for number in rooms:
                if (room := find(number)) is None:
                    continue  # its worker is being replaced: that finds it in the journal
                try:
                    room.offer(Delivery(seq, source, number, event, said_at))
                except Exception as error:  # noqa: BLE001 the others have to get theirs
                    self._failed(room, error)
                self._awake[room] = None
        self._soon()

    def _tell(self) -> None:
        """Tell rooms that what they noted is on record."""
        recording, self._recording = self._recording, {}
        for room in recording:
            try:
                room.recorded()
            except Exception as error:  # noqa: BLE001 the others have to hear of it
                self._failed(room, error)

    def _take_back(self, removal: Taken) -> None:
        """Forget the words and files of what was taken back."""
        event = removal.event
        assert isinstance(event, Removed)
        seq = self.journal.taken_back(removal.source, event)
        if seq is not None:
            self._attached.forget(seq)
            self.journal.erase(seq)

    def _failed(self, room: Recipient, error: Exception) -> None:
        """Let a room that raised begin again from the journal; no other notices."""
        sentence = f"{room} begins again from the journal: a bug ({error!r})"
        self._complaints.tell(f"beginning again {room}", sentence, error, keys=room.about())
        self._restart(room)

    def _restart(self, room: Recipient) -> None:
        if not self._complaints.safely(f"beginning again with {room}", room.restart):
            self._broken[room] = None
