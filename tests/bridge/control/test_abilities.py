"""What an owner can ask of a running service, whatever the way in which it is asked."""

import contextlib

import pytest

from bridge.config import DeliveryRules
from bridge.control.abilities import Abilities
from bridge.control.answers import DeliveryEnded, EventTaken, LiveBegun, LiveMissed, ManyGivenUp
from bridge.control.requests import (
    MutedRequest,
    RetryRequest,
    RoomsRequest,
    SendRequest,
    StatusRequest,
    TailRequest,
    UndeliveredRequest,
    told,
)
from bridge.errors import HubbubError, Rejected
from bridge.journal.admin.dead_letters import Choice, choose, look_at_letters
from bridge.looks import Present
from bridge.model import RoomId
from bridge.relay import onlookers
from bridge.testing import ScriptedNetwork
from tests.bridge.direct_world import able, direct, until
from tests.bridge.direct_world import told as hears
from tests.bridge.test_direct import ANN, BOB, agreed
from tests.bridge.world import config, killed, running

MAP = {"lobby": ["left one", "right two", "right three from"], "den": ["left four", "right two"]}


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


@pytest.fixture
async def abilities(tmp_path, left, right):
    async with running(config(tmp_path, MAP)) as bridge:
        yield Abilities(bridge, None)


async def ask(abilities, request):
    return await abilities.do(request, "a test")


# Rooms


async def test_the_rooms_of_the_map_are_told_of_each_once(abilities, left, right):
    people = left.present[RoomId("one")] = Present()
    for name in ("ada", "bob"):
        people.add(name, name)
    rooms = (await ask(abilities, RoomsRequest())).rooms
    assert [(room.network, room.room, room.conversations) for room in rooms] == [
        ("left", "one", {"lobby": "both"}),
        ("right", "two", {"lobby": "both", "den": "both"}),
        ("right", "three", {"lobby": "from"}),
        ("left", "four", {"den": "both"}),
    ]
    assert [(room.joined, room.condition, room.owed, room.oldest) for room in rooms] == [
        (True, "well", 0, None)
    ] * 4
    assert [room.members for room in rooms] == [2, None, None, None]
    assert rooms[0].can == ["reply", "edit", "delete", "reaction"]
    assert rooms[0].authorship == "prefix"


async def test_some_rooms_are_told_of(abilities):
    async def found(**which):
        return [f"{room.network} {room.room}" for room in (await ask(abilities, RoomsRequest(**which))).rooms]

    assert await found(network="right") == ["right two", "right three"]
    assert await found(conversation="den") == ["right two", "left four"]
    assert await found(conversation="den", network="left", room="FOUR") == ["left four"]


@pytest.mark.parametrize(
    ("which", "error"),
    [
        ({"network": "rihgt"}, 'there is no network "rihgt"'),
        ({"conversation": "loby"}, 'there is no conversation "loby"'),
        ({"room": "fuor"}, 'there is no room "fuor"'),
        ({"network": "left", "room": "two"}, 'left has no room "two"'),
        ({"conversation": "den", "room": "one"}, 'in den is no room "one"'),
        ({"room": "no room"}, 'there is no room "no room"'),
    ],
)
async def test_a_wrong_name_is_told(abilities, which, error):
    with pytest.raises(HubbubError, match=error):
        await ask(abilities, RoomsRequest(**which))


# What was given up


async def test_what_was_given_up_comes_without_its_words_unless_they_are_asked_for(abilities, left, right):
    right.errors.append(Rejected("too rude"))
    left.say("one", "alice", "rude")
    left.say("one", "alice", "still here")
    await right.until(1)
    await ask(abilities, StatusRequest())  # which has all of it written
    answer = await ask(abilities, UndeliveredRequest())
    assert answer.count == 1
    (message,) = answer.messages
    assert (message.source, message.target, message.author, message.reason) == (
        "left one",
        "right two",
        "alice",
        "too rude",
    )
    assert message.text is None
    assert (await ask(abilities, UndeliveredRequest(text=True))).messages[0].text == "rude"
    assert (await ask(abilities, UndeliveredRequest(limit=0))).messages == []
    answer = await ask(abilities, RetryRequest(numbers=[message.number]))
    assert (answer.queued, answer.unmapped) == (1, 0)
    await right.until(2)
    assert right.texts("two") == ["<alice> still here", "<alice> rude"]


@pytest.mark.parametrize(
    "which", [{}, {"everything": True, "room": "two"}, {"letters": [(1, 1)], "room": "two"}]
)
async def test_what_is_sent_again_is_named_in_one_way(abilities, which):
    with pytest.raises(HubbubError, match="say which, in one way"):
        await ask(abilities, RetryRequest(**which))


