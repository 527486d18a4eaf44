"""Files what the service sends, in the archive's process: each thing once, in order, as the owner and people
want it.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from bridge.archive.entering import entered
from bridge.archive.entries import Copy, EntryKind, FiledFile, Header, Person, Words
from bridge.archive.keeping import POLICY, ROOMS
from bridge.archive.store import NewEntry, Reader, Store
from bridge.archive.store.kept_files import KeptFiles, Message
from bridge.archive.store.shelf import names_of
from bridge.model import UserId, by_author

from .parcels import CopyNote, Fact, FetchedNote, Parcel, Row, Terms
from .questions import ReadUpTo, Tidying

__all__ = ["Recorder"]

_NO_TERMS = Terms("", {}, (), {}, ())


class Recorder:
    """Takes parcels apart."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._terms = _NO_TERMS
        self._rooms: dict[tuple[str, str], Sequence[str]] = {}
        self._opted: set[tuple[str, str]] = set()
        self._files = KeptFiles(store)
        self._reader: Reader | None = None

    def opening(self, asked: ReadUpTo) -> int | None:
        """Return up to where a journal was read."""
        if self._store.last_cursor() is None:
            return 0
        known = self._store.cursor(asked.journal)
        if known is not None and known > asked.latest:
            # What it had taken last is lost, in a power cut or with a copy put in its place: it gives these
            # numbers again.
            self._store.add((), (asked.journal, asked.latest))
            return asked.latest
        return known

    def follow(self, terms: Terms) -> int:
        """Go by these terms from now on. Returns the number of the last fact that was filed."""
        self._terms = terms
        self._rooms = {(network, room): names for network, room, names in terms.rooms}
        self._opted = set(terms.opted)
        kept = {name: msgspec.json.encode(one) for name, one in terms.kept.items()}
        wanted = {f"{network}\n{room}": str(found).encode() for network, room, found in terms.retention}
        self._note(POLICY, kept)
        self._note(ROOMS, wanted)
        return self._store.cursor(_beside(terms.journal)) or 0

    def _note(self, kind: str, notes: dict[str, bytes]) -> None:
        known = self._store.notes(kind)
        for key, value in notes.items():
            if known.get(key) != value:
                self._store.put_note(kind, key, value)

    def file(self, parcel: Parcel) -> None:
        """File what is new of a parcel."""
        if parcel.upto is not None:
            done = self._store.cursor(parcel.journal) or 0
            if parcel.upto > done:
                new = [entry for row in parcel.events if row[0] > done for entry in self._of(row, parcel)]
                new = [one for one in new if not self._is_read_again(one)]
                new = [one for one in new if not self._is_said_otherwise(one, new)]
                self._store.add(new, (parcel.journal, parcel.upto))
                if any(entry.header.kind is EntryKind.REMOVAL for entry in new):
                    self._files.tidy()
        if parcel.facts:
            beside = _beside(parcel.journal)
            done = self._store.cursor(beside) or 0
            new_facts = parcel.facts[max(done + 1 - parcel.first, 0) :]
            if new_facts:
                filed = [entry for fact in new_facts for entry in self._of_fact(fact)]
                self._store.add(filed, (beside, parcel.first + len(parcel.facts) - 1))

    def tidy(self, asked: Tidying) -> None:
        """Let files go whose entries have no words any more."""
        self._files.tidy()

    # Events

    def _of(self, row: Row, parcel: Parcel) -> Iterator[NewEntry]:
        seq, network, room, *_ = row
        names = parcel.only.get(seq, self._rooms.get((network, room), ()))
        if not names:
            return
        header, words = entered(row)
        if header.kind is EntryKind.REMOVAL and header.by is not None and not header.by.id:
            return  # copies are taken back since somebody is erased, who stands here no more
        if not header.left_out and header.by is not None and self._has_opted_out(network, header.by):
            header = msgspec.structs.replace(
                header, left_out="opted out", by=msgspec.structs.replace(header.by, proof="")
            )
        for name in names:
            if seq > self._terms.since.get(name, 0):
                yield self._fitted(name, header, words)

    def _is_read_again(self, new: NewEntry) -> bool:
        """Whether it is here already, and was read from its network's history once more: by a journal that
        does not know of it, since a backup was put in its place.
        """
        header = new.header
        if not (header.replayed and header.id):
            return False
        known = self._open().named(new.conversation, header.network, header.room, header.id)
        return known is not None and known.header is not None and known.header.kind is header.kind

    def _is_said_otherwise(self, new: NewEntry, beside: Sequence[NewEntry]) -> bool:
        """Whether the same removal stands there with the name that its target really has: where nobody can
        tell whether that is the room's or its author's own, a network gives both.
        """
        header = new.header
        if header.kind is not EntryKind.REMOVAL or header.moderator or header.by is None:
            return False
        authors = by_author(UserId(header.by.id), "")
        if self._is_known(new, header.target, beside):
            return False
        if header.id.endswith(authors) and header.target.endswith(authors):
            return True
        return self._is_known(new, header.target + authors, beside)

    def _is_known(self, new: NewEntry, name: str, beside: Sequence[NewEntry]) -> bool:
        """Whether something goes by a name where an entry is from, in the archive or beside it."""
        place = new.header.network, new.header.room
        return self._open().named(new.conversation, *place, name) is not None or any(
            one.conversation == new.conversation and (*place, name) in names_of(one.header) for one in beside
        )

    def _has_opted_out(self, network: str, who: Person) -> bool:
        return bool(self._opted) and any(
            key and (network, key) in self._opted for key in (who.id, who.account, who.proof)
        )

    def _fitted(self, name: str, header: Header, words: Words) -> NewEntry:
        """Return an entry as its conversation wants it."""
        kept = self._terms.kept.get(name)
        if not header.left_out and kept is not None and not kept.text and words != Words():
            header = msgspec.structs.replace(header, left_out="policy")
        return NewEntry(name, header, Words() if header.left_out else words)

    # What stands in no journal

    def _of_fact(self, fact: CopyNote | Fact | FetchedNote) -> Iterator[NewEntry]:
        match fact:
            case CopyNote():
                yield from self._copied(fact)
            case FetchedNote():
                yield from self._fetched(fact)
            case Fact():
                for name in fact.conversations:
                    policy = fact.header.kind is EntryKind.POLICY
                    yield (
                        NewEntry(name, fact.header, fact.words)
                        if policy
                        else self._fitted(name, fact.header, fact.words)
                    )

    def _copied(self, note: CopyNote) -> Iterator[NewEntry]:
        copy = Copy(
            network=note.to,
            room=note.there,
            ids=note.ids,
            speaker=note.speaker,
            reason=note.reason,
            late=note.late,
        )
        header = Header(
            kind=EntryKind.COPY,
            at=note.at,
            network=note.network,
            room=note.room,
            target=note.message,
            copy=copy,
        )
        for name in self._rooms.get((note.network, note.room), ()):
            if not note.late or self._is_news(name, note):
                yield NewEntry(name, header, Words())

    def _is_news(self, name: str, note: CopyNote) -> bool:
        """Whether a message is in the archive, and a copy of it is not."""
        reader = self._open()
        message = reader.named(name, note.network, note.room, note.message)
        if message is None:
            return False
        known = (one.header.copy for one in reader.versions(message) if one.header is not None)
        return all(
            copy is None or (copy.network, copy.room, copy.ids) != (note.to, note.there, note.ids)
            for copy in known
        )

    def _fetched(self, note: FetchedNote) -> Iterator[NewEntry]:
        header = Header(
            kind=EntryKind.FILE, at=note.at, network=note.network, room=note.room, target=note.message
        )
        for name in self._rooms.get((note.network, note.room), ()):
            message = Message(name, note.network, note.room, note.message)
            if not self._has_words(message):
                continue
            kept = self._terms.kept[name].files and self._files.keep(Path(note.path), note.sha256, message)
            file = FiledFile(name=note.name, type=note.type, size=note.size, sha256=note.sha256, kept=kept)
            yield NewEntry(name, header, Words(files=(file,)))

    def _has_words(self, message: Message) -> bool:
        """Whether a message is in the archive with its words."""
        found = self._open().named(*message)
        return (
            found is not None
            and found.header is not None
            and not found.header.left_out
            and bool(found.raw_words)
        )

    def _open(self) -> Reader:
        if self._reader is None:
            self._reader = self._store.reader()
        return self._reader


def _beside(journal: str) -> str:
    """Return the name under which it stands how many facts were filed beside a journal."""
    return f"{journal} beside"
