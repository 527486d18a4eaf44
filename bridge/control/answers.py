"""What a service answers, one shape for each ability. Points in time are in seconds since 1970."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from bridge.config import Setting
from bridge.media import HostFiles
from bridge.model import Authorship
from bridge.relay import ObserverStatus
from bridge.reloads import MapReport
from bridge.status import ArchiveReport, MailReport, NetworkReport, RoomCondition
from bridge.troubles import Trouble

from .config_diff import Left

__all__ = [
    "Answer",
    "CatchUpAnswer",
    "DeliveryEnded",
    "EventTaken",
    "LiveAnswer",
    "LiveBegun",
    "LiveMissed",
    "ManyGivenUp",
    "MutedAnswer",
    "MutedPerson",
    "ReloadAnswer",
    "RetryAnswer",
    "RoomAnswer",
    "RoomsAnswer",
    "SendAnswer",
    "StatusAnswer",
    "TrafficAnswer",
    "UndeliveredAnswer",
    "UndeliveredMessage",
    "UnmuteAnswer",
]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered when all went well."""


class TrafficAnswer(Answer, frozen=True, kw_only=True):
    """What was counted since the start, by network."""

    taken: Annotated[Mapping[str, int], Meta(description="Of what people said there.")]
    delivered: Annotated[Mapping[str, int], Meta(description="What arrived there.")]
    given_up: Annotated[Mapping[str, int], Meta(description="What will not arrive there.")]


class StatusAnswer(Answer, frozen=True, kw_only=True):
    """How the service stands."""

    version: str
    since: Annotated[float, Meta(description="When it was started.")]
    taking: Annotated[bool, Meta(description="Whether the journal can be written: else nothing is taken.")]
    networks: Mapping[str, NetworkReport]
    undelivered: Annotated[int, Meta(description="How many deliveries were given up.")]
    files: Annotated[
        Mapping[str, Sequence[HostFiles]],
        Meta(description="Those on their way, by way: the first fifty hosts of each."),
    ]
    observers: Sequence[ObserverStatus]
    map: Annotated[MapReport, Meta(description="Which map it follows, and why it follows no newer one.")]
    archive: Annotated[ArchiveReport | None, Meta(description="How the archive stands; null: there is none.")]
    mail: Annotated[Sequence[MailReport], Meta(description="Of desks whose mail does not go.")]
    counts: TrafficAnswer
    wrong: Annotated[Sequence[Trouble], Meta(description="What is wrong and what to do, the worst first.")]


class RoomAnswer(Answer, frozen=True, kw_only=True):
    """How one room of the map stands."""

    network: str
    room: str
    conversations: Annotated[
        Mapping[str, str],
        Meta(description="Those of the map, each with the direction: `both`, `from` or `to` the room."),
    ]
    joined: bool
    condition: RoomCondition
    reason: Annotated[str, Meta(description="Why it took nothing last; empty: all is well, or unknown.")]
    owed: Annotated[int, Meta(description="How many messages wait for it.")]
    oldest: Annotated[float | None, Meta(description="When the oldest of these was said.")]
    can: Annotated[
        Sequence[str], Meta(description="What it can do, wholly or in part: `edit`, `file`, `reply`.")
    ]
    authorship: Authorship
    members: Annotated[
        int | None, Meta(description="How many are in it, as its network counts them; null: nobody knows.")
    ]


class RoomsAnswer(Answer, frozen=True, kw_only=True):
    """Every room of the map, in its order. Talks of two people are no rooms of the map."""

    rooms: Sequence[RoomAnswer]


class ReloadAnswer(Answer, frozen=True, kw_only=True):
    """What following the configuration as it is now changed, or would change."""

    dry_run: bool
    settings: Annotated[Sequence[Setting], Meta(description="What has another value.")]
    renamed: Annotated[Sequence[str], Meta(description="Networks with another name: both names.")]
    started: Sequence[str]
    stopped: Sequence[str]
    connected_anew: Sequence[str]
    kept: Sequence[str]
    joined: Sequence[str]
    left: Sequence[Left]
    restart_for: Annotated[Sequence[str], Meta(description="Settings that wait for a restart.")]
    arrived: Annotated[
        Mapping[str, str],
        Meta(description="The rooms that were to be joined, each with why it is not; empty: it is."),
    ]


class UndeliveredMessage(Answer, frozen=True, kw_only=True):
    """A message that one room did not get."""

    number: Annotated[int, Meta(description="The message's: the same for each room that did not get it.")]
    given_up_at: float
    said_at: float | None
    source: Annotated[str, Meta(description="The room that it was said in, after its network.")]
    target: Annotated[str, Meta(description="The room that did not get it, after its network.")]
    author: Annotated[str | None, Meta(description="Null: that is not known any more.")]
    text: Annotated[str | None, Meta(description="Null: not asked for, or not known any more.")]
    sent: Annotated[int, Meta(description="How many characters of it did arrive.")]
    files_left: Annotated[int, Meta(description="How many of its files did not, where all words did.")]
    reason: str


