"""What a journal can be asked by those who relay. Only `app` knows which one it is: the one on disk
(`sqlite/`), or one that ends with the process (`memory/`).
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from bridge.adapter import Position
from bridge.clock import Clock
from bridge.model import (
    Content,
    MessageCreated,
    MessageEdited,
    MessageId,
    Part,
    Removed,
    RoomId,
    Sender,
    TalkEvent,
    Txn,
    UserId,
)

from .beside import Notes, OpenedConversations
from .progress import Progress
from .records import Delivery, Gap, Observed, Oldest, Standing, Taken

__all__ = [
    "JUST_NOW",
    "LATELY",
    "Admin",
    "Following",
    "Journal",
    "Recall",
    "Recording",
    "Upkeep",
]

LATELY = 2000
"""So many events back somebody spoke not long ago."""
JUST_NOW = 200
"""So many events back people still see what was said."""
_EDITED = 5000
"""So many events after a message, its edits are looked for."""


class Recording(ABC):
    """What is written: it waits until `commit` writes it, all of it in one transaction."""

    failing: bool
    """Whether it cannot be written now."""
    known: Counter[int]
    """How many events came that had been taken before, since the start, by the number of their room."""

    @abstractmethod
    def take(self, source: int, event: TalkEvent, rooms: tuple[int, ...]) -> None:
        """Take an event that is owed to these rooms. One that was taken before changes nothing."""

    @abstractmethod
    def reach(self, network: str, position: Position) -> None:
        """Note how far a network has been read: committed together with what was taken before."""

    @abstractmethod
    def deliver(self, delivery: Delivery, part: Part | None, then: Progress | None) -> None:
        """Note that the next part of the delivery arrived, and how far it has come; None: all of it has."""

    @abstractmethod
    def give_up(self, delivery: Delivery, reason: str) -> None:
        """Note that the delivery, or the rest of it, will not be made, and why."""

    @abstractmethod
    def skip(self, delivery: Delivery) -> None:
        """Note that there is nothing to deliver."""

    @abstractmethod
    def repeat(self, delivery: Delivery) -> None:
        """Note that the delivery is made again although it may have arrived."""

    @abstractmethod
    def stand(self, room: int, standing: Standing) -> None:
        """Note how we stand with a room."""

    @abstractmethod
    def keep_gap(self, room: int, gap: Gap) -> None:
        """Note what people have yet to be told of a room."""

    @abstractmethod
    def commit(self) -> list[Taken]:
        """Write all that waits. Returns the events that were new, in order, among all that was written since
        the last call. Raises JournalError; then nothing was written, and all of it still waits.
        """

    @abstractmethod
    def write(self) -> bool:
        """Write all that waits, so that what is read is how it stands. Returns whether that could be done."""

    @abstractmethod
    def keep(self) -> bool:
        """Have what was noted of deliveries outlive a kill, without a commit. Returns whether that could be
        done, and nothing else waits for a commit.
        """

    @property
    @abstractmethod
    def unkept(self) -> int:
        """The number of receipts that would be lost by a kill."""

    @property
    @abstractmethod
    def waiting(self) -> bool:
        """Whether anything was noted that is not written."""


class Recall(ABC):
    """What is known, as it was committed. Names of messages are known at once. It is at hand: nothing is
    awaited, and reading writes nothing.
    """

    # Of rooms and networks

    @abstractmethod
    def number(self, network: str, room: RoomId) -> int:
        """Return the number that stands for a room in this journal, given on first use, and for good.

        Raises JournalError when it cannot be written.
        """

    @abstractmethod
    def room(self, number: int) -> tuple[str, RoomId] | None:
        """Return the network and the room that a number stands for."""

    @abstractmethod
    def position(self, network: str, scope: str) -> str | None:
        """Return the last durable token of a network's scope."""

    @abstractmethod
    def standing(self, room: int) -> Standing:
        """Return what is known of a room."""

    @abstractmethod
    def untold(self) -> dict[int, Gap]:
        """Return the times that people have yet to be told of, by the room's number."""

    # Of what is owed

    @abstractmethod
    def owed(self, room: int, after: int = 0, limit: int = 1000) -> list[Delivery]:
        """Return the deliveries owed to a room, in order, from behind the event `after`."""

    @abstractmethod
    def newest(self, room: int) -> int:
        """Return the event that a room is owed last; 0: none."""

    @abstractmethod
    def rooms_owed(self) -> dict[int, tuple[str, str]]:
        """Return the rooms that something is owed to: number to network and room."""

    @abstractmethod
    def is_owed(self, seq: int) -> bool:
        """Whether a delivery of an event still waits."""

    @abstractmethod
    def txn(self, delivery: Delivery) -> Txn:
        """Return the id of a delivery's next part: the same after a crash, and nobody else's to guess."""

    @abstractmethod
    def is_ours(self, mark: str) -> bool:
        """Whether a message's mark is a txn that this journal gave."""

    @abstractmethod
    def secret(self, purpose: bytes) -> bytes:
        """Return a key for something else, which tells nothing of the journal's own."""

    # Of what was said: events by their numbers

    @abstractmethod
    def origin(self, room: int, name: MessageId) -> int | None:
        """Return the event that a name stands for in a room, whether as origin or as copy; None: unknown
        here.
        """

    @abstractmethod
    def event(self, seq: int) -> TalkEvent | None:
        """Return the event that was taken under a number; None: it is not known any more."""

    @abstractmethod
    def taken_in(self, seq: int) -> int | None:
        """Return the number of the room that an event comes from."""

    @abstractmethod
    def sender(self, seq: int) -> Sender | None:
        """Return the sender of the event under a number, also when that was erased; None: it is not known."""

    @abstractmethod
    def is_removed(self, room: int, seq: int) -> bool:
        """Whether an event was taken back, so that nothing more is said of it in a room."""

    @abstractmethod
    def is_withdrawn(self, room: int, seq: int) -> bool:
        """Whether an event was taken back while it was still owed to a room."""

    @abstractmethod
    def parts(self, seq: int, room: int, *, files: bool = True) -> list[Part]:
        """Return the names of an event in a room, whether it was taken there or copied to it, part by part;
        with or without those of files behind its words.
        """

    @abstractmethod
    def reactions(self, seq: int, room: int) -> list[tuple[int, UserId, str]]:
        """List the reactions to a message, but for this room's: room, person and emoji, in order."""

    # Of people

    @abstractmethod
    def lately(self, room: int, sources: Collection[int], count: int) -> list[int]:
        """Return the last messages that people in a room saw, of those said there or in these sources."""

    @abstractmethod
    def speakers(self, room: int) -> dict[str, UserId]:
        """Return the people who spoke in a room not long ago, by name."""

    @abstractmethod
    def _spoke(self, rooms: Collection[int], since: float) -> Iterable[tuple[int, Sender]]:
        """List who said a message in these rooms not long ago and since then, and where, in that order."""

    # What follows from these

    def voices(self, rooms: Collection[int], since: float) -> list[tuple[int, Sender]]:
        """List the people who spoke in these rooms not long ago and since then, and where: each once, under
        their last name, first those who have had theirs for longest.
        """
        found: dict[tuple[int, UserId], Sender] = {}
        for room, sender in self._spoke(rooms, since):
            if found.get((room, sender.id)) != sender:
                found.pop((room, sender.id), None)
                found[room, sender.id] = sender
        return [(room, sender) for (room, _), sender in found.items() if sender.id]

    def about(self, room: int, name: MessageId) -> int | None:
        """Return the event that a name in a room is about: of an edit, what it edits, however many hops away.

        None: unknown here.
        """
        seq = self.origin(room, name)
        while seq is not None and isinstance(event := self.event(seq), MessageEdited):
            home = self.taken_in(seq)
            before = self.origin(home, event.target) if home is not None else None
            if before is None or before >= seq:
                break
            seq = before
        return seq

    def words(self, seq: int, before: int) -> Content | None:
        """Return what a message said before a later event, as its author had edited it last by then, with the
        files that it came with; None: it is not known any more.
        """
        said, home = self.event(seq), self.taken_in(seq)
        if not isinstance(said, MessageCreated) or home is None:
            return None
        for number in self._edits(home, seq, min(before, seq + _EDITED)):
            edit = self.event(number)
            if (
                isinstance(edit, MessageEdited)
                and self.about(home, edit.target) == seq
                and edit.sender.author == said.sender.author
            ):
                return replace(edit.content, attachments=said.content.attachments)
        return said.content

    @abstractmethod
    def _edits(self, room: int, after: int, before: int) -> Iterable[int]:
        """Yield the edits that were taken in a room between two events, the last first."""

    def is_by(self, seq: int, source: int, event: TalkEvent) -> bool:
        """Whether the author of this event in a room is known to have said what was taken under a number,
        also when its words are forgotten. Ids mean somebody only on the network that gave them.
        """
        author, home = self.sender(seq), self.taken_in(seq)
        if author is None or home is None or author.author != event.sender.author:
            return False
        if home == source:
            return True
        there, here = self.room(home), self.room(source)
        return there is not None and here is not None and there[0] == here[0]

    def taken_back(self, source: int, removal: Removed) -> int | None:
        """Return the event that a removal in a room takes back, where its author may."""
        seq = self.origin(source, removal.target)
        if seq is None or not (removal.by_moderator or self.is_by(seq, source, removal)):
            return None
        return seq


