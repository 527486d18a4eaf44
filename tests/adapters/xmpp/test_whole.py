"""What is said of earlier messages, through real servers, with a restart between the message and that."""

import asyncio
import dataclasses
import time

import pytest

from bridge import (
    Answered,
    DeleteMessage,
    EditMessage,
    MessageCreated,
    MessageEdited,
    Part,
    ReactionsChanged,
    Removed,
    RoomState,
    SendMessage,
    SetReactions,
    Support,
    Txn,
    Unsupported,
    plain,
)
from tests.adapters.xmpp.harness import ALICE, command, give
from tests.adapters.xmpp.places import Bridge, Nameless, Prosody, witness

TXNS = [Txn(f"{n:x}.2.0.0123456789abcdef") for n in range(8)]
BODY = "{jabber:client}body"
STANZA_ID = "{urn:xmpp:sid:0}stanza-id"
REPLACE = "{urn:xmpp:message-correct:0}replace"
REPLY = "{urn:xmpp:reply:0}reply"
RETRACT = "{urn:xmpp:message-retract:1}retract"
FASTENED = "{urn:xmpp:fasten:0}apply-to"
REACTIONS = "{urn:xmpp:reactions:0}reactions"
RETRACTED = "<retract xmlns='urn:xmpp:message-retract:1' id='{}'/>"
RETRACTED_0 = (
    "<apply-to xmlns='urn:xmpp:fasten:0' id='{}'><retract xmlns='urn:xmpp:message-retract:0'/></apply-to>"
)
REACTED = "<reactions xmlns='urn:xmpp:reactions:0' id='{}'>{}</reactions><store xmlns='urn:xmpp:hints'/>"
MODERATE = (
    "<apply-to xmlns='urn:xmpp:fasten:0' id='{}'><moderate xmlns='urn:xmpp:message-moderate:0'>"
    "<retract xmlns='urn:xmpp:message-retract:0'/>{}</moderate></apply-to>"
)
FORGED = (
    "<retract xmlns='urn:xmpp:message-retract:1' id='{}'>"
    "<moderated xmlns='urn:xmpp:message-moderate:1' by='{}/mod'/></retract>"
)


class Story:
    """The bridge said "from us" and alice "from her"; then the bridge was restarted."""

    def __init__(self, bridge, alice):
        self.bridge, self.alice, self.room = bridge, alice, bridge.room

    async def begin(self, ears):
        self.ours = (await give(self.bridge.adapter, command("from us", TXNS[0], self.room))).part
        self.ours_seen = await self.alice.sees(BODY)
        self.alice.tell("a1", "<body>from her</body>")
        self.hers = await ears.said()
        self.hers_seen = await self.alice.sees(BODY)

    async def do(self, kind, number, **fields):
        """A command, which can be found again by its mark."""
        made, asked = self.bridge.adapter, kind(room=self.room, speaker=ALICE, txn=TXNS[number], **fields)
        receipt = await give(made, asked)
        assert await made.find_sent(self.room, time.time(), [asked.txn]) == {asked.txn: receipt}
        return receipt.part


def name(seen):
    """What the room calls a message."""
    return seen.find(STANZA_ID).get("id")


@pytest.fixture
async def story(bridge):
    async with bridge.running() as ears:
        await ears.state(RoomState.JOINED, bridge.room)
        async with witness(
            bridge.server, bridge.room.partition("@")[0].replace("-", ""), bridge.room
        ) as alice:
            made = Story(bridge, alice)
            await made.begin(ears)
            record = bridge.adapter.capabilities(bridge.room)
            assert record.reply is record.edit is record.delete is record.reaction is Support.FULL
            ears.task.cancel()
            await asyncio.wait({ears.task})
            yield made


async def test_edits(bridge, story):
    """XEP-0308."""
    alice = story.alice
    async with bridge.running() as ears:
        assert await ears.until_joined(bridge.room) == ([], True)
        again = await story.do(EditMessage, 1, target=story.ours, content=plain("better"))
        seen = await alice.sees(REPLACE)
        assert seen.find(REPLACE).get("id") == story.ours_seen.get("id")
        assert (seen.findtext(BODY), name(seen)) == ("better", again.id)
        alice.tell("a2", "<body>hers, better</body><replace xmlns='urn:xmpp:message-correct:0' id='a1'/>")
        event = await ears.said()
    assert isinstance(event, MessageEdited)
    assert event.target in story.hers.aliases
    assert (event.sender, event.content) == (story.hers.sender, plain("hers, better"))


