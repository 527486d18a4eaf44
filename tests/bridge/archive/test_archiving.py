"""What happens in a conversation is filed: each thing once, in order, and never on the way of a message."""

import asyncio
from dataclasses import replace
from hashlib import sha256

import pytest

from bridge.archive.entries import EntryKind
from bridge.archive.service import archiving, archivist, late
from bridge.archive.store import Reader
from bridge.endpoints import Endpoint
from bridge.model import (
    Change,
    MemberChanged,
    MessageCreated,
    MessageEdited,
    MessageId,
    ReactionsChanged,
    Removed,
    RoomId,
    Sender,
    UserId,
    by_author,
    plain,
)
from tests.bridge.relay.shelf import Shelf, mapped, with_file
from tests.bridge.world import config, running

from .filed import TALK, archived, entries, filed, people, texts


@pytest.fixture
def kept(pair):
    return archived(pair)


async def test_without_a_conversation_that_wants_it_there_is_no_process_and_no_file(pair, left, right):
    async with running(pair) as bridge:
        left.say("one", "alice", "hello")
        await right.until(1)
        await bridge.patrol()
        assert not bridge.features.archive.process.running
        assert [observer.name for observer in bridge.observers()] == ["instructions"]
    assert not list(pair.journal.parent.glob("*archive*"))


async def test_what_is_said_is_filed_with_its_copies(kept, left, right):
    async with running(kept):
        said = left.say("one", "alice", "hello")
        await right.until(1)
        right.say("two", "bob", "hi")
        found = await filed(kept, 4, EntryKind.MESSAGE, EntryKind.COPY)
    first, second = [one for one in found if one.header.kind is EntryKind.MESSAGE]
    assert (first.header.network, first.header.room, first.header.id) == ("left", "one", said.id)
    assert (first.header.by.id, first.header.by.name) == (said.sender.id, "alice")
    assert (first.words.text, second.words.text) == ("hello", "hi")
    copy = next(one.header for one in found if one.header.kind is EntryKind.COPY)
    assert (copy.about, copy.target) == (first.position, said.id)
    assert (copy.copy.network, copy.copy.room, copy.copy.ids[0]) == ("right", "two", "c1")


async def test_a_copy_in_several_parts_is_filed_with_the_names_of_all(kept, left, right):
    right.capabilities = replace(right.capabilities, text_limit=20)
    async with running(kept):
        left.say("one", "alice", "an offer that is longer than one line")
        (found,) = await filed(kept, 1, EntryKind.COPY)
        parts = len(right.texts("two"))
    assert parts > 1
    assert len(found.header.copy.ids) == parts
    assert "c1" in found.header.copy.ids


async def test_what_arrived_need_not_be_looked_up(kept, left, right):
    ended = []
    async with running(kept) as bridge:
        bridge.features.archive._router.dispatch.ended.append(lambda *what: ended.append(what[-1]))
        left.say("one", "alice", "hello")
        await right.until(1)
        right.names_messages = False
        left.say("one", "alice", "hello again")
        await right.until(2)
        right.capabilities = replace(right.capabilities, text_limit=20)
        left.say("one", "alice", "an offer that is longer than one line")
        await filed(kept, 3, EntryKind.COPY)
    assert [[part.id for part in parts] if parts is not None else None for parts in ended] == [
        ["c1"],
        [],
        None,
    ]


async def test_who_leaves_when_something_arrived_takes_no_news_from_the_archive(kept, left, right):
    async with running(kept) as bridge:
        ended = bridge.features.archive._router.dispatch.ended
        ended.insert(0, lambda *_: ended.pop(0))
        left.say("one", "alice", "hello")
        (found,) = await filed(kept, 1, EntryKind.COPY)
    assert found.header.copy.ids == ("c1",)


async def test_what_is_done_about_a_message_is_about_it(kept, left, right):
    async with running(kept):
        said = left.say("one", "alice", "helo")
        common = {"room": RoomId("one"), "sender": said.sender, "target": said.id}
        left.happen(
            MessageEdited(id=MessageId("e"), **common, content=left.saying("one", "x", "hello").content),
            ReactionsChanged(id=MessageId("r"), **common, emojis=("👍",)),
        )
        await filed(kept, 3, *TALK)
        left.happen(Removed(id=MessageId("x"), **common, reason="a slip"))
        found = people(await filed(kept, 4, *TALK))
    message, edit, reaction, removal = found
    assert [one.header.about for one in found] == [0, *[message.position] * 3]
    assert (message.words, edit.words) == (None, None), "its author took it back"
    assert message.header.by.name == "alice"
    assert reaction.words.emojis == ("👍",)
    assert removal.words.text == "a slip"


