"""People from elsewhere on real servers, as themselves, and what operators do about them."""

import asyncio
import contextlib
import itertools
from dataclasses import replace

import pytest

from adapters.irc import Adapter
from adapters.irc.puppets import names
from bridge import (
    AdapterError,
    Authorship,
    MemberChanged,
    MessageCreated,
    Rejected,
    SendMessage,
    Speaker,
    Txn,
    plain,
)
from bridge.keepsake import Keepsake
from bridge.testing import HandClock
from tests.adapters.irc.harness import Collector, Running, client
from tests.adapters.irc.servers import Inspircd
from tests.adapters.irc.test_puppets_contract import inspircd, network, ngircd

pytestmark = pytest.mark.xdist_group("irc puppets")

ADA = Speaker(Authorship.PUPPET, "Ada", "jabber/ada@example.org")
BOB = Speaker(Authorship.PUPPET, "Bob", "matrix/@bob:example.org")
_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=[ngircd, inspircd])
async def server(request, tmp_path_factory):
    async with request.param(tmp_path_factory.mktemp("server")) as server:
        yield server


class Room:
    """A room with somebody who owns it, and a bridge that comes and goes."""

    def __init__(self, server, folder):
        self.server, self.sent, self.number = server, 0, next(_numbers)
        self.room = Adapter.room_id(f"#quiet{self.number}")
        self.folder = folder

    @contextlib.asynccontextmanager
    async def bridge(self, *, tls=False, **rules):
        config = network(self.server, f"hubbub{self.number}", rules)
        if tls:
            over = {"tls": True, "port": self.server.tls_port, "ca_file": self.server.certificate}
            config = config.model_copy(update=over)
        self.adapter = Adapter("irc", config, "I relay.")
        self.adapter.keepsake = Keepsake(self.folder / "journal.sqlite3", "irc")
        await self.adapter.serve({self.room: Adapter.RoomConfig()})
        self.run = Running(self.adapter, Collector())
        try:
            await self.run.joined(self.room)
            yield self.run.emitted
        finally:
            await self.run.stop()

    @property
    def puppets(self):
        return self.adapter._puppets

    def clock(self):
        """A clock for them that is moved by hand from now on."""
        clock = self.puppets._clock = self.adapter._entrance.clock = HandClock()
        return clock

    async def say(self, speaker, text):
        """What becomes of a message."""
        self.sent += 1
        command = SendMessage(
            room=self.room,
            speaker=speaker,
            txn=Txn(f"{self.sent:x}.1.0.00000000c0ffee00"),
            content=plain(text),
        )
        try:
            landed = asyncio.get_running_loop().create_future()
            if not self.adapter.send_now(command, landed.set_result):
                landed = await self.adapter.send(command)
            said = await asyncio.wait_for(landed, 20)
        except AdapterError as error:
            return error
        assert said.__class__.__name__ != "Receipt" or said.part is None or said.part.speaker == speaker.key
        return said

    def how(self, speaker):
        return self.adapter.capabilities(self.room, speaker).authorship

    async def heard(self, *wanted):
        """What the owner of the room reads next."""
        for who, text in wanted:
            got = await self.owner.heard("PRIVMSG #quiet")
            assert (got[got.index(":") + 1 :].partition("!")[0], got.rpartition(" :")[2]) == (who, text)

    async def quiet(self, ears):
        """Nothing was made of what those do who are ours."""
        self.owner.say(f"PRIVMSG {self.room} :fence")
        while True:
            event = await asyncio.wait_for(ears.events.get(), 20)
            assert not isinstance(event, MemberChanged) or event.speaker, event
            if isinstance(event, MessageCreated):
                assert event.content == plain("fence")
                return

    async def until_hears(self, nick):
        """Wait until the bot knows that somebody is in the room: the server tells them first."""
        async with asyncio.timeout(20):
            while not self.adapter.is_present(self.room, nick):
                await asyncio.sleep(0.01)

    async def gone(self, *nicks):
        """Wait until nobody by these nicks is left."""
        async with client(self.server.port, "watch") as watch, asyncio.timeout(20):
            for nick in nicks:
                while True:
                    watch.say(f"ISON {nick}")
                    if nick not in (await watch.heard(" 303 ")).rpartition(":")[2].split():
                        break
                    await asyncio.sleep(0.05)


