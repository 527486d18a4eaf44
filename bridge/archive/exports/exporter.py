"""Exports: all that their formats have in common."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.archive.store import Entry

__all__ = ["Excerpt", "ExportOptions", "Exporter", "Watched"]


class Excerpt(Protocol):
    """A part of the archive that is exported: a conversation, a time, or what a search found."""

    title: str
    """What it is called, for people."""
    count: int
    """So many entries it has at most."""

    def entries(self) -> Iterator[Entry]:
        """Return them, read as they are asked for. Each call begins anew, and gives the same."""
        ...

    def about(self, entry: Entry) -> Sequence[Entry]:
        """Return what came later about an entry: its edits, its removal, reactions, files and copies."""
        ...

    def at(self, conversation: str, position: int) -> Entry | None:
        """Return an entry by its place, also one that is not exported itself."""
        ...

    def answered(self, entry: Entry) -> Entry | None:
        """Return the message that a message answers, likewise; None: it answers none that is known."""
        ...

    def shows(self, entry: Entry) -> bool:
        """Return whether an entry is among those that are exported."""
        ...


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What whoever exports can choose. Nothing else decides about the bytes: no clock, no machine."""

    zone: str = "UTC"
    """The zone of the times, by its name in the IANA database."""
    language: str = "en"
    """The language of Hubbub's own words, among `bridge.language.LANGUAGES`."""
    bom: bool = False
    """Whether a table begins with a byte order mark, for the spreadsheets that ask for one."""


@dataclass(frozen=True, slots=True)
class Exporter:
    """A format."""

    name: str
    suffix: str
    """How the names of such files end, with its dot."""
    media_type: str
    about: str
    """For whoever chooses one, in half a sentence."""
    chunks: Callable[[Excerpt, ExportOptions], Iterator[bytes]]
    """Returns the file in pieces, made as they are asked for."""
    passes: int = 1
    """How often it goes through the entries."""


class Watched:
    """An excerpt that tells how far who exports it has come."""

    def __init__(self, inner: Excerpt, tell: Callable[[int], None]) -> None:
        """`tell` is given how many entries were read, over all passes."""
        self.title = inner.title
        self.count = inner.count
        self._inner = inner
        self._tell = tell
        self._done = 0

    def entries(self) -> Iterator[Entry]:
        for entry in self._inner.entries():
            yield entry
            self._done += 1
            if not self._done % _OFTEN:
                self._tell(self._done)

    def about(self, entry: Entry) -> Sequence[Entry]:
        return self._inner.about(entry)

    def at(self, conversation: str, position: int) -> Entry | None:
        return self._inner.at(conversation, position)

    def answered(self, entry: Entry) -> Entry | None:
        return self._inner.answered(entry)

    def shows(self, entry: Entry) -> bool:
        return self._inner.shows(entry)


_OFTEN = 100
