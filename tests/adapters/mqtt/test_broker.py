"""What a broker does to us, with a real mosquitto."""

import asyncio
import contextlib
import gc
import subprocess
import sys

import pytest

import adapters.mqtt.adapter
from adapters.mqtt import Adapter
from bridge import (
    AuthenticationFailed,
    ConnectionLost,
    Endpoint,
    Kind,
    Receipt,
    Replaced,
    RoomUnavailable,
    plain,
)
from bridge.model import Sender, UserId
from bridge.testing import Place, free_port
from tests.adapters.mqtt.places import adapter, broker, new_place, old_broker
from tests.adapters.trouble import digest


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    async with broker(tmp_path_factory.mktemp("server")) as demo:
        yield demo


@pytest.fixture
async def place(server):
    async with new_place(server) as place:
        yield place


@pytest.fixture(params=["5", "3.1.1"])
async def either(request, server):
    old = request.param != "5"
    async with old_broker(server) as front, new_place(server, front.port if old else server.port) as place:
        yield place


def publish(demo, topic, text, *more):
    """Let a device publish something; done when the broker has it."""
    command = ["mosquitto_pub", "-h", "127.0.0.1", "-p", str(demo.port), "-q", "1", "-t", topic]
    subprocess.run([*command, *(["-m", text] if text else []), *more], check=True, timeout=10)


@contextlib.asynccontextmanager
async def running(made, place):
    """Run another adapter beside that of the place."""
    task = asyncio.ensure_future(made.run(place.core.gate({place.room})))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionLost):
            await task


async def failure(place):
    """What a run ends with."""
    with pytest.raises((ConnectionLost, AuthenticationFailed, Replaced)) as found:
        await asyncio.wait_for(place.adapter.run(place.core.gate({place.room})), 30)
    return found.value


async def test_what_two_rooms_hear_of_is_said_once(server):
    async with new_place(server) as place:
        room, wide = place.room, Adapter.room_id("home/+")
        await place.serve({wide: Adapter.RoomConfig(), room: Adapter.RoomConfig()})
        async with place.running():
            await place.person.say(plain("once"))
            publish(server, "home/elsewhere", "there")
            await place.person.say(plain("after"))
            said = [await place.said() for _ in range(3)]
    assert [(one.room, one.content.text) for one in said] == [
        (room, "once"),
        (wide, "there"),
        (room, "after"),
    ]


async def test_signs_of_life_are_no_talk(server):
    async with new_place(server) as place:
        await place.serve({Adapter.room_id("#"): Adapter.RoomConfig()})
        async with place.running():
            publish(server, "hubbub/another/mark", "x/1")
            publish(server, "signs/of/life", "on")
            said = await place.said()
    assert (said.sender.name, said.content.text) == ("signs/of/life", "on")


async def test_what_is_not_durable_comes_again(either):
    place = either
    async with place.running():
        pass
    async with place.running():
        place.core.hold()
        await place.person.say(plain("held"))
        assert (await place.said()).content == plain("held")
    await place.restarted()
    async with place.running():
        assert [event.content.text for event in place.past] == ["held"]


def unacknowledged(place):
    """Let nothing be acknowledged any more, as before a kill."""
    place.adapter._wire.acknowledge = lambda mid: None


async def test_what_is_durable_and_not_acknowledged_does_not_come_again(either):
    """As after a kill between the commit and the acknowledgement."""
    place = either
    async with place.running():
        unacknowledged(place)
        await place.person.say(plain("once"))
        await place.said()
    await place.person.say(plain("while away"))
    await place.restarted()
    async with place.running():
        unacknowledged(place)
        assert [event.content.text for event in place.past] == ["while away"]
    await place.restarted()
    async with place.running():
        assert place.past == []
        assert place.caught_up
        await place.person.say(plain("and no more"))
        assert (await place.said()).content == plain("and no more")


