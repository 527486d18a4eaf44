"""The demo's server and people, and the adapter on ngIRCd, which knows little of IRCv3."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.irc.testing import Demo
from bridge import Content, Kind, Mark, RoomState, Span, plain

from .harness import client, running


@pytest.fixture
async def demo(tmp_path: Path) -> AsyncIterator[Demo]:
    made = Demo(tmp_path / "irc")
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


async def test_people_hear_each_other_and_the_adapter(demo: Demo) -> None:
    """Content survives; long text comes in several lines and loses no letter."""
    bob, carol = await demo.person("bob"), await demo.person("carol")
    async with running(demo.port, "#lobby") as run:
        await run.joined()
        await bob.say(Content((Span("so "), Span("bold", frozenset({Mark.BOLD})))), Kind.EMOTE)
        heard = await carol.heard.get()
        event = await run.emitted.message()
        assert (heard.sender, heard.content, heard.kind) == ("bob", event.content, Kind.EMOTE)
        long = "一二三四五六七八九十" * 60
        await bob.say(plain(long))
        got = ""
        while len(got) < len(long):
            got += (await run.emitted.message()).content.text
        assert got == long
        await (await run.send("#lobby", "from elsewhere"))
        assert (await bob.heard.get()).content == plain("from elsewhere")


async def test_people_in_any_room(demo: Demo) -> None:
    dave = await demo.person("dave", "#Other")
    async with running(demo.port, "#other") as run:
        await run.joined()
        await (await run.send("#other", "hello"))
        assert (await dave.heard.get()).sender == "hubbub"


async def test_nothing_is_left(tmp_path: Path) -> None:
    """No process, also after a second stop."""
    demo = Demo(tmp_path / "irc")
    await demo.start()
    assert demo._server._process
    group = demo._server._process.pid
    await demo.person("bob")
    await demo.stop()
    await demo.stop()
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


async def test_ngircd_and_a_bare_carriage_return(demo: Demo) -> None:
    """ngIRCd ends a line at CR alone: nothing of a user's text becomes a command."""
    async with client(demo.port, "bob", "#lobby") as bob, running(demo.port, "#lobby") as run:
        await run.joined()
        bob.say("MODE #lobby +o hubbub")
        await bob.heard("MODE #lobby")
        await (await run.send("#lobby", "x\rTOPIC #lobby :HACKED"))
        await bob.heard("PRIVMSG #lobby :x TOPIC")
        bob.say("TOPIC #lobby")
        await bob.heard(" 331 ")


async def test_ngircd_refuses(demo: Demo) -> None:
    """RFC 2812 section 3.2.1 on another server."""
    async with client(demo.port, "bob", "#invite", "#key") as bob:
        bob.say("MODE #invite +i", "MODE #key +k right")
        await bob.sync()
        async with running(demo.port, "#invite", "#key", "#fine", keys={"#key": "right"}) as run:
            assert "invite-only" in (await run.emitted.state(RoomState.REFUSED)).reason
            await run.joined()
            await run.joined()
            bob.say("KICK #key hubbub :out")
            assert "bob removed" in (await run.emitted.state(RoomState.REFUSED)).reason
