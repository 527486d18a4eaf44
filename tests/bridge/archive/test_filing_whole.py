"""People file what they say, and are erased on all networks, while a bridge runs over scripted ones."""

import asyncio
from dataclasses import replace

import pytest

from bridge.archive.entries import EntryKind
from bridge.archive.filing.questions import ListTags
from bridge.archive.service import ask_tag, child
from bridge.archive.store import Reader
from bridge.control.abilities import Abilities
from bridge.control.archive_requests import ArchiveRequest
from bridge.control.filing_requests import (
    EraseRequest,
    FilingRequest,
    HoldRequest,
    HoldsRequest,
    ReleaseRequest,
    TagRequest,
    TagsRequest,
    UntagRequest,
)
from bridge.errors import HubbubError
from bridge.model import DeleteMessage, Support, Whisper
from tests.bridge.world import running

from .filed import TALK, archived, entries, filed, texts


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(child, "_FIRST", 0.01)
    monkeypatch.setattr(ask_tag, "_GLANCE", 0.02)
    monkeypatch.setattr(ask_tag, "_PATIENCE", 500)


@pytest.fixture
def kept(pair, left):
    left.capabilities = replace(left.capabilities, whisper=Support.PARTIAL)
    return archived(pair)


def abilities(bridge):
    async def read():
        raise NotImplementedError

    return Abilities(bridge, read)


async def told(network, count):
    """What the network's people were told alone, once it is so much."""
    async with asyncio.timeout(30):
        while len(found := [hint for hint in network.hints if isinstance(hint, Whisper)]) < count:
            await asyncio.sleep(0.01)
    return [one.text for one in found]


async def said_in(config, text):
    """Wait until the archive has this."""
    async with asyncio.timeout(30):
        while True:
            with Reader(config.archive.file) as reader:
                if any(one.words is not None and one.words.text == text for one in reader.entries()):
                    return
            await asyncio.sleep(0.02)


async def deletions(network, count):
    """What was taken back there, once it is so much."""
    async with asyncio.timeout(30):
        while len(found := [one for one in network.done if isinstance(one, DeleteMessage)]) < count:
            await asyncio.sleep(0.01)
    return found


def answering(network, said, who, text):
    """Say something as an answer."""
    event = network.saying("one", who, text)
    network.happen(replace(event, reply_to=said.id))


async def test_people_file_what_they_say(kept, left, right):
    async with running(kept) as bridge:
        offer = left.say("one", "alice", "I offer 100")
        left.say("one", "bob", "hm")
        filed_first, _ = await filed(kept, 2, EntryKind.MESSAGE)
        answering(left, offer, "bob", "!tag Offer")
        assert (await told(left, 1))[0] == "Tagged offer: that message."
        left.say("one", "alice", "!tag whole")
        assert (await told(left, 2))[1].startswith("Tagged whole: 2 messages, from ")
        for count, text in enumerate(
            ("!tag", "!tag two words", "!untag offer", "!untag whole", "!untag x"), 3
        ):
            left.say("one", "alice" if count < 6 else "carol", text)
            await told(left, count)
        tags = (await bridge.features.archive.ask(ListTags())).tags
    assert (await told(left, 7))[2:] == [
        "Tags here: offer (1), whole (1)",
        "A tag is one word of at most 40 letters, digits, - _ or .",
        "Only who gave the tag offer can take it back.",
        "Only who gave the tag whole can take it back.",
        "That has no tag x.",
    ]
    assert {one.tag: (one.first_position, one.name) for one in tags}["offer"] == (filed_first.position, "bob")


async def test_where_nothing_is_archived_nothing_is_filed(pair, left, right):
    left.capabilities = replace(left.capabilities, whisper=Support.PARTIAL)
    async with running(pair):
        left.say("one", "alice", "!tag offer")
        assert await told(left, 1) == ["Nothing that is said here is archived."]


