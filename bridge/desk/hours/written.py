"""Days and times as an owner writes them. Pure.

Each function raises ValueError with a sentence that says what to write.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from .calendar import DAY, Shift

__all__ = ["DAYS", "dates", "days", "shifts", "time_of_day"]

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_TIME = re.compile(r"(\d{1,2})(?::(\d\d))?")
_DATE = re.compile(r"(?:(\d{4})-)?(\d\d?)-(\d\d?)")
_LEAP = 2024
_LONGEST = 366


def days(text: str) -> tuple[int, ...]:
    """Return the days of the week that `mon-fri`, `sat, sun` or `daily` means; Monday is 0."""
    if text.strip().lower() in {"daily", "every day"}:
        return tuple(range(7))
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = (word.strip() for word in part.partition("-"))
        begin, end = _day(first), _day(last) if dash else _day(first)
        found += [(begin + n) % 7 for n in range((end - begin) % 7 + 1)]
    return tuple(found)


def _day(word: str) -> int:
    found = [n for n, name in enumerate(DAYS) if len(word) >= 2 and name.startswith(word.lower())]
    if len(found) != 1:
        raise ValueError("must be days such as mon-fri, sat or daily")
    return found[0]


def shifts(text: str) -> tuple[Shift, ...]:
    """Return the shifts that `9:00-12:30, 13:30-18:00` means; `closed` means none."""
    if text.strip().lower() == "closed":
        return ()
    return tuple(_shift(part.strip()) for part in text.split(","))


def _shift(text: str) -> Shift:
    first, _, last = (word.strip() for word in text.replace("–", "-").partition("-"))
    begin, end = time_of_day(first), time_of_day(last)
    if begin in {DAY, end}:
        raise ValueError("must begin before it ends: a whole day is 0:00-24:00")
    return Shift(begin, end if end > begin else end + DAY)


def time_of_day(text: str) -> int:
    """Return the minutes since midnight of `9`, `9:30` or `24:00`."""
    found = _TIME.fullmatch(text.replace("：", ":"))
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found else DAY + 1
    if found is None or minutes > DAY or int(found[2] or 0) > 59:
        raise ValueError("must be times such as 9:00-18:00, or 9:00-12:30, 13:30-18:00")
    return minutes


def dates(text: str) -> tuple[date | tuple[int, int], ...]:
    """Return the days that `2026-12-25`, `12-25` or two of a kind with `..` between them mean: a date, or
    month and day where it is every year's.
    """
    first, dots, last = (word.strip() for word in text.partition(".."))
    if not dots:
        return (_date(first),)
    begin, end = _date(first), _date(last)
    if isinstance(begin, date) and isinstance(end, date):
        if begin > end or (end - begin).days > _LONGEST:
            raise ValueError("must be two dates of which the first is the earlier, a year apart at most")
        return tuple(begin + timedelta(n) for n in range((end - begin).days + 1))
    if isinstance(begin, tuple) and isinstance(end, tuple):
        return tuple(_yearly(begin, end))
    raise ValueError("must have the year on both sides of .., or on neither")


def _yearly(begin: tuple[int, int], end: tuple[int, int]) -> Iterator[tuple[int, int]]:
    day = date(_LEAP, *begin)
    yield begin
    while (day.month, day.day) != end:
        day += timedelta(1)
        yield day.month, day.day


def _date(text: str) -> date | tuple[int, int]:
    year, month, day = found.groups() if (found := _DATE.fullmatch(text)) else ("", "0", "0")
    try:
        whole = date(int(year or _LEAP), int(month), int(day))
    except ValueError:
        raise ValueError(
            "must be a date such as 2026-12-25, 12-25 for every year, or two of a kind: 12-24..12-26"
        ) from None
    return whole if year else (whole.month, whole.day)