async def test_retractions(bridge, story):
    """XEP-0424, in the form of today and in that of 2023."""
    alice = story.alice
    async with bridge.running() as ears:
        assert await ears.until_joined(bridge.room) == ([], True)
        await story.do(DeleteMessage, 1, target=story.ours)
        seen = await alice.sees(RETRACT)
        assert seen.find(RETRACT).get("id") == name(story.ours_seen)
        assert seen.find(FASTENED).get("id") == story.ours_seen.get("id")
        alice.tell("a2", f"{RETRACTED.format(name(story.hers_seen))}<body>Your client is old.</body>")
        event, guess = await ears.said(), await ears.said()
        alice.tell("a3", RETRACTED_0.format("a1"))
        older = await ears.said()
        alice.tell("a4", RETRACTED.format("a1"))
        mixed = [await ears.said(), await ears.said()]
    assert isinstance(event, Removed)
    assert (event.target, event.sender, event.by_moderator) == (story.hers.id, story.hers.sender, False)
    assert all(isinstance(one, Removed) for one in (guess, older, *mixed))
    assert older.target == mixed[1].target
    assert older.target in story.hers.aliases
    assert len({event.id, guess.id, older.id, *(one.id for one in mixed)}) == 5


async def test_answers(bridge, story):
    """XEP-0461."""
    alice = story.alice
    async with bridge.running() as ears:
        assert await ears.until_joined(bridge.room) == ([], True)
        answered = Answered(Part(story.hers.id, story.hers.aliases), story.hers.sender.name, "from her")
        await story.do(SendMessage, 1, content=plain("*I* see"), answered=answered)
        seen = await alice.sees(REPLY)
        reply = seen.find(REPLY)
        assert (reply.get("id"), reply.get("to")) == (name(story.hers_seen), story.hers_seen.get("from"))
        assert seen.findtext(BODY) == f"> {story.hers.sender.name}: from her\n*I* see"
        alice.tell(
            "a2",
            f"<body>&gt; from us\nme too</body><reply xmlns='urn:xmpp:reply:0' id='{name(story.ours_seen)}'"
            f" to='{story.ours_seen.get('from')}'/><fallback xmlns='urn:xmpp:fallback:0'"
            " for='urn:xmpp:reply:0'><body start='0' end='10'/></fallback>",
        )
        event = await ears.said()
    assert isinstance(event, MessageCreated)
    assert (event.reply_to, event.content) == (story.ours.id, plain("me too"))


async def test_reactions(bridge, story):
    """XEP-0444."""
    alice, target = story.alice, Part(story.hers.id, story.hers.aliases)
    async with bridge.running() as ears:
        assert await ears.until_joined(bridge.room) == ([], True)
        for number, emojis in enumerate([("👍", "🎂"), ("🎂",), ("🎂",), ()], 1):
            await story.do(SetReactions, number, target=target, emojis=emojis)
            seen = (await alice.sees(REACTIONS)).find(REACTIONS)
            assert seen.get("id") == name(story.hers_seen)
            assert tuple(child.text for child in seen) == emojis
        for number, emojis in enumerate([("👍", "🎂"), ()]):
            inside = "".join(f"<reaction>{emoji}</reaction>" for emoji in emojis)
            alice.tell(f"r{number}", REACTED.format(name(story.ours_seen), inside))
            event = await ears.said()
            assert isinstance(event, ReactionsChanged)
            assert (event.target, event.emojis, event.sender) == (story.ours.id, emojis, story.hers.sender)


async def test_all_of_it_while_nobody_listens(bridge, story):
    """XEP-0313: the archive keeps it, in order and under the names that it had live."""
    alice, before = story.alice, dict(bridge.positions)
    alice.tell("a2", "<body>hers, better</body><replace xmlns='urn:xmpp:message-correct:0' id='a1'/>")
    alice.tell("a3", REACTED.format(name(story.ours_seen), "<reaction>👍</reaction>"))
    alice.tell("a4", f"{RETRACTED.format(name(story.hers_seen))}<store xmlns='urn:xmpp:hints'/>")
    names = [name(await alice.sees(STANZA_ID)) for _ in range(3)]
    async with bridge.running() as ears:
        said, caught_up = await ears.until_joined(bridge.room)
        await story.do(SetReactions, 1, target=story.ours, emojis=("👍",))
        await story.do(DeleteMessage, 2, target=story.ours)
    if story.hers.sender.id.startswith("occupant:"):
        assert [type(event) for event in said] == [MessageEdited, ReactionsChanged, Removed, Removed]
        assert [event.id for event in said[:3]] == names
        assert said[0].target in story.hers.aliases
    else:
        # nobody saw who had the nick meanwhile
        assert [type(event) for event in said] == [MessageEdited, ReactionsChanged]
        assert said[0].target not in story.hers.aliases
    assert caught_up
    assert all(event.replayed and event.sender == story.hers.sender for event in said)
    async with bridge.running(before) as ears:
        again, _ = await ears.until_joined(bridge.room)
    assert again == said, "our own are no events"


