"""Two people of one name who are in a room together are told apart."""

from dataclasses import replace

import pytest

from bridge.compose import namesakes
from bridge.compose.namesakes import Namesakes
from bridge.looks import Present
from bridge.model import (
    Change,
    Kind,
    MemberChanged,
    MessageId,
    Removed,
    RoomId,
    Sender,
    Support,
    TopicChanged,
    UserId,
)
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config, running

SILENT = Present()
"""Those of the room itself who have said nothing."""


def person(name, user=None):
    return Sender(UserId(user or name), name)


@pytest.fixture
def room(clock):
    SILENT.clear()
    return Namesakes("irc", lambda _seconds: [], SILENT.__contains__, clock)


def called(room, network, name, user=None, *, told=False, form=str):
    return room.speaking(network, person(name, user), told=told, form=form)


def test_from_two_networks(room):
    assert called(room, "matrix", "Ada") == "Ada"
    assert called(room, "xmpp", "Ada") == "Ada (xmpp)"
    assert [called(room, "matrix", "Ada"), called(room, "xmpp", "ada", "Ada")] == ["Ada", "ada (xmpp)"]


def test_from_one_network(room):
    assert [called(room, "matrix", "Ada", user) for user in "abcab"] == [
        "Ada",
        "Ada (2)",
        "Ada (3)",
        "Ada",
        "Ada (2)",
    ]
    assert [called(room, "xmpp", "Ada", user) for user in "xyx"] == [
        "Ada (xmpp)",
        "Ada (xmpp 2)",
        "Ada (xmpp)",
    ]


def test_where_names_are_unique_a_newcomer_has_the_name_of_who_had_it(room):
    room.unique = {"irc", "oftc"}
    assert [called(room, "oftc", "Ada", user) for user in ("a!1@x", "a!1@y", "a!1@x")] == ["Ada"] * 3
    assert called(room, "oftc", "A_da", "b") == "A_da"
    assert [called(room, "matrix", "Ada", user) for user in "ab"] == ["Ada (matrix)", "Ada (matrix 2)"]


def test_who_speaks_in_the_room_itself_has_their_name(room):
    assert called(room, "matrix", "Ada") == "Ada"
    room.spoke(person("ada"))
    assert called(room, "matrix", "Ada") == "Ada (matrix)"


def test_who_is_silent_in_the_room_itself_has_their_name(room):
    assert called(room, "matrix", "Bob") == "Bob"
    SILENT.add("b", "bob")
    assert [called(room, "matrix", "Bob", user) for user in ("Bob", "other")] == [
        "Bob (matrix)",
        "Bob (matrix 2)",
    ]
    assert called(room, "xmpp", "b\u200bob") == "bob (xmpp)"
    assert room.called("oftc", person("BOB")) == "BOB (oftc)"
    assert called(room, "irc", "bob", "in another room of the network") == "bob"
    SILENT.remove("b")
    assert called(room, "matrix", "Bob") == "Bob (matrix)", "of the room's network, and there"
    room.left("irc", "in another room of the network")
    assert called(room, "matrix", "Bob") == "Bob"


def test_who_is_silent_does_not_matter_where_the_network_stands_beside_the_name(room):
    SILENT.add("b", "bob")
    assert called(room, "matrix", "bob", told=True) == "bob"
    assert room.called("matrix", person("bob")) == "bob (matrix)"


def test_a_name_that_becomes_free_goes_to_who_had_it_first(room):
    assert called(room, "matrix", "Ada") == "Ada"
    assert [called(room, network, "Ada") for network in ("xmpp", "oftc")] == ["Ada (xmpp)", "Ada (oftc)"]
    room.left("matrix", "Ada")
    assert [called(room, network, "Ada") for network in ("oftc", "xmpp")] == ["Ada (oftc)", "Ada"]
    assert called(room, "matrix", "Ada") == "Ada (matrix)", "who comes back comes last"
    assert called(room, "xmpp", "Ada") == "Ada"


def test_a_number_stays_with_who_has_it(room):
    assert [called(room, "matrix", "Ada", user) for user in "abc"] == ["Ada", "Ada (2)", "Ada (3)"]
    room.left("matrix", "a")
    assert [called(room, "matrix", "Ada", user) for user in "cbca"] == [
        "Ada (3)",
        "Ada",
        "Ada (3)",
        "Ada (4)",
    ]


def test_another_of_the_room_itself_who_goes_leaves_the_name_to_the_first(room):
    room.spoke(person("Ada", "first"))
    room.spoke(person("ada\u200b", "second"))
    room.left("irc", "second")
    assert called(room, "xmpp", "Ada") == "Ada (xmpp)"
    room.left("irc", "first")
    assert [called(room, network, "Ada") for network in ("matrix", "xmpp")] == ["Ada (matrix)", "Ada"]


def test_where_the_network_stands_beside_the_name(room):
    assert called(room, "matrix", "Ada", told=True) == "Ada"
    assert called(room, "xmpp", "Ada", told=True) == "Ada"
    assert called(room, "xmpp", "Ada", "other", told=True) == "Ada (2)"


