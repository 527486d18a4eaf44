"""Tells people of a desk's hours, in their language and by the desk's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from bridge.language import Locale

from .calendar import Override, Situation

__all__ = ["told_agents", "told_visitors"]


def told_visitors(found: Situation, locale: Locale, now: float) -> str:
    """Return what a visitor should know of it; "" of a desk that simply is open."""
    if found.is_open:
        return "" if found.until is None else _until_open(found.until, locale, now)
    closed = (
        locale.gettext("Today is {holiday}, and we are closed.", holiday=found.holiday)
        if found.holiday
        else locale.gettext("We are closed now.")
    )
    if found.until is None:
        return closed
    return locale.gettext("{closed} {back}", closed=closed, back=_back(found.until, locale, now))


def told_agents(found: Situation, override: Override | None, by: str, locale: Locale, now: float) -> str:
    """Return how the desk stands, for those who work there. `by` is the name of who said `override`."""
    if found.until is None:
        told = locale.gettext("The desk is open.") if found.is_open else locale.gettext("The desk is closed.")
    else:
        when = _when(found.until, locale, now)
        told = (
            locale.gettext("The desk is open until {when}.", when=when)
            if found.is_open
            else locale.gettext("The desk is closed until {when}.", when=when)
        )
    if override is not None and (override.until is None or now < override.until):
        said = locale.gettext("{agent} said so: !hours normal takes that back.", agent=by)
        return locale.gettext("{closed} {back}", closed=told, back=said)
    return f"{told} ({found.holiday})" if found.holiday else told


def _until_open(until: float, locale: Locale, now: float) -> str:
    if _days_ahead(until, locale, now) > 0:
        return ""
    return locale.gettext("We are here until {time} today.", time=_clock(until, locale))


def _back(until: float, locale: Locale, now: float) -> str:
    time, ahead = _clock(until, locale), _days_ahead(until, locale, now)
    if ahead == 0:
        return locale.gettext("We are back at {time}.", time=time)
    if ahead == 1:
        return locale.gettext("We are back tomorrow at {time}.", time=time)
    return locale.gettext("We are back on {day} at {time}.", day=_day(until, locale), time=time)


def _when(until: float, locale: Locale, now: float) -> str:
    time, ahead = _clock(until, locale), _days_ahead(until, locale, now)
    return time if ahead == 0 else f"{_day(until, locale)}, {time}"


def _there(when: float, locale: Locale) -> datetime:
    return datetime.fromtimestamp(when, ZoneInfo(locale.zone) if locale.zone is not None else UTC)


def _days_ahead(then: float, locale: Locale, now: float) -> int:
    return (_there(then, locale).date() - _there(now, locale).date()).days


def _clock(when: float, locale: Locale) -> str:
    there = _there(when, locale)
    return f"{there.hour}:{there.minute:02}{'' if locale.zone is not None else ' UTC'}"


def _day(when: float, locale: Locale) -> str:
    from babel.dates import format_date, format_skeleton  # large, and seldom needed

    there, language = _there(when, locale), locale.language.replace("-", "_")
    return locale.gettext(
        "{weekday}, {date}",
        weekday=format_date(there, "EEEE", locale=language),
        date=format_skeleton("MMMMd", there, locale=language),
    )
