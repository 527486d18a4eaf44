"""Figures of a desk: how soon visitors are answered, how long that takes, by whom and when. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from .week import Timespan, hour_of

__all__ = [
    "AgentFigures",
    "DeskFigures",
    "DeskNow",
    "HourFigures",
    "PastChat",
    "Ratings",
    "Times",
    "at_once",
    "figures",
    "first_response",
    "handling",
    "quantile",
]

_STARS = 5
_K = TypeVar("_K")


class PastChat(NamedTuple):
    """A chat as figures see it, without a word of it. Times are in seconds since 1970."""

    number: int
    opened_at: float
    taken_at: float | None
    """When an agent took it first."""
    answered_at: float | None
    """When an agent answered first; None: nobody did."""
    closed_at: float | None
    """When it was closed last; None: it is open."""
    held: Sequence[tuple[float, float]]
    """From when to when an agent had it: more than once, where one left or its visitor came back."""
    missed: bool
    """Whether it ended before anybody answered."""
    agent: str
    """The key of who has it, or had it last; empty: nobody."""
    agent_name: str
    transfers: int
    """How often another agent or desk got it."""
    rating: int | None
    """1 to 5; None: the visitor gave none."""


@dataclass(frozen=True, slots=True)
class Times:
    """The lengths of something that happened several times, in seconds."""

    count: int
    median: float
    p90: float
    """Nine in ten took no longer."""
    mean: float


@dataclass(frozen=True, slots=True)
class Ratings:
    """The stars that visitors gave at the end."""

    count: int
    mean: float | None
    """1 to 5; None: nobody rated."""
    stars: Sequence[int]
    """How many gave 1, 2, 3, 4 and 5."""


@dataclass(frozen=True, slots=True)
class AgentFigures:
    """One agent's chats: those that they have, or had last."""

    agent: str
    name: str
    chats: int
    still_open: int
    first_response: Times | None
    handling: Times | None
    at_once: float
    """How many they had at a time, on the average, while they had any."""
    transfers: int
    ratings: Ratings


@dataclass(frozen=True, slots=True)
class HourFigures:
    """One hour of the week."""

    day: int
    """Monday is 0."""
    hour: int
    """0 to 23, on the clock of the zone."""
    times: float
    """How often the hour was, while the desk was open."""
    chats: int
    """How many were opened in it, all these times together."""
    missed: int
    first_response: float | None
    """The median, in seconds; None: nobody was answered."""


@dataclass(frozen=True, slots=True)
class DeskNow:
    """The chats that are open at this moment."""

    waiting: int
    """Those that nobody has, and that were offered to nobody."""
    offered: int
    """Those that an agent has been asked to take."""
    talking: int
    oldest: float | None
    """Since when the first of those has waited that nobody has, in seconds since 1970; null: none waits."""


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """The figures of the chats that were opened in some time."""

    desk: str
    now: DeskNow
    """Whenever these were opened."""
    since: float
    """When that begins, in seconds since 1970."""
    until: float
    zone: str
    """Whose clock the hours are of."""
    chats: int
    answered: int
    missed: int
    """How many ended before anybody answered."""
    still_open: int
    transfers: int
    first_response: Times | None
    """From when a chat was opened until an agent answered; null: none was."""
    waiting: Times | None
    """From when it was opened until an agent took it, or the visitor gave up."""
    handling: Times | None
    """How long agents had it, of what was answered and is closed."""
    resolution: Times | None
    """From when it was opened until it was closed, of what was answered."""
    ratings: Ratings
    at_once: float
    """How many chats an agent had at a time, on the average, while they had any."""
    agents: Sequence[AgentFigures]
    """Those who had most chats first."""
    hours: Sequence[HourFigures]
    """The hours of the week in which the desk was open or a chat was opened, from Monday on."""


def figures(desk: str, now: DeskNow, chats: Sequence[PastChat], span: Timespan) -> DeskFigures:
    """Return the figures of the chats that were opened in a span, in the order of that."""
    return DeskFigures(
        desk=desk,
        now=now,
        since=span.since,
        until=span.until,
        zone=str(span.zone),
        chats=len(chats),
        answered=sum(chat.answered_at is not None for chat in chats),
        missed=sum(chat.missed for chat in chats),
        still_open=sum(chat.closed_at is None for chat in chats),
        transfers=sum(chat.transfers for chat in chats),
        first_response=times(map(first_response, chats)),
        waiting=times(map(_waited, chats)),
        handling=times(map(handling, chats)),
        resolution=times(map(_resolution, chats)),
        ratings=_ratings(chats),
        at_once=at_once(chats),
        agents=_by_agent(chats),
        hours=_by_hour(chats, span),
    )