class UndeliveredAnswer(Answer, frozen=True, kw_only=True):
    """What was given up."""

    count: int
    messages: Annotated[
        Sequence[UndeliveredMessage], Meta(description="The newest of them, which stand last.")
    ]
    reasons: Annotated[
        Sequence[tuple[str, int]],
        Meta(description="How many there are of each, the most frequent first."),
    ]
    repeated: Annotated[
        Sequence[tuple[str, int]],
        Meta(description="How many messages each room may have got twice in the last seven days."),
    ]


class RetryAnswer(Answer, frozen=True, kw_only=True):
    """What is sent again."""

    queued: Annotated[int, Meta(description="How many messages wait again.")]
    unmapped: Annotated[int, Meta(description="How many do not: their rooms are in no conversation.")]


class CatchUpAnswer(Answer, frozen=True, kw_only=True):
    """What had been missed."""

    taken: Annotated[int, Meta(description="How many messages are relayed now.")]


class MutedPerson(Answer, frozen=True, kw_only=True):
    """Somebody who is not heard in one conversation, or would not be."""

    conversation: str
    network: Annotated[str, Meta(description="The person's own.")]
    user: str
    name: str
    room: Annotated[str, Meta(description="Where moderators did it.")]
    by: Annotated[str, Meta(description="Who of them, where that is known.")]
    reason: str
    since: float
    until: Annotated[float | None, Meta(description="Null: until they take it back.")]
    dry_run: Annotated[bool, Meta(description="Whether it is only noted.")]
    account: Annotated[str | None, Meta(description="The account that can speak under other ids too.")]
    first: Annotated[str | None, Meta(description="The id that it was decided about, if another one.")]


class MutedAnswer(Answer, frozen=True, kw_only=True):
    """Who is not heard."""

    muted: Sequence[MutedPerson]


class UnmuteAnswer(Answer, frozen=True, kw_only=True):
    """Who is heard again."""

    lifted: Annotated[int, Meta(description="How many decisions of moderators no longer count.")]


class LogLevelAnswer(Answer, frozen=True, kw_only=True):
    """From which level on what logs."""

    levels: Annotated[Mapping[str, str], Meta(description="By the name of what logs.")]


class SendAnswer(Answer, frozen=True, kw_only=True):
    """What was said is on record: it arrives, or stands among what was given up."""

    number: Annotated[int, Meta(description="The message's: what becomes of it has the same.")]
    rooms: Annotated[Sequence[tuple[str, str]], Meta(description="Network and room of each that gets it.")]


class LiveBegun(Answer, frozen=True, kw_only=True, tag_field="what", tag="begun"):
    """From here on nothing is left out in silence."""


class EventTaken(Answer, frozen=True, kw_only=True, tag_field="what", tag="taken"):
    """Somebody did something, and it is on record."""

    number: Annotated[int, Meta(description="What becomes of it has the same.")]
    network: str
    room: Annotated[str, Meta(description="Where it was done; of what Hubbub says itself: about which.")]
    conversations: Sequence[str]
    kind: Annotated[
        str,
        Meta(description="`message`, `notice`, `action`, `edit`, `removal`, `reaction`, `topic`, `name`."),
    ]
    author: str
    text: Annotated[str | None, Meta(description="Null: not asked for.")]
    at: Annotated[float, Meta(description="When it was taken; of history, when it was said.")]


class DeliveryEnded(Answer, frozen=True, kw_only=True, tag_field="what", tag="ended"):
    """A delivery is settled."""

    number: Annotated[int, Meta(description="The message's.")]
    network: str
    room: Annotated[str, Meta(description="Where it went.")]
    conversations: Sequence[str]
    outcome: Annotated[str, Meta(description="`delivered`, `given up`, or `nothing to show` there.")]
    reason: Annotated[str, Meta(description="Why it was given up.")]
    at: float
    seconds: Annotated[float, Meta(description="How long after it was said.")]


class ManyGivenUp(Answer, frozen=True, kw_only=True, tag_field="what", tag="many given up"):
    """What waited too long, or was too much, was given up at once."""

    network: str
    room: str
    conversations: Sequence[str]
    count: int
    reason: str
    at: float


class LiveMissed(Answer, frozen=True, kw_only=True, tag_field="what", tag="missed"):
    """Whoever asked read too slowly: so many answers are left out here."""

    count: int


LiveAnswer: TypeAlias = LiveBegun | EventTaken | DeliveryEnded | ManyGivenUp | LiveMissed
