"""What crosses to which network, as a page made from the adapters' own records."""

from collections.abc import Iterator, Mapping
from dataclasses import fields

from bridge.model import Authorship, Capabilities, Support

__all__ = ["ROWS", "page"]

_TITLE = """\
# What crosses

What Hubbub can do on each network itself, and what people there are shown of the rest. This page is made by
`hubbub capabilities` from the records that Hubbub itself goes by; the records of a network can depend on its
server and on what we may do in a room.
"""
_SPEAKERS = {
    Authorship.PUPPET: "as themselves",
    Authorship.MASQUERADE: "under their name",
    Authorship.PREFIX: "–",
}
_WORDS = {Support.FULL: "yes", Support.PARTIAL: "in part", Support.NO: "–"}
ROWS = {
    "reply": ("answers", "a short quotation, unless it is to one of the last lines"),
    "thread": ("threads", "an answer to the message that the thread hangs on"),
    "edit": ("edits", "the words that changed with a `*`; or all, or nothing (`edits:`)"),
    "delete": ("removals", "nothing, or a note (`removals:`)"),
    "reaction": ("reactions", "nothing, or one line for several (`reactions:`)"),
    "file": ("files", "a link where there is one, else name and size"),
    "topic": ("setting the topic (`topics: sync`)", "a note"),
    "mention": ("alerting people who are named", "their name as it was written"),
    "doubt": (
        "finding out whether a message arrived when a connection was lost",
        "it is sent again and marked, or held (`doubt:`)",
    ),
    "typing": ("showing that somebody writes", "nothing"),
    "read": ("marking what has arrived everywhere", "nothing"),
    "whisper": ("answering one person alone (`!who`)", "the answer in the room"),
    "away": ("knowing who is away (a desk)", "whoever is in the room counts as there"),
    "rooms": ("making a room for some people alone (a desk)", "visitors are seen in the lobby"),
}


def page(records: Mapping[str, Capabilities]) -> str:
    """Return the page about these records, each under its name."""
    return _TITLE + "\n" + "\n".join(_table(records)) + "\n"


def _table(records: Mapping[str, Capabilities]) -> Iterator[str]:
    yield f"| | {' | '.join(records)} | where it is missing |"
    yield f"|---|{'---|' * len(records)}---|"
    for field in fields(Capabilities):
        if field.type is not Support:
            continue
        title, fallback = ROWS[field.name]
        cells = [_WORDS[getattr(record, field.name)] for record in records.values()]
        yield f"| {title} | {' | '.join(cells)} | {fallback} |"
    for title, fallback, cells in _others(records):
        yield f"| {title} | {' | '.join(cells)} | {fallback} |"


def _others(records: Mapping[str, Capabilities]) -> Iterator[tuple[str, str, list[str]]]:
    all_ = list(records.values())
    yield (
        "people from elsewhere speak",
        "the bridge names them (`prefix:`)",
        [_SPEAKERS[record.authorship] for record in all_],
    )
    marks = [", ".join(sorted(mark.value for mark in record.marks)) or "–" for record in all_]
    yield "marks in a text", "plain words; `[spoiler: ...]`", marks
    features = [
        ", ".join(sorted(one.value.replace("_", " ") for one in record.features)) or "–" for record in all_
    ]
    yield "and in its form", "as people type it: `> `, `• `, `text (address)`", features
    yield "several lines", "a message for each", [_yes(record.lines) for record in all_]
    limits = [f"{record.text_limit:,} {record.unit.value}" for record in all_]
    yield "the longest text", "several messages, a link or its beginning (`long:`)", limits
    yield "files with words", "the words first", [_yes(record.captions) for record in all_]
    yield "the time of what is late", "`[14:02 UTC] ` before it", [_yes(record.times) for record in all_]


def _yes(can: bool) -> str:
    return "yes" if can else "–"
