"""What an owner asks about lists: announced, refused, shown and exported, over HTTP and by commands."""

import asyncio
import csv
import io
import json

import pytest
from click.testing import CliRunner

from bridge.cli.announce import announce
from bridge.cli.subscribers import subscribers
from bridge.control.abilities import Abilities
from bridge.control.server import Control
from bridge.errors import ConfigError
from tests.bridge.control.test_api import serving
from tests.bridge.world import running


@pytest.fixture
async def service(listed, audience, irc):
    async def read():
        raise ConfigError(["bridge.yaml:1:1: wrong"])

    async with running(listed, lambda bridge: Control(Abilities(bridge, read)).listening()) as bridge:
        await audience.subscribe(irc, "carol")
        yield bridge, Abilities(bridge, read)


async def hubbub(listed, command, *words, **more):
    """Call a command in a thread: it waits for the service. Returns what it says, an error too."""

    def call():
        ran = CliRunner().invoke(command, [*words, "--journal", str(listed.journal)], **more)
        return ran.output if ran.exception is None else str(ran.exception)

    return await asyncio.to_thread(call)


async def test_what_is_asked_over_http_goes_to_subscribers_and_to_nobody_who_is_named(service, audience, irc):
    bridge, abilities = service
    async with serving(abilities) as client:
        for to in (["irc/eve!user@host"], "eve@example.org"):
            status, answer = await client.post("announce", {"list": "news", "text": "watches", "to": to})
            assert (status, "nobody can be named" in answer["error"]) == (409, True)
        status, answer = await client.post("announce", {"list": "lobby", "text": "watches"})
        assert (status, "there is no list" in answer["error"]) == (409, True)
        status, answer = await client.post("announce", {"list": "news", "dry_run": True})
        assert (status, answer["people"], answer["number"]) == (200, 1, 0)
        assert answer["networks"] == {"irc": {"people": 1, "away": 0, "asleep": 0}}
        await bridge.patrol()
        assert len(audience.whispers(irc, "carol")) == 2  # the question, and the confirmation
        status, answer = await client.post("announce", {"list": "news", "text": "We open at ten."})
        assert (status, answer["number"], answer["code"]) == (200, 1, "")
        await bridge.patrol()
        assert len(audience.announcements(irc, "carol", "We open at ten.")) == 1


async def test_commands_announce_show_and_export(service, listed, audience, irc):
    bridge, _ = service
    assert await hubbub(listed, announce, "news", "--dry-run") == "news: 1 person\n  irc: 1\n"
    told = await hubbub(listed, announce, "news", input="=1+1 is two\n")
    assert told.splitlines()[-1] == "It goes out, as announcement 1."
    await bridge.patrol()
    irc.say("lobby", "carol", "STOP")
    await audience.told(irc, "carol", "nothing more of")
    assert "Nobody is subscribed to news" in await hubbub(listed, announce, "news", "watches")
    told = await hubbub(listed, announce, "news", "--last")
    assert "by the owner: 1 told\n    =1+1 is two\n" in told
    told = " ".join((await hubbub(listed, subscribers, "news")).split())
    assert told.startswith("○ carol (irc/carol!user@host): asked")
    assert told.endswith("(irc lobby) by “STOP” 0 subscribers of news now.")
    (row,) = csv.DictReader(io.StringIO(await hubbub(listed, subscribers, "news", "--csv")))
    assert (row["network"], row["user"], row["ended_words"]) == ("irc", "carol!user@host", "STOP")
    (one,) = json.loads(await hubbub(listed, subscribers, "news", "--json"))
    assert one["confirmed_where"] == "irc, alone"
    assert await hubbub(listed, subscribers) == "news: 0 subscribers\n"
    assert "nobody ever asked for nws" in await hubbub(listed, subscribers, "nws")


async def test_without_a_ledger_that_is_said(listed):
    assert "nobody ever subscribed" in await hubbub(listed, subscribers, "news")
