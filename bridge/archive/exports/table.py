"""A table for spreadsheets (RFC 4180): a row for each entry.

What a spreadsheet would take for a formula has an apostrophe before it: who writes `=HYPERLINK(…)` into a
room has no say in the owner's spreadsheet.
"""

import csv
import io
from collections.abc import Iterator

from bridge.archive.entries import Header, Words
from bridge.archive.store import Entry

from .dates import Dates
from .exporter import Excerpt, Exporter, ExportOptions

__all__ = ["TABLE", "safe_cell"]

_COLUMNS = (
    "conversation", "position", "time", "kind", "network", "room", "name", "person", "proof", "by", "text",
    "files", "about", "reply_to", "id", "change", "style", "left_out", "replayed",
    "copy_network", "copy_room", "copy_ids", "copy_reason", "silent_since", "silent_until",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What makes a cell a formula in one spreadsheet or another (OWASP, CSV injection)."""


def _chunks(excerpt: Excerpt, options: ExportOptions) -> Iterator[bytes]:
    dates = Dates(options.zone)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    yield (b"\xef\xbb\xbf" if options.bom else b"") + buffer.getvalue().encode()
    for entry in excerpt.entries():
        buffer.seek(0)
        buffer.truncate()
        writer.writerow([safe_cell(cell) for cell in _cells(entry, dates)])
        yield buffer.getvalue().encode()


def _cells(entry: Entry, dates: Dates) -> tuple[str, ...]:
    header, words = entry.header, entry.words or Words()
    place = (entry.conversation, str(entry.position))
    if header is None:
        return place + ("",) * (len(_COLUMNS) - len(place))
    about = str(header.about or "")
    replayed = "yes" if header.replayed else ""
    return (
        *place, dates.iso(header.at), header.kind, header.network, header.room,
        *_person(header), _text(words), _files(words), about, header.reply_to, header.id,
        header.change, header.style, header.left_out, replayed, *_copy(header), *_silence(header, dates),
    )  # fmt: skip


def _person(header: Header) -> tuple[str, str, str, str]:
    by = header.other.name if header.other is not None else ""
    return (header.by.name, header.by.id, header.by.proof, by) if header.by is not None else ("", "", "", by)


def _text(words: Words) -> str:
    reactions = words.added if words.emojis is None else words.emojis
    return words.text or " ".join(reactions)


def _files(words: Words) -> str:
    return "; ".join(
        f"{file.name} sha256:{file.sha256}" if file.sha256 else file.name for file in words.files
    )


def _copy(header: Header) -> tuple[str, str, str, str]:
    copy = header.copy
    return (
        (copy.network, copy.room, " ".join(copy.ids), copy.reason) if copy is not None else ("", "", "", "")
    )


def _silence(header: Header, dates: Dates) -> tuple[str, str]:
    silence = header.silence
    if silence is None:
        return "", ""
    return dates.iso(silence.since) if silence.since is not None else "", dates.iso(silence.until)


def safe_cell(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


TABLE = Exporter(
    name="csv",
    suffix=".csv",
    media_type="text/csv; charset=utf-8",
    about="a table for spreadsheets",
    chunks=_chunks,
)
