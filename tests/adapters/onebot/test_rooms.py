"""Groups that we are in, that we are sent out of, and that we may not speak in."""

import asyncio
import time

import pytest

from bridge import Change, MemberChanged, Rejected, RoomState, RoomStateChanged, RoomUnavailable, plain
from bridge.testing import HandClock

from .implementation import OWN
from .places import on_qq


async def state(place):
    async with asyncio.timeout(10):
        while not isinstance(event := await place.events.get(), RoomStateChanged):
            pass
        return event


async def change(place):
    async with asyncio.timeout(10):
        while not isinstance(event := await place.events.get(), MemberChanged):
            pass
        return event


async def test_a_group_that_we_are_not_in(place):
    del place.qq.groups[place.number].members[OWN]
    run = asyncio.ensure_future(place.adapter.run(place.emit))
    refused = await state(place)
    assert refused.state is RoomState.REFUSED
    assert refused.reason == f"QQ account {OWN} is not in it: invite the account to the group"
    with pytest.raises(RoomUnavailable):
        await place.send(plain("hello"))
    place.qq.group(place.number)
    await place.qq.notice(
        "group_increase", sub_type="invite", group_id=place.number, user_id=OWN, operator_id=place.person.uin
    )
    assert (await state(place)).state is RoomState.JOINED
    await place.deliver(plain("hello"))
    run.cancel()
    await asyncio.wait([run])


@pytest.mark.parametrize(
    ("kind", "more", "why"),
    [
        ("group_decrease", {"sub_type": "kick_me", "user_id": OWN}, "was removed from it by ann"),
        ("group_decrease", {"sub_type": "leave", "user_id": OWN, "operator_id": OWN}, "has left it"),
        ("group_decrease", {"sub_type": "disband", "user_id": 0}, "the group was dissolved"),
        ("group_dismiss", {"user_id": 1}, "the group was dissolved"),
    ],
)
async def test_a_group_that_we_are_sent_out_of(place, kind, more, why):
    async with place.running():
        data = {"group_id": place.number, "operator_id": place.person.uin, **more}
        await place.qq.notice(kind, **data)
        refused = await state(place)
        assert refused.state is RoomState.REFUSED
        assert why in refused.reason
        with pytest.raises(RoomUnavailable):
            await place.send(plain("hello"))


async def test_while_we_are_muted_everything_waits(place):
    async with place.running():
        ban = {"group_id": place.number, "user_id": OWN, "operator_id": place.person.uin}
        await place.qq.notice("group_ban", sub_type="ban", duration=600, **ban)
        await place.person.say(plain("now it is known"))
        await place.said()
        with pytest.raises(RoomUnavailable, match="muted") as muted:
            await place.send(plain("hello"))
        assert 0 < muted.value.retry_after <= 600
        await place.qq.notice("group_ban", sub_type="lift_ban", duration=0, **ban)
        await place.person.say(plain("and over"))
        await place.said()
        await place.deliver(plain("hello"))


async def test_who_is_refused_asks_whether_we_are_muted(place):
    """A mute from before we came is told by nobody."""
    place.qq.groups[place.number].shut[OWN] = time.time() + 300
    async with place.running():
        with pytest.raises(RoomUnavailable, match="muted") as muted:
            await (await place.send(plain("hello")))
        assert 0 < muted.value.retry_after <= 300


async def test_what_is_refused_says_why(place):
    place.qq.refusals["send_group_msg"] = (1200, "风控")
    async with place.running():
        with pytest.raises(Rejected, match="QQ refuses it: 风控"):
            await (await place.send(plain("hello")))
        place.qq.refusals.clear()
        await place.deliver(plain("hello again"))


async def test_who_comes_and_goes(place):
    async with place.running():
        place.qq.group(place.number, (5_000_000_001, "新人", ""))
        assert not place.adapter.is_present(place.room, "新人")
        about = {"group_id": place.number, "user_id": 5_000_000_001, "operator_id": place.person.uin}
        await place.qq.notice("group_increase", sub_type="approve", **about)
        came = await change(place)
        assert (came.change, came.sender.name) == (Change.JOINED, "新人")
        assert place.adapter.is_present(place.room, "新人")
        await place.qq.notice("group_decrease", sub_type="kick", **about)
        gone = await change(place)
        assert (gone.change, gone.by.name) == (Change.KICKED, "ann")
        assert not place.adapter.is_present(place.room, "新人")
        assert not place.adapter.is_present(place.room, "hubbub"), "the account itself is nobody"


async def test_rooms_come_and_go_while_it_runs(place):
    other = place.adapter.room_id("group:77777")
    place.qq.group(77777)
    async with place.running():
        await place.serve({place.room: None, other: None})
        assert (await state(place)).room == other
        await place.serve({place.room: None})
        place.room, here = other, place.room
        with pytest.raises(RoomUnavailable):
            await place.send(plain("hello"))
        place.room = here
        await place.deliver(plain("hello"))


async def test_each_group_has_a_pace_of_its_own():
    async with on_qq(pace={"burst": 2, "per_second": 0.001}) as place:
        clock = place.adapter.clock = HandClock()
        other = place.adapter.room_id("group:77777")
        place.qq.group(77777)
        async with place.running():
            await place.serve({place.room: None, other: None})
            await state(place)
            for _ in range(2):
                await place.deliver(plain("at once"))
            third = asyncio.ensure_future(place.send(plain("much later")))
            await asyncio.sleep(0)  # it begins
            here, place.room = place.room, other
            await place.deliver(plain("elsewhere"))
            assert not third.done()
            clock.move(1001)
            await asyncio.wait_for(await third, 10)
            place.room = here


async def test_what_was_on_its_way_is_found_while_we_are_muted(place):
    async with place.running():
        await place.deliver(plain("hello"))
        await place.qq.notice("group_ban", sub_type="ban", duration=600, group_id=place.number, user_id=OWN)
        await place.person.say(plain("now it is known"))
        await place.said()
        found = await place.adapter.find_sent(place.room, 0.0, [place.last_txn])
    assert found[place.last_txn].part.id == str(place.qq.groups[place.number].said[0]["id"])


async def test_an_action_that_we_may_not_do_is_no_wrong_token(place):
    """NapCat says so with a code that is also that of a token."""
    async with place.running():
        place.qq.refusals["send_group_msg"] = (1401, "权限不足")
        with pytest.raises(Rejected, match="权限不足"):
            await (await place.send(plain("hello")))
        place.qq.refusals.clear()
        await place.deliver(plain("still connected"))
