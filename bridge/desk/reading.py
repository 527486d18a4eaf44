"""Reads the file of a desk for its figures, and for a plan."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bridge.config.words import quoted
from bridge.errors import HubbubError

from .erlang import Target
from .figures import DeskFigures, figures
from .hours import Calendar, situation
from .located import MappedDesk
from .plan import DeskPlan, PlanTerms, planned
from .store.past import PastReader
from .week import WEEK, Timespan, openings

__all__ = ["PlanWanted", "TimesWanted", "read_figures", "read_plan"]

_FIGURES, _PLAN = 4 * WEEK, 12 * WEEK
"""How far is looked back where nobody says since when."""


@dataclass(frozen=True, slots=True)
class TimesWanted:
    """The stretch of time that somebody wants to know of. All in seconds since 1970."""

    now: float
    zone: str = ""
    """Whose clock the hours of the week are of, such as Europe/Berlin; empty: the desk's own, else UTC."""
    since: float | None = None
    """None: the last four weeks, of a plan twelve."""
    until: float | None = None
    """None: now."""


@dataclass(frozen=True, slots=True)
class PlanWanted:
    """The wishes of whoever asks for a plan. Where one is None, it is as the desk has it."""

    target: Target = Target()  # noqa: RUF009 - it is frozen
    times: float = 1.0
    per_day: float | None = None
    season: float = 1.0
    at_once: float | None = None


def read_figures(desk: MappedDesk, wanted: TimesWanted) -> DeskFigures:
    """Return the figures of a desk. Raises HubbubError where its file cannot be read."""
    with PastReader(desk.file) as reader:
        span = _span(reader, desk, wanted, _FIGURES)
        chats = reader.past(desk.name, span.since, span.until)
        return figures(desk.name, reader.now(desk.name), chats, span)


def read_plan(desk: MappedDesk, wanted: TimesWanted, asked: PlanWanted) -> DeskPlan:
    """Return what staffing a desk asks for. Raises HubbubError where its file cannot be read, or nothing can
    be planned.
    """
    at_once = asked.at_once if asked.at_once is not None else desk.rules.capacity
    has_hours = desk.rules.hours is not None
    terms = PlanTerms(at_once, asked.target, asked.times, asked.per_day, asked.season, has_hours)
    with PastReader(desk.file) as reader:
        span = _span(reader, desk, wanted, _PLAN)
        return planned(desk.name, reader.past(desk.name, span.since, span.until), span, terms)


def _span(reader: PastReader, desk: MappedDesk, wanted: TimesWanted, usual: float) -> Timespan:
    """Return what is looked at: whole days, and none before the first chat of the desk."""
    until = min(wanted.until if wanted.until is not None else wanted.now, wanted.now)
    since = wanted.since if wanted.since is not None else until - usual
    began = reader.began(desk.name)
    hours = desk.rules.hours
    zone = _zone(wanted.zone or (hours.time_zone if hours is not None else "UTC"))
    since = max(since, _midnight(began if began is not None else until, zone))
    if since >= until:
        raise HubbubError(f"{desk.name}: no chat was opened in this time")
    calendar = hours.calendar() if hours is not None else None
    any_week = replace(calendar, holidays={}, yearly={}) if calendar is not None else None
    return Timespan(
        since,
        until,
        zone,
        openings(_open(calendar, since, until), zone),
        openings(_open(any_week, until - WEEK, until), zone).keys(),
    )


def _open(calendar: Calendar | None, since: float, until: float) -> Iterator[tuple[float, float]]:
    """Yield from when to when the hours of a desk had it open between two moments; without any it was open
    always.
    """
    at = since
    while at < until:
        stands = situation(calendar, None, at)
        end = min(stands.until if stands.until is not None else until, until)
        if stands.is_open:
            yield at, end
        at = end


def _midnight(at: float, zone: tzinfo) -> float:
    return datetime.combine(datetime.fromtimestamp(at, zone).date(), time(), zone).timestamp()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise HubbubError(f"there is no time zone {quoted(name)}: write one such as Europe/Berlin") from None
