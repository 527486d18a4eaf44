"""Who says what is said: its author's own account, the bridge under their name, or the bridge for them."""

from dataclasses import replace

import pytest

from bridge.config import ShowRules
from bridge.errors import ConnectionLost, Rejected, RoomUnavailable, TemporaryFailure, Unsupported
from bridge.looks import Present
from bridge.model import (
    Authorship,
    DeleteMessage,
    EditMessage,
    Kind,
    MessageId,
    RoomId,
    Support,
    TopicChanged,
)
from bridge.testing import ScriptedAdapter, ScriptedNetwork, SeenLine
from tests.bridge.relay.shelf import files, mapped, with_file
from tests.bridge.relay.test_whole import edit, person, reaction, removal
from tests.bridge.world import config, killed, running

ALICE = "left/alice!user@host"
BOB = "left/bob!user@host"
HUBBUB = "hubbub"
TOLD = ShowRules(removals="note")
BREAKS = (ConnectionLost("its connection ended"), RoomUnavailable("kicked"), Rejected("you are banned"))


def puppets(network, how=Authorship.PUPPET, **fields):
    network.capabilities = replace(network.capabilities, authorship=how, **fields)


def less(network, who, **fields):
    """This speaker can do less."""
    network.speakers.records[who] = replace(network.capabilities, **fields)


def said(network):
    return [(line.who, line.text) for line in network.seen("two")]


@pytest.fixture(params=Authorship)
def how(request):
    return request.param


# What people see


WAYS = {
    Authorship.PUPPET: [("alice", "hello"), ("bob", "hi")],
    Authorship.MASQUERADE: [("alice", "hello"), ("bob", "hi")],
    Authorship.PREFIX: [(HUBBUB, "<alice> hello"), (HUBBUB, "<bob> hi")],
}


async def test_each_speaks_as_the_room_lets_them(pair, left, right, how):
    puppets(right, how)
    async with running(pair):
        left.say("one", "alice", "hello")
        left.say("one", "bob", "hi")
        await right.until(2)
    assert said(right) == WAYS[how]


async def test_who_has_no_account_is_named_in_the_text(pair, left, right):
    puppets(right)
    less(right, BOB, authorship=Authorship.PREFIX)
    less(right, "left/carol!user@host", authorship=Authorship.MASQUERADE)
    async with running(pair):
        for name in ("alice", "bob", "carol"):
            left.say("one", name, "hi")
        await right.until(3)
        assert said(right) == [("alice", "hi"), (HUBBUB, "<bob> hi"), ("carol", "hi")]
        assert [command.speaker.account for command in right.said] == [ALICE, None, ""]


async def test_an_emote_is_one(pair, left, right, how):
    puppets(right, how)
    async with running(pair):
        left.say("one", "alice", "waves", kind=Kind.EMOTE)
        await right.until(1)
    (line,) = right.seen("two")
    prefixed = how is Authorship.PREFIX
    assert (line.who, line.text, line.kind) == (
        (HUBBUB, "* alice waves", Kind.TEXT) if prefixed else ("alice", "waves", Kind.EMOTE)
    )


async def test_the_whole_limit_is_the_words_own(pair, left, right, how):
    puppets(right, how, text_limit=40, lines=False)
    async with running(pair):
        left.say("one", "alice", "x" * 40)
        await right.until(1 if how is not Authorship.PREFIX else 2)
    assert [len(line.text) for line in right.seen("two")] == (
        [40] if how is not Authorship.PREFIX else [40, 16]
    )


async def test_a_reply_is_one_or_is_quoted(pair, left, right):
    puppets(right)
    less(right, BOB, reply=Support.NO)
    async with running(pair):
        first = left.say("one", "alice", "cake?")
        left.say("one", "carol", "yes", reply_to=first.id)
        for number in range(3):
            left.say("one", "carol", str(number))
        left.say("one", "bob", "no", reply_to=first.id)
        await right.until(6)
    lines = right.seen("two")
    assert lines[1] == SeenLine("carol", "yes", reply_to="cake?")
    assert lines[5] == SeenLine("bob", "[re alice: cake?] no")


async def test_files_are_sent_by_who_sends_them(tmp_path, left, right, shelf, how):
    files(right, captions=True)
    puppets(right, how)
    async with running(mapped(tmp_path)):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        left.say("one", "alice", with_file("", shelf.put("dog.png")))
        await right.until(2)
    named = how is Authorship.PREFIX
    assert right.seen("two") == [
        SeenLine(HUBBUB if named else "alice", "<alice> look" if named else "look", file="cat.png"),
        SeenLine(HUBBUB if named else "alice", "<alice>" if named else "", file="dog.png"),
    ]


