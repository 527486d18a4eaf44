"""People talk on real servers while the service and the archive's process are killed again and again."""

import asyncio
import contextlib
import os
import random
import signal
from pathlib import Path

import pytest

from bridge.archive.entries import EntryKind
from bridge.archive.store import Reader
from bridge.model import plain
from tests.bridge.world import opened
from tests.e2e.pair import pair
from tests.e2e.world import HUBBUB, Hubbub

KILLS = 2
_CONFIG = """\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub}}
  jabber: {{protocol: xmpp, jid: "hubbub@{domain}", password: hubbub, server: 127.0.0.1, port: {jabber},
    tls: none}}
conversations:
  tea:
    archive: {{keep: 2y}}
    irc: "#tea"
    jabber: {{room: "tea@{rooms}", create: true}}
"""


@contextlib.asynccontextmanager
async def service(folder):
    log = folder / f"{len(list(folder.glob('*.log')))}.log"
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(
            HUBBUB,
            "run",
            str(folder / "bridge.yaml"),
            stderr=output,
            env={**os.environ, "HUBBUB_LOG": "text"},
        )
    running = Hubbub(process, log)
    try:
        await running.joined("irc", "jabber")
        yield running
    finally:
        if process.returncode is None:
            await running.stop()


def children(pid):
    """The processes that another one has begun."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def compared(folder):
    """What is on record, and what is in the archive: messages in order, and copies."""
    with opened(folder / "hubbub.sqlite3") as database:
        taken = [name for (name,) in database.execute("SELECT id FROM event ORDER BY seq")]
        copies = database.execute(
            "SELECT event.id, link.id FROM link JOIN event USING (seq) WHERE link.room != event.room"
        ).fetchall()
    with Reader(folder / "hubbub-archive.sqlite3") as reader:
        found = [one.header for one in reader.entries()]
    said = [one.id for one in found if one.kind is EntryKind.MESSAGE]
    known = [
        (one.target, name)
        for one in found
        if one.copy is not None and not one.target.startswith("hubbub-")  # Hubbub's own words
        for name in one.copy.ids
    ]
    return (taken, sorted(copies)), (said, sorted(known))


@pytest.mark.timeout(300)
async def test_all_is_archived_once_and_in_order(tmp_path):
    async with pair(tmp_path) as (irc, jabber):
        ports = {"irc": irc.port, "jabber": jabber.port, "domain": jabber.domain, "rooms": jabber.rooms}
        (tmp_path / "bridge.yaml").write_text(_CONFIG.format(**ports))
        ada, bob = await irc.person("ada", "#tea"), await jabber.person("bob", f"tea@{jabber.rooms}")
        count = 0

        async def talk(seconds):
            nonlocal count
            async with asyncio.timeout(60):
                end = asyncio.get_running_loop().time() + seconds
                while asyncio.get_running_loop().time() < end:
                    count += 1
                    await random.choice((ada, bob)).say(plain(f"line {count}"))
                    await asyncio.sleep(0.05)

        for _ in range(KILLS):
            async with service(tmp_path) as running:
                await talk(random.uniform(0.5, 1.5))
                for child in children(running.process.pid):
                    os.kill(child, signal.SIGKILL)
                await talk(random.uniform(0.1, 1.5))
                await running.kill()
        async with service(tmp_path):
            await talk(0.5)
            for _ in range(150):
                taken, filed = compared(tmp_path)
                if taken == filed:
                    break
                await asyncio.sleep(0.2)
        assert len(taken[0]) > 20
        assert filed[0] == taken[0], "each once, in the order of taking"
        assert filed[1] == taken[1]
        log = (tmp_path / "0.log").read_text()
        assert "Traceback" not in log, log
