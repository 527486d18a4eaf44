"""What there is beside words, through real servers: files, threads, topics, who writes, comes and goes."""

import asyncio
import contextlib
import hashlib
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import aiohttp
import pytest

from bridge import (
    Answered,
    Change,
    Content,
    File,
    FileKind,
    MarkRead,
    MemberChanged,
    MessageCreated,
    Part,
    Rejected,
    RoomState,
    Sender,
    SendMessage,
    SetTopic,
    SetTyping,
    Support,
    Thumbnail,
    TopicChanged,
    Txn,
    TypingChanged,
    plain,
)
from tests.adapters.xmpp.harness import ALICE, command, failure, give
from tests.adapters.xmpp.places import witness
from tests.adapters.xmpp.servers import Ejabberd

TXNS = [Txn(f"{n:x}.2.0.0123456789abcdef") for n in range(8)]
BODY = "{jabber:client}body"
SUBJECT = "{jabber:client}subject"
THREAD = "{jabber:client}thread"
SHARING = "{urn:xmpp:sfs:0}file-sharing"
THUMBNAIL = ".//{urn:xmpp:thumbs:1}thumbnail"
DISPLAYED = "{urn:xmpp:chat-markers:0}displayed"
STATES = "{{http://jabber.org/protocol/chatstates}}{}"
CHANGED = "{http://jabber.org/protocol/muc#user}x"
STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
MUC = "http://jabber.org/protocol/muc"
MIB = 1024 * 1024


@contextlib.asynccontextmanager
async def together(bridge):
    """The bridge, and alice who came after it."""
    async with bridge.running() as ears:
        await ears.state(RoomState.JOINED, bridge.room)
        name = bridge.room.partition("@")[0].replace("-", "")
        async with witness(bridge.server, "alice", bridge.room, name) as alice:
            assert (await ears.hears(MemberChanged)).change is Change.JOINED
            yield ears, alice


def on_disk(path, data, **more):
    path.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    return File(path, path.name, FileKind.IMAGE, "image/png", len(data), digest, **more)


async def test_files(bridge, tmp_path):
    """XEP-0363 out with its thumbnail, and what a client makes of it in again."""
    async with together(bridge) as (ears, alice):
        made, room = bridge.adapter, bridge.room
        record = made.capabilities(room)
        assert (record.file, record.file_limit) == (Support.FULL, 64 * MIB)
        (tmp_path / "t.jpg").write_bytes(b"small")
        small = Thumbnail(tmp_path / "t.jpg", "image/jpeg", 5, 3, 4)
        file = on_disk(tmp_path / "a cät & dog.png", b"\x89PNG picture", width=30, height=40, thumbnail=small)
        asked = SendMessage(room=room, speaker=ALICE, txn=TXNS[0], content=Content(), file=file)
        assert not made.send_now(asked, lambda _: None)
        receipt = await (await made.send(asked))
        seen = await alice.sees(SHARING)
        assert (seen.get("id"), seen.find(STANZA_ID).get("id")) == (TXNS[0], receipt.part.id)
        address = seen.findtext(BODY)
        async with aiohttp.ClientSession() as http:
            async with http.get(address) as answer:
                assert (answer.content_type, await answer.read()) == ("image/png", b"\x89PNG picture")
            async with http.get(seen.find(THUMBNAIL).get("uri")) as answer:
                assert (answer.content_type, await answer.read()) == ("image/jpeg", b"small")
        assert made.source(address).own, "our server's files may have a private address"
        assert not made.source("http://127.0.0.1/x").own
        alice.tell("a1", "".join(ET.tostring(one, "unicode") for one in seen if one.tag != STANZA_ID))
        (found,) = (await ears.said()).content.attachments
        assert (found.address, found.name, found.size, found.width) == (address, file.name, 12, 30)


