"""Files are uploaded beside what is said: a slow one holds up nobody, a refused one costs no words."""

import asyncio

import pytest

from bridge.errors import ConnectionLost, RateLimited, Rejected, TemporaryFailure
from bridge.model import RoomId
from tests.bridge.relay.shelf import files, mapped, media, with_file
from tests.bridge.world import config, opened, running


async def test_one_that_is_refused_costs_no_words(tmp_path, left, right, shelf):
    files(right, captions=True)
    right.upload_errors.append(Rejected("no pictures here"))
    async with running(mapped(tmp_path)) as bridge:
        there = shelf.put("cat.png")
        left.say("one", "alice", with_file("look", there))
        left.say("one", "alice", with_file("again", shelf.put("dog.png")))
        await right.until(2)
        assert right.texts("two") == [f"<alice> look {there.address} (108 B)", "<alice> again"]
        assert [command.file and command.file.name for command in right.said] == [None, "dog.png"]
        assert bridge.counts().fetched == {"left": 216, "right": 0}, "bytes"
        assert bridge.counts().uploaded == {"left": 0, "right": 108}, "only what the network took"


async def test_one_that_fails_is_tried_again(tmp_path, left, right, shelf, clock):
    files(right, captions=True)
    right.upload_errors += [TemporaryFailure("busy"), RateLimited("slow", 1.0), ConnectionLost("gone")]
    async with running(mapped(tmp_path, wait=3600.0), clock=clock):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        await clock.hurry(right.until(1))
        assert right.said[0].content.text.endswith("<alice> look")
        assert right.said[0].file.name == "cat.png"
        assert len(right.uploads) == 4
        right.upload_errors += [TemporaryFailure("busy")] * 5
        left.say("one", "alice", with_file("and", shelf.put("dog.png")))
        await clock.hurry(right.until(2))
        assert right.said[1].file is None
        assert len(right.uploads) == 9


async def test_where_a_file_follows_its_words_nobody_comes_between(tmp_path, left, right, shelf):
    files(right)
    right.uploading.clear()
    async with running(mapped(tmp_path)):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        left.say("one", "bob", "nice day")
        while not right.uploads:
            await asyncio.sleep(0)
        await left.settled()
        assert not right.said
        right.uploading.set()
        await right.until(3)
        said = [(command.content.text, command.file and command.file.name) for command in right.said]
        assert said == [("<alice> look", None), ("", "cat.png"), ("<bob> nice day", None)]


@pytest.mark.parametrize("words", ["look", ""])
async def test_where_no_words_stand_with_a_late_file_a_line_says_what_it_is(
    tmp_path, left, right, shelf, words
):
    files(right)
    right.uploading.clear()
    async with running(mapped(tmp_path, wait=0.1)):
        left.say("one", "alice", with_file(words, shelf.put("cat.png"), shelf.put("dog.png")))
        left.say("one", "bob", "nice day")
        await right.until(2)
        right.uploading.set()
        await right.until(6)
        which = f", sent with “{words}”" if words else ""
        assert [(c.content.text, c.file and c.file.name) for c in right.said[1:]] == [
            ("<bob> nice day", None),
            (f"<alice> cat.png{which}:", None),
            ("", "cat.png"),
            (f"<alice> dog.png{which}:", None),
            ("", "dog.png"),
        ]
        assert len({command.txn for command in right.said}) == 6
    with opened(tmp_path / "journal.sqlite3") as journal:
        assert journal.execute("SELECT count(*) FROM delivery").fetchone() == (0,)


@pytest.mark.parametrize("late", [False, True])
async def test_a_file_whose_words_were_said_before_a_crash(tmp_path, left, right, shelf, late):
    """Nobody comes between them for `wait`; then others pass, and a line says what it is."""
    files(right)
    right.refusals[RoomId("two")] = "not now"
    there = mapped(tmp_path, wait=0.1 if late else 20.0)
    async with running(there):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        await left.settled()
    with opened(there.journal) as journal:
        journal.execute("UPDATE delivery SET files = 1")
    right.refusals.clear()
    right.uploading.clear()
    async with running(there):
        left.say("one", "bob", "nice day")
        if late:
            await right.until(1)
        else:
            while not right.uploads:
                await asyncio.sleep(0)
        right.uploading.set()
        await right.until(3 if late else 2)
    said = [(command.content.text, command.file and command.file.name) for command in right.said]
    file, other = ("", "cat.png"), ("<bob> nice day", None)
    assert said == ([other, ("<alice> cat.png, sent with “look”:", None), file] if late else [file, other])


async def test_a_slow_one_holds_up_no_caption(tmp_path, left, right, shelf):
    files(right, captions=True)
    right.uploading.clear()
    async with running(mapped(tmp_path, wait=0.2)):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        left.say("one", "bob", "nice day")
        await right.until(2)
        assert right.texts("two") == ["<alice> look [file cat.png follows]", "<bob> nice day"]
        right.uploading.set()
        await right.until(3)
        assert (right.said[2].file.name, right.said[2].answered.part.id) == ("cat.png", "c1")
        assert len(right.uploads) == 1
    with opened(tmp_path / "journal.sqlite3") as journal:
        assert journal.execute("SELECT count(*) FROM delivery").fetchone() == (0,)


async def test_many_slow_ones_are_waited_for_together(tmp_path, left, right, shelf):
    files(right, captions=True)
    right.uploading.clear()
    async with running(mapped(tmp_path, wait=1.0)):
        began = asyncio.get_running_loop().time()
        for number in range(20):
            left.say("one", "alice", with_file(f"{number}", shelf.put(f"{number}.png")))
        await right.until(20)
        assert asyncio.get_running_loop().time() - began < 10, "twenty times as long as one"
        assert right.texts("two")[-1] == "<alice> 19 [file 19.png follows]"


async def test_once_for_all_rooms_of_a_network(tmp_path, left, right, shelf):
    files(right, captions=True)
    there = config(tmp_path, {"lobby": ["left one", "right two", "right three"]}, media=media(tmp_path))
    async with running(there):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        await right.until(2)
        assert [command.file.name for command in right.said] == ["cat.png"] * 2
        assert len(right.uploads) == 1


async def test_what_arrived_before_a_crash_is_not_uploaded_again(tmp_path, left, right, shelf):
    files(right, captions=True)
    right.confirming = False
    there = mapped(tmp_path)
    async with running(there):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        await right.until(1)
    right.release()
    async with running(there):
        left.say("one", "alice", "next")
        await right.until(2)
        assert [command.content.text for command in right.said] == ["<alice> look", "<alice> next"]
        assert len(right.uploads) == 1
