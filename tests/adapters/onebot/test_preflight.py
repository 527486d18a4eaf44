"""`hubbub check --online`: sentences for the owner."""

import asyncio
import time

import pytest

from bridge import AuthenticationFailed, ConnectionLost, Rejected, RoomId

from .implementation import OWN
from .places import on_qq


async def test_what_keeps_us_out(place):
    group = place.qq.groups[place.number]
    rooms = dict.fromkeys([place.room, RoomId("group:77777"), RoomId("private:5"), RoomId("private:6")])
    place.qq.talk(6)
    assert await place.adapter.look(rooms) == {
        place.room: None,
        "group:77777": f"QQ account {OWN} is not in it: invite the account to the group",
        "private:5": f"is no friend of QQ account {OWN}: one of them has to add the other",
        "private:6": None,
    }
    group.shut[OWN] = time.time() + 629
    (muted,) = (await place.adapter.look({place.room: None})).values()
    assert muted == "the account is muted there for 10 more minutes: ask an administrator of the group"
    place.adapter.only_read = {place.room}
    assert await place.adapter.look({place.room: None}) == {place.room: None}


async def test_no_getting_in():
    async with on_qq(access_token="another") as place:
        with pytest.raises(AuthenticationFailed, match="must be the same in its settings and here"):
            await place.adapter.look(place.adapter.rooms)
        await place.qq.stop()
        with pytest.raises(ConnectionLost, match="see that the implementation is running"):
            await place.adapter.look(place.adapter.rooms)


async def test_without_a_service_it_listens_itself():
    async with on_qq("llbot", "reverse") as place:
        assert await place.adapter.look(place.adapter.rooms) == {place.room: None}


async def test_nobody_connects(monkeypatch):
    monkeypatch.setattr("adapters.onebot.link._LOOK", 0.2)
    async with on_qq(way="reverse") as place:
        await place.qq.stop()
        with pytest.raises(ConnectionLost, match="add a WebSocket client") as error:
            await place.adapter.look(place.adapter.rooms)
        assert f"ws://127.0.0.1:{place.port}" in str(error.value)


async def test_a_service_to_which_nobody_connects_says_so(monkeypatch):
    """And that sooner than the question counts as unanswered."""
    monkeypatch.setattr("adapters.onebot.link._RELAYED", 0.2)
    async with on_qq(way="reverse") as place:
        for task in place.qq._tasks:
            task.cancel()
        run = asyncio.ensure_future(place.adapter.run(place.emit))
        await listening(place.port)
        with pytest.raises(
            ConnectionLost, match="where a service waits: in the implementation, add"
        ) as error:
            await place.adapter.look(place.adapter.rooms)
        assert f"ws://127.0.0.1:{place.port}" in str(error.value)
        assert not run.done()
        run.cancel()
        await asyncio.wait([run])


async def test_what_a_service_is_refused_is_said_once():
    async with on_qq(way="reverse") as place, place.running():
        place.qq.refusals |= {"get_group_list": (1200, "风控"), "get_group_member_info": (1404, "?")}
        with pytest.raises(Rejected, match=r"^QQ refuses it: 风控$"):
            await place.adapter.look(place.adapter.rooms)
        del place.qq.refusals["get_group_list"]
        assert await place.adapter.look(place.adapter.rooms) == {place.room: None}, "nobody can tell"


async def listening(port):
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                return writer.close()
            except OSError:
                await asyncio.sleep(0.01)