async def test_somebody_else_with_the_same_nick(bridge, story):
    """XEP-0421, or where the server has none (ejabberd) the end of the stay: hers stays as it is."""
    async with bridge.running() as ears:
        await ears.until_joined(bridge.room)
        await story.alice.leave()
        async with witness(bridge.server, story.alice.name, bridge.room, f"eve{story.alice.name}") as eve:
            eve.tell("e1", RETRACTED.format(name(story.hers_seen)))
            eve.tell("e2", "<body>changed</body><replace xmlns='urn:xmpp:message-correct:0' id='a1'/>")
            eve.tell("e3", "<body>mine</body>")
            eve.tell("e4", "<body>also</body><replace xmlns='urn:xmpp:message-correct:0' id='e3'/>")
            said = [await ears.said()]
            while isinstance(said[-1], Removed) or said[-1].content.text != "also":
                said.append(await ears.said())
    assert said[-1].target in said[-2].aliases
    for event in said:
        if isinstance(event, Removed):
            assert event.sender.id != story.hers.sender.id
        elif isinstance(event, MessageEdited):
            assert event.target not in story.hers.aliases


async def test_moderation(tmp_path):
    """XEP-0425 by Prosody's module: what others said goes, ours as well; live and from the archive."""
    server = Prosody(tmp_path)
    try:
        await server.start()
        await server.register("hubbub", "hubbub")
        bridge = Bridge(server, "moderated")
        async with witness(server, "mod", bridge.room) as mod:
            async with bridge.running() as ears:
                await ears.state(RoomState.JOINED, bridge.room)
                ours = (await give(bridge.adapter, command("from us", TXNS[0], bridge.room))).part
                async with witness(server, "eve", bridge.room) as eve:
                    eve.tell("e1", "<body>buy</body>")
                    spam = await ears.said()
                    eve.tell("e2", FORGED.format(ours.id, bridge.room))
                before = dict(bridge.positions)
                mod.ask(MODERATE.format(spam.id, "<reason>spam</reason>"))
                event = await ears.said()
            assert isinstance(event, Removed), "what eve forged is nothing"
            assert (event.target, event.by_moderator, event.reason) == (spam.id, True, "spam")
            assert event.sender.name == "mod"
            mod.ask(MODERATE.format(ours.id, ""))
            await mod.sees(f"{FASTENED}[@id='{ours.id}']")
            async with bridge.running(before) as ears:
                said, caught_up = await ears.until_joined(bridge.room)
        assert [one.target for one in said] == [spam.id, ours.id]
        assert said[0] == dataclasses.replace(event, replayed=True, at=said[0].at)
        assert caught_up
    finally:
        await server.stop()


async def test_a_room_that_names_nothing(tmp_path):
    """Corrections and retractions need our own names only; an answer is a quotation."""
    server = Nameless(tmp_path)
    try:
        await server.start()
        await server.register("hubbub", "hubbub")
        bridge = Bridge(server, "nameless")
        async with bridge.running() as ears:
            await ears.state(RoomState.JOINED, bridge.room)
            made = bridge.adapter
            record = made.capabilities(bridge.room)
            assert (record.reply, record.edit, record.delete, record.reaction) == (
                Support.PARTIAL, Support.FULL, Support.PARTIAL, Support.NO,
            )  # fmt: skip
            async with witness(server, "alice", bridge.room) as alice:
                common = {"room": bridge.room, "speaker": ALICE}
                ours = (await give(made, command("from us", TXNS[0], bridge.room))).part
                await give(made, EditMessage(**common, txn=TXNS[1], target=ours, content=plain("better")))
                assert (await alice.sees(REPLACE)).find(REPLACE).get("id") == TXNS[0]
                await give(made, DeleteMessage(**common, txn=TXNS[2], target=ours))
                assert (await alice.sees(RETRACT)).find(FASTENED).get("id") == TXNS[0]
                alice.tell("a1", "<body>from her</body>")
                hers = await ears.said()
                alice.tell("a2", RETRACTED.format("a1"))
                assert (await ears.said()).target in hers.aliases
                with pytest.raises(Unsupported):
                    give(made, SetReactions(**common, txn=TXNS[3], target=ours, emojis=("👍",)))
    finally:
        await server.stop()
