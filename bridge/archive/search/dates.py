"""Reads points in time as people write them in a question: 2025-03, 14:30, yesterday, 7d. Pure."""

import re
from datetime import datetime, timedelta, tzinfo
from typing import TypeAlias

__all__ = ["Times", "read_times"]

Times: TypeAlias = tuple[float, float]
"""From when until when, the latter exclusive, in seconds since 1970; of a span both are its beginning."""

_DAY = 86400
_SPANS = {"m": 60, "h": 3600, "d": _DAY, "w": 7 * _DAY, "mo": 30 * _DAY, "y": 365 * _DAY}
_SPAN = re.compile(r"(\d{1,6})(mo|[mhdwy])")
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d\d)"
_FORMS = tuple(
    re.compile(form)
    for form in (
        r"(?P<year>\d{4})",
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})",
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        rf"(?P<year>\d{{4}})[-/.](?P<month>\d{{1,2}})[-/.](?P<day>\d{{1,2}})T{_CLOCK}",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        _CLOCK,
    )
)
_DAYS = {"today": 0, "yesterday": 1}


def read_times(text: str, now: float, zone: tzinfo | None) -> Times | None:
    """Return what a text means; None: it is no date. `zone`: of whoever wrote it; None: the machine's."""
    text = text.strip()
    if (span := _SPAN.fullmatch(text.lower())) is not None:
        then = now - int(span[1]) * _SPANS[span[2]]
        return then, then
    try:
        today = datetime.fromtimestamp(now, zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        if (ago := _DAYS.get(text.lower())) is not None:
            day = today - timedelta(ago)
            return day.timestamp(), (day + timedelta(1)).timestamp()
        for form in _FORMS:
            if (found := form.fullmatch(text.upper())) is not None:
                return _between(today, {name: int(value) for name, value in found.groupdict().items()})
    except (ValueError, OverflowError):  # there is no such day
        return None
    return None


def _between(today: datetime, given: dict[str, int]) -> Times:
    begin = today
    if "year" in given:
        begin = today.replace(given["year"], given.get("month", 1), given.get("day", 1))
    begin = begin.replace(hour=given.get("hour", 0), minute=given.get("minute", 0))
    if "minute" in given:
        end = begin + timedelta(minutes=1)
    elif "day" in given:
        end = begin + timedelta(1)
    elif "month" in given:
        end = (begin + timedelta(31)).replace(day=1)
    else:
        end = begin.replace(year=begin.year + 1)
    return begin.timestamp(), end.timestamp()
