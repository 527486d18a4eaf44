"""Looking at rooms: what is wrong with each, as a sentence."""

import asyncio

import pytest

from bridge import ConnectionLost, RoomId, RoomUnavailable, preflight


async def test_each_room_has_its_sentence():
    async def look(room, config):
        match config:
            case "banned":
                raise RoomUnavailable(f"hubbub is banned from {room}: ask its owner")
            case "silent":
                raise TimeoutError
            case "odd":
                return "this is not a room"

    rooms = {RoomId(name): name for name in ("banned", "fine", "odd", "silent")}
    assert await preflight(rooms, look) == {
        "banned": "hubbub is banned from banned: ask its owner",
        "fine": None,
        "odd": "this is not a room",
        "silent": "silent does not answer",
    }


async def test_what_is_about_the_connection_is_raised():
    async def look(room, config):
        raise ConnectionLost("over")

    with pytest.raises(ConnectionLost):
        await preflight({RoomId("lobby"): None}, look)


async def test_a_few_are_looked_at_at_once():
    now, most = 0, 0

    async def look(room, config):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        now -= 1

    rooms = {RoomId(str(number)): None for number in range(20)}
    assert await preflight(rooms, look, at_once=3) == dict.fromkeys(rooms)
    assert most == 3
