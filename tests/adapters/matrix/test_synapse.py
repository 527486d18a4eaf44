"""On a real Synapse: what a scripted homeserver could get wrong together with us."""

import asyncio
import contextlib
import json
import os
import time
from urllib.parse import urlsplit

import pytest

from adapters.matrix import Adapter
from adapters.matrix.testing import SERVER, Demo
from bridge import (
    CatchUp,
    ConnectionLost,
    Endpoint,
    MessageCreated,
    RateLimited,
    RoomStateChanged,
    RoomUnavailable,
    plain,
)
from tests.adapters.trouble import certificate, digest
from tests.e2e.proxy import Proxy, Way

from .homeserver import Core, message

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
async def synapse(tmp_path_factory):
    demo = Demo(tmp_path_factory.mktemp("synapse"))
    await demo.start()
    yield demo
    await demo.stop()


async def curl(demo, method, path, token, body=None):
    """The plain client-server API by a client that shares no line with ours."""
    process = await asyncio.create_subprocess_exec(
        *("curl", "-sS", "-X", method, f"{demo.url}/_matrix/client/v3/{path}"),
        *("-H", f"Authorization: Bearer {token}"),
        *(("-d", json.dumps(body)) if body is not None else ()), stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    return json.loads(out)


async def create(demo, token, name, **fields):
    """A room; returns its id."""
    body = {"room_alias_name": name, "preset": "public_chat", **fields}
    return (await curl(demo, "POST", "createRoom", token, body))["room_id"]


def adapter_for(demo, *names, **settings):
    settings = {"homeserver": demo.url, **settings}
    config = Adapter.NetworkConfig(user=f"@hubbub:{SERVER}", password="hubbub", **settings)
    adapter = Adapter("matrix", config, "I relay")
    adapter.rooms = {alias(name): Adapter.RoomConfig() for name in names}
    return adapter


@contextlib.asynccontextmanager
async def before(url, tls):
    """TLS before a server that has none, as most homeservers stand behind; gives its port."""
    link = urlsplit(url)

    async def pass_on(reader, writer):
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                writer.write(data)
        writer.close()

    async def take(reader, writer):
        behind, there = await asyncio.open_connection(link.hostname, link.port)
        await asyncio.gather(pass_on(reader, there), pass_on(behind, writer))

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


def back(positions, adapter):
    """A core that was here before."""
    core = Core(adapter)
    core.positions = dict(positions)
    return core


def alias(name):
    return Adapter.room_id(f"#{name}:{SERVER}")


async def test_another_makers_client_talks_with_us(synapse):
    """curl says it, we hear it, and the other way round."""
    token = await synapse.register("zoe", "zoe")
    wire = await create(synapse, token, "curl")
    async with Core(adapter_for(synapse, "curl")) as core:
        await core.joined(alias("curl"))
        rich = {"format": "org.matrix.custom.html", "formatted_body": "<b>hi</b>"}
        body = {"msgtype": "m.text", "body": "*hi*", **rich}
        sent = await curl(synapse, "PUT", f"rooms/{wire}/send/m.room.message/1", token, body)
        said = await core.said()
        assert (said.id, said.content.text, said.sender.name) == (sent["event_id"], "hi", "zoe")
        receipt = await (await core.adapter.send(message("hello <zoe>", room=alias("curl"))))
    found = await curl(synapse, "GET", f"rooms/{wire}/event/{receipt.part.id}", token)
    assert found["content"]["body"] == "hello <zoe>"
    assert found["content"]["m.mentions"] == {}


async def test_who_is_at_the_other_end(synapse, tmp_path):
    """The certificate that was verified, as openssl tells it; and none without TLS."""
    pem, tls = certificate(tmp_path)
    token = await synapse.register("vic", "vic")
    await create(synapse, token, "secure")
    async with before(synapse.url, tls) as port:
        address = f"https://localhost:{port}"
        async with Core(adapter_for(synapse, "secure", homeserver=address, ca_file=pem)) as core:
            await core.joined(alias("secure"))
            assert core.adapter.peer() == Endpoint(f"localhost:{port}", "TLSv1.3", digest(pem))
        assert core.adapter.peer() is None
    async with Core(adapter_for(synapse, "secure")) as core:
        await core.joined(alias("secure"))
        assert core.adapter.peer() == Endpoint(urlsplit(synapse.url).netloc)


async def test_the_same_txn_is_the_same_message(synapse):
    """Also after a new login, because the device is the same."""
    token = await synapse.register("yan", "yan")
    await create(synapse, token, "twice")
    receipts = []
    for _ in range(2):
        async with Core(adapter_for(synapse, "twice")) as core:
            await core.joined(alias("twice"))
            receipts.append(await (await core.adapter.send(message("once", "9.99", alias("twice")))))
    assert receipts[0] == receipts[1]
    bot = {"type": "m.id.user", "user": "hubbub"}
    login = {"type": "m.login.password", "password": "hubbub", "identifier": bot, "device_id": "OTHER"}
    token = (await curl(synapse, "POST", "login", "", login))["access_token"]
    listed = (await curl(synapse, "GET", "devices", token))["devices"]
    assert sum(device["device_id"].startswith("HUBBUB") for device in listed) == 1


async def test_nothing_is_lost_over_a_restart(synapse):
    """More than one sync holds, read back in order; and what was said before we came is not read."""
    person = await synapse.person("xi", alias("gap"))
    await person.say(plain("before"))
    async with Core(adapter_for(synapse, "gap")) as core:
        await core.joined(alias("gap"))
        await person.say(plain("live"))
        assert (await core.said()).content.text == "live"
    for number in range(130):
        await person.say(plain(str(number)))
    away = dict(core.positions)
    core = back(away, adapter_for(synapse, "gap"))
    async with core:
        said = [await core.said() for _ in range(130)]
        assert (await core.joined(alias("gap"))).caught_up
        await person.say(plain("live again"))
        last = await core.said()
    await person.leave()
    assert [event.content.text for event in said] == [str(number) for number in range(130)]
    assert all(event.replayed for event in said)
    assert all(0 <= time.time() - event.at < 60 for event in said)
    assert (last.content.text, last.replayed, last.sender.name) == ("live again", False, "xi")
    for most, texts in ((120, [*map(str, range(11, 130)), "live again"]), (0, [])):
        # Its new name comes by an event like that of a join, behind which nothing would be for us.
        core = back(away, adapter_for(synapse, "gap", display_name=f"Bot {most}"))
        core.adapter.catch_up = CatchUp(max_messages=most)
        async with core:
            assert [(await core.said()).content.text for _ in texts] == texts
            joined = await core.next(object)
            missing = (True, 11) if most else (False, 0)
            assert (joined.room, joined.caught_up, joined.left_out) == (alias("gap"), *missing)


async def test_an_encrypted_room_is_never_written_to(synapse):
    token = await synapse.register("wim", "wim")
    encryption = {
        "type": "m.room.encryption",
        "state_key": "",
        "content": {"algorithm": "m.megolm.v1.aes-sha2"},
    }
    await create(synapse, token, "secret", initial_state=[encryption])
    later = await create(synapse, token, "later")
    async with Core(adapter_for(synapse, "secret", "later")) as core:
        refused = await core.refused()
        assert refused.room == alias("secret")
        assert "encrypted" in refused.reason
        while not core.adapter._rooms.is_in(alias("later")):
            await asyncio.sleep(0.02)
        await curl(synapse, "PUT", f"rooms/{later}/state/m.room.encryption/", token, encryption["content"])
        assert (await core.refused()).room == alias("later")
        with pytest.raises(RoomUnavailable):
            await core.adapter.send(message("x", room=alias("later")))
        found = await core.adapter.look({alias("secret"): None})
    assert "encrypted" in found[alias("secret")]


async def test_an_upgrade_kick_invite_and_private_talk(synapse, monkeypatch):
    monkeypatch.setattr("adapters.matrix.rooms.rooms._FIRST_PAUSE", 0.2)
    token = await synapse.register("vera", "vera")
    wire = await create(synapse, token, "life", preset="private_chat")
    bot = f"@hubbub:{SERVER}"
    async with Core(adapter_for(synapse, "life", invites_from=(f"@vera:{SERVER}",))) as core:
        assert "invite it there" in (await core.refused()).reason
        await curl(synapse, "POST", f"rooms/{wire}/invite", token, {"user_id": bot})
        await core.joined(alias("life"))
        await curl(synapse, "POST", f"rooms/{wire}/kick", token, {"user_id": bot, "reason": "later"})
        assert "later" in (await core.refused()).reason
        await curl(synapse, "POST", f"rooms/{wire}/invite", token, {"user_id": bot})
        await core.joined(alias("life"))
        upgraded = await curl(synapse, "POST", f"rooms/{wire}/upgrade", token, {"new_version": "10"})
        await curl(synapse, "POST", f"rooms/{upgraded['replacement_room']}/invite", token, {"user_id": bot})
        await core.joined(alias("life"))
        said = {"msgtype": "m.text", "body": "new home"}
        await curl(synapse, "PUT", f"rooms/{upgraded['replacement_room']}/send/m.room.message/1", token, said)
        assert (await core.next(MessageCreated)).content.text == "new home"
        body = {"preset": "trusted_private_chat", "invite": [bot], "is_direct": True}
        direct = (await curl(synapse, "POST", "createRoom", token, body))["room_id"]
        found = None
        while found is None:
            page = await curl(synapse, "GET", f"rooms/{direct}/messages?dir=b&limit=10", token)
            found = next((e for e in page["chunk"] if e["type"] == "m.room.message"), None)
        assert (found["sender"], found["content"]["body"]) == (bot, "I relay")


async def test_many_rooms(synapse):
    """Joining takes the server's time; being in them already takes next to none."""
    token = await synapse.register("uli", "uli")
    names = [f"many{number}" for number in range(30)]
    for start in range(0, len(names), 5):
        await asyncio.gather(*(create(synapse, token, name) for name in names[start : start + 5]))
    for limit in (30, 3):
        core = Core(adapter_for(synapse, *names))
        begun = time.monotonic()
        async with core:
            while not all(core.adapter._rooms and core.adapter._rooms.is_in(alias(name)) for name in names):
                await core.next(object)
        assert time.monotonic() - begun < limit


async def kill_and_start(demo):
    port = urlsplit(demo.url).port
    await demo._server.stop(patience=0)
    with contextlib.suppress(ConnectionRefusedError):
        while True:  # its children die a moment later
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await asyncio.sleep(0.02)
    await demo._server.start(demo._command, port=port, patience=30)


async def said_by_bot(demo, wire, token):
    """The ids of what the bot said."""
    page = await demo.call("GET", f"/_matrix/client/v3/rooms/{wire}/messages?dir=b&limit=100", token)
    said = [event for event in page["chunk"] if event["type"] == "m.room.message"]
    return [event["event_id"] for event in said if event["sender"] == f"@hubbub:{SERVER}"]


@pytest.mark.parametrize(
    ("name", "killed", "device"),
    [("cut", False, None), ("killed", True, None), ("device", False, "NEW"), ("both", True, "NEWER")],
)
async def test_what_arrived_without_an_answer_is_there_once(synapse, name, killed, device):
    """The network breaks before the answer, we start anew, and the server may have died meanwhile."""
    token = await synapse.register(name, name)
    wire = await create(synapse, token, name)
    proxy = Proxy(urlsplit(synapse.url).port)
    await proxy.start()
    url = f"http://127.0.0.1:{proxy.port}"
    since = time.time()
    try:
        async with Core(adapter_for(synapse, name, homeserver=url)) as core:
            await core.joined(alias(name))
            await (await core.adapter.send(message("before", "1.ab", alias(name))))
            proxy.deafen(Way.IN)
            future = await core.adapter.send(message("x", "2.cd", alias(name)))
            while len(await said_by_bot(synapse, wire, token)) < 2:
                await asyncio.sleep(0.02)
            await proxy.cut()
            assert isinstance(await core.end(), ConnectionLost)
            with pytest.raises(ConnectionLost):
                await future
        if killed:
            await kill_and_start(synapse)
        await proxy.start()
        settings = {"device_id": device} if device else {}
        async with back(core.positions, adapter_for(synapse, name, homeserver=url, **settings)) as core:
            assert (await core.joined(alias(name))).caught_up
            found = await core.adapter.find_sent(alias(name), since, ["1.ab", "2.cd", "3.ef"])
            arrived = await said_by_bot(synapse, wire, token)
            assert [found["2.cd"].part.id, found["1.ab"].part.id] == arrived
            assert found["3.ef"] is None
            if device is None:  # the second net: on one device Synapse remembers, also over its death
                receipt = await (await core.adapter.send(message("x", "2.cd", alias(name))))
                assert receipt == found["2.cd"]
            assert await said_by_bot(synapse, wire, token) == arrived
    finally:
        await proxy.cut()


async def test_what_was_redacted_meanwhile_is_not_sent_again(synapse):
    token = await synapse.register("ray", "ray")
    wire = await create(synapse, token, "redacted")
    since = time.time()
    async with Core(adapter_for(synapse, "redacted")) as core:
        await core.joined(alias("redacted"))
        sent = await (await core.adapter.send(message("x", "1.ab", alias("redacted"))))
        await curl(synapse, "PUT", f"rooms/{wire}/redact/{sent.part.id}/1", token, {})
        assert await core.adapter.find_sent(alias("redacted"), since, ["1.ab"]) == {"1.ab": sent}


async def test_a_limited_account_loses_nothing_and_speaks_in_turn(synapse):
    """Synapse's own limiter: ten messages a second of this account, in whatever room."""
    token = await synapse.register("lim", "lim")
    names = ["busy", "quiet"]
    wires = [await create(synapse, token, name) for name in names]
    limits = f"/_synapse/admin/v1/users/@hubbub:{SERVER}/override_ratelimit"
    done = []

    async def speak(core, name, count):
        for number in range(count):
            while True:
                try:
                    await (await core.adapter.send(message(str(number), f"{number}.{name}", alias(name))))
                    break
                except RateLimited as error:
                    await asyncio.sleep(error.retry_after)
            done.append(name)

    async with Core(adapter_for(synapse, *names)) as core:
        for _ in names:
            await core.next(RoomStateChanged)
        await synapse.call("POST", limits, synapse._owner, {"messages_per_second": 10, "burst_count": 5})
        try:
            await asyncio.gather(speak(core, "busy", 15), speak(core, "quiet", 5))
        finally:
            await synapse.call("DELETE", limits, synapse._owner)
        assert done[:12].count("quiet") >= 4, "nearly every second message, as long as there are any"
        assert [len(await said_by_bot(synapse, wire, token)) for wire in wires] == [15, 5]


async def test_nothing_is_left_behind(tmp_path, monkeypatch):
    demo = Demo(tmp_path / "a")
    await demo.start()
    pid = demo._server._process.pid
    one, two = await demo.person("Tom T."), await demo.person("Tom T.", alias("other"))
    assert one.name == two.name
    listening = one._reading
    await demo.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert listening.done()
    monkeypatch.setenv("SYNAPSE_PYTHON", "/bin/false")
    with pytest.raises(OSError, match="ended at once"):
        await Demo(tmp_path / "b").start()


async def test_another_display_name_is_taken_without_a_new_connection(synapse):
    """Client-server API, "Profiles"."""
    token = await synapse.register("yves", "yves")
    wire = await create(synapse, token, "renamed")
    adapter = adapter_for(synapse, "renamed", display_name="Hubbub")
    async with Core(adapter) as core:
        await core.joined(alias("renamed"))
        adapter.follow(adapter.config.model_copy(update={"display_name": "The Bridge", "leave": "always"}))
        profile = f"profile/@hubbub:{SERVER}/displayname"
        async with asyncio.timeout(30):
            while (await curl(synapse, "GET", profile, token)).get("displayname") != "The Bridge":
                await asyncio.sleep(0.05)
        rich = {"msgtype": "m.text", "body": "still here"}
        await curl(synapse, "PUT", f"rooms/{wire}/send/m.room.message/1", token, rich)
        assert (await core.said()).content.text == "still here"
        assert adapter._rooms.leaves(alias("renamed"))
