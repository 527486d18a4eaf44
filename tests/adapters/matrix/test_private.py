"""People of Matrix and people from elsewhere talk alone, on a real Synapse that tells us by transactions."""

import asyncio
import contextlib
import itertools
import json
import socket
from urllib.parse import quote

import aiohttp
import pytest
import yaml
from aiohttp import web

from adapters.matrix import Adapter
from adapters.matrix.puppets.namespace import Namespace
from adapters.matrix.puppets.pairs import private_id
from adapters.matrix.puppets.registration import new_registration
from adapters.matrix.testing import SERVER, Demo
from bridge import (
    Approached,
    Authorship,
    EditMessage,
    MessageCreated,
    MessageEdited,
    Part,
    Removed,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    SendMessage,
    Speaker,
    Txn,
    Whisper,
    plain,
    serving,
)
from bridge.keepsake import Keepsake
from tests.adapters.matrix.core import Core
from tests.adapters.matrix.test_puppets_contract import BOT, service

pytestmark = pytest.mark.asyncio(loop_scope="module")

ADA = Speaker(Authorship.PUPPET, "Ada", "irc/ada!~ada@example.org")
HERE = Namespace("_hubbub_matrix_", SERVER)
ADA_ID = HERE.user_of(ADA.key)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("server")
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        listen = f"127.0.0.1:{found.getsockname()[1]}"
    made = new_registration("matrix", BOT, folder / "registration.yaml", listen)
    made.file.write_text(made.text)
    server = Demo(folder / "synapse")
    server.registrations = (made.file,)
    server.listen = listen
    server.secret = yaml.safe_load(made.text)["hs_token"]
    await server.start()
    yield server
    await server.stop()


class Alice:
    """Somebody of Matrix, by curl."""

    def __init__(self, server, number, token):
        self.server, self.token = server, token
        self.user = f"@alice{number}:{SERVER}"
        self.seen = set()

    async def call(self, method, path, body=None):
        return await self.server.call(method, f"/_matrix/client/v3/{path}", self.token, body)

    async def invite(self, user=ADA_ID, direct=True, **more):
        body = {"preset": "trusted_private_chat", "is_direct": direct, "invite": [user], **more}
        return (await self.call("POST", "createRoom", body))["room_id"]

    async def send(self, wire, content, kind="m.room.message"):
        path = f"rooms/{wire}/send/{kind}/{next(_numbers)}"
        return (await self.call("PUT", path, content))["event_id"]

    async def say(self, wire, text, **more):
        return await self.send(wire, {"msgtype": "m.text", "body": text, **more})

    async def sees(self, wire, membership, user=ADA_ID):
        """Waits until somebody is in a room, or out of it."""
        found = {}
        for _ in range(100):
            members = (await self.call("GET", f"rooms/{wire}/members"))["chunk"]
            found = {one["state_key"]: one["content"]["membership"] for one in members}
            if found.get(user) == membership:
                return
            await asyncio.sleep(0.1)
        raise TimeoutError(found)

    async def invited(self):
        """Joins the next room that somebody invites us to."""
        for _ in range(100):
            # Synapse gives its last answer again to who asks the same
            only = json.dumps({"presence": {"not_types": [f"{next(_numbers)}"]}})
            rooms = (await self.call("GET", f"sync?filter={quote(only)}")).get("rooms", {})
            for wire, part in rooms.get("invite", {}).items():
                mine = [e for e in part["invite_state"]["events"] if e.get("state_key") == self.user]
                await self.call("POST", f"join/{wire}", {})
                return wire, mine[0]
            await asyncio.sleep(0.1)
        raise TimeoutError

    async def heard(self, wire, count=1):
        """The next texts of others in a room."""
        found = []
        for _ in range(100):
            page = (await self.call("GET", f"rooms/{wire}/messages?dir=b&limit=50"))["chunk"]
            found = [
                (one["sender"], one["content"]["body"])
                for one in reversed(page)
                if one["type"] == "m.room.message"
                and one["sender"] != self.user
                and one["event_id"] not in self.seen
                and "body" in one["content"]
            ]
            if len(found) >= count:
                self.seen |= {one["event_id"] for one in page}
                return found
            await asyncio.sleep(0.1)
        raise TimeoutError(found)


