"""A stream outlives the attempts to come back that fail (XEP-0198 section 5), on real servers."""

import contextlib

import pytest

from adapters.xmpp import Adapter
from bridge import CatchUp, ConnectionLost, RoomState, plain
from tests.adapters.xmpp.harness import Server as Scripted
from tests.adapters.xmpp.harness import adapter, failure, message, running
from tests.e2e.proxy import Proxy

END = b"</stream:stream>"


@pytest.fixture
async def proxy(server):
    proxy = Proxy(server.port)
    await proxy.start()
    yield proxy
    await proxy.cut()


async def attempt(made, rooms):
    """A connection that ends before it stands."""
    async with running(made, rooms, joined=False) as ears:
        assert isinstance(await failure(ears.task), ConnectionLost)


@contextlib.asynccontextmanager
async def lost(server, proxy, name):
    """An adapter whose connection was cut, in a room that is talked in; it asks for no history."""
    config = Adapter.NetworkConfig(
        jid=f"hubbub@{server.domain}", password="hubbub", server="127.0.0.1", port=proxy.port, tls="none"
    )
    made, room = Adapter("home", config, "I am a bridge."), f"{name}@{server.rooms}"
    made.catch_up = CatchUp(max_messages=0)
    rooms = {room: made.RoomConfig(create=True)}
    async with running(made, rooms, joined=False) as ears:
        await ears.state(RoomState.JOINED, room)
        alice = await server.person("alice", room)
        await alice.say(plain("before"))
        await ears.said()
        await proxy.cut()
        assert isinstance(await failure(ears.task), ConnectionLost)
    for n in range(12):
        await alice.say(plain(f"away {n}"))
    yield made, rooms, alice


@pytest.mark.parametrize("words", [None, b"<success", b"<resumed"])
async def test_an_attempt_that_fails_keeps_the_stream(server, proxy, words):
    """Refused, cut during the login, or when the server has resumed already and we do not know it."""
    name = "resumption" + (words or b"").decode().replace("<", "-")
    async with lost(server, proxy, name) as (made, rooms, alice):
        if words is not None:
            proxy.swap = (words, END)
            await proxy.start()
        for _ in range(2):
            await attempt(made, rooms)
            await alice.say(plain("again"))
        proxy.swap = None
        if words is None:
            await proxy.start()
        async with running(made, rooms, joined=False) as ears:
            told = [(await ears.said()).content.text for _ in range(14)]
            await alice.say(plain("now"))
            assert (await ears.said()).content.text == "now"
    assert told == [*(f"away {n}" for n in range(12)), "again", "again"]


async def test_what_came_with_the_end_was_heard():
    """The connection stood for one read: what was in it is not asked for again."""
    asked = []

    def answer(element):
        if not element.tag.endswith("}resume"):
            return None
        asked.append(int(element.get("h")))
        return "<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='5'/>" + message("alice", "late") + END.decode()

    async with Scripted() as server:
        made = adapter(server.port)
        async with running(made) as ears:
            await server.hears("enable")
            server.cut()
            await failure(ears.task)
        server.answer = answer
        for _ in range(2):
            async with running(made, joined=False) as ears:
                assert (await ears.said()).content.text == "late"
                assert isinstance(await failure(ears.task), ConnectionLost)
    assert asked[1] == asked[0] + 1


async def test_what_a_stranger_says_before_the_login_is_not_counted():
    """XEP-0198 section 4: the count begins when the stream is resumed."""
    async with Scripted() as server:
        made = adapter(server.port)
        async with running(made) as ears:
            await server.hears("enable")
            server.cut()
            await failure(ears.task)

        def answer(element):
            if element.tag.endswith("}auth"):
                server.say(message("alice", "forged"))
            if element.tag.endswith("}resume"):
                return "<resumed xmlns='urn:xmpp:sm:3' previd='sm1' h='5'/><r xmlns='urn:xmpp:sm:3'/>"
            return None

        server.answer = answer
        async with running(made):
            asked, told = await server.hears("resume"), await server.hears("a")
    assert asked.get("h") == told.get("h")
