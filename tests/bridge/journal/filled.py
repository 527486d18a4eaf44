"""Journals with something in them, and ways to damage them."""

from pathlib import Path

from bridge.adapter import Position
from bridge.journal.sqlite import SqliteJournal
from bridge.model import MessageCreated, MessageId, Part, RoomId, Sender, UserId, plain


def event(name: str, text: str, who: str = "alice") -> MessageCreated:
    sender = Sender(UserId(f"{who}!u@h"), who)
    return MessageCreated(id=MessageId(name), room=RoomId("one"), sender=sender, content=plain(text))


async def fill(path: Path, *, owed: int = 2, dead: int = 1, delivered: int = 1, size: int = 10) -> None:
    """A journal in which messages from `left one` were delivered to `right two`, given up and are owed."""
    journal = SqliteJournal(path)
    one, two = journal.number("left", RoomId("one")), journal.number("right", RoomId("two"))
    for n in range(delivered + dead + owed):
        journal.take(one, event(f"m{n}", f"{n} " + "x" * size), (two,))
    journal.reach("left", Position("17"))
    journal.commit()
    rows = journal.owed(two, limit=100_000)
    for n, delivery in enumerate(rows[: delivered + dead]):
        if n < delivered:
            journal.deliver(delivery, Part(MessageId(f"c{n}")), None)
        else:
            journal.give_up(delivery, "the room is full")
    journal.close()


def garbage_in_the_middle(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 3 : 2 * len(content) // 3] = b"\xa5" * (2 * len(content) // 3 - len(content) // 3)
    path.write_bytes(content)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def no_database(path: Path) -> None:
    path.write_bytes(b"this is no database, and long enough to be looked at\n" * 400)


DAMAGES = (garbage_in_the_middle, truncated, emptied, no_database)
