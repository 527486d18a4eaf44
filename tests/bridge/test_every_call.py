"""Whatever call on the way of a message fails, once, costs at most that message, and is told."""

import asyncio
import contextlib
import itertools
import sys
from pathlib import Path

import pytest

import bridge
from bridge import app
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config, opened

ROOT = Path(bridge.__file__).parent
WAY = tuple(str(ROOT / name) for name in ("boundary", "compose", "journal", "media", "relay"))
ROOMS = ("right two", "third three")


class Fault(Exception):
    pass


class Failing:
    """Lets the call of this number, of those that the way of a message makes, raise; the first is 1."""

    def __init__(self, number):
        self.left = number
        self.where = ""

    def __call__(self, frame, event, _):
        code = frame.f_code
        if event == "call" and not code.co_name.startswith("<") and code.co_filename.startswith(WAY):
            self.left -= 1
            if not self.left:
                self.where = f"{code.co_filename} {code.co_name}"
                sys.settrace(None)
                raise Fault(self.where)

    @contextlib.contextmanager
    def tracing(self):
        before = sys.gettrace()
        sys.settrace(self)
        try:
            yield
        finally:
            sys.settrace(before)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr("bridge.supervisor._FIRST", 0.01)
    monkeypatch.setattr("bridge.supervisor._LONGEST", 0.01)
    monkeypatch.setattr("bridge.relay.flights._CONFIRMATION", 0.3)
    monkeypatch.setattr("bridge.relay.worker._FAULT", 0.01)
    monkeypatch.setattr("bridge.relay.recovery._PAUSE", 0.01)
    monkeypatch.setattr("bridge.relay.dispatch._RETRY", 0.01)
    monkeypatch.setattr("bridge.app._PATROL", 0.02)


async def until(true):
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


async def relayed(folder, number):
    """Three messages, with a call failing on the way of the second. Returns where, and what became of it."""
    left, *others = (ScriptedNetwork(name) for name in ("left", "right", "third"))
    there = config(folder, {"lobby": ["left one", *ROOMS]})
    service = app.Bridge(there)
    task = asyncio.ensure_future(service.run())
    failing = Failing(number)
    try:
        await until(lambda: all(network.connected for network in (left, *others)))
        left.say("one", "alice", "first")
        await until(lambda: all("<alice> first" in network.texts(room) for network, room in rooms(others)))
        await left.settled()
        with failing.tracing():
            try:
                left.say("one", "alice", "second")
            except Fault:
                left.drop()  # as any adapter would end that is told so
            for _ in range(20):
                await asyncio.sleep(0)
        await until(lambda: left.connected)
        left.say("one", "alice", "third")
        await until(lambda: all("<alice> third" in network.texts(room) for network, room in rooms(others)))
        assert not task.done(), failing.where
        await until(lambda: not owed(there))
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    return failing.where, [network.texts(room) for network, room in rooms(others)], dead(there)


def rooms(networks):
    return zip(networks, ("two", "three"), strict=True)


def owed(there):
    with opened(there.journal) as database:
        return database.execute("SELECT count(*) FROM delivery").fetchone()[0]


def dead(there):
    with opened(there.journal) as database:
        return database.execute("SELECT count(*) FROM dead").fetchone()[0]


async def test_whatever_call_fails(tmp_path, caplog):
    for number in itertools.count(1):
        folder = tmp_path / str(number)
        folder.mkdir()
        caplog.clear()
        try:
            where, shown, lost = await relayed(folder, number)
        except TimeoutError as error:
            raise AssertionError(caplog.text) from error
        if not where:
            break
        for texts in shown:
            said = [text.removeprefix("[again?] ") for text in texts]
            assert said[0] == "<alice> first", where
            assert said[-1] == "<alice> third", where
            assert set(texts[1:-1]) <= {"<alice> second", "[again?] <alice> second"}, where
            assert texts.count("<alice> second") <= 1, where
        arrived = sum("second" in str(texts) for texts in shown)
        told = "is not taken" in caplog.text or "is refused" in caplog.text
        assert arrived + lost >= len(ROOMS) or told, where
        assert caplog.records, where
    assert number > 50, "these are all the calls that the way of a message makes"
