"""What Hubbub itself says in the rooms: that messages wait, went through, were given up or not heard."""

import logging
import math
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from bridge.compose.forging import whole
from bridge.compose.namesakes import HUBBUB
from bridge.compose.prefix import one_line, safe_name
from bridge.journal import Journal
from bridge.language import ENGLISH, N_, Locale, locale
from bridge.model import Kind, MessageCreated, MessageId, RoomId, TalkEvent, plain

from .folding import Folding
from .gaps import Gaps, Told
from .loop_guard import LoopGuard
from .room import RoomStatus
from .routes import Routes

__all__ = ["Teller"]

log = logging.getLogger(__name__)

_PAUSE = 600.0
"""Seconds between two lines of the same kind about the same room."""
_SLOW = N_("{room} takes messages more slowly than they come since {time}; what you say is kept and follows.")
_CLOSED = N_("{room} takes no messages since {time}; what you say is kept and follows.")
_OUT_OF_REACH = N_("{room} cannot be reached since {time}; what you say is kept and follows.")


@dataclass(slots=True)
class _Wait:
    """A room whose queue the others were told of."""

    since: float
    delivered: int
    until: int
    """The last message that waited when they were told."""
    sentence: str
    """What they were told."""


@dataclass(slots=True)
class _Folded:
    """Facts of one kind about one room, told in one line."""

    told: float = -_PAUSE
    count: int = 0
    reason: str = ""
    rooms: set[int] = field(default_factory=set)


