"""Tells what an entry has to do with a person.

- what they *said*: all entries by them, on whatever network: messages, edits, reactions, their coming and
  going;
- what is *of it*: copies of their messages, which bear their name, and their files;
- where they are *named* as those who put somebody else out;
- where others *quote* them or call them by a mention: these are the words of others.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from bridge.archive.entries import EntryKind, Header, Words
from bridge.archive.filing.holds import person_keys

__all__ = ["Trace", "Traces"]

_OF_IT = (EntryKind.COPY, EntryKind.FILE)


class Trace(StrEnum):
    """What an entry has to do with somebody."""

    SAID = "said"
    OF_IT = "of what they said"
    NAMED = "names them"
    QUOTED = "quotes them"


class Traces:
    """Looks at entries one after the other, in the order in which they were filed."""

    def __init__(self, people: Collection[str]) -> None:
        """`people` are meant: each as `network/id`."""
        self._people = frozenset(people)
        self._said: set[tuple[str, int]] = set()
        self._names: set[tuple[str, str, str]] = set()
        """What their messages are called: network, room and id."""

    def look(self, conversation: str, position: int, header: Header, words: Words | None) -> Trace | None:
        """Say what an entry has to do with them; None: nothing."""
        if not self._people.isdisjoint(person_keys(header)):
            self._said.add((conversation, position))
            self._names.update(
                (header.network, header.room, name) for name in (header.id, *header.aliases) if name
            )
            return Trace.SAID
        if header.about and header.kind in _OF_IT and (conversation, header.about) in self._said:
            if header.copy is not None:
                self._names.update((header.copy.network, header.copy.room, name) for name in header.copy.ids)
            return Trace.OF_IT
        if header.other is not None and f"{header.network}/{header.other.id}" in self._people:
            return Trace.NAMED
        return Trace.QUOTED if words is not None and self._quotes(header, words) else None

    def _quotes(self, header: Header, words: Words) -> bool:
        if words.quoted and (header.network, header.room, header.reply_to) in self._names:
            return True
        return bool(words.spans) and any(
            f"{header.network}/{named}" in self._people for named in _mentioned(words.spans)
        )


def _mentioned(spans: Any) -> list[str]:
    """Return who is named in spans."""
    return [
        span["mention"]
        for span in spans
        if isinstance(span, dict) and isinstance(span.get("mention"), str) and span["mention"]
    ]
