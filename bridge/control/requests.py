"""What an owner can ask of a running service: one request for each ability, with the shape of its answer.

They are the same whoever asks and however: over the socket beside the journal, over HTTP, or on a page. A new
one is a class here or in a file of requests beside this, its answer in `answers.py` or with its feature, and
what does it in `abilities.py`; `catalogue.py` names them all.
"""

from typing import Annotated, Any, ClassVar, Generic, TypeVar

import msgspec
from msgspec import Meta

from .answers import (
    CatchUpAnswer,
    LiveAnswer,
    LogLevelAnswer,
    MutedAnswer,
    ReloadAnswer,
    RetryAnswer,
    RoomsAnswer,
    SendAnswer,
    StatusAnswer,
    UndeliveredAnswer,
    UnmuteAnswer,
)

__all__ = [
    "A",
    "CatchUpRequest",
    "DownloadRequest",
    "LogLevelRequest",
    "MutedRequest",
    "ReloadRequest",
    "Request",
    "RetryRequest",
    "RoomsRequest",
    "SendRequest",
    "StatusRequest",
    "StreamRequest",
    "TailRequest",
    "UndeliveredRequest",
    "UnmuteRequest",
    "told",
]

A = TypeVar("A")
_LONGEST = 200
_Number = Annotated[int, Meta(ge=0, lt=2**62)]
_Name = Annotated[str, Meta(max_length=1000)]
_Network = Annotated[_Name, Meta(description="A network's name in the map; empty: any.")]
_Room = Annotated[_Name, Meta(description="A room's name or address; empty: any.")]
_Conversation = Annotated[_Name, Meta(description="A conversation's name in the map; empty: any.")]


class Request(
    msgspec.Struct,
    Generic[A],
    tag_field="command",
    forbid_unknown_fields=True,
    omit_defaults=True,
    frozen=True,
    kw_only=True,
):
    """Something that an owner asks for; it is answered with an `A`."""

    answer: ClassVar[Any]
    """The type of what is answered."""
    changes: ClassVar[bool] = False
    """Whether it changes anything: then it is on the audit log."""
    words: ClassVar[frozenset[str]] = frozenset()
    """Fields with words of people, which no log has."""
    needs_token: ClassVar[bool] = False
    """Whether it is refused over HTTP where `web:` has no token, to somebody on this machine too."""


class StreamRequest(Request[A], frozen=True, kw_only=True):
    """Something that is answered with one `A` after another, until whoever asks leaves."""


class DownloadRequest(Request[bytes], frozen=True, kw_only=True):
    """Something that is answered with a file, piece by piece: over HTTP alone."""

    answer: ClassVar[Any] = bytes


class StatusRequest(Request[StatusAnswer], tag="status", frozen=True, kw_only=True):
    """Say how every network and room stands, and what is wrong."""

    answer: ClassVar[Any] = StatusAnswer


class RoomsRequest(Request[RoomsAnswer], tag="rooms", frozen=True, kw_only=True):
    """List the rooms of the map, each with its conversations, how it stands and what it can do."""

    answer: ClassVar[Any] = RoomsAnswer
    network: _Network = ""
    room: _Room = ""
    conversation: _Conversation = ""


class ReloadRequest(Request[ReloadAnswer], tag="reload", frozen=True, kw_only=True):
    """Read the configuration again and follow it, or only say what that would change."""

    answer: ClassVar[Any] = ReloadAnswer
    changes: ClassVar[bool] = True
    dry_run: Annotated[bool, Meta(description="Only say what would change.")] = False
    file: Annotated[str, Meta(description="The file that is meant; empty: whatever the service follows.")] = (
        ""
    )


class UndeliveredRequest(Request[UndeliveredAnswer], tag="undelivered", frozen=True, kw_only=True):
    """List what was given up, with the reasons."""

    answer: ClassVar[Any] = UndeliveredAnswer
    limit: Annotated[int, Meta(ge=0, le=10_000, description="At most so many, the newest.")] = 100
    text: Annotated[bool, Meta(description="Also what people said.")] = False


class RetryRequest(Request[RetryAnswer], tag="retry", frozen=True, kw_only=True):
    """Send again what was given up: name it by one of these, or say `everything`."""

    answer: ClassVar[Any] = RetryAnswer
    changes: ClassVar[bool] = True
    letters: Annotated[
        list[tuple[_Number, _Number]],
        Meta(description="Each by the number of its room in the journal, and of its message."),
    ] = []
    numbers: Annotated[list[_Number], Meta(description="Messages, by their numbers.")] = []
    room: Annotated[_Name, Meta(description="Those to this room; also: network and room.")] = ""
    everything: bool = False


class CatchUpRequest(Request[CatchUpAnswer], tag="catch-up", frozen=True, kw_only=True):
    """Read what was said in a room, and relay what was missed of it."""

    answer: ClassVar[Any] = CatchUpAnswer
    changes: ClassVar[bool] = True
    network: str
    room: str
    since: Annotated[float, Meta(description="From when on, in seconds since 1970.")]


class MutedRequest(Request[MutedAnswer], tag="muted", frozen=True, kw_only=True):
    """List who is not heard in a conversation, since moderators wanted that."""

    answer: ClassVar[Any] = MutedAnswer


class UnmuteRequest(Request[UnmuteAnswer], tag="unmute", frozen=True, kw_only=True):
    """Let somebody be heard again."""

    answer: ClassVar[Any] = UnmuteAnswer
    changes: ClassVar[bool] = True
    who: Annotated[str, Meta(description="A name, an id, or `network/id`.")]
    conversation: Annotated[str, Meta(description="There alone; empty: everywhere.")] = ""


class LogLevelRequest(Request[LogLevelAnswer], tag="log-level", frozen=True, kw_only=True):
    """Log more, or less, until the service ends; without a level, say what is logged."""

    answer: ClassVar[Any] = LogLevelAnswer
    changes: ClassVar[bool] = True
    level: Annotated[str, Meta(max_length=20, description="debug, info, warning, error, or start.")] = ""
    logger: Annotated[_Name, Meta(description="There alone, such as bridge.relay; empty: all of ours.")] = ""


class SendRequest(Request[SendAnswer], tag="send", frozen=True, kw_only=True):
    """Say something as the bridge: in one room, or in all rooms of a conversation."""

    answer: ClassVar[Any] = SendAnswer
    changes: ClassVar[bool] = True
    words: ClassVar[frozenset[str]] = frozenset({"text"})
    text: Annotated[str, Meta(min_length=1, max_length=20_000, description="Plain text, also lines.")]
    network: _Network = ""
    room: _Room = ""
    conversation: _Conversation = ""


class TailRequest(StreamRequest[LiveAnswer], tag="tail", frozen=True, kw_only=True):
    """Tell each event that is taken from now on, and what becomes of each delivery."""

    answer: ClassVar[Any] = LiveAnswer
    text: Annotated[bool, Meta(description="Also what people say.")] = False
    network: _Network = ""
    room: _Room = ""
    conversation: _Conversation = ""


def told(request: Request[Any]) -> str:
    """Say what is asked for as a log may have it: on one line, without words of people."""
    said = msgspec.to_builtins(request)
    said |= {name: f"({len(said[name])} characters)" for name in request.words & said.keys()}
    text = " ".join([said.pop("command"), *(f"{name}={value!r}" for name, value in said.items())])
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
