"""People from elsewhere get their pictures beside what is sent."""

import asyncio
import contextlib

import pytest

from bridge.adapter import Avatar
from bridge.errors import RateLimited, TemporaryFailure
from bridge.kit import AvatarKeeper
from bridge.model import RoomId
from bridge.testing import HandClock

ROOM = RoomId("room")


class Gallery:
    """Gives each person a picture of their own."""

    def __init__(self):
        self.asked = []
        self.open = asyncio.Event()
        self.open.set()
        self.errors = []

    async def of(self, room, key):
        self.asked.append(key)
        await self.open.wait()
        if self.errors:
            raise self.errors.pop()
        return Avatar(key.encode(), "image/png", 1, f"{key} {self.asked.count(key)}")


@contextlib.asynccontextmanager
async def keeping(gallery, show=None):
    shown, clock = [], HandClock()

    async def note(key, avatar):
        if show is not None:
            await show(key)
        shown.append(avatar.sha1)

    keeper = AvatarKeeper(gallery, note, clock)
    task = asyncio.ensure_future(keeper.run())
    try:
        yield keeper, shown, clock
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def settled():
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_is_seen_is_asked_about_once_an_hour():
    gallery = Gallery()
    async with keeping(gallery) as (keeper, shown, clock):
        for _ in range(5):
            keeper.see(ROOM, "ada")
            await settled()
        assert shown == ["ada 1"]
        clock.move(3601)
        keeper.see(ROOM, "ada")
        await settled()
        assert shown == ["ada 1", "ada 2"]


async def test_a_change_counts_for_those_who_were_seen():
    gallery = Gallery()
    async with keeping(gallery) as (keeper, shown, _):
        keeper.changed(ROOM, "ada")
        await settled()
        assert gallery.asked == []
        gallery.open.clear()
        keeper.see(ROOM, "ada")
        await settled()
        for _ in range(5):
            keeper.changed(ROOM, "ada")
            await settled()
        assert gallery.asked == ["ada"], "one question at a time for one person"
        gallery.open.set()
        await settled()
        assert shown == ["ada 1", "ada 2"]


async def test_few_are_asked_about_at_once_and_all_in_the_end():
    gallery = Gallery()
    gallery.open.clear()
    async with keeping(gallery) as (keeper, shown, _):
        for number in range(30):
            keeper.see(ROOM, f"{number}")
        await settled()
        assert len(gallery.asked) == 8
        gallery.open.set()
        for _ in range(10):
            await settled()
        assert len(shown) == 30


@pytest.mark.parametrize(("error", "pause"), [(TemporaryFailure("no"), 61), (RateLimited("slow", 900), 901)])
async def test_what_failed_is_tried_again_later_whether_they_speak_or_not(error, pause):
    gallery = Gallery()
    gallery.errors = [error]
    async with keeping(gallery) as (keeper, shown, clock):
        keeper.see(ROOM, "ada")
        for seconds in (0, pause - 10, 20):
            clock.move(seconds)
            await settled()
        assert shown == ["ada 2"]


async def test_a_bug_costs_one_picture(caplog):
    async def show(key):
        if key == "ada":
            raise ValueError("oh")

    async with keeping(Gallery(), show) as (keeper, shown, _):
        keeper.see(ROOM, "ada")
        keeper.see(ROOM, "bob")
        await settled()
        assert shown == ["bob 1"]
        assert "a bug" in caplog.text


async def test_where_nobody_relays_nobody_is_asked():
    async with keeping(None) as (keeper, _, _):
        keeper.see(ROOM, "ada")
        keeper.changed(ROOM, "ada")
        assert not keeper._due
