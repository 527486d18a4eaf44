"""Lengths of time, as people are told them."""

from . import Locale

__all__ = ["span"]

_YEAR, _DAY, _HOUR, _MINUTE = 31_536_000.0, 86_400.0, 3600.0, 60.0


def span(seconds: float, locale: Locale) -> str:
    """Return a length of time in the largest unit that it is a whole number of."""
    if not seconds % _YEAR:
        return locale.ngettext("{number} year", "{number} years", round(seconds / _YEAR))
    if not seconds % _DAY:
        return locale.ngettext("{number} day", "{number} days", round(seconds / _DAY))
    if not seconds % _HOUR:
        return locale.ngettext("{number} hour", "{number} hours", round(seconds / _HOUR))
    if not seconds % _MINUTE:
        return locale.ngettext("{number} minute", "{number} minutes", round(seconds / _MINUTE))
    return locale.ngettext("{number} second", "{number} seconds", round(seconds))
