"""Files, edits and reactions are neither lost nor doubled when something goes wrong beside them."""

import asyncio
from dataclasses import replace

import pytest

from bridge.errors import RateLimited, TemporaryFailure
from bridge.model import (
    DeleteMessage,
    EditMessage,
    RoomId,
    RoomState,
    RoomStateChanged,
    SetReactions,
    Support,
)
from tests.bridge.relay.shelf import PICTURE, files, mapped, with_file
from tests.bridge.relay.test_whole import edit, reaction, removal
from tests.bridge.world import config, killed, opened, running

pytestmark = pytest.mark.timeout(10)


async def test_files_without_words_are_no_loop(tmp_path, left, right, shelf):
    """What has no words repeats nobody."""
    for network in (left, right):
        files(network)
    async with running(mapped(tmp_path)):
        right.say("two", "carol", with_file("look", shelf.put("cat.png")))
        await left.until(2)
        for number in range(8):
            left.say("one", "alice", with_file("", shelf.put(f"{number}.png")))
        await right.until(16)


@pytest.mark.parametrize("error", [RateLimited("slowly", 9.0), TemporaryFailure("no answer")])
async def test_a_reaction_that_was_not_taken_is_tried_again(pair, left, right, error, clock):
    async with running(pair, clock=clock):
        said = left.say("one", "alice", "hello")
        await right.until(1)
        await right.settled()
        right.errors.append(error)
        left.happen(reaction("one", said.id, "bob", "👍"))
        await clock.hurry(right.until_done(1))
        assert isinstance(right.done[0], SetReactions)


@pytest.mark.parametrize("what", ["edit", "removal"])
async def test_after_a_crash_what_may_have_arrived_is_changed_all_the_same(pair, left, right, after, what):
    right.confirming = False
    async with running(pair):
        said = left.say("one", "alice", "helo")
        await right.until(1)
        left.happen(edit(said, "hello") if what == "edit" else removal("one", said.id, "alice"))
        await left.settled()
        there = killed(pair, after)
    right.confirming = True
    async with running(there):
        await right.until_done(1)
        assert isinstance(right.done[0], EditMessage if what == "edit" else DeleteMessage)
        assert len(right.said) == 1


async def test_promised_words_that_nobody_confirmed_are_followed_by_their_file(
    tmp_path, left, right, shelf, after
):
    """The file came between the words and the crash: it must not be taken for part of them."""
    files(right, captions=True)
    shelf.slow.clear()
    right.confirming = False
    there = mapped(tmp_path, wait=0.05)
    async with running(there):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        await right.until(1)
        assert right.said[0].content.text == "<alice> look [file cat.png follows]"
        shelf.slow.set()
        while not list(there.media.folder.glob("*/*.json")):
            await asyncio.sleep(0.01)
        await right.settled()
        there = killed(there, after)
    right.confirming = True
    async with running(there):
        await right.until(2)
        assert right.said[1].file.name == "cat.png"
        await right.settled()
    assert len(right.said) == 2


async def test_of_several_files_each_arrives_once_though_nobody_confirmed_the_first(
    tmp_path, left, right, shelf, clock
):
    files(right)
    async with running(mapped(tmp_path), clock=clock):
        right.confirming = False
        pictures = [shelf.put(f"{n}.png", PICTURE + bytes([n])) for n in range(3)]
        left.say("one", "alice", with_file("look", *pictures))
        await right.until(1)
        await right.settled()
        right.release()
        right.lose(TemporaryFailure("no answer"))
        await clock.hurry(right.until(4))
        await right.settled()
        assert [c.file and c.file.name for c in right.said] == [None, "0.png", "1.png", "2.png"]


async def test_a_file_that_cannot_be_sent_any_more_is_named(tmp_path, left, right, shelf):
    """The place for files went away between the words and their file."""
    files(right)
    right.confirming = False
    async with running(mapped(tmp_path)):
        there = shelf.put("cat.png")
        left.say("one", "alice", with_file("look", there))
        await right.until(1)
        right.capabilities = replace(right.capabilities, file=Support.NO)
        right.release()
        await right.until(2)
        assert right.texts("two") == ["<alice> look", f"<alice> {there.address}"]


async def test_blank_words_do_not_swallow_a_file(tmp_path, left, right, shelf):
    files(right)
    async with running(mapped(tmp_path)):
        left.say("one", "alice", with_file(" ", shelf.put("cat.png")))
        left.say("one", "alice", with_file("\u202a", shelf.put("dog.png")))
        await right.until(4)
        assert [c.file and c.file.name for c in right.said] == [None, "cat.png", None, "dog.png"]


async def test_words_taken_back_while_their_file_is_late(tmp_path, left, right, shelf):
    """Nothing more is said of them, and nothing is owed."""
    files(right)
    shelf.slow.clear()
    there = mapped(tmp_path, wait=0.05)
    async with running(there):
        said = left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        left.say("one", "bob", "nice day")
        await right.until(2)
        await right.settled()
        left.happen(removal("one", said.id, "alice"))
        await right.until_done(1)
        shelf.slow.set()
        left.say("one", "bob", "bye")
        await right.until(3)
        await asyncio.sleep(0.1)
        assert right.texts("two")[2:] == ["<bob> bye"]
    with opened(there.journal) as journal:
        assert journal.execute("SELECT count(*) FROM delivery").fetchone() == (0,)
        assert b"look" not in b"".join(row[0] for row in journal.execute("SELECT body FROM event"))