async def test_what_was_sent_and_not_confirmed_is_found(either):
    place = either
    async with place.running():
        place.adapter._wire._answered = lambda mid, code: None  # no confirmation arrives
        sent = await place.send(plain("did it arrive?"))
        assert (await place.heard()).content == plain("did it arrive?")
    assert isinstance(sent.exception(), ConnectionLost)
    await place.restarted()
    async with place.running():
        found = await place.adapter.find_sent(place.room, 0.0, [place.last_txn, "never"])
    assert isinstance(found[place.last_txn], Receipt)
    assert found["never"] is None


async def test_what_a_topic_holds_is_no_talk(either, server):
    place = either
    publish(server, place.room, "the state of yesterday", "-r")
    async with place.running():
        publish(server, place.room, "news", "-r")
        assert (await place.said()).content == plain("news")
    assert place.past == []
    async with place.running():
        await place.person.say(plain("after"))
        assert (await place.said()).content == plain("after")
    assert place.past == []


async def test_the_last_message_is_kept_where_that_is_wanted(server):
    async with new_place(server, retain=True) as place, place.running():
        await place.deliver(plain("the last one"))
        late = await server.person("late", place.room)
        assert (await asyncio.wait_for(late.heard.get(), 10)).content == plain("the last one")


async def test_whether_the_bridge_is_there_can_be_read(place, server):
    who = await server.person("observer", f"hubbub/{place.adapter.config.client_id}/status")
    who._text = True

    async def told():
        return (await asyncio.wait_for(who.heard.get(), 10)).content.text

    async with place.running():
        assert await told() == "online"
    assert await told() == "offline"
    async with place.running():
        while await told() != "online":  # it may say twice that it has gone: by itself and by its will
            pass
        place.adapter._wire._client.socket().shutdown(2)  # as when the process is killed
        assert await told() == "offline"


async def test_a_session_that_is_gone_is_told(tmp_path):
    async with broker(tmp_path, more="") as demo, new_place(demo) as place:
        async with place.running():
            await place.person.say(plain("before"))
            await place.said()
        await demo._server.stop(patience=0)
        for kept in demo.folder.glob("*.db"):
            kept.unlink()
        await demo.start()
        publish(demo, place.room, "nobody keeps this")
        async with place.running():
            assert not place.caught_up
            found = await place.adapter.find_sent(place.room, 0.0, ["in doubt"])
        assert place.past == []
        assert found == {}, "nobody can tell"


async def test_what_the_broker_confirmed_and_lost_is_told(tmp_path):
    """It keeps so many messages for us while we cannot take them, confirms the next ones and drops them: what
    we had not acknowledged and five more, mosquitto 2.0.21 as many again.
    """
    async with broker(tmp_path, more="max_queued_messages 5") as demo, new_place(demo) as place:
        async with place.running():
            pass
        async with place.running():
            place.core.hold()
            for n in range(120):
                await place.deliver(plain(f"line {n}"))
                assert (await place.heard()).content.text == f"line {n}"
        place.core.release()
        async with place.running():
            assert not place.caught_up


async def test_messages_that_nobody_keeps_are_told_to_be_missing(place, server):
    async with place.running():
        publish(server, place.room, "at most once", "-q", "0")
        await place.said()
    async with place.running():
        assert not place.caught_up


async def test_what_devices_say_is_shown_as_text(server):
    async with new_place(server) as place:
        await place.serve({Adapter.room_id("zigbee/+/state"): Adapter.RoomConfig(payload="json")})
        async with place.running():
            publish(server, "zigbee/door/state", '{"contact": false}')
            said = await place.said()
            assert said.content == plain('{"contact": false}')
            assert said.sender == Sender(UserId("zigbee/door/state"), "zigbee/door/state")
            assert said.room == "zigbee/+/state"
            publish(server, "zigbee/camera/state", "", "-n")
            publish(server, "zigbee/camera/state", "", "-f", sys.executable)
            publish(server, "zigbee/lamp/state", "on")
            assert (await place.said()).content == plain("on")
            place.room = Adapter.room_id("zigbee/+/state")
            refused = await place.attempt(place.message(plain("to whom?")))
            assert isinstance(refused, RoomUnavailable)
            assert "wildcard" in str(refused)
            found = await place.adapter.look(place.adapter.rooms)
            assert "direction: from" in found[place.room]
            place.adapter.only_read = {place.room}
            assert await place.adapter.look(place.adapter.rooms) == {place.room: None}


