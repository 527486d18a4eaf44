"""Files cross: with their words, behind them, as a link, or by name; one that is late holds up nobody."""

import asyncio
import contextlib
import re
from dataclasses import replace

import pytest
from aiohttp import ClientConnectorError, ClientSession

from bridge.config import ShowRules
from bridge.errors import Rejected
from bridge.model import Attachment, FileKind, RoomId, SendMessage
from bridge.testing import ScriptedNetwork, free_port
from tests.bridge.relay.shelf import PICTURE, files, mapped, with_file
from tests.bridge.relay.test_whole import edit, removal
from tests.bridge.world import opened, running


async def got(client, link):
    """What a link leads to, as soon as anybody answers there."""
    while True:
        with contextlib.suppress(ClientConnectorError):
            async with client.get(link) as answer:
                return answer.status, await answer.read()
        await asyncio.sleep(0.01)


async def test_with_its_words(tmp_path, left, right, shelf):
    files(right, captions=True)
    async with running(mapped(tmp_path)):
        left.say("one", "alice", with_file("look", shelf.put("cat.png", kind=FileKind.IMAGE)))
        await right.until(1)
        (command,) = right.said
        assert command.content.text == "<alice> look"
        assert command.file.path.read_bytes() == PICTURE
        assert (command.file.name, command.file.type, command.file.kind) == (
            "cat.png",
            "image/png",
            FileKind.IMAGE,
        )


async def test_without_words(tmp_path, left, right, shelf):
    files(right, captions=True)
    async with running(mapped(tmp_path)):
        left.say("one", "alice", with_file("", shelf.put("a.png"), shelf.put("b.png")))
        await right.until(2)
        said = [(command.content.text, command.file.name) for command in right.said]
        assert said == [("<alice>", "a.png"), ("<alice>", "b.png")]


async def test_behind_its_words(tmp_path, left, right, shelf):
    files(right)
    async with running(mapped(tmp_path)):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        left.say("one", "alice", with_file("", shelf.put("dog.png")))
        left.say("one", "alice", "bye")
        await right.until(5)
        assert [(c.content.text, c.file and c.file.name) for c in right.said] == [
            ("<alice> look", None),
            ("", "cat.png"),
            ("<alice> dog.png", None),
            ("", "dog.png"),
            ("<alice> bye", None),
        ]
        assert len({command.txn for command in right.said}) == 5


async def test_where_no_file_can_be_sent_its_address_is(tmp_path, left, right, shelf):
    async with running(mapped(tmp_path)):
        there = shelf.put("cat.png", size=2_100_000)
        left.say("one", "alice", with_file("look", there))
        left.say("one", "alice", with_file("", replace(there, size=None)))
        await right.until(2)
        assert right.texts("two") == [
            f"<alice> look {there.address} (2.1 MB)",
            f"<alice> {there.address}",
        ]


@pytest.mark.parametrize("record", [{}, {"captions": True}])
async def test_a_link_to_a_page_is_a_link(tmp_path, left, right, shelf, record):
    """Clients that send an address beside its message do so with pages too (XEP-0066)."""
    files(right, **record)
    async with running(mapped(tmp_path)):
        page = shelf.put("plan.html", b"<!DOCTYPE html><title>Plan</title>")
        left.say("one", "alice", with_file("", page))
        left.say("one", "alice", with_file("look", page))
        await right.until(2)
    assert right.texts("two") == [f"<alice> {page.address}", f"<alice> look {page.address}"]


async def test_what_has_no_public_address_is_named(tmp_path, left, right):
    async with running(mapped(tmp_path)):
        secret = Attachment("mxc://x/y", "cat.png", FileKind.IMAGE, size=2_100_000)
        left.say("one", "alice", with_file("", secret))
        left.say("one", "alice", with_file("hi", Attachment("mxc://x/z", "", FileKind.AUDIO, voice=True)))
        await right.until(2)
        assert right.texts("two") == ["<alice> [picture cat.png, 2.1 MB]", "<alice> hi [voice message]"]


