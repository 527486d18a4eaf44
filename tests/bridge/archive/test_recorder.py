"""What a journal shows again, or numbers again, is filed once, and nothing is left out."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.archive.entries import EntryKind
from bridge.archive.keeping import KeptFor
from bridge.archive.process.parcels import Parcel, Row, Terms
from bridge.archive.process.questions import ReadUpTo
from bridge.archive.process.recorder import Recorder
from bridge.archive.store import Store
from bridge.clock import SYSTEM
from bridge.journal import codec
from bridge.model import MessageCreated, MessageId, RoomId, Sender, UserId, plain


def row(seq: int, event: MessageCreated) -> Row:
    return (seq, "left", "one", 1000.0 + seq, event.id, *codec.encode(event))


def said(name: str, text: str) -> MessageCreated:
    alice = Sender(UserId("alice!a@host"), "alice")
    return MessageCreated(id=MessageId(name), room=RoomId("one"), sender=alice, content=plain(text))


@pytest.fixture
def store(tmp_path: Path):
    store = Store(tmp_path / "archive.sqlite3", SYSTEM)
    yield store
    store.close()


def recorder(store: Store, journal: str) -> Recorder:
    made = Recorder(store)
    made.follow(Terms(journal, {"lobby": KeptFor(keep=1e9)}, [("left", "one", ["lobby"])], {}, []))
    return made


def texts(store: Store) -> list[str]:
    with store.reader() as reader:
        return [one.words.text for one in reader.entries() if one.header.kind is EntryKind.MESSAGE]


def test_numbers_that_a_journal_gives_again_are_filed(store: Store) -> None:
    recorder(store, "ours").file(Parcel("ours", 3, [row(n, said(f"m{n}", f"text {n}")) for n in (1, 2, 3)]))
    again = recorder(store, "ours")
    assert again.opening(ReadUpTo("ours", 3)) == 3
    assert again.opening(ReadUpTo("ours", 1)) == 1
    again.file(Parcel("ours", 2, [row(2, said("m4", "text 4"))]))
    assert texts(store) == ["text 1", "text 2", "text 3", "text 4"]


def test_what_is_read_again_after_a_backup_came_into_its_place_is_filed_once(store: Store) -> None:
    recorder(store, "ours").file(Parcel("ours", 2, [row(n, said(f"m{n}", f"text {n}")) for n in (1, 2)]))
    again = [replace(said("m2", "text 2"), replayed=True), replace(said("m3", "text 3"), replayed=True)]
    other = recorder(store, "restored")
    assert other.opening(ReadUpTo("restored", 1)) is None
    other.file(Parcel("restored", 3, [row(n, event) for n, event in enumerate(again, 2)]))
    other._reader.close()  # the archive's process keeps it to its end
    assert texts(store) == ["text 1", "text 2", "text 3"]