async def test_rooms_come_and_go_while_it_runs(place, server):
    async with place.running():
        room, other = place.room, Adapter.room_id(f"{place.room}/other")
        await place.serve({room: Adapter.RoomConfig(), other: Adapter.RoomConfig()})
        await place.joined()
        publish(server, other, "here too")
        assert (await place.said()).room == other
        await place.serve({room: Adapter.RoomConfig()})
        publish(server, other, "nobody listens")
        publish(server, room, "here")
        assert (await place.said()).content == plain("here")


@pytest.mark.parametrize("old", ["+/+/door", "home/#", "home/old/door"])
async def test_the_session_asks_for_no_room_of_before(either, server, old):
    """It outlives the map: what shows that it still asks for a topic makes an end of that."""
    place, once = either, {Adapter.room_id(old): Adapter.RoomConfig()}
    rooms = place.adapter.rooms
    await place.serve({**rooms, **once})
    async with place.running():
        await place.joined()
    await place.serve(rooms)
    await place.restarted()
    async with place.running():
        publish(server, "home/old/door", "nobody wants to know")
        await place.person.say(plain("after"))
        assert (await place.said()).content == plain("after")
    async with place.running():
        count = place.adapter._wire.count
        publish(server, "home/old/door", "nobody is asked")
        await place.person.say(plain("the end"))
        assert (await place.said()).content == plain("the end")
        assert place.adapter._wire.count == count + 1


async def test_a_reload_after_much_talk_changes_nothing_of_what_is_known(place, server, monkeypatch):
    monkeypatch.setattr(adapters.mqtt.adapter, "_QUEUE", 3)
    async with place.running():
        pass
    async with place.running():
        for n in range(5):
            await place.person.say(plain(f"line {n}"))
            await place.said()
        await place.serve(
            {place.room: Adapter.RoomConfig(), Adapter.room_id("home/new"): Adapter.RoomConfig()}
        )
        assert await place.adapter.find_sent(place.room, 0.0, ["never"]) == {"never": None}
    for n in range(5):
        await place.person.say(plain(f"while away {n}"))
    while not place.events.empty():
        place.events.get_nowait()
    async with place.running():
        assert len(place.past) == 5
        assert not place.caught_up, "the broker may have dropped more"
        assert await place.adapter.find_sent(place.room, 0.0, ["never"]) == {}


@pytest.mark.parametrize("closed", [1, 2, 3])
async def test_a_broker_that_is_just_starting_is_not_taken_for_an_old_one(server, closed):
    async with old_broker(server) as front, new_place(server, front.port) as place:
        front.silent, front.knows_five = closed, True
        if closed > 1:
            assert "does not answer" in str(await failure(place))
            front.silent = 0
        async with place.running():
            assert place.adapter._wire.five
            await place.deliver(plain("hello"))


async def test_plain_text(tmp_path):
    async with broker(tmp_path, text=True) as demo, old_broker(demo) as old:
        async with new_place(demo, payload="text") as place, place.running():
            await place.deliver(plain("<alice> hello"))
            assert (await place.heard()).content == plain("<alice> hello")
            publish(demo, place.room, '{"text": "is not looked at"}')
            said = await place.said()
            assert said.content == plain('{"text": "is not looked at"}')
            assert said.sender.name == place.room
            await place.person.say(plain("waves"), Kind.EMOTE)
            assert (await place.said()).kind is Kind.EMOTE
        async with new_place(demo, old.port, payload="text") as place, place.running():
            await place.person.say(plain("hello"))
            assert (await place.said()).content == plain("hello")
            refused = await place.attempt(place.message(plain("<alice> whose words are these?")))
            assert isinstance(refused, RoomUnavailable)
            assert "payload: json" in str(refused)


