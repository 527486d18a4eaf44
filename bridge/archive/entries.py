"""Entries: each stands in the archive as a header and its words.

Both are kept as the bytes of their JSON, made once, since the chain is over bytes (`chain.py`). A field that
has its default is left out of them. Points in time are in seconds since 1970.
"""

from enum import StrEnum
from typing import Any

import msgspec

__all__ = [
    "Copy",
    "EntryKind",
    "FiledFile",
    "Header",
    "Peer",
    "Person",
    "Silence",
    "Words",
    "packed",
    "read_header",
    "read_words",
]


class EntryKind(StrEnum):
    """What an entry tells of."""

    MESSAGE = "message"
    EDIT = "edit"
    """A further version of an earlier message: `about`."""
    REMOVAL = "removal"
    """An earlier message was taken back: its words go, its header stays."""
    REACTION = "reaction"
    TOPIC = "topic"
    NAME = "name"
    """The room has another name to show."""
    MEMBER = "member"
    """Somebody came, went, was put out, or goes by another name, as far as that was seen live."""
    FILE = "file"
    """A file of an earlier message was fetched: its digest."""
    COPY = "copy"
    """A network confirmed a copy of an earlier message, or it was given up."""
    SILENCE = "silence"
    """For some time a room could not be heard."""
    LINK = "link"
    """A connection to a network stands: who is at its other end."""
    POLICY = "policy"
    """What is archived changed, by the owner, or for one person by their own wish."""
    ERASURE = "erasure"
    """Words or whole entries went, and why: what they said is nowhere."""


class _Struct(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    pass


class Person(_Struct, frozen=True):
    """Somebody, as their network knew them."""

    id: str
    name: str
    account: str = ""
    """The account that says it for them, where one speaks for several people."""
    proof: str = ""
    """What the network itself vouches for: a real JID, the account that IRC services know; empty: nothing."""


class FiledFile(_Struct, frozen=True):
    """A file that came with a message."""

    name: str
    type: str = ""
    size: int | None = None
    sha256: str = ""
    """Its digest, in hexadecimal; empty: it was not fetched (yet)."""
    kept: bool = False
    """Whether the archive has the file itself, under its digest."""


class Copy(_Struct, frozen=True):
    """What became of a delivery."""

    network: str
    room: str
    ids: tuple[str, ...] = ()
    """What the network calls the copy, part by part; empty: there is none."""
    speaker: str | None = None
    """As whom it was said there (`Part.speaker`)."""
    reason: str = ""
    """Why it was given up; empty: it arrived."""
    late: bool = False
    """Whether the archive learned of it after a restart: it happened at `at` or before."""


class Silence(_Struct, frozen=True):
    """A time in which a room was not heard."""

    since: float | None
    """None: nobody knows since when."""
    until: float
    left_out: int | None = 0
    """So many messages were known and not read; None: some."""
    unheard: bool = False
    """Whether nobody can tell what was said."""
    partly: bool = False


class Peer(_Struct, frozen=True):
    """The other end of a connection."""

    server: str
    """Host and port, as connected to."""
    tls: str = ""
    """The version of TLS; empty: none."""
    certificate: str = ""
    """The SHA-256 digest of its certificate, in hexadecimal."""


class Header(_Struct, frozen=True):
    """What happened, when, where and by whom. Field names are part of the format: they never change."""

    kind: EntryKind
    at: float
    """When it was taken, or, for history, when it was said."""
    network: str
    room: str = ""
    id: str = ""
    """What the network calls it."""
    aliases: tuple[str, ...] = ()
    by: Person | None = None
    """Who did it; of a member, whom it is about."""
    other: Person | None = None
    """Of a member: who put them out, where somebody did."""
    target: str = ""
    """The message that it is about, by the name that it has in that room."""
    about: int = 0
    """The same as an entry, by its place in the chain of this conversation; 0: it is not in the archive."""
    reply_to: str = ""
    thread: str = ""
    style: str = ""
    """`emote` or `notice`, where it is not plain talk."""
    network_at: float | None = None
    """When it was said by the network's own clock."""
    replayed: bool = False
    """Read from the network's history, not heard live."""
    moderator: bool = False
    """Whether it was done with a moderator's right."""
    seq: int = 0
    """The event's number in the journal; 0: it is no event of a journal."""
    change: str = ""
    """For a member: `joined`, `left`, `kicked`, `banned`, `unbanned`, `renamed` (the words are their new
    name, the first alias their new id, if they have one); for a policy `begun`, `changed`, `ended`,
    `opted out`, `opted in`; for an erasure why.
    """
    left_out: str = ""
    """Why its words were not kept from the start: `no-store` (the sender's client asks for that),
    `opted out`, `policy`, `forgotten` (by the journal, before they came here: nobody knows what kind of event
    it was); empty: they were.
    """
    copy: Copy | None = None
    silence: Silence | None = None
    peer: Peer | None = None


class Words(_Struct, frozen=True):
    """What can go without the header: what was said."""

    text: str = ""
    """As plain text; of a topic, a name and a reason those."""
    spans: Any = None
    """The text with its formatting, as the journal has it, where there is any (`Content.spans`)."""
    files: tuple[FiledFile, ...] = ()
    emojis: tuple[str, ...] | None = None
    """For a reaction: all that they are now; None: only what was added and removed is known."""
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    quoted: str = ""


_encoder = msgspec.json.Encoder()
_headers = msgspec.json.Decoder(Header)
_words = msgspec.json.Decoder(Words)


def packed(part: Header | Words) -> bytes:
    """Return the bytes that are kept of it, and that the chain is over."""
    return _encoder.encode(part)


def read_header(raw: bytes) -> Header:
    """Return a header from its bytes. Raises ValueError."""
    return _headers.decode(raw)


def read_words(raw: bytes) -> Words:
    """Return words from their bytes. Raises ValueError."""
    return _words.decode(raw)
