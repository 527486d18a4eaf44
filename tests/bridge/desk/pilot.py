"""The weeks of a desk, played through from a seed: visitors come and go, agents have several at a time."""

import heapq
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from bridge.desk.figures import PastChat
from bridge.desk.model import ChatState, NewChat
from bridge.desk.store import DeskStore
from bridge.desk.week import WEEK, Hour, hour_of

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 9, 7, tzinfo=BERLIN).timestamp()
"""When the pilot begins; within seven weeks from then the clocks are put back."""
_NAMES = ("Ann", "Bob", "小红", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jun", "Kim", "Lea")
_DAYS = (1.2, 1.0, 1.0, 1.0, 1.1, 0.7, 0.0)
_TIMES = (0.6, 0.9, 1.1, 1.0, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4)


def shop_hours() -> dict[Hour, float]:
    """How a day's visitors come over the week, from nine to seven: on the average one an hour of it."""
    return {Hour(day, 9 + n): by_day * by_time for day, by_day in enumerate(_DAYS) if by_day
            for n, by_time in enumerate(_TIMES)}  # fmt: skip


@dataclass(frozen=True)
class Shop:
    """Who comes, and who is there."""

    per_day: float = 30.0
    agents: Callable[[Hour], int] = lambda _: 2
    at_once: int = 3
    seconds: float = 420.0
    """How long a chat takes, on the average."""
    reaction: float = 14.0
    """After how long an agent answers who is free, in the middle."""
    patience: float = 600.0
    zone: tzinfo = BERLIN


def play(shop: Shop, weeks: int, seed: int, since: float = MONDAY) -> list[PastChat]:
    """Return the chats of so many weeks, in the order in which they were opened."""
    return sorted(_Desk(shop, random.Random(seed)).chats(since, since + weeks * WEEK))


class _Desk:
    def __init__(self, shop: Shop, chance: random.Random) -> None:
        self._shop = shop
        self._chance = chance
        self._waiting = deque[tuple[int, float]]()
        self._busy = [0] * 1000
        self._leaving: list[tuple[float, int]] = []

    def chats(self, since: float, until: float) -> Iterator[PastChat]:
        """Yield them as they are taken or missed."""
        for number, at in enumerate(self._arrivals(since, until), start=1):
            yield from self._until(at)
            self._waiting.append((number, at))
            yield from self._given(at)
        yield from self._until(float("inf"))

    def _arrivals(self, since: float, until: float) -> Iterator[float]:
        """Yield when visitors come: a Poisson process, thinned to the hour's rate."""
        rates = {hour: rate * self._shop.per_day / len(_TIMES) for hour, rate in shop_hours().items()}
        most, at = max(rates.values()), since
        while (at := at + self._chance.expovariate(most / 3600)) < until:
            if self._chance.random() * most < rates.get(hour_of(at, self._shop.zone), 0.0):
                yield at

    def _until(self, at: float) -> Iterator[PastChat]:
        while self._leaving and self._leaving[0][0] <= at:
            then, agent = heapq.heappop(self._leaving)
            self._busy[agent] -= 1
            yield from self._given(then)

    def _given(self, at: float) -> Iterator[PastChat]:
        """Give whoever waits to whoever is there and has fewest chats."""
        shop, chance = self._shop, self._chance
        there = max(shop.agents(hour_of(at, shop.zone)), 1)
        while self._waiting:
            number, opened = self._waiting[0]
            gone = opened + random.Random(number).expovariate(1 / shop.patience)
            if gone < at:
                self._waiting.popleft()
                yield PastChat(number, opened, None, None, gone, (), True, "", "", 0, None)
                continue
            agent = min(range(there), key=self._busy.__getitem__)
            if self._busy[agent] >= shop.at_once:
                return
            self._waiting.popleft()
            self._busy[agent] += 1
            reaction = shop.reaction * chance.lognormvariate(0, 0.6)
            closed = at + max(chance.expovariate(1 / shop.seconds), reaction)
            heapq.heappush(self._leaving, (closed, agent))
            rating = chance.choices((None, 1, 2, 3, 4, 5), (60, 1, 1, 3, 12, 23))[0]
            yield PastChat(
                number, opened, at, at + reaction, closed, ((at, closed),), False,
                f"irc/{_NAMES[agent % 12]}", _NAMES[agent % 12], int(chance.random() < 0.05), rating,
            )  # fmt: skip


def by_hour(staffed: Mapping[Hour, int]) -> Callable[[Hour], int]:
    """Return who is there, by a plan."""
    return lambda hour: staffed.get(hour, 0)


def write(store: DeskStore, desk: str, chats: Iterable[PastChat]) -> None:
    """Have these on record as a desk's: their times, and what happened to them."""
    with store.transaction():
        for one in chats:
            chat = store.add_chat(desk, NewChat("hello"), f"{desk} {one.opened_at}", one.opened_at)
            state = (
                ChatState.CLOSED if one.closed_at else ChatState.TALKING if one.held else ChatState.WAITING
            )
            store.change_chat(
                chat.number, state=state, agent=one.agent, agent_name=one.agent_name, taken_at=one.taken_at,
                answered_at=one.answered_at, closed_at=one.closed_at, missed=one.missed, rating=one.rating,
            )  # fmt: skip
            facts = [("opened", one.opened_at), ("taken", one.taken_at), ("answered", one.answered_at)]
            facts += [("transferred", one.taken_at), ("taken", one.taken_at)] * one.transfers
            facts += [("missed", one.closed_at if one.missed else None), ("closed", one.closed_at)]
            facts += [("rated", one.closed_at if one.rating else None)]
            for what, at in facts:
                if at is not None:
                    store.add_happening(at, desk, chat.number, what, one.agent)