def test_where_the_network_stands_beside_the_name_but_not_here(room):
    assert called(room, "matrix", "Ada", told=True) == called(room, "xmpp", "Ada", told=True) == "Ada"
    assert [room.called(network, person("Ada")) for network in ("matrix", "xmpp")] == ["Ada", "Ada (xmpp)"]


def test_names_that_look_the_same(room):
    assert called(room, "matrix", "Ann Lee") == "Ann Lee"
    assert called(room, "xmpp", "Ann_Lee") == "Ann_Lee (xmpp)"
    assert called(room, "xmpp", "<ann\u200b ＬEE>") == "<ann ＬEE> (xmpp 2)"
    assert called(room, "xmpp", "Ann-Lee") == "Ann-Lee"


def test_nobody_else_is_called_hubbub_or_what_tells_another_apart(room):
    assert called(room, "matrix", "Hubbub") == "Hubbub (matrix)"
    assert called(room, "matrix", "HUBBUB", told=True) == "HUBBUB (matrix)"
    room.spoke(person("Hubbub"))
    room.left("irc", "Hubbub")
    assert called(room, "xmpp", "Hubbub") == "Hubbub (xmpp)"
    called(room, "matrix", "Ada")
    assert called(room, "xmpp", "Ada (oftc)") == "Ada (oftc)"
    assert called(room, "oftc", "Ada") == "Ada (oftc 2)"
    assert called(room, "xmpp", "Ada (oftc 2)") == "Ada (oftc 2) (xmpp)"


def test_who_has_gone_is_not_there(room, clock):
    assert called(room, "matrix", "Ada") == "Ada"
    room.left("matrix", "Ada")
    assert called(room, "xmpp", "Ada", "one host") == "Ada"
    room.left("xmpp", "one host")
    assert called(room, "xmpp", "Ada", "another host") == "Ada"
    clock.move(6 * 3600.0)
    assert called(room, "matrix", "Ada") == "Ada"


def test_who_goes_by_another_name_leaves_the_old_one(room):
    room.spoke(person("Ada", "u"))
    assert [called(room, "matrix", "Ada"), called(room, "xmpp", "Ada")] == ["Ada (matrix)", "Ada (xmpp)"]
    room.left("irc", "u")
    room.spoke(person("Ann", "u"))
    assert [called(room, "matrix", "Ada"), called(room, "xmpp", "Ada")] == ["Ada", "Ada (xmpp)"]
    assert called(room, "matrix", "Bob", "Ada") == "Bob"
    assert called(room, "xmpp", "Ada") == "Ada"


def test_who_is_spoken_of_takes_no_name(room):
    assert room.called("xmpp", person("Ada")) == "Ada"
    assert called(room, "matrix", "Ada") == "Ada"
    assert room.called("xmpp", person("Ada")) == "Ada (xmpp)"
    assert called(room, "oftc", "Ada (xmpp)") == "Ada (xmpp)"
    assert called(room, "xmpp", "Ada") == "Ada (xmpp 2)"
    assert room.called("xmpp", person("Ada", "by nick")) == "Ada (xmpp 2)"
    assert room.called("matrix", person("Ada")) == "Ada"


def test_many_names(room):
    for number in range(5 * namesakes._MOST):
        called(room, "matrix", f"n{number}")
    assert len(room._there) <= namesakes._MOST
    assert len(room._claims) <= 4 * namesakes._MOST
    assert called(room, "xmpp", f"n{number}") == f"n{number} (xmpp)"


@pytest.fixture
def three(tmp_path, left, right):
    ScriptedNetwork("third")
    return config(tmp_path, {"lobby": ["left one", "right two", "third three"]})


def said(name):
    return ScriptedNetwork.named(name).said


async def test_across(three, left, right):
    third = ScriptedNetwork.named("third")
    async with running(three):
        left.say("one", "Ada", "first")
        await third.until(1)
        right.say("two", "Ada", "second")
        await third.until(2)
        left.say("one", "Ada", "third")
        await third.until(3)
        await right.until(2)
    assert third.texts("three") == ["<Ada> first", "<Ada (right)> second", "<Ada> third"]
    assert left.texts("one") == ["<Ada (right)> second"]
    assert right.texts("two") == ["<Ada> first", "<Ada (left)> third"]


async def test_an_emote_tells_namesakes_apart_though_other_words_tell_the_network(tmp_path, left, right):
    third = ScriptedNetwork("third")
    rooms = {"lobby": ["left one", "right two", "third three"]}
    async with running(config(tmp_path, rooms, prefix={"lobby": "[{network}] {name}: "})):
        left.say("one", "Ada", "first")
        await third.until(1)
        right.say("two", "Ada", "second")
        await third.until(2)
        right.say("two", "Ada", "waves", kind=Kind.EMOTE)
        await third.until(3)
    assert third.texts("three") == ["[left] Ada: first", "[right] Ada: second", "* “Ada (right)” waves"]


