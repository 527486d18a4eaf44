"""Rooms that are made for some people, and who is away, on Prosody and on ejabberd."""

import asyncio
import contextlib

import pytest

from adapters.xmpp import Adapter
from bridge import Rejected, RoomId, RoomState, RoomStateChanged, UserId, plain
from tests.adapters.xmpp.harness import command, give, running
from tests.adapters.xmpp.places import Prosody, Witness
from tests.adapters.xmpp.servers import Ejabberd

INVITED = "{jabber:x:conference}x"


@pytest.fixture(scope="module", params=[Prosody, Ejabberd])
async def server(request, tmp_path_factory):
    server = request.param(tmp_path_factory.mktemp("server"))
    await server.start()
    await server.register("hubbub", "hubbub")
    server.known = set()
    yield server
    await server.stop()


@contextlib.asynccontextmanager
async def at(server, name, room, user=None):
    """A witness in a room, with an account for each name."""
    user = user or name
    if user not in server.known:
        server.known.add(user)
        await server.register(user, user)
    person = Witness(server, name, room, user)
    await person.join(server.port)
    try:
        yield person
    finally:
        await person.leave()


@contextlib.asynccontextmanager
async def bridge(server, *rooms, positions=None):
    config = Adapter.NetworkConfig(
        jid=f"hubbub@{server.domain}", password="hubbub", server="127.0.0.1", port=server.port, tls="none"
    )
    made = Adapter("home", config, "I am a bridge.")
    served = {RoomId(room): Adapter.RoomConfig(create=True) for room in rooms}
    async with running(made, served, joined=False, positions=positions) as ears:
        for _ in rooms:
            while (await ears.hears(RoomStateChanged)).state is not RoomState.JOINED:
                pass
        yield made, ears


async def until(true):
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


def who(made, room, name):
    return next((one.id for one in made.people(room) if one.name == name), UserId(""))


async def test_a_room_is_made_for_who_is_invited_alone_and_outlives_a_restart(server):
    """XEP-0045 sections 10.1, 9.3 and 10.9; XEP-0249."""
    lobby, plain_room = f"lobby@{server.rooms}", Adapter.RoomConfig()
    async with (
        bridge(server, lobby) as (made, ears),
        at(server, "ann", lobby) as ann,
        at(server, "eve", lobby) as eve,
        at(server, "zed", f"desk-1@{server.rooms}"),
    ):
        await until(lambda: who(made, lobby, "ann") and who(made, lobby, "eve"))
        room = await made.make_room("desk-1", "Zoë & co", [who(made, lobby, "ann")])
        assert room == f"desk-1-2@{server.rooms}"
        told = await ann.sees(INVITED)
        invitation = told.find(INVITED)
        assert (invitation.get("jid"), invitation.get("reason")) == (room, "Zoë & co")
        # so that servers copy and keep it for ann's other clients
        assert told.findtext("{jabber:client}body") == f"Zoë & co xmpp:{room}?join"
        await made.serve({RoomId(lobby): plain_room, room: plain_room})
        await ears.until_joined(room)
        async with at(server, "ann2", room, "ann") as inside:
            await inside.say(plain("I am here"))
            said = await ears.said()
            assert (said.room, said.content) == (room, plain("I am here"))
            await give(made, command("hello", "1.ab", room))
            assert (await inside.heard.get()).content == plain("hello")
            with pytest.raises(Exception, match="registration-required"):
                async with asyncio.timeout(5), at(server, "eve2", room, "eve"):
                    pass
            await made.invite(room, [who(made, lobby, "eve")])
            await eve.sees(INVITED)
            with pytest.raises(Rejected, match="is in no room where hubbub is"):
                await made.invite(room, [UserId("nobody")])
    async with bridge(server, lobby, room) as (made, ears), at(server, "eve2", room, "eve") as eve:
        await made.unmake(room)
        await until(lambda: eve.gone)
        assert room not in made.rooms


async def test_who_is_away_is_known(server):
    """RFC 6121 section 4.7.2.1: of who is there already, and as it changes."""
    room = f"away@{server.rooms}"
    async with at(server, "ann", room) as ann, at(server, "bob", room) as bob:
        ann.show("dnd")
        async with bridge(server, room) as (made, _):

            def knows(name, is_away):
                return made.is_away(RoomId(room), who(made, room, name)) is is_away

            await until(lambda: knows("ann", True) and knows("bob", False))
            bob.show("xa")
            ann.show("chat")
            await until(lambda: knows("ann", False) and knows("bob", True))
            assert made.is_away(RoomId(room), UserId("nobody")) is None
