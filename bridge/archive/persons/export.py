"""Writes what there is of a person into a zip file: for themselves to have, as the law wants (in the EU,
GDPR, articles 15 and 20).
"""

import contextlib
import json
import shutil
import tempfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Any

import msgspec

from bridge.archive.entries import EntryKind, Header, Words
from bridge.archive.filing.tags import all_tags
from bridge.archive.store import Entry, Reader

from .finding import KnownPerson
from .traces import Trace, Traces

__all__ = ["export_person"]

_README = """\
What this Hubbub has of:

{people}

Made on {made}.

said.txt        what they said and did, as text, in order
said.jsonl      the same, whole: one JSON object on each line
about.jsonl     what others' entries have of them: copies of what they said on other networks, with the names
                that they have there; where they were put out; where others quote or name them
journal.jsonl   what the relay itself remembers of them for a short time, also of rooms that are not archived
desks.jsonl     what the desks of live chat keep: chats, with what was said in them and noted of them
lists.jsonl     when they asked for what is announced, confirmed that and ended it, where and by which words
tags.json       the tags that they gave

In the JSON, `header` says what happened, when, where and by whom, `words` what was said. Times (`at`) are in
seconds since 1970, in the text in UTC. What was taken back or erased is nowhere any more, so not here either.
"""
_TELLS = 1000
_TOLD = {
    EntryKind.EDIT: "corrects: ",
    EntryKind.REMOVAL: "takes back what they said",
    EntryKind.REACTION: "reacts: ",
    EntryKind.TOPIC: "changes the topic: ",
    EntryKind.NAME: "renames the room: ",
}


def export_person(  # noqa: PLR0913 -- by name, but for the first three
    reader: Reader | None,
    people: Sequence[KnownPerson],
    target: IO[bytes],
    *,
    now: float,
    journal: Iterable[dict[str, Any]] = (),
    desks: Iterable[dict[str, Any]] = (),
    lists: Iterable[dict[str, Any]] = (),
    tell: Callable[[int, int], None] = lambda _done, _total: None,
) -> dict[Trace, int]:
    """Write all of it into a file. Returns how many entries have to do with them, by what.

    `reader` reads the archive, where there is one; `journal` gives what the journal has of them, `desks` what
    desks keep, `lists` what the ledger of lists has; `tell` hears how many of how many entries were seen.
    """
    with contextlib.ExitStack() as stack:
        made = stack.enter_context(zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED))
        files = {
            name: stack.enter_context(tempfile.TemporaryFile())  # a zip takes one after the other
            for name in ("said.txt", "said.jsonl", "about.jsonl")
        }
        traces = Traces([one.key for one in people])
        counts = _sort_out(reader, traces, files, tell) if reader is not None else {}
        made.writestr("README.txt", _readme(people, now))
        for name, file in files.items():
            file.seek(0)
            with made.open(name, "w") as out:
                shutil.copyfileobj(file, out)
        for name, rows in (("journal.jsonl", journal), ("desks.jsonl", desks), ("lists.jsonl", lists)):
            with made.open(name, "w") as out:
                for row in rows:
                    out.write(_json(row) + b"\n")
        keys = {one.key for one in people}
        given = all_tags(reader) if reader is not None else ()
        tags = [msgspec.to_builtins(one) for one in given if one.by in keys]
        made.writestr("tags.json", _json(tags))
    return counts


def _sort_out(
    reader: Reader, traces: Traces, files: Mapping[str, IO[bytes]], tell: Callable[[int, int], None]
) -> dict[Trace, int]:
    """Write what has to do with them into these files."""
    counts, last = Counter[Trace](), reader.last()
    for entry in reader.entries():
        if entry.number % _TELLS == 0:
            tell(entry.number, last)
        if (header := entry.header) is None:
            continue
        if (trace := traces.look(entry.conversation, entry.position, header, entry.words)) is None:
            continue
        counts[trace] += 1
        files["said.jsonl" if trace is Trace.SAID else "about.jsonl"].write(_line(entry, trace))
        if trace is Trace.SAID:
            told = _told(entry.conversation, header, entry.words)
            files["said.txt"].write(told.encode(errors="backslashreplace"))
    tell(last, last)
    return dict(counts)


def _line(entry: Entry, trace: Trace) -> bytes:
    found = {
        "number": entry.number,
        "conversation": entry.conversation,
        "position": entry.position,
        "trace": str(trace),
        "header": msgspec.Raw(entry.raw_header),
    }
    if entry.raw_words:
        found["words"] = msgspec.Raw(entry.raw_words)
    return msgspec.json.encode(found) + b"\n"


def _told(conversation: str, header: Header, words: Words | None) -> str:
    when = f"{datetime.fromtimestamp(header.at, UTC):%Y-%m-%d %H:%M:%S}"
    who = header.by.name if header.by is not None else ""
    return f"{when}  {conversation}, {header.network} {header.room}  <{who}> {_what(header, words)}\n"


def _what(header: Header, words: Words | None) -> str:
    if header.kind is EntryKind.MEMBER:
        return f"({header.change})"
    begun = _TOLD.get(header.kind, "")
    if words is None:
        return f"{begun}(the words went)"
    said = [words.text, " ".join(words.emojis or words.added), *(f"[{file.name}]" for file in words.files)]
    left = f"(not kept: {header.left_out})" if header.left_out else ""
    return (begun + " ".join(filter(None, [*said, left]))).replace("\n", "\n    ")


def _readme(people: Sequence[KnownPerson], now: float) -> str:
    listed = "\n".join(f"    {one.key}  {', '.join(one.names)}".rstrip() for one in people)
    return _README.format(people=listed, made=f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M} UTC")


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=str).encode(errors="backslashreplace")