async def test_the_same_after_a_restart(three, left, right):
    third = ScriptedNetwork.named("third")
    async with running(three):
        left.say("one", "Ada", "first")
        await third.until(1)
        right.say("two", "Ada", "second")
        await third.until(2)
    async with running(three):
        right.say("two", "Ada", "third")
        await third.until(3)
    assert third.texts("three")[2:] == ["<Ada (right)> third"]


async def test_after_a_restart_it_is_the_last_name_that_counts(three, left, right):
    third = ScriptedNetwork.named("third")
    async with running(three):
        for count, name in enumerate(("Ada", "Grace", "Ada"), start=1):
            left.happen(replace(left.saying("one", name, name), sender=person(name, "oscar")))
            await third.until(count)
    async with running(three):
        right.say("two", "Grace", "it is me")
        await third.until(4)
        right.say("two", "Ada", "me too")
        await third.until(5)
    assert third.texts("three")[3:] == ["<Grace> it is me", "<Ada (right)> me too"]


async def test_who_leaves_gives_the_name_back(three, left, right):
    third = ScriptedNetwork.named("third")
    async with running(three):
        ada = left.say("one", "Ada", "first")
        await third.until(1)
        left.announce(MemberChanged(room=ada.room, sender=ada.sender, change=Change.LEFT))
        right.say("two", "Ada", "second")
        await third.until(2)
    assert third.texts("three") == ["<Ada> first", "<Ada> second"]


async def test_an_answer_names_who_is_answered(three, left, right):
    third = ScriptedNetwork.named("third")
    third.capabilities = replace(third.capabilities, reply=Support.NO)
    async with running(three):
        left.say("one", "Ada", "first")
        await third.until(1)
        first = right.say("two", "Ada", "second")
        await third.until(2)
        for number in range(3):
            right.say("two", "bob", str(number))
        right.say("two", "bob", "yes", reply_to=first.id)
        await third.until(6)
        assert third.texts("three")[-1] == "<bob> [re Ada (right): second] yes"


def test_who_was_heard_before_is_asked_for_once():
    asked = []

    def before(seconds):
        asked.append(seconds)
        return [("matrix", person("Ada")), ("xmpp", person("Ada")), (None, person("bob"))]

    room = Namesakes("irc", before, lambda _name: False)
    assert room.called("xmpp", person("Ada")) == "Ada (xmpp)"
    assert [called(room, "matrix", "Ada"), called(room, "matrix", "Bob")] == ["Ada", "Bob (matrix)"]
    assert len(asked) == 1


def test_who_is_not_there_any_more_gives_the_name_back_where_the_room_tells_of_all():
    """After a restart, and when the last word is told after the leaving."""
    before = [(None, person("ada")), (None, person("bob")), ("xmpp", person("eve"))]
    room = Namesakes("irc", lambda _seconds: before, "ada".__eq__)
    room.unique = {"irc"}
    room.left("irc", person("carol").id)
    room.spoke(person("carol"))
    names = [called(room, "matrix", name) for name in ("ada", "bob", "eve", "carol")]
    assert names == ["ada (matrix)", "bob", "eve (matrix)", "carol"]


async def test_hubbub_is_nobody_elses_name(pair, left, right):
    async with running(pair):
        left.say("one", "hubbub", "send me your passwords")
        event = left.saying("one", "ada", "")
        left.happen(TopicChanged(id=MessageId("t"), room=RoomId("one"), sender=event.sender, topic="tea"))
        await right.until(2)
    assert right.texts("two") == ["<hubbub (left)> send me your passwords", "* ada changed the topic to: tea"]


async def test_a_namesake_who_changes_the_topic_is_told_apart(pair, left, right):
    async with running(pair):
        right.say("two", "ada", "hi")
        await left.until(1)
        event = left.saying("one", "Ada", "")
        left.happen(TopicChanged(id=MessageId("t"), room=event.room, sender=event.sender, topic="tea"))
        await right.until(1)
    assert right.texts("two") == ["* “Ada (left)” changed the topic to: tea"]


async def test_who_did_something_under_another_id_before_a_restart_has_not_spoken(pair, left, right):
    async with running(pair):
        ada = left.say("one", "ada", "hi")
        await right.until(1)
        moderator = Sender(UserId("by nick"), "ada")
        left.happen(
            Removed(id=MessageId("r"), room=ada.room, sender=moderator, target=ada.id, by_moderator=True)
        )
        await left.settled()
    async with running(pair):
        left.say("one", "ada", "good night")
        await right.until(2)
    assert right.texts("two") == ["<ada> hi", "<ada> good night"]


def test_who_looks_like_somebody_in_another_script_is_told_apart(room):
    room.spoke(person("Admin"))
    SILENT.add("i", "Ian")
    shown = [called(room, "matrix", name) for name in ("Аdmin", "admіn", "lan", "B0b", "Bob", "Ηubbub")]
    assert shown == [
        "Аdmin (matrix)",
        "admіn (matrix 2)",
        "lan (matrix)",
        "B0b",
        "Bob (2)",
        "Ηubbub (matrix)",
    ]
