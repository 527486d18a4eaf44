"""Rooms of two on real servers: with the bot, and with connections of people from elsewhere."""

import asyncio
import itertools

import pytest

from adapters.irc import Adapter
from bridge import (
    Approached,
    Authorship,
    MessageCreated,
    Receipt,
    RoomState,
    RoomUnavailable,
    SendMessage,
    Speaker,
    Support,
    Txn,
    UserId,
    Whisper,
    plain,
)
from tests.adapters.irc.harness import FAST, Collector, Running, client
from tests.adapters.irc.servers import Inspircd
from tests.adapters.irc.test_puppets_contract import OFTEN, inspircd, ngircd

pytestmark = pytest.mark.xdist_group("irc puppets")

ADA = Speaker(Authorship.PUPPET, "Ada", "jabber/ada@example.org")
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=[ngircd, inspircd])
async def server(request, tmp_path_factory):
    async with request.param(tmp_path_factory.mktemp("server")) as server:
        yield server


class Two:
    """A bridge in a channel, and somebody who may write to it alone."""

    def __init__(self, server, **more):
        self.server, self.number, self.sent = server, next(_numbers), 0
        self.room = Adapter.room_id(f"#two{self.number}")
        self.nick, self.bot = f"bob{self.number}", f"hubbub{self.number}"
        config = Adapter.NetworkConfig(
            server="127.0.0.1", port=server.port, tls=False, nick=self.bot, flood=FAST, **more
        )
        self.adapter = Adapter("irc", config, "I relay.")

    async def start(self, *private):
        await self.serve(*private)
        self.run = Running(self.adapter, Collector())
        await self.run.joined(self.room)

    async def serve(self, *private):
        await self.adapter.serve(dict.fromkeys((self.room, *private), Adapter.RoomConfig()))

    async def met(self, person):
        """The room of two with somebody who speaks in the channel."""
        person.say(f"PRIVMSG {self.room} :hello")
        said = await self.run.emitted.message()
        return said.sender.id, self.adapter.private_room(self.room, said.sender.id, ADA)

    async def say(self, room, text, speaker=ADA):
        self.sent += 1
        command = SendMessage(
            room=room, speaker=speaker, txn=Txn(f"{self.sent:x}.1.0.00000000c0ffee00"), content=plain(text)
        )
        try:
            return await asyncio.wait_for(await self.adapter.send(command), 20)
        except RoomUnavailable as error:
            return error


@pytest.fixture(params=["bot", "puppets"])
async def two(server, request):
    talks = request.function is test_two_talk_and_the_nick_of_somebody_else_gets_nothing
    if isinstance(server, Inspircd) and request.param == "bot" and not talks:
        pytest.skip("what differs there is how a message is confirmed")
    two = Two(server, **({"puppets": OFTEN} if request.param == "puppets" else {}))
    await two.start()
    try:
        yield two
    finally:
        await two.run.stop()


def own(two):
    """Whether people from elsewhere have connections."""
    return two.adapter.config.puppets is not None


async def test_two_talk_and_the_nick_of_somebody_else_gets_nothing(two):
    async with client(two.server.port, two.nick, two.room) as bob:
        mask, room = await two.met(bob)
        assert two.adapter.capabilities(two.room).whisper is Support.FULL
        await two.serve(room)
        await two.run.emitted.state(RoomState.JOINED, room)
        assert isinstance(await two.say(room, "psst"), Receipt)
        heard = await bob.heard(f"PRIVMSG {two.nick} ")
        assert heard.rpartition(" :")[2] == "psst"
        assert heard.startswith(":Ada!" if own(two) else f":{two.bot}!")
        bob.say(f"PRIVMSG {'Ada' if own(two) else two.bot} :yes?")
        if own(two):
            said = await two.run.emitted.next(MessageCreated)
            assert (said.room, said.sender.id, said.content.text) == (room, mask, "yes?")
        else:
            said = await two.run.emitted.next(Approached)
            assert (said.room, said.sender.id, said.text, said.to) == (two.room, mask, "yes?", "")
        bob.say(f"NICK x{two.nick}")
        await bob.heard("NICK ")
        await bob.sync()
        async with client(two.server.port, two.nick, two.room) as other:
            assert isinstance(await two.say(room, "still you?"), Receipt)
            assert (await bob.heard("PRIVMSG ")).rpartition(" :")[2] == "still you?"
            bob.say("QUIT")
            await two.run.emitted.state(RoomState.REFUSED, room)
            assert isinstance(await two.say(room, "and you?"), RoomUnavailable)
            other.say("PING :sync")
            assert "PRIVMSG" not in await other.heard("PRIVMSG|PONG .*sync")


async def test_after_a_restart_the_mask_tells_who_it_is(two):
    async with client(two.server.port, two.nick, two.room) as bob:
        _, room = await two.met(bob)
        await two.serve(room)
        await two.run.emitted.state(RoomState.JOINED, room)
        await two.run.again()
        await two.run.joined(room)
        assert isinstance(await two.say(room, "again"), Receipt)
        await bob.heard("PRIVMSG .*again")
        bob.say(f"PART {two.room}")
        await two.run.emitted.state(RoomState.REFUSED, room)
        assert isinstance(await two.say(room, "gone?"), RoomUnavailable)


async def test_a_stranger_is_named_and_answered(two):
    async with client(two.server.port, two.nick, two.room) as bob:
        mask, room = await two.met(bob)
        bob.say(f"PRIVMSG {two.bot} :!who")
        asked = await two.run.emitted.next(Approached)
        assert (asked.room, asked.sender.id, asked.text, asked.to) == (two.room, mask, "!who", "")
        two.adapter.hint(Whisper(room=asked.room, user=mask, text="one line\n" + "wide " * 100))
        assert (await bob.heard("NOTICE")).rpartition(" :")[2] == f"[{two.room}] one line"
        assert "wide wide" in await bob.heard("NOTICE")
        bob.say(f"PRIVMSG {two.bot} :hello?")
        assert "I relay." in await bob.heard("NOTICE .*relay")
        if own(two):
            await two.say(two.room, "hello")
            bob.say("PRIVMSG Ada :psst")
            asked = await two.run.emitted.next(Approached)
            assert (asked.room, asked.sender.id, asked.text, asked.to) == (room, mask, "psst", ADA.key)
            two.adapter.hint(Whisper(room=room, user=mask, text="wait", key=ADA.key))
            assert (await bob.heard("NOTICE .*wait")).startswith(":Ada!")


async def test_who_is_not_in_the_room_is_nobody(two):
    async with client(two.server.port, two.nick) as bob:
        bob.say(f"PRIVMSG {two.bot} :!msg ada psst")
        asked = await two.run.emitted.next(Approached)
        assert asked.room == two.nick
        two.adapter.hint(Whisper(room=asked.room, user=asked.sender.id, text="who are you"))
        await bob.heard("NOTICE .*who are you")
        assert two.adapter.private_room(asked.room, asked.sender.id, ADA) is None
        two.adapter.hint(Whisper(room=two.room, user=UserId(f"{two.nick}!other@host"), text="secret"))
        await asyncio.sleep(0.1)
        bob.say("PING :sync")
        assert "secret" not in await bob.heard("NOTICE|PONG .*sync")
