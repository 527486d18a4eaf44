"""People of different networks talk alone, once whoever is written to agrees."""

import asyncio

import pytest

from bridge.model import Authorship, Change, MemberChanged, RoomId, Sender
from bridge.testing import ScriptedAdapter, ScriptedNetwork
from tests.bridge.direct_world import able, ask, direct, key, private, told, until, user, whispers, write
from tests.bridge.world import killed, running

ANN = private("ann", "right", "bob")
BOB = private("bob", "left", "ann")


@pytest.fixture
def puppets(left, right):
    able(left)
    able(right)


@pytest.fixture
def asking(tmp_path, puppets):
    return direct(tmp_path, {"left": "ask", "right": "ask"})


async def met(left, right):
    """Both are heard in the room that they share."""
    left.say("one", "ann", "hello")
    right.say("two", "bob", "hello")
    await until(lambda: right.texts("two") and left.texts("one"))


async def agreed(left, right):
    """Both talk alone."""
    await met(left, right)
    write(left, "ann", "right", "bob", "psst")
    await told(right, 1)
    ask(right, "two", "bob", "!accept ann")
    await told(left, 2)
    await told(right, 2)


async def test_who_is_written_to_is_asked_and_sees_nothing_before(asking, left, right):
    async with running(asking):
        await met(left, right)
        write(left, "ann", "right", "bob", "buy my secret wool")
        (asked,) = await told(right, 1)
        assert asked.startswith("bob: ann (left) wants to talk with you alone. `!accept ann@left` lets them")
        assert whispers(right)[0].key == key("left", "ann")
        (answer,) = await told(left, 1)
        assert answer.startswith("ann: bob (right) is asked")
        write(left, "ann", "right", "bob", "hello?")
        ask(right, "two", "bob", "!accept Ann")
        assert (await told(left, 2))[1].startswith("ann: You and bob (right) talk alone from now on.")
        assert (await told(right, 2))[1].startswith("bob: You and ann (left) talk alone from now on.")
        left.say(ANN, "ann", "at last")
        await until(lambda: right.texts(BOB))
        right.say(BOB, "bob", "yes?")
        await until(lambda: left.texts(ANN))
        assert (right.texts(BOB), left.texts(ANN)) == (["at last"], ["yes?"])
        assert right.seen(BOB)[0].who == "ann"
        assert (right.texts("two"), left.texts("one")) == (["hello"], ["hello"])
        assert "wool" not in "".join(map(str, [*whispers(left), *whispers(right), *left.said, *right.said]))


async def test_by_default_nobody_is_bothered(tmp_path, puppets, left, right):
    async with running(direct(tmp_path, {})):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        write(left, "ann", "right", "bob", "psst")
        assert (await told(left, 1))[0].startswith("ann: bob (right) is on another network, and cannot be")
        ask(right, "two", "bob", "!accept ann")
        assert "!accept" not in (await told(right, 1))[0]
        left.say("one", "ann", "!msg bob as people say here")
        await until(lambda: right.texts("two")[-1:] == ["!msg bob as people say here"])
        assert len(await told(left, 1)) == 1


@pytest.mark.parametrize("modes", [{"left": "ask"}, {"right": "ask"}, {"left": "off", "right": "open"}])
async def test_both_networks_have_to_allow_it(tmp_path, puppets, left, right, modes):
    async with running(direct(tmp_path, modes)):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        assert "cannot be written to alone" in (await told(left, 1))[0]
        await asyncio.sleep(0.02)
        assert not whispers(right)


async def test_where_everybody_can_be_written_to_nobody_is_asked(tmp_path, puppets, left, right):
    async with running(direct(tmp_path, {"left": "ask", "right": "open"})):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        assert "talk alone from now on" in (await told(left, 1))[0]
        assert "talk alone from now on" in (await told(right, 1))[0]


