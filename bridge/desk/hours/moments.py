"""The moment that an agent means who says until when. Pure."""

import re
from datetime import datetime, timedelta, tzinfo

from .calendar import DAY
from .written import DAYS, time_of_day

__all__ = ["moment"]

_WRITTEN = re.compile(
    r"(?:(?P<date>\d{4}-\d\d-\d\d)|(?P<day>[a-z]{3,}))?\s*(?P<time>\d{1,2}[:：]\d\d)?", re.IGNORECASE
)


def moment(text: str, zone: tzinfo, now: float) -> float:
    """Return when `15:00`, `monday`, `tomorrow 9:00` or `2026-12-27 09:00` is next, in seconds since 1970.
    A day without a time is its beginning. Raises ValueError for what is no moment, or is over.
    """
    found = _WRITTEN.fullmatch(text.strip())
    here = datetime.fromtimestamp(now, zone)
    if found is None or not found[0]:
        raise ValueError(text)
    minutes = time_of_day(found["time"]) if found["time"] else 0
    day = datetime.fromisoformat(found["date"]) if found["date"] else _named(found["day"], here)
    then = _at(day, minutes, zone)
    if then <= now and not found["date"]:  # today's is over: the next one is meant
        then = _at(day + timedelta(7 if found["day"] else 1), minutes, zone)
    if then <= now:
        raise ValueError(text)
    return then


def _named(word: str | None, here: datetime) -> datetime:
    ahead = 0
    if word is not None and word.lower() == "tomorrow":
        ahead = 1
    elif word is not None:
        named = [n for n, name in enumerate(DAYS) if name.startswith(word.lower())]
        if len(named) != 1:
            raise ValueError(word)
        ahead = (named[0] - here.weekday()) % 7
    return here.replace(tzinfo=None) + timedelta(ahead)


def _at(day: datetime, minutes: int, zone: tzinfo) -> float:
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return (midnight + timedelta(minutes=min(minutes, DAY))).replace(tzinfo=zone).timestamp()
