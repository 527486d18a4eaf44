"""What is done about messages, on a real Synapse, with somebody who uses another client."""

import asyncio
import itertools
import time
from dataclasses import replace

import pytest

from adapters.matrix.testing import SERVER
from bridge import Byline, MessageCreated, MessageEdited, ReactionsChanged, Rejected, Removed

from .core import Core, edit, message, reactions, removal
from .test_synapse import adapter_for, alias, back, create, curl, synapse

pytestmark = pytest.mark.asyncio(loop_scope="module")

__all__ = ["synapse"]

BOT = f"@hubbub:{SERVER}"
_txns = itertools.count(1)


class Somebody:
    """Speaks by curl."""

    def __init__(self, demo, token, wire):
        self._demo, self._token, self._wire = demo, token, wire

    async def call(self, method, path, body=None):
        return await curl(self._demo, method, f"rooms/{self._wire}/{path}", self._token, body)

    async def say(self, body, **content):
        return await self.send("m.room.message", {"msgtype": "m.text", "body": body, **content})

    async def send(self, kind, content):
        return (await self.call("PUT", f"send/{kind}/{next(_txns)}", content))["event_id"]

    async def edit(self, target, body):
        relation = {"rel_type": "m.replace", "event_id": target}
        new = {"msgtype": "m.text", "body": body}
        return await self.say(f"* {body}", **{"m.new_content": new, "m.relates_to": relation})

    async def react(self, target, key):
        relation = {"rel_type": "m.annotation", "event_id": target, "key": key}
        return await self.send("m.reaction", {"m.relates_to": relation})

    async def redact(self, target, reason="because"):
        body = {"reason": reason}
        return (await self.call("PUT", f"redact/{target}/{next(_txns)}", body))["event_id"]

    async def see(self, event):
        return await self.call("GET", f"event/{event}")

    async def counted(self, target):
        """The reactions of the bot, as the server keeps them."""
        path = f"/_matrix/client/v1/rooms/{self._wire}/relations/{target}/m.annotation/m.reaction"
        page = await self._demo.call("GET", path, self._token)
        return sorted(
            event["content"]["m.relates_to"]["key"] for event in page["chunk"] if event["sender"] == BOT
        )


async def somebody(demo, name, room, **fields):
    """With a room of their own."""
    token = await demo.register(name, name)
    return Somebody(demo, token, await create(demo, token, room, **fields))


@pytest.fixture(params=[("12", False), ("10", True)])
def later(request, synapse):
    """Two halves of a story, with the same adapter or with another one that goes on; in different rooms."""
    version, restart = request.param

    async def tell(room, first, second):
        core = Core(adapter_for(synapse, room))
        async with core:
            await core.joined(alias(room))
            await first(core)
            if not restart:
                await second(core)
        if restart:
            async with back(core.positions, adapter_for(synapse, room)) as core:
                await core.joined(alias(room))
                await second(core)

    tell.version = version
    return tell


async def test_what_we_do(synapse, later):
    room = f"out{later.version}"
    ann = await somebody(synapse, f"ann{room}", room, room_version=later.version)
    seen = {}

    async def first(core):
        seen["said"] = await core.do(message("<a> helo", "1.ab", alias(room)))
        seen["asked"] = await ann.say("cake?")
        await core.do(reactions(seen["asked"], "👍", "🎂", txn="2.ab", room=alias(room)))

    async def second(core):
        said, asked = seen["said"], seen["asked"]
        await core.do(edit(said, "<a> hello", "3.ab", alias(room)))
        whole = (await ann.see(said))["unsigned"]["m.relations"]["m.replace"]
        assert whole["content"]["m.new_content"]["body"] == "<a> hello"
        answer = await core.do(message("<a> yes", "4.ab", alias(room), answered=asked))
        assert (await ann.see(answer))["content"]["m.relates_to"] == {"m.in_reply_to": {"event_id": asked}}
        for number, emojis in enumerate([("👍", "🎂"), ("🎂️",), ("🎂", "👍"), ("👍", "🎂")]):
            await core.do(reactions(asked, *emojis, txn=f"5{number}.ab", room=alias(room)))
            assert await ann.counted(asked) == sorted(key.replace("\ufe0f", "") for key in emojis)
        for txn in ("6.ab", "7.ab"):
            assert await core.do(removal(said, txn, alias(room), reason="sorry")) is None
        gone = await ann.see(said)
        assert (gone["content"], gone["unsigned"]["redacted_because"]["content"]["reason"]) == ({}, "sorry")
        assert (await ann.see(whole["event_id"]))["content"] == {}, "nor is anything left of the edit"
        await ann.say("after")
        while (heard := await core.next(MessageCreated)).content.text != "after":
            assert heard.id == asked, "nothing of our own is heard"

    await later(room, first, second)


