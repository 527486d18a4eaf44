"""Who of the people from elsewhere may connect and come in, as far as the server and people there have said:
nobody asks again and again.
"""

import logging
import math
import re
from collections.abc import Hashable
from enum import Enum

from bridge import Barred, BoundedDict, Clock, Rejected, RoomId

__all__ = ["Entrance"]

log = logging.getLogger(__name__)

_MOST = 10_000
_BANNED_FOR = 3600.0
"""Seconds until somebody who is banned from the network tries again."""
_HELD_FOR = 86400.0
"""Seconds for which a nick that was taken away is not asked for."""
_AGAIN = 86400.0
"""Seconds after which the owner is told again of what has not changed."""
_ENOUGH = 3
"""So many who are refused one after the other are no accident, whatever the server says."""

_TOO_OFTEN = re.compile(
    r"throttl|reconnect|clones|connect\w*\W+(too|limit)|too many (\w+ )?(connections|hosts|users|clients)"
    r"|too many times|(connection|session) limit|limit exceeded|no more connections|maximum.*connections",
    re.IGNORECASE,
)
_BANNED = re.compile(r"[kgzde][-:]?line|\bban|akill|autokill", re.IGNORECASE)
_ALL_OF_US = re.compile(
    r"webirc|not welcome|listed in|dnsbl|access denied|password|not authori[sz]ed|unauthori[sz]ed",
    re.IGNORECASE,
)
_FULL = re.compile(r"too many|too fast|limit|maximum|server is full", re.IGNORECASE)
_NICK = re.compile(
    r"\bnick(name)? (collision|collided|enforce|protect|is regist|is owned|in use)|\bghost", re.IGNORECASE
)
_MASK = re.compile(r"[^\s()\[\]]+@[^\s()\[\]]+")
"""Of whom a server speaks: those words are not its own."""
_KILLED = re.compile(r"\bkill", re.IGNORECASE)


class Shut(Enum):
    """Why nobody new connects: with the seconds until the next try, and at most, if it stays like that."""

    BANNED = 600.0, 6 * 3600.0
    BUSY = 60.0, 1800.0
    AWAY = 30.0, 600.0


