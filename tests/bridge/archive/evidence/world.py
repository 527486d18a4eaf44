"""An archive with a dispute in it, and what others may do to a bundle of it."""

import contextlib
import io
import json
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from bridge.archive.entries import Copy, EntryKind, Header, Peer, Person, Words
from bridge.archive.evidence.bundle import write_bundle
from bridge.archive.evidence.checkpoints import checkpoint
from bridge.archive.evidence.keys import KeyFile
from bridge.archive.evidence.verifier.container import Bundle, ZipMember, zip_end, zip_local
from bridge.archive.evidence.verifier.main import main
from bridge.archive.store import NewEntry, Store
from bridge.testing.clock import HandClock

NOON = 1_764_417_600.0
"""2025-11-29 12:00:00 UTC."""
ADA = Person(id="@ada:example.org", name="Ada")
BOB = Person(id="bob", name="bob", account="bob", proof="bob")


def said(minute: int, network: str, by: Person, text: str, name: str) -> NewEntry:
    header = Header(
        kind=EntryKind.MESSAGE, at=NOON + 60 * minute, network=network, room="lobby", id=name, by=by
    )
    return NewEntry("lobby", header, Words(text=text))


def filler(conversation: str, minute: int, text: str = "weather") -> NewEntry:
    return said(minute, "house", ADA, text, f"${conversation}{minute}")._replace(conversation=conversation)


DISPUTE = [
    NewEntry(
        "lobby",
        Header(
            kind=EntryKind.LINK, at=NOON, network="irc", peer=Peer(server="irc.example.org:6697", tls="1.3")
        ),
        Words(),
    ),
    filler("lobby", 1, "private matters"),
    said(2, "house", ADA, "我出售自行车，价格 300 欧元", "$offer"),
    said(3, "irc", BOB, "I accept: 300 euros for the bicycle", "accept"),
    NewEntry(
        "lobby",
        Header(
            kind=EntryKind.COPY, at=NOON + 181, network="irc", room="lobby", target="accept",
            copy=Copy(network="house", room="lobby", ids=("$copy",)),
        ),
        Words(),
    ),
    filler("lobby", 5, "more private matters"),
]  # fmt: skip
"""Its entries are, in the chain of `lobby`, 1 to 6; 3 and 4 are the bargain."""


class Archive:
    """A store with its key."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock(NOON)
        self.file = folder / "archive.sqlite3"
        self.store = Store(self.file, self.clock)
        self.keys = KeyFile(self.file)

    def sign(self, hour: int) -> None:
        assert checkpoint(self.store, self.keys, NOON + 3600 * hour)

    def bundle(self, target: Path, *positions: int, conversation: str = "lobby") -> Path:
        with self.store.reader() as reader:
            key = self.keys.key(None)
            write_bundle(reader, key, conversation, positions, target)
        return target


@contextlib.contextmanager
def dispute(folder: Path) -> Iterator[Archive]:
    """The dispute, with another conversation beside it, signed three times."""
    archive = Archive(folder)
    with contextlib.closing(archive.store):
        archive.store.add([filler("secret-board", 0, "nobody's business"), *DISPUTE[:2]])
        archive.sign(1)
        archive.store.add([*DISPUTE[2:4], filler("secret-board", 4, "nobody's business")])
        archive.sign(2)
        archive.store.add(DISPUTE[4:])
        archive.sign(3)
        yield archive


def verified(path: Path, *more: str) -> tuple[int, str]:
    """The exit code and the words of the verifier."""
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        code = main([str(path), *more])
    return code, told.getvalue()


def unpacked(path: Path) -> dict[str, bytes]:
    """The files of a bundle."""
    bundle = Bundle(str(path))
    return {name: bundle.read(name) for name in bundle.files}


def packed(path: Path, files: dict[str, bytes]) -> Path:
    """A bundle of these files, as Hubbub packs them."""
    members, whole = {}, b""
    for name in sorted(files):
        whole += zip_local(name, zlib.crc32(files[name]), len(files[name]))
        members[name] = ZipMember(len(whole), len(files[name]), zlib.crc32(files[name]))
        whole += files[name]
    path.write_bytes(whole + zip_end(members))
    return path


def listed(files: dict[str, bytes], sign: Callable[[bytes], bytes]) -> dict[str, bytes]:
    """The files with a list that is right about them, signed by somebody."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {
        name: sha256(raw).hexdigest()
        for name, raw in files.items()
        if name not in ("manifest.json", "manifest.sig")
    }
    raw = json.dumps(manifest).encode()
    return {**files, "manifest.json": raw, "manifest.sig": sign(raw)}
