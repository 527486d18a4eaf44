"""Requests of an owner to the archive: how it stands, what was said, and a part of it to take along.

What has people's words is for those with a token, over HTTP: years of talk are no matter for every program
and every user of a machine.
"""

from typing import Annotated, Any, ClassVar, TypeAlias

from msgspec import Meta

from .archive_answers import ArchiveAnswer, EntriesAnswer, EntryAnswer, SearchAnswer
from .requests import DownloadRequest, Request

__all__ = [
    "DOWNLOADS",
    "AnyArchiveRequest",
    "ArchiveRequest",
    "EntriesRequest",
    "EntryRequest",
    "EvidenceRequest",
    "SearchRequest",
    "TranscriptRequest",
]

_Name = Annotated[str, Meta(max_length=1000)]
_Conversation = Annotated[_Name, Meta(description="A conversation's name in the archive; empty: any.")]
_Archived = Annotated[_Name, Meta(description="A conversation's name in the archive.")]
_Zone = Annotated[str, Meta(max_length=100, description="The zone of times, such as Europe/Berlin.")]
_Language = Annotated[str, Meta(max_length=10, description="That of Hubbub's own words in it.")]
_Since = Annotated[float | None, Meta(description="Said from then on.")]
_Until = Annotated[float | None, Meta(description="Said before then.")]


class ArchiveRequest(Request[ArchiveAnswer], tag="archive", frozen=True, kw_only=True):
    """Say how the archive stands, and what it has of each conversation."""

    answer: ClassVar[Any] = ArchiveAnswer
    needs_token: ClassVar[bool] = True


class SearchRequest(Request[SearchAnswer], tag="archive/search", frozen=True, kw_only=True):
    """Find what was said."""

    answer: ClassVar[Any] = SearchAnswer
    words: ClassVar[frozenset[str]] = frozenset({"q"})
    needs_token: ClassVar[bool] = True
    q: Annotated[
        str, Meta(max_length=1000, description='Words, "phrases", and filters such as from:ann.')
    ] = ""
    conversation: _Conversation = ""
    person: Annotated[_Name, Meta(description="Who said it, by a name or an id; empty: anybody.")] = ""
    network: Annotated[_Name, Meta(description="Where it was said; empty: anywhere.")] = ""
    tag: Annotated[_Name, Meta(description="How it is filed; empty: however.")] = ""
    has_file: Annotated[bool, Meta(description="Only what came with a file.")] = False
    since: _Since = None
    until: _Until = None
    best: Annotated[bool, Meta(description="The best hits first, not the newest.")] = False
    before: Annotated[
        Annotated[int, Meta(ge=1, lt=2**62)] | None, Meta(description="Older than this entry.")
    ] = None
    limit: Annotated[int, Meta(ge=1, le=200, description="At most so many.")] = 20
    time_zone: _Zone = "UTC"
    language: _Language = "en"


class EntryRequest(Request[EntryAnswer], tag="archive/entry", frozen=True, kw_only=True):
    """Show an entry with what the archive knows of it, and what was said around it."""

    answer: ClassVar[Any] = EntryAnswer
    needs_token: ClassVar[bool] = True
    number: Annotated[int, Meta(ge=1, lt=2**62, description="The entry's number.")]
    around: Annotated[int, Meta(ge=0, le=100, description="How many entries before and after it.")] = 5


class EntriesRequest(Request[EntriesAnswer], tag="archive/entries", frozen=True, kw_only=True):
    """Show what was said in a conversation, in order."""

    answer: ClassVar[Any] = EntriesAnswer
    needs_token: ClassVar[bool] = True
    conversation: _Archived
    since: _Since = None
    until: _Until = None
    after: Annotated[int, Meta(ge=0, lt=2**62, description="Behind the entry of this number.")] = 0
    limit: Annotated[int, Meta(ge=1, le=1000, description="At most so many.")] = 200


class TranscriptRequest(DownloadRequest, tag="archive/transcript", frozen=True, kw_only=True):
    """Give what was said in a conversation as a file."""

    needs_token: ClassVar[bool] = True
    conversation: _Archived
    format: Annotated[str, Meta(max_length=100, description="What is written: a name of a format.")] = "text"
    since: _Since = None
    until: _Until = None
    time_zone: Annotated[str, Meta(max_length=100, description="The zone of the times in it.")] = "UTC"
    language: Annotated[str, Meta(max_length=10, description="The language of Hubbub's own words in it.")] = (
        "en"
    )


class EvidenceRequest(DownloadRequest, tag="archive/evidence", frozen=True, kw_only=True):
    """Give entries of a conversation as a bundle that others can verify: one, or those of a time."""

    needs_token: ClassVar[bool] = True
    conversation: _Archived
    number: Annotated[int, Meta(ge=0, lt=2**62, description="An entry's; 0: those of the time.")] = 0
    since: _Since = None
    until: _Until = None


AnyArchiveRequest: TypeAlias = ArchiveRequest | SearchRequest | EntriesRequest | EntryRequest
DOWNLOADS: tuple[type[DownloadRequest], ...] = (TranscriptRequest, EvidenceRequest)
"""What is answered with a file."""
