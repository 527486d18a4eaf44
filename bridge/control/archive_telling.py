"""What stands in the archive, as it is told to an owner."""

from collections.abc import Mapping
from typing import Literal

from bridge.archive.store import Entry, State

from .archive_answers import ArchivedEntry

__all__ = ["entry_told"]

_STATES: Mapping[State, Literal["full", "wordless", "bare"]] = {
    State.FULL: "full",
    State.WORDLESS: "wordless",
    State.BARE: "bare",
}


def entry_told(entry: Entry) -> ArchivedEntry:
    """Return an entry as it is answered."""
    return ArchivedEntry(
        number=entry.number,
        conversation=entry.conversation,
        position=entry.position,
        state=_STATES[entry.state],
        header=entry.header,
        words=entry.words,
    )
