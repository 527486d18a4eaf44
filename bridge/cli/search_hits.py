"""Prints what `hubbub search` finds."""

import time
from typing import Any

import click
from rich.text import Text

from bridge.archive.entries import EntryKind
from bridge.archive.search import Hit, Searched, surroundings, text_of
from bridge.archive.store import Entry, Reader
from bridge.identity import one_line, safe_name

from .terminal import Terminal
from .words import when

__all__ = ["HitList", "told"]

_WIDTH = 200
"""Characters of a snippet, where it is no terminal's."""
_MARK = "bold black on yellow"


class HitList(Terminal):
    """Prints each hit on one line, as grep does; on a terminal wrapped."""

    def show(self, found: Searched, reader: Reader, context: int) -> None:
        """Print what was found, and what is to be said of it to the error output."""
        for place, hit in enumerate(found.hits):
            if context and place:
                self.say("--", "dim")
            before, after = surroundings(hit.root, reader, context) if context else ((), ())
            for entry in before:
                self._around(entry)
            self._hit(hit)
            for entry in after:
                self._around(entry)
        if not found.hits:
            click.echo("Nothing was found.", err=True)
        for sentence in found.told():
            click.echo(sentence, err=True)
        if found.before is not None and found.hits:
            click.echo(f"There may be older ones: --before {found.before}", err=True)

    def _hit(self, hit: Hit) -> None:
        head = self._head(hit.entry)
        words = Text()
        for piece in hit.snippet(_WIDTH):
            words.append(_shown(piece.text), _MARK if piece.marked else "")
        header = hit.entry.header
        if not words and header is not None and header.left_out:
            words.append(f"(not kept: {header.left_out})", "dim")
        self.say(words, head=head)
        if hit.newest is not None and hit.newest.header is not None:
            self.say(f"is now: {one_line(hit.newest_text)}", "yellow", indent=head.cell_len)

    def _around(self, entry: Entry) -> None:
        head = self._head(entry)
        head.stylize("dim")
        self.say(one_line(text_of(entry), _WIDTH), "dim", head=head)

    def _head(self, entry: Entry) -> Text:
        header = entry.header
        assert header is not None  # what is bare is not found
        kind = "" if header.kind is EntryKind.MESSAGE else f" [{f'{header.kind} {header.change}'.rstrip()}]"
        author = safe_name(header.by.name) if header.by is not None else "?"
        return (
            Text(f"{entry.number}  ", "dim")
            .append(f"{when(header.at)}  ", "not dim")
            .append(f"{one_line(entry.conversation)}  ", "not dim cyan")
            .append(f"{author}@{one_line(header.network)}{kind}: ", "not dim bold")
        )


def told(found: Searched, reader: Reader, context: int) -> dict[str, Any]:
    """Return what was found for `--json`."""
    return {
        "hits": [_hit(hit, reader, context) for hit in found.hits],
        "before": found.before,
        "remarks": found.told(),
    }


def _hit(hit: Hit, reader: Reader, context: int) -> dict[str, Any]:
    one = _entry(hit.entry) | {
        "message": hit.root.number,
        "snippet": [{"text": piece.text, "marked": piece.marked} for piece in hit.snippet(_WIDTH)],
        "newest": _entry(hit.newest) if hit.newest is not None else None,
    }
    if context:
        before, after = surroundings(hit.root, reader, context)
        one["context"] = {
            "before": [_entry(near) for near in before],
            "after": [_entry(near) for near in after],
        }
    return one


def _entry(entry: Entry) -> dict[str, Any]:
    header, words = entry.header, entry.words
    assert header is not None
    return {
        "number": entry.number,
        "conversation": entry.conversation,
        "position": entry.position,
        "kind": str(header.kind),
        "at": header.at,
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(header.at)),
        "network": header.network,
        "room": header.room,
        "id": header.id,
        "author": {"id": header.by.id, "name": header.by.name} if header.by is not None else None,
        "text": words.text if words is not None else None,
        "files": [file.name for file in words.files] if words is not None else [],
    }


def _shown(text: str) -> str:
    """Return a piece of what somebody said with nothing in it that a terminal acts upon."""
    return "".join(sign if sign.isprintable() else "" for sign in text)
