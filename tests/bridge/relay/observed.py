"""A service that two look on, to be killed: `python -m tests.bridge.relay.observed FOLDER RUN`.

It says how many messages were said; with the run `last` it says nothing, and ends when all was seen.
"""

import asyncio
import random
import sqlite3
import sys
from pathlib import Path

from bridge import app
from bridge.relay import Observer
from bridge.testing import ScriptedNetwork
from tests.bridge.killing import talk_until_killed
from tests.bridge.world import config


class Told(Observer):
    """Writes down the ids of what it sees, after a while."""

    name = "told"

    def __init__(self, folder):
        self.file = folder / "told"

    async def see(self, events):
        for event in events:
            with self.file.open("a") as file:
                file.write(f"{event.event.id}\n")
            await asyncio.sleep(random.uniform(0, 0.005))


class Keeping(Observer):
    """Writes them down together with its cursor."""

    name = "keeping"
    from_the_beginning = True

    def __init__(self, folder):
        self.store = sqlite3.connect(folder / "kept", isolation_level=None)
        self.store.execute("CREATE TABLE IF NOT EXISTS kept (seq INTEGER, id TEXT, journal TEXT)")

    async def see(self, events):
        self.store.execute("BEGIN")
        for event in events:
            row = (event.seq, event.event.id, self.journal)
            self.store.execute("INSERT INTO kept VALUES (?, ?, ?)", row)
        await asyncio.sleep(random.uniform(0, 0.01))
        self.store.execute("COMMIT")
        await asyncio.sleep(random.uniform(0, 0.01))

    async def seen(self, journal):
        self.journal = journal
        query = "SELECT max(seq) FROM kept WHERE journal = ?"
        return self.store.execute(query, (journal,)).fetchone()[0]


async def main(folder, run):
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    looking_on = [Told(folder), Keeping(folder)]
    service = app.Bridge(config(folder, {"lobby": ["left one", "right two"]}), observers=looking_on)

    async def ended():
        while any(observer.behind for observer in service.observers()):
            await asyncio.sleep(0.01)

    await talk_until_killed(service, left, right, run, ended=ended, pause=0.003)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