async def test_a_large_file(bridge, tmp_path):
    """50 MB go from the disk to the server without being in memory, and 65 MiB are refused."""
    async with together(bridge) as (_, alice):
        made, room = bridge.adapter, bridge.room
        path, size = tmp_path / "zeros.bin", 50_000_000
        with path.open("wb") as zeros:
            zeros.truncate(size)
        file = File(path, path.name, FileKind.FILE, "application/octet-stream", size, "00" * 32)
        asked = SendMessage(room=room, speaker=ALICE, txn=TXNS[0], content=Content(), file=file)
        before = most = _resident()
        sending = asyncio.ensure_future(made.send(asked))
        while not sending.done():
            await asyncio.wait({sending}, timeout=0.005)
            most = max(most, _resident())
        await (await sending)
        assert most - before < 30 * MIB
        async with (
            aiohttp.ClientSession() as http,
            http.head((await alice.sees(SHARING)).findtext(BODY)) as answer,
        ):
            assert int(answer.headers["Content-Length"]) == size
        huge = File(path, path.name, FileKind.FILE, "application/octet-stream", 65 * MIB, "00" * 32)
        with pytest.raises(Rejected, match="larger than 67108864"):
            await made.send(SendMessage(room=room, speaker=ALICE, txn=TXNS[1], content=Content(), file=huge))


def _resident():
    """Bytes of our own memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


async def test_threads(bridge):
    """XEP-0201: an answer in a thread of ours, and in one of theirs, bears the name that we gave it."""
    async with together(bridge) as (ears, alice):
        made, room = bridge.adapter, bridge.room
        ours = (await give(made, command("a root", TXNS[0], room))).part
        asked = SendMessage(room=room, speaker=ALICE, txn=TXNS[1], content=plain("in it"), thread=ours)
        await give(made, asked)
        name = (await alice.sees(THREAD)).findtext(THREAD)
        alice.tell("a1", f"<body>me too</body><thread>{name}</thread>")
        said = await ears.said()
        assert (said.thread, said.reply_to) == (ours.id, None)
        alice.tell("a2", "<body>another</body><thread>e0ffe42b &amp; 28</thread>")
        root = await ears.said()
        assert root.thread == "e0ffe42b & 28"
        alice.tell("a3", "<body>inner</body><thread parent='e0ffe42b &amp; 28'>x</thread>")
        assert (await ears.said()).thread == root.thread
        part = Part(root.id, (*root.aliases, root.thread))
        answered = Answered(part, "alice", "another")
        asked = SendMessage(
            room=room, speaker=ALICE, txn=TXNS[2], content=plain("ok"), thread=part, answered=answered
        )
        await give(made, asked)
        async with asyncio.timeout(25):
            while (seen := await alice.sees(THREAD)).get("id") != TXNS[2]:
                pass
        assert seen.findtext(THREAD) == root.thread
        assert seen.find("{urn:xmpp:reply:0}reply").get("id") == root.id
        assert made.capabilities(room).thread is Support.FULL


async def test_who_writes(bridge):
    """XEP-0085 both ways, and none of ours comes back."""
    async with together(bridge) as (ears, alice):
        made, room = bridge.adapter, bridge.room
        for state, writes in (("composing", True), ("paused", False)):
            alice.tell("", f"<{state} xmlns='http://jabber.org/protocol/chatstates'/>")
            heard = await ears.hears(TypingChanged)
            assert (heard.typing, heard.sender.name) == (writes, "alice")
        made.hint(SetTyping(room=room, typing=True))
        composing = await alice.sees(STATES.format("composing"))
        while composing.get("from") != f"{room}/hubbub":
            composing = await alice.sees(STATES.format("composing"))
        made.hint(SetTyping(room=room, typing=False))
        await alice.sees(STATES.format("active"))
        alice.tell("a1", "<body>done</body><active xmlns='http://jabber.org/protocol/chatstates'/>")
        said = await ears.hears(MessageCreated | TypingChanged)
        assert said.content == plain("done")
        assert heard.sender == said.sender


async def test_what_has_arrived(bridge):
    """XEP-0333: by the room's name."""
    async with together(bridge) as (ears, alice):
        alice.tell("a1", "<body>one</body><markable xmlns='urn:xmpp:chat-markers:0'/>")
        said = await ears.said()
        assert bridge.adapter.capabilities(bridge.room).read is Support.FULL
        bridge.adapter.hint(MarkRead(room=bridge.room, target=Part(said.id, said.aliases)))
        seen = await alice.sees(DISPLAYED)
        assert (seen.find(DISPLAYED).get("id"), seen.get("type")) == (said.id, "groupchat")


def topic(room, txn, text):
    return SetTopic(room=room, speaker=ALICE, txn=txn, topic=text)


