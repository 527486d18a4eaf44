"""JSON lines: all that the archive has, entry by entry, for programs and for another archive.

Each line is an object with `conversation`, `position`, `header` and `words`, whose fields
`bridge/archive/entries.py` explains. Where words, or header and words, went, so did their keys. The bytes of
header and words are those that the chain of evidence is over.
"""

from collections.abc import Iterator

import msgspec

from .exporter import Excerpt, Exporter, ExportOptions

__all__ = ["JSON_LINES"]


class _Line(msgspec.Struct, frozen=True, omit_defaults=True):
    conversation: str
    position: int
    header: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    words: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_encoder = msgspec.json.Encoder()


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
