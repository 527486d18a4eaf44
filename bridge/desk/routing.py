"""Routing: which agent gets the next visitor. Pure: what stands now in, what is to be done out, in order.

A visitor who was here before waits for the agent of then first, if that one is free. Else it is as the owner
wants it: `first` leaves a chat to whoever takes it; `turns` offers it to one agent after the other, each
for a while. What nobody answered in time is left to whoever takes it, and the lobby is told.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

__all__ = ["Back", "Candidate", "Held", "Offer", "TakingTurns", "Waiting", "Why", "offers", "taken_back"]

_NOTICED = 15.0
"""So long who was offered a chat may be gone, as when a connection is lost, in seconds."""


class Why(StrEnum):
    """The reason for which an agent no longer has a chat."""

    SILENT = "silent"
    """They did not answer in time."""
    GONE = "gone"
    """They are not in the lobby any more, or said `!off`."""
    AWAY = "away"
    """They have been away for long."""
    FULL = "full"
    """They have taken others, as many as they may, since it was offered to them."""


@dataclass(frozen=True, slots=True)
class TakingTurns:
    """The rules of a desk's owner by which visitors come to agents."""

    assign: Literal["first", "turns"]
    capacity: int
    """So many chats at most for one agent."""
    answer_within: float
    """For how long an offer stands, in seconds."""
    back_within: float
    """After how many seconds chats of an agent go back who left."""

    @property
    def away_within(self) -> float:
        """Likewise of an agent who is away, but still there: many clients say so of who only reads."""
        return 5 * self.back_within


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent, as they stand now."""

    key: str
    there: bool
    """In the lobby."""
    on: bool
    """Whether they want chats: `!on`, `!off`."""
    away: bool
    missing_since: float | None
    """Since when they have been gone, or away and silent."""
    chats: int
    """The number of visitors they have,"""
    asked: int
    """and how many they are offered besides."""
    last_given: float
    """When they last got one; 0: never."""
    program: bool = False
    """A bot, which answers beside people: nothing is given to it, and it counts for nobody."""

    @property
    def is_available(self) -> bool:
        """Whether they would answer a visitor now."""
        return self.there and self.on and not self.away and not self.program

    def room(self, rules: TakingTurns) -> int:
        """Return how many chats more can be offered to them."""
        return max(rules.capacity - self.chats - self.asked, 0) if self.is_available else 0


class Held(NamedTuple):
    """A chat that an agent has, or is offered."""

    number: int
    agent: str
    offered_at: float | None = None
    """None: they have it."""


class Waiting(NamedTuple):
    """A chat that nobody has, and that is offered to nobody."""

    number: int
    before: str | None = None
    """Who had this visitor's chat before."""
    asked: Collection[str] = frozenset()
    """To whom it was offered already."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Offer a chat to an agent."""

    number: int
    agent: str


@dataclass(frozen=True, slots=True)
class Back:
    """Take a chat, or an offer, from an agent: it waits again."""

    number: int
    agent: str
    why: Why


def taken_back(
    rules: TakingTurns, agents: Mapping[str, Candidate], chats: Iterable[Held], now: float
) -> Iterator[Back]:
    """Yield which of these chats their agents, who are among `agents`, cannot keep, in seconds since 1970."""
    for chat in chats:
        why = _lost(rules, chat, agents[chat.agent], now)
        if why is not None:
            yield Back(chat.number, chat.agent, why)


def offers(
    rules: TakingTurns, agents: Iterable[Candidate], chats: Iterable[Waiting], now: float
) -> Iterator[Offer]:
    """Yield which of the chats that wait are to be offered now, and to whom, in the order of `chats`: no more
    of these are looked at than there may be agents for.
    """
    free = {one.key: one.room(rules) for one in agents if one.room(rules)}
    given = {one.key: one.last_given for one in agents}
    for chat in chats:
        chosen = _chosen(rules, chat, free, given)
        if chosen is None:
            continue
        yield Offer(chat.number, chosen)
        given[chosen], free[chosen] = now, free[chosen] - 1
        if not free[chosen]:
            del free[chosen]
        if not free:
            return


def _lost(rules: TakingTurns, chat: Held, agent: Candidate, now: float) -> Why | None:
    """Return why this agent cannot keep the chat; None if they can, as programs do what they have taken."""
    if agent.program and chat.offered_at is None:
        return None
    missed = Why.AWAY if agent.there else Why.GONE
    missing = 0.0 if agent.missing_since is None else now - agent.missing_since
    if chat.offered_at is None:
        limit = rules.away_within if agent.there else rules.back_within
        return missed if missing >= limit else None
    if not agent.on:
        return Why.GONE
    if missing >= _NOTICED:
        return missed
    if abs(now - chat.offered_at) >= rules.answer_within:  # a clock may be set back
        return Why.SILENT
    return Why.FULL if agent.chats >= rules.capacity and not agent.program else None


def _chosen(
    rules: TakingTurns, chat: Waiting, free: Mapping[str, int], given: Mapping[str, float]
) -> str | None:
    if chat.before in free and chat.before not in chat.asked:
        return chat.before
    if rules.assign == "first":
        return None
    return min(free.keys() - chat.asked, key=lambda key: (given[key], key), default=None)
