"""What is told of rooms that take no messages: that they wait, since when, and that they went through."""

import logging
from collections.abc import Container
from dataclasses import dataclass
from functools import partial

from bridge.compose.namesakes import HUBBUB
from bridge.journal import Journal
from bridge.language import ENGLISH, N_, Locale
from bridge.relay.room import RoomStatus

from .announcer import Announcer, Told

__all__ = ["Outages"]

log = logging.getLogger(__name__)

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


class Outages:
    """Tells the rooms that a room hears how it stands with what they said."""

    def __init__(self, journal: Journal, announcer: Announcer) -> None:
        self._clock = journal.clock
        self._journal = journal
        self._announcer = announcer
        self._waits: dict[int, _Wait] = {}

    def follow(self, rooms: Container[int]) -> None:
        """Forget all rooms but these."""
        self._waits = {number: wait for number, wait in self._waits.items() if number in rooms}

    def look_at(self, status: RoomStatus) -> None:
        """Tell that what a room is owed waits, or that it went through."""
        number, oldest, now, announcer = status.number, status.oldest, self._clock.now(), self._announcer
        if (wait := self._waits.get(number)) is not None:
            if status.joined and (oldest is None or oldest.seq > wait.until):
                del self._waits[number]
                count = status.delivered - wait.delivered
                through = partial(_through, count, wait.sentence, partial(announcer.place, number))
                announcer.say(number, announcer.reachable(announcer.sources(number)), through)
            return
        if oldest is None or oldest.event.sender == HUBBUB:
            return
        since = max(oldest.said_at, status.away_since)
        if now - since < status.rules.tell_after:
            return
        sentence = _OUT_OF_REACH if not status.joined else _CLOSED if status.closed else _SLOW
        self._waits[number] = _Wait(since, status.delivered, self._journal.newest(number), sentence)

        def told(locale: Locale) -> str:
            return locale.gettext(
                sentence, room=announcer.place(number, locale), time=locale.clock(since, now)
            )

        why = f" ({status.reason})" if status.reason and not status.private else ""
        log.warning("%s%s", told(ENGLISH), why, extra=status.about())
        announcer.say(number, announcer.reachable(announcer.sources(number)), told)


def _through(count: int, told: str, place: Told, locale: Locale) -> str:
    """Say that a wait is over, in the words in which it was told."""
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
