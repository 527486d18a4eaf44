"""Bans and kicks of one room count in the whole conversation, where its owner says so."""

import asyncio
import itertools
import logging
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.config import ShowRules
from bridge.journal.memory import MemoryJournal
from bridge.looks import Present
from bridge.model import (
    Authorship,
    Change,
    DeleteMessage,
    MemberChanged,
    RoomId,
    Sender,
    SetPresent,
    Support,
    UserId,
    Whisper,
)
from bridge.moderation import Mute, Mutes
from bridge.relay import Muted
from bridge.testing import ScriptedNetwork
from tests.bridge.relay.test_whole import edit, person, removal
from tests.bridge.world import config, running

ONE, TWO = RoomId("one"), RoomId("two")
COUNT = itertools.count()
ROOMS = {"one": "left one", "two": "right two", "three": "other three"}


@pytest.fixture
def other():
    return ScriptedNetwork("other")


@pytest.fixture
def moderated(tmp_path, left, right, other):
    """Makes three rooms of one conversation, each with its own rules."""

    def make(**rules):
        plain = config(tmp_path, {"lobby": list(ROOMS.values())})
        lobby = plain.conversations["lobby"]
        rooms = tuple(replace(room, show=rules.get(room.room, ShowRules())) for room in lobby.rooms)
        return replace(plain, conversations={"lobby": replace(lobby, rooms=rooms)})

    return make


EVERYWHERE = ShowRules(moderators="everywhere")


def moved(room, who, change, **fields):
    return MemberChanged(room=RoomId(room), sender=person(who), change=change, **fields)


def of_speaker(room, key, change, **fields):
    name = key.partition("/")[2].partition("!")[0]
    who = Sender(UserId(f"bot-{name}"), name)
    return MemberChanged(
        room=RoomId(room), sender=who, speaker=key, change=change, by=person("mod"), **fields
    )


async def heard(network, room, *others):
    """What came, once a word of somebody else's has come as well."""
    for source, where in others:
        marker = source.say(where, "marker", f"marker {next(COUNT)}").content.text
        while f"<marker> {marker}" not in network.texts(room):
            await asyncio.sleep(0.005)
    return [text for text in network.texts(room) if "marker" not in text and not text.startswith("*")]


async def test_a_ban_of_a_puppet_counts_everywhere_until_it_is_lifted(moderated, left, right, other):
    async with running(moderated(two=EVERYWHERE)):
        left.say("one", "eve", "hello")
        await right.until(1)
        right.announce(of_speaker("two", "left/eve!user@host", Change.BANNED, reason="spam"))
        left.say("one", "eve", "more")
        left.say("one", "ann", "fine")
        assert await heard(other, "three", (left, "one")) == ["<eve> hello", "<ann> fine"]
        right.announce(of_speaker("two", "left/eve!user@host", Change.UNBANNED))
        left.say("one", "eve", "back")
        assert (await heard(other, "three", (left, "one")))[-1] == "<eve> back"
        await left.until(2)
    assert left.texts("one") == [
        "eve was banned in two on right, and is not heard in the other rooms any more.",
        "eve is heard in the other rooms again.",
    ]


async def test_who_is_muted_has_the_name_that_they_have_at_home(moderated, left, right):
    async with running(moderated(two=EVERYWHERE)) as bridge:
        left.say("one", "Zoë", "hello")
        await right.until(1)
        key = f"left/{person('Zoë').id}"
        event = replace(of_speaker("two", key, Change.BANNED), sender=Sender(UserId("bot-Zoe"), "Zoe"))
        right.announce(event)
        assert [mute.name for mute in bridge.features.moderation.muted()] == ["Zoë"]


async def test_whoever_can_be_told_alone_is(moderated, left, right):
    left.capabilities = replace(left.capabilities, whisper=Support.FULL)
    async with running(moderated(two=EVERYWHERE)):
        left.say("one", "eve", "hello")
        await right.until(1)
        right.announce(of_speaker("two", "left/eve!user@host", Change.BANNED))
        (told,) = [hint for hint in left.hints if isinstance(hint, Whisper)]
        assert (told.user, "eve was banned" in told.text) == ("eve!user@host", True)


