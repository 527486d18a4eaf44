"""A real Synapse that refuses: what is the message's fault, and what is the room's."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from adapters.matrix.testing import SERVER, Demo
from bridge import Rejected, RoomUnavailable
from bridge.app import Bridge
from bridge.config import load
from bridge.journal.admin.dead_letters import look_at_letters
from bridge.protocols import find
from bridge.testing import ScriptedNetwork

from .core import Core, edit, file_at, message, reactions, removal, topic
from .test_synapse import adapter_for, alias, create, curl

pytestmark = pytest.mark.asyncio(loop_scope="module")

BOT = f"@hubbub:{SERVER}"
FORBIDDEN = {"events_default": 50}
MODULE = {"module": "checker.Checker", "config": {}}


class Strict(Demo):
    """With a spam checker."""

    def _command(self, port):
        command = super()._command(port)
        shutil.copy(Path(__file__).with_name("checker.py"), self.folder)
        settings = self.folder / "homeserver.yaml"
        settings.write_text(json.dumps({**json.loads(settings.read_text()), "modules": [MODULE]}))
        return command


@pytest.fixture(scope="module")
async def synapse(tmp_path_factory):
    demo = Strict(tmp_path_factory.mktemp("synapse"))
    await demo.start()
    yield demo
    await demo.stop()


async def own_token(demo):
    """A session of the bot's own, beside the adapter's."""
    user = {"type": "m.id.user", "user": "hubbub"}
    login = {"type": "m.login.password", "password": "hubbub", "identifier": user, "device_id": "BESIDE"}
    return (await curl(demo, "POST", "login", "", login))["access_token"]


async def refused(core, command):
    """A refusal of this one command."""
    with pytest.raises(Rejected) as caught:
        await core.do(command)
    assert caught.value.alone


@pytest.mark.parametrize("version", ["10", "12"])
async def test_a_refusal_is_the_messages_where_we_may_speak(synapse, version):
    """Whatever the command is; the next one is taken."""
    token = await synapse.register(f"ann{version}", "ann")
    name = f"strict{version}"
    room = alias(name)
    await create(synapse, token, name, room_version=version)
    async with Core(adapter_for(synapse, name)) as core:
        await core.joined(room)
        for number in range(3):
            await refused(core, message("oh heck", f"{number}.a", room))
        said = await core.do(message("fine", "4.a", room))
        await refused(core, edit(said, "heck", "5.a", room))
        await refused(core, removal(said, "6.a", room, reason="heck"))
        await refused(core, reactions(said, "🖕", txn="7.a", room=room))
        await refused(core, topic("new", "8.a", room))
        assert await core.do(edit(said, "finer", "9.a", room))
        await core.do(reactions(said, "👍", txn="10.a", room=room))
        await core.do(removal(said, "11.a", room))


async def test_a_creator_may_speak_whatever_the_levels_say(synapse):
    """Room version 12: neither of them has a level."""
    token = await synapse.register("cleo", "cleo")
    levels = {"power_level_content_override": FORBIDDEN}
    await create(synapse, await own_token(synapse), "made", room_version="12", **levels)
    also = {"creation_content": {"additional_creators": [BOT]}}
    await create(synapse, token, "also", room_version="12", **levels, **also)
    rooms = [alias("made"), alias("also")]
    async with Core(adapter_for(synapse, "made", "also")) as core:
        for _ in rooms:
            await core.next(object)
        for room in rooms:
            await refused(core, message("heck", f"1.{room}", room))
            await core.do(message("fine", f"2.{room}", room))
            assert await core.do(topic("ours", f"3.{room}", room))
        assert await core.adapter.look(dict.fromkeys(rooms)) == dict.fromkeys(rooms)


async def test_a_room_where_we_may_not_speak_waits(synapse):
    token = await synapse.register("mod", "mod")
    wire = await create(synapse, token, "moderated", power_level_content_override=FORBIDDEN)
    room = alias("moderated")
    async with Core(adapter_for(synapse, "moderated")) as core:
        await core.joined(room)
        with pytest.raises(RoomUnavailable, match="raise its power level to 50"):
            await core.do(message("fine", "1.a", room))
        levels = await curl(synapse, "GET", f"rooms/{wire}/state/m.room.power_levels", token)
        levels["users"][BOT] = 50
        await curl(synapse, "PUT", f"rooms/{wire}/state/m.room.power_levels", token, levels)
        await core.do(message("fine", "1.a", room))


async def test_a_room_that_we_are_out_of_waits(synapse, monkeypatch):
    """Before the sync has told us."""
    token = await synapse.register("otto", "otto")
    wire = await create(synapse, token, "out")
    room = alias("out")
    async with Core(adapter_for(synapse, "out")) as core:
        await core.joined(room)
        monkeypatch.setattr("adapters.matrix.rooms.rooms.Rooms.lose", lambda *_: None)
        await curl(synapse, "POST", f"rooms/{wire}/kick", token, {"user_id": BOT})
        with pytest.raises(RoomUnavailable, match="invite it there"):
            await core.do(message("fine", "1.a", room))


async def test_an_account_that_is_suspended_loses_nothing(synapse):
    token = await synapse.register("sue", "sue")
    await create(synapse, token, "suspended")
    room = alias("suspended")
    path = f"/_synapse/admin/v1/suspend/{BOT}"
    async with Core(adapter_for(synapse, "suspended")) as core:
        await core.joined(room)
        await synapse.call("PUT", path, synapse._owner, {"suspend": True})
        with pytest.raises(RoomUnavailable, match="look at the account"):
            await core.do(message("fine", "1.a", room))
        await synapse.call("PUT", path, synapse._owner, {"suspend": False})
        await core.do(message("fine", "1.a", room))


async def test_a_file_that_is_refused_leaves_its_room_alone(synapse, tmp_path):
    token = await synapse.register("fay", "fay")
    await create(synapse, token, "files")
    room = alias("files")
    path = tmp_path / "a.txt"
    path.write_text("heck")
    async with Core(adapter_for(synapse, "files")) as core:
        await core.joined(room)
        with pytest.raises(Rejected, match="does not take the file"):
            await core.do(message("see", "1.a", room, file=file_at(path, type_="text/plain")))
        await core.do(message("fine", "2.a", room))


async def test_what_is_said_after_a_refused_word_arrives(synapse, tmp_path):
    """Through the whole bridge: it is given up, told where it came from, and listed."""
    token = await synapse.register("wes", "wes")
    wire = await create(synapse, token, "whole")
    file = tmp_path / "bridge.yaml"
    file.write_text(
        "networks:\n  left: {protocol: 'bridge.testing:ScriptedAdapter', server: left}\n"
        f"  matrix: {{protocol: matrix, homeserver: '{synapse.url}', user: '{BOT}', password: hubbub}}\n"
        f"conversations:\n  lobby: {{left: [one], matrix: ['#whole:{SERVER}']}}\n"
    )
    left = ScriptedNetwork("left")
    texts = ["before", "heck", "heck again", "after"]
    run = asyncio.create_task(Bridge(load(file, find)).run())
    try:
        async with asyncio.timeout(60):
            while not left.connected:
                await asyncio.sleep(0.02)
            for text in texts:
                left.say("one", "alice", text)
            while len(said := await bodies(synapse, wire, token)) < 2:
                await asyncio.sleep(0.1)
            await left.until(1)
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)
    assert said == ["<alice> before", "<alice> after"]
    assert "2 messages could not be delivered" in left.texts("one")[0]
    assert look_at_letters(tmp_path / "hubbub.sqlite3", 10, 0).count == 2


async def bodies(demo, wire, token):
    """What the bot said, in order."""
    page = await curl(demo, "GET", f"rooms/{wire}/messages?dir=f&limit=100", token)
    said = [event for event in page["chunk"] if event["type"] == "m.room.message" and event["sender"] == BOT]
    return [event["content"]["body"] for event in said]
