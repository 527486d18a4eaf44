"""Requests of an owner about how the archive is filed, and about the people in it."""

from typing import Annotated, Any, ClassVar, TypeAlias

import msgspec
from msgspec import Meta

from bridge.archive.filing.questions import (
    ErasureReport,
    FilingStanding,
    HoldsKept,
    TagChange,
    TagsKept,
)

from .requests import Request

__all__ = [
    "AnyFilingRequest",
    "EraseRequest",
    "ErasureAnswer",
    "FilingRequest",
    "HoldRequest",
    "HoldsRequest",
    "ReleaseRequest",
    "TagRequest",
    "TagsRequest",
    "UntagRequest",
]

_Name = Annotated[str, Meta(max_length=200)]
_Number = Annotated[int, Meta(ge=0, lt=2**62)]
_Tag = Annotated[_Name, Meta(description="One word.")]
_Conversation = Annotated[_Name, Meta(description="A conversation's name in the archive; empty: any.")]
_Since = Annotated[float | None, Meta(description="What was said from then on.")]
_Until = Annotated[float | None, Meta(description="What was said before then.")]
_First = Annotated[_Number, Meta(description="The number of an entry, as a search shows it.")]
_Last = Annotated[_Number, Meta(description="That of the last one; 0: it is the one entry.")]


class FilingRequest(Request[FilingStanding], tag="archive/filing", frozen=True, kw_only=True):
    """Say what the archive has of each conversation and for how long, what is held, and what is wrong."""

    answer: ClassVar[Any] = FilingStanding
    needs_token: ClassVar[bool] = True


class TagsRequest(Request[TagsKept], tag="archive/tags", frozen=True, kw_only=True):
    """List what is tagged."""

    answer: ClassVar[Any] = TagsKept
    needs_token: ClassVar[bool] = True
    tag: Annotated[_Name, Meta(description="Only this one; empty: all.")] = ""
    conversation: _Conversation = ""


class _TagChangeRequest(Request[TagChange], frozen=True, kw_only=True):
    """Something about a tag of entries: from one number to another, or of what was said in a conversation in
    some time.
    """

    answer: ClassVar[Any] = TagChange
    needs_token: ClassVar[bool] = True
    changes: ClassVar[bool] = True
    tag: _Tag
    first: _First = 0
    last: _Last = 0
    conversation: _Conversation = ""
    since: _Since = None
    until: _Until = None


class TagRequest(_TagChangeRequest, tag="archive/tag", frozen=True, kw_only=True):
    """Tag entries: from one number to another, or what was said in a conversation in some time."""


class UntagRequest(_TagChangeRequest, tag="archive/untag", frozen=True, kw_only=True):
    """Take a tag from all stretches that touch what is named so."""


class HoldsRequest(Request[HoldsKept], tag="archive/holds", frozen=True, kw_only=True):
    """List the legal holds."""

    answer: ClassVar[Any] = HoldsKept
    needs_token: ClassVar[bool] = True


class HoldRequest(Request[HoldsKept], tag="archive/hold", frozen=True, kw_only=True):
    """Begin a legal hold: what it covers goes neither by retention, nor by its author, nor by an erasure.
    Where things of several kinds are named, what is all of these is held.
    """

    answer: ClassVar[Any] = HoldsKept
    needs_token: ClassVar[bool] = True
    changes: ClassVar[bool] = True
    name: Annotated[str, Meta(min_length=1, max_length=100)]
    reason: Annotated[str, Meta(min_length=1, max_length=1000, description="Why, for whoever asks later.")]
    conversations: Annotated[list[_Name], Meta(description="Only what was said in these.")] = msgspec.field(
        default_factory=list
    )
    people: Annotated[list[_Name], Meta(description="Each as `network/id`, or by a name.")] = msgspec.field(
        default_factory=list
    )
    tags: Annotated[list[_Name], Meta(description="Only what has one of these.")] = msgspec.field(
        default_factory=list
    )
    since: _Since = None
    until: _Until = None


class ReleaseRequest(Request[HoldsKept], tag="archive/release", frozen=True, kw_only=True):
    """End a legal hold. What had to stay for it alone goes soon."""

    answer: ClassVar[Any] = HoldsKept
    needs_token: ClassVar[bool] = True
    changes: ClassVar[bool] = True
    name: _Name


class ErasureAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure took, or would take, and what stays."""

    archive: ErasureReport
    journal: Annotated[int, Meta(description="So many of their acts the journal knew.")] = 0
    taken_back: Annotated[
        dict[str, int], Meta(description="So many copies are taken back, by network; this goes on by itself.")
    ] = {}
    chats: Annotated[
        dict[str, int], Meta(description="So many chats went that desks of a network kept, by network.")
    ] = {}
    subscriptions: Annotated[
        int, Meta(description="So many entries of the ledger of lists do not say any more whose they are.")
    ] = 0
    left: Annotated[dict[str, int], Meta(description="So many copies stay on networks.")] = {}
    stays: Annotated[list[str], Meta(description="What stays, and why, in sentences.")] = []


class EraseRequest(Request[ErasureAnswer], tag="archive/erase", frozen=True, kw_only=True):
    """Erase people from the archive, journal, desks and lists, and take copies back where networks permit;
    or only say what that would take.
    """

    answer: ClassVar[Any] = ErasureAnswer
    needs_token: ClassVar[bool] = True
    changes: ClassVar[bool] = True
    words: ClassVar[frozenset[str]] = frozenset({"who"})
    who: Annotated[
        list[_Name], Meta(min_length=1, max_length=100, description="Each as `network/id`, or by a name.")
    ]
    dry_run: Annotated[bool, Meta(description="Only say what would go.")] = False
    mentions: Annotated[bool, Meta(description="Also the words of others who quote or mention them.")] = False


AnyFilingRequest: TypeAlias = (
    FilingRequest
    | TagsRequest
    | TagRequest
    | UntagRequest
    | HoldsRequest
    | HoldRequest
    | ReleaseRequest
    | EraseRequest
)
