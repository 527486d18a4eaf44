"""The state of one connection: our nick and mask, what the server can do, our rooms. Pure."""

import itertools
import re
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from hashlib import blake2b

from bridge import MessageId, RoomId

from .puppets.speakers import OwnPeople
from .rooms.away import AwayPeople
from .rooms.private import PrivateQueries
from .rooms.refusals import Forms
from .wire.line import TAGS, Line, nick_of

__all__ = ["CHANNELS", "UNKNOWN_PREFIX", "Session", "fold_ascii", "is_channel"]

CHANNELS = frozenset("#&+!")
"""What a channel's name begins with."""
UNKNOWN_PREFIX = 1 + 30 + 1 + 10 + 1 + 63 + 1
"""Bytes of `:nick!user@host ` at worst: nick 30, user 10, host 63."""
_LONGEST_HOST = 255
_HISTORY = frozenset({"chathistory", "draft/chathistory", "znc.in/playback"})
_FOLDS = {
    "ascii": str.maketrans({}),
    "strict-rfc1459": str.maketrans("[]\\", "{}|"),
    "rfc1459": str.maketrans("[]\\^", "{}|~"),
}
_ASCII_LOWER = str.maketrans({chr(upper): chr(upper + 32) for upper in range(65, 91)})
_HEX_ESCAPE = re.compile(r"\\x([0-9A-Fa-f]{2})")


def fold_ascii(name: str) -> str:
    """Return a name with its ASCII letters in lower case, as every casemapping does at least."""
    return name.translate(_ASCII_LOWER)


def is_channel(room: str) -> bool:
    """Whether a room is a channel, and not that of two."""
    return room[:1] in CHANNELS