@pytest.fixture
async def room(server, tmp_path):
    room = Room(server, tmp_path)
    async with client(server.port, f"olga{room.number}", room.room) as room.owner:
        yield room


def rejected(outcome, *words):
    assert isinstance(outcome, Rejected), outcome
    assert outcome.alone
    for word in words:
        assert word in str(outcome)


async def test_they_speak_in_turn_and_are_no_news(room):
    async with room.bridge() as ears:
        for number in range(5):
            for who in (ADA, BOB):
                assert not isinstance(await room.say(who, f"{number}"), AdapterError)
        await room.heard(*[(who.name, f"{number}") for number in range(5) for who in (ADA, BOB)])
        assert room.adapter.puppets() == 2
        await room.quiet(ears)
        assert not room.adapter.is_present(room.room, "Ada")
        assert room.adapter.is_present(room.room, f"olga{room.number}")
        room.owner.say("WHOIS Ada")
        assert "ada@example.org on jabber (Hubbub): Ada" in await room.owner.heard(" 311 ")


async def test_a_nick_that_is_somebodys_stays_theirs_until_they_leave(room):
    async with room.bridge():
        clock = room.clock()
        async with client(room.server.port, "Ada"):
            await room.say(ADA, "hello")
            await room.heard(("Ada[jabber]", "hello"))
        await room.gone("Ada")
        clock.move(61)
        await room.say(ADA, "it is me")
        await room.heard(("Ada", "it is me"))


async def test_nobody_has_a_nick_that_looks_like_somebodys(room):
    """Also where it is only what an IRC nick can have of the name."""
    async with room.bridge():
        clock = room.puppets._clock = HandClock()
        await room.say(replace(BOB, name="日Bob"), "one")
        async with client(room.server.port, "B0b", room.room):
            await room.until_hears("B0b")
            await room.say(replace(BOB, name="日Bob"), "two")
            clock.move(61)
            await room.say(replace(BOB, name="日Bob"), "three")
            await room.say(replace(ADA, name="bob"), "four")
        await room.heard(("Bob", "one"), ("Bob", "two"), ("Bob[matrix]", "three"), ("bob[jabber]", "four"))


async def test_who_is_called_otherwise_now_is_renamed(room):
    async with room.bridge() as ears, client(room.server.port, "Duchess"):
        await room.say(ADA, "one")
        await room.say(Speaker(Authorship.PUPPET, "Countess", ADA.key), "two")
        await room.say(Speaker(Authorship.PUPPET, "Duchess", ADA.key), "three")
        await room.heard(("Ada", "one"), ("Countess", "two"), ("Countess", "three"))
        await room.quiet(ears)


async def test_a_name_passes_to_who_has_it_now(room):
    again = Speaker(Authorship.PUPPET, "Ada", "jabber/ada@other.example.org")
    async with room.bridge() as ears:
        await room.say(ADA, "one")
        await room.say(again, "two")
        await room.heard(("Ada", "one"), ("Ada", "two"))
        await room.quiet(ears)


async def test_who_is_kicked_says_nothing_there_until_later(room):
    async with room.bridge() as ears:
        clock = room.clock()
        await room.say(ADA, "rude")
        await room.heard(("Ada", "rude"))
        room.owner.say(f"KICK {room.room} Ada :enough")
        await room.owner.sync()
        await asyncio.sleep(0.2)
        rejected(await room.say(ADA, "me again"), "Ada was sent out there by olga", "enough")
        await room.say(BOB, "and I")
        clock.move(61)
        await room.say(ADA, "sorry")
        await room.heard(("Bob", "and I"), ("Ada", "sorry"))
        await room.quiet(ears)


async def test_who_is_written_otherwise_is_renamed_and_not_moved_aside(room):
    async with room.bridge():
        await room.say(ADA, "one")
        await room.say(Speaker(Authorship.PUPPET, "ada", ADA.key), "two")
        await room.say(Speaker(Authorship.PUPPET, "ada", ADA.key), "three")
        assert (await room.owner.heard("PRIVMSG .*three")).startswith(":ada!")


