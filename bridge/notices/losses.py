"""What is told of messages that were given up, or are too old to be shown: many in one line."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bridge.clock import Clock
from bridge.identity import one_line
from bridge.language import Locale

from .announcer import Announcer, Told

__all__ = ["Losses"]

_PAUSE = 600.0
"""Seconds between two lines of the same kind about the same room."""


@dataclass(slots=True)
class _Folded:
    """Facts of one kind about one room, told in one line."""

    told: float = -math.inf
    count: int = 0
    reason: str = ""
    rooms: set[int] = field(default_factory=set)


class Losses:
    """Collects what people in a room will not see."""

    def __init__(self, announcer: Announcer, clock: Clock) -> None:
        self._clock = clock
        self._announcer = announcer
        self._lost: dict[int, _Folded] = {}
        self._hidden: dict[int, _Folded] = {}
        self.many: list[Callable[[int, str, int], None]] = []
        """Those who want to know of a room that deliveries to it were given up at once: why, and how many."""

    def lost(self, room: int, reason: str, count: int = 1, *, source: int | None = None) -> None:
        """Note that so many deliveries to a room were given up; `source` is where they come from, if all from
        one.
        """
        loss = self._lost.setdefault(room, _Folded())
        loss.count, loss.reason = loss.count + count, reason
        for told in self.many if source is None else ():
            told(room, reason, count)
        loss.rooms.update(self._announcer.sources(room) if source is None else (source,))

    def hidden(self, room: int, count: int) -> None:
        """Note that so many old messages are not shown in a room."""
        self._hidden.setdefault(room, _Folded()).count += count

    def patrol(self) -> None:
        """Tell what has come together: every few seconds."""
        now, announcer = self._clock.monotonic(), self._announcer
        for room, loss in _due(self._lost, now):
            announcer.say(
                room, announcer.reachable(loss.rooms), partial(_lost, loss, partial(announcer.place, room))
            )
        for room, hidden in _due(self._hidden, now):
            announcer.say(room, [room], partial(_hidden, hidden))


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


def _due(facts: dict[int, _Folded], now: float) -> list[tuple[int, _Folded]]:
    """Return what is to be told now, and start counting anew."""
    due = [(room, fact) for room, fact in facts.items() if fact.count and now - fact.told >= _PAUSE]
    for room, _ in due:
        facts[room] = _Folded(told=now)
    return due
