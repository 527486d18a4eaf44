"""From when to when nobody can tell what was said in a room, and what people are told of it.

The log always knows. A line in the rooms is worth only what the owner says (`tell_gap`): a restart of some
seconds is not, unless it comes again and again.
"""

import logging
import time
from collections.abc import Callable, Container, Iterator
from functools import partial

from bridge.journal import Gap, Journal
from bridge.language import ENGLISH, Locale

from .announcer import Place, Told

__all__ = ["Gaps"]

log = logging.getLogger(__name__)

_PAUSE = 600.0
"""Seconds between two lines about the same room, and between two short gaps that add up."""
_SAME = 1.0
"""Seconds within which a gap of which nobody knows since when is the one before."""
Noted = Callable[[int, float | None, Gap], None]
"""Is told that a room was not heard since then; None: nobody knows since when."""
_DAY, _HOUR, _MINUTE = 86400.0, 3600.0, 60.0


class Gaps:
    """Collects what could not be heard, by the room's number. What people have yet to be told is kept in the
    journal, since it outlives the process.
    """

    def __init__(self, journal: Journal, place: Place, least: Callable[[int], float]) -> None:
        """`place` names a room; `least` tells how many seconds of it must have been missed to be worth a
        line.
        """
        self.latest: dict[int, Gap] = {}
        """Of each room the last one, told or not."""
        self._clock = journal.clock
        self._journal = journal
        self._place = place
        self._least = least
        self._untold = journal.untold()
        self.noted: list[Noted] = []
        """Those who want to know of each at once."""

    def follow(self, rooms: Container[int]) -> None:
        """Forget all rooms but these, as the journal does."""
        self._untold = {room: gap for room, gap in self._untold.items() if room in rooms}

    def add(
        self, room: int, since: float | None, *, unheard: bool, partly: bool, left_out: int | None
    ) -> None:
        """Note that a room is heard again, and was not since then; None: nobody knows since when.

        It is kept by the commit that notes that the room is heard.
        """
        until, before = self._clock.now(), self.latest.get(room)
        if since is None and before is not None and abs(until - before.until) < _SAME:
            return
        seconds = -1.0 if since is None or since > until else until - since  # or a clock was set back
        gap = self.latest[room] = Gap(1, until, seconds, unheard, partly, left_out)
        for told in self.noted:
            told(room, since, gap)
        log.warning("from %s on: %s", _utc(since), _line(gap, partial(self._place, room), ENGLISH))
        untold = self._untold.get(room, Gap())
        began = until if since is None else since
        if began - untold.until > _PAUSE and not self._is_worth_a_line(room, untold):
            untold = Gap(told=untold.told)
        self._keep(room, _sum(untold, gap))

    def due(self) -> Iterator[tuple[int, Told]]:
        """Yield the lines to be told now, by room: from the commit of that line on, it counts as told."""
        now = self._clock.now()
        for room, gap in list(self._untold.items()):
            if self._is_worth_a_line(room, gap) and not 0 <= now - gap.told < _PAUSE:
                self._keep(room, Gap(told=now))
                yield room, partial(_line, gap, partial(self._place, room))

    def _is_worth_a_line(self, room: int, gap: Gap) -> bool:
        return gap.times > 0 and (gap.seconds < 0 or gap.seconds >= self._least(room))

    def _keep(self, room: int, gap: Gap) -> None:
        self._untold[room] = gap
        self._journal.keep_gap(room, gap)


def _sum(untold: Gap, gap: Gap) -> Gap:
    """Join what was not told and one more gap."""
    left_out = None if untold.left_out is None or gap.left_out is None else untold.left_out + gap.left_out
    return Gap(
        times=untold.times + gap.times,
        until=gap.until,
        seconds=-1.0 if untold.seconds < 0 or gap.seconds < 0 else untold.seconds + gap.seconds,
        unheard=untold.unheard or gap.unheard,
        partly=untold.partly or gap.partly,
        left_out=left_out,
        told=untold.told,
    )


def _line(gap: Gap, place: Told, locale: Locale) -> str:
    """Tell of a gap, to people who know nothing of bridges."""
    if gap.seconds < 0:
        away = locale.ngettext(
            "The bridge was away for some time",
            "The bridge was away {number} times, for some time",
            gap.times,
        )
    else:
        away = locale.ngettext(
            "The bridge was away for {time}",
            "The bridge was away {number} times, for {time}",
            gap.times,
            time=_span(gap.seconds, locale),
        )
    return f"{away}{locale.gettext('; ')}{_missing(gap, place(locale), locale)}"


def _missing(gap: Gap, place: str, locale: Locale) -> str:
    if gap.unheard and gap.partly:
        return locale.gettext("not all that was said in {room} meanwhile is here.", room=place)
    if gap.unheard:
        return locale.gettext("what was said in {room} meanwhile is missing here.", room=place)
    if gap.left_out is None:
        return locale.gettext("the first of what was said in {room} meanwhile is missing here.", room=place)
    return locale.ngettext(
        "the first message that was said in {room} meanwhile is missing here.",
        "the first {number} messages that were said in {room} meanwhile are missing here.",
        gap.left_out,
        room=place,
    )


def _utc(since: float | None) -> str:
    if since is None:
        return "nobody knows when"
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(since))


def _span(seconds: float, locale: Locale) -> str:
    """Return a length of time in the unit in which it is two or more: 90 seconds, 2 minutes."""
    if seconds >= 2 * _DAY:
        return locale.ngettext("{number} day", "{number} days", round(seconds / _DAY))
    if seconds >= 2 * _HOUR:
        return locale.ngettext("{number} hour", "{number} hours", round(seconds / _HOUR))
    if seconds >= 2 * _MINUTE:
        return locale.ngettext("{number} minute", "{number} minutes", round(seconds / _MINUTE))
    return locale.ngettext("{number} second", "{number} seconds", round(seconds))
