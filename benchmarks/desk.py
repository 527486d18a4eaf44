"""What a desk costs with a thousand open chats: lines each way, memory for each chat, a start.

    python -m benchmarks.desk [CHATS]

Lines go through the desk and its file, as one transaction each; networks, journal and browsers are not in it.
"""

import gc
import itertools
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

from bridge.clock import SYSTEM
from bridge.desk import Desk, DeskRules, DeskStore, NewChat, Person, Seams
from bridge.model import Answered, Authorship, MessageId, Part, RoomId, SendMessage, Speaker, Txn, plain

CHATS = 1000
AGENTS = 10
LINES = 3000
TEXT = "Is the blue one there in a larger size, and would it be here before Friday? 谢谢"
PEOPLE = [Person(f"net/agent{n}", f"agent{n}", "net") for n in range(AGENTS)]
TXNS = itertools.count(1)


def command(agent: int, text: str, to: str = "") -> SendMessage:
    return SendMessage(
        room=RoomId("sales"),
        speaker=Speaker(Authorship.PUPPET, PEOPLE[agent].name, PEOPLE[agent].key),
        txn=Txn(f"{next(TXNS)}.ab12"),
        content=plain(text),
        answered=Answered(Part(MessageId(to)), "x", "y") if to else None,
    )


def started(store: DeskStore) -> Desk:
    return Desk(store, "sales", DeskRules(capacity=100), SYSTEM, Seams(lambda: PEOPLE))


def visitor(number: int) -> NewChat:
    return NewChat(
        TEXT,
        name="小红",
        mail=f"red{number}@example.org",
        fields={"order": "A-1234", "topic": "sizes"},
        page="https://shop.example/sweaters/blue?size=m&colour=blue",
        title="Blue sweater – Shop",
        language="zh-CN",
        address="0" * 32,
    )


def measured(name: str, calls: int, call: Callable[[int], object]) -> None:
    took = []
    for at in range(calls):
        before = time.perf_counter()
        call(at)
        took.append(time.perf_counter() - before)
    took.sort()
    middle, late = took[len(took) // 2] * 1e6, took[int(len(took) * 0.95)] * 1e6
    print(
        f"{name:44} {calls / sum(took):8,.0f} a second, {middle:6,.0f} µs in the middle, {late:6,.0f} at p95"
    )


def main() -> None:
    chats = int(sys.argv[1]) if len(sys.argv) > 1 else CHATS
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "desk.sqlite3"
        store = DeskStore(file)
        desk = started(store)
        numbers: list[int] = []
        measured("chats opened", chats, lambda at: numbers.append(desk.open(visitor(at)).number))
        measured("chats taken", chats, lambda at: desk.heard(command(at % AGENTS, f"!take {numbers[at]}")))
        measured(
            "from visitors",
            LINES,
            lambda at: desk.said(numbers[at % chats], f"key{at}", TEXT),
        )
        measured(
            "from agents, addressed",
            LINES,
            lambda at: desk.heard(command(at % chats % AGENTS, f"{numbers[at % chats]}: {TEXT}")),
        )
        measured(
            "from agents, as answers",
            LINES,
            lambda at: desk.heard(command(at % chats % AGENTS, TEXT, f"{numbers[at % chats]}.1")),
        )
        measured("what time brings (tick)", 100, lambda at: desk.tick())
        measured("a browser reads what is new", LINES, lambda at: store.lines(numbers[at % chats], 3))
        store.close()

        gc.collect()
        tracemalloc.start()
        store = DeskStore(file)
        empty = tracemalloc.get_traced_memory()[0]
        before = time.perf_counter()
        desk = started(store)
        took = time.perf_counter() - before
        desk.tick()
        gc.collect()
        held = (tracemalloc.get_traced_memory()[0] - empty) / len(desk.chats)
        print(
            f"a start with {len(desk.chats):,} open chats: {took * 1e3:.0f} ms, while memory is traced; "
            f"{held:,.0f} bytes for each"
        )
        print(f"on disk: {file.stat().st_size / chats:,.0f} bytes for each chat, with its lines")
        store.close()


if __name__ == "__main__":
    main()
