"""What the journal can be asked."""

import hashlib
import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass, replace

from bridge.errors import JournalError
from bridge.journal import codec
from bridge.journal.progress import FILES, UNBEGUN, Progress
from bridge.journal.progress import from_row as progress_of
from bridge.model import (
    Content,
    MessageCreated,
    MessageEdited,
    MessageId,
    Part,
    RoomId,
    Sender,
    TalkEvent,
    Txn,
    UserId,
)

from . import gaps

__all__ = ["BEING_HEARD", "Delivery", "Reading", "Standing"]

BEING_HEARD = 9e99
"""Stands for the time until which a room was heard, while it is."""


_LATELY = 2000
_JUST_NOW = 200
"""So many events back."""
_EDITED = 5000
"""So many events after a message, its edits are looked for."""


@dataclass(slots=True, eq=False)
class Delivery:
    """One event owed to one room."""

    seq: int
    """The event's place in the order of taking."""
    source: int
    """The number of the room that it comes from."""
    room: int
    """The number of the room that it goes to."""
    event: TalkEvent
    said_at: float
    """When it was taken, or, for history, when it was said; in seconds since 1970."""
    progress: Progress = UNBEGUN
    """What of it has been delivered."""
    tried_at: float = 0.0
    """When what follows was first sent, if it may have arrived; 0: it has surely not."""
    refused: int = 0
    """How often the room refused it."""
    doubts: int = 0
    """How often nobody could tell whether it had arrived."""
    again: bool = False
    """Whether it may arrive a second time."""
    revived: bool = False
    """Whether it had been given up."""
    carries: "tuple[Delivery, ...]" = ()
    """Edits that it shows already, and that are settled with it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the journal remembers of a room itself."""

    heard: float | None = None
    """Until when it was heard; `BEING_HEARD`: it is; None: it never was."""
    open: bool = False
    """Whether something may be on its way there."""


