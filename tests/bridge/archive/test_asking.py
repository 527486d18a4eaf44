"""What people are told who ask what is kept."""

import asyncio
from dataclasses import replace

from bridge.archive.entries import EntryKind
from bridge.model import Sender, UserId
from tests.bridge.world import config, running

from .filed import archived, filed, people

NOTHING = "carol: Nothing that is said here is archived."
FACTS = "carol: It is archived who says something here and when, but not what, and kept for 2 years, by Ann."
OUT = "What you say is left out. Say !archive on to have it archived again."


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


async def said(kept, count):
    """What people said, once so much of it is in the archive."""
    async with asyncio.timeout(20):
        while True:
            if len(found := people(await filed(kept, 1, EntryKind.MESSAGE))) >= count:
                return found
            await asyncio.sleep(0.01)


async def test_of_who_opts_out_no_real_address_is_kept(pair, left, right):
    kept, carol = archived(pair), Sender(UserId("occupant:1"), "carol", proof="carol@example.org")
    async with running(kept):
        for number, text in enumerate(("before", "!archive off", "mine"), 1):
            left.happen(replace(left.saying("one", "carol", text), sender=carol))
            found = await said(kept, number)
            while text == "!archive off" and not any("left out of" in told for told in left.texts("one")):
                await asyncio.sleep(0.01)
    assert found[-1].header.by.proof == ""
    assert (found[0].words.text, found[0].header.by.proof) == ("before", "carol@example.org")
    assert (found[-1].header.by.id, found[-1].header.left_out) == ("occupant:1", "opted out")
