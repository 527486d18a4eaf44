"""Files for an owner: each ability is a question to whoever writes the archive."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from bridge.app import Bridge
from bridge.archive.filing import questions as ask
from bridge.archive.filing.holds import LegalHold
from bridge.archive.process.questions import Inquiry
from bridge.errors import ArchiveError

from .erasing import erase_people
from .filing_requests import (
    EraseRequest,
    ErasureAnswer,
    FilingRequest,
    HoldRequest,
    HoldsRequest,
    ReleaseRequest,
    TagRequest,
    TagsRequest,
    UntagRequest,
)
from .requests import Request

__all__ = ["FilingAbilities", "question"]


def _tags(request: TagsRequest) -> Inquiry[Any]:
    return ask.ListTags(request.tag, (request.conversation,) if request.conversation else ())


def _hold(request: HoldRequest) -> Inquiry[Any]:
    hold = LegalHold(
        name=request.name,
        reason=request.reason,
        at=0.0,
        conversations=tuple(request.conversations),
        people=tuple(request.people),
        tags=tuple(request.tags),
        since=request.since,
        until=request.until,
    )
    return ask.AddHold(hold)


_QUESTIONS: Mapping[type[Request[Any]], Callable[[Any], Inquiry[Any]]] = {
    FilingRequest: lambda _: ask.HowItStands(),
    TagsRequest: _tags,
    TagRequest: lambda request: ask.PutTag(request.tag, _which(request)),
    UntagRequest: lambda request: ask.TakeTag(request.tag, _which(request)),
    HoldsRequest: lambda _: ask.ListHolds(),
    HoldRequest: _hold,
    ReleaseRequest: lambda request: ask.ReleaseHold(request.name),
}


def question(request: Request[Any]) -> Inquiry[Any]:
    """Return what the archive is asked for a request that it can answer alone."""
    return _QUESTIONS[type(request)](request)


def _which(request: TagRequest | UntagRequest) -> ask.Which:
    if not request.first and not request.conversation:
        raise ArchiveError("say what is meant: the number of an entry, or a conversation and a time")
    if not request.first and request.since is None and request.until is None:
        raise ArchiveError("say from when on, or until when, or name entries by their numbers")
    return ask.Which(
        conversations=(request.conversation,) if request.conversation else (),
        first=request.first,
        last=request.last,
        since=request.since,
        until=request.until,
    )


class FilingAbilities:
    """All of them, for a bridge that runs."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self.able: Mapping[type[Request[Any]], Callable[[Any], Awaitable[Any]]] = {
            **dict.fromkeys(_QUESTIONS, self._ask),
            FilingRequest: self._stand,
            EraseRequest: self._erase,
        }

    async def _ask(self, request: Request[Any]) -> Any:
        return await self._bridge.features.archive.ask(question(request))

    async def _stand(self, request: FilingRequest) -> ask.FilingStanding:
        found: ask.FilingStanding = await self._ask(request)
        return msgspec.structs.replace(found, opted_out=self._bridge.features.archive.wanted.opted.known())

    async def _erase(self, request: EraseRequest) -> ErasureAnswer:
        return await erase_people(self._bridge, request)
