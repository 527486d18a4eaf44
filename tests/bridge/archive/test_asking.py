"""What people are told who ask what is kept."""

import asyncio

import pytest

from bridge.archive import archivist, clerk
from tests.bridge.world import config, running

from .filed import archived

NOTHING = "carol: Nothing that is said here is archived."
FACTS = "carol: It is archived who says something here and when, but not what, and kept for 2 years, by Ann."
OUT = "What you say is left out. Say !archive on to have it archived again."


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(clerk, "_FIRST", 0.01)
    monkeypatch.setattr(archivist, "_TOGETHER", 0.01)


async def answer(network, room, words):
    """What somebody is told in a room."""
    before = len(network.texts(room))
    network.say(room, "carol", words)
    async with asyncio.timeout(20):
        while not (told := [text for text in network.texts(room)[before:] if text.startswith("carol: ")]):
            await asyncio.sleep(0.01)
    return told[0]


async def test_where_no_words_are_kept_nobody_is_told_to_have_theirs_left_out(tmp_path, left, right):
    rooms = {"lobby": ["left one", "right two"], "club": ["left three", "right four"]}
    async with running(archived(config(tmp_path, rooms), text=False)):
        assert await answer(left, "one", "!archive") == FACTS
        assert await answer(left, "three", "!archive") == NOTHING
        await answer(left, "three", "!archive off")
        assert await answer(left, "three", "!archive") == f"{NOTHING}\n{OUT}"