class Upkeep(ABC):
    """What is done beside the commits, in steps that are short enough for the loop. While the journal cannot
    be written, nothing is done.
    """

    clock: Clock
    """What it tells the time by."""
    opened: OpenedConversations
    notes: Notes

    @abstractmethod
    def beat(self, heard: Mapping[str, float]) -> None:
        """Note until when each network was heard, so that a crash leaves no longer gap than it must."""

    @abstractmethod
    def bury(self, room: int, reason: str, which: Oldest) -> int:
        """Give up the oldest deliveries that a room is owed, a step of them. Returns how many."""

    @abstractmethod
    def erase(self, seq: int) -> None:
        """Forget what was said, though not by whom, since somebody who may has taken it back. What is still
        owed stays.
        """

    @abstractmethod
    def forget_rooms(self, mapped: Iterable[tuple[str, str]]) -> None:
        """Forget how far rooms were read that are not in the map: if they come back, they start at now."""

    @abstractmethod
    def prune(self, *, text_before: float, names_before: float) -> bool:
        """Erase a little of what is old and settled. Returns whether there may be more."""

    @abstractmethod
    def guard(self) -> None:
        """Raise JournalError when nobody would find what is written now."""

    @abstractmethod
    def close(self) -> None:
        """Write what is left, and let go of it."""


class Following(ABC):
    """What observers read, and how far each has come."""

    @abstractmethod
    def latest(self) -> int:
        """Return the event that was taken last; 0: none."""

    @abstractmethod
    def events(self, after: int, limit: int) -> list[Observed]:
        """Return the events behind this one, in the order of taking, at most so many."""

    @abstractmethod
    def cursor(self, observer: str) -> int | None:
        """Return the last event that an observer has seen, by its name; None: it is new."""

    @abstractmethod
    def move_cursor(self, observer: str, seq: int) -> None:
        """Note that an observer has seen all up to this event: it is written by the next commit."""


class Admin(ABC):
    """What owners' commands ask of a journal that a service uses. `admin/` does the rest, on its file."""

    @abstractmethod
    def revive(self, rows: Iterable[tuple[int, int]]) -> int:
        """Owe again what was given up, by room and event. Returns how many there were."""

    @abstractmethod
    def rename(self, old: str, new: str) -> int:
        """Give all that is a network's own to its new name. Returns how many rooms that are. Raises
        JournalError when that cannot be written.
        """


class Journal(Recording, Recall, Upkeep, Following, Admin):
    """The durable record: events taken, deliveries owed, positions reached, names of copies."""