async def test_who_writes_to_whoever_asked_agrees(asking, left, right):
    async with running(asking):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        await told(right, 1)
        write(right, "bob", "left", "ann", "who is that?")
        assert "talk alone from now on" in (await told(left, 2))[1]


async def test_an_answer_to_whoever_asks_needs_no_name(asking, left, right):
    async with running(asking):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        await told(right, 1)
        write(right, "bob", "left", "ann", "!accept")
        assert "talk alone from now on" in (await told(left, 2))[1]


async def test_who_writes_where_the_talk_is_not_open_yet_is_told_that_it_did_not_arrive(asking, left, right):
    """A network may serve the room a moment after both were told; or the other cannot be reached."""
    async with running(asking):
        await agreed(left, right)
        before = len(whispers(left))
        write(left, "ann", "right", "bob", "too early")
        write(left, "ann", "right", "bob", "too early as well")
        assert "did not arrive" in (await told(left, before + 1))[before]
        await left.settled()
        assert len(whispers(left)) == before + 1
        assert not right.texts(BOB)


async def test_who_refuses_is_left_alone(asking, left, right):
    async with running(asking):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        await told(right, 1)
        ask(right, "two", "bob", "!refuse ann")
        assert "does not want to talk" in (await told(left, 2))[1]
        assert (await told(right, 2))[1] == "bob: Done."
        ask(left, "one", "ann", "!msg bob please")
        assert "does not want to talk" in (await told(left, 3))[2]
        ask(right, "two", "bob", "!accept ann")
        assert "Nobody is known" in (await told(right, 3))[2]


async def test_who_is_ignored_is_not_told_so(asking, left, right):
    async with running(asking):
        await met(left, right)
        ask(right, "two", "bob", "!ignore ann")
        assert (await told(right, 1))[0] == "bob: Done."
        write(left, "ann", "right", "bob", "psst")
        assert "is asked" in (await told(left, 1))[0]
        ask(right, "two", "bob", "!ignore")
        assert (await told(right, 2))[1] == "bob: You ignore: ann@left"
        ask(right, "two", "bob", "!heed ann")
        await told(right, 3)
        ask(left, "one", "ann", "!msg bob hello")
        assert "wants to talk with you" in (await told(right, 4))[3]


async def test_a_talk_ends_when_one_of_them_wants_that(asking, left, right):
    async with running(asking) as bridge:
        await agreed(left, right)
        left.say(ANN, "ann", "!end bob")
        assert (await told(right, 3))[2] == "bob: You and ann (left) talk no more."
        assert (await told(left, 3))[2] == "ann: Done."
        left.say(ANN, "ann", "still there?")
        await left.settled()
        await bridge.patrol()
        assert not right.texts(BOB)
        await until(lambda: ANN not in bridge.adapter("left").rooms)
        write(left, "ann", "right", "bob", "one more thing")
        await until(lambda: len(whispers(right)) == 4)


async def test_who_is_ignored_in_a_talk_is_out_of_it(asking, left, right):
    async with running(asking):
        await agreed(left, right)
        ask(right, "two", "bob", "!ignore ann@left")
        assert "talk no more" in (await told(left, 3))[2]
        left.say(ANN, "ann", "but why?")
        await left.settled()
        assert not right.texts(BOB)


async def test_a_restart_between_question_and_answer(asking, left, right):
    async with running(asking):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        await told(right, 1)
    async with running(asking):
        ask(right, "two", "bob", "!accept ann")
        await told(right, 2)
        left.say(ANN, "ann", "before")
        await until(lambda: right.texts(BOB))
    async with running(asking):
        left.say(ANN, "ann", "after")
        await until(lambda: right.texts(BOB) == ["before", "after"])


