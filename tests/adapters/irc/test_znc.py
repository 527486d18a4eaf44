"""ZNC before a network: what it kept while we were away, once, in order, and what it cannot prove."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge import Kind, RoomId, Txn

from .bouncers import Znc
from .harness import Client, Running, client, running
from .servers import Inspircd
from .test_history import once

LOBBY = RoomId("#lobby")


class Behind:
    """Bob, an adapter that was there for the first time, and the ZNC and the server between them."""

    def __init__(self, ircd: Inspircd, znc: Znc, bob: Client, run: Running) -> None:
        self.ircd, self.znc, self.bob, self.run = ircd, znc, bob, run

    async def leave(self) -> None:
        """The adapter goes. ZNC tells nobody that it noticed."""
        await self.run.stop()
        await asyncio.sleep(0.3)

    async def say(self, *lines: str) -> None:
        """Bob says this, and the server has passed it on."""
        self.bob.say(*lines)
        await self.bob.sync()
        await asyncio.sleep(0.1)


@asynccontextmanager
async def behind(folder: Path, *, clear: bool = True, lines: int = 50) -> AsyncIterator[Behind]:
    """`clear`, `lines`: see `Znc`."""
    ircd = Inspircd(folder / "ircd")
    await ircd.start()
    znc = Znc(folder / "znc", ircd.port, "#lobby", clear=clear, lines=lines)
    try:
        async with client(ircd.port, "bob", "#lobby") as bob:
            await znc.start()
            await bob.heard(":hubbub!.* JOIN")
            bob.say("PRIVMSG #lobby :before anybody came")
            await bob.sync()
            # history's times may be whole seconds, and so is the time since when ZNC is there
            await asyncio.sleep(1.1)
            async with running(znc.port, "#lobby", **znc.settings) as run:
                said, joined = await run.emitted.upto_joined("#lobby")
                assert (said, joined.caught_up) == ([], False)
                yield Behind(ircd, znc, bob, run)
    finally:
        await znc.close()
        await ircd.stop()


@pytest.mark.parametrize("clear", [True, False])
async def test_what_it_kept_comes_once(tmp_path: Path, clear: bool) -> None:
    """AutoClearChanBuffer: as history, with its time, in order, without ours; once.

    Only a buffer that shows a line from before reaches back: else a gap is told.
    """
    async with behind(tmp_path, clear=clear) as here:
        await here.say("PRIVMSG #lobby :heard")
        seen = [await here.run.emitted.message()]
        await (await here.run.send("#lobby", "ours"))
        await here.leave()
        away = ["PRIVMSG #lobby :away", "PRIVMSG #lobby :away", "NOTICE #lobby :a note"]
        await here.say(*away, "PRIVMSG #lobby :\x01ACTION waves\x01")
        await here.run.again()
        said, joined = await here.run.emitted.upto_joined("#lobby")
        assert all(event.replayed and abs((event.at or 0) - time.time()) < 10 for event in said)
        assert joined.caught_up is not clear
        seen += said
        assert once(seen) == ["heard", "away", "away", "a note", "waves"]
        assert seen[-1].kind is Kind.EMOTE
        await here.say("PRIVMSG #lobby :live")
        live = await here.run.emitted.message()
        assert (live.content.text, live.replayed) == ("live", False)
        await here.leave()
        await here.run.again()
        said, joined = await here.run.emitted.upto_joined("#lobby")
        assert once([*seen, live, *said]) == ["heard", "away", "away", "a note", "waves", "live"]
        # what became of a line of ours it does not say: no mark passes
        assert await here.run.adapter.find_sent(LOBBY, time.time() - 60, [Txn("1.abc")]) == {}


async def test_more_than_it_keeps_is_a_gap(tmp_path: Path) -> None:
    """Buffer: of nine lines it has the last five, and nothing from before."""
    async with behind(tmp_path, clear=False, lines=5) as here:
        await here.say("PRIVMSG #lobby :heard")
        await here.run.emitted.message()
        await here.leave()
        await here.say(*[f"PRIVMSG #lobby :away {number}" for number in range(9)])
        await here.run.again()
        said, joined = await here.run.emitted.upto_joined("#lobby")
        assert (once(said), joined.caught_up) == ([f"away {number}" for number in range(4, 9)], False)


async def test_while_it_was_away_itself_is_a_gap(tmp_path: Path) -> None:
    """RPL_WHOISIDLE: it came to the network after we were last there, although its buffer reaches back."""
    async with behind(tmp_path, clear=False) as here:
        await here.say("PRIVMSG #lobby :heard")
        seen = [await here.run.emitted.message()]
        await here.leave()
        # a time in whole seconds: let the next one begin
        await asyncio.sleep(1)
        await here.ircd.stop_ircd()
        await here.ircd.start_ircd()
        async with client(here.ircd.port, "eve", "#lobby") as eve:
            await eve.heard(":hubbub!.* JOIN")
            eve.say("PRIVMSG #lobby :it is back")
            await eve.sync()
            await asyncio.sleep(0.1)
            await here.run.again()
            said, joined = await here.run.emitted.upto_joined("#lobby")
            assert (once([*seen, *said]), joined.caught_up) == (["heard", "it is back"], False)


async def test_what_its_status_says_is_no_talk(tmp_path: Path) -> None:
    """It answers commands, and says that it lost the network."""
    async with behind(tmp_path) as here:
        connection = here.run.adapter._connection
        assert connection is not None
        await connection.ask(b"PRIVMSG *status :version")
        await here.ircd.stop_ircd()
        await connection.ask(b"PRIVMSG *status :help")
        assert here.run.emitted.texts == []