async def test_hubbubs_own_words_are_its_own_accounts(tmp_path, left, right, how):
    """Also of what a person did, and whoever calls themselves so."""
    puppets(right, how, delete=Support.NO, topic=Support.NO)
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]}, show=TOLD)):
        gone = left.say("one", "alice", "oh")
        await right.until(1)
        left.happen(removal("one", gone.id, "alice"))
        left.happen(TopicChanged(id=MessageId("t"), room=RoomId("one"), sender=person("bob"), topic="cake"))
        left.say("one", "Hubbub", "I am the bridge")
        await right.until(4)
    named = how is Authorship.PREFIX
    assert said(right)[1:] == [
        (HUBBUB, "* alice took a message back"),
        (HUBBUB, "* bob changed the topic to: cake"),
        (HUBBUB, "<Hubbub (left)> I am the bridge") if named else ("Hubbub (left)", "I am the bridge"),
    ]
    assert [command.speaker.account for command in right.said[1:3]] == [None, None]


# Who passes for whom


async def test_people_of_one_name_are_told_apart(tmp_path, left, right):
    other = ScriptedNetwork("other")
    puppets(right)
    right.present[RoomId("two")] = present = Present()
    present.add("carol!x@y", "carol")
    async with running(config(tmp_path, {"lobby": ["left one", "other three", "right two"]})):
        for network, room, name in ((left, "one", "ann"), (other, "three", "Ann"), (left, "one", "carol")):
            network.say(room, name, "it is me")
            await network.settled()
        left.say("one", "ann (other)", "it is me")
        left.say("one", "b\u202eob", "it is me")
        await right.until(5)
    assert [line.who for line in right.seen("two")] == [
        "ann",
        "Ann (other)",
        "carol (left)",
        "ann (other) (left)",
        "bob",
    ]
    assert len({command.speaker.key for command in right.said}) == 5


async def test_who_comes_later_and_is_of_the_room_itself_has_the_name(pair, left, right, how):
    puppets(right, how)
    right.present[RoomId("two")] = present = Present()
    async with running(pair):
        left.say("one", "alice", "one")
        await right.until(1)
        present.add("a!x@y", "Аl1ce")  # with a letter that is not Latin
        left.say("one", "alice", "two")
        await right.until(2)
        present.remove("a!x@y")
        left.say("one", "alice", "three")
        await right.until(3)
    named = how is Authorship.PREFIX
    shown = [one.content.text.partition(">")[0][1:] if named else one.speaker.name for one in right.said]
    assert shown == ["alice", "alice (left)", "alice"]


@pytest.mark.parametrize(
    "text", ["<alan> I resign", "* alan resigns", " ‹alan› I resign", "[12:00] <alan> me too"]
)
async def test_nobody_feigns_the_line_of_who_is_named_in_the_text(pair, left, right, how, text):
    puppets(right, how)
    async with running(pair):
        left.say("one", "eve", text)
        left.say("one", "eve", f"first\n{text}")
        await right.until(2)
    first, second = [line.text for line in right.seen("two")]
    assert first.startswith("<eve> " if how is Authorship.PREFIX else "| ")
    assert second.splitlines()[1].startswith(("| ", "•"))


async def test_nor_in_a_later_part(pair, left, right):
    puppets(right, text_limit=30, lines=False)
    async with running(pair):
        left.say("one", "eve", "some words to fill the line <alan> I resign\n<alan> today")
        await right.until(3)
    assert said(right) == [
        ("eve", "some words to fill the line"),
        ("eve", "| <alan> I resign"),
        ("eve", "| <alan> today"),
    ]


# What is done about messages


async def test_an_edit_is_done_by_who_said_it(pair, left, right, how):
    puppets(right, how)
    async with running(pair):
        first = left.say("one", "alice", "helo")
        await right.until(1)
        left.happen(edit(first, "hello"))
        await right.until_done(1)
    assert said(right) == WAYS[how][:1]


