"""What was said while the adapter was away, and what became of what it said; on real servers."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.irc.testing import Demo
from bridge import CatchUp, ConnectionLost, MessageCreated, RoomId, Txn
from tests.adapters.places import demo_server
from tests.e2e.proxy import Proxy

from .harness import client, running
from .servers import Inspircd

TAGS = "message-tags server-time"


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Inspircd]:
    ircd = Inspircd(tmp_path / "ircd")
    try:
        await ircd.start()
        yield ircd
    finally:
        await ircd.stop()


def once(said: Sequence[MessageCreated]) -> list[str]:
    """What the core makes of it: each id once."""
    return list({event.id: event.content.text for event in said}.values())


async def test_said_while_away(server: Inspircd) -> None:
    """InspIRCd chanhistory: once, in order, as history, with the names it has live; first of all: now."""
    async with client(server.port, "bob", "#lobby", caps=TAGS) as bob, running(server.port, "#lobby") as run:
        bob.say("MODE #lobby +H 20:1h", "PRIVMSG #lobby :before anybody came")
        said, joined = await run.emitted.upto_joined("#lobby")
        assert (said, joined.caught_up) == ([], False)
        assert "#lobby" in run.emitted.positions
        await (await run.send("#lobby", "ours"))
        bob.say("PRIVMSG #lobby :heard")
        heard = await run.emitted.message()
        await run.again()
        bob.say(*[f"PRIVMSG #lobby :away {number}" for number in range(5)])
        bob.say("NOTICE #lobby :a note", "PRIVMSG #lobby :\x01ACTION waves\x01", "PRIVMSG #lobby :\x02")
        await bob.sync()
        said, joined = await run.emitted.upto_joined("#lobby")
        assert joined.caught_up
        assert all(event.replayed and abs((event.at or 0) - time.time()) < 10 for event in said)
        assert once([heard, *said]) == ["heard", *[f"away {n}" for n in range(5)], "a note", "waves"]
        bob.say("PRIVMSG #lobby :live")
        live = await run.emitted.message()
        assert (live.content.text, live.replayed) == ("live", False)


async def test_more_than_the_history_holds(server: Inspircd) -> None:
    """Nobody can tell what was said before its oldest line; a quiet room's history lost nothing."""
    async with client(server.port, "bob", "#full", "#quiet", "#off") as bob:
        bob.say("MODE #full +H 5:1h", "MODE #quiet +H 5:1h", "PRIVMSG #quiet :old", "MODE #off +H 5:1h")
        bob.say("PRIVMSG #off :old")
        async with running(server.port, "#full", "#quiet", "#off") as run:
            for _ in range(3):
                await run.joined()
            bob.say("PRIVMSG #full :heard", "MODE #quiet -H", "MODE #quiet +H 5:1h")
            await run.emitted.message()
            await bob.sync()
            await run.again()
            await bob.heard("QUIT")
            bob.say("MODE #off -H", *[f"PRIVMSG #full :away {number}" for number in range(9)])
            await bob.sync()
            caught_up, said = {}, []
            for _ in range(3):
                event = await run.emitted.events.get()
                while not hasattr(event, "caught_up") or event.state != "joined":
                    said += [event] if isinstance(event, MessageCreated) else []
                    event = await run.emitted.events.get()
                caught_up[event.room] = event.caught_up
            assert caught_up == {"#full": False, "#quiet": True, "#off": False}
            assert once(said) == [f"away {number}" for number in range(4, 9)]


@pytest.mark.parametrize(("most", "expected", "left_out"), [(0, [], 0), (2, ["away 1", "away 2"], 1)])
async def test_limits(server: Inspircd, most: int, expected: list[str], left_out: int) -> None:
    """`catch_up`: off, or only the last; what is left out is counted."""
    async with client(server.port, "bob", "#lobby") as bob, running(server.port, "#lobby") as run:
        bob.say("MODE #lobby +H 20:1h")
        run.adapter.catch_up = CatchUp(max_messages=most)
        await run.joined()
        # when the channel was made is known in whole seconds
        await asyncio.sleep(1.1)
        bob.say("PRIVMSG #lobby :heard")
        await run.emitted.message()
        await run.again()
        bob.say(*[f"PRIVMSG #lobby :away {number}" for number in range(3)])
        said, joined = await run.emitted.upto_joined("#lobby")
        assert once(said) == expected
        assert (joined.caught_up, joined.left_out) == (most > 0, left_out)