async def test_nobody_takes_back_what_others_said(kept, left, right):
    mallory = Sender(UserId("mallory!m@host"), "mallory")
    async with running(kept):
        said = left.say("one", "alice", "an offer")
        left.happen(Removed(id=MessageId("x"), room=RoomId("one"), sender=mallory, target=said.id))
        found = await filed(kept, 2, *TALK)
        assert found[0].words.text == "an offer"
        left.happen(
            Removed(id=MessageId("y"), room=RoomId("one"), sender=mallory, target=said.id, by_moderator=True)
        )
        found = await filed(kept, 3, *TALK)
    assert found[0].words is None


async def test_who_comes_and_goes_and_who_is_at_the_other_end(kept, left, right):
    left.nature.peer = Endpoint("left.example:6697", "TLSv1.3", "ab" * 32)
    alice = Sender(UserId("alice!a@host"), "alice")
    async with running(kept) as bridge:
        for change, more in (
            (Change.JOINED, {}),
            (Change.RENAMED, {"name": "al", "id": UserId("al!a@host")}),
            (Change.KICKED, {"by": Sender(UserId("op"), "op"), "reason": "noise"}),
        ):
            left.announce(MemberChanged(room=RoomId("one"), sender=alice, change=change, **more))
        await bridge.patrol()
        joined, renamed, kicked = await filed(kept, 3, EntryKind.MEMBER)
        (link,) = await filed(kept, 1, EntryKind.LINK)
    assert (joined.header.change, joined.header.by.name) == ("joined", "alice")
    assert (renamed.words.text, renamed.header.aliases) == ("al", ("al!a@host",))
    assert (kicked.header.other.name, kicked.words.text) == ("op", "noise")
    assert (link.header.peer.server, link.header.peer.tls) == ("left.example:6697", "TLSv1.3")


async def test_after_a_restart_that_is_filed_although_nobody_says_anything(kept, left, right, monkeypatch):
    async with running(kept):
        left.say("one", "alice", "hello")
        await filed(kept, 2, EntryKind.MESSAGE, EntryKind.COPY)
    asked = archivist.Archivist.seen

    async def late(self, journal):
        """As where the archive's process takes longer to start than a network to connect."""
        await asyncio.sleep(0.3)
        return await asked(self, journal)

    monkeypatch.setattr(archivist.Archivist, "seen", late)
    left.nature.peer = Endpoint("irc.example.org:6697", "TLSv1.3", "ab" * 32)
    async with running(kept) as bridge:
        await bridge.patrol()
        (link,) = await filed(kept, 1, EntryKind.LINK)
    assert link.header.peer.server == "irc.example.org:6697"


async def test_another_server_at_the_other_end_is_known_before_what_is_said_there(kept, left, right):
    left.nature.peer = Endpoint("left.example:6697", "TLSv1.3", "ab" * 32)
    async with running(kept):
        left.say("one", "alice", "hello")
        await filed(kept, 1, EntryKind.MESSAGE)
        left.nature.peer = Endpoint("elsewhere.example:6697", "TLSv1.3", "cd" * 32)
        left.drop()
        left.say("one", "alice", "hello again")
        await filed(kept, 2, EntryKind.LINK)
        await filed(kept, 2, EntryKind.MESSAGE)
    servers = [
        one.header.peer.server for one in entries(kept, EntryKind.LINK) if one.header.network == "left"
    ]
    assert servers == ["left.example:6697", "elsewhere.example:6697"]


async def test_a_conversation_that_is_archived_later_begins_with_who_is_at_the_other_end(
    tmp_path, left, right
):
    left.nature.peer = Endpoint("left.example:6697", "TLSv1.3", "ab" * 32)
    map_ = archived(
        config(tmp_path, {"lobby": ["left one", "right two"], "den": ["left three", "right four"]})
    )
    async with running(map_) as bridge:
        await filed(map_, 1, EntryKind.LINK)
        await bridge.reload(archived(map_, "den"))
        found = await filed(map_, 3, EntryKind.LINK)
    assert {one.conversation for one in found} == {"lobby", "den"}


