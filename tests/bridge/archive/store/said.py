"""What may come into an archive."""

from bridge.archive.entries import Copy, EntryKind, Header, Person, Words
from bridge.archive.store import NewEntry

ANNA = Person("anna!a@host", "Anna")


def message(number: int, text: str | None = None, conversation: str = "talk", **more) -> NewEntry:
    """Something that Anna said: by its number as far as nothing else is said."""
    known = {"kind": EntryKind.MESSAGE, "at": 1000.0 + number, "network": "one", "room": "#room"}
    header = Header(**{**known, "id": f"m{number}", "by": ANNA, "seq": number, **more})
    return NewEntry(conversation, header, Words(text=f"text {number}" if text is None else text))


def about(kind: EntryKind, target: str, text: str = "", conversation: str = "talk", **more) -> NewEntry:
    """What is about something else, by its name in a room."""
    known = {
        "kind": EntryKind(kind),
        "at": 2000.0,
        "network": "one",
        "room": "#room",
        "by": ANNA,
        "target": target,
    }
    return NewEntry(conversation, Header(**{**known, **more}), Words(text=text))


def copied(target: str, name: str, conversation: str = "talk") -> NewEntry:
    """That a network took a copy, under this name."""
    return about(EntryKind.COPY, target, conversation=conversation, copy=Copy("two", "room2", (name,)))