async def test_a_person_is_gone_from_archive_journal_and_networks(kept, left, right):
    async with running(kept) as bridge:
        said = left.say("one", "alice", "my secret")
        right.say("two", "bob", "quite so")
        copied: list[tuple[str, ...]] = []
        while not copied:  # beside those of the notice
            copies = [one.header for one in await filed(kept, 2, EntryKind.COPY)]
            copied = [one.copy.ids for one in copies if (one.network, one.target) == ("left", said.id)]
        owner, who = abilities(bridge), [f"left/{said.sender.id}"]
        dry = await owner.do(EraseRequest(who=who, dry_run=True), "a test")
        assert "my secret" in texts(entries(kept, EntryKind.MESSAGE))
        done = await owner.do(EraseRequest(who=who), "a test")
        assert (dry.archive.said, dry.journal, dry.taken_back) == (1, 1, {"right": 1})
        assert (done.archive.said, done.journal, done.taken_back) == (1, 1, {"right": 1})
        (deleted,) = await deletions(right, 1)
        assert copied == [(deleted.target.id,)]
        left.say("one", "carol", "on we go")
        await said_in(kept, "on we go")
    with Reader(kept.archive.file) as reader:
        found = [one for one in reader.entries() if one.header is not None and one.header.kind in TALK]
    assert [text for text in texts(found) if text] == ["quite so", "on we go"]
    files = [path.read_bytes() for path in kept.journal.parent.iterdir() if path.is_file()]
    assert not any(b"my secret" in content for content in files)
    with Reader(kept.archive.file) as reader:
        assert not any(b"alice" in entry.raw_header for entry in reader.entries())


async def test_what_cannot_be_taken_back_is_told(kept, left, right):
    right.capabilities = replace(right.capabilities, delete=Support.NO)
    async with running(kept) as bridge:
        said = left.say("one", "alice", "my secret")
        await filed(kept, 2, EntryKind.MESSAGE, EntryKind.COPY)
        request = EraseRequest(who=["alice"])
        answer = await abilities(bridge).do(request, "a test")
        assert (answer.taken_back, answer.left) == ({}, {"right": 1})
        assert any(one.startswith("1 copy at most on right, which lets nobody") for one in answer.stays)
        journal = bridge._router.journal
        assert journal.event(journal.origin(journal.number("left", "one"), said.id)) is None


async def test_the_owner_files_and_holds(kept, left, right):
    async with running(kept) as bridge:
        owner = abilities(bridge)
        left.say("one", "alice", "first")
        left.say("one", "alice", "second")
        first, second = (one.number for one in await filed(kept, 2, EntryKind.MESSAGE))
        change = await owner.do(TagRequest(tag="offer", first=first, last=second), "a test")
        assert (change.messages, change.tagged[0].by) == (2, "")
        assert len((await owner.do(TagsRequest(), "a test")).tags) == 1
        hold = HoldRequest(name="case", reason="dispute", conversations=["lobby"])
        assert [one.name for one in (await owner.do(hold, "a test")).holds] == ["case"]
        left.say("one", "dave", "!archive off")
        await told(left, 1)
        stands = await owner.do(FilingRequest(), "a test")
        assert stands.opted_out == ["left/dave!user@host"]
        assert (await owner.do(ArchiveRequest(), "a test")).opted_out == 1
        assert ([one.name for one in stands.holds], stands.tags) == (["case"], {"offer": 1})
        answer = await owner.do(EraseRequest(who=["alice"]), "a test")
        assert (answer.archive.stay >= 2, answer.stays[0].split(" for ")[1][:15]) == (True, 'the hold "case"')
        assert (await owner.do(FilingRequest(), "a test")).waiting == 1
        await owner.do(ReleaseRequest(name="case"), "a test")
        assert (await owner.do(HoldsRequest(), "a test")).holds == []
        await owner.do(UntagRequest(tag="offer", first=second), "a test")
        with pytest.raises(HubbubError, match="say what is meant"):
            await owner.do(TagRequest(tag="offer"), "a test")


async def test_who_asks_for_an_archive_that_is_not_there_is_told(pair):
    async with running(pair) as bridge:
        with pytest.raises(HubbubError, match="there is no archive: give a conversation"):
            await abilities(bridge).do(FilingRequest(), "a test")
        assert not bridge.features.archive.process.running
