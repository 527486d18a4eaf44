"""Parts of the archive: conversations, a time, a person; or single entries, such as a search finds."""

from collections.abc import Callable, Iterator, Sequence

from bridge.archive.entries import EntryKind, Person
from bridge.archive.store import Entry, Reader
from bridge.identity import safe_name

from .recent import Recent

__all__ = ["Picked", "Selection"]


class _Part:
    """What all parts of an archive answer alike."""

    def __init__(self, reader: Reader, title: str, count: int, until: float | None = None) -> None:
        self.title = title
        self.count = count
        self._reader = reader
        self._until = until
        self._recent = Recent()
        self._end = reader.last() + 1
        """What is filed from now on is not looked at: one pass sees what another did."""

    def about(self, entry: Entry) -> Sequence[Entry]:
        return [one for one in self._reader.versions(entry) if self._is_in_time(one)]

    def at(self, conversation: str, position: int) -> Entry | None:
        return self._recent.at(conversation, position) or self._reader.at(conversation, position)

    def answered(self, entry: Entry) -> Entry | None:
        """What a message answers, by the name that its network has for it, or for a copy of it."""
        header = entry.header
        if header is None or not header.reply_to:
            return None
        name = entry.conversation, header.network, header.room, header.reply_to
        found = self._recent.named(*name) or self._reader.named(*name)
        while found is not None and found.header is not None and found.header.about:
            if found.header.kind is EntryKind.MESSAGE or found.header.about >= found.position:
                break
            found = self.at(entry.conversation, found.header.about)
        return found

    def _is_in_time(self, entry: Entry) -> bool:
        if entry.number >= self._end:
            return False
        return self._until is None or (entry.header is not None and entry.header.at < self._until)


class Selection(_Part):
    """What was said in some conversations, in some time, by somebody: an excerpt to export.

    `since` and `until` are in seconds since 1970, the latter exclusive. `person` is what a network calls
    somebody, or a name that they went by: theirs is what they did, and what others did about it. `only` says
    of an entry whether it belongs to it, for whoever knows more, such as tags.
    """

    def __init__(  # noqa: PLR0913 each by its name
        self,
        reader: Reader,
        conversations: Sequence[str],
        *,
        title: str = "",
        since: float | None = None,
        until: float | None = None,
        person: str | None = None,
        only: Callable[[Entry], bool] | None = None,
    ) -> None:
        known = {one.name: one for one in reader.conversations()}
        count = sum(known[name].count for name in conversations if name in known)
        super().__init__(reader, title or ", ".join(conversations), count, until)
        self._conversations = tuple(conversations)
        self._since = since
        self._person = person
        self._only = only

    def entries(self) -> Iterator[Entry]:
        for name in self._conversations:
            found = self._reader.entries(name, since=self._since, until=self._until, before=self._end)
            for entry in found:
                self._recent.remember(entry)
                if self._is_wanted(entry):
                    yield entry

    def shows(self, entry: Entry) -> bool:
        if entry.conversation not in self._conversations or not self._is_in_time(entry):
            return False
        if self._since is not None and (entry.header is None or entry.header.at < self._since):
            return False
        return self._is_wanted(entry)

    def _is_wanted(self, entry: Entry) -> bool:
        if self._only is not None and not self._only(entry):
            return False
        return self._person is None or self._is_theirs(entry)

    def _is_theirs(self, entry: Entry) -> bool:
        assert self._person is not None
        header = entry.header
        if header is None:
            return False
        if _is_called(header.by, self._person):
            return True
        target = self.at(entry.conversation, header.about) if header.about else None
        return target is not None and target.header is not None and _is_called(target.header.by, self._person)


class Picked(_Part):
    """Single entries, by their numbers, in the order in which they are given: an excerpt to export."""

    def __init__(self, reader: Reader, numbers: Sequence[int], *, title: str) -> None:
        super().__init__(reader, title, len(numbers))
        self._numbers = tuple(numbers)
        self._picked = frozenset(numbers)

    def entries(self) -> Iterator[Entry]:
        for number in self._numbers:
            if (entry := self._reader.entry(number)) is not None:
                yield entry

    def shows(self, entry: Entry) -> bool:
        return entry.number in self._picked


def _is_called(person: Person | None, wanted: str) -> bool:
    if person is None:
        return False
    return wanted == person.id or safe_name(person.name).casefold() == safe_name(wanted).casefold()