# What the owner says


async def test_the_owner_speaks_in_a_conversation_and_in_a_room(abilities, left, right):
    answer = await ask(abilities, SendRequest(text="we move tonight", conversation="lobby"))
    assert sorted(answer.rooms) == [("left", "one"), ("right", "two")]
    await left.until(1)
    await right.until(1)
    assert left.texts("one") == right.texts("two") == ["we move tonight"]
    assert right.texts("three") == []
    second = await ask(abilities, SendRequest(text="here alone", network="left", room="four"))
    assert second.rooms == [("left", "four")]
    assert second.number > answer.number
    await left.until(2)
    assert left.texts("four") == ["here alone"]


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (SendRequest(text="hello"), "say where"),
        (SendRequest(text="hello", network="left"), "say where"),
        (SendRequest(text=" \n", conversation="lobby"), "there is nothing to say"),
        (SendRequest(text="a\0b", conversation="lobby"), "there is nothing to say"),
        (SendRequest(text="hello", room="three"), "nothing is ever written there"),
        (SendRequest(text="hello", conversation="attic"), 'there is no conversation "attic"'),
    ],
)
async def test_what_cannot_be_said_is_refused(abilities, left, right, request_, error):
    with pytest.raises(HubbubError, match=error):
        await ask(abilities, request_)


async def test_a_room_name_of_two_networks_needs_the_network(tmp_path, left, right):
    async with running(config(tmp_path, {"lobby": ["left one", "right one"]})) as bridge:
        with pytest.raises(HubbubError, match='a room "one" on left, right: name the network too'):
            await ask(Abilities(bridge, None), SendRequest(text="hello", room="one"))


async def test_what_the_owner_said_survives_a_crash(tmp_path, left, right):
    (tmp_path / "after").mkdir()
    map_ = config(tmp_path, {"lobby": ["left one", "right two"]})
    right.gate.clear()
    async with running(map_) as bridge:
        await ask(Abilities(bridge, None), SendRequest(text="hold on", network="right", room="two"))
        after = killed(map_, tmp_path / "after")
    assert right.texts("two") == []
    right.gate.set()
    async with running(after):
        await right.until(1)
    assert right.texts("two") == ["hold on"]


# What passes


@contextlib.asynccontextmanager
async def looking(abilities, **which):
    """The answers to a stream, which has begun."""
    async with contextlib.aclosing(abilities.stream(TailRequest(**which))) as answers:
        assert await anext(answers) == LiveBegun()
        yield answers


async def test_what_passes_is_shown_with_what_becomes_of_it(abilities, left, right):
    async with looking(abilities, text=True) as answers:
        right.errors.append(Rejected("too rude"))
        left.say("one", "alice", "rude")
        said, end = await anext(answers), await anext(answers)
        assert isinstance(said, EventTaken)
        assert (said.network, said.room, said.conversations, said.kind, said.author, said.text) == (
            "left",
            "one",
            ["lobby"],
            "message",
            "alice",
            "rude",
        )
        assert isinstance(end, DeliveryEnded)
        assert (end.number, end.network, end.room) == (said.number, "right", "two")
        assert end.conversations == ["lobby", "den"]
        assert (end.outcome, end.reason) == ("given up", "too rude")
        left.say("four", "alice", "hello")
        said, end = await anext(answers), await anext(answers)
        assert (said.text, end.number, end.outcome, end.reason) == ("hello", said.number, "delivered", "")


async def test_words_are_not_shown_unless_they_are_asked_for(abilities, left):
    async with looking(abilities) as answers:
        left.say("one", "alice", "secret")
        assert (await anext(answers)).text is None


async def test_only_what_is_meant_is_shown(abilities, left, right):
    async with looking(abilities, conversation="lobby", network="left") as answers:
        left.say("four", "alice", "elsewhere")
        await right.until(1)
        left.say("one", "alice", "here")
        assert (await anext(answers)).room == "one"
    with pytest.raises(HubbubError, match="there is no network"):
        async with looking(abilities, network="rihgt"):
            pass


async def test_one_who_reads_slowly_is_told_how_much_was_left_out(abilities, left, right, monkeypatch):
    monkeypatch.setattr(onlookers, "_MOST", 10)
    async with looking(abilities, network="left") as slow, looking(abilities, network="left") as quick:
        numbers = []
        for n in range(30):
            left.say("one", "alice", f"{n}")
            numbers.append((await anext(quick)).number)
        assert len(right.texts("two")) >= 29, "nobody waits"
        assert await anext(slow) == LiveMissed(count=20)
        assert [(await anext(slow)).number for _ in range(10)] == numbers[20:]