async def test_our_own_link(tmp_path, left, right, shelf):
    port = free_port()
    there = mapped(tmp_path, public_url=f"http://127.0.0.1:{port}", listen=f"127.0.0.1:{port}")
    async with running(there):
        said = left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        await right.until(1)
        link = right.texts("two")[0].removeprefix("<alice> look ").removesuffix(" (108 B)")
        assert link.endswith("/cat.png")
        async with ClientSession() as web_client:
            assert await got(web_client, link) == (200, PICTURE)
            left.happen(removal("one", said.id, "alice"))
            await left.settled()
            assert (await got(web_client, link))[0] == 404


async def test_a_long_text_as_a_link(tmp_path, left, right):
    right.capabilities = replace(right.capabilities, text_limit=200)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    show = ShowRules(long="link")
    async with running(mapped(tmp_path, show, public_url=address, listen=f"127.0.0.1:{port}")):
        text = " ".join(f"word{n}" for n in range(400))
        left.say("one", "alice", text)
        await right.until(3)
        shown = right.texts("two")[2]
        assert len(shown.encode()) <= 200
        link = shown.rpartition("(all of it: ")[2].removesuffix(")")
        async with ClientSession() as web_client:
            assert (await got(web_client, link))[1].decode() == text


async def test_a_file_that_does_not_come_is_said_so(tmp_path, left, right, shelf):
    files(right)
    async with running(mapped(tmp_path, max_file=1000)):
        gone = replace(shelf.put("gone.png"), address=f"http://127.0.0.1:{shelf.port}/nothing")
        left.say("one", "alice", with_file("look", gone))
        left.say("one", "alice", with_file("big", shelf.put("big.png", bytes(2000))))
        await right.until(2)
        first, second = right.texts("two")
        assert first.startswith("<alice> look [file gone.png: ")
        assert first.endswith(gone.address)
        assert second.startswith("<alice> big [file big.png: larger than 1")


async def test_a_late_file_follows_its_words(tmp_path, left, right, shelf):
    files(right)
    shelf.slow.clear()
    async with running(mapped(tmp_path, wait=0.05)):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        left.say("one", "bob", "nice day")
        await right.until(2)
        assert right.texts("two") == ["<alice> look [file cat.png follows]", "<bob> nice day"]
        shelf.slow.set()
        await right.until(4)
        assert right.said[2].content.text == "<alice> cat.png, sent with “look”:"
        assert right.said[2].answered.part.id == "c1"
        assert (right.said[3].content.text, right.said[3].file.name) == ("", "cat.png")
        left.say("one", "bob", "there it is")
        await right.until(5)
    with opened(tmp_path / "journal.sqlite3") as journal:
        assert journal.execute("SELECT count(*) FROM delivery").fetchone() == (0,)


async def test_a_late_file_follows_after_a_restart(tmp_path, left, right, shelf):
    files(right)
    shelf.slow.clear()
    there = mapped(tmp_path, wait=0.05)
    async with running(there):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        left.say("one", "bob", "nice day")
        await right.until(2)
        await right.settled()
    async with running(there):
        left.say("one", "bob", "still here")
        await right.until(3)
        assert right.texts("two")[2] == "<bob> still here"
        shelf.slow.set()
        await right.until(5)
        assert right.said[3].content.text == "<alice> cat.png, sent with “look”:"
        assert right.said[4].file.name == "cat.png"


async def test_a_late_file_that_does_not_come_is_said_so(tmp_path, left, right, shelf):
    files(right)
    shelf.slow.clear()
    async with running(mapped(tmp_path, wait=0.05)):
        gone = replace(shelf.put("gone.png"), address=f"http://127.0.0.1:{shelf.port}/nothing")
        left.say("one", "alice", with_file("look", gone))
        await right.until(1)
        shelf.slow.set()
        await right.until(2)
        assert right.texts("two")[1].startswith("<alice> [file gone.png: ")


async def test_a_queued_message_holds_its_file(tmp_path, left, right, shelf):
    """What is fetched when it is taken can be sent when its source is long gone."""
    files(right)
    there = mapped(tmp_path)
    right.up = False
    async with running(there):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        while not list(there.media.folder.glob("*/*.json")):
            await asyncio.sleep(0.01)
    shelf.files.clear()
    right.up = True
    async with running(there):
        await right.until(2)
        assert right.said[1].file.path.read_bytes() == PICTURE