@pytest.mark.parametrize("now", Authorship, ids="now {}".format)
async def test_also_after_a_restart_whatever_they_would_be_now(pair, left, right, how, now):
    """What a puppet said is the puppet's; what the bridge said is the bridge's, also of who has a puppet."""
    puppets(right, how)
    async with running(pair):
        first = left.say("one", "alice", "helo")
        await right.until(1)
    kept = Authorship.PUPPET if how is Authorship.PUPPET else now  # who had an account still has it
    puppets(right, kept)
    less(right, ALICE, authorship=kept)
    async with running(pair):
        left.happen(edit(first, "hello"))
        await right.until_done(1)
        mine = how is Authorship.PUPPET or (how is Authorship.MASQUERADE and now is not Authorship.PREFIX)
        assert said(right) == [("alice", "hello") if mine else (HUBBUB, "<alice> hello")]
        left.happen(removal("one", first.id, "mallory", by_moderator=True))
        await right.until_done(2)
        assert said(right) == []
    assert [type(command) for command in right.done] == [EditMessage, DeleteMessage]


async def test_who_cannot_edit_any_more_is_told_of(tmp_path, left, right):
    pair = config(tmp_path, {"lobby": ["left one", "right two"]}, show=TOLD)
    puppets(right)
    async with running(pair):
        first = left.say("one", "alice", "helo")
        await right.until(1)
    less(right, ALICE, authorship=Authorship.PREFIX)
    async with running(pair):
        left.happen(edit(first, "hello"))
        await right.until(2)
        left.happen(removal("one", first.id, "alice"))
        await right.until(3)
    assert said(right) == [
        ("alice", "helo"),
        (HUBBUB, "<alice> *hello"),
        (HUBBUB, "* alice took a message back"),
    ]


async def test_what_a_crash_left_in_doubt_is_still_who_said_it(pair, left, right, after):
    puppets(right)
    right.confirming = False
    async with running(pair):
        first = left.say("one", "alice", "helo")
        await right.until(1)
        pair = killed(pair, after)
    right.confirming = True
    async with running(pair):
        left.happen(edit(first, "hello"))
        await right.until_done(1)
    assert said(right) == [("alice", "hello")]


async def test_a_topic_is_set_by_who_may(tmp_path, left, right):
    puppets(right, topic=Support.FULL)
    less(right, BOB, topic=Support.NO)
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]}, show=ShowRules(topics="sync"))):
        for name in ("alice", "bob"):
            left.happen(TopicChanged(id=MessageId(name), room=RoomId("one"), sender=person(name), topic=name))
        await right.until_done(2)
        right.speakers.broken[ALICE] = Rejected("you may not")
        left.happen(
            TopicChanged(id=MessageId("t3"), room=RoomId("one"), sender=person("alice"), topic="more")
        )
        await right.until_done(3)
    topics = [(command.speaker.account, command.topic) for command in right.done]
    assert topics == [(ALICE, "alice"), (None, "bob"), (None, "more")]


async def test_each_reacts_by_themselves_and_the_bridge_for_all_others(pair, left, right):
    puppets(right)
    less(right, BOB, authorship=Authorship.PREFIX)
    less(right, "left/carol!user@host", reaction=Support.NO)
    async with running(pair):
        first = left.say("one", "alice", "cake")
        await right.until(1)
        for number, (name, emojis) in enumerate(
            [("alice", "👍"), ("dora", "👍🎂"), ("bob", "👍"), ("carol", "🎉"), ("dora", "🎂")]
        ):
            left.happen(reaction("one", first.id, name, *emojis, name=f"x{number}"))
            await right.until_done(number + 1)
    (line,) = right.seen("two")
    assert line.reactions == (("alice", "👍"), ("dora", "🎂"), (HUBBUB, "🎉"), (HUBBUB, "👍"))


async def test_a_reaction_that_was_taken_back_was_whose_it_was(pair, left, right):
    puppets(right)
    async with running(pair):
        first = left.say("one", "alice", "cake")
        await right.until(1)
        left.happen(reaction("one", first.id, "bob", "👍"))
        await right.until_done(1)
        left.happen(removal("one", MessageId("x1"), "mod", by_moderator=True))
        await right.until_done(2)
    assert [command.speaker.key for command in right.done] == [BOB, BOB]
    assert right.seen("two") == [SeenLine("alice", "cake")]


async def test_what_the_bridge_reacted_with_for_somebody_goes_when_they_react_themselves(pair, left, right):
    puppets(right)
    less(right, BOB, authorship=Authorship.PREFIX)
    async with running(pair):
        first = left.say("one", "alice", "cake")
        await right.until(1)
        left.happen(reaction("one", first.id, "bob", "👍"))
        await right.until_done(1)
        assert right.seen("two")[0].reactions == ((HUBBUB, "👍"),)
        less(right, BOB)
        left.happen(reaction("one", first.id, "bob", "🎂", name="x2"))
        await right.until_done(3)
    assert [line.reactions for line in right.seen("two")] == [(("bob", "🎂"),)]