def first_response(chat: PastChat) -> float | None:
    """Return how long a visitor waited for an answer, in seconds."""
    return None if chat.answered_at is None else max(chat.answered_at - chat.opened_at, 0.0)


def handling(chat: PastChat) -> float | None:
    """Return how long agents had a chat that was answered and is over, in seconds."""
    if chat.answered_at is None or chat.closed_at is None:
        return None
    return sum(end - begin for begin, end in chat.held)


def _waited(chat: PastChat) -> float | None:
    until = chat.taken_at if chat.taken_at is not None else chat.closed_at
    return None if until is None else max(until - chat.opened_at, 0.0)


def _resolution(chat: PastChat) -> float | None:
    if chat.answered_at is None or chat.closed_at is None:
        return None
    return max(chat.closed_at - chat.opened_at, 0.0)


def times(taken: Iterable[float | None]) -> Times | None:
    """Return what is to be said of how long something took; None: it never happened."""
    known = sorted(one for one in taken if one is not None)
    if not known:
        return None
    return Times(len(known), quantile(known, 0.5), quantile(known, 0.9), sum(known) / len(known))


def quantile(known: Sequence[float], share: float) -> float:
    """Return what this share of sorted numbers does not exceed, between two of them in proportion."""
    place = (len(known) - 1) * share
    below = int(place)
    above = min(below + 1, len(known) - 1)
    return known[below] + (known[above] - known[below]) * (place - below)


def at_once(chats: Iterable[PastChat]) -> float:
    """Return how many chats an agent has at a time, on the average of the time in which they have any; 0:
    nobody had one.
    """
    by_agent = defaultdict[str, list[tuple[float, float]]](list)
    for chat in chats:
        by_agent[chat.agent] += chat.held
    all_of_them = sum(end - begin for spans in by_agent.values() for begin, end in spans)
    busy = sum(_covered(spans) for spans in by_agent.values())
    return all_of_them / busy if busy else 0.0


def _covered(spans: list[tuple[float, float]]) -> float:
    """Return the time that spans cover, what they have in common once."""
    found, reached = 0.0, float("-inf")
    for begin, end in sorted(spans):
        found += max(end - max(begin, reached), 0.0)
        reached = max(reached, end)
    return found


def _ratings(chats: Iterable[PastChat]) -> Ratings:
    given = [chat.rating for chat in chats if chat.rating is not None]
    stars = [given.count(star) for star in range(1, _STARS + 1)]
    return Ratings(len(given), sum(given) / len(given) if given else None, stars)


def _by_agent(chats: Iterable[PastChat]) -> list[AgentFigures]:
    found = _grouped(chats, lambda chat: chat.agent)
    found.pop("", None)
    agents = [_of_agent(agent, own) for agent, own in found.items()]
    return sorted(agents, key=lambda one: (-one.chats, one.name))


def _of_agent(agent: str, chats: Sequence[PastChat]) -> AgentFigures:
    return AgentFigures(
        agent=agent,
        name=chats[-1].agent_name,
        chats=len(chats),
        still_open=sum(chat.closed_at is None for chat in chats),
        first_response=times(map(first_response, chats)),
        handling=times(map(handling, chats)),
        at_once=at_once(chats),
        transfers=sum(chat.transfers for chat in chats),
        ratings=_ratings(chats),
    )


def _by_hour(chats: Iterable[PastChat], span: Timespan) -> list[HourFigures]:
    openings = span.openings
    found = _grouped(chats, lambda chat: hour_of(chat.opened_at, span.zone))
    return [
        HourFigures(
            day=hour.day,
            hour=hour.hour,
            times=openings.get(hour, 0.0),
            chats=len(own),
            missed=sum(chat.missed for chat in own),
            first_response=answered.median if (answered := times(map(first_response, own))) else None,
        )
        for hour in sorted(found.keys() | openings.keys())
        for own in (found.get(hour, []),)
    ]


def _grouped(chats: Iterable[PastChat], by: Callable[[PastChat], _K]) -> dict[_K, list[PastChat]]:
    found: dict[_K, list[PastChat]] = {}
    for chat in chats:
        found.setdefault(by(chat), []).append(chat)
    return found
