"""The wait that a visitor can expect now, from how it went in the last weeks. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import NamedTuple

from bridge.language import Locale
from bridge.language.spans import span

__all__ = ["Arrived", "Expectation", "expectation"]

_ENOUGH = 8
"""So many chats are needed to speak of what is usual."""
_NEAR = 1.5
"""Hours of the day before and after now that are like now."""
_USUAL = 0.8
"""What four in five saw is usual."""
_STEPS = (60, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600, 7200, 14_400, 28_800, 86_400)
_NEVER = float("inf")


class Arrived(NamedTuple):
    """One chat of the last weeks."""

    at: float
    """When it was opened, in seconds since 1970."""
    waited: float | None
    """For the first answer, in seconds; None: none came."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """The wait that a visitor can expect."""

    within: int | None = None
    """Usually answered after so many seconds at most; None: too little is known, or it is more than a day."""
    place: int | None = None
    """In the queue, from 1; None: they would be the first."""

    def told(self, locale: Locale) -> str:
        """Return it in words; "" where nothing is known."""
        said = []
        if self.place is not None and self.place > 1:
            said.append(locale.gettext("You are number {position} in line.", position=self.place))
        if self.within is not None:
            said.append(locale.gettext("We usually answer within {time}.", time=span(self.within, locale)))
        if len(said) < 2:
            return "".join(said)
        return locale.gettext("{closed} {back}", closed=said[0], back=said[1])


def expectation(
    weeks: Collection[Arrived], zone: tzinfo, now: float, place: int | None = None
) -> Expectation:
    """Return what four in five saw about this time of day; on any day, where too few came then."""
    near = [one.waited for one in weeks if _apart(one.at, now, zone) <= _NEAR]
    seen = near if len(near) >= _ENOUGH else [one.waited for one in weeks]
    return Expectation(_within(seen) if len(seen) >= _ENOUGH else None, place)


def _within(waited: Sequence[float | None]) -> int | None:
    ordered = sorted(_NEVER if one is None else one for one in waited)
    usual = ordered[min(int(len(ordered) * _USUAL), len(ordered) - 1)]
    return next((step for step in _STEPS if usual <= step), None)


def _apart(one: float, other: float, zone: tzinfo) -> float:
    """Return the hours between two times of day, at most 12."""
    hours = [
        then.hour + then.minute / 60 for then in (datetime.fromtimestamp(at, zone) for at in (one, other))
    ]
    apart = abs(hours[0] - hours[1])
    return min(apart, 24 - apart)