async def test_an_edit_keeps_the_link_of_the_file(tmp_path, left, right, shelf):
    async with running(mapped(tmp_path)):
        there = shelf.put("cat.png")
        said = left.say("one", "alice", with_file("lok", there))
        await right.until(1)
        await right.settled()
        left.happen(edit(said, "look"))
        await right.until_done(1)
        assert right.done[0].content.text == f"<alice> look {there.address}"


async def test_files_of_a_queue_are_waited_for_together(tmp_path, left, right, shelf):
    """After a restart each would else have its own time to be late, one after the other."""
    files(right)
    shelf.slow.clear()
    right.up = False
    there = mapped(tmp_path, wait=0.4)
    async with running(there):
        for number in range(6):
            left.say("one", "alice", with_file(f"look {number}", shelf.put(f"{number}.png")))
        await left.settled()
    right.up = True
    async with running(there), asyncio.timeout(1.5):
        await right.until(6)


@pytest.mark.parametrize("arrived", [False, True])
async def test_after_a_crash_a_late_file_is_not_mistaken_for_what_passed_it(
    tmp_path, left, right, shelf, after, arrived
):
    """Nobody can tell what became of anything but, perhaps, the last words."""
    files(right)
    shelf.slow.clear()
    there = mapped(tmp_path, wait=0.05)
    async with running(there):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        await right.until(1)
        left.say("one", "bob", "one")
        await right.until(2)
        await right.settled()
        right.confirming = False
        left.say("one", "bob", "two")
        await right.until(3)
        await right.settled()
        there = killed(there, after)
    right.confirming = True
    if not arrived:
        right.remembers = False
    shelf.slow.set()
    async with running(there):
        await right.until(5 if arrived else 6)
        await right.settled()
        await asyncio.sleep(0.05)
    again = [c.content.text for c in right.said[3:] if c.file is None]
    announced = "<alice> cat.png, sent with “look”:"
    assert again == ([announced] if arrived else ["[again?] <bob> two", f"[again?] {announced}"])
    assert [c.file.name for c in right.said if c.file] == ["cat.png"]


async def test_nobody_of_another_network_passes_for_the_author(tmp_path, left, right):
    """Ids mean somebody only where they were given."""
    third = type(left)("third")
    async with running(config(tmp_path, {"lobby": ["left one", "right two", "third three"]})):
        left.say("one", "alice", "hello")
        await third.until(1)
        await right.until(1)
        await right.settled()
        right.happen(removal("two", "c1", "alice", name="r1"))
        right.say("two", "carol", "bye")
        await third.until(2)
        assert not third.done


async def test_an_answer_to_forgotten_words_is_still_an_answer(pair, left, right):
    """Names are kept longer than words."""
    async with running(pair) as bridge:
        said = left.say("one", "alice", "hello")
        await right.until(1)
        await right.settled()
        bridge._router.journal.prune(text_before=9e99, names_before=0)
        left.say("one", "bob", "hi")
        await right.until(2)
        await right.settled()
        bridge._router.journal.prune(text_before=9e99, names_before=0)
        left.say("one", "bob", "hi you", reply_to=said.id)
        await right.until(3)
        assert right.said[2].answered.part.id == "c1"
        assert (right.said[2].answered.name, right.said[2].answered.text) == ("alice", "")


async def test_a_removal_finds_what_was_said_though_an_edit_of_it_waits(pair, left, right):
    async with running(pair):
        said = left.say("one", "alice", "helo")
        await right.until(1)
        await right.settled()
        right.announce(RoomStateChanged(room=RoomId("two"), state=RoomState.REFUSED))
        left.happen(edit(said, "hello"))
        left.happen(removal("one", said.id, "alice"))
        await left.settled()
        right.announce(RoomStateChanged(room=RoomId("two"), state=RoomState.JOINED, caught_up=True))
        await right.until_done(1)
        assert isinstance(right.done[0], DeleteMessage)


async def test_nobody_takes_the_name_of_what_another_said(pair, left, right):
    """People choose further names of what they say: the first who has one keeps it, also after a restart."""
    async with running(pair):
        said = left.say("one", "alice", "helo")
        await right.until(1)
        await right.settled()
    async with running(pair):
        left.say("one", "mallory", "mine", aliases=(said.id,))
        await right.until(2)
        left.happen(edit(said, "hello"))
        await right.until_done(1)
        assert right.done[0].target.id == "c1"


@pytest.mark.parametrize(("way", "gone"), [("", ["c1"]), (" to", [])])
async def test_a_moderator_takes_away_a_copy_and_with_it_those_copies_that_hear_the_room(
    tmp_path, left, right, way, gone
):
    """Not the original, which is not ours, and nothing at all from a room that nobody hears."""
    third = type(left)("third")
    async with running(config(tmp_path, {"lobby": ["left one", f"right two{way}", "third three"]})):
        left.say("one", "alice", "hello")
        await third.until(1)
        await right.until(1)
        await right.settled()
        right.happen(removal("two", "c1", "mod", by_moderator=True))
        await right.settled()
        left.say("one", "alice", "bye")
        await third.until(2)
        assert [command.target.id for command in third.done] == gone
        assert not left.done
        assert not right.done