async def test_two_with_one_name(place):
    async with place.running() as run:
        other = adapter(place.adapter.config.port, place.adapter.config.client_id)
        async with running(other, place):
            await asyncio.wait({run}, timeout=10)
        error = run.exception()
        assert isinstance(error, Replaced) or "client_id" in str(error)


async def test_who_may_what(tmp_path):
    """Passwords and access rules: each refusal names what to do."""
    (tmp_path / "rules").write_text(
        "user hubbub\ntopic readwrite hubbub/#\ntopic read alarm\nuser poor\ntopic readwrite home/#\n"
    )
    (tmp_path / "words").write_text("hubbub:secret\npoor:secret\n")
    subprocess.run(["mosquitto_passwd", "-U", tmp_path / "words"], check=True, timeout=10)
    rules = f"allow_anonymous false\nacl_file {tmp_path}/rules\npassword_file {tmp_path}/words"
    async with broker(tmp_path, more=rules) as demo:
        alarm = Adapter.room_id("alarm")
        made = adapter(demo.port, user="hubbub", password="secret")
        await made.serve({alarm: Adapter.RoomConfig()})
        place = Place(made, alarm, demo, None)
        async with place.running():
            refused = await place.attempt(place.message(plain("fire!")))
            assert isinstance(refused, RoomUnavailable)
            assert "allow it" in str(refused)
        assert await made.look(made.rooms) == {alarm: None}
        for wrong in ({"user": "hubbub", "password": "guess"}, {}):
            place.adapter = adapter(demo.port, **wrong)
            assert isinstance(await failure(place), AuthenticationFailed)
        place.adapter = adapter(demo.port, user="poor", password="secret")
        assert "hubbub/#" in (await place.adapter.look({}))[""]
        assert "hubbub/#" in str(await failure(place))


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the library's, of a failed handshake
async def test_certificates_are_looked_at(tmp_path):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost",
         "-keyout", f"{tmp_path}/key.pem", "-out", f"{tmp_path}/cert.pem"],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    tls = f"certfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem"
    async with broker(tmp_path, more=tls) as demo:
        room = Adapter.room_id("home/hall")
        settings = {"server": "localhost", "tls": True}
        place = Place(adapter(demo.port, **settings, ca_file=f"{tmp_path}/cert.pem"), room, demo, None)
        await place.serve({room: Adapter.RoomConfig()})
        async with place.running():
            await place.deliver(plain("hello"))
            peer = place.adapter.peer()
            assert peer == Endpoint(f"localhost:{demo.port}", "TLSv1.3", digest(tmp_path / "cert.pem"))
        for wrong in (settings, {"server": "127.0.0.1", "tls": True, "ca_file": f"{tmp_path}/cert.pem"}):
            place.adapter = adapter(demo.port, **wrong)
            error = await failure(place)
            assert isinstance(error, ConnectionLost)
            assert "does not verify" in str(error)
        place.adapter = adapter(demo.port, **settings, ca_file=f"{tmp_path}/nothing.pem")
        assert "ca_file" in str(await failure(place))
        del error
        gc.collect()


async def test_nobody_is_there():
    place = Place(adapter(free_port()), Adapter.room_id("x"), None, None)
    assert "check server" in str(await failure(place))


async def test_what_is_there_is_no_broker():
    async def answer(reader, writer):
        writer.write(b"220 mail.example.org ESMTP\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        place = Place(adapter(server.sockets[0].getsockname()[1]), Adapter.room_id("x"), None, None)
        assert "does not answer as an MQTT broker does" in str(await failure(place))
