"""In which language, and with which clock, Hubbub speaks to the people of a room; and how often."""

from dataclasses import replace

import pytest

from bridge.config import CatchUp, ShowRules
from bridge.model import Attachment, Change, Content, MemberChanged, MessageId, RoomId, Span, Support, ours
from bridge.testing import ScriptedNetwork
from tests.bridge.relay.test_whole import edit, person, reaction
from tests.bridge.world import config, running

GERMAN = ShowRules(language="de", time_zone="Asia/Kolkata", topics="note", reactions="summary")
HIDDEN = Content((ours("[encrypted message that the bridge cannot read]"),))


@pytest.fixture
def poor(right):
    """A network that can only talk."""
    can_not = dict.fromkeys(("reply", "edit", "delete", "reaction", "topic", "file"), Support.NO)
    right.capabilities = replace(right.capabilities, times=False, **can_not)
    return right


async def test_a_room_is_spoken_to_in_its_language(tmp_path, left, poor):
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]}, show=GERMAN)) as bridge:
        said = left.say("one", "alice", "Kuchen!")
        for number in range(4):
            left.say("one", "bob", f"{number}")
        left.say("one", "bob", "wo?", reply_to=said.id)
        left.say("one", "bob", Content((ours("[poll]"), Span(" heute?"))))
        left.say("one", "bob", Content((), (Attachment("mxc://a/b", "a.png"),)))
        left.happen(reaction("one", said.id, "bob", "🎂"))
        await poor.until(8)
        await bridge.patrol()
        await poor.until(9)
    assert poor.texts("two")[5:] == [
        "<bob> [zu alice: Kuchen!] wo?",
        "<bob> [Umfrage] heute?",
        "<bob> [Datei a.png]",
        "Reaktionen auf alice, „Kuchen!“: 🎂 bob",
    ]


async def test_each_room_in_its_own(tmp_path, left, right):
    other = ScriptedNetwork("other")
    whole = config(
        tmp_path, {"lobby": ["left one", "right two", "other three"]}, show=ShowRules(members="note")
    )
    lobby = whole.conversations["lobby"]
    german = replace(lobby.rooms[1], show=ShowRules(members="note", language="de"))
    lobby = replace(lobby, rooms=(lobby.rooms[0], german, lobby.rooms[2]))
    async with running(replace(whole, conversations={"lobby": lobby})) as bridge:
        left.announce(MemberChanged(room=RoomId("one"), sender=person("carol"), change=Change.JOINED))
        await bridge.patrol()
        await right.until(1)
        await other.until(1)
    assert right.texts("two") == ["one auf left: gekommen: carol"]
    assert other.texts("three") == ["one on left: carol came"]


async def test_old_words_have_the_time_of_the_room(tmp_path, left, poor):
    rooms = {"lobby": ["left one", "right two"]}
    async with running(config(tmp_path, rooms, show=GERMAN, catch_up=CatchUp(max_age=1e10))):
        left.say("one", "alice", "früher", at=1_700_000_000.0, replayed=True)
        await poor.until(1)
    assert poor.texts("two") == ["[2023-11-15 03:43] <alice> früher"]


async def test_what_cannot_be_shown_is_said_once_and_then_counted(tmp_path, left, right, clock):
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]}), clock=clock) as bridge:
        left.say("one", "alice", HIDDEN)
        for _ in range(3):
            left.say("one", "alice", HIDDEN)
            left.say("one", "bob", HIDDEN)
        left.say("one", "bob", "plain words")
        await right.until(2)
        clock.move(600)
        await bridge.patrol()
        await right.until(3)
    assert right.texts("two") == [
        "<alice> [encrypted message that the bridge cannot read]",
        "<bob> plain words",
        "alice, bob: [encrypted message that the bridge cannot read], 6 times more",
    ]


async def test_an_answer_quotes_the_words_as_they_are_now(tmp_path, left, poor):
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]}, show=ShowRules(edits="off"))):
        said = left.say("one", "alice", "Monday at ten")
        left.happen(edit(said, "Tuesday at ten", "e1"))
        left.happen(edit(replace(said, id=MessageId("e1")), "Wednesday at ten", "e2"))
        left.happen(edit(said, "never", "e3", person("mallory")))
        for number in range(4):
            left.say("one", "bob", f"{number}")
        left.say("one", "bob", "good", reply_to=said.id)
        await poor.until(6)
    assert poor.texts("two")[-1] == "<bob> [re alice: Wednesday at ten] good"
