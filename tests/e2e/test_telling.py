"""What people in the rooms are told when something is wrong, on real servers."""

import asyncio
import re

import pytest

from bridge.model import plain
from tests.adapters.places import chat_map
from tests.e2e.world import NETWORKS, hubbub, servers

GAP = re.compile(
    r"The bridge was away for \d+ seconds?; what was said in #\S+ on irc meanwhile is missing here\."
)


def everywhere(*options):
    """The configuration with these options for each network."""
    text, more = chat_map(), "".join(f"    {option}\n" for option in options)
    for name in NETWORKS:
        assert f"\n  {name}:\n" in text
        text = text.replace(f"\n  {name}:\n", f"\n  {name}:\n{more}")
    return text


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    async with servers(tmp_path_factory.mktemp("e2e")) as world:
        await world.join()
        yield world


async def test_a_network_that_is_away_is_told_and_its_return_too(world, tmp_path):
    file = tmp_path / "bridge.yaml"
    file.write_text(everywhere("tell_after: 1s", "tell_gap: 0s"))
    async with hubbub(world, config=file) as bridge:
        await bridge.joined(*NETWORKS)
        await world.proxies["irc"].cut()
        await world.people["jabber"].say(plain("are you there?"))
        assert await world.heard("matrix") == ["<grace> are you there?"]
        told = await asyncio.gather(world.heard("jabber"), world.heard("matrix"))
        assert told[0] == told[1]
        assert re.fullmatch(
            r"#\S+ on irc cannot be reached since \d\d:\d\d UTC; what you say is kept and follows\.",
            told[0][0],
        )
        await world.proxies["irc"].start()
        assert await world.heard("irc") == ["<grace> are you there?"]
        for network in ("jabber", "matrix"):
            gap, back = sorted(await world.heard(network, 2), key=lambda line: "again" in line)
            assert GAP.fullmatch(gap)
            assert re.fullmatch(
                r"#\S+ on irc can be reached again: 1 message that waited went through\.", back
            )


async def test_what_could_not_be_heard_is_told_where_there_is_no_history(world, tmp_path):
    """The demo's IRC server keeps no history; Matrix does, so nothing is missing of it."""
    file = tmp_path / "bridge.yaml"
    file.write_text(everywhere("tell_gap: 0s"))
    async with hubbub(world, config=file) as bridge:
        await bridge.joined(*NETWORKS)
        await bridge.stop()
    await world.people["irc"].say(plain("nobody hears me"))
    await world.people["matrix"].say(plain("I am read later"))
    async with hubbub(world, config=file) as bridge:
        await bridge.joined(*NETWORKS)
        assert await world.heard("irc") == ["<alan> I am read later"]
        for network in ("jabber", "matrix"):
            heard = await world.heard(network)
            if network == "jabber":
                assert heard == ["<alan> I am read later"]
                heard = await world.heard(network)
            while " on jabber" in heard[0]:  # the demo's XMPP rooms name no messages: they cannot tell either
                heard = await world.heard(network)
            assert GAP.fullmatch(heard[0])