async def test_what_people_do(synapse, later):
    """A redaction names its target elsewhere since room version 11; this server tells both places."""
    room = f"in{later.version}"
    ann = await somebody(synapse, f"ann{room}", room, room_version=later.version)
    seen = {}

    async def first(core):
        seen["asked"] = await ann.say("cake?")
        assert (await core.said()).id == seen["asked"]
        seen["copy"] = await core.do(message("<a> yes", "1.ab", alias(room)))
        seen["thumb"] = await ann.react(seen["copy"], "👍")
        assert (await core.next(ReactionsChanged)).id == seen["thumb"]

    async def second(core):
        asked, copy, thumb = seen["asked"], seen["copy"], seen["thumb"]
        edited = await ann.edit(asked, "pie?")
        heard = await core.next(MessageEdited)
        assert (heard.id, heard.target, heard.content.text) == (edited, asked, "pie?")
        await ann.say("good", **{"m.relates_to": {"m.in_reply_to": {"event_id": copy}}})
        assert (await core.said()).reply_to == copy
        relation = {"rel_type": "m.thread", "event_id": asked, "m.in_reply_to": {"event_id": copy}}
        await ann.say("so", **{"m.relates_to": {**relation, "is_falling_back": True}})
        assert (await core.said()).thread == asked
        for target in (thumb, asked, copy):
            redaction = await ann.redact(target)
            heard = await core.next(Removed)
            assert (heard.id, heard.target, heard.reason) == (redaction, target, "because")
            assert heard.by_moderator
            assert heard.sender.id == f"@ann{room}:{SERVER}"

    await later(room, first, second)


async def test_what_people_did_meanwhile(synapse):
    """And whose redactions the server refuses is nobody's removal."""
    ann = await somebody(synapse, "annaway", "away")
    eve = Somebody(synapse, await synapse.register("eveaway", "eve"), ann._wire)
    await eve.call("POST", "join", {})
    async with Core(adapter_for(synapse, "away")) as core:
        await core.joined(alias("away"))
        asked = await ann.say("cake?")
        other = await ann.say("tea?")
        assert [(await core.said()).id for _ in range(2)] == [asked, other]
    await ann.react(asked, "👍")
    await ann.edit(asked, "pie?")
    await ann.edit(other, "secret")
    await ann.redact(other)
    refused = await eve.call("PUT", f"redact/{asked}/{next(_txns)}", {})
    assert refused["errcode"] == "M_FORBIDDEN"
    async with back(core.positions, adapter_for(synapse, "away")) as core:
        events = [await core.next(object) for _ in range(4)]
    assert [type(event) for event in events[:3]] == [ReactionsChanged, MessageEdited, Removed]
    assert [event.target for event in events[:3]] == [asked, asked, other]
    assert all(event.replayed for event in events[:3])
    assert events[3].caught_up


async def test_a_room_that_forbids_reactions_takes_messages(synapse):
    levels = {"events": {"m.reaction": 50, "m.room.redaction": 50}}
    ann = await somebody(synapse, "annmute", "mute", power_level_content_override=levels)
    async with Core(adapter_for(synapse, "mute")) as core:
        await core.joined(alias("mute"))
        said = await core.do(message("x", "1.ab", alias("mute")))
        for command in (reactions(said, "👍", room=alias("mute")), removal(said, room=alias("mute"))):
            with pytest.raises(Rejected):
                await core.do(command)
        await ann.redact(said)
        assert await core.do(removal(said, "9.ab", alias("mute"))) is None


