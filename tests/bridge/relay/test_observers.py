"""Who looks on sees everything that is taken, in order, and is waited for by nobody."""

import asyncio
import contextlib

import pytest

from bridge.model import MessageCreated
from bridge.relay import Observer, observers
from tests.bridge.killing import kill_again_and_again
from tests.bridge.world import opened, running


class Watching(Observer):
    """Remembers what it saw; it can be held up, and raise."""

    def __init__(self, name="watching", *, from_the_beginning=False):
        self.name = name
        self.from_the_beginning = from_the_beginning
        self.saw = []
        self.batches = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.errors = []
        self.changed = asyncio.Event()

    async def see(self, events):
        await self.gate.wait()
        self.batches.append(len(events))
        if self.errors:
            raise self.errors.pop()
        self.saw += events
        self.changed.set()

    async def until(self, count):
        async with asyncio.timeout(20):
            while len(self.saw) < count:
                self.changed.clear()
                await self.changed.wait()

    def texts(self):
        return [
            seen.event.content.text if isinstance(seen.event, MessageCreated) else seen.event
            for seen in self.saw
        ]


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(observers, "_FIRST", 0.01)
    monkeypatch.setattr(observers.Observer, "patience", 0.0)


def watched(pair, *looking_on):
    return running(pair, observers=looking_on)


@pytest.mark.usefixtures("either_journal")
async def test_it_sees_all_that_is_taken_and_where(pair, left, right):
    watching = Watching()
    async with watched(pair, watching) as bridge:
        said = left.say("one", "alice", "hello")
        await right.until(1)
        right.say("two", "bob", "hi")
        await watching.until(2)
        first, second = watching.saw
        assert (first.network, first.room, first.event) == ("left", "one", said)
        assert (second.network, second.room) == ("right", "two")
        assert first.seq < second.seq
        while bridge.observers()[0].behind:
            await asyncio.sleep(0)
        assert bridge.observers()[0].since is None


@pytest.mark.usefixtures("either_journal")
async def test_after_a_restart_it_goes_on_where_it_was(pair, left, right):
    for number in range(3):
        watching = Watching()
        async with watched(pair, watching):
            for n in range(5):
                left.say("one", "alice", f"{number} {n}")
            await watching.until(5)
            await right.until(5 * number + 5)
        assert watching.texts() == [f"{number} {n}" for n in range(5)]


@pytest.mark.usefixtures("either_journal")
async def test_what_it_missed_waits_for_it_and_a_new_one_begins_where_it_wants(pair, left, right):
    async with watched(pair, Watching()):
        left.say("one", "alice", "first")
        await left.settled()
    async with watched(pair):
        left.say("one", "alice", "second")
        await left.settled()
    old, new, whole = Watching(), Watching("new"), Watching("whole", from_the_beginning=True)
    async with watched(pair, old, new, whole):
        left.say("one", "alice", "third")
        for watching, count in ((old, 2), (new, 1), (whole, 3)):
            await watching.until(count)
    assert old.texts()[-2:] == ["second", "third"]
    assert new.texts() == ["third"]
    assert whole.texts() == ["first", "second", "third"]


@pytest.mark.usefixtures("either_journal")
async def test_one_that_takes_its_time_delays_nobody(pair, left, right):
    slow, other = Watching("slow"), Watching("other")
    slow.gate.clear()
    async with watched(pair, slow, other) as bridge:
        for n in range(250):
            left.say("one", "alice", str(n))
        await right.until(250)
        await other.until(250)
        behind = {status.name: status for status in bridge.observers()}
        assert behind["slow"].behind == 250
        assert behind["slow"].since is not None
        slow.gate.set()
        await slow.until(250)
    assert slow.texts() == other.texts() == [str(n) for n in range(250)]
    assert max(slow.batches) == 100


@pytest.mark.usefixtures("either_journal")
async def test_one_that_raises_is_told_of_once_and_shown_the_same_again(pair, left, right, caplog):
    watching, other = Watching(), Watching("other")
    watching.errors = [ValueError("never"), OSError("the disk is full")]
    async with watched(pair, watching, other) as bridge:
        left.say("one", "alice", "hello")
        await right.until(1)
        await other.until(1)
        while not bridge.observers()[0].reason:
            await asyncio.sleep(0)
        assert bridge.observers()[0].reason == "the disk is full"
        await watching.until(1)
        left.say("one", "alice", "again")
        await watching.until(2)
        while bridge.observers()[0].reason:
            await asyncio.sleep(0)
    assert watching.texts() == ["hello", "again"]
    assert caplog.text.count("watching cannot take note of what is said") == 1


@pytest.mark.parametrize("error", [asyncio.CancelledError(), SystemExit(3)], ids=repr)
async def test_one_that_is_cancelled_from_inside_or_wants_the_end_is_shown_the_same_again(
    pair, left, right, caplog, error
):
    watching, other = Watching(), Watching("other")
    watching.errors = [error]
    async with watched(pair, watching, other):
        left.say("one", "alice", "hello")
        await right.until(1)
        await other.until(1)
        await watching.until(1)
    assert watching.texts() == ["hello"]
    assert caplog.text.count("watching cannot take note of what is said") == 1


async def test_one_that_does_not_end_is_left_behind(pair, left, right, monkeypatch, caplog):
    monkeypatch.setattr(observers, "_LEAVE", 0.01)
    watching, other, ended = Watching(), Watching("other"), asyncio.Event()

    async def see(events):
        while not ended.is_set():
            with contextlib.suppress(asyncio.CancelledError):
                await ended.wait()

    watching.see = see
    async with asyncio.timeout(20):
        async with watched(pair, watching, other):
            left.say("one", "alice", "hello")
            await right.until(1)
            await other.until(1)
    assert "watching does not end" in caplog.text
    with opened(pair.journal) as database:
        assert database.execute("SELECT count(*) FROM delivery").fetchone() == (0,)
    ended.set()
    async with watched(pair, again := Watching()):
        await again.until(1)


@pytest.mark.usefixtures("either_journal")
async def test_what_is_pruned_waits_for_nobody(pair, left, right):
    watching = Watching()
    watching.gate.clear()
    async with watched(pair, watching) as bridge:
        for text in ("gone", "kept"):
            left.say("one", "alice", text)
        await right.until(2)
        await left.settled()
        bridge._router.dispatch.commit()
        while bridge._router.journal.prune(text_before=9e15, names_before=0.0):
            pass
    late = Watching()
    async with watched(pair, late):
        await late.until(2)
    assert late.texts() == [None, "kept"]


async def test_a_lone_message_wakes_it_and_many_come_together(pair, left, right, monkeypatch):
    monkeypatch.setattr(observers.Observer, "patience", 0.05)
    watching = Watching()
    async with watched(pair, watching):
        for n in range(20):
            left.say("one", "alice", str(n))
            await left.settled()
        await watching.until(20)
    assert len(watching.batches) < 20


async def test_a_kill_shows_nothing_twice_to_who_keeps_its_own_cursor_and_leaves_nothing_out(tmp_path):
    kill_again_and_again("tests.bridge.relay.observed", tmp_path, 4, (1, 120))
    with opened(tmp_path / "journal.sqlite3") as database:
        taken = [name for (name,) in database.execute("SELECT id FROM event ORDER BY seq")]
    assert len(taken) > 4
    with opened(tmp_path / "kept") as database:
        kept = [name for (name,) in database.execute("SELECT id FROM kept ORDER BY rowid")]
    assert kept == taken
    told = (tmp_path / "told").read_text().split()
    assert list(dict.fromkeys(told)) == taken, "in order; what it was looking at comes again"