async def test_a_kill_after_each_step(asking, left, right, tmp_path):
    def folder(name):
        made = tmp_path / name
        made.mkdir()
        return made

    async with running(asking):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        await told(right, 1)
        asked = killed(asking, folder("asked"))
    async with running(asked):
        ask(right, "two", "bob", "!accept ann")
        await told(right, 2)
        begun = killed(asked, folder("begun"))
    async with running(begun):
        left.say(ANN, "ann", "hello")
        await until(lambda: right.texts(BOB))
        ask(right, "two", "bob", "!end ann")
        await told(left, 3)
        ended = killed(begun, folder("ended"))
    async with running(ended) as bridge:
        left.say(ANN, "ann", "hello?")
        left.say("one", "ann", "hello all")
        await until(lambda: right.texts("two")[-1:] == ["hello all"])
        assert right.texts(BOB) == ["hello"]
        await bridge.patrol()
        await until(lambda: BOB not in bridge.adapter("right").rooms)


async def test_where_only_the_bridge_is_there_people_say_whom_it_is_for(asking, left, right):
    able(right, Authorship.PREFIX)
    async with running(asking):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        await told(right, 1)
        ask(right, "two", "bob", "!accept ann")
        assert "`!msg ann@left …` writes to them" in (await told(right, 2))[1]
        left.say(ANN, "ann", "hello")
        await until(lambda: right.texts(BOB) == ["<ann> hello"])
        ask(right, "two", "bob", "hello yourself")
        assert "`!msg ann@left …`" in (await told(right, 3))[2]
        for word in ("!msg ann hi", "!MSG ann@left  how are you", "!msg ANN fine"):
            ask(right, "two", "bob", word)
        await until(lambda: len(left.texts(ANN)) == 3)
        assert left.texts(ANN) == ["hi", "how are you", "fine"]
        assert {line.who for line in left.seen(ANN)} == {"bob"}


async def test_what_is_for_one_person_and_typed_in_the_room_goes_no_further(asking, left, right):
    async with running(asking):
        await agreed(left, right)
        said = left.say("one", "ann", "!msg bob meet me at nine")
        assert "Everybody here saw that" in (await told(left, 3))[2]
        left.say("one", "ann", "as I said", reply_to=said.id)
        await until(lambda: right.texts("two")[-1:] == ["as I said"])
        assert "nine" not in "".join(map(str, right.said))


@pytest.mark.parametrize("typed", ["!msg\tbob nine", "!msg\nbob nine", " !Msg  bob nine", "！msg bob nine"])
async def test_however_it_is_typed(asking, left, right, typed):
    async with running(asking):
        await met(left, right)
        left.say("one", "ann", typed)
        left.say("one", "ann", "said")
        await until(lambda: right.texts("two")[-1:] == ["said"])
        assert right.texts("two") == ["hello", "said"]


async def test_in_a_talk_an_instruction_is_about_the_other(asking, left, right):
    async with running(asking):
        await agreed(left, right)
        left.say(ANN, "ann", "!end")
        assert "talk no more" in (await told(right, 3))[2]
        assert not right.texts(BOB)


async def test_whom_the_owner_ignores_asks_nobody(tmp_path, puppets, left, right):
    modes = dict.fromkeys(("left", "right"), "open")
    async with running(direct(tmp_path, modes, ignore={"left": ("ann",)})):
        right.say("two", "bob", "hello")
        await until(lambda: left.texts("one"))
        write(left, "ann", "right", "bob", "psst")
        assert "cannot be written to alone" in (await told(left, 1))[0]
        assert not whispers(right)


async def test_nobody_is_guessed(tmp_path, puppets, left, right):
    third = ScriptedNetwork("third")
    able(third)
    modes = dict.fromkeys(("left", "right", "third"), "ask")
    async with running(direct(tmp_path, modes, ["left one", "right two", "third three"])):
        right.say("two", "bob", "hello")
        third.say("three", "Bob", "hello")
        left.say("one", "ann", "hello")
        await until(lambda: len(left.texts("one")) == 2)
        ask(left, "one", "ann", "!msg bob psst")
        assert (await told(left, 1))[0] == "ann: Say which one: Bob@third, bob@right"
        ask(left, "one", "ann", "!msg bob@third psst")
        await told(left, 2)
        assert (await told(third, 1))[0].startswith("Bob: ann (left) wants")
        ask(left, "one", "ann", "!msg nobody psst")
        assert (await told(left, 3))[2] == "ann: Nobody is known by that name."
        assert not whispers(right)


