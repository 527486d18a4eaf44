"""Every room has its turns, whatever becomes of the others; nothing is sent before it is durable."""

import asyncio
import contextlib
from dataclasses import replace

import pytest

from bridge.journal import Standing
from bridge.journal.sqlite import SqliteJournal
from bridge.model import MessageId, RoomId
from bridge.relay.dispatch import Dispatch
from bridge.testing import ScriptedNetwork
from tests.bridge.journal.filled import event
from tests.bridge.world import config, opened, running


class Room:
    """Notes what it is told, and may fail at it."""

    def __init__(self, name, fails=()):
        self.name = name
        self.fails = set(fails)
        self.heard = []

    def __str__(self):
        return self.name

    def _note(self, what):
        self.heard.append(what)
        if what in self.fails:
            self.fails.discard(what)
            raise ValueError("oh dear")

    def about(self, delivery=None):
        return {}

    def said(self, seq, event):
        self._note("said")

    def offer(self, delivery):
        self._note(f"offer {delivery.event.id}")

    def recorded(self):
        self._note("recorded")

    def pump(self):
        self._note("pump")

    def restart(self):
        self._note("restart")


@pytest.fixture
async def journal(tmp_path, clock):
    with contextlib.closing(SqliteJournal(tmp_path / "j.sqlite3", clock=clock)) as journal:
        yield journal


def dispatching(journal, *rooms):
    numbers = [journal.number("net", RoomId(room.name)) for room in rooms]
    return Dispatch(journal, dict(zip(numbers, rooms, strict=True)), None, lambda _: "net"), numbers


@pytest.mark.parametrize("what", ["said", "offer m1", "recorded", "pump"])
async def test_a_room_that_raises_begins_again_and_no_other_notices(journal, caplog, what):
    bad, good = Room("bad", [what]), Room("good")
    dispatch, (one, two) = dispatching(journal, bad, good)
    journal.take(one, event("m1", "hello"), (one, two))
    for number, room in ((one, bad), (two, good)):
        journal.stand(number, Standing(1.0))
        dispatch.record(room)
    await dispatch.committed()
    await asyncio.sleep(0)
    assert good.heard == ["offer m1", "recorded", "pump"]
    assert "restart" in bad.heard
    assert caplog.text.count("bad begins again from the journal: a bug (ValueError('oh dear'))") == 1


async def test_a_room_that_cannot_begin_again_does_so_later(journal, caplog):
    bad = Room("bad", ["pump", "restart"])
    dispatch, _ = dispatching(journal, bad)
    dispatch.wake(bad)
    await asyncio.sleep(0)
    assert bad.heard == ["pump", "restart"]
    dispatch.turn()
    assert bad.heard == ["pump", "restart", "restart"]
    dispatch.turn()
    assert bad.heard == ["pump", "restart", "restart"]


async def test_a_turn_for_all_that_came_in_together(journal):
    room = Room("room")
    dispatch, (number,) = dispatching(journal, room)
    for name in ("m1", "m2"):
        journal.take(number, event(name, "hello"), (number,))
        dispatch.committed()
        dispatch.wake(room)
    assert room.heard == ["said", "offer m1", "said", "offer m2"], "nothing is sent in the source's read"
    await asyncio.sleep(0)
    assert room.heard[4:] == ["pump"]


async def test_what_nobody_waits_for_is_written_soon(journal, clock):
    room = Room("room")
    dispatch, (number,) = dispatching(journal, room)
    journal.take(number, event("m1", "hello"), (number,))
    await dispatch.committed()
    (owed,) = journal.owed(number)
    room.pump = lambda: journal.skip(owed)
    await asyncio.sleep(0)
    assert len(journal.owed(number)) == 1
    clock.move(1.0)
    while journal.owed(number):
        await asyncio.sleep(0)


async def test_a_full_disk_is_tried_again(journal, clock):
    room = Room("room")
    dispatch, (number,) = dispatching(journal, room)
    (pages,) = journal._database.execute("PRAGMA page_count").fetchone()
    journal._database.execute(f"PRAGMA max_page_count = {pages}")
    journal.take(number, event("m1", "x" * 10_000), (number,))
    done = dispatch.committed()
    clock.move(1.0)
    await asyncio.sleep(0.01)
    assert not done.done()
    assert room.heard == []
    journal._database.execute("PRAGMA max_page_count = 100000")
    clock.move(1.0)
    await done
    assert room.heard[:2] == ["said", "offer m1"]


async def test_what_was_known_already_leaves_no_trace(tmp_path):
    """A history that overlaps brings again what was taken: nobody has said it now."""
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    right.capabilities = replace(right.capabilities, read=True)
    there = config(tmp_path, {"lobby": ["left one", "right two"]})
    async with running(there) as bridge:
        said = [left.say("one", "alice", str(n)) for n in range(3)]
        await right.until(3)
        worker = next(worker for worker in bridge._router.workers.values() if worker.room.id == "one")
        shown, latest = list(worker.composer.memory.shown), worker.latest
        left.happen(*said)
        await left.settled()
        assert (list(worker.composer.memory.shown), worker.latest) == (shown, latest)
        assert latest == bridge._router.journal.origin(worker.room.number, MessageId(said[-1].id))
    with opened(there.journal) as database:
        assert database.execute("SELECT count(*) FROM event").fetchone() == (3,)
