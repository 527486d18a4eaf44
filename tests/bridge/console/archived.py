"""A service whose archive has something to show: an offer, what became of it, and hostile people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bridge.archive.entries import Copy, EntryKind, FiledFile, Header, Person, Silence, Words
from bridge.archive.evidence.checkpoints import checkpoint
from bridge.archive.evidence.keys import KeyFile
from bridge.archive.store import NewEntry, Store
from bridge.clock import SYSTEM
from tests.bridge.console.house import House

DAY = datetime(2026, 3, 14, 9, 0, tzinfo=UTC).timestamp()
ANN = Person(id="@ann:example.org", name="Ann", proof="@ann:example.org")
BOB = Person(id="bob!b@host", name="bob", account="bob")
EVE = Person(id="eve!e@host", name="<script>alert(1)</script>\u202e")
HOSTILE = "<img src=x onerror=alert(1)> & \u202eliam"
CONVERSATION = "sales & <b>offers</b>"


def said(number: int, by: Person, text: str, network: str = "left", **more: object) -> NewEntry:
    """A message."""
    files = more.pop("files", ())
    known = {"at": DAY + 60.0 * number, "network": network, "room": "one", "id": f"${number}", "seq": number}
    header = Header(kind=EntryKind.MESSAGE, by=by, **(known | more))
    return NewEntry(CONVERSATION, header, Words(text=text, files=files))


def about(kind: EntryKind, number: int, of: int, by: Person | None = None, **more: object) -> NewEntry:
    """What is about a message."""
    words = more.pop("words", Words())
    known = {"at": DAY + 60.0 * number, "network": "left", "room": "one", "target": f"${of}"}
    return NewEntry(CONVERSATION, Header(kind=kind, by=by, **(known | more)), words)


def entries() -> Iterator[NewEntry]:
    """All of them, in order."""
    yield NewEntry(
        CONVERSATION,
        Header(kind=EntryKind.MEMBER, at=DAY, network="left", room="one", by=ANN, change="joined"),
        Words(),
    )
    yield said(1, ANN, "Good morning! I can offer 120 chairs at 18 € each, delivered by Friday.")
    yield about(EntryKind.COPY, 1, 1, copy=Copy(network="right", room="two", ids=("77",), speaker="Ann"))
    yield said(2, ANN, "我们今天不发货，明天上午一起发。")
    yield said(3, BOB, "Is that with the cushions?", network="right", room="two")
    yield about(
        EntryKind.EDIT,
        4,
        1,
        ANN,
        words=Words(text="I can offer 120 chairs at 17.50 € each, delivered by Friday."),
    )
    yield about(EntryKind.REACTION, 5, 1, BOB, words=Words(added=("👍",)))
    yield said(6, EVE, HOSTILE)
    yield said(7, EVE, "this was a mistake")
    yield about(EntryKind.REMOVAL, 8, 7, ANN, moderator=True)
    yield said(9, BOB, "Accepted: 120 chairs at 17.50 €.", network="right", room="two")
    yield said(
        10,
        ANN,
        "The contract",
        files=(FiledFile(name="contract.pdf", type="application/pdf", size=81_234, sha256="ab" * 32),),
    )
    yield said(11, ANN, "", left_out="no-store")
    yield NewEntry(
        CONVERSATION,
        Header(
            kind=EntryKind.SILENCE, at=DAY + 3600, network="right", room="two",
            silence=Silence(since=DAY + 1800, until=DAY + 3600),
        ),
        Words(),
    )  # fmt: skip
    yield said(1440, BOB, "They have arrived.", network="right", room="two")


class Archived(House):
    """The same, with an archive."""

    def __init__(self, folder: Path, token: str | None = None) -> None:
        super().__init__(folder, {CONVERSATION: {"left": "one", "right": "two"}}, ["left", "right"], token)
        text = self.file.read_text()
        text = text.replace('    left: "one"', '    archive: {keep: 2y}\n    left: "one"')
        self.file.write_text(text + "archive: {searches: {the chairs: chairs from:bob}}\n")
        store = Store(folder / "hubbub-archive.sqlite3", SYSTEM)
        store.add(list(entries()))
        checkpoint(store, KeyFile(store.file), DAY + 2 * 86_400)
        store.close()
