"""What a journal takes, and what it hands out."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from bridge.model import MessageId, RoomId, TalkEvent

from . import codec
from .progress import UNBEGUN, Progress

__all__ = ["BEING_HEARD", "Delivery", "Gap", "Observed", "Oldest", "Opened", "Standing", "Taken", "when_said"]

BEING_HEARD = 9e99
"""Stands for the time until which a room was heard, while it is."""


class Taken(NamedTuple):
    """An event that is on record, and what is owed of it."""

    seq: int
    """Its place in the order of taking."""
    source: int
    """The number of the room that it comes from."""
    event: TalkEvent
    rooms: tuple[int, ...]
    """The numbers of the rooms that it is owed to."""
    said_at: float
    """When it was taken, or, for history, when it was said; in seconds since 1970."""


@dataclass(slots=True, eq=False)
class Delivery:
    """One event owed to one room."""

    seq: int
    """The event's place in the order of taking."""
    source: int
    """The number of the room that it comes from."""
    room: int
    """The number of the room that it goes to."""
    event: TalkEvent
    said_at: float
    """When it was taken, or, for history, when it was said; in seconds since 1970."""
    progress: Progress = UNBEGUN
    """What of it has been delivered."""
    tried_at: float = 0.0
    """When what follows was first sent, if it may have arrived; 0: it has surely not."""
    refused: int = 0
    """How often the room refused it."""
    doubts: int = 0
    """How often nobody could tell whether it had arrived."""
    again: bool = False
    """Whether it may arrive a second time."""
    revived: bool = False
    """Whether it had been given up."""
    carries: "tuple[Delivery, ...]" = ()
    """Edits that it shows already, and that are settled with it."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Rooms that an adapter joined into a conversation."""

    network: str
    """Whose adapter it was."""
    name: str
    """What that adapter calls it."""
    rooms: tuple[tuple[str, RoomId], ...]
    """Each with its network."""
    closing: bool = False
    """Whether it was closed, and only what is owed to its rooms is still delivered."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the journal remembers of a room itself."""

    heard: float | None = None
    """Until when it was heard; `BEING_HEARD`: it is; None: it never was."""
    open: bool = False
    """Whether something may be on its way there."""


@dataclass(frozen=True, slots=True)
class Gap:
    """The times when a room was not heard, as far as nobody was told yet. Points in time are in seconds
    since 1970.
    """

    times: int = 0
    until: float = 0.0
    seconds: float = 0.0
    """All times together; negative: nobody knows."""
    unheard: bool = False
    """Whether nobody can tell what was said."""
    partly: bool = False
    """Whether something of it was read all the same."""
    left_out: int | None = 0
    """So many messages were known and not read; None: some, nobody counted them."""
    told: float = 0.0
    """When people were last told of gaps before; 0: never."""


@dataclass(frozen=True, slots=True)
class Oldest:
    """Which of a room's deliveries: all but the last `keep`, of those that were said before `before` and
    stand behind the event `after`.
    """

    keep: int = 0
    before: float = math.inf
    after: int = 0


class Observed(NamedTuple):
    """An event that is on record, for who looks on."""

    seq: int
    """Its place in the order of taking."""
    network: str
    room: RoomId
    """Where it happened; of what Hubbub itself said, what that was about."""
    said_at: float
    """When it was taken, or, for history, when it was said; in seconds since 1970."""
    id: MessageId
    """What its network calls it."""
    kind: str
    """Its type and body, as `codec` reads them: for who passes many on and looks into none."""
    body: bytes | None

    @property
    def event(self) -> TalkEvent | None:
        """The event, read anew; None: what it said was forgotten before it was seen."""
        return codec.event(self.kind, self.body)


def when_said(event: TalkEvent, now: float) -> float:
    """Return when an event that is taken now was said: history by the network's clock, never later than now,
    in seconds since 1970.
    """
    return min(event.at, now) if event.replayed and event.at is not None else now
