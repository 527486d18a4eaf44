"""The state of one account's rooms: who we are there and what each room can do. Pure."""

import itertools
import time
from collections import deque
from dataclasses import dataclass, field

from bridge import BoundedDict, Holdback, MessageId, Present, RoomId, Sender, Support, TalkEvent

__all__ = ["Place", "Session", "Stay"]

_MOST_SAID = 1000
_MOST_STAYS = 10_000
_MOST_OUTCASTS = 1000
_MOST_PHOTOS = 20_000


@dataclass(slots=True)
class Stay:
    """A nick that was given up, in a room that does not tell people apart: it may be somebody else's now."""

    person: str
    """The address of the person who gave it up, where the room tells."""
    said: deque[str] = field(default_factory=lambda: deque(maxlen=_MOST_SAID))
    """The ids of what was said under it since."""


@dataclass(slots=True)
class Place:
    """One room as we know it."""

    room: RoomId
    nick: str
    """Our nick there: the last one that we asked for, or that the room gave us."""
    key: str | None = field(default=None, repr=False)
    """The password."""
    joined: bool = False
    me: str = ""
    """Our own occupant id, where the room gives them."""
    last: str = ""
    """The room's id of the last message that was heard or read; "" when it gave none."""
    met: bool = False
    """Whether the room still had that message when we came in: what it kept has not been lost since."""
    waiting: Holdback[TalkEvent] = field(default_factory=Holdback)
    """The events that wait while we enter and read the past."""
    archive: bool = False
    """Whether the room keeps what is said, and names it as it does live (XEP-0313)."""
    named: bool | None = None
    """Whether its archive keeps the names that authors give their messages, as that of a gateway does not;
    None: no message was seen there yet.
    """
    traceless: bool = False
    """Whether what is taken back may leave nothing in its archive (XEP-0424 section 5)."""
    stanza_ids: bool = False
    """Whether the room puts ids on messages that can be believed (XEP-0359 section 6)."""
    occupant_ids: bool = False
    """Whether the room tells its people apart whatever their nick (XEP-0421)."""
    stable_ids: bool = False
    """Whether our own messages come back with the id that we gave them (XEP-0045 section 7.4)."""
    window: int = 16
    """How many messages may be unconfirmed at once."""
    landed: int = 0
    """How many messages of ours the room took."""
    shown: int | None = None
    """How many messages of its history it has shown since we asked; None: we have not asked."""
    stays: dict[str, Stay] = field(default_factory=lambda: BoundedDict(_MOST_STAYS))
    """Nicks that were given up since we came."""
    people: dict[str, str] = field(default_factory=dict)
    """The nicks of others there, with the occupant ids that the room gives them, or ""."""
    persons: dict[str, str] = field(default_factory=dict)
    """The same with their own addresses, where the room tells us, or ""."""
    away: set[str] = field(default_factory=set)
    """The nicks of those who are away, or want not to be disturbed."""
    speakers: dict[str, str] = field(default_factory=dict)
    """The nicks of people from elsewhere who are there as themselves, or ask to be, with their keys
    (`Speaker.key`).
    """
    present: Present = field(default_factory=Present)
    """The same people, by the look of their nicks."""
    outcasts: dict[str, Sender] = field(default_factory=lambda: BoundedDict(_MOST_OUTCASTS))
    """People who were banned, by their own addresses, where the room shows these."""
    topic: str | None = None
    """The room's subject; None: it has not been told."""
    wanted: dict[str, str] = field(default_factory=dict)
    """Subjects that we have asked for and that are not confirmed, by txn."""
    anybodys: bool | None = None
    """Whether anybody there may set the subject, where the room tells."""
    topics: Support = Support.PARTIAL
    """Whether we may set the subject."""
    owner: bool = False
    persistent: bool = False
    """Whether it stays until it is destroyed (XEP-0045 section 4.2), as far as we know."""
    destroyed: str = ""
    """Why it is not to be made again, in a sentence for the owner; "" unless it was destroyed."""
    heard: float = 0.0
    """When something last came from the room, by the loop's clock."""
    asked: float = 0.0
    """When we last asked whether we are still in it, by the loop's clock."""

    @property
    def occupant(self) -> str:
        """Our own address in the room."""
        return f"{self.room}/{self.nick}"

    def enter(self) -> None:
        """Forget people and subject: the room is about to tell them anew."""
        self.people.clear()
        self.persons.clear()
        self.away.clear()
        self.present.clear()
        self.wanted.clear()
        self.topic = None

    def rank(self, role: str) -> None:
        """Take note of our role (XEP-0045 section 5.1): a visitor never sets the subject, a moderator may."""
        if role == "moderator" or (role == "participant" and self.anybodys):
            self.topics = Support.FULL
        elif role == "participant" and self.anybodys is None:
            self.topics = Support.PARTIAL
        else:
            self.topics = Support.NO

    def left(self, nick: str, person: str) -> None:
        """Note that somebody gave up a nick; `person` is their own address, or ""."""
        before = self.stays.pop(nick, None)
        self.stays[nick] = Stay(person if before is None else "")

    def came(self, nick: str, person: str) -> None:
        """Note that somebody has a nick: perhaps the person who had it before."""
        stay = self.stays.get(nick)
        if stay is not None and person and stay.person == person:
            del self.stays[nick]


class Session:
    """The state that decode needs, and nothing that does I/O. It outlives a connection that is resumed."""

    def __init__(self) -> None:
        self.places: dict[str, Place] = {}
        self.photos: BoundedDict[str, str] = BoundedDict(_MOST_PHOTOS)
        """The digests of people's pictures, by user; "" for none (XEP-0153)."""
        self.made = MessageId("")
        """The last id that we made."""
        self._count = itertools.count()

    def fresh_id(self) -> MessageId:
        """Return an id for a message without one from the room that can be believed."""
        self.made = MessageId(f"{time.time_ns() // 1000:x}-{next(self._count):x}")
        return self.made