async def test_one_that_is_too_large_for_the_network(tmp_path, left, right, shelf):
    files(right, file_limit=50)
    async with running(mapped(tmp_path)):
        there = shelf.put("cat.png")
        left.say("one", "alice", with_file("look", there))
        await right.until(1)
        assert right.texts("two") == [f"<alice> look {there.address} (108 B)"]


async def test_deleting_takes_the_file_too(tmp_path, left, right, shelf):
    files(right)
    there = mapped(tmp_path)
    async with running(there):
        said = left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        await right.until(2)
        await right.settled()
        path = right.said[1].file.path
        left.happen(removal("one", said.id, "alice"))
        await right.until_done(2)
        assert not path.exists()
        assert [command.target.id for command in right.done] == ["c1", "c2"]


async def test_an_answer_from_the_other_side_names_the_file(tmp_path, left, right, shelf):
    files(right, captions=True)
    async with running(mapped(tmp_path)):
        said = left.say("one", "alice", with_file("", shelf.put("cat.png")))
        await right.until(1)
        await right.settled()
        right.say("two", "bob", "cute", reply_to="c1")
        await left.until(1)
        assert left.said[0].answered.part.id == said.id
        assert left.said[0].room == RoomId("one")
        assert left.said[0].answered.text == "cat.png"


async def test_removed_while_it_waits(tmp_path, left, right, shelf):
    files(right)
    shelf.slow.clear()
    async with running(mapped(tmp_path)):
        said = left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        left.happen(removal("one", said.id, "alice"))
        left.say("one", "alice", "bye")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                await right.until(1)
        assert right.texts("two") == ["<alice> bye"]


async def test_an_edit_of_the_words_while_they_wait_keeps_the_file(tmp_path, left, right, shelf):
    files(right, captions=True)
    shelf.slow.clear()
    async with running(mapped(tmp_path)):
        said = left.say("one", "alice", with_file("lok", shelf.put("cat.png")))
        left.happen(edit(said, "look"))
        await left.settled()
        shelf.slow.set()
        await right.until(1)
        assert [(c.content.text, c.file.name) for c in right.said] == [("<alice> look", "cat.png")]


async def test_an_edit_of_the_words_beside_a_file(tmp_path, left, right, shelf):
    files(right)
    async with running(mapped(tmp_path)):
        said = left.say("one", "alice", with_file("lok", shelf.put("cat.png")))
        await right.until(2)
        await right.settled()
        left.happen(edit(said, "look"))
        await right.until_done(1)
        (command,) = right.done
        assert (command.target.id, command.content.text) == ("c1", "<alice> look")


class Full(ScriptedNetwork):
    """Takes no more files, though it says that it does."""

    def perform(self, command, settle):
        if isinstance(command, SendMessage) and command.file is not None:
            settle(Rejected("the store is full"))
        else:
            super().perform(command, settle)


@pytest.mark.parametrize(
    ("captions", "said"),
    [
        (True, ["<alice> look {}", "<alice> {}", "<alice> bye"]),
        (False, ["<alice> look", "<alice> {}", "<alice> cat.png", "<alice> {}", "<alice> bye"]),
    ],
)
@pytest.mark.parametrize("public", [True, False])
async def test_a_file_that_is_refused_costs_no_words(tmp_path, left, shelf, captions, said, public):
    right = Full("right")
    files(right, captions=captions)
    fields = {"public_url": f"http://127.0.0.1:{(port := free_port())}", "listen": f"127.0.0.1:{port}"}
    there = mapped(tmp_path, **(fields if public else {}))
    async with running(there):
        picture = shelf.put("cat.png", kind=FileKind.IMAGE, size=108)
        left.say("one", "alice", with_file("look", picture))
        left.say("one", "alice", with_file("", picture))
        left.say("one", "alice", "bye")
        await right.until(len(said))
    told = f"{picture.address} (108 B)"
    links = re.compile(rf"{fields['public_url']}/\S+/cat\.png \(108 B\)")
    texts = [links.sub("{}", text) if public else text.replace(told, "{}") for text in right.texts("two")]
    assert texts == said
    with opened(tmp_path / "journal.sqlite3") as journal:
        assert journal.execute("SELECT count(*) FROM delivery").fetchone() == (0,)