class Teller:
    """Collects facts and tells them, folded, to the rooms that they matter to, through the journal."""

    def __init__(self, journal: Journal, status: Callable[[int], RoomStatus | None]) -> None:
        """`status` gives how a room stands; None: it is not in the map."""
        self._status = status
        self._journal = journal
        self._loop_guard = LoopGuard(self._loop)
        self.sent = self._loop_guard.sent
        self._folding = Folding(self._say, self._place)
        self.member = self._folding.member
        self.reacted = self._folding.reacted
        self.repeated = self._folding.repeated
        self._routes = Routes({}, {}, {})
        self._waits: dict[int, _Wait] = {}
        self.gaps = Gaps(journal, self._place, self._least)
        self._losses: dict[int, _Folded] = {}
        self._hidden: dict[int, _Folded] = {}

    def map(self, routes: Routes) -> None:
        """Follow this map from now on."""
        self._routes = routes
        self._waits = {number: wait for number, wait in self._waits.items() if number in routes.rooms}
        self.gaps.map(routes.rooms)

    # What it is told

    def repeats(self, source: int, event: TalkEvent) -> bool:
        """Somebody is about to be heard: who they are is told before, if they go by a new name. Returns
        whether it is an echo of what we said, which is not relayed.
        """
        self._folding.speaks(source, event.sender.name)
        return self._loop_guard.repeats(source, event)

    def lost(self, room: int, reason: str, count: int = 1, *, source: int | None = None) -> None:
        """So many deliveries to a room were given up; `source` is where they come from, if all from one."""
        loss = self._losses.setdefault(room, _Folded())
        loss.count, loss.reason = loss.count + count, reason
        loss.rooms.update(self._sources(room) if source is None else (source,))

    def hidden(self, room: int, count: int) -> None:
        """So many old messages are not shown in a room."""
        self._hidden.setdefault(room, _Folded()).count += count

    def _loop(self, source: int, who: str) -> None:
        def told(locale: Locale) -> str:
            return locale.gettext(
                "{name} repeats in {room} what Hubbub says: such lines are not relayed any more. "
                "If it is another bridge, its name belongs under ignore.",
                name=whole(safe_name(who)),
                room=self._place(source, locale),
            )

        log.warning("%s", told(ENGLISH))
        self._say(source, self._hearing(source), told)

    # What it tells

    def patrol(self) -> None:
        """Tell what has come together: every few seconds."""
        now = time.monotonic()
        for room, told in self.gaps.due():
            self._say(room, self._hearing(room), told)
        for room, loss in _due(self._losses, now):
            self._say(room, self._reachable(loss.rooms), partial(_lost, loss, partial(self._place, room)))
        for room, hidden in _due(self._hidden, now):
            self._say(room, [room], partial(_hidden, hidden))
        self._folding.patrol()

    def look_at(self, status: RoomStatus) -> None:
        """Tell that what a room is owed waits, or that it went through."""
        number, oldest, wait = status.number, status.oldest, self._waits.get(status.number)
        now = time.time()
        if wait is not None:
            if status.joined and (oldest is None or oldest.seq > wait.until):
                del self._waits[number]
                count = status.delivered - wait.delivered
                through = partial(_through, count, wait.sentence, partial(self._place, number))
                self._say(number, self._reachable(self._sources(number)), through)
            return
        if oldest is None or oldest.event.sender == HUBBUB:
            return
        since = max(oldest.said_at, status.away_since)
        if now - since < status.rules.tell_after:
            return
        sentence = _OUT_OF_REACH if not status.joined else _CLOSED if status.closed else _SLOW
        self._waits[number] = _Wait(since, status.delivered, self._journal.newest(number), sentence)

        def told(locale: Locale) -> str:
            return locale.gettext(sentence, room=self._place(number, locale), time=locale.clock(since, now))

        log.warning("%s%s", told(ENGLISH), f" ({status.reason})" if status.reason else "")
        self._say(number, self._reachable(self._sources(number)), told)

    def _least(self, room: int) -> float:
        """For how many seconds a room must not have been heard to be worth a line."""
        status = self._status(room)
        return status.rules.tell_gap if status is not None else math.inf

    def _place(self, number: int, locale: Locale) -> str:
        if (known := self._routes.rooms.get(number)) is None:
            return locale.gettext("a room that left the map")
        network, room = known
        return locale.gettext("{room} on {network}", room=room, network=network)

    def _sources(self, room: int) -> Iterable[int]:
        """The rooms whose talk a room hears."""
        return [source.number for source in self._routes.sources.values() if room in source.rooms]

    def _hearing(self, room: int) -> Iterable[int]:
        """The rooms that hear a room."""
        return next((s.rooms for s in self._routes.sources.values() if s.number == room), ())

    def _reachable(self, rooms: Iterable[int]) -> list[int]:
        """Those rooms that Hubbub may write to, and can now."""
        return [
            room
            for room in sorted(set(rooms) & self._routes.written)
            if (status := self._status(room)) is not None and status.joined
        ]

    def _say(self, about: int, rooms: Iterable[int], told: Told) -> None:
        """Say something about a room in others, to each as its people are spoken to."""
        audiences: dict[Locale, list[int]] = {}
        for room in rooms:
            if (show := self._routes.shown.get(room)) is not None:
                audiences.setdefault(locale(show.language, show.time_zone), []).append(room)
        for audience, hearing in audiences.items():
            event = MessageCreated(
                id=MessageId(f"hubbub-{uuid.uuid4()}"),
                room=RoomId(""),
                sender=HUBBUB,
                content=plain(told(audience)),
                kind=Kind.NOTICE,
            )
            self._journal.take(about, event, tuple(hearing))


def _lost(loss: _Folded, place: Told, locale: Locale) -> str:
    reason = one_line(locale.gettext(loss.reason))
    return locale.ngettext(
        "A message could not be delivered to {room}: {reason}",
        "{number} messages could not be delivered to {room}: {reason}",
        loss.count,
        room=place(locale),
        reason=reason,
    )


def _hidden(hidden: _Folded, locale: Locale) -> str:
    return locale.ngettext(
        "1 earlier message is not shown here.",
        "{number} earlier messages are not shown here.",
        hidden.count,
    )


def _through(count: int, told: str, place: Told, locale: Locale) -> str:
    """What ends a wait, in the words in which it was told."""
    if told != _OUT_OF_REACH:
        return locale.ngettext(
            "{room} takes messages again as they come: 1 message that waited went through.",
            "{room} takes messages again as they come: {number} messages that waited went through.",
            count,
            room=place(locale),
        )
    return locale.ngettext(
        "{room} can be reached again: 1 message that waited went through.",
        "{room} can be reached again: {number} messages that waited went through.",
        count,
        room=place(locale),
    )


def _due(facts: dict[int, _Folded], now: float) -> list[tuple[int, _Folded]]:
    """What is to be told now, and starts anew."""
    due = [(room, fact) for room, fact in facts.items() if fact.count and now - fact.told >= _PAUSE]
    for room, _ in due:
        facts[room] = _Folded(told=now)
    return due
