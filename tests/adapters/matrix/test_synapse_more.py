"""Files, threads, typing, read marks, topics and members on a real Synapse."""

import asyncio
import hashlib
import tracemalloc

import aiohttp
import pytest

from adapters.matrix.testing import SERVER
from bridge import (
    Attachment,
    Change,
    FileKind,
    MarkRead,
    MemberChanged,
    MessageEdited,
    MessageId,
    NameChanged,
    Part,
    Rejected,
    SetTyping,
    Support,
    Thumbnail,
    TopicChanged,
    TypingChanged,
)

from .core import Core, edit, file_at, message, topic
from .test_synapse import adapter_for, alias, back, curl, synapse
from .test_synapse_whole import BOT, Somebody, somebody

pytestmark = pytest.mark.asyncio(loop_scope="module")

__all__ = ["synapse"]

_MB = 1024 * 1024


async def fetch(source):
    """What is there, by somebody who only has the address and the headers."""
    async with aiohttp.ClientSession() as http:
        async with http.get(source.url) as refused:
            assert refused.status == 401
        async with http.get(source.url, headers=source.headers) as reply:
            assert reply.status == 200
            return await reply.read()


async def put_up(demo, token, data):
    """By a client that shares no line with ours."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "image/png"}
    async with aiohttp.ClientSession() as http:
        url = f"{demo.url}/_matrix/media/v3/upload?filename=cat.png"
        async with http.post(url, data=data, headers=headers) as reply:
            return (await reply.json())["content_uri"]


async def test_a_file_that_somebody_sends(synapse):
    ann = await somebody(synapse, "annfile", "file")
    url = await put_up(synapse, ann._token, b"\x89PNG")
    async with Core(adapter_for(synapse, "file")) as core:
        await core.joined(alias("file"))
        info = {"mimetype": "image/png", "size": 4, "w": 3, "h": 2}
        await ann.say("my cat", msgtype="m.image", filename="cat.png", url=url, info=info)
        content = (await core.said()).content
        assert content.text == "my cat"
        assert content.attachments == (Attachment(url, "cat.png", FileKind.IMAGE, "image/png", 4, 3, 2),)
        assert await fetch(core.adapter.source(url)) == b"\x89PNG"


async def test_a_file_that_we_send(synapse, tmp_path):
    ann = await somebody(synapse, "annsent", "sent")
    (tmp_path / "a").write_bytes(b"picture")
    (tmp_path / "b").write_bytes(b"small")
    small = Thumbnail(tmp_path / "b", "image/jpeg", 5, 2, 1)
    picture = file_at(tmp_path / "a", width=3, height=2, thumbnail=small)
    core = Core(adapter_for(synapse, "sent"))
    async with core:
        await core.joined(alias("sent"))
        asked = await ann.say("show me")
        sent = await core.do(message("<a> cat", "1.ab", alias("sent"), answered=asked, file=picture))
        seen = (await ann.see(sent))["content"]
        assert (seen["msgtype"], seen["body"], seen["filename"]) == ("m.image", "<a> cat", "cat.png")
        assert seen["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}
        assert await fetch(core.adapter.source(seen["url"])) == b"picture"
        assert await fetch(core.adapter.source(seen["info"]["thumbnail_url"])) == b"small"
        while core.adapter.capabilities(alias("sent")).file_limit != 60 * _MB:
            await asyncio.sleep(0.02)
    async with back(core.positions, adapter_for(synapse, "sent")) as core:
        await core.joined(alias("sent"))
        await core.do(edit(sent, "<a> dog", "2.ab", alias("sent")))
        new = (await ann.see(sent))["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"]
        assert (new["msgtype"], new["body"], new["url"]) == ("m.image", "<a> dog", seen["url"])


async def test_large_files_cost_no_memory(synapse, tmp_path):
    ann = await somebody(synapse, "annlarge", "large")
    path = tmp_path / "large"
    with path.open("wb") as file:
        for number in range(50):
            file.write(bytes([number]) * _MB)
    async with Core(adapter_for(synapse, "large")) as core:
        await core.joined(alias("large"))
        large = file_at(path, "large.bin", FileKind.FILE, "application/octet-stream")
        tracemalloc.start()
        try:
            sent = await core.do(message("<a> it", "1.ab", alias("large"), file=large))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 5 * _MB
        data = await fetch(core.adapter.source((await ann.see(sent))["content"]["url"]))
        assert hashlib.sha256(data).digest() == hashlib.sha256(path.read_bytes()).digest()
        with path.open("r+b") as file:
            file.truncate(61 * _MB)
        with pytest.raises(Rejected):
            await core.adapter.send(
                message("<a> it", "2.ab", alias("large"), file=file_at(path, "large.bin", FileKind.FILE))
            )
        await core.do(message("after", "3.ab", alias("large")))


async def test_threads(synapse):
    ann = await somebody(synapse, "annthread", "thread")
    room = alias("thread")
    async with Core(adapter_for(synapse, "thread")) as core:
        await core.joined(room)
        root = await ann.say("cake?")
        assert (await core.said()).thread is None
        relation = {"rel_type": "m.thread", "event_id": root, "m.in_reply_to": {"event_id": root}}
        first = await ann.say("yes", **{"m.relates_to": {**relation, "is_falling_back": True}})
        heard = await core.said()
        assert (heard.thread, heard.reply_to) == (root, None)
        relation["m.in_reply_to"] = {"event_id": first}
        await ann.say("why", **{"m.relates_to": {**relation, "is_falling_back": False}})
        heard = await core.said()
        assert (heard.thread, heard.reply_to) == (root, first)
        await ann.edit(first, "no")
        assert (await core.next(MessageEdited)).target == first
        sent = await core.do(message("<a> so", "1.ab", room, thread=Part(MessageId(root))))
        await core.do(message("<a> me too", "2.ab", room, answered=first, thread=Part(MessageId(root))))
        summary = (await ann.see(root))["unsigned"]["m.relations"]["m.thread"]
        assert (summary["count"], summary["latest_event"]["content"]["body"]) == (4, "<a> me too")
        await core.do(edit(sent, "<a> not so", "3.ab", room))
        whole = (await ann.see(sent))["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"]
        assert whole["body"] == "<a> not so"
        within = await core.do(message("<a> deep", "4.ab", room, thread=Part(MessageId(first))))
        seen = (await ann.see(within))["content"]["m.relates_to"]
        assert seen == {"m.in_reply_to": {"event_id": first}}


async def ephemeral(demo, token, wire, kind, since):
    """The next of this kind that a client is told of in a room, and where it goes on."""
    while True:
        page = await curl(demo, "GET", f"sync?timeout=10000&since={since}", token)
        since = page["next_batch"]
        part = page.get("rooms", {}).get("join", {}).get(wire, {})
        for event in part.get("ephemeral", {}).get("events", []):
            if event["type"] == kind:
                return event["content"], since


async def test_typing_and_reading(synapse):
    ann = await somebody(synapse, "anntype", "type")
    room = alias("type")
    typing = f"typing/@anntype:{SERVER}"
    async with Core(adapter_for(synapse, "type")) as core:
        await core.joined(room)
        await ann.call("PUT", typing, {"typing": True, "timeout": 30000})
        heard = await core.next(TypingChanged)
        assert (heard.sender.id, heard.typing) == (f"@anntype:{SERVER}", True)
        await ann.call("PUT", typing, {"typing": False})
        assert not (await core.next(TypingChanged)).typing
        said = await ann.say("hi")
        since = (await curl(synapse, "GET", "sync", ann._token))["next_batch"]
        core.adapter.hint(SetTyping(room=room, typing=True))
        content, since = await ephemeral(synapse, ann._token, ann._wire, "m.typing", since)
        assert content["user_ids"] == [BOT]
        core.adapter.hint(SetTyping(room=room, typing=False))
        content, since = await ephemeral(synapse, ann._token, ann._wire, "m.typing", since)
        assert content["user_ids"] == []
        core.adapter.hint(MarkRead(room=room, target=Part(MessageId(said))))
        content, since = await ephemeral(synapse, ann._token, ann._wire, "m.receipt", since)
        assert BOT in content[said]["m.read"]
        assert (await core.said()).id == said
        await ann.say("end")
        assert (await core.next(object)).content.text == "end", "nobody hears of our own typing"


async def test_topics_and_names(synapse):
    levels = {"events": {"m.room.topic": 0}}
    ann = await somebody(synapse, "anntopic", "topic", topic="old", power_level_content_override=levels)
    room = alias("topic")
    core = Core(adapter_for(synapse, "topic"))
    async with core:
        await core.joined(room)
        for _ in range(2):
            changed = await ann.call("PUT", "state/m.room.topic", {"topic": "cake"})
        heard = await core.next(TopicChanged)
        assert (heard.id, heard.topic, heard.sender.name) == (changed["event_id"], "cake", "anntopic")
        await ann.call("PUT", "state/m.room.name", {"name": "Kitchen"})
        assert (await core.next(object)).name == "Kitchen"
        assert core.adapter.capabilities(room).topic is Support.FULL
        names = [await core.do(topic("tea", room=room)) for _ in range(2)]
        assert names[0] == names[1], "to do it again does nothing"
        assert (await core.adapter.find_sent(room, 0.0, ["5.ab"]))["5.ab"].part.id == names[0]
        await ann.call("PUT", "state/m.room.power_levels", {"state_default": 50})
        await ann.say("so")
        assert (await core.next(object)).content.text == "so", "our own is not heard"
        assert core.adapter.capabilities(room).topic is Support.PARTIAL
        with pytest.raises(Rejected, match="raise its power level"):
            await core.do(topic("soup", "6.ab", room))
    await ann.call("PUT", "state/m.room.topic", {"topic": ""})
    await ann.call("PUT", "state/m.room.name", {"name": "Hall"})
    async with back(core.positions, adapter_for(synapse, "topic")) as core:
        heard = [await core.next(object) for _ in range(3)]
        assert core.adapter.capabilities(room).topic is Support.PARTIAL
    assert (type(heard[0]), heard[0].topic, heard[0].replayed) == (TopicChanged, "", True)
    assert (type(heard[1]), heard[1].name, heard[1].replayed) == (NameChanged, "Hall", True)
    assert heard[2].caught_up


async def test_how_long_a_room_wants_to_be_kept_and_who_reads_its_past(synapse):
    """MSC1763 and "m.room.history_visibility", live and after a restart."""
    ann = await somebody(synapse, "annkept", "kept")
    room = alias("kept")

    async def heard(core, text):
        await ann.say(text)
        assert (await core.next(object)).content.text == text
        return core.adapter.retention(room), core.adapter.history_is_open(room)

    async with Core(adapter_for(synapse, "kept")) as core:
        assert core.adapter.history_is_open(room) is None
        await core.joined(room)
        assert await heard(core, "as it was made") == (None, True)
        await ann.call("PUT", "state/m.room.retention", {"max_lifetime": 3_600_000})
        await ann.call("PUT", "state/m.room.history_visibility", {"history_visibility": "invited"})
        assert await heard(core, "for an hour, among us") == (3600.0, False)
        positions = core.positions
    await ann.call("PUT", "state/m.room.history_visibility", {"history_visibility": "shared"})
    async with back(positions, adapter_for(synapse, "kept")) as core:
        await core.joined(room)
        assert await heard(core, "open again") == (3600.0, True)


async def test_who_comes_and_goes(synapse):
    ann = await somebody(synapse, "annmember", "member")
    bob = Somebody(synapse, await synapse.register("bobmember", "bob"), ann._wire)
    bob_id = f"@bobmember:{SERVER}"
    core = Core(adapter_for(synapse, "member"))

    async def next_change():
        event = await core.next(object)
        assert isinstance(event, MemberChanged)
        return event.change, event.sender.name, event.reason, event.by and event.by.name, event.name

    async with core:
        await core.joined(alias("member"))
        await bob.call("POST", "join", {})
        assert await next_change() == (Change.JOINED, "bobmember", "", None, "")
        await bob.call("PUT", f"state/m.room.member/{bob_id}", {"membership": "join", "displayname": "Bob"})
        assert await next_change() == (Change.RENAMED, "bobmember", "", None, "Bob")
        await bob.call("POST", "leave", {"reason": "tired"})
        assert await next_change() == (Change.LEFT, "Bob", "tired", None, "")
        await bob.call("POST", "join", {})
        assert (await next_change())[0] is Change.JOINED
        await ann.call("POST", "kick", {"user_id": bob_id, "reason": "noisy"})
        assert await next_change() == (Change.KICKED, "bobmember", "noisy", "annmember", "")
        await ann.call("POST", "ban", {"user_id": bob_id, "reason": "so"})
        assert await next_change() == (Change.BANNED, "bobmember", "so", "annmember", "")
        await ann.call("POST", "unban", {"user_id": bob_id})
        assert (await next_change())[0] is Change.UNBANNED
    await bob.call("POST", "join", {})
    await ann.say("live")
    async with back(core.positions, adapter_for(synapse, "member")) as core:
        assert (await core.next(object)).content.text == "live", "nobody came"


async def test_polls(synapse):
    ann = await somebody(synapse, "annpoll", "poll")
    text = "org.matrix.msc1767.text"
    answers = [{"id": "y", text: "Yes"}, {"id": "n", text: "No"}]
    poll = {"question": {text: "Tea?"}, "max_selections": 1, "answers": answers}
    async with Core(adapter_for(synapse, "poll")) as core:
        await core.joined(alias("poll"))
        start = {"org.matrix.msc3381.poll.start": poll, text: "Tea?\n1. Yes\n2. No"}
        asked = await ann.send("org.matrix.msc3381.poll.start", start)
        assert (await core.said()).content.text == "[poll] Tea?\nYes\nNo"
        relation = {"rel_type": "m.reference", "event_id": asked}
        vote = {"org.matrix.msc3381.poll.response": {"answers": ["y"]}, "m.relates_to": relation}
        await ann.send("org.matrix.msc3381.poll.response", vote)
        words = "The poll has ended. Top answer: Yes"
        end = {"org.matrix.msc3381.poll.end": {}, "m.relates_to": relation, text: words}
        await ann.send("org.matrix.msc3381.poll.end", end)
        said = await core.said()
        assert (said.content.text, said.reply_to) == (words, asked)