@pytest.mark.parametrize("without", ["ircv3_msgid", "ircv3_servertime", "ircv3_ctctags ircv3_msgid"])
async def test_history_without_names(tmp_path: Path, without: str) -> None:
    """IRCv3 message-ids and server-time: what cannot be told from what was heard live is left alone."""
    ircd = Inspircd(tmp_path / "ircd", without=without)
    try:
        await ircd.start()
        async with client(ircd.port, "bob", "#lobby") as bob, running(ircd.port, "#lobby") as run:
            bob.say("MODE #lobby +H 20:1h")
            await run.joined()
            await run.again()
            bob.say("PRIVMSG #lobby :away")
            said, joined = await run.emitted.upto_joined("#lobby")
            assert (said, joined.caught_up) == ([], False)
            txn = Txn("1.abc")
            assert await run.adapter.find_sent(RoomId("#lobby"), time.time() - 60, [txn]) == {}
    finally:
        await ircd.stop()


async def test_what_became_of_our_messages(server: Inspircd) -> None:
    """The connection broke: what arrived is found by its mark, what did not is surely not there."""
    proxy = Proxy(server.port)
    await proxy.start()
    try:
        async with (
            client(server.port, "bob", "#lobby", caps=TAGS) as bob,
            running(proxy.port, "#lobby") as run,
        ):
            bob.say("MODE #lobby +H 20:1h", "PRIVMSG #lobby :old")
            await run.joined()
            bob.say("PRIVMSG #lobby :heard")
            await run.emitted.message()
            since = time.time()
            transport = run.adapter._connection._transport.transport
            transport.pause_reading()
            landed = [await run.send("#lobby", "arrives")]
            arrived = await bob.heard("PRIVMSG #lobby :arrives")
            proxy.silence()
            landed.append(await run.send("#lobby", "does not"))
            transport.abort()
            await proxy.cut()
            await asyncio.wait(landed)
            assert all(isinstance(one.exception(), ConnectionLost) for one in landed)
            await bob.heard("QUIT")
            await proxy.start()
            await run.again()
            await run.joined()
            lobby, txns = RoomId("#lobby"), [Txn("1.abc"), Txn("2.abc")]
            found = await run.adapter.find_sent(lobby, since, txns)
            assert found[Txn("2.abc")] is None
            receipt = found[Txn("1.abc")]
            assert receipt is not None
            assert f"msgid={receipt.part.id}" in arrived
            # from before the oldest line nobody knows, and the replay cannot hold what came after it
            assert await run.adapter.find_sent(lobby, since - 3600, txns) == {txns[0]: receipt}
            assert await run.adapter.find_sent(lobby, time.time(), txns) == {}
    finally:
        await proxy.cut()


async def test_somebody_else_had_our_nick(server: Inspircd) -> None:
    """A nick is free while we are away: what one says under it who has another user and host is not ours."""
    async with client(server.port, "bob", "#lobby") as bob, running(server.port, "#lobby") as run:
        bob.say("MODE #lobby +H 20:1h", "PRIVMSG #lobby :old")
        await run.joined()
        bob.say("PRIVMSG #lobby :heard")
        await run.emitted.message()
        await run.stop()
        await bob.heard(":hubbub!.* QUIT")
        async with client(server.port, "mallory", "#lobby") as other:
            other.say("NICK hubbub", "PRIVMSG #lobby :not ours")
            await bob.heard("PRIVMSG #lobby :not ours")
        await bob.heard(":hubbub!.* QUIT")
        await run.again()
        said, _ = await run.emitted.upto_joined("#lobby")
        assert once(said)[-1:] == ["not ours"]


async def test_a_server_without_history(tmp_path: Path) -> None:
    """ngIRCd: nobody can tell what was said meanwhile, nor what became of our messages."""
    async with demo_server("irc", tmp_path) as (demo, _):
        assert isinstance(demo, Demo)
        async with client(demo.port, "bob", "#lobby") as bob, running(demo.port, "#lobby") as run:
            await run.joined()
            await (await run.send("#lobby", "ours"))
            assert await bob.heard(":hubbub!.*PRIVMSG #lobby :ours$")
            before = run.emitted.positions["#lobby"]
            since = time.time() - 1
            await run.again()
            bob.say("PRIVMSG #lobby :away")
            said, joined = await run.emitted.upto_joined("#lobby")
            assert (said, joined.caught_up) == ([], False)
            assert run.emitted.positions["#lobby"] > before
            assert await run.adapter.find_sent(RoomId("#lobby"), since, [Txn("1.abc")]) == {}