class Bridge:
    """What comes and goes, with what is kept."""

    def __init__(self, server, folder, alice):
        self.server, self.positions = server, {}
        self.keepsake = Keepsake(folder / "journal.sqlite3", "matrix")
        self.room = private_id(alice.user, ADA.key)
        self.sent = next(_numbers)

    @contextlib.asynccontextmanager
    async def __call__(self, *rooms):
        adapter = Adapter("matrix", service(self.server, listen=self.server.listen), "I am a bridge.")
        adapter.keepsake = self.keepsake
        adapter.rooms = {room: Adapter.RoomConfig() for room in rooms}
        core = Core(adapter)
        core.positions = self.positions
        async with core:
            while adapter._direct is None or adapter._direct._rooms is None:
                await asyncio.sleep(0.01)
            yield core

    def command(self, kind=SendMessage, speaker=ADA, **more):
        self.sent += 1
        txn = Txn(f"{next(_numbers):x}.1.0.00000000c0ffee00")
        return kind(room=self.room, speaker=speaker, txn=txn, **more)


@pytest.fixture
async def alice(server):
    number = next(_numbers)
    return Alice(server, number, await server.register(f"alice{number}", "secret"))


@pytest.fixture
async def bridge(server, tmp_path, alice):
    return Bridge(server, tmp_path, alice)


async def known(core):
    """Ada has spoken somewhere, and so has an account."""
    await core.adapter._puppets.ready(ADA.key, ADA.name)


async def test_who_writes_to_somebody_alone_approaches_them_and_is_answered(alice, bridge):
    async with bridge() as core:
        await known(core)
        wire = await alice.invite()
        await alice.say(wire, "psst")  # which nobody of ours is there to hear
        told = await core.next(Approached)
        assert (told.room, told.sender.id, told.to) == (bridge.room, alice.user, ADA.key)
        assert (told.text, told.sender.name) == ("psst", alice.user[1:].partition(":")[0])
        core.adapter.hint(Whisper(room=told.room, user=told.sender.id, text="not yet", key=told.to))
        assert await alice.heard(wire) == [(ADA_ID, "not yet")]
        record = core.adapter.capabilities(bridge.room, ADA)
        assert record.authorship is Authorship.PUPPET


async def test_two_talk_alone_also_after_a_restart(alice, bridge):
    async with bridge() as core:
        await known(core)
        wire = await alice.invite()
        await alice.sees(wire, "join")
        await core.adapter.serve({bridge.room: Adapter.RoomConfig()})
        await core.joined(bridge.room)
        said = await core.do(bridge.command(content=plain("hello")))
        assert await alice.heard(wire) == [(ADA_ID, "hello")]
        await core.do(
            bridge.command(EditMessage, target=Part(said, speaker=ADA.key), content=plain("hello!"))
        )
        target = await alice.say(wire, "hi")
        heard = await core.next(MessageCreated)
        assert (heard.room, heard.id, heard.content, heard.replayed) == (
            bridge.room,
            target,
            plain("hi"),
            False,
        )
        await alice.say(
            wire,
            "* hi!",
            **{
                "m.new_content": {"msgtype": "m.text", "body": "hi!"},
                "m.relates_to": {"rel_type": "m.replace", "event_id": target},
            },
        )
        assert (await core.next(MessageEdited)).target == target
        await alice.call("PUT", f"rooms/{wire}/redact/{target}/{next(_numbers)}", {})
        assert (await core.next(Removed)).target == target
    late = await alice.say(wire, "while you were away")
    async with bridge(bridge.room) as core:
        events = {}
        while not events.keys() >= {MessageCreated, RoomState.JOINED}:  # whichever is first
            event = await core.next(MessageCreated | RoomStateChanged)
            events[getattr(event, "state", type(event))] = event
        heard = events[MessageCreated]
        assert (heard.id, heard.room) == (late, bridge.room)
        found = await core.adapter.find_sent(bridge.room, 0.0, [])
        assert found == {}
        await core.do(bridge.command(content=plain("back")))
        assert (await alice.heard(wire))[-1] == (ADA_ID, "back")


