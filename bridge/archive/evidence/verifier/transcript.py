"""What entries say, for people. Pure."""

from __future__ import annotations

import json
from typing import Any

from .reading import UnreadablePart, printable, read_json, when

__all__ = ["Transcript"]

TOLD = {"kind", "at", "network", "room", "about", "change", "style"}
"""What of a header stands in the line itself: all else stands below it, as it is."""


class Transcript:
    """Entries, one after another, as text."""

    def __init__(self, conversation: str) -> None:
        self.hidden: list[int] = []
        """The first and the last of entries of which nothing is disclosed, and that were not told yet."""
        self.heading = (
            f"Transcript of the conversation {printable(conversation)!r}, made from entries.jsonl.\n"
            "Number of the entry, time, network, room, and what was done there; below it all else that is\n"
            "recorded of it, such as the ids that the network gave.\n\n"
        )

    def add(self, position: int, entry: dict[str, Any]) -> str:
        """Return the text of the next entry; of one that is not disclosed nothing yet."""
        if "header" not in entry:
            self.hidden = [self.hidden[0] if self.hidden else position, position]
            return ""
        try:
            told = lines_of(position, entry)
        except (UnreadablePart, ValueError, RecursionError):
            told = f"{position:>8}  cannot be read\n"
        return self.end() + told

    def end(self) -> str:
        """Return what was not told yet."""
        if not self.hidden:
            return ""
        (first, last), self.hidden = self.hidden, []
        return f"{first:>8}  not disclosed, or erased{'' if first == last else f' (and all to {last})'}\n"


def lines_of(position: int, entry: dict[str, Any]) -> str:
    header = read_json(str(entry["header"]).encode())
    words = read_json(str(entry["words"]).encode()) if "words" in entry else None
    who: dict[str, Any] = header["by"] if isinstance(header.get("by"), dict) else {}
    place = printable(f"{header.get('network', '')} {header.get('room', '')}".strip())
    said = sentence_of(header, str(who.get("name", "")), words)
    first, *more = [printable(line) for line in said.split("\n")]
    lines = [f"{position:>8}  {when(header.get('at'))}  {place}  {first}"]
    lines += [f"{'':8}  | {line}" for line in more]
    lines += [f"{'':8}  . {line}" for line in rest_of(header, words)]
    return "\n".join(lines) + "\n"


def sentence_of(header: dict[str, Any], who: str, words: dict[str, Any] | None) -> str:
    text = "(its words are not here)" if words is None else str(words.get("text", ""))
    kind = str(header.get("kind", "?"))
    if kind == "message":
        return f"* {who} {text}" if header.get("style") == "emote" else f"<{who}> {text}"
    about = f" of {header['about']}" if "about" in header else ""
    change = f" {header['change']}" if "change" in header else ""
    return f"[{kind}{change}{about}] {who}{': ' if text else ''}{text}".rstrip()


def rest_of(header: dict[str, Any], words: dict[str, Any] | None) -> list[str]:
    rest = {key: value for key, value in header.items() if key not in TOLD}
    rest.update({key: value for key, value in (words or {}).items() if key not in ("text", "spans")})
    return [printable(f"{key} {json.dumps(value, ensure_ascii=False)}") for key, value in rest.items()]