class Reading:
    """The journal as it stands on disk."""

    _database: sqlite3.Connection
    _key: bytes

    def position(self, network: str, scope: str) -> str | None:
        """The last durable token of a network's scope."""
        row = self._database.execute(
            "SELECT token FROM position WHERE network = ? AND scope = ?", (network, scope)
        ).fetchone()
        return row[0] if row else None

    def number(self, network: str, room: RoomId) -> int:
        """The number that stands for a room in this journal, given on first use.

        Raises JournalError when it cannot be written.
        """
        insert = "INSERT OR IGNORE INTO room (network, room) VALUES (?, ?)"
        try:
            self._database.execute(insert, (network, room))
        except sqlite3.Error as error:
            raise JournalError(f"the journal cannot be written ({error}): look at its disk") from error
        find = "SELECT number FROM room WHERE network = ? AND room = ?"
        number: int = self._database.execute(find, (network, room)).fetchone()[0]
        return number

    def standing(self, room: int) -> Standing:
        """What is known of a room."""
        row = self._database.execute("SELECT heard, open FROM room WHERE number = ?", (room,)).fetchone()
        return Standing(row[0], bool(row[1])) if row else Standing()

    def untold(self) -> dict[int, gaps.Gap]:
        """Return what people have yet to be told of each room, by its number."""
        return gaps.read(self._database)

    def owed(self, room: int, after: int = 0, limit: int = 1000) -> list[Delivery]:
        """The committed deliveries owed to a room, in order, from behind the event `after`."""
        rows = self._database.execute(
            "SELECT delivery.seq, event.room, taken_at, again.seq IS NOT NULL, revived, type, body, "
            "chars, promised, files, late, named "
            "FROM delivery JOIN event USING (seq) LEFT JOIN again "
            "ON again.room = delivery.room AND again.seq = delivery.seq "
            "WHERE delivery.room = ? AND delivery.seq > ? ORDER BY delivery.seq LIMIT ?",
            (room, after, limit),
        )
        return [
            Delivery(
                seq,
                source,
                room,
                codec.decode(kind, body),
                said_at,
                progress_of(*progress),
                again=again,
                revived=revived,
            )
            for seq, source, said_at, again, revived, kind, body, *progress in rows
        ]

    def newest(self, room: int) -> int:
        """The event that a room is owed last; 0: none."""
        query = "SELECT coalesce(max(seq), 0) FROM delivery WHERE room = ?"
        seq: int = self._database.execute(query, (room,)).fetchone()[0]
        return seq

    def rooms_owed(self) -> dict[int, tuple[str, str]]:
        """The rooms that something is owed to: number to network and room."""
        rows = self._database.execute(
            "SELECT number, network, room.room FROM room WHERE number IN (SELECT DISTINCT room FROM delivery)"
        )
        return {number: (network, room) for number, network, room in rows}

    def origin(self, room: int, name: MessageId) -> int | None:
        """The event that a name stands for in a room, whether as origin or as copy; None: unknown here."""
        row = self._database.execute(
            "SELECT seq FROM event WHERE room = :room AND id = :name "
            "UNION ALL SELECT seq FROM link WHERE room = :room AND id = :name LIMIT 1",
            {"room": room, "name": name},
        ).fetchone()
        return row[0] if row else None

    def about(self, room: int, name: MessageId) -> int | None:
        """The event that a name in a room is about: of an edit, however many hops away, what it edits."""
        seq = self.origin(room, name)
        while seq is not None and isinstance(event := self.event(seq), MessageEdited):
            home = self.taken_in(seq)
            before = self.origin(home, event.target) if home is not None else None
            if before is None or before >= seq:
                break
            seq = before
        return seq

    def is_by(self, seq: int, source: int, event: TalkEvent) -> bool:
        """Whether it is known that whoever did this in a room said what was taken under a number, also when
        its words are forgotten. Ids mean somebody only on the network that gave them.
        """
        author, home = self.sender(seq), self.taken_in(seq)
        if author is None or home is None or author.id != event.sender.id:
            return False
        networks = "SELECT count(DISTINCT network) FROM room WHERE number IN (?, ?)"
        return home == source or bool(self._database.execute(networks, (home, source)).fetchone() == (1,))

    def is_removed(self, room: int, seq: int) -> bool:
        """Whether an event was taken back, so that nothing more is said of it in a room."""
        query = "SELECT EXISTS (SELECT 1 FROM removed WHERE room = ? AND seq = ?)"
        return bool(self._database.execute(query, (room, seq)).fetchone()[0])

    def event(self, seq: int) -> TalkEvent | None:
        """What was taken under a number; None: it is not known any more."""
        row = self._database.execute("SELECT type, body FROM event WHERE seq = ?", (seq,)).fetchone()
        if row is None or row[1] is None or row[0] == codec.ERASED:
            return None
        return codec.decode(row[0], row[1])

    def words(self, seq: int, before: int) -> Content | None:
        """Return what a message said before a later event, as its author had edited it last by then, with the
        files that it came with; None: it is not known any more.
        """
        said, home = self.event(seq), self.taken_in(seq)
        if not isinstance(said, MessageCreated) or home is None:
            return None
        edits = self._database.execute(
            "SELECT seq FROM event WHERE seq > ? AND seq < min(?, ? + ?) AND room = ? AND type = ? "
            "ORDER BY seq DESC",
            (seq, before, seq, _EDITED, home, codec.EDIT),
        )
        for (number,) in edits:
            edit = self.event(number)
            if (
                isinstance(edit, MessageEdited)
                and self.about(home, edit.target) == seq
                and edit.sender.id == said.sender.id
            ):
                return replace(edit.content, attachments=said.content.attachments)
        return said.content

    def sender(self, seq: int) -> Sender | None:
        """Who said what was taken under a number, also when that was erased; None: it is not known."""
        row = self._database.execute("SELECT type, body FROM event WHERE seq = ?", (seq,)).fetchone()
        return codec.sender(row[0], row[1]) if row is not None and row[1] is not None else None

    def lately(self, room: int, sources: Collection[int], count: int) -> list[int]:
        """The last messages that people in a room saw, of those that were said there or in these sources."""
        rows = self._database.execute(
            "SELECT seq FROM event WHERE seq > (SELECT max(seq) FROM event) - ? AND type = ? "
            "AND room IN (SELECT value FROM json_each(?)) AND NOT EXISTS "
            "(SELECT 1 FROM delivery WHERE delivery.room = ? AND delivery.seq = event.seq) "
            "ORDER BY seq DESC LIMIT ?",
            (_JUST_NOW, codec.MESSAGE, json.dumps([room, *sources]), room, count),
        )
        return [seq for (seq,) in rows][::-1]

    def speakers(self, room: int) -> dict[str, UserId]:
        """Who spoke in a room not long ago, by name."""
        rows = self._database.execute(
            "SELECT type, body FROM event WHERE seq > (SELECT max(seq) FROM event) - ? AND room = ? "
            "AND body IS NOT NULL AND type != ? ORDER BY seq",
            (_LATELY, room, codec.ERASED),
        )
        senders = [codec.decode(kind, body).sender for kind, body in rows]
        return {sender.name: sender.id for sender in senders if sender.id}

    def voices(self, rooms: Collection[int], since: float) -> list[tuple[int, Sender]]:
        """List who spoke in these rooms not long ago and since then, and where: each once, under their last
        name, who has had theirs for longest first.
        """
        rows = self._database.execute(
            "SELECT room, type, body FROM event WHERE seq > (SELECT max(seq) FROM event) - ? "
            "AND taken_at > ? AND room IN (SELECT value FROM json_each(?)) "
            "AND body IS NOT NULL AND type = ? ORDER BY seq",
            (_LATELY, since, json.dumps([*rooms]), codec.MESSAGE),
        )
        found: dict[tuple[int, UserId], Sender] = {}
        for room, kind, body in rows:
            sender = codec.sender(kind, body)
            if found.get((room, sender.id)) != sender:
                found.pop((room, sender.id), None)
                found[room, sender.id] = sender
        return [(room, sender) for (room, _), sender in found.items() if sender.id]

    def is_owed(self, seq: int) -> bool:
        """Whether a delivery of an event still waits."""
        query = "SELECT EXISTS (SELECT 1 FROM delivery WHERE room IN (SELECT number FROM room) AND seq = ?)"
        return bool(self._database.execute(query, (seq,)).fetchone()[0])

    def taken_in(self, seq: int) -> int | None:
        """The number of the room that an event comes from."""
        row = self._database.execute("SELECT room FROM event WHERE seq = ?", (seq,)).fetchone()
        return row[0] if row else None

    def parts(self, seq: int, room: int, *, files: bool = True) -> list[Part]:
        """What an event is called in a room, whether it was taken there or copied to it, part by part; with
        or without those of files behind its words.
        """
        known = "SELECT id FROM event WHERE seq = ? AND room = ?"
        own = self._database.execute(known, (seq, room)).fetchone()
        names: dict[int, list[MessageId]] = {0: [MessageId(own[0])]} if own else {}
        for place, name in self._links_of(seq, room):
            if files or place < FILES:
                names.setdefault(place, []).append(MessageId(name))
        return [Part(first, tuple(others)) for first, *others in names.values()]

    def _links_of(self, seq: int, room: int) -> list[tuple[int, str]]:
        """List the further names of an event in a room, each after the place of its part."""
        query = "SELECT place, id FROM link WHERE seq = ? AND room = ? ORDER BY place, alias"
        return self._database.execute(query, (seq, room)).fetchall()

    def reactions(self, seq: int, room: int) -> tuple[str, ...]:
        """What people in all rooms but this one react to a message with, the first first."""
        rows = self._database.execute(
            "SELECT emoji FROM reaction WHERE seq = ? AND room != ? GROUP BY emoji ORDER BY min(number)",
            (seq, room),
        )
        return tuple([emoji for (emoji,) in rows])

    def txn(self, delivery: Delivery) -> Txn:
        """The id of a delivery's next part: the same after a crash, and nobody else's to guess."""
        number = f"{delivery.seq:x}.{delivery.room:x}.{delivery.progress.place:x}"
        return Txn(f"{number}.{self._hash(number)}")

    def is_ours(self, mark: str) -> bool:
        """Whether a message's mark is a txn that this journal gave."""
        number, _, found = mark.rpartition(".")
        return found == self._hash(number)

    def secret(self, purpose: bytes) -> bytes:
        """A key for something else, which tells nothing of the journal's own."""
        return hashlib.blake2b(purpose, key=self._key, digest_size=32).digest()

    def _hash(self, number: str) -> str:
        return hashlib.blake2b(number.encode(), key=self._key, digest_size=8).hexdigest()
