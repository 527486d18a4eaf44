"""Open or closed at a moment, and until when. Pure.

A shift belongs to the day on which it begins, and may end on the next. Where clocks are put forward or back,
the clock on the wall decides: whoever looks at it within a shift finds the desk open. So a shift that begins
at a time which that night does not have begins when the clocks are moved, and an hour that comes twice counts
both times.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

__all__ = ["DAY", "Calendar", "Holiday", "Override", "Shift", "Situation", "situation"]

DAY = 1440
"""Minutes."""
_AHEAD = 400
"""How many days are looked at for the next change: a year, and the holidays behind it."""


class Shift(NamedTuple):
    """A time of a day at which a desk is open, in minutes since midnight by the clock on the wall."""

    begin: int
    end: int
    """More than `begin`, by a day at most: past midnight it is more than `DAY`."""


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day that is not like others of the week."""

    name: str
    shifts: tuple[Shift, ...] = ()


@dataclass(frozen=True, slots=True)
class Calendar:
    """The openings of a desk, by its own clock."""

    zone: tzinfo
    week: tuple[tuple[Shift, ...], ...]
    """For each day, from Monday on."""
    holidays: Mapping[date, Holiday] = field(default_factory=dict)
    yearly: Mapping[tuple[int, int], Holiday] = field(default_factory=dict)
    """By month and day; one of `holidays` goes before."""

    def holiday(self, day: date) -> Holiday | None:
        """Return the holiday that falls on a day."""
        return self.holidays.get(day) or self.yearly.get((day.month, day.day))

    def shifts(self, day: date) -> tuple[Shift, ...]:
        """Return the shifts that begin on a day."""
        holiday = self.holiday(day)
        return self.week[day.weekday()] if holiday is None else holiday.shifts


@dataclass(frozen=True, slots=True)
class Override:
    """An agent's word, which counts in place of the calendar."""

    is_open: bool
    until: float | None = None
    """Seconds since 1970; None: until they say otherwise."""


@dataclass(frozen=True, slots=True)
class Situation:
    """A desk at a moment: open or closed, and until when."""

    is_open: bool
    until: float | None
    """When that changes, in seconds since 1970: of a closed desk its next opening; None: nobody knows."""
    holiday: str = ""
    """The name of today's, if it is closed because of one."""


def situation(calendar: Calendar | None, override: Override | None, now: float) -> Situation:
    """Return how a desk stands. Without a calendar it is open, but for what somebody said."""
    if override is not None and (override.until is None or now < override.until):
        if override.until is None:
            return Situation(override.is_open, None)
        after = situation(calendar, None, override.until)
        changes = after.is_open is not override.is_open
        return Situation(override.is_open, override.until if changes else after.until)
    return Situation(is_open=True, until=None) if calendar is None else _by_calendar(calendar, now)


def _by_calendar(calendar: Calendar, now: float) -> Situation:
    closing: float | None = None
    for begin, end in _openings(calendar, now):
        if closing is not None:
            if begin > closing:
                break
            closing = max(closing, end)
        elif begin > now:
            return Situation(is_open=False, until=begin, holiday=_holiday(calendar, now))
        else:
            closing = end
    if closing is None:
        return Situation(is_open=False, until=None, holiday=_holiday(calendar, now))
    return Situation(is_open=True, until=closing if closing < now + (_AHEAD - 3) * 86_400 else None)


def _holiday(calendar: Calendar, now: float) -> str:
    found = calendar.holiday(datetime.fromtimestamp(now, calendar.zone).date())
    return found.name if found is not None else ""


def _openings(calendar: Calendar, now: float) -> Iterator[tuple[float, float]]:
    """Yield when it opens and closes, in order, from what is not over yet."""
    today = datetime.fromtimestamp(now, calendar.zone).date()
    for ahead in range(-2, _AHEAD):  # where a night has an hour twice, a shift of yesterday's reaches so far
        day = today + timedelta(ahead)
        for shift in sorted(calendar.shifts(day)):
            begin = _instant(calendar.zone, day, shift.begin, first=True)
            end = _instant(calendar.zone, day, shift.end, first=False)
            if begin < end and now < end:
                yield begin, end


def _instant(zone: tzinfo, day: date, minutes: int, *, first: bool) -> float:
    """Return when the clock on the wall shows this time; of a time that comes twice the first or the last;
    of one that does not come at all, when the clocks are moved.
    """
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001 - a wall's
    early, late = (wall.replace(tzinfo=zone, fold=fold).timestamp() for fold in (0, 1))
    if early <= late:
        return early if first else late
    # What is not on the clock has with `fold` 1 an instant before the clocks are moved, and with 0 one after.
    before, after = int(late), int(early)
    offset = _offset(zone, before)
    while after - before > 1:
        middle = (before + after) // 2
        before, after = (middle, after) if _offset(zone, middle) == offset else (before, middle)
    return float(after)


def _offset(zone: tzinfo, when: int) -> timedelta | None:
    return datetime.fromtimestamp(when, UTC).astimezone(zone).utcoffset()
