"""The pictures of people: asked for once, kept for an hour, and never somebody else's."""

import asyncio
import contextlib

import pytest

from bridge.adapter import AVATAR_LIMIT
from bridge.boundary import Guarded
from bridge.errors import ConnectionLost, RateLimited, Rejected, TemporaryFailure, Unsupported
from bridge.identity.avatars import AvatarCache
from bridge.media.pictures import Pictures
from bridge.model import Change, MemberChanged, RoomId, Sender, UserId
from bridge.testing import HandClock, ScriptedAdapter, ScriptedNetwork
from tests.bridge.media.test_files import picture
from tests.bridge.world import config, running

ONE, TWO = RoomId("one"), RoomId("two")
ADA = "left/ada"


class Gallery(ScriptedAdapter):
    """A network of one test, where people have the pictures that it wants."""

    def __init__(self, **people):
        ScriptedNetwork("left")
        super().__init__("left", self.NetworkConfig(server="left"), "")
        self.people = people
        """What becomes of a question for somebody."""
        self.asked = []
        self.at_once = self.most = 0
        self.open = asyncio.Event()
        self.open.set()

    async def avatar(self, room, user):
        self.asked.append(user)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await self.open.wait()
        finally:
            self.at_once -= 1
        found = self.people.get(user)
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture
async def pictures():
    pictures = Pictures()
    yield pictures
    await pictures.close()


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def look(pictures, clock):
    """What a room of another network is told of somebody there."""

    def make(gallery):
        gallery.cache = AvatarCache(pictures, lambda network, room: [(gallery, ONE)], clock)
        return lambda key=ADA: gallery.cache.beside("right").of(TWO, key)

    return make


async def test_a_person_is_asked_for_once_an_hour(look, clock):
    gallery = Gallery(ada=picture(300, 300))
    of = look(gallery)
    found = await of()
    assert (found.side, found.type) == (192, "image/jpeg")
    assert await of() is found
    clock.move(3601)
    assert await of() == found
    assert gallery.asked == ["ada"] * 2


async def test_whoever_asks_meanwhile_waits_for_the_same_answer(look):
    gallery = Gallery(ada=picture(), bob=None)
    of = look(gallery)
    gallery.open.clear()
    asking = [asyncio.ensure_future(of(key)) for key in (ADA, ADA, "left/bob", ADA)]
    await asyncio.sleep(0.01)
    gallery.open.set()
    ada, again, bob, third = await asyncio.gather(*asking)
    assert ada is again is third
    assert ada is not None
    assert bob is None
    assert sorted(gallery.asked) == ["ada", "bob"]


async def test_one_who_gives_up_leaves_the_question_to_the_next(look):
    gallery = Gallery(ada=picture())
    of = look(gallery)
    gallery.open.clear()
    first, second = asyncio.ensure_future(of()), asyncio.ensure_future(of())
    await asyncio.sleep(0.01)
    first.cancel()
    gallery.open.set()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    look_again = asyncio.ensure_future(second)
    assert (await gallery.cache._clock.hurry(look_again)) is not None


async def test_few_are_asked_for_at_once(look):
    gallery = Gallery()
    of = look(gallery)
    gallery.open.clear()
    asking = [asyncio.ensure_future(of(f"left/{number}")) for number in range(20)]
    await asyncio.sleep(0.01)
    gallery.open.set()
    assert await asyncio.gather(*asking) == [None] * 20
    assert gallery.most == 3


async def test_a_changed_picture_is_asked_for_anew_and_not_all_the_time(look, clock):
    gallery = Gallery(ada=picture(20, 20))
    of = look(gallery)
    before = await of()
    for side in (30, 40, 50):
        gallery.people["ada"] = picture(side, side)
        gallery.cache.forget(ADA)
    asking = asyncio.ensure_future(of())
    await asyncio.sleep(0.05)
    assert gallery.asked == ["ada"], "who changes their picture again and again is no burden"
    clock.move(21)
    assert (await asking).side == 50
    assert (await of()).sha1 != before.sha1
    assert gallery.asked == ["ada"] * 2


async def test_what_changes_while_it_is_asked_for_is_not_kept(look, clock):
    gallery = Gallery(ada=picture(20, 20))
    of = look(gallery)
    gallery.open.clear()
    asking = asyncio.ensure_future(of())
    await asyncio.sleep(0.01)
    gallery.cache.forget(ADA)
    gallery.open.set()
    await asking
    gallery.people["ada"] = None
    assert await clock.hurry(of()) is None, "the picture of who removed theirs is gone"


async def test_what_cannot_be_learnt_now_is_no_missing_picture(look, clock):
    gallery = Gallery(ada=ConnectionLost("away"))
    of = look(gallery)
    for _ in range(3):
        with pytest.raises(TemporaryFailure, match="away"):
            await of()
    assert gallery.asked == ["ada"], "a failure is remembered"
    gallery.people["ada"] = picture()
    clock.move(301)
    assert await of() is not None


