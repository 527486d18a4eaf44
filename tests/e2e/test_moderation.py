"""An operator on IRC and a moderator on XMPP decide for a whole conversation: real servers, one bridge."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

from adapters.irc import Adapter as Irc
from adapters.xmpp import Adapter as Xmpp
from bridge.app import Bridge
from bridge.config import Config, Conversation, Direction, Media, Network, RoomEntry, ShowRules
from bridge.model import RoomId, plain
from bridge.testing import HandClock, ScriptedAdapter, ScriptedNetwork
from tests.adapters.irc.harness import client
from tests.adapters.irc.test_puppets_contract import inspircd, network
from tests.adapters.xmpp.test_puppets_contract import component, prosody
from tests.bridge.world import PROTOCOL

RULES = {"irc": ShowRules(moderators="everywhere"), "jabber": ShowRules(members="present")}
KEPT = ScriptedAdapter.NetworkConfig(server="kept")


class World:
    """Rooms on IRC, XMPP and a scripted network that are one conversation."""

    def __init__(self, irc, jabber, folder):
        self.kept, self.clock = ScriptedNetwork("kept"), HandClock()
        self.room = f"there@{jabber.rooms}"
        kinds = {
            "irc": ("irc", network(irc), "#there", Irc.RoomConfig()),
            "jabber": ("xmpp", component(jabber), self.room, Xmpp.RoomConfig(create=True)),
            "kept": (PROTOCOL, KEPT, "three", ScriptedAdapter.RoomConfig()),
        }
        rooms = [
            RoomEntry(name, RoomId(room), Direction.BOTH, settings, RULES.get(name, ShowRules()))
            for name, (_, _, room, settings) in kinds.items()
        ]
        self.config = Config(
            {name: Network(name, protocol, settings) for name, (protocol, settings, _, _) in kinds.items()},
            {"lobby": Conversation("lobby", tuple(rooms))},
            "Ann",
            folder / "journal.sqlite3",
            media=Media(folder=folder / "files"),
        )

    @asynccontextmanager
    async def relaying(self):
        bridge = Bridge(self.config, clock=self.clock)
        task = asyncio.ensure_future(bridge.run())
        try:
            await until(lambda: len(bridge._networks) == 3 and all(room.joined for room in bridge.rooms()))
            yield bridge
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def came(self, text):
        async with asyncio.timeout(20):
            while text not in self.kept.texts("three"):
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
async def servers(tmp_path_factory):
    async with AsyncExitStack() as stack:
        irc = await stack.enter_async_context(inspircd(tmp_path_factory.mktemp("irc")))
        yield irc, await stack.enter_async_context(prosody(tmp_path_factory.mktemp("xmpp")))


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_ban_on_irc_counts_everywhere_until_it_ends_there(servers, tmp_path):
    irc, jabber = servers
    world = World(*servers, tmp_path)
    ann = await jabber.person("ann", world.room)
    async with (
        client(irc.port, "olga", "#there") as olga,
        client(irc.port, "eve", "#there") as eve,
        world.relaying() as bridge,
    ):
        people = bridge.adapter("jabber")._made()._memory.session.places[world.room].speakers
        await bridge.patrol()
        await until(lambda: {"olga", "eve"} <= people.keys())  # who have said nothing yet
        # somebody from elsewhere
        await ann.say(plain("hello"))
        await world.came("<ann> hello")
        await olga.heard("PRIVMSG #there")
        olga.say("MODE #there +b ann!*@*", "KICK #there ann :enough")
        await until(lambda: len(bridge.features.moderation.muted()) == 1)
        await ann.say(plain("me again"))
        eve.say("PRIVMSG #there :what was that")
        await world.came("<eve> what was that")
        assert "<ann> me again" not in world.kept.texts("three")
        olga.say("MODE #there -b ann!*@*")
        await until(lambda: not bridge.features.moderation.muted())
        await ann.say(plain("sorry"))
        await world.came("<ann> sorry")
        told = [await asyncio.wait_for(ann.alone.get(), 20) for _ in range(2)]
        assert "ann was banned in #there on irc, and is not heard in the other rooms any more." in told
        assert "ann is heard in the other rooms again." in told
        # somebody of the room itself
        olga.say("KICK #there eve :out")
        await until(lambda: len(bridge.features.moderation.muted()) == 1)
        await bridge.patrol()
        await until(lambda: "eve" not in people)
        eve.say("JOIN #there", "PRIVMSG #there :so what")
        olga.say("PRIVMSG #there :quiet please")
        await world.came("<olga> quiet please")
        assert "<eve> so what" not in world.kept.texts("three")
        world.clock.move(601)
        await bridge.patrol()
        eve.say("PRIVMSG #there :thank you")
        await world.came("<eve> thank you")
    await ann.leave()