async def test_who_goes_by_another_name_is_the_same(asking, left, right):
    async with running(asking):
        await agreed(left, right)
        right.announce(
            MemberChanged(
                room=RoomId("two"), sender=Sender(user("bob"), "bob"), change=Change.RENAMED, name="rob"
            )
        )
        ask(left, "one", "ann", "!msg rob is that you")
        await until(lambda: right.texts(BOB) == ["is that you"])
        ask(left, "one", "ann", "!msg bob still you?")
        assert "Nobody is known" in (await told(left, 3))[2]


async def test_who_is_banned_where_they_met_talks_no_more(asking, left, right):
    async with running(asking):
        await agreed(left, right)
        left.announce(
            MemberChanged(room=RoomId("one"), sender=Sender(user("ann"), "ann"), change=Change.BANNED)
        )
        assert "talk no more" in (await told(right, 3))[2]
        write(left, "ann", "right", "bob", "let me in")
        ask(left, "one", "ann", "!msg bob let me in")
        assert "cannot be written to" in (await told(left, 3))[2]
        assert len(whispers(right)) == 3


async def test_questions_are_few(asking, left, right):
    async with running(asking):
        left.say("one", "ann", "hello")
        for number in range(8):
            right.say("two", f"bob{number}", "hello")
        await until(lambda: len(left.texts("one")) == 8)
        for number in range(8):
            write(left, "ann", "right", f"bob{number}", "buy!")
        assert "too many questions" in (await told(left, 8))[7]
        assert len(whispers(right)) == 5


async def test_a_map_that_allows_it_no_more_ends_it(asking, tmp_path, left, right):
    async with running(asking) as bridge:
        await agreed(left, right)
        await bridge.reload(direct(tmp_path, {"left": "ask"}))
        assert "talk no more" in (await told(left, 3))[2]
        assert "talk no more" in (await told(right, 3))[2]
        left.say(ANN, "ann", "still there?")
        await left.settled()
        assert not right.texts(BOB)


async def test_a_room_of_others_is_never_that_of_two(asking, left, right, monkeypatch):
    monkeypatch.setattr(ScriptedAdapter, "private_room", lambda *_: RoomId("two"))
    async with running(asking):
        await met(left, right)
        write(left, "ann", "right", "bob", "psst")
        await told(right, 1)
        ask(right, "two", "bob", "!accept ann")
        assert "cannot talk alone now" in (await told(right, 2))[1]
        left.say(ANN, "ann", "secret")
        await left.settled()
        assert right.texts("two") == ["hello"]


async def test_how_it_stands_is_told_without_names(asking, left, right):
    async with running(asking) as bridge:
        await agreed(left, right)
        await until(lambda: len(bridge.adapter("left").rooms) == 2)
        status = await bridge.status()
        assert {name: (list(one.rooms), one.private) for name, one in status.networks.items()} == {
            "left": (["one"], 1),
            "right": (["two"], 1),
        }


@pytest.mark.parametrize("name", ["zoe", "Zoe_Ada", "Zoe[right]", "zoe_ada@right"])
async def test_a_name_is_known_as_irc_writes_it(asking, left, right, name):
    async with running(asking):
        left.say("one", "ann", "hello")
        right.say("two", "Zoë", "hello")
        right.say("two", "Zoë Ada", "hello")
        await until(lambda: len(left.texts("one")) == 2)
        ask(left, "one", "ann", f"!msg {name} psst")
        assert "is asked whether you may talk alone" in (await told(left, 1))[0]