async def test_a_network_that_asks_to_wait_is_obeyed(look, clock):
    gallery = Gallery(ada=RateLimited("slower", 1000.0))
    of = look(gallery)
    for _ in range(2):
        with pytest.raises(TemporaryFailure):
            await of()
        clock.move(900)
    assert len(gallery.asked) == 1


@pytest.mark.parametrize(
    "found", [Rejected("too large"), b"", b"no picture", b"<svg xmlns=''/>", picture()[:50]]
)
async def test_what_cannot_be_shown_is_no_picture(look, found):
    assert await look(Gallery(ada=found))() is None


async def test_where_nobody_has_pictures_that_is_no_answer(look):
    gallery = Gallery(**{f"{number}": Unsupported("no pictures here") for number in range(600)})
    of = look(gallery)
    for number in range(1000):
        with pytest.raises(Unsupported, match="no pictures here"):
            await of(f"left/{number % 600}")
    assert not gallery.cache._known, "they take nobody's place"


async def test_nobody_gets_the_picture_of_somebody_on_another_network(look):
    gallery = Gallery(ada=picture())
    of = look(gallery)
    with pytest.raises(TemporaryFailure):
        await of("other/ada")
    assert gallery.asked == []


async def test_who_is_in_one_of_several_rooms_is_found(pictures, clock):
    """Rooms of one network know their people by names of their own."""

    class Rooms(Gallery):
        async def avatar(self, room, user):
            if room != TWO:
                raise TemporaryFailure("not here")
            return await super().avatar(room, user)

    gallery = Rooms(ada=picture())
    cache = AvatarCache(pictures, lambda network, room: [(gallery, one) for one in (ONE, TWO)], clock)
    assert await cache.of("right", TWO, ADA) is not None
    cache = AvatarCache(pictures, lambda network, room: [(gallery, one) for one in (TWO, ONE)], clock)
    with pytest.raises(TemporaryFailure, match="not here"):
        await cache.of("right", TWO, "left/bob")


async def test_so_many_are_remembered_and_no_more(look, monkeypatch):
    gallery = Gallery()
    of = look(gallery)
    for number in range(600):
        await of(f"left/{number}")
    assert len(gallery.cache._known) == len(gallery.cache._asked) == 500
    assert not gallery.cache._turns
    assert not gallery.cache._asking


@pytest.mark.parametrize("found", ["text", bytearray(b"x"), b"x" * (AVATAR_LIMIT + 1)])
async def test_an_adapter_that_gives_something_else_is_stopped(found):
    class Wrong(ScriptedAdapter):
        async def avatar(self, room, user):
            return found

    ScriptedNetwork("left")
    guarded = Guarded(Wrong, "left", Wrong.NetworkConfig(server="left"), "")
    with pytest.raises((Unsupported, Rejected)):
        await guarded.avatar(ONE, UserId("ada"))


async def test_an_adapter_that_fails_at_it_costs_nothing_else(caplog):
    class Wrong(ScriptedAdapter):
        async def avatar(self, room, user):
            raise KeyError(user)

        def pictured(self, room, key):
            raise KeyError(key)

    ScriptedNetwork("left")
    guarded = Guarded(Wrong, "left", Wrong.NetworkConfig(server="left"), "")
    with pytest.raises(Unsupported):
        await guarded.avatar(ONE, UserId("ada"))
    guarded.pictured(ONE, "right/bob")
    assert "in avatar" in caplog.text
    assert "in pictured" in caplog.text


async def test_a_change_is_told_where_the_person_is_heard_and_shown_to_nobody(tmp_path):
    left, right, far = ScriptedNetwork("left"), ScriptedNetwork("right"), ScriptedNetwork("far")
    ada = UserId("ada!user@host")
    left.speakers.avatars[ada] = picture(40, 40)
    rooms = {"tea": ["left one", "right two"], "other": ["left four", "far three"]}
    async with running(config(tmp_path, rooms)) as bridge:
        avatars = bridge.adapter("right").avatars
        assert (await avatars.of(TWO, f"left/{ada}")).side == 40
        with pytest.raises(TemporaryFailure):
            await bridge.adapter("far").avatars.of(RoomId("nowhere"), "left/bob")
        left.announce(MemberChanged(room=ONE, sender=Sender(ada, "ada"), change=Change.PICTURED))
        assert right.speakers.pictured == [(TWO, f"left/{ada}")]
        assert far.speakers.pictured == left.speakers.pictured == []
        left.say("one", "ada", "hello")
        await right.until(1)
        assert right.texts("two") == ["<ada> hello"]
