"""Rooms that are not there, on real servers: nothing is made that was destroyed, and nothing destroyed."""

import contextlib

import pytest

from adapters.xmpp import Adapter
from adapters.xmpp.rooms import refusals, rooms
from bridge import RoomState, plain
from tests.adapters.xmpp.harness import command, give, running
from tests.adapters.xmpp.places import Prosody, witness

OWNER = "<query xmlns='http://jabber.org/protocol/muc#owner'>{}</query>"
DISCO = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
PERSISTENT = (
    "<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>"
    "http://jabber.org/protocol/muc#roomconfig</value></field><field var='muc#roomconfig_persistentroom'>"
    "<value>1</value></field></x>"
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(rooms, "_FIRST_PAUSE", 0.2)
    monkeypatch.setattr(refusals, "_SOON", 0.2)


class PastRules(Prosody):
    """Where a room stays until its owner destroys it, whoever made it."""

    def settings(self):
        return super().settings() + "  muc_room_default_persistent = true\n"


def adapter(server):
    config = Adapter.NetworkConfig(
        jid=f"hubbub@{server.domain}", password="hubbub", server="127.0.0.1", port=server.port, tls="none"
    )
    return Adapter("home", config, "I am a bridge.")


@contextlib.asynccontextmanager
async def stranger(server, name):
    """Somebody who is elsewhere."""
    async with witness(server, f"stranger{name}", f"elsewhere-{name}@{server.rooms}") as someone:
        yield someone


async def exists(someone, room):
    """Whether the room does, as its server tells whoever asks."""
    try:
        await someone._stream.ask("get", room, DISCO)
    except OSError:
        return False
    return True


async def destroy(owner, room, to=""):
    await owner._stream.ask("set", room, OWNER.format(f"<destroy {to}><reason>too old</reason></destroy>"))


async def never_made(server):
    made, room = adapter(server), f"never@{server.rooms}"
    assert "set create: true" in (await made.look({room: made.RoomConfig()}))[room]
    async with (
        stranger(server, "never") as someone,
        running(made, {room: made.RoomConfig()}, joined=False) as ears,
    ):
        for _ in range(2):
            assert "set create: true" in await ears.state(RoomState.REFUSED, room)
        assert not await exists(someone, room)
        async with witness(server, "maker", room) as maker:
            await ears.state(RoomState.JOINED, room)
            await maker.say(plain("here"))
            assert (await ears.said()).content == plain("here")


async def test_a_room_that_never_was_is_not_made(server):
    """Without `create`; whoever is asked to make it can, and it is entered then."""
    await never_made(server)


async def test_where_rooms_stay(tmp_path):
    """Prosody would keep the name of a room that was destroyed for a month."""
    server = PastRules(tmp_path)
    try:
        await server.start()
        await server.register("hubbub", "hubbub")
        await never_made(server)
    finally:
        await server.stop()


@pytest.mark.parametrize("persistent", [False, True])
async def test_a_room_that_its_owner_destroyed(server, persistent):
    """XEP-0045 section 10.9: `create` does not make it again, also not after a restart; another may."""
    name, positions = f"old{persistent:d}", {}
    room, new = f"{name}@{server.rooms}", f"new@{server.rooms}"
    wanted = {room: Adapter.RoomConfig(create=True)}
    async with stranger(server, name) as someone, witness(server, f"owner{name}", room) as owner:
        async with running(adapter(server), wanted, joined=False, positions=positions) as ears:
            await ears.state(RoomState.JOINED, room)
            if persistent:
                await owner._stream.ask("set", room, OWNER.format(PERSISTENT))
            await destroy(owner, room, f"jid='{new}'")
            for _ in range(3):
                told = await ears.state(RoomState.REFUSED, room)
                assert "was destroyed (too old)" in told
                assert f"write {new} into the map" in told
        made = adapter(server)
        async with running(made, wanted, joined=False, positions=positions) as ears:
            assert f"write {new} into the map" in await ears.state(RoomState.REFUSED, room)
            assert not await exists(someone, room)
            if persistent and isinstance(server, Prosody):
                assert f"write {new} into the map" in (await made.look(wanted))[room]
                return
            async with witness(server, f"heir{name}", room) as heir:
                await ears.state(RoomState.JOINED, room)
                await give(made, command(room=room))
                assert (await heir.heard.get()).content == plain("hello")
        async with running(made, wanted, joined=False, positions=positions) as ears:
            await ears.state(RoomState.JOINED, room)  # it may be made as any other now


async def test_a_room_that_was_destroyed_while_we_were_away(server):
    """It was to stay, and is not there: somebody destroyed it."""
    room, positions = f"meanwhile@{server.rooms}", {}
    wanted = {room: Adapter.RoomConfig(create=True)}
    async with witness(server, "founder", room) as owner:
        await owner._stream.ask("set", room, OWNER.format(PERSISTENT))
        async with running(adapter(server), wanted, joined=False, positions=positions) as ears:
            await ears.state(RoomState.JOINED, room)
        await destroy(owner, room)
    for _ in range(2):
        async with running(adapter(server), wanted, joined=False, positions=positions) as ears:
            assert "take it out of the map" in await ears.state(RoomState.REFUSED, room)


async def test_a_room_that_nobody_was_left_in(server):
    """Nobody destroyed it: `create` makes it again."""
    room, positions = f"empty@{server.rooms}", {}
    for _ in range(2):
        async with running(
            adapter(server), {room: Adapter.RoomConfig(create=True)}, joined=False, positions=positions
        ) as ears:
            await ears.state(RoomState.JOINED, room)
