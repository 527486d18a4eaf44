"""The pictures of people in rooms of a real Synapse, and of those from elsewhere, as others see them."""

import asyncio
import contextlib
import io

import nio
import pytest
from PIL import Image

from adapters.matrix.testing import SERVER
from bridge import Authorship, Change, MemberChanged, Rejected, Speaker, TemporaryFailure, UserId
from tests.adapters.elsewhere import Elsewhere
from tests.adapters.matrix.test_puppets import ADA, ADA_ID, BOB, HERE, Room, heard
from tests.adapters.matrix.test_puppets_contract import serving
from tests.people import picture

RED, BLUE = picture(20, 20), picture(30, 30)
BOB_ID = HERE.user_of(BOB.key)


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    async with serving(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
async def room(server, tmp_path):
    Room.count += 100
    room = Room(server, tmp_path)
    room.owner = await server.person("olga", room.room)
    room.wire, room.token = await server.room(room.room), server._owner
    room.reader = nio.AsyncClient(server.url, f"@owner:{SERVER}")
    room.reader.access_token = room.token
    yield room
    await room.reader.close()
    await room.owner.leave()


async def look(room, user):
    """Somebody's picture, by their profile and by the room; None: they have none."""
    told = await room.reader.get_avatar(user)
    address = told.avatar_url if isinstance(told, nio.ProfileGetAvatarResponse) else None
    assert ((await room.member(user)).get("avatar_url") or None) == address
    return (await room.reader.download(address)).body if address else None


async def seen(room, user, wanted):
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(AssertionError):  # it comes into rooms when the homeserver has time
                if (await look(room, user)) == wanted:
                    return
            await asyncio.sleep(0.05)


async def wear(room, data, type_="image/png"):
    """Let the owner of the room have another picture."""
    address = ""
    if data:
        answer, _ = await room.reader.upload(io.BytesIO(data), type_, filesize=len(data))
        address = answer.content_uri
    path = f"/_matrix/client/v3/profile/@owner:{SERVER}/avatar_url"
    await room.server.call("PUT", path, room.token, {"avatar_url": address})
    return address


def uploads(room):
    """How many pictures the homeserver has."""
    return len(
        [path for path in (room.server.folder / "media" / "local_content").rglob("*") if path.is_file()]
    )


async def test_people_from_elsewhere_are_seen_as_they_look_at_home(room):
    room.avatars = Elsewhere({ADA.key: RED, BOB.key: TemporaryFailure("no pictures there")})
    room.avatars.open.clear()
    async with room.bridge() as core:
        await room.say(ADA, "hello")
        await room.say(BOB, "and I")
        assert await heard(room, 2) == [("Ada", "hello"), ("Bob", "and I")], "no word waits for a picture"
        before = uploads(room)
        room.avatars.open.set()
        await seen(room, ADA_ID, RED)
        await room.say(Speaker(Authorship.PUPPET, "Countess", ADA.key), "and renamed")
        await seen(room, ADA_ID, RED)
        assert await look(room, BOB_ID) is None
        room.avatars.people |= {ADA.key: BLUE, BOB.key: BLUE}
        for key in (ADA.key, BOB.key):
            room.adapter.pictured(room.room, key)
        await seen(room, ADA_ID, BLUE)
        await seen(room, BOB_ID, BLUE)
        assert uploads(room) == before + 2, "each picture goes up once"
        room.avatars.people[ADA.key] = None
        room.adapter.pictured(room.room, ADA.key)
        await seen(room, ADA_ID, None)
        await asyncio.sleep(0.3)
        assert not [one for one in drained(core) if isinstance(one, MemberChanged)]


def drained(core):
    return [core.events.get_nowait() for _ in range(core.events.qsize())]


async def test_a_restart_uploads_nothing_again_and_takes_away_what_is_gone(room):
    room.avatars = Elsewhere({ADA.key: RED, BOB.key: RED})
    async with room.bridge():
        await room.say(ADA, "hello")
        await room.say(BOB, "hello")
        await seen(room, ADA_ID, RED)
        await seen(room, BOB_ID, RED)
    before, told = uploads(room), await room.reader.get_avatar(ADA_ID)
    room.avatars = Elsewhere({ADA.key: RED, BOB.key: None})
    async with room.bridge():
        await room.say(Speaker(Authorship.PUPPET, "Countess", ADA.key), "again, and renamed")
        await room.say(BOB, "again")
        await seen(room, BOB_ID, None)
        await seen(room, ADA_ID, RED)
    assert uploads(room) == before
    assert (await room.reader.get_avatar(ADA_ID)).avatar_url == told.avatar_url


async def test_people_of_the_room_have_the_pictures_that_they_show(room):
    owner = UserId(f"@owner:{SERVER}")
    await wear(room, None)
    async with room.bridge() as core:
        assert await room.adapter.avatar(room.room, owner) is None
        await wear(room, RED)
        assert (await changed(core)).id == owner
        assert size(await room.adapter.avatar(room.room, owner)) == (20, 20)
        await wear(room, picture(1000, 1000))
        await changed(core)
        small = await room.adapter.avatar(room.room, owner)
        assert size(small) == (240, 240), "the homeserver makes it smaller"
        await wear(room, b"this is no picture at all")
        await changed(core)
        assert await room.adapter.avatar(room.room, owner) == b"this is no picture at all"
        await wear(room, b"x" * (2**20 + 1))
        await changed(core)
        with pytest.raises(Rejected, match="more than"):
            await room.adapter.avatar(room.room, owner)
        await wear(room, None)
        await changed(core)
        assert await room.adapter.avatar(room.room, owner) is None
        with pytest.raises(TemporaryFailure):
            await room.adapter.avatar(room.room, UserId(f"@nobody:{SERVER}"))


def size(data):
    with Image.open(io.BytesIO(data)) as found:
        return found.size


async def changed(core):
    """The next news of a picture: the only news."""
    event = await core.next(MemberChanged)
    assert event.change is Change.PICTURED
    return event.sender