async def test_a_time_in_which_nothing_could_be_heard(kept, left, right):
    async with running(kept):
        left.say("one", "alice", "hello")
        await filed(kept, 1, EntryKind.MESSAGE)
        left.remembers = False
        left.silent_for = 30.0
        left.drop()
        (found,) = await filed(kept, 1, EntryKind.SILENCE)
    silence = found.header.silence
    assert (found.header.network, found.header.room, silence.unheard) == ("left", "one", True)
    assert 29.0 < silence.until - silence.since < 60.0


async def test_what_is_given_up_is_filed_with_the_reason(kept, left, right):
    from bridge.errors import Rejected

    right.errors.append(Rejected("too rude"))
    async with running(kept):
        left.say("one", "alice", "hello")
        (found,) = await filed(kept, 1, EntryKind.COPY)
    assert (found.header.copy.ids, found.header.copy.reason) == ((), "too rude")


async def test_a_conversation_of_which_no_words_are_kept(pair, left, right):
    config = archived(pair, text=False)
    async with running(config):
        left.say("one", "alice", "hello")
        (found,) = people(await filed(config, 1, EntryKind.MESSAGE))
    assert (found.words.text, found.header.left_out, found.header.by.name) == ("", "policy", "alice")


async def test_what_nobody_is_to_keep_is_not_kept(kept, left, right):
    async with running(kept):
        left.say("one", "alice", "between us", unstored=True)
        (found,) = people(await filed(kept, 1, EntryKind.MESSAGE))
    assert (found.words.text, found.header.left_out) == ("", "no-store")
    assert b"between us" not in kept.archive.file.read_bytes()


async def test_only_its_own_rooms_are_archived(tmp_path, left, right):
    from tests.bridge.world import config

    both = config(tmp_path, {"lobby": ["left one", "right two"], "club": ["left three", "right four"]})
    wanted = archived(both)
    async with running(wanted):
        left.say("three", "alice", "not this")
        left.say("one", "alice", "this")
        found = people(await filed(wanted, 1, EntryKind.MESSAGE))
    assert [(one.conversation, one.words.text) for one in found] == [("lobby", "this")]


async def test_what_a_filter_leaves_out_of_a_conversation_is_not_in_its_archive(tmp_path, left, right):
    from tests.bridge.world import config

    rooms = {"lobby": ["left one", "right two"], "club": ["left one", "right four"]}
    wanted = archived(config(tmp_path, rooms, ignore={"lobby": ("bot",)}))
    async with running(wanted):
        left.say("one", "bot", "ping")
        left.say("one", "alice", "hello")
        found = people(await filed(wanted, 1, EntryKind.MESSAGE))
        await right.until(3)
    assert texts(found) == ["hello"]


async def test_after_a_restart_nothing_is_missing_and_nothing_there_twice(kept, left, right):
    for number in range(3):
        async with running(kept):
            for n in range(5):
                left.say("one", "alice", f"{number} {n}")
            await right.until(5 * number + 5)
            if number == 1:
                await filed(kept, 10, EntryKind.MESSAGE)
    async with running(kept):
        await filed(kept, 15, EntryKind.MESSAGE)
        found = await filed(kept, 15, EntryKind.COPY)
    said = people(entries(kept, EntryKind.MESSAGE))
    assert texts(said) == [f"{number} {n}" for number in range(3) for n in range(5)]
    copies = [one.header.target for one in found]
    assert sorted(one for one in copies if one.startswith("m")) == sorted(one.header.id for one in said)


async def test_the_end_of_its_process_is_no_end(kept, left, right):
    async with running(kept) as bridge:
        service = bridge.features.archive.process
        for n in range(40):
            left.say("one", "alice", str(n))
            if n % 10 == 5:
                await filed(kept, n - 4, EntryKind.MESSAGE)
                if service._process is not None:
                    service._process.kill()
            await asyncio.sleep(0.005)
        found = people(await filed(kept, 40, EntryKind.MESSAGE))
        await right.until(40)
        await filed(kept, 40, EntryKind.COPY)
    assert texts(found) == [str(n) for n in range(40)]
    copies = [one.header.target for one in entries(kept, EntryKind.COPY)]
    assert sorted(one for one in copies if one.startswith("m")) == sorted(one.header.id for one in found)