async def test_a_ban_counts_in_its_room_alone_by_default(moderated, left, right, other):
    async with running(moderated()):
        left.announce(moved("one", "eve", Change.BANNED))
        right.announce(of_speaker("two", "left/eve!user@host", Change.BANNED))
        left.say("one", "eve", "hello")
        assert await heard(other, "three", (left, "one")) == ["<eve> hello"]


async def test_moderators_of_other_rooms_change_nothing(moderated, left, right, other):
    """Each side lifts what it did, and what the other did stays."""
    async with running(moderated(one=EVERYWHERE, two=EVERYWHERE)):
        right.announce(of_speaker("two", "left/eve!user@host", Change.BANNED))
        left.announce(moved("one", "eve", Change.BANNED))
        left.announce(moved("one", "eve", Change.UNBANNED))
        left.say("one", "eve", "no")
        right.announce(of_speaker("two", "left/eve!user@host", Change.UNBANNED))
        left.say("one", "eve", "yes")
        assert await heard(other, "three", (left, "one")) == ["<eve> yes"]


async def test_who_comes_back_is_banned_no_more(moderated, left, other):
    async with running(moderated(one=EVERYWHERE)):
        left.announce(moved("one", "eve", Change.BANNED))
        left.say("one", "eve", "no")
        left.announce(moved("one", "eve", Change.JOINED))
        left.say("one", "eve", "yes")
        assert await heard(other, "three", (left, "one")) == ["<eve> yes"]


async def test_a_kick_counts_for_ten_minutes(moderated, left, other, clock):
    async with running(moderated(one=EVERYWHERE), clock=clock) as bridge:
        left.announce(moved("one", "eve", Change.KICKED, by=person("ann")))
        left.announce(moved("one", "eve", Change.JOINED))
        left.say("one", "eve", "no")
        clock.move(590)
        await bridge.patrol()
        left.say("one", "eve", "not yet")
        clock.move(20)
        await bridge.patrol()
        left.say("one", "eve", "yes")
        assert await heard(other, "three", (left, "one")) == ["<eve> yes"]
        assert not bridge.features.moderation.muted()


@pytest.mark.usefixtures("either_journal")
async def test_it_holds_after_a_restart(moderated, left, right, other):
    async with running(moderated(two=EVERYWHERE)):
        right.announce(of_speaker("two", "left/eve!user@host", Change.BANNED))
    async with running(moderated(two=EVERYWHERE)) as bridge:
        left.say("one", "eve", "no")
        assert await heard(other, "three", (left, "one")) == []
        assert bridge.features.moderation.unmute("EVE") == 1
        left.say("one", "eve", "yes")
        assert await heard(other, "three", (left, "one")) == ["<eve> yes"]


async def test_a_reload_lifts_nothing(moderated, left, right, other):
    both = moderated(two=EVERYWHERE)
    async with running(both) as bridge:
        right.announce(of_speaker("two", "left/eve!user@host", Change.BANNED))
        await bridge.reload(replace(both, conversations=dict(both.conversations)))
        left.say("one", "eve", "no")
        assert await heard(other, "three", (left, "one")) == []


async def test_a_reload_that_wants_it_otherwise_lifts_it(moderated, left, right, other):
    async with running(moderated(two=EVERYWHERE)) as bridge:
        right.announce(of_speaker("two", "left/eve!user@host", Change.BANNED))
        await bridge.reload(moderated(two=ShowRules()))
        await bridge.patrol()
        left.say("one", "eve", "yes")
        assert await heard(other, "three", (left, "one")) == ["<eve> yes"]


