"""What a tick costs while visitors wait: 5,000 of them and 50 agents, at one desk and at twenty.

    python -m benchmarks.queue [VISITORS [AGENTS]]

A tick is that of all desks together, as the service does it each second. `nothing changed`: nobody comes, and
nobody is free. `one goes, one is offered`: before each tick an agent closes a chat at each of five desks at
most, so that somebody is free. `nobody answers`: agents are free, and were asked for everybody.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from bridge.desk import ChatState, Desk, DeskRules, DeskStore, NewChat, Person, Seams
from bridge.model import Authorship, RoomId, SendMessage, Speaker, Txn, plain
from bridge.testing import HandClock

VISITORS, AGENTS, TICKS = 5000, 50, 50
TXNS = itertools.count(1)


class House:
    """Some desks over one file, with the same agents at each."""

    def __init__(
        self, folder: Path, desks: int, visitors: int, agents: int, assign: Literal["first", "turns"]
    ) -> None:
        self.clock = HandClock(1_800_000_000.0)
        self.people = [Person(f"net/agent{n}", f"agent{n}", "net") for n in range(agents)]
        self.store = DeskStore(folder / "desk.sqlite3")
        rules, shared = DeskRules(assign=assign, capacity=3, close_after="30d"), {}
        with self.store.transaction():
            for number in range(visitors):
                desk = f"desk{number % desks}"
                new = NewChat("Is it there in blue?", name="小红", mail=f"red{number}@example.org")
                self.store.add_chat(desk, new, f"token{number}", self.clock.now())
        seams = Seams(lambda: self.people)
        self.desks = [
            Desk(self.store, f"desk{n}", rules, self.clock, seams, desks=shared) for n in range(desks)
        ]

    def tick(self) -> None:
        self.clock.move(1)
        for desk in self.desks:
            desk.tick()

    def says(self, desk: Desk, agent: str, text: str) -> None:
        speaker = Speaker(Authorship.PUPPET, agent.partition("/")[2], agent)
        desk.heard(
            SendMessage(
                room=RoomId(desk.name), speaker=speaker, txn=Txn(f"{next(TXNS)}.ab"), content=plain(text)
            )
        )

    def all_take(self) -> None:
        """Have all agents take as many as they may."""
        for desk in self.desks:
            for one in self.people:
                for _ in range(desk.rules.capacity):
                    self.says(desk, one.key, "!take")

    def one_goes(self) -> None:
        """Have an agent answer and close a chat at five desks at most."""
        for desk in self.desks[:5]:
            chat = next(one for one in desk.chats if one.state in {ChatState.TALKING, ChatState.OFFERED})
            self.says(desk, chat.agent, f"!take {chat.number}")
            self.says(desk, chat.agent, f"!close {chat.number}")


def measured(name: str, tick: Callable[[], None], before: Callable[[], None] = lambda: None) -> None:
    took: list[float] = []
    for _ in range(TICKS):
        before()
        began = time.perf_counter()
        tick()
        took.append(time.perf_counter() - began)
    took.sort()
    print(f"{name:64} {statistics.median(took) * 1e3:7.2f} ms in the middle, {took[-1] * 1e3:7.2f} at most")


def main(arguments: Sequence[str]) -> None:
    visitors, agents = (int(one) for one in [*arguments, *(VISITORS, AGENTS)[len(arguments) :]])
    for desks, assign in itertools.product((1, 20), ("turns", "first")):
        with tempfile.TemporaryDirectory() as folder:
            house = House(Path(folder), desks, visitors, agents, assign)
            what = f"{desks} desk{'s' * (desks > 1)}, {assign}: "
            house.all_take()
            house.tick()
            measured(f"{what}nothing changed", house.tick)
            measured(f"{what}one goes, one is offered", house.tick, house.one_goes)
            for desk in house.desks:
                for chat in desk.chats:
                    chat.passed.update(one.key for one in house.people)
                for chat in [one for one in desk.chats if one.state is not ChatState.WAITING]:
                    house.says(desk, chat.agent, f"!close {chat.number}")
            house.tick()
            measured(f"{what}nobody answers", house.tick)
            house.store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
