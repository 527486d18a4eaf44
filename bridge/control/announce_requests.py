"""Requests of an owner about lists."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, TypeAlias

import msgspec
from msgspec import Meta

from .answers import Answer
from .requests import Request

__all__ = ["AnnounceAnswer", "AnnounceRequest", "AnyListRequest", "ToldNetwork"]

_Name = Annotated[str, Meta(max_length=1000)]


class ToldNetwork(msgspec.Struct, frozen=True):
    """Whom an announcement goes to on one network."""

    people: int
    away: Annotated[int, Meta(description="Who cannot be reached now, and is tried again.")]
    asleep: Annotated[int, Meta(description="Who has quiet hours now, and is told after them.")]


class AnnounceAnswer(Answer, frozen=True, kw_only=True):
    """To whom an announcement goes, or would go."""

    number: Annotated[int, Meta(description="The announcement's; 0: a dry run.")]
    list: str
    people: int
    networks: Annotated[
        Mapping[str, ToldNetwork], Meta(description="By the network's name; empty: those told by mail.")
    ]
    seconds: Annotated[float, Meta(description="How long it takes to tell those who can be told now.")]
    last_wakes: Annotated[
        float | None, Meta(description="When the last quiet hours end; null: nobody has any now.")
    ]
    needs_approval: Annotated[bool, Meta(description="Whether somebody who may announce has to agree.")]
    code: Annotated[str, Meta(description="What they say, `!approve CODE`; empty: it goes out.")]


class AnnounceRequest(Request[AnnounceAnswer], tag="announce", frozen=True, kw_only=True):
    """Tell the subscribers of a list something, or only say how many these are. Nobody else can be told."""

    answer: ClassVar[Any] = AnnounceAnswer
    changes: ClassVar[bool] = True
    words: ClassVar[frozenset[str]] = frozenset({"text", "to"})
    list: Annotated[_Name, Meta(description="A conversation with `announce:` in the map.")]
    text: Annotated[str, Meta(max_length=20_000, description="Plain text, also lines.")] = ""
    dry_run: Annotated[bool, Meta(description="Only say how many, where and when.")] = False
    to: Annotated[
        str | tuple[str, ...],
        Meta(description="Refused: nobody is told anything who has not subscribed, whoever names them."),
    ] = ""


AnyListRequest: TypeAlias = AnnounceRequest