async def test_the_room_is_made_where_there_is_none_and_they_are_known_by_their_name(alice, bridge):
    async with bridge() as core:
        adapter = core.adapter
        private = adapter.private_room("#any:s", alice.user, ADA)
        assert private == bridge.room
        assert Adapter.room_id(private) == private
        assert adapter.private_room("#any:s", ADA_ID, ADA) is None
        await adapter.serve({private: Adapter.RoomConfig()})
        await core.joined(private)
        wire, invitation = await alice.invited()
        assert invitation["content"]["is_direct"] is True
        state = await alice.call("GET", f"rooms/{wire}/state/m.room.member/{ADA_ID}")
        assert state["displayname"] == "Ada"
        await core.do(bridge.command(content=plain("hello")))
        assert await alice.heard(wire) == [(ADA_ID, "hello")]
        await alice.say(wire, "hi")
        assert (await core.said()).room == private
        await adapter.serve({})
        await alice.say(wire, "still there?")
        assert (await core.next(Approached)).text == "still there?"
        await adapter.serve({private: Adapter.RoomConfig()})
        await core.joined(private)
        await core.do(bridge.command(content=plain("yes")))
        assert (await alice.heard(wire))[-1] == (ADA_ID, "yes")


async def test_it_ends_when_they_leave_and_begins_when_they_want_it(alice, bridge):
    async with bridge() as core:
        await known(core)
        wire = await alice.invite()
        await alice.sees(wire, "join")
        await core.adapter.serve({bridge.room: Adapter.RoomConfig()})
        await core.joined(bridge.room)
        await alice.call("POST", f"rooms/{wire}/leave", {})
        refused = await core.refused()
        assert (refused.room, alice.user in refused.reason) == (bridge.room, True)
        with pytest.raises(RoomUnavailable):
            await core.do(bridge.command(content=plain("hello?")))
    core = Core(Adapter("matrix", service(bridge.server, listen=bridge.server.listen), "I am a bridge."))
    core.adapter.keepsake, core.positions = bridge.keepsake, bridge.positions
    core.adapter.rooms = {bridge.room: Adapter.RoomConfig()}
    async with core:
        assert (await core.refused()).room == bridge.room
        wire = await alice.invite()
        await core.joined(bridge.room)
        await core.do(bridge.command(content=plain("there you are")))
        assert await alice.heard(wire) == [(ADA_ID, "there you are")]


async def test_what_cannot_be_private_is_declined(alice, bridge):
    async with bridge() as core:
        await known(core)
        group = await alice.invite(direct=False)
        await alice.sees(group, "leave")
        algorithm = {"algorithm": "m.megolm.v1.aes-sha2"}
        state = [{"type": "m.room.encryption", "state_key": "", "content": algorithm}]
        wire = await alice.invite(initial_state=state)
        (said,) = await alice.heard(wire)
        assert "encrypted" in said[1]
        await alice.sees(wire, "leave")
        wire = await alice.invite()
        await alice.sees(wire, "join")
        third = await alice.server.register(f"third{next(_numbers)}", "x")
        body = {
            "user_id": (await alice.server.call("GET", "/_matrix/client/v3/account/whoami", third))["user_id"]
        }
        await alice.call("POST", f"rooms/{wire}/invite", body)
        await alice.server.call("POST", f"/_matrix/client/v3/join/{wire}", third, {})
        assert "Only two" in (await alice.heard(wire))[0][1]
        await alice.sees(wire, "leave")


async def test_whispers_of_the_bot_come_in_one_room(alice, bridge):
    async with bridge() as core:
        for text in ("one", "two"):
            core.adapter.hint(Whisper(room="#any:s", user=alice.user, text=text))
        wire, _ = await alice.invited()
        assert await alice.heard(wire, 2) == [(BOT, "one"), (BOT, "two")]
        await alice.say(wire, "!msg ada hello")
        told = await core.next(Approached)
        assert (told.sender.id, told.text, told.to) == (alice.user, "!msg ada hello", "")
        core.adapter.hint(Whisper(room=told.room, user=told.sender.id, text="she is asked"))
        assert set(await alice.heard(wire, 2)) == {(BOT, "I am a bridge."), (BOT, "she is asked")}


