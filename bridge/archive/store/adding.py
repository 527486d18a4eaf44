"""Puts entries into the file: their place in a chain, what they are about, and what they are found by."""

import secrets
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from bridge.archive import chain
from bridge.archive.entries import EntryKind, Header, Person, packed, read_header
from bridge.archive.index import Place, terms

from .blocks import subject_number, write_block
from .records import NewEntry, ScopeKind, State
from .rows import CHECK, Row, key_of
from .schema import PER_BLOCK
from .shelf import Shelf, block_of, names_of

__all__ = ["Adder"]

_RECENT = 20_000
"""So many names at least are known without a look into the file."""
_STANDS_FOR = (EntryKind.COPY, EntryKind.EDIT)
"""What is about one of these is about what they are about."""


@dataclass(slots=True)
class _Chain:
    number: int
    name: str
    position: int
    link: bytes
    key: bytes = b""
    """What the salts of its entries in the block at hand follow from; empty: to be made."""


class Adder:
    """Writes entries, inside a transaction of its owner's. Knows what stands at the end of the file."""

    def __init__(self, database: sqlite3.Connection, shelf: Shelf) -> None:
        self._database = database
        self._shelf = shelf
        self.forget()

    def forget(self) -> None:
        """Forget all that is known of the file: it may be otherwise."""
        self._chains: dict[str, _Chain] = {}
        self._places: dict[tuple[int, str, str, Person | None], Place] = {}
        self._recent: dict[tuple[int, str, str, str], tuple[int, int]] = {}
        """By conversation and name: position and number of what that is about, or is."""
        self._older: dict[tuple[int, str, str, str], tuple[int, int]] = {}
        self._rows: list[Row] = []
        """All of the block at hand."""
        self._known = False

    def _load(self) -> None:
        self.forget()
        self._last = self._shelf.last()
        key = self._database.execute("SELECT value FROM meta WHERE key = 'salts'").fetchone()
        self._key = self._new_key() if key is None else key[0]
        for found in self._shelf.tail(0, self._last):
            self._rows.append(found.row)
            header = read_header(found.row.header) if found.row.header else None
            if header is not None:
                self._remember(found.row.conversation, header, found.row.position, found.number)
        self._known = True

    def _new_key(self) -> bytes:
        key = secrets.token_bytes(32)
        self._database.execute("INSERT OR REPLACE INTO meta VALUES ('salts', ?)", (key,))
        for known in self._chains.values():
            known.key = b""
        return key

    def add(self, entries: Iterable[NewEntry]) -> tuple[range, list[int]]:
        """File entries. Returns their numbers, and the numbers of those that were taken back by them, by who
        may do that.
        """
        if not self._known:
            self._load()
        first = self._last + 1
        self._stored = len(self._rows)
        self._index: list[tuple[int, str]] = []
        self._about: list[tuple[int, int]] = []
        removed: list[int] = []
        for new in entries:
            of = self._one(new)
            if of and new.header.kind is EntryKind.REMOVAL and self._may_remove(new.header, of):
                removed.append(of)
            if self._last % PER_BLOCK == 0:
                self._seal()
        self._write(first)
        return range(first, self._last + 1), removed

    def _one(self, new: NewEntry) -> int:
        """File an entry. Returns the number of the one that it is about; 0: it is about none."""
        known = self._chains.get(new.conversation) or self._chain(new.conversation)
        header, of = self._resolved(known.number, new.header)
        number, position = self._last + 1, known.position + 1
        raw_header, raw_words = packed(header), packed(new.words)
        if not known.key:
            known.key = key_of(self._key, known.number)
        header_salt, words_salt = chain.salts(known.key, position)
        leaf = chain.leaf_of(
            position,
            chain.header_commitment(header_salt, raw_header),
            chain.words_commitment(words_salt, raw_words),
        )
        known.link = chain.link_of(known.link, leaf)
        known.position, self._last = position, number
        row = Row(known.number, position, State.FULL, raw_header, raw_words, b"", known.link[:CHECK])
        self._rows.append(row)
        self._remember(known.number, header, position, number)
        self._index.append((number, terms(header, new.words, self._place(known.number, header))))
        if of:
            self._about.append((of, number))
        return of

    def _may_remove(self, removal: Header, of: int) -> bool:
        """Whether it was the author who took an entry back, or a moderator."""
        if removal.moderator:
            return True
        first = self._last - len(self._rows) + 1
        found = None if of >= first else self._shelf.find(of)
        raw = self._rows[of - first].header if of >= first else found.row.header if found else b""
        said = read_header(raw) if raw else None
        if said is None or said.by is None or removal.by is None or said.network != removal.network:
            return False
        return (said.by.account or said.by.id) == (removal.by.account or removal.by.id)

    # What it is about

    def _resolved(self, conversation: int, header: Header) -> tuple[Header, int]:
        if header.about:
            return header, self._number(conversation, header.about)
        if not header.target:
            return header, 0
        position, number = self._find(conversation, header.network, header.room, header.target)
        return (msgspec.structs.replace(header, about=position), number) if position else (header, 0)

    def _number(self, conversation: int, position: int) -> int:
        for place, row in enumerate(reversed(self._rows)):
            if row.position == position and row.conversation == conversation:
                return self._last - place
        found = self._shelf.at(conversation, position)
        return 0 if found is None else found.number

    def _find(self, conversation: int, network: str, room: str, name: str) -> tuple[int, int]:
        sought = (conversation, network, room, name)
        if (known := self._recent.get(sought) or self._older.get(sought)) is not None:
            return known
        if (found := self._shelf.named(*sought)) is None:
            return 0, 0
        header = read_header(found.row.header)
        if header.about and header.kind in _STANDS_FOR:
            return header.about, self._number(conversation, header.about)
        return found.row.position, found.number

    def _remember(self, conversation: int, header: Header, position: int, number: int) -> None:
        if header.kind in _STANDS_FOR and header.about:
            position, number = header.about, self._number(conversation, header.about)
        for network, room, name in names_of(header):
            self._recent[conversation, network, room, name] = position, number
        if len(self._recent) > _RECENT:
            self._older, self._recent = self._recent, {}

    # What it belongs to, and is found by

    def _chain(self, name: str) -> _Chain:
        row = self._database.execute(
            "SELECT number, position, link FROM conversation WHERE name = ?", (name,)
        ).fetchone()
        if row is None:
            own = secrets.token_bytes(32)
            link = chain.first_link(own)
            number = self._database.execute(
                "INSERT INTO conversation (name, chain, position, link, start_link) VALUES (?, ?, 0, ?, ?)",
                (name, own, link, link),
            ).lastrowid
            row = (number, 0, link)
        number, position, link = row
        found = self._chains[name] = _Chain(number, name, position, link)
        return found

    def _place(self, conversation: int, header: Header) -> Place:
        of = conversation, header.network, header.room, header.by
        if (known := self._places.get(of)) is None:
            if len(self._places) > _RECENT:
                self._places.clear()
            known = self._places[of] = self._new_place(*of)
        return known

    def _new_place(self, conversation: int, network: str, room: str, by: Person | None) -> Place:
        if not network:
            return Place(conversation)
        person = 0
        if by is not None:
            person = self._subject(ScopeKind.PERSON, network, by.id)
            self._database.execute("INSERT OR IGNORE INTO called VALUES (?, ?)", (person, by.name))
        where = self._subject(ScopeKind.ROOM, network, room) if room else 0
        return Place(conversation, self._subject(ScopeKind.NETWORK, network, ""), where, person)

    def _subject(self, kind: ScopeKind, network: str, name: str) -> int:
        if known := subject_number(self._database, kind, network, name):
            return known
        insert = "INSERT INTO subject (kind, network, id) VALUES (?, ?, ?)"
        number = self._database.execute(insert, (kind, network, name)).lastrowid
        assert number is not None
        return number

    # Into the file

    def _seal(self) -> None:
        write_block(self._shelf, block_of(self._last), self._key, self._rows)
        if self._stored:
            self._database.execute("DELETE FROM tail")
        self._rows, self._stored = [], 0
        self._key = self._new_key()

    def _write(self, first: int) -> None:
        write = self._database.executemany
        start = self._last - len(self._rows) + 1
        new = self._rows[self._stored :]
        write(
            "INSERT INTO tail VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [(start + self._stored + place, *row) for place, row in enumerate(new)],
        )
        write("INSERT INTO words (rowid, text) VALUES (?, ?)", self._index)
        write("INSERT OR IGNORE INTO about VALUES (?, ?)", self._about)
        write(
            "UPDATE conversation SET position = ?, link = ? WHERE number = ?",
            [(known.position, known.link, known.number) for known in self._chains.values()],
        )
