"""JSON lines: all that the archive has, entry by entry, for programs and for another archive.

Each line is an object with `conversation`, `position`, `header` and `words`, whose fields
`bridge/archive/entries.py` explains. Where words, or header and words, went, so did their keys. The bytes of
header and words are those that the chain of evidence is over.
"""

from collections.abc import Iterable, Iterator

import msgspec

from bridge.archive.entries import EntryKind, Header, Words
from bridge.archive.store import NewEntry
from bridge.errors import ArchiveError

from .exporter import Excerpt, Exporter, ExportOptions

__all__ = ["JSON_LINES", "read_lines"]


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    conversation: str
    position: int
    header: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    words: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Read(msgspec.Struct, frozen=True, gc=False):
    """A line as it comes back."""

    conversation: str
    position: int
    header: Header | msgspec.UnsetType = msgspec.UNSET
    words: Words = Words()


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Read)


def _chunks(excerpt: Excerpt, _: ExportOptions) -> Iterator[bytes]:
    for entry in excerpt.entries():
        line = _Line(
            entry.conversation,
            entry.position,
            msgspec.Raw(entry.raw_header) if entry.raw_header else msgspec.UNSET,
            msgspec.Raw(entry.raw_words) if entry.raw_words else msgspec.UNSET,
        )
        yield _encoder.encode(line) + b"\n"


JSON_LINES = Exporter(
    name="jsonl",
    suffix=".jsonl",
    media_type="application/jsonl",
    about="all that is kept, for programs and other archives",
    chunks=_chunks,
)


def read_lines(lines: Iterable[bytes], where: str) -> Iterator[NewEntry]:
    """Yield what such a file has, to be filed in an archive that has none of its conversations yet. From a
    whole conversation comes an archive whose export has the same bytes, as long as nothing was erased in it:
    where words went, there are none, and where everything went, an entry that says so keeps the place.

    Raises ArchiveError that names the line; `where` is what the file is called.
    """
    places: dict[str, int] = {}
    at = 0.0
    for number, raw in enumerate(lines, 1):
        try:
            line = _decoder.decode(raw)
        except ValueError as error:
            raise ArchiveError(f"{where}:{number}: this is no line of an archive's export: {error}") from None
        places[line.conversation] = place = places.get(line.conversation, 0) + 1
        header = line.header
        if header is msgspec.UNSET:
            header = Header(kind=EntryKind.ERASURE, at=at, network="", change="everything")
        elif (
            header.about and place != line.position
        ):  # a part of a conversation: the archive finds it by name
            header = msgspec.structs.replace(header, about=0)
        at = header.at
        yield NewEntry(line.conversation, header, line.words)
