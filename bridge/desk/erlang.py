"""Erlang's formula for how long people wait for one of several who serve them. Pure.

A. K. Erlang, "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges", Elektroteknikeren 13 (1917), in English in The Post Office Electrical Engineers' Journal 10
(1918), pp. 189-197. Today it is called Erlang C, or E2: V. B. Iversen, "Teletraffic Engineering Handbook"
(ITU-D Study Group 2), has it from his loss formula (Erlang B, or E1), by a recursion that adds one who serves
at a time and stays exact for thousands, where factorials would overflow.

It takes for granted that people come at random, independently of each other (Poisson), that the time that
each needs is distributed exponentially, that nobody leaves who waits, and that whoever came first is first.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

__all__ = ["Load", "Staffing", "Target", "Team", "loss", "staff", "staffing", "waiting"]

_MOST = 100_000
"""More than that serve nowhere at once: what asks for more is a mistake."""
_ENOUGH = 1e-12
"""With a probability of waiting as small as this, more who serve change nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """The visitors who come in an hour, and the time that each takes."""

    per_hour: float
    """How many come in an hour."""
    seconds: float
    """How long each is served."""

    @property
    def erlangs(self) -> float:
        """How many would be served at a time, on the average, if nobody had to wait."""
        return self.per_hour * self.seconds / 3600


@dataclass(frozen=True, slots=True)
class Target:
    """The share of visitors who shall be answered, and how soon: 80 % within 60 seconds."""

    within: float = 60.0
    share: float = 0.8


@dataclass(frozen=True, slots=True)
class Team:
    """The way in which each of the agents works."""

    at_once: float = 1.0
    """How many each serves at the same time, with `Load.seconds` as long as each of these then takes."""
    reactions: Sequence[float] = (0.0,)
    """After how many seconds somebody who is free answers, each as probable as the others."""


_ALONE = Team()


@dataclass(frozen=True, slots=True)
class Staffing:
    """The wait of visitors, with so many agents for their load."""

    agents: int
    answered: float
    """The share that is answered as soon as the target says, 0 to 1."""
    waits: float
    """The probability that somebody has to wait for a free agent, 0 to 1."""
    mean_wait: float
    """For how many seconds, of all who come; infinite: more come than can be served."""
    occupancy: float
    """The share of what all agents can do that is asked of them; 1 and more: too much."""


def loss(erlangs: float, servers: int) -> float:
    """Return the probability that all are busy where nobody waits: Erlang B, E1."""
    return next(found for serving, found in _losses(erlangs) if serving == servers)


def waiting(erlangs: float, servers: int) -> float:
    """Return the probability that somebody has to wait: Erlang C, E2; 1: more come than can be served."""
    return _waiting(erlangs, servers, loss(erlangs, servers))


def staffing(load: Load, target: Target, agents: int, team: Team = _ALONE) -> Staffing:
    """Return what becomes of load with so many agents: people wait for one, and then for the answer."""
    lost = loss(load.erlangs, _servers(agents, team))
    return _made(load, target, agents, team, lost)


def staff(load: Load, target: Target, team: Team = _ALONE) -> Staffing | None:
    """Return the fewest agents who meet the target; None: no number of them would, since agents who are free
    answer too late.
    """
    if load.per_hour <= 0:
        return Staffing(0, 1.0, 0.0, 0.0, 0.0)
    losses = _losses(load.erlangs)
    serving, lost = next(losses)
    for agents in count(1):
        servers = _servers(agents, team)
        while serving < servers:
            serving, lost = next(losses)
        found = _made(load, target, agents, team, lost)
        if found.answered >= target.share:
            return found
        if found.waits < _ENOUGH or servers > _MOST:
            return None
    raise AssertionError("the count has no end")


def _losses(erlangs: float) -> Iterator[tuple[int, float]]:
    """Yield how many serve, from none on, and the probability that all of them are busy."""
    found = 1.0
    yield 0, found
    for servers in count(1):
        found = erlangs * found / (servers + erlangs * found)
        yield servers, found


def _waiting(erlangs: float, servers: int, lost: float) -> float:
    if erlangs >= servers:
        return 1.0
    return servers * lost / (servers - erlangs * (1 - lost))


def _servers(agents: int, team: Team) -> int:
    return math.floor(agents * team.at_once + 1e-9)


def _made(load: Load, target: Target, agents: int, team: Team, lost: float) -> Staffing:
    servers = _servers(agents, team)
    spare = servers - load.erlangs
    occupancy = load.erlangs / servers if servers else math.inf
    if spare <= 0:
        return Staffing(agents, 0.0, 1.0, math.inf, occupancy)
    waits = _waiting(load.erlangs, servers, lost)
    mean = load.seconds / spare  # of those who have to wait
    left = [target.within - reaction for reaction in team.reactions if reaction <= target.within]
    in_time = sum(1 - waits * (math.exp(-one / mean) if mean else 0.0) for one in left)
    return Staffing(agents, in_time / len(team.reactions), waits, waits * mean, occupancy)
