"""Who gets the next visitor. Pure: what stands now in, what is to be done out, in order.

A visitor who was here before waits for the agent of then first, if that one is free. Else it is as the owner
wants it: `first` leaves a chat to whoever takes it; `turns` offers it to one agent after the other, each
for a while. What nobody answered in time is left to whoever takes it, and the lobby is told.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

__all__ = [
    "Back",
    "Candidate",
    "Offer",
    "Open",
    "Step",
    "TakingTurns",
    "Unanswered",
    "Why",
    "places",
    "steps",
]


_NOTICED = 15.0
"""So long who was offered a chat may be gone, as when a connection is lost, in seconds."""


class Why(StrEnum):
    """Why an agent no longer has a chat."""

    SILENT = "silent"
    """They did not answer in time."""
    GONE = "gone"
    """They are not in the lobby any more, or said `!off`."""
    AWAY = "away"
    """They have been away for long."""


@dataclass(frozen=True, slots=True)
class TakingTurns:
    """What a desk's owner wants."""

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
    """How many they have, offers included."""
    last_given: float
    """When they last got one; 0: never."""
    program: bool = False
    """A bot, which answers beside people: nothing is given to it, and it counts for nobody."""

    @property
    def is_available(self) -> bool:
        """Whether they would answer a visitor now."""
        return self.there and self.on and not self.away and not self.program


@dataclass(frozen=True, slots=True)
class Open:
    """A chat that is not closed."""

    number: int
    state: Literal["waiting", "offered", "talking"]
    since: float
    """When it came to wait, was offered or was taken."""
    agent: str | None = None
    """Who has it, or was offered it."""
    before: str | None = None
    """Who had this visitor's chat before."""
    asked: Collection[str] = ()
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


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Tell the lobby that nobody who was asked answers: whoever likes may take it."""

    number: int


Step: TypeAlias = Offer | Back | Unanswered


def steps(
    rules: TakingTurns, agents: Sequence[Candidate], chats: Iterable[Open], now: float
) -> Iterator[Step]:
    """Yield what is to be done now, in seconds since 1970. Chats wait in the order of `chats`; an agent who
    has one is among `agents`, in the lobby or not.
    """
    room = {agent.key: agent for agent in agents}
    has = {agent.key: agent.chats for agent in agents}
    given = {agent.key: agent.last_given for agent in agents}
    unclaimed: list[tuple[Open, set[str]]] = []
    for chat in chats:
        asked = set(chat.asked)
        if chat.agent is not None:
            why = _lost(rules, chat, room.get(chat.agent), now)
            if why is None:
                continue
            yield Back(chat.number, chat.agent, why)
            has[chat.agent] = has.get(chat.agent, 1) - 1
            asked.add(chat.agent)
        unclaimed.append((chat, asked))
    for chat, asked in unclaimed:  # once all is known that came free
        free = [
            key
            for key, agent in room.items()
            if agent.is_available and has[key] < rules.capacity and key not in asked
        ]
        chosen = _chosen(rules, chat, free, given)
        if chosen is not None:
            yield Offer(chat.number, chosen)
            has[chosen] += 1
            given[chosen] = now
        elif chat.state == "offered":
            yield Unanswered(chat.number)


def _lost(rules: TakingTurns, chat: Open, agent: Candidate | None, now: float) -> Why | None:
    """Return why this agent cannot keep the chat; None if they can."""
    if agent is None:
        return None
    why = Why.AWAY if agent.there else Why.GONE
    missing = 0.0 if agent.missing_since is None else now - agent.missing_since
    if chat.state == "offered":
        if not agent.on:
            return Why.GONE
        if missing >= _NOTICED:
            return why
        return Why.SILENT if now - chat.since >= rules.answer_within else None
    limit = rules.away_within if agent.there else rules.back_within
    return why if missing >= limit else None


def _chosen(rules: TakingTurns, chat: Open, free: Sequence[str], given: Mapping[str, float]) -> str | None:
    if chat.before in free:
        return chat.before
    if rules.assign == "first" or not free:
        return None
    return min(free, key=lambda key: (given[key], key))


def places(chats: Iterable[Open]) -> dict[int, int]:
    """Return the place in the queue of each chat that nobody has, the first being 1."""
    waiting = (chat.number for chat in chats if chat.state != "talking")
    return {number: place for place, number in enumerate(waiting, 1)}