class Session:
    """The state of one connection that decode needs, and nothing that does I/O."""

    def __init__(self, nick: str) -> None:
        self.nick = nick
        self.invitee: str | None = None
        """The nick that the sentences about invitations name, where that is not our own: preflight looks for
        another.
        """
        self.user = ""
        self.host = ""
        self.masks: set[str] = set()
        """The masks (user@host) that we had before this connection."""
        self.caps: set[str] = set()
        self.isupport: dict[str, str] = {}
        self.passing = TAGS
        """Which of our client-only tags the server lets through, where it knows tags at all."""
        self.naming = True
        """Whether it has given every message a msgid so far."""
        self.bouncer = False
        """Whether a bouncer stands between us and the network: its PONG is not the network's."""
        self.server = ""
        """The name of the server that welcomed us."""
        self.hidden = False
        """Whether the bouncer's name is not the one that welcomed us: its echo is not the network's either.
        """
        self.online: float | None = None
        """Since when the bouncer is on the network, by the network's clock; None: not known yet."""
        self.locked: set[RoomId] = set()
        """Rooms where the server did not let us set the topic, until their modes change."""
        self.speakers = OwnPeople()
        """People from elsewhere who are here as themselves: what they do is ours."""
        self.absence = AwayPeople(self)
        """Who is away."""
        self.held: set[str] = set()
        """Channels that we have made, by their names in lower case, until they are among our rooms."""
        self.unmasked: set[str] = set()
        """The nicks in our rooms, in lower case, whose masks the server has not shown."""
        self.private = PrivateQueries(self)
        """Its rooms of two."""
        self.forms = Forms()
        """The forms that its rooms refuse."""
        self.batches: dict[str, tuple[str, Mapping[str, str]]] = {}
        """Open batches: reference to type and the tags of its first line."""
        self.entering: dict[RoomId, str | None] = {}
        """Rooms just joined, with the server's time of the JOIN: lines that come now may be history."""
        self._rooms: dict[str, RoomId] = {}
        self._seen: dict[str, RoomId | None] = {}
        self._fold = _FOLDS["rfc1459"]
        self._count = itertools.count()
        self._when = "", ""
        self._twins: Counter[str] = Counter()
        """How often each line of this time came in this batch."""

    def fold(self, name: str) -> str:
        """Return a name in lower case by the server's CASEMAPPING."""
        return name.translate(_ASCII_LOWER).translate(self._fold)

    def is_me(self, nick: str) -> bool:
        """Whether this nick is our own."""
        return nick == self.nick or self.fold(nick) == self.fold(self.nick)

    def was_me(self, source: str) -> bool:
        """Whether this prefix is our own, or that of somebody who is here for us.

        It may have the nick that we had while ours was taken. While we are away a nick is anybody's: it
        counts alone only where nothing else is known. soju keeps what we say without a host while it does not
        know ours.
        """
        if self.speakers and source in self.speakers:
            return True
        nick = nick_of(source)
        if "@" not in source or not self.host:
            return self.is_me(nick)
        return self.is_mask(source) and _stem(self.fold(nick)) == _stem(self.fold(self.nick))

    def is_mask(self, source: str) -> bool:
        """Whether this prefix has our own user and host, which nobody else can choose to have."""
        mask = source.partition("!")[2]
        return mask == self.mask or mask in self.masks

    def displayed(self, params: list[str]) -> None:
        """Take in that our host is shown in another way (numeric 396)."""
        user, at, host = params[1].rpartition("@")
        if self.is_me(params[0]) and host.isascii() and len(host) <= _LONGEST_HOST:
            self.host = host
            self.user = user if at else self.user

    def masked(self, params: list[str]) -> None:
        """Take our own mask from WHOIS (numeric 311).

        A bouncer's JOIN may show a shorter one, and long lines would be cut.
        """
        user, host = params[2:4]
        if self.is_me(params[1]) and host.isascii() and len(host) <= _LONGEST_HOST:
            self.user, self.host = user, host

    @property
    def mask(self) -> str:
        """Our own user@host; "" before it is known."""
        return f"{self.user}@{self.host}" if self.host else ""

    def serve(self, rooms: Iterable[RoomId]) -> dict[RoomId, RoomId]:
        """Set the rooms. Returns those that are the same channel as another, with that other."""
        self._rooms, same = {}, {}
        for room in rooms:
            first = self._rooms.setdefault(self.fold(room), room)
            if first != room:
                same[room] = first
        self._seen.clear()
        return same

    def room(self, channel: str) -> RoomId | None:
        """Return the room that the server calls this; None when it is none of ours."""
        try:
            return self._seen[channel]
        except KeyError:
            if len(self._seen) >= 10_000:
                self._seen.clear()
            room = self._seen[channel] = self._rooms.get(self.fold(channel))
            return room

    def rooms_named(self, params: Iterable[str]) -> set[RoomId | None]:
        """Return the rooms that an error is about: of a channel, or of who has a nick."""
        named = list(params)
        rooms = {self.room(param) for param in named if param[:1] in set("#&+!")}
        return rooms.union(*map(self.private.rooms_to, named)) if self.private else rooms

    def support(self, tokens: Iterable[str]) -> None:
        """Take in a line of ISUPPORT (numeric 005). A token that makes no sense is kept as it is."""
        for token in tokens:
            key, _, value = token.partition("=")
            if key.startswith("-"):
                self.isupport.pop(key[1:], None)
            elif key:
                self.isupport[key] = _HEX_ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
        denied = self.isupport.get("CLIENTTAGDENY", "").split(",")
        self.passing = frozenset([tag for tag in TAGS if not _denied(tag[1:], denied)])
        mapping = self.isupport.get("CASEMAPPING", "rfc1459").lower()
        fold = _FOLDS.get(mapping, _FOLDS["ascii"])
        if fold is not self._fold:
            self._fold = fold
            self.serve(list(self._rooms.values()))

    def number(self, key: str, default: int, least: int = 1) -> int:
        """Return a number from ISUPPORT, or the default when it has none that makes sense."""
        value = self.isupport.get(key, "")
        return (
            int(value) if value.isascii() and value.isdigit() and least <= int(value) < 100_000 else default
        )

    def targets(self, command: str, default: int) -> int:
        """Return how many targets one command may name (ISUPPORT TARGMAX, MAXTARGETS)."""
        if "TARGMAX" in self.isupport:
            for item in self.isupport["TARGMAX"].split(","):
                name, _, most = item.partition(":")
                if name.upper() == command:
                    return int(most) if most.isascii() and most.isdigit() and int(most) > 0 else 100
            return 1
        return self.number("MAXTARGETS", default)

    def learn(self, source: str) -> None:
        """Learn our own prefix from a line of ours."""
        nick, _, mask = source.partition("!")
        user, at, host = mask.rpartition("@")
        if at:
            self.nick, self.user, self.host = nick, user, host

    def prefix(self, wanted: str) -> int:
        """Bytes of `:nick!user@host ` before our lines; before it is known, of the longest that it may be.

        `wanted` is the nick that we may get back at any time.
        """
        if not self.host:
            return UNKNOWN_PREFIX
        return _prefix_length(self.nick, wanted, self.user, self.host)

    def batch(self, params: list[str], tags: Mapping[str, str]) -> None:
        """Take in the beginning or end of a BATCH (IRCv3 batch)."""
        reference = params[0]
        if reference.startswith("+") and len(self.batches) < 1000:
            self.batches[reference[1:]] = (params[1], tags)
        else:
            self.batches.pop(reference[1:], None)

    def label(self, line: Line) -> str | None:
        """Return the label of a line, on itself or on its batch (IRCv3 labeled-response)."""
        label = line.tags.get("label")
        batch = self.batches.get(line.tags.get("batch", ""))
        return label or (batch[1].get("label") if batch else None)

    def is_history(self, line: Line, room: RoomId) -> bool:
        """Whether this line was said before we came: in a batch of history, or between JOIN and the
        end of joining with a time before the JOIN's. Without server-time that cannot be told, and
        what comes while we join is taken for history.
        """
        tags = line.tags
        reference = tags.get("batch")
        for _ in range(5):
            if reference not in self.batches:
                break
            kind, outer = self.batches[reference]
            if kind in _HISTORY:
                return True
            reference = outer.get("batch")
        if room not in self.entering:
            return False
        said, joined = tags.get("time"), self.entering[room]
        if said is None or joined is None:
            # soju says without a time that it is in the room; what it kept stands in a batch
            return not (said and self.bouncer)
        return said < joined

    def name(self, line: Line) -> MessageId:
        """Return a name for a message that the server gave none.

        Behind a bouncer it is made of the line, because what a bouncer keeps for us is shown with the time
        and the words that it had live.
        """
        self.naming = False
        said = line.tags.get("time")
        if not self.bouncer or said is None:
            return self.own_id()
        # each batch shows the past anew
        when = said, line.tags.get("batch", "")
        if when != self._when:
            self._when = when
            self._twins.clear()
        text = "\0".join((said, line.source, line.command, *line.params))
        self._twins[text] += 1
        text += f"\0{self._twins[text]}"
        return MessageId(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest())

    def own_id(self) -> MessageId:
        """Return a new name, for what servers never name."""
        return MessageId(f"{time.time_ns() // 1000:x}-{next(self._count):x}")


def _stem(nick: str) -> str:
    return nick.rstrip("_0123456789")


def _denied(tag: str, rules: Collection[str]) -> bool:
    """Whether ISUPPORT CLIENTTAGDENY blocks a client-only tag (IRCv3 message-tags)."""
    return f"-{tag}" not in rules and ("*" in rules or tag in rules)


@lru_cache(maxsize=64)
def _prefix_length(nick: str, wanted: str, user: str, host: str) -> int:
    longest = max(len(nick.encode()), len(wanted.encode()))
    return 4 + longest + len(user.encode()) + len(host.encode())
