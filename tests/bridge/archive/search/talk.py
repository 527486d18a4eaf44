"""What people said, in several languages, and asking for it."""

from datetime import UTC, datetime
from typing import Any

from bridge.archive.entries import Copy, EntryKind, FiledFile, Header, Person, Words
from bridge.archive.search import Searched, ask
from bridge.archive.search.query import read_query
from bridge.archive.store import NewEntry, Reader, Store

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC).timestamp()
ANN, BOB = Person(id="ann!a@host", name="Ann"), Person(id="@bob:example.org", name="Bob Müller")
_MESSAGE, _EDIT = EntryKind.MESSAGE, EntryKind.EDIT


def said(text: str, by: Person = ANN, *, to: str = "talk", at: float = NOW, **more: Any) -> NewEntry:
    """Something that somebody said: Ann on `irc`, Bob on `matrix`."""
    network, room = ("irc", "#talk") if by is ANN else ("matrix", "!talk:example.org")
    known: dict[str, Any] = {"kind": _MESSAGE, "at": at, "network": network, "room": room, "by": by}
    words = Words(text=text, files=tuple(FiledFile(name=name) for name in more.pop("files", ())))
    return NewEntry(to, Header(**(known | more)), words)


def edited(target: str, text: str, by: Person = ANN, **more: Any) -> NewEntry:
    """Another version of it."""
    return said(text, by, kind=_EDIT, target=target, **more)


def copied(target: str, network: str, room: str, by: Person = ANN, **more: Any) -> NewEntry:
    """That it arrived in a room."""
    return said("", by, kind=EntryKind.COPY, target=target, copy=Copy(network=network, room=room, **more))


def found(store: Store, text: str, **more: Any) -> list[str]:
    """Return the texts that a question finds."""
    return [hit.text for hit in answered(store, text, **more).hits]


def answered(store: Store, text: str, **more: Any) -> Searched:
    with store.reader() as reader:
        return asked(reader, text, **more)


def asked(reader: Reader, text: str, **more: Any) -> Searched:
    return ask(read_query(text, NOW, UTC), reader, **more)