async def test_who_is_banned_stays_out_and_nobody_speaks_for_them(room):
    async with room.bridge() as ears:
        room.owner.say(f"MODE {room.room} +b *!*{names.ident_of(ADA.key)}@*")
        await room.owner.sync()
        for _ in range(2):
            rejected(await room.say(ADA, "me again"), "Ada is banned there")
        await room.say(BOB, "I am not")
        await room.heard(("Bob", "I am not"))
        await room.quiet(ears)


async def test_who_is_killed_is_away_for_a_while(room):
    if not isinstance(room.server, Inspircd):
        pytest.skip("the demo's ngIRCd has no operators")
    async with room.bridge() as ears:
        clock = room.clock()
        await room.say(ADA, "rude")
        async with client(room.server.port, "oper") as oper:
            oper.say("OPER root root")
            await oper.heard(" 381 ")
            oper.say("KILL Ada :out")
            await oper.sync()
        await room.gone("Ada")
        await asyncio.sleep(0.2)
        rejected(await room.say(ADA, "me again"), "Ada was sent off the network", "out")
        clock.move(61)
        await room.say(ADA, "sorry")
        await room.heard(("Ada", "rude"), ("Ada", "sorry"))
        await room.quiet(ears)


async def test_in_a_moderated_room_the_bridge_can_speak_for_them(room):
    async with room.bridge():
        await room.say(ADA, "one")
        room.owner.say(f"MODE {room.room} +m")
        await room.owner.sync()
        refused = await room.say(ADA, "two")
        assert isinstance(refused, AdapterError)
        assert not (isinstance(refused, Rejected) and refused.alone)


async def test_who_says_nothing_for_long_leaves(room):
    async with room.bridge(idle="1h") as ears:
        clock = room.clock()
        await room.say(ADA, "one")
        clock.move(3601)
        room.puppets.tidy()
        await room.gone("Ada")
        await room.say(ADA, "two")
        await room.heard(("Ada", "one"), ("Ada", "two"))
        await room.quiet(ears)


@pytest.mark.parametrize("rules", [{"max": 2}, {"per_room": 2}])
async def test_over_the_cap_the_bridge_speaks_until_somebody_was_silent_for_long(room, rules):
    eve = Speaker(Authorship.PUPPET, "Eve", "jabber/eve@example.org")
    async with room.bridge(**rules) as ears:
        clock = room.clock()
        await room.say(ADA, "one")
        await room.say(BOB, "two")
        assert room.how(ADA) is room.how(BOB) is Authorship.PUPPET
        assert room.how(eve) is Authorship.PREFIX
        clock.move(61)
        await room.say(ADA, "three")
        assert room.how(eve) is Authorship.PUPPET
        await room.say(eve, "four")
        await room.gone("Bob")
        await room.heard(("Ada", "one"), ("Bob", "two"), ("Ada", "three"), ("Eve", "four"))
        assert room.how(ADA) is Authorship.PUPPET
        await room.quiet(ears)


async def test_after_a_restart_those_who_linger_are_known(room):
    """Their connections outlive the process where it could not close them: the machine itself stopped."""
    async with room.bridge():
        await room.say(ADA, "one")
        puppet = room.puppets._all[ADA.key]
        left, puppet._transport = puppet._transport, None
    async with room.bridge() as ears:
        assert not room.adapter.is_present(room.room, "Ada")
        left.write(f"PRIVMSG {room.room} :late\r\n".encode())
        await room.heard(("Ada", "one"), ("Ada", "late"))
        left.close()
        await room.gone("Ada")
        await room.quiet(ears)


@pytest.mark.parametrize(
    "name", ["a/b", "<b>&'\"", "北京", "Ada \U0001f600", "x" * 300, "  ", "é", "-1", "\r\nQUIT", "#a", ":x"]
)
async def test_all_names_can_speak(room, name):
    async with room.bridge():
        said = await room.say(Speaker(Authorship.PUPPET, name, f"matrix/@{name}:Example.org"), "hello")
        assert not isinstance(said, AdapterError)
        assert "hello" in await room.owner.heard(f"PRIVMSG {room.room}")
