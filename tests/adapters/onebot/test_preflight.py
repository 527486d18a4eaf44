"""`hubbub check --online`: sentences for the owner."""

import time

import pytest

from bridge import AuthenticationFailed, ConnectionLost, RoomId

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
        with pytest.raises(ConnectionLost, match="is the implementation running"):
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