async def test_what_is_given_up_at_once_is_told_with_its_number(tmp_path, left, right):
    right.refusals[RoomId("two")] = "invite only"
    map_ = config(tmp_path, {"lobby": ["left one", "right two"]}, rules=DeliveryRules(max_queue=2))
    async with running(map_) as bridge, looking(Abilities(bridge, None)) as answers:
        for n in range(5):
            left.say("one", "alice", f"{n}")
        await left.settled()
        await bridge.patrol()
        taken = [await anext(answers) for _ in range(6)]
    (buried,) = [answer for answer in taken if isinstance(answer, ManyGivenUp)]
    assert (buried.network, buried.room, buried.conversations) == ("right", "two", ["lobby"])
    assert (buried.count, buried.reason) == (3, "too many messages waited")


async def test_what_two_people_say_alone_is_never_shown(tmp_path, left, right):
    able(left)
    able(right)
    async with running(direct(tmp_path, {"left": "ask", "right": "ask"})) as bridge:
        abilities = Abilities(bridge, None)
        await agreed(left, right)
        async with looking(abilities, text=True) as answers:
            left.say(ANN, "ann", "secret")
            await until(lambda: right.texts(BOB))
            left.say("one", "ann", "for all")
            said, end = await anext(answers), await anext(answers)
            assert (said.room, said.text, end.number) == ("one", "for all", said.number)
        right.errors += [Rejected("too rude")] * 2  # nor as the bridge
        left.say(ANN, "ann", "secret")
        left.say(ANN, "ann", "more")
        await until(lambda: len(right.texts(BOB)) > 1)
        await ask(abilities, StatusRequest())  # which has all of it written
        rooms = (await ask(abilities, RoomsRequest())).rooms
        assert [room.room for room in rooms] == ["one", "two"]
        (message,) = (await ask(abilities, UndeliveredRequest(text=True))).messages
    assert (message.author, message.text, message.reason) == (None, None, "too rude")
    assert message.source.startswith("left private room ")
    assert message.target.startswith("right private room ")


async def test_what_two_people_said_alone_is_not_shown_after_their_talk(tmp_path, left, right):
    """Nor where the journal is looked into from outside; and what is chosen as it is shown is found."""
    able(left)
    able(right)
    async with running(direct(tmp_path, {"left": "ask", "right": "ask"})) as bridge:
        abilities = Abilities(bridge, None)
        await agreed(left, right)
        right.errors += [Rejected("too rude")] * 2
        left.say(ANN, "ann", "secret")
        left.say(ANN, "ann", "more")
        await until(lambda: right.texts(BOB))
        left.say(ANN, "ann", "!end bob")
        await hears(right, 3)
        await ask(abilities, StatusRequest())  # which has all of it written
        await bridge.patrol()
        await until(lambda: not any(room.private for room in bridge.rooms()))
        (message,) = (await ask(abilities, UndeliveredRequest(text=True))).messages
    assert (message.author, message.text) == (None, None)
    assert message.source.startswith("left private room ")
    found = look_at_letters(tmp_path / "journal.sqlite3", 10, 0)
    assert "secret" not in repr(found)
    assert "ann" not in repr(found)
    (letter,) = found.letters
    assert choose(tmp_path / "journal.sqlite3", Choice(room=letter.target))


async def test_nothing_is_done_when_nobody_looks(abilities, left, right):
    dispatch = abilities.bridge.features.onlookers._dispatch
    before = len(dispatch.news)
    async with looking(abilities):
        assert (len(dispatch.news), len(dispatch.ended)) == (before + 1, 1)
    assert (len(dispatch.news), len(dispatch.ended)) == (before, 0)


# The log


async def test_each_change_is_on_the_log_and_no_words(abilities, caplog):
    caplog.set_level("INFO")
    await ask(abilities, MutedRequest())
    assert "asked by" not in caplog.text
    await ask(abilities, SendRequest(text="secret words", conversation="lobby"))
    assert "asked by a test, and done: send text='(12 characters)' conversation='lobby'" in caplog.text
    with pytest.raises(HubbubError):
        await ask(abilities, SendRequest(text="secret words", conversation="attic"))
    assert "asked by a test, and not done: send" in caplog.text
    assert "secret" not in caplog.text


def test_what_is_told_of_a_request_is_one_short_line():
    assert "\n" not in told(SendRequest(text="a\nb", room="c\nd"))
    assert len(told(SendRequest(text="a", room="c" * 1000))) < 250
