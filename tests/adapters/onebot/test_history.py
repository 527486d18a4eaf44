"""What was said while we were away, and what became of what was on its way."""

import time

import pytest

from bridge import CatchUp, ConnectionLost, Txn, plain
from bridge.testing import HandClock

from .people import text
from .places import on_qq


async def say(place, *texts, at=None):
    for words in texts:
        await place.qq.say(place.number, place.person.uin, text(words), at=at)


def texts(place):
    return [event.content.text for event in place.past]


@pytest.mark.parametrize("style", ["napcat", "llbot", "lagrange"])
async def test_said_while_away(style):
    """More than one page of it, our own left out."""
    async with on_qq(style) as place:
        async with place.running():
            await say(place, "before")
            await place.said()
            await place.deliver(plain("ours"))
        await say(place, *map(str, range(120)))
        async with place.running():
            assert place.caught_up
            assert texts(place) == [*map(str, range(120))], "what was heard already is taken once"
            assert all(event.replayed for event in place.past)


async def test_only_as_much_as_is_wanted(place):
    async with place.running():
        await say(place, "before")
        await place.said()
    await say(place, *map(str, range(300)))
    place.adapter.catch_up = CatchUp(max_messages=3)
    async with place.running():
        assert (texts(place), place.caught_up) == (["297", "298", "299"], True)
    assert place.core.states[-1].left_out is None, "nobody counted them"


async def test_what_is_too_old_is_left_out_and_counted(place):
    async with place.running():
        await say(place, "before")
        await place.said()
    now = time.time()
    place.adapter.clock = HandClock(now + 7200)
    await say(place, "1", "2", at=now + 60)
    await say(place, "3", at=now + 7100)
    place.adapter.catch_up = CatchUp(max_age="60m")
    async with place.running():
        assert (texts(place), place.caught_up, place.core.states[-1].left_out) == (["3"], True, 2)


async def test_where_there_is_no_history_nobody_vouches(place):
    place.qq.history = False
    async with place.running():
        await say(place, "before")
        await place.said()
        await place.deliver(plain("<alice> hello"))
    await say(place, "meanwhile")
    async with place.running():
        assert (texts(place), place.caught_up) == ([], False)
        asked = [place.last_txn, Txn("fff.0.0.00000000c0ffee00")]
        found = await place.adapter.find_sent(place.room, 0.0, asked)
    assert found == {asked[1]: None}, "one at most was on its way; of that, nobody can tell"


async def test_what_never_left_is_surely_not_there(place):
    """After the seconds that QQ may take for it."""
    clock = place.adapter.clock = HandClock()
    async with place.running():
        await say(place, "before")
        await place.said()
        await place.deliver(plain("<alice> hello"))
        group = place.qq.groups[place.number]
        del group.said[-1]
    async with place.running():
        found = await clock.hurry(place.adapter.find_sent(place.room, 0.0, [place.last_txn]))
    assert found == {place.last_txn: None}


async def test_what_reads_otherwise_may_be_ours(place):
    async with place.running():
        await say(place, "before")
        await place.said()
        await place.deliver(plain("<alice> hello"))
        place.qq.groups[place.number].said[-1]["segments"] = [text("****")]
    async with place.running():
        assert await place.adapter.find_sent(place.room, 0.0, [place.last_txn]) == {}


async def test_the_same_words_from_before_are_another_message(place):
    clock = place.adapter.clock = HandClock()
    async with place.running():
        for _ in range(2):
            await place.deliver(plain("<alice> hello"))
        del place.qq.groups[place.number].said[-1]
    async with place.running():
        found = await clock.hurry(place.adapter.find_sent(place.room, 0.0, [place.last_txn]))
    assert found == {place.last_txn: None}


async def test_the_owner_asks_for_what_was_said_before(place):
    await say(place, "long ago", at=time.time() - 900)
    await say(place, "one", "two")
    async with place.running():
        past = await place.adapter.past(place.room, time.time() - 600)
    assert [event.content.text for event in past] == ["one", "two"]


async def test_a_message_from_the_future_hides_nothing(place):
    async with place.running():
        await say(place, "tomorrow", at=time.time() + 86_400)
        await place.said()
        place.qq.groups[place.number].said.clear()
    await say(place, "meanwhile")
    async with place.running():
        assert texts(place) == ["meanwhile"]


async def test_the_owner_is_told_that_nothing_connects(monkeypatch):
    monkeypatch.setattr("adapters.onebot.link._CALL", 0.1)
    async with on_qq(way="reverse") as place:
        await place.qq.stop()
        with pytest.raises(ConnectionLost, match="add a WebSocket client"):
            await place.adapter.run(place.emit)


async def test_what_a_history_tells_needs_not_say_that_it_is_a_message(place):
    whole = place.qq._do_get_group_msg_history

    async def bare(**params):
        found = await whole(**params)
        for frame in found["messages"]:
            del frame["post_type"]
        return found

    place.qq._do_get_group_msg_history = bare
    async with place.running():
        await say(place, "before")
        await place.said()
    await say(place, "meanwhile")
    async with place.running():
        assert (texts(place), place.caught_up) == (["meanwhile"], True)


async def test_what_is_said_before_we_are_in_is_read_from_the_history(place):
    """Events of all groups come at once; taken while a group waits for its turn, they would hide what was
    missed.
    """
    other = place.adapter.room_id("group:77777")
    place.qq.group(77777)
    async with place.running():
        await say(place, "before")
        await place.said()
    await say(place, "missed")
    members = place.qq._do_get_group_member_list

    async def telling(group_id):
        if group_id == 77777:
            await say(place, "early")
        return await members(group_id)

    place.qq._do_get_group_member_list = telling
    place.adapter.at_once = 1
    await place.serve({other: None, place.room: None})
    async with place.running():
        while not place.past:
            await place.joined()
        assert (texts(place), place.caught_up) == (["missed", "early"], True)