# When one of them fails


@pytest.mark.parametrize("error", BREAKS, ids=lambda error: type(error).__name__)
async def test_the_bridge_speaks_for_who_cannot_and_others_go_on(pair, left, right, error):
    """In order, nothing twice, and the room is not left alone for one."""
    puppets(right, own_connection=True, window=4)
    right.speakers.broken[ALICE] = error
    async with running(pair):
        for number in range(3):
            left.say("one", "alice", f"a{number}")
            left.say("one", "bob", f"b{number}")
        await right.until(6)
        assert right.connections == 1
    assert said(right) == [
        (who, text) for n in range(3) for who, text in ((HUBBUB, f"<alice> a{n}"), ("bob", f"b{n}"))
    ]


async def test_what_is_refused_alone_is_not_said_again_by_the_bridge(pair, left, right):
    puppets(right, Authorship.MASQUERADE)
    async with running(pair):
        right.errors.append(Rejected("it is too long", alone=True))
        left.say("one", "alice", "hello")
        left.say("one", "alice", "shorter")
        await right.until(1)
        await left.settled()
    assert said(right) == [("alice", "shorter")]


async def test_what_arrived_before_its_connection_ended_is_not_said_again(pair, left, right):
    puppets(right, own_connection=True)
    right.lose(ConnectionLost("its connection ended"))
    async with running(pair):
        left.say("one", "alice", "hello")
        left.say("one", "alice", "are you there?")
        await right.until(2)
    assert said(right) == [("alice", "hello"), (HUBBUB, "<alice> are you there?")]


async def test_a_connection_that_all_share_is_everybodys(pair, left, right):
    puppets(right)
    right.errors.append(ConnectionLost("the connection ended"))
    async with running(pair) as bridge:
        left.say("one", "alice", "hello")
        await left.settled()
        assert not any(worker.joined for worker in bridge._router.workers.values() if worker.room.id == "two")


async def test_what_can_be_tried_again_is(pair, left, right):
    puppets(right, own_connection=True)
    right.errors.append(TemporaryFailure("try again"))
    async with running(pair):
        left.say("one", "alice", "hello")
        await right.until(1)
    assert said(right) == [("alice", "hello")]


async def test_whose_connection_hangs_hangs_alone(pair, left, right, monkeypatch):
    puppets(right, own_connection=True)
    right.speakers.delay = lambda account: 1000.0 if account == ALICE else 0.0
    async with running(pair) as bridge:
        left.say("one", "bob", "hello")
        await right.until(1)
        left.say("one", "alice", "hi")
        left.say("one", "bob", "hm")
        await left.settled()
        monkeypatch.setattr("bridge.relay.flights._CONFIRMATION", 0)
        assert bridge._router.overdue(0.0) == {}, "the network's connection is not dead"
        monkeypatch.undo()
        await right.until(3)
    assert said(right) == [("bob", "hello"), (HUBBUB, "<alice> hi"), ("bob", "hm")]


async def test_an_adapter_that_cannot_tell_of_a_speaker_has_none(pair, left, right, monkeypatch):
    def tell(adapter, room, speaker=None):
        if speaker is not None:
            raise ValueError(speaker)
        return right.capabilities

    puppets(right)
    monkeypatch.setattr(ScriptedAdapter, "capabilities", tell)
    async with running(pair):
        left.say("one", "alice", "hello")
        await right.until(1)
    assert said(right) == [(HUBBUB, "<alice> hello")]


async def test_a_file_that_nobody_may_send_is_told_of(tmp_path, left, right, shelf):
    """The bridge tries what a speaker was refused, and only then the words go alone."""
    files(right, captions=True)
    puppets(right)
    right.errors.extend([Rejected("no files of yours"), Rejected("no files")])
    async with running(mapped(tmp_path)):
        left.say("one", "alice", with_file("look", shelf.put("cat.png")))
        await right.until(1)
    (line,) = right.seen("two")
    assert (line.who, line.file) == (HUBBUB, "")
    assert line.text.startswith("<alice> look http")


async def test_what_a_bug_did_is_not_done_again(pair, left, right):
    """It may have arrived."""
    puppets(right, own_connection=True)
    right.lose(Unsupported("a bug in its adapter"))
    async with running(pair):
        left.say("one", "alice", "hello")
        left.say("one", "alice", "are you there?")
        await right.until(2)
    assert said(right) == [("alice", "hello"), ("alice", "are you there?")]
