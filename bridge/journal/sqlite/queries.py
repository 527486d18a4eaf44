"""What is known, as the file has it."""

import json
import sqlite3
from collections.abc import Collection, Iterable
from itertools import starmap

from bridge.errors import JournalError
from bridge.journal import codec
from bridge.journal.api import JUST_NOW, LATELY
from bridge.journal.marks import Keyed
from bridge.journal.progress import FILES
from bridge.journal.progress import from_row as progress_of
from bridge.journal.records import Delivery, Gap, Observed, Standing
from bridge.model import (
    MessageId,
    Part,
    RoomId,
    Sender,
    TalkEvent,
    UserId,
)

from . import gaps
from .schema import PROGRESS

__all__ = ["Queries"]


class Queries(Keyed):
    """The journal as it stands on disk."""

    _database: sqlite3.Connection

    def position(self, network: str, scope: str) -> str | None:
        row = self._database.execute(
            "SELECT token FROM position WHERE network = ? AND scope = ?", (network, scope)
        ).fetchone()
        return row[0] if row else None

    def number(self, network: str, room: RoomId) -> int:
        find = "SELECT number FROM room WHERE network = ? AND room = ?"
        insert = "INSERT INTO room (network, room) VALUES (?, ?) RETURNING number"
        try:
            # Nothing is written of a room that is known: also on a full disk it has its number.
            known = self._database.execute(find, (network, room)).fetchone()
            number: int = (known or self._database.execute(insert, (network, room)).fetchone())[0]
        except sqlite3.Error as error:
            raise JournalError(f"the journal cannot be written ({error}): look at its disk") from error
        return number

    def room(self, number: int) -> tuple[str, RoomId] | None:
        query = "SELECT network, room FROM room WHERE number = ?"
        row: tuple[str, RoomId] | None = self._database.execute(query, (number,)).fetchone()
        return row

    def standing(self, room: int) -> Standing:
        row = self._database.execute("SELECT heard, open FROM room WHERE number = ?", (room,)).fetchone()
        return Standing(row[0], bool(row[1])) if row else Standing()

    def untold(self) -> dict[int, Gap]:
        return gaps.read(self._database)

    def owed(self, room: int, after: int = 0, limit: int = 1000) -> list[Delivery]:
        rows = self._database.execute(
            "SELECT delivery.seq, event.room, taken_at, again.seq IS NOT NULL, revived, type, body, "  # noqa: S608 our own words
            f"{PROGRESS} FROM delivery JOIN event USING (seq) LEFT JOIN again "
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
        query = "SELECT coalesce(max(seq), 0) FROM delivery WHERE room = ?"
        seq: int = self._database.execute(query, (room,)).fetchone()[0]
        return seq

    def rooms_owed(self) -> dict[int, tuple[str, str]]:
        rows = self._database.execute(
            "SELECT number, network, room.room FROM room WHERE number IN (SELECT DISTINCT room FROM delivery)"
        )
        return {number: (network, room) for number, network, room in rows}

    def origin(self, room: int, name: MessageId) -> int | None:
        row = self._database.execute(
            "SELECT seq FROM event WHERE room = :room AND id = :name "
            "UNION ALL SELECT seq FROM link WHERE room = :room AND id = :name LIMIT 1",
            {"room": room, "name": name},
        ).fetchone()
        return row[0] if row else None

    def is_removed(self, room: int, seq: int) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM removed WHERE room = ? AND seq = ?)"
        return bool(self._database.execute(query, (room, seq)).fetchone()[0])

    def event(self, seq: int) -> TalkEvent | None:
        row = self._database.execute("SELECT type, body FROM event WHERE seq = ?", (seq,)).fetchone()
        return codec.event(*row) if row is not None else None

    def _edits(self, room: int, after: int, before: int) -> Iterable[int]:
        edits = "SELECT seq FROM event WHERE seq > ? AND seq < ? AND room = ? AND type = ? ORDER BY seq DESC"
        rows = self._database.execute(edits, (after, before, room, codec.EDIT))
        return (seq for (seq,) in rows)

    def sender(self, seq: int) -> Sender | None:
        row = self._database.execute("SELECT type, body FROM event WHERE seq = ?", (seq,)).fetchone()
        return codec.sender(row[0], row[1]) if row is not None and row[1] is not None else None

    def lately(self, room: int, sources: Collection[int], count: int) -> list[int]:
        rows = self._database.execute(
            "SELECT seq FROM event WHERE seq > (SELECT max(seq) FROM event) - ? AND type = ? "
            "AND room IN (SELECT value FROM json_each(?)) AND NOT EXISTS "
            "(SELECT 1 FROM delivery WHERE delivery.room = ? AND delivery.seq = event.seq) "
            "ORDER BY seq DESC LIMIT ?",
            (JUST_NOW, codec.MESSAGE, json.dumps([room, *sources]), room, count),
        )
        return [seq for (seq,) in rows][::-1]

    def speakers(self, room: int) -> dict[str, UserId]:
        rows = self._database.execute(
            "SELECT type, body FROM event WHERE seq > (SELECT max(seq) FROM event) - ? AND room = ? "
            "AND body IS NOT NULL AND type != ? ORDER BY seq",
            (LATELY, room, codec.ERASED),
        )
        senders = [codec.decode(kind, body).sender for kind, body in rows]
        return {sender.name: sender.id for sender in senders if sender.id}

    def _spoke(self, rooms: Collection[int], since: float) -> Iterable[tuple[int, Sender]]:
        rows = self._database.execute(
            "SELECT room, type, body FROM event WHERE seq > (SELECT max(seq) FROM event) - ? "
            "AND taken_at > ? AND room IN (SELECT value FROM json_each(?)) "
            "AND body IS NOT NULL AND type = ? ORDER BY seq",
            (LATELY, since, json.dumps([*rooms]), codec.MESSAGE),
        )
        return ((room, codec.sender(kind, body)) for room, kind, body in rows)

    def is_owed(self, seq: int) -> bool:
        query = "SELECT EXISTS (SELECT 1 FROM delivery WHERE room IN (SELECT number FROM room) AND seq = ?)"
        return bool(self._database.execute(query, (seq,)).fetchone()[0])

    def taken_in(self, seq: int) -> int | None:
        row = self._database.execute("SELECT room FROM event WHERE seq = ?", (seq,)).fetchone()
        return row[0] if row else None

    def parts(self, seq: int, room: int, *, files: bool = True) -> list[Part]:
        known = "SELECT id FROM event WHERE seq = ? AND room = ?"
        own = self._database.execute(known, (seq, room)).fetchone()
        names: dict[int, list[MessageId]] = {0: [MessageId(own[0])]} if own else {}
        speakers: dict[int, str | None] = {}
        for place, name, speaker in self._links_of(seq, room):
            if files or place < FILES:
                names.setdefault(place, []).append(MessageId(name))
                speakers[place] = speaker
        return [Part(first, tuple(others), speakers.get(place)) for place, (first, *others) in names.items()]

    def _links_of(self, seq: int, room: int) -> list[tuple[int, str, str | None]]:
        """List the further names of an event in a room: the place of the part, the name, and who said it."""
        query = "SELECT place, id, speaker FROM link WHERE seq = ? AND room = ? ORDER BY place, alias"
        return self._database.execute(query, (seq, room)).fetchall()

    def reactions(self, seq: int, room: int) -> list[tuple[int, UserId, str]]:
        return self._database.execute(
            "SELECT room, sender, emoji FROM reaction WHERE seq = ? AND room != ? ORDER BY number",
            (seq, room),
        ).fetchall()

    def latest(self) -> int:
        seq: int = self._database.execute("SELECT coalesce(max(seq), 0) FROM event").fetchone()[0]
        return seq

    def events(self, after: int, limit: int) -> list[Observed]:
        rows = self._database.execute(
            "SELECT seq, coalesce(network, ''), coalesce(room.room, ''), taken_at, id, type, body "
            "FROM event LEFT JOIN room ON number = event.room WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, limit),
        )
        return list(starmap(Observed, rows))

    def cursor(self, observer: str) -> int | None:
        row = self._database.execute("SELECT seq FROM observer WHERE name = ?", (observer,)).fetchone()
        return row[0] if row else None