async def test_it_verifies(kept, left, right):
    async with running(kept):
        left.say("one", "alice", "hello")
        await filed(kept, 2, EntryKind.MESSAGE, EntryKind.COPY)
    with Reader(kept.archive.file) as reader:
        (lobby,) = reader.conversations()
        assert lobby.position == lobby.count == len(entries(kept))


@pytest.mark.parametrize("files", [True, False])
async def test_files_are_known_by_their_digest_and_kept_where_that_is_wanted(tmp_path, left, right, files):
    config, shelf, content = archived(mapped(tmp_path), files=files), Shelf(), b"a contract " * 100
    await shelf.open()
    digest = sha256(content).hexdigest()
    place = config.archive.file.with_name("journal-archive-files") / digest[:2] / digest
    async with running(config):
        said = left.say("one", "alice", with_file("our deal", shelf.put("deal.txt", content)))
        (found,) = await filed(config, 1, EntryKind.FILE)
        (file,) = found.words.files
        assert (file.sha256, file.size, file.kept, found.header.target) == (digest, 1100, files, said.id)
        assert place.exists() is files
        left.happen(Removed(id=MessageId("x"), room=RoomId("one"), sender=said.sender, target=said.id))
        await filed(config, 1, EntryKind.REMOVAL)
        async with asyncio.timeout(10):
            while place.exists():
                await asyncio.sleep(0.01)
    await shelf.close()
    assert [one.words for one in entries(config, EntryKind.FILE)] == [None]


async def test_what_was_taken_before_a_stop_is_filed_however_soon_that_comes(kept, left, right, monkeypatch):
    monkeypatch.setattr(archiving, "_LEAVE", 60.0)  # on a busy machine its process takes long to begin
    async with running(kept):
        left.say("one", "alice", "hello")
        await right.until(1)
        left.say("one", "alice", "goodbye")
    found = entries(kept, EntryKind.MESSAGE)
    assert [one.words.text for one in people(found)] == ["hello", "goodbye"]


@pytest.mark.parametrize("named_by", ["room", "author"])
async def test_a_removal_that_is_told_in_two_ways_is_filed_once(kept, left, right, named_by):
    who = Sender(UserId("alice!user@host"), "alice")
    called = {"room": MessageId("m1"), "author": by_author(who.id, "m1")}
    async with running(kept):
        said = MessageCreated(
            id=MessageId("s1") if named_by == "author" else called["room"],
            aliases=(called["author"],) if named_by == "author" else (),
            room=RoomId("one"),
            sender=who,
            content=plain("hello"),
        )
        left.happen(said)
        await filed(kept, 1, EntryKind.MESSAGE)
        other = MessageId("r1"), by_author(who.id, "r1")
        ways = zip(other, called.values(), strict=True)
        left.happen(*[Removed(id=name, room=RoomId("one"), sender=who, target=one) for name, one in ways])
        await filed(kept, 1, EntryKind.REMOVAL)
    (removal,) = entries(kept, EntryKind.REMOVAL)
    assert removal.header.target == called[named_by]
    assert removal.header.about


async def test_an_older_copy_of_the_archive_catches_up_with_copies_too(kept, left, right, monkeypatch):
    monkeypatch.setattr(late, "_LOOK", 0.05)
    monkeypatch.setattr(late, "_OFTEN", 0.0)
    file, copies = kept.archive.file, []
    for text in ("hello", "hello again"):
        async with running(kept) as bridge:
            said = left.say("one", "alice", text)
            await filed(kept, 1, EntryKind.MESSAGE)
            while not any(target == said.id for target, _ in copied(kept)):
                await asyncio.sleep(0.02)
            archive = bridge.features.archive
            while (
                archive._late._noted < archive._router.journal.latest()
            ):  # so far nothing is looked for again
                archive.patrol()
                await asyncio.sleep(0.02)
        copies.append(file.read_bytes())
    before = copied(kept)
    file.write_bytes(copies[0])
    async with running(kept), asyncio.timeout(10):
        while copied(kept) != before:
            await asyncio.sleep(0.05)


def copied(config):
    """What is in the archive of copies, by what they are of and what they are called there."""
    return {(one.header.target, one.header.copy.ids[0]) for one in entries(config, EntryKind.COPY)}