async def test_what_became_of_it(synapse):
    """With another device too, to which the transaction ids mean nothing."""
    ann = await somebody(synapse, "annfind", "find")
    since = time.time()
    async with Core(adapter_for(synapse, "find")) as core:
        await core.joined(alias("find"))
        asked = await ann.say("cake?")
        said = await core.do(message("x", "1.ab", alias("find")))
        other = await core.do(message("x", "0.ab", alias("find")))
        edited = await core.do(edit(other, "y", "2.ab", alias("find")))
        await core.do(reactions(asked, "👍", txn="3.ab", room=alias("find")))
        await core.do(removal(said, "4.ab", alias("find")))
    for settings in ({}, {"device_id": "ANOTHER"}):
        async with back(core.positions, adapter_for(synapse, "find", **settings)) as again:
            await again.joined(alias("find"))
            found = await again.adapter.find_sent(alias("find"), since, ["2.ab", "3.ab", "4.ab", "5.ab"])
            assert found.pop("2.ab").part.id == edited
            assert found == {"3.ab": None, "4.ab": None, "5.ab": None}
            await again.do(reactions(asked, "👍", txn="3.ab", room=alias("find")))
            await again.do(removal(said, "4.ab", alias("find")))
            assert await ann.counted(asked) == ["👍"]


async def test_what_came_twice_is_taken_back(synapse):
    """Synapse lets the same reaction in twice when both come at the same moment, which they never do from
    one Hubbub: whoever looks puts it right.
    """
    ann = await somebody(synapse, "annmany", "many-reactions")
    room = alias("many-reactions")
    async with Core(adapter_for(synapse, "many-reactions")) as core:
        await core.joined(room)
        asked = await ann.say("cake?")
        futures = [
            await core.adapter.send(reactions(asked, "👍", "🎂", txn=f"{number}.ab", room=room))
            for number in range(5)
        ]
        await asyncio.gather(*futures)
    async with back(core.positions, adapter_for(synapse, "many-reactions")) as core:
        await core.joined(room)
        await core.do(reactions(asked, "👍", "🎂", txn="9.ab", room=room))
        assert await ann.counted(asked) == sorted(["👍", "🎂"])


async def test_a_bridge_whose_account_speaks_for_many_is_told_apart_and_names_whom_we_speak_for(synapse):
    """Per-message profiles (MSC4144), both ways."""
    ann = await somebody(synapse, "annprofile", "profile")
    room, key = alias("profile"), "com.beeper.per_message_profile"
    async with Core(adapter_for(synapse, "profile")) as core:
        await core.joined(room)
        byline = Byline("irc/ada", "ada", 0, 5)
        said = await core.do(replace(message("<ada> helo", "1.ab", room), byline=byline))
        content = (await ann.see(said))["content"]
        assert (content["body"], content[key]["displayname"]) == ("<ada> helo", "ada")
        assert content["formatted_body"] == "<strong data-mx-profile-fallback>&lt;ada&gt; </strong>helo"
        await core.do(replace(edit(said, "<ada> hello", "2.ab", room), byline=byline))
        new = (await ann.see(said))["unsigned"]["m.relations"]["m.replace"]["content"]["m.new_content"]
        assert new[key] == content[key]
        profile = {"id": "x", "displayname": "Bob", "has_fallback": True}
        target = await ann.say("Bob: pie?", **{key: profile})
        heard = await core.said()
        assert (heard.sender.name, heard.content.text) == ("Bob (via annprofile)", "pie?")
        await ann.edit(target, "pie!")
        await ann.redact(target)
        edited, removed = await core.next(MessageEdited), await core.next(Removed)
        assert heard.sender.author == edited.sender.author == removed.sender.author