async def test_who_has_said_nothing_is_told_where_they_are(moderated, left, right):
    present = left.present[ONE] = Present()
    present.add("eve!user@host", "eve")
    async with running(moderated(two=EVERYWHERE)):
        right.announce(of_speaker("two", "left/eve!user@host", Change.KICKED))
        await left.until(1)
    assert "eve was kicked in two on right" in left.texts("one")[0]


async def test_many_bans_are_told_of_a_few(moderated, left, right):
    async with running(moderated(two=EVERYWHERE)) as bridge:
        for number in range(30):
            left.say("one", f"p{number}", "hello")
        await right.until(30)
        for number in range(30):
            right.announce(of_speaker("two", f"left/p{number}!user@host", Change.BANNED))
        assert len(bridge.features.moderation.muted()) == 30
        await left.until(5)
        await left.settled()
    assert len(left.said) == 5


async def test_a_dry_run_says_what_would_be_done(moderated, left, right, other, caplog):
    caplog.set_level(logging.INFO)
    async with running(moderated(two=ShowRules(moderators="dry-run"))) as bridge:
        right.announce(of_speaker("two", "left/eve!user@host", Change.BANNED))
        left.say("one", "eve", "hello")
        assert await heard(other, "three", (left, "one")) == ["<eve> hello"]
        (mute,) = bridge.features.moderation.muted()
        assert (mute.name, mute.dry_run) == ("eve", True)
    assert "eve (left) would be muted (dry run) in lobby: banned in two on right by mod" in caplog.text


async def test_who_takes_another_name_stays_muted(moderated, left, other):
    async with running(moderated(one=EVERYWHERE)):
        left.announce(moved("one", "eve", Change.KICKED))
        left.announce(moved("one", "eve", Change.RENAMED, name="mallory", id=UserId("mallory!user@host")))
        left.say("one", "mallory", "no")
        left.say("one", "eva", "yes")
        assert await heard(other, "three", (left, "one")) == ["<eva> yes"]


async def test_the_puppets_of_who_is_banned_leave(moderated, left, right, other):
    for network in (right, other):
        network.capabilities = replace(network.capabilities, authorship=Authorship.PUPPET)
    async with running(moderated(two=EVERYWHERE)):
        right.announce(of_speaker("two", "left/eve!user@host", Change.BANNED))
        assert [(hint.speaker.key, hint.present) for hint in other.hints] == [("left/eve!user@host", False)]
        assert not [hint for hint in right.hints if isinstance(hint, SetPresent)]


@pytest.mark.parametrize("delete", [Support.FULL, Support.NO])
async def test_a_ban_that_takes_words_back(moderated, left, right, other, delete, clock):
    other.capabilities = replace(other.capabilities, delete=delete, edit=delete)
    rules = ShowRules(removals="note")
    async with running(moderated(three=rules), clock=clock) as bridge:
        for number in range(5):
            right.say("two", "eve", f"buy {number}")
            right.say("two", "ann", f"no {number}")
        await left.until(10)
        await other.until(10)
        right.announce(moved("two", "eve", Change.BANNED, by=person("ann"), takes_back=True, reason="spam"))
        await left.until_done(5)
        assert all(isinstance(command, DeleteMessage) for command in left.done)
        assert [line.text for line in left.seen("one")] == [f"<ann> no {number}" for number in range(5)]
        if delete is Support.FULL:
            await other.until_done(5)
        else:
            await other.until(11)
            clock.move(600)
            await bridge.patrol()
            await other.until(12)
            assert other.texts("three")[10:] == [
                "* ann removed a message of eve (spam)",
                "eve: [a moderator removed what they said], 4 times more",
            ]
        assert not right.done


# Held back


async def test_what_is_removed_at_once_never_crosses(moderated, left, right, other, clock):
    async with running(moderated(two=ShowRules(hold_back=5.0)), clock=clock):
        bad = left.say("one", "eve", "bad words")
        slip = left.say("one", "ann", "helo")
        left.say("one", "bob", "hi")
        await other.until(3)
        left.happen(removal("one", bad.id, "mod", by_moderator=True))
        left.happen(edit(slip, "hello"))
        await left.settled()
        assert not right.said
        clock.move(5)
        await right.until(2)
        await right.until(2)
        assert right.texts("two") == ["<ann> hello", "<bob> hi"]
        assert not right.done