async def test_topics(bridge):
    """XEP-0045 section 8.1: told when it changes, never as we come in; ours are confirmed, also again."""
    async with together(bridge) as (ears, alice):
        made, room = bridge.adapter, bridge.room
        alice.tell("a1", "<subject>cats &amp; dogs</subject>")
        heard = await ears.hears(TopicChanged)
        assert (heard.topic, heard.sender.name, heard.replayed) == ("cats & dogs", "alice", False)
        assert made.capabilities(room).topic is Support.FULL
        await give(made, topic(room, TXNS[0], "birds <3"))
        while (await alice.sees(SUBJECT)).findtext(SUBJECT) != "birds <3":
            pass
        await give(made, topic(room, TXNS[1], "birds <3"))
        await give(made, topic(room, TXNS[2], ""))
        alice.tell("a2", "<subject>cats &amp; dogs</subject>")
        assert (await ears.hears(TopicChanged)).topic == "cats & dogs"
        alice.tell("a3", "<subject>a letter</subject><body>words</body>")
        assert (await ears.said()).content.text == "a letter\nwords"
        ears.task.cancel()
        await asyncio.wait({ears.task})
        alice.tell("a4", "<subject>while you were away</subject>")
        await alice.sees(SUBJECT)
        async with bridge.running() as again:
            said, _ = await again.until_joined(room)
            kept = [("while you were away", True)] if isinstance(bridge.server, Ejabberd) else []
            assert [(one.topic, one.replayed) for one in said] == kept, "Prosody's archive keeps no topics"
            await give(bridge.adapter, topic(room, TXNS[3], "ours again"))
            alice.tell("b1", "<body>the next thing</body>")
            assert (await again.said()).content == plain("the next thing")


async def test_a_topic_that_we_may_not_set(bridge):
    """A refusal is this command's alone."""
    room = bridge.room
    async with witness(bridge.server, "owner", room, "topicowner") as owner:
        owner.ask(
            f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'>"
            f"<field var='FORM_TYPE'><value>{MUC}#roomconfig</value></field>"
            "<field var='muc#roomconfig_changesubject'><value>0</value></field></x></query>"
        )
        await owner.sees(CHANGED)
        async with bridge.running() as ears:
            await ears.state(RoomState.JOINED, room)
            assert bridge.adapter.capabilities(room).topic is Support.NO
            refused = await failure(give(bridge.adapter, topic(room, TXNS[0], "mine")))
            assert isinstance(refused, Rejected)
            assert "make hubbub a moderator" in str(refused)
            await give(bridge.adapter, command("still there", TXNS[1], room))


async def test_who_comes_and_goes(bridge):
    """XEP-0045 sections 7.6, 7.14, 8.2 and 9.1."""
    async with together(bridge) as (ears, alice):
        room = bridge.room

        async def changed():
            one = await ears.hears(MemberChanged)
            return one.sender.name, one.change, one.reason, one.by.name if one.by else None, one.name

        async with witness(bridge.server, "bob", room, "memberbob") as bob:
            assert await changed() == ("bob", Change.JOINED, "", None, "")
            bob._send(f"<presence to='{room}/bob'><show>away</show></presence>")
            bob._send(f"<presence to='{room}/rob'/>")
            assert await changed() == ("bob", Change.RENAMED, "", None, "rob")
            alice.tell("a1", "<body>hi</body>")
            hers = (await ears.said()).sender
            bob._send(f"<presence to='{room}/rob' type='unavailable'><status>bye</status></presence>")
            assert await changed() == ("rob", Change.LEFT, "bye", None, "")
        for number, (what, change) in enumerate(
            (("role='none' nick='m{}'", Change.KICKED), ("affiliation='outcast' jid='{}'", Change.BANNED))
        ):
            user = f"member{number}"
            async with witness(bridge.server, f"m{number}", room, user):
                await changed()
                item = what.format(number if change is Change.KICKED else f"{user}@{bridge.server.domain}")
                bridge.adapter._connection._client.say(
                    f"<iq to='{room}' type='set' id='out'><query xmlns='{MUC}#admin'>"
                    f"<item {item}><reason>out</reason></item></query></iq>"
                )
                assert (await changed())[:3] == (f"m{number}", change, "out")
        await alice.leave()
        one = await ears.hears(MemberChanged)
        assert (one.change, one.sender) == (Change.LEFT, Sender(hers.id, "alice"))
