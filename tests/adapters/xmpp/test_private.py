"""Rooms of two on real servers: through a room, and by addresses."""

import asyncio

import pytest

from adapters.xmpp import Adapter
from adapters.xmpp.rooms.addresses import address_of
from bridge import (
    AdapterError,
    Approached,
    Authorship,
    MessageCreated,
    Receipt,
    RoomId,
    RoomState,
    RoomStateChanged,
    RoomUnavailable,
    SendMessage,
    Speaker,
    Txn,
    Whisper,
    plain,
)
from tests.adapters.xmpp.harness import running
from tests.adapters.xmpp.servers import Ejabberd
from tests.adapters.xmpp.test_puppets_contract import component, ejabberd, prosody

pytestmark = pytest.mark.xdist_group("xmpp puppets")

ADA = Speaker(Authorship.PUPPET, "Ada", "irc/ada!~ada@example.org")
BRIDGE = Speaker(Authorship.PREFIX, "Ada")


@pytest.fixture(scope="module", params=[prosody, ejabberd])
async def server(request, tmp_path_factory):
    async with request.param(tmp_path_factory.mktemp("server")) as server:
        yield server


class Two:
    """A bridge in a room, and Wanda, who is there too."""

    count = 0

    def __init__(self, server, adapter):
        Two.count += 1
        self.server, self.adapter, self.sent = server, adapter, 0
        self.room = f"two{Two.count}@{server.rooms}"
        self.stanzas = asyncio.Queue()

    async def meet(self):
        """The room of her with Ada."""
        self.jid = f"{self.wanda._stream._user}@{self.wanda._domain}"
        await self.wanda.say(plain("hello"))
        self.id = (await self.next(MessageCreated)).sender.id
        self.wanda._message = self.stanzas.put_nowait
        return self.adapter.private_room(self.room, self.id, ADA)

    async def serve(self, *private):
        made = Adapter.RoomConfig(create=True)
        await self.adapter.serve(dict.fromkeys((self.room, *private), made))

    async def next(self, kind, meets=lambda event: True):
        async with asyncio.timeout(20):
            while True:
                event = await self.ears.events.get()
                if isinstance(event, kind) and meets(event):
                    return event

    async def state(self, room, state):
        return await self.next(RoomStateChanged, lambda event: (event.room, event.state) == (room, state))

    async def say(self, room, text, speaker=ADA):
        self.sent += 1
        command = SendMessage(
            room=RoomId(room),
            speaker=speaker,
            txn=Txn(f"{self.sent:x}.1.0.00000000c0ffee00"),
            content=plain(text),
        )
        try:
            landed = asyncio.get_running_loop().create_future()
            if not self.adapter.send_now(command, landed.set_result):
                landed = await self.adapter.send(command)
            return await asyncio.wait_for(landed, 20)
        except AdapterError as error:
            return error

    def write(self, to, text):
        self.wanda._send(f"<message to='{to}' type='chat' id='alone'><body>{text}</body></message>")

    async def heard(self, text, kind="chat"):
        """Who said that to her alone."""
        async with asyncio.timeout(20):
            while True:
                stanza = await self.stanzas.get()
                if stanza.get("type") == kind and text in "".join(stanza.itertext()):
                    return stanza.get("from")


@pytest.fixture
async def two(server):
    two = Two(server, Adapter("jabber", component(server), "I am a bridge."))
    two.wanda = await server.person("wanda", two.room)
    rooms = {two.room: Adapter.RoomConfig(create=True)}
    async with running(two.adapter, rooms, joined=False) as two.ears:
        await two.ears.until_joined(two.room)
        yield two
        await two.wanda.leave()


async def test_two_talk_through_a_room_until_one_goes(two):
    room = await two.meet()
    await two.say(two.room, "hello")
    two.write(f"{two.room}/Ada", "psst")
    asked = await two.next(Approached)
    assert (asked.room, asked.sender.id, asked.text, asked.to) == (room, two.id, "psst", ADA.key)
    two.adapter.hint(Whisper(room=room, user=two.id, text="wait", key=ADA.key))
    assert await two.heard("wait") == f"{two.room}/Ada"
    two.adapter.hint(Whisper(room=RoomId(two.room), user=two.id, text="I am the bridge"))
    assert await two.heard("I am the bridge") == f"{two.room}/hubbub"
    await two.serve(room)
    await two.state(room, RoomState.JOINED)
    assert (await two.say(room, "yes?")).part.speaker == ADA.key
    assert await two.heard("yes?") == f"{two.room}/Ada"
    assert (await two.say(room, "something is wrong", BRIDGE)).part.speaker is None
    assert await two.heard("something is wrong") == f"{two.room}/hubbub"
    two.write(f"{two.room}/Ada", "at last")
    said = await two.next(MessageCreated)
    assert (said.room, said.sender.id, said.content.text) == (room, two.id, "at last")
    known = two.id.startswith("occupant:")  # else a nick is anybody's when it was given up once
    await two.wanda.rename("wendy")
    if known:
        await asyncio.sleep(0.2)
        assert isinstance(await two.say(room, "still you"), Receipt)
        await two.heard("still you")
        two.wanda._send(f"<presence to='{two.room}/wendy' type='unavailable'/>")
    await two.state(room, RoomState.REFUSED)
    assert isinstance(await two.say(room, "gone?"), RoomUnavailable)
    if not known:
        await two.wanda.rename("wanda")
        two.wanda._send(f"<message to='{two.room}' type='groupchat'><body>back</body></message>")
        await two.next(MessageCreated)
        assert isinstance(await two.say(room, "is that you?"), RoomUnavailable)