async def test_nobody_else_may_tell_us_anything_and_the_homeserver_twice(server, alice, bridge):
    event = {
        "type": "m.room.message",
        "event_id": "$forged",
        "sender": alice.user,
        "content": {"msgtype": "m.text", "body": "again"},
    }
    async with bridge() as core, aiohttp.ClientSession() as session:
        await known(core)
        wire = await alice.invite()
        await alice.sees(wire, "join")
        event["room_id"] = wire

        async def ask(method, path, token, body=None, **more):
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            url = f"http://{server.listen}/_matrix/app/v1/{path}"
            async with session.request(method, url, headers=headers, data=body, **more) as reply:
                assert int(reply.headers["Content-Length"]) > 0
                return reply.status, await reply.json()

        body = json.dumps({"events": [event]})
        assert (await ask("PUT", "transactions/t1", "", body))[0] == 401
        assert (await ask("PUT", "transactions/t1", "é" * 9, body))[0] == 403
        assert (await ask("PUT", "transactions/t1", server.secret, "{"))[0] == 400
        for txn in ("t1", "t1", "t2"):
            assert await ask("PUT", f"transactions/{txn}", server.secret, body) == (200, {})
        query = {"access_token": server.secret}
        assert await ask("PUT", "transactions/t3", "", body, params=query) == (200, {})
        assert (await core.next(Approached)).text == "again"
        assert core.events.empty()
        odd = [None, 5, {}, {"room_id": 5}, {"room_id": wire, "type": ["x"], "content": 5, "sender": {}}]
        odd += [
            {**event, "event_id": f"$odd{n}", "content": words} for n, words in enumerate([5, {"body": 5}])
        ]
        for body in (json.dumps({"events": odd}), json.dumps({"events": "x"}), "{}"):
            assert await ask("PUT", f"transactions/{next(_numbers)}", server.secret, body) == (200, {})
        assert await ask("POST", "ping", server.secret, "{}") == (200, {})
        assert (await ask("GET", f"users/{ADA_ID}", server.secret))[0] == 200
        nobody = HERE.user_of("irc/nobody!x@y")
        assert (await ask("GET", f"users/{nobody}", server.secret))[0] == 404
        assert (await ask("GET", f"users/{alice.user}", server.secret))[0] == 404
        assert (await ask("GET", f"rooms/%23x:{SERVER}", server.secret))[0] == 404


async def test_a_look_says_whether_the_homeserver_finds_us(server, bridge):
    look = Adapter("matrix", service(server, listen=server.listen), "")
    look.keepsake = bridge.keepsake
    assert await look.look({}) == {}
    async with bridge():
        assert await look.look({}) == {}
    elsewhere = Adapter("matrix", service(server, listen="127.0.0.1:1"), "")
    elsewhere.keepsake = bridge.keepsake
    assert "does not find us" in (await elsewhere.look({}))[""]


async def test_a_homeserver_that_just_tries_again_finds_us(server, bridge, alice):
    """Synapse 1.163 says that it does not (`AlreadyCalled`) while it hands over what failed before."""
    trying, taken = asyncio.Event(), asyncio.Event()
    count = itertools.count()

    async def transaction(_):
        if not next(count):
            return web.json_response({}, status=500)
        trying.set()
        await taken.wait()
        return web.json_response({})

    async def ping(_):
        asyncio.get_running_loop().call_later(0.5, taken.set)
        return web.json_response({})

    application = web.Application()
    application.router.add_put("/_matrix/app/v1/transactions/{txn}", transaction)
    application.router.add_post("/_matrix/app/v1/ping", ping)
    async with serving(application, server.listen), asyncio.timeout(20):
        await alice.invite()
        await trying.wait()
        look = Adapter("matrix", service(server, listen=server.listen), "")
        look.keepsake = bridge.keepsake
        assert await look.look({}) == {}
