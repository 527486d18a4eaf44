"""Rooms that are made for some people, and who is away, on a real Synapse that tells of presence."""

import asyncio
import json
from urllib.parse import quote

import pytest

from adapters.matrix import Adapter
from adapters.matrix.testing import SERVER, Demo
from bridge import Rejected, RoomId, UserId

from .core import Core, message
from .test_synapse import adapter_for, alias, create

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANN, EVE = UserId(f"@ann:{SERVER}"), UserId(f"@eve:{SERVER}")


class Attentive(Demo):
    """With presence."""

    def _command(self, port):
        command = super()._command(port)
        settings = self.folder / "homeserver.yaml"
        free = {"rc_presence": {"per_user": {"per_second": 1000, "burst_count": 1000}}}
        changed = {**json.loads(settings.read_text()), "presence": {"enabled": True}, **free}
        settings.write_text(json.dumps(changed))
        return command


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    made = Attentive(tmp_path_factory.mktemp("synapse"))
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


@pytest.fixture(scope="module")
async def tokens(server):
    """Ann's and Eve's; both are in a lobby, and have said nothing there."""
    found = {name: await server.register(name, name) for name in ("ann", "eve")}
    await create(server, found["ann"], "desk")
    await call(server, found["eve"], "POST", f"join/{quote(alias('desk'))}", {})
    return found


async def call(server, token, method, path, body=None):
    return await server.call(method, f"/_matrix/client/v3/{path}", token, body)


async def until(true):
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


async def test_a_room_is_made_for_who_is_invited_alone_and_outlives_a_restart(server, tokens):
    """Client-server API, "Creation", "Inviting users", "Kicking users"."""
    ann, eve = tokens["ann"], tokens["eve"]
    core = Core(adapter_for(server, "desk"))
    config = Adapter.RoomConfig()
    async with core:
        await core.joined(alias("desk"))
        room = await core.adapter.make_room("desk-12", "Zoë asks", [ANN])
        await core.adapter.serve({alias("desk"): config, room: config})
        await core.joined(room)
        (invited,) = (await call(server, ann, "GET", "sync"))["rooms"]["invite"].values()
        state = {event["type"]: event["content"] for event in invited["invite_state"]["events"]}
        assert state["m.room.name"] == {"name": "desk-12"}
        assert await (await core.adapter.send(message("said before", room=room)))
        await call(server, ann, "POST", f"join/{room}", {})
        history = await call(server, ann, "GET", f"rooms/{room}/messages?dir=b&limit=20")
        assert "said before" in [event["content"].get("body") for event in history["chunk"]]
        sent = f"rooms/{room}/send/m.room.message/1"
        await call(server, ann, "PUT", sent, {"msgtype": "m.text", "body": "I am here"})
        said = await core.said()
        assert (said.room, said.content.text) == (room, "I am here")
        with pytest.raises(OSError, match="M_FORBIDDEN"):
            await call(server, eve, "POST", f"join/{room}", {})
        with pytest.raises(OSError, match="M_FORBIDDEN"):
            await call(server, ann, "POST", f"rooms/{room}/invite", {"user_id": EVE})
        await core.adapter.invite(room, [EVE, ANN])
        await call(server, eve, "POST", f"join/{room}", {})
        with pytest.raises(Rejected):
            await core.adapter.invite(room, [UserId("nobody")])
    again = Core(adapter_for(server, "desk"))
    again.positions = core.positions
    again.adapter.rooms = {alias("desk"): config, room: config}
    async with again:
        await again.joined(room)
        await again.adapter.unmake(room)
        joined = (await call(server, ann, "GET", "joined_rooms"))["joined_rooms"]
        assert room not in joined
        assert RoomId(room) not in again.adapter.rooms
        await again.adapter.unmake(room)


async def test_who_is_there_and_who_is_away_is_known(server, tokens):
    """Client-server API, "Presence": who has said nothing is known as well, once anybody asks."""
    room = alias("desk")
    async with Core(adapter_for(server, "desk")) as core:
        await core.joined(room)
        adapter = core.adapter
        await until(lambda: {ANN, EVE} <= {one.id for one in adapter.people(room)})
        assert adapter.is_away(room, ANN) is None
        assert await (await adapter.send(message("from the next sync on", room=room)))
        for name, how in (("ann", "unavailable"), ("eve", "online"), ("ann", "online"), ("eve", "offline")):
            path = f"presence/@{name}:{SERVER}/status"
            await call(server, tokens[name], "PUT", path, {"presence": how})
            user = UserId(f"@{name}:{SERVER}")
            await until(lambda user=user, away=how != "online": adapter.is_away(room, user) is away)
