"""The contract of all adapters, with a bot by plain WebSocket as the person."""

import asyncio

import pytest
import websockets

from bridge.model import RoomState, RoomStateChanged, plain
from bridge.testing import AdapterContract
from tests.adapters.bots.places import new_place


@pytest.fixture
async def place(tmp_path):
    async with new_place(tmp_path) as place:
        yield place


@pytest.fixture
async def doomed(place):
    return place


class TestContract(AdapterContract):
    async def test_the_end_of_the_server_ends_the_run(self, doomed):
        """Hubbub is the server, and waits for the next bot: without one, no room is joined."""
        async with doomed.running() as run:
            await doomed.demo.stop()
            event = await doomed.events.get()
            assert isinstance(event, RoomStateChanged)
            assert event.state is RoomState.JOINING
            assert not run.done()

    async def test_what_is_missed_is_read_or_said_to_be_missing(self, place):
        """A bot cannot say anything while nobody listens, so that nothing is missed."""
        async with place.running():
            await place.person.say(plain("before"))
            await place.said()
        with pytest.raises(OSError):
            await websockets.connect(place.person.url, proxy=None)
        async with place.running():
            assert place.caught_up
            assert not place.past
            await place.person.say(plain("after"))
            assert (await place.said()).content == plain("after")

    async def test_many_at_once_both_ways_are_all_there_and_in_order(self, place):
        """The bot does not wait for its answers, which come when its words are durable."""
        async with place.running():
            await place.person.group()
        place.person.patient = False
        await super().test_many_at_once_both_ways_are_all_there_and_in_order(place)

    async def test_what_was_not_durable_comes_again_or_is_said_to_be_missing(self, place):
        """The bot has no answer, and so knows that it was not heard."""
        async with place.running():
            await place.person.group()
            place.core.hold()
            saying = asyncio.ensure_future(place.person.say(plain("taken too early")))
            await place.said()
        await asyncio.wait([saying])
        assert saying.cancelled(), "its connection ended before the answer"

    async def test_who_goes_by_another_name_is_not_present_by_the_old_one(self, place):
        """The bot's name stands in the configuration: nobody takes another one."""
        async with place.running():
            for name in ("pricebot", "PriceBot"):
                assert place.adapter.is_present(place.room, name)
            await place.deliver(plain("<alice> hello"))
            assert not place.adapter.is_present(place.room, "alice")
