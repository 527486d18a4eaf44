"""Answers of a service about its archive. Points in time are in seconds since 1970."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta

from bridge.archive.entries import Header, Words

from .answers import Answer

__all__ = [
    "ArchiveAnswer",
    "ArchivedConversation",
    "ArchivedEntry",
    "CheckpointTold",
    "EntriesAnswer",
    "EntryAnswer",
    "FoundEntry",
    "SearchAnswer",
]


class ArchivedEntry(Answer, frozen=True, kw_only=True):
    """What stands in the archive."""

    number: Annotated[int, Meta(description="Its place among all entries, from 1.")]
    conversation: str
    position: Annotated[int, Meta(description="Its place in the chain of its conversation, from 1.")]
    state: Annotated[
        Literal["full", "wordless", "bare"],
        Meta(description="What is left of it: all, no words, or only what stands for it in the chain."),
    ]
    header: Annotated[
        Header | None,
        Meta(description="What happened, when, where and by whom, as the chain has it; null: it went."),
    ]
    words: Annotated[Words | None, Meta(description="What was said; null: it went.")]


class FoundEntry(Answer, frozen=True, kw_only=True):
    """What a search found."""

    entry: Annotated[ArchivedEntry, Meta(description="A message, or an edit of one.")]
    message: Annotated[int, Meta(description="The number of the message itself.")]
    snippet: Annotated[
        Sequence[tuple[str, bool]],
        Meta(description="A part of its text in pieces, each with whether it is what was searched for."),
    ]
    newest: Annotated[
        str | None, Meta(description="What it says now; null: still the same, or what was found.")
    ]


class SearchAnswer(Answer, frozen=True, kw_only=True):
    """What was found, in the order that was asked for."""

    found: Sequence[FoundEntry]
    before: Annotated[
        int | None, Meta(description="What to ask with as `before` for what is older; null: that is all.")
    ]
    remarks: Annotated[
        Sequence[str], Meta(description="What is to be said of it, such as that it took too long.")
    ]


class EntriesAnswer(Answer, frozen=True, kw_only=True):
    """What was said in a conversation, in order."""

    entries: Sequence[ArchivedEntry]
    about: Annotated[
        Sequence[ArchivedEntry],
        Meta(description="What came later about these: edits, removals, reactions, files and copies."),
    ]
    after: Annotated[
        int | None, Meta(description="What to ask with as `after` for what follows; null: that is all.")
    ]
    earlier: Annotated[
        float | None, Meta(description="When the last entry before `since` was said; null: there is none.")
    ]
    later: Annotated[
        float | None, Meta(description="When the first entry from `until` on was; null: there is none.")
    ]


class CheckpointTold(Answer, frozen=True, kw_only=True):
    """A signed checkpoint."""

    number: int
    at: float
    stamped: Annotated[bool, Meta(description="Whether an authority for time stamps vouches for its time.")]
    witness: Annotated[str, Meta(description="The room in which it was posted; empty: in none.")]


class EntryAnswer(Answer, frozen=True, kw_only=True):
    """An entry, with all that the archive knows of it."""

    entry: ArchivedEntry
    about: Annotated[
        Sequence[ArchivedEntry],
        Meta(description="What came later about it: edits, removal, reactions, files and copies."),
    ]
    subject: Annotated[
        ArchivedEntry | None, Meta(description="What it is about itself; null: it stands alone.")
    ]
    around: Annotated[
        Sequence[ArchivedEntry],
        Meta(description="What was said around it in the same conversation, in order, with itself."),
    ]
    tags: Sequence[str]
    holds: Annotated[Sequence[str], Meta(description="The holds by which it stays.")]
    checkpoint: Annotated[
        CheckpointTold | None,
        Meta(description="The first signed one that covers it; null: the next one will."),
    ]


class ArchivedConversation(Answer, frozen=True, kw_only=True):
    """What the archive has of one conversation."""

    name: str
    entries: int
    size: Annotated[int, Meta(description="About how many bytes of the file are its.")]
    first_at: Annotated[float | None, Meta(description="When the oldest of it was said.")]
    last_at: float | None
    keep: Annotated[
        float | None, Meta(description="For how many seconds it is kept; null: nothing more is archived.")
    ]
    text: Annotated[bool, Meta(description="Whether words are kept.")]
    files: Annotated[bool, Meta(description="Whether files are kept.")]
    holds: Annotated[Sequence[str], Meta(description="The holds that cover some of it.")]
    tags: Annotated[Sequence[str], Meta(description="The tags that are used in it.")]


class ArchiveAnswer(Answer, frozen=True, kw_only=True):
    """How the archive stands."""

    file: str
    there: Annotated[bool, Meta(description="Whether the file is there.")]
    size: Annotated[int, Meta(description="How large it is, in bytes.")] = 0
    behind: Annotated[int, Meta(description="How many events it has yet to take over.")] = 0
    since: Annotated[float | None, Meta(description="When the oldest of these was said.")] = None
    reason: Annotated[str, Meta(description="Why it takes over nothing; empty: it does.")] = ""
    conversations: Sequence[ArchivedConversation] = ()
    opted_out: Annotated[int, Meta(description="How many people do not want their words kept.")] = 0
    checkpoint: Annotated[CheckpointTold | None, Meta(description="The last one; null: there is none.")] = (
        None
    )
    unstamped: Annotated[int, Meta(description="How many checkpoints wait for their time stamp.")] = 0
