"""Threads: kept where there are any, else each message answers the one that the thread hangs on."""

from dataclasses import replace

import pytest

from bridge.model import Support
from tests.bridge.world import config, running

pytestmark = pytest.mark.usefixtures("either_journal")


@pytest.fixture
def threads(left, right):
    for network in (left, right):
        network.capabilities = replace(network.capabilities, thread=Support.FULL)


async def test_a_thread_stays_one(threads, pair, left, right):
    async with running(pair):
        root = left.say("one", "alice", "plans?")
        left.say("one", "bob", "cake", thread=root.id)
        await right.until(2)
        right.say("two", "carol", "tea", thread="c1")
        await left.until(1)
        assert right.said[1].thread.id == "c1"
        assert right.said[1].answered is None
        assert left.said[0].thread.id == root.id


async def test_the_network_has_a_name_of_its_own_for_it(threads, pair, left, right):
    """XEP-0201: nobody says which message a thread began with: it is the first that bears its name."""
    async with running(pair):
        root = left.say("one", "alice", "plans?", thread="thread-7")
        left.say("one", "bob", "cake", thread="thread-7")
        await right.until(2)
        assert right.said[0].thread is None
        assert right.said[1].thread.id == "c1"
        right.say("two", "carol", "tea", thread="c1")
        await left.until(1)
        assert left.said[0].thread.id == root.id
        assert left.said[0].thread.aliases[-1] == "thread-7"


async def test_without_threads_it_is_an_answer(tmp_path, left, right):
    right.capabilities = replace(right.capabilities, reply=Support.NO)
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})):
        root = left.say("one", "alice", "plans?")
        for number in range(4):
            left.say("one", "bob", f"line {number}")
        for word in ("cake", "tea"):
            left.say("one", "carol", word, thread=root.id)
        await right.until(7)
        assert right.texts("two")[5:] == ["<carol> [re alice: plans?] cake", "<carol> tea"]