@pytest.mark.usefixtures("either_journal")
async def test_the_same_after_a_restart(moderated, left, right, clock):
    held = moderated(two=ShowRules(hold_back=5.0, removals="note"))
    async with running(held, clock=clock):
        bad = left.say("one", "eve", "bad words")
        await left.settled()
    async with running(held, clock=clock):
        left.happen(removal("one", bad.id, "mod", by_moderator=True))
        left.say("one", "bob", "hi")
        await left.settled()
        clock.move(6)
        await right.until(1)
    assert right.texts("two") == ["<bob> hi"]


async def test_what_is_held_back_of_who_is_banned_never_crosses(moderated, left, right, other, clock):
    held = ShowRules(hold_back=5.0)
    async with running(moderated(one=EVERYWHERE, two=held, three=held), clock=clock):
        left.say("one", "eve", "bad words")
        left.say("one", "ann", "stop")
        await left.settled()
        left.announce(moved("one", "eve", Change.BANNED))
        clock.move(6)
        await right.until(1)
        await other.until(1)
    assert right.texts("two") == other.texts("three") == ["<ann> stop"]


async def test_an_edit_waits_too(moderated, left, right, clock):
    async with running(moderated(two=ShowRules(hold_back=5.0)), clock=clock):
        said = left.say("one", "eve", "good words")
        await left.settled()
        clock.move(5)
        await right.until(1)
        left.happen(edit(said, "bad words"))
        await left.settled()
        clock.move(3)
        left.happen(removal("one", said.id, "mod", by_moderator=True))
        await right.until_done(1)
    assert [type(command) for command in right.done] == [DeleteMessage]


async def test_what_is_old_does_not_wait(moderated, left, right, clock):
    async with running(moderated(two=ShowRules(hold_back=50.0)), clock=clock):
        left.say("one", "eve", "earlier", at=clock.now() - 3000, replayed=True)
        await right.until(1)


# Whatever happens


PEOPLE = ("ann", "bob", "eve")
NETWORKS = ("left", "right")
who = st.tuples(st.sampled_from(["lobby", "den"]), st.sampled_from(NETWORKS), st.sampled_from(PEOPLE))
steps = st.lists(st.tuples(who, st.integers(1, 3), st.sampled_from(["ban", "kick", "lift", "expire", "dry"])))


@given(steps)
def test_nobody_is_muted_but_whom_a_decision_is_about(steps):
    """A mute is of one person of one network in one conversation, and ends with the last decision."""
    journal, muted = MemoryJournal(), Muted()
    mutes, model = Mutes(journal, muted), {}
    for (conversation, network, name), room, what in steps:
        user = UserId(name)
        mute = Mute(conversation, network, user, name, room, "mod", "", 0.0, None)
        key = (conversation, network, name, room)
        if what == "lift":
            mutes.lift(lambda one, mute=mute: one.key == mute.key and one.network == mute.network)
            model.pop(key, None)
        elif what == "expire":
            mutes.expire()
            model = {known: until for known, until in model.items() if until is None}
        elif what == "dry":
            mutes.add(replace(mute, room=room + 10, dry_run=True))
        else:
            mutes.add(replace(mute, until=None if what == "ban" else 1.0))
            model[key] = None if what == "ban" or model.get(key, 1) is None else 1.0
        for again in (mutes, Mutes(journal, Muted())):
            assert {(m.conversation, m.network, m.user, m.room) for m in again.all() if not m.dry_run} == {
                *model
            }
    for conversation, network, name in {key[:3] for key in model} | {one for one, _, _ in steps}:
        wanted = any(key[:3] == (conversation, network, name) for key in model)
        assert (name in muted.on(network).get(conversation, ())) == wanted
