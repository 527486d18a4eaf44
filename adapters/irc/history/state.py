"""The state of a room whose past is read: the lines shown, and how far back they reach. No I/O."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Self

from adapters.irc import decode
from bridge import Holdback, MessageId, Part, RoomId, TalkEvent, Txn

__all__ = ["NEVER", "SLACK", "RoomReading", "Seen", "Shown", "Since", "stamp"]

SLACK = 10.0
"""How far the clocks of one network's servers may be apart, in seconds."""
NEVER = float("inf")


def stamp(at: float) -> str:
    """Format a time as server-time writes it (IRCv3 server-time)."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Since:
    """How far a room was heard: the content of our position's token."""

    at: float
    first: float
    """When we first came; nothing that was said before is read."""
    kept: bool
    """Whether the server kept a history of the room then."""
    last: str
    """The msgid of the last line heard; "" when there was none."""
    mask: str
    """Our own user@host then; "" when it was not known."""

    @classmethod
    def parse(cls, token: str | None) -> Self | None:
        """Read a token. None: we were never here, or the token is none of ours."""
        at, first, kept, last, mask = (*(token or "").split(" ", 4), "", "", "", "")[:5]
        heard, came = decode.seconds(at), decode.seconds(first)
        return None if heard is None or came is None else cls(heard, came, kept == "+", last, mask)


@dataclass(slots=True)
class Seen:
    """A stretch of history, as far as it was shown."""

    most: int
    """How many events to keep: the newest."""
    after: float = NEVER
    """Only lines after that time, by the server's clock, become events."""
    last: str = ""
    """A msgid: if it is shown, the history reaches back to `covers_if_last`."""
    covers_if_last: float = NEVER
    pages: list[deque[TalkEvent]] = field(default_factory=list)
    """Each in order; the newest page first."""
    sent: dict[Txn, Part] = field(default_factory=dict)
    """Marks, and the messages that bear them."""
    count: int = 0
    found: set[MessageId] = field(default_factory=set)
    """The ids of all that was an event, also of those dropped because newer ones fill `most`."""
    new: int = 0
    """How many of these were surely not heard before."""
    oldest: float = NEVER
    covers: float = NEVER
    """Nothing that was said since that time is missing."""
    unnamed: bool = False
    """Whether a line was left out because nobody can tell it from one that was heard live."""
    unmarked: float = -NEVER
    """When we last said something that stands there without a mark: history kept no marks then. NEVER: not
    all marks are known.
    """

    def turn(self) -> None:
        """Begin a page: what follows is older than everything so far."""
        self.pages.append(deque(maxlen=self.most))

    def forget(self) -> None:
        """Forget all: it is to be read once more."""
        self.pages, self.found, self.new = [], set(), 0
        self.oldest = self.covers = NEVER
        self.unnamed = False

    def events(self) -> list[TalkEvent]:
        """Return the newest events, in order."""
        found = [event for page in reversed(self.pages) for event in page]
        return found[-self.most :] if self.most else []

    @property
    def full(self) -> bool:
        """Whether there are as many events as are wanted."""
        return 0 < self.most <= len(self.found)

    @property
    def enough(self) -> bool:
        """Whether so many were left out already that older ones need not even be counted."""
        return self.full and len(self.found) >= 2 * self.most


@dataclass(slots=True)
class RoomReading:
    """A room that we just joined: its past is read first, what is said meanwhile waits."""

    room: RoomId
    joined: float
    """When, by the server's clock."""
    since: Since | None
    seen: Seen
    reach: float = NEVER
    """How far back we want to read, but for `SLACK`."""
    waiting: Holdback[TalkEvent] = field(default_factory=Holdback)
    """Live talk, held until the past is read."""
    newest: Mapping[str, str] = field(default_factory=dict)
    """The tags of its last line with a time."""
    holds: tuple[int, float] | None = None
    """How many lines the server keeps of the room, and for how long, in seconds."""

    @property
    def covered(self) -> bool:
        """Whether what was shown reaches back as far as we want to read."""
        return self.seen.covers <= self.reach

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, as far as we want to read."""
        if self.since is None or not self.seen.most:
            return False
        return self.covered or self.seen.full

    @property
    def left_out(self) -> int | None:
        """How many of the first events were left out; None: an unknown number."""
        if self.since is not None and self.whole:
            counted = self.covered and self.reach <= self.since.at
            return max(self.seen.new - self.seen.most, 0) if counted else None
        return 0


@dataclass(frozen=True, slots=True)
class Shown:
    """The history that a room's last JOIN showed, kept to look up messages of ours."""

    seen: Seen
    here: float
    """When we joined, by our own clock."""
    alone: bool
    """Whether we had our own nick then: no older session of ours can still speak."""
