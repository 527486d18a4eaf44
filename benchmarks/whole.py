"""What it costs to follow what is done about messages: an answer, an edit, a reaction, against a message."""

import asyncio
import time
from dataclasses import replace

from bridge.model import MessageEdited, MessageId, ReactionsChanged, RoomId, SendMessage, plain
from tests.bridge.world import config, running

from .network import ALICE, Network, batches

COUNT = 1_000
ONE = RoomId("one")


class Taking(Network):
    """Takes every kind of command."""

    def perform(self, command, settle):
        if not isinstance(command, SendMessage):
            command = replace(self.plain, txn=command.txn)
        self.plain = command
        super().perform(command, settle)


def message(n):
    return Network.messages(None, ONE, [n])[0]


def about(kind, n):
    return {"id": MessageId(f"{kind}{n}"), "room": ONE, "sender": ALICE, "target": message(n).id}


KINDS = {
    "an answer": lambda n: replace(message(n), id=MessageId(f"r{n}"), reply_to=message(n).id),
    "an edit": lambda n: MessageEdited(**about("e", n), content=plain(f"other words {n}")),
    "a reaction": lambda n: ReactionsChanged(**about("x", n), emojis=("👍",)),
}


async def whole(folder, window, per_read, kind):
    """How many times as much CPU something done about a message takes as the message itself did."""
    left, right = Network("left"), Taking("right")
    right.on_text = lambda text: None
    right.capabilities = replace(right.capabilities, window=window)

    async def during(make, total):
        events = [make(n) for n in range(COUNT)]
        began = time.process_time()
        for numbers in batches(COUNT, per_read):
            left.happen(*events[numbers[0] : numbers[-1] + 1])
            await asyncio.sleep(0)
        await right.until(total)
        return time.process_time() - began

    async with running(config(folder, {"lobby": ["left one", "right two"]})):
        base = await during(message, COUNT)
        return await during(KINDS[kind], 2 * COUNT) / base
