"""Whose names are borne in a room, as the adapters were told: by people who say nothing, on real servers."""

import asyncio
import contextlib
from functools import partial

import pytest

from bridge.model import Change, MemberChanged, plain
from tests.adapters.places import demo_server, new_place


@pytest.fixture(scope="module", params=["irc", "xmpp", "matrix"])
def protocol(request):
    return request.param


@pytest.fixture(scope="module")
async def server(protocol, tmp_path_factory):
    async with demo_server(protocol, tmp_path_factory.mktemp("server")) as server:
        yield server


async def changed(place, what):
    async with asyncio.timeout(30):
        while not (isinstance(event := await place.events.get(), MemberChanged) and event.change is what):
            pass
        return event


async def test_who_is_silent_is_present(protocol, server):
    async with new_place(protocol, *server) as place, contextlib.AsyncExitStack() as stack:

        async def comes(name):
            person = await place.demo.person(name, place.room)
            stack.push_async_callback(person.leave)
            return person

        is_present = partial(place.adapter.is_present, place.room)
        assert not is_present(place.person.name), "nothing is known before it runs"
        async with place.running():
            if protocol == "matrix":  # members are told of as they speak ("Lazy-loading room members")
                await place.person.say(plain("hi"))
                await place.said()
            assert is_present(place.person.name), "who was there before the bridge came"
            assert not is_present("Bob")
            bob = await comes("Bob")
            await changed(place, Change.JOINED)
            assert [is_present(name) for name in ("Bob", "bob", "<BOB>", "bobby")] == [
                True,
                True,
                True,
                False,
            ]
            await bob.rename("Rob")
            await changed(place, Change.RENAMED)
            assert [is_present(name) for name in ("Bob", "Rob")] == [False, True]
            if protocol == "matrix":  # who goes home stays in the room there
                await bob._call("POST", f"{bob._here}/leave", {})
            else:
                await bob.leave()
            await changed(place, Change.LEFT)
            assert not is_present("Rob")
            assert not any(map(is_present, ("hubbub", "Hubbub"))), "the bridge is nobody"