class Entrance:
    """What was said about those of one network, or of us all."""

    def __init__(self, server: str, clock: Clock) -> None:
        self._server = server
        self.clock = clock
        self._barred = Barred()
        """Who was sent away, from one room or, with None, from all: nobody speaks for them."""
        self._banned = Barred()
        self._banned.seconds = _BANNED_FOR
        self._suspects: BoundedDict[str, str] = BoundedDict(_MOST)
        """Who was banned while nobody else said anything, and the server's words: it may mean us all."""
        self._vain: BoundedDict[Hashable, tuple[float, float]] = BoundedDict(_MOST)
        """What it would be vain to ask for: until when, and how long that was."""
        self._held: BoundedDict[str, float] = BoundedDict(_MOST)
        self._refused: set[str] = set()
        """Who was not let in since somebody last was."""
        self._shut_until = -math.inf
        self._pause: dict[Shut, float] = {}
        self._told: BoundedDict[str, float] = BoundedDict(_MOST)
        """What the owner was told, and when."""

    # -- who may come

    @property
    def is_shut(self) -> bool:
        """Whether nobody new may connect now."""
        return self.clock.monotonic() < self._shut_until

    def is_vain(self, key: str, room: RoomId) -> bool:
        """Whether somebody would not get in, or not into this room."""
        now = self.clock.monotonic()
        return any(self._vain.get(what, (now, 0.0))[0] > now for what in (key, (key, room)))

    def is_held(self, nick: str) -> bool:
        """Whether a nick was taken away from one of us."""
        return self._held.get(nick.lower(), -math.inf) > self.clock.monotonic()

    def is_barred(self, key: str, room: RoomId) -> bool:
        """Whether somebody was sent away, so that nobody speaks for them either."""
        try:
            self._admit(room, key, "")
        except Rejected:
            return True
        return False

    def admit(self, room: RoomId, key: str, name: str) -> None:
        """Raise Rejected while somebody may not come."""
        self._admit(room, key, name)
        if self.is_vain(key, room):
            raise Rejected(f"{name} does not get in")

    def _admit(self, room: RoomId, key: str, name: str) -> None:
        now = self.clock.monotonic()
        for place in (room, None):
            self._barred.admit((key, place), name, now)
        self._banned.admit(key, name, now)

    # -- what happens to them

    def bar(self, key: str, room: RoomId, why: str) -> None:
        """Somebody was sent out of a room, or is banned there."""
        self._barred.bar((key, room), why, self.clock.monotonic())

    def hold(self, nick: str) -> None:
        """A nick was taken away from somebody, as services do: it is not asked for again."""
        self._held[nick.lower()] = self.clock.monotonic() + _HELD_FOR

    def refuse(self, key: str, said: str) -> None:
        """The server did not let somebody in: nobody asks for them for a while, which is longer each time,
        and for nobody at all when it lets nobody in.
        """
        self._put_off(key)
        self._refused.add(key)
        if len(self._refused) >= _ENOUGH and not self.is_shut:
            self.shut(Shut.BUSY, said)

    def keep_out(self, key: str, room: RoomId) -> None:
        """A room did not let somebody in: the same."""
        self._put_off((key, room))

    def let_in(self) -> None:
        """Somebody is connected."""
        self._pause.clear()
        self._refused.clear()

    def came_in(self, key: str, room: RoomId) -> None:
        """Somebody is in a room."""
        self._vain.pop(key, None)
        self._vain.pop((key, room), None)

    def spoke(self, key: str) -> None:
        """Somebody said something: who was banned alone is."""
        if self._suspects:
            for other, said in self._suspects.items():
                if other != key:
                    self._ban(other, said)
            self._suspects.clear()

    def ended(self, key: str, nick: str, said: str, *, killed: bool, others: bool) -> None:
        """A connection has ended, which nobody of us asked for, with these words of the server. `others`:
        somebody else of ours is connected.
        """
        said = _MASK.sub("", said)
        if killed or (_KILLED.search(said) and not _BANNED.search(said)):
            if _NICK.search(said):  # a collision after a netsplit, or services that protect it
                self.hold(nick)
            else:
                why = f"was sent off the network: {said or 'killed'}"
                self._barred.bar((key, None), why, self.clock.monotonic())
        elif _TOO_OFTEN.search(said):
            self.shut(Shut.BUSY, said)
        elif _BANNED.search(said):
            self._suspect(key, said, others=others)
        elif _ALL_OF_US.search(said):
            self.shut(Shut.BANNED, said)
        elif _FULL.search(said):
            self.shut(Shut.BUSY, said)

    def _suspect(self, key: str, said: str, *, others: bool) -> None:
        """Somebody is banned: they alone, as long as it holds nobody else back."""
        self._suspects[key] = said
        if others:
            self._ban(key, said)
        elif len(self._suspects) > 1:
            for other in self._suspects:
                self._banned.free(other)
            self._suspects.clear()
            self.shut(Shut.BANNED, said)
        else:
            self._vain[key] = self.clock.monotonic() + _BANNED_FOR, 0.0
            self._tell(
                key, f"{key} is banned from {self._server}: the bridge speaks for them (it says: {said})"
            )

    def _ban(self, key: str, said: str) -> None:
        self._banned.bar(key, f"is banned from {self._server}: {said}", self.clock.monotonic())
        self._tell(
            f"{key} alone",
            f"{key} is banned from {self._server}: nothing that they say comes there (it says: {said})",
        )

    def shut(self, why: Shut, said: str) -> None:
        """Nobody new connects for a while, which is longer each time."""
        least, most = why.value
        pause = self._pause[why] = min(self._pause.get(why, least / 2) * 2, most)
        self._shut_until = max(self._shut_until, self.clock.monotonic() + pause)
        self._tell(
            why.name,
            f"{self._server} lets nobody else from elsewhere connect: the bridge speaks for them, and tries "
            f"again in {pause:.0f} seconds, then less and less often (it says: {said})",
        )

    def _put_off(self, what: Hashable) -> None:
        least, most = Shut.BUSY.value
        until, pause = self._vain.get(what, (-math.inf, 0.0))
        pause = max(least, min(pause * 2, most))
        self._vain[what] = max(until, self.clock.monotonic() + pause), pause

    def _tell(self, what: str, sentence: str) -> None:
        """Tell the owner, once a day."""
        now = self.clock.monotonic()
        if now - self._told.get(what, -math.inf) >= _AGAIN:
            self._told[what] = now
            log.warning("%s", sentence)