async def test_who_was_not_in_the_room_yet_comes_to_speak(two):
    room = await two.meet()
    await two.serve(room)
    await two.state(room, RoomState.JOINED)
    assert (await two.say(room, "hello")).part.speaker == ADA.key
    assert await two.heard("hello") == f"{two.room}/Ada"


async def test_two_talk_by_their_addresses(two):
    await two.meet()
    ada = address_of(ADA.key, two.server.component)
    two.write(ada, "psst")
    asked = await two.next(Approached)
    assert (asked.sender.id, asked.text, asked.to) == (two.jid, "psst", ADA.key)
    assert (await two.heard("not delivered", "error")).partition("/")[0] == ada
    two.adapter.hint(Whisper(room=asked.room, user=asked.sender.id, text="wait", key=ADA.key))
    assert (await two.heard("wait")).partition("/")[0] == ada
    await two.serve(asked.room)
    await two.state(asked.room, RoomState.JOINED)
    assert (await two.say(asked.room, "yes?")).part.speaker == ADA.key
    assert (await two.heard("yes?")).partition("/")[0] == ada
    two.write(ada, "at last")
    said = await two.next(MessageCreated)
    assert (said.room, said.sender.id, said.content.text) == (asked.room, two.jid, "at last")


async def test_a_message_to_nobody_is_not_taken_for_delivered(two):
    room = f"nobody@{two.server.rooms.partition('.')[2]} with {ADA.key}"
    await two.serve(room)
    await two.state(room, RoomState.JOINED)
    assert isinstance(await two.say(room, "hello?"), RoomUnavailable)


async def test_the_bridge_itself_is_asked(two):
    await two.meet()
    two.write(f"{two.room}/hubbub", "!who")
    asked = await two.next(Approached)
    assert (asked.room, asked.sender.id, asked.text, asked.to) == (two.room, two.id, "!who", "")
    two.write(f"{two.room}/hubbub", "hello?")
    assert await two.heard("I am a bridge.") == f"{two.room}/hubbub"
    two.write(f"hubbub@{two.server.component}", "!who")
    asked = await two.next(Approached)
    assert (asked.room, asked.sender.id) == (two.jid, two.jid)
    two.adapter.hint(Whisper(room=asked.room, user=asked.sender.id, text="nobody"))
    assert (await two.heard("nobody")).startswith("hubbub@")


async def test_one_account_speaks_for_all(server):
    """Its private messages bear names in their text, and answers to it say whom they are for."""
    wanda = await server.person("wanda", f"one@{server.rooms}")
    domain = wanda._domain
    if isinstance(server, Ejabberd):
        await server.register("hubbub", "hubbub")
    config = Adapter.NetworkConfig(
        jid=f"hubbub@{domain}", password="hubbub", server="127.0.0.1", port=server.port, tls="none"
    )
    two = Two(server, Adapter("jabber", config, "I am a bridge."))
    two.room, two.wanda = f"one@{server.rooms}", wanda
    async with running(two.adapter, {two.room: Adapter.RoomConfig(create=True)}, joined=False) as two.ears:
        await two.ears.until_joined(two.room)
        room = await two.meet()
        assert two.adapter.capabilities(room, ADA).authorship is Authorship.PREFIX
        await two.serve(room)
        await two.state(room, RoomState.JOINED)
        assert isinstance(await two.say(room, "<Ada> psst", BRIDGE), Receipt)
        assert await two.heard("psst") == f"{two.room}/hubbub"
        two.write(f"{two.room}/hubbub", "plain words")
        asked = await two.next(Approached)
        assert (asked.room, asked.sender.id, asked.text, asked.to) == (two.room, two.id, "plain words", "")
    await wanda.leave()
