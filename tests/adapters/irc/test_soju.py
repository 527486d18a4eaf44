"""soju before a network: what it kept while we were away (draft/chathistory), and what it cannot know."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge import Kind, RoomId, Txn

from .binaries import find
from .bouncers import Soju
from .harness import Client, Running, client, running
from .servers import Inspircd
from .test_history import once

pytestmark = pytest.mark.skipif(
    find("soju") is None, reason="soju is not installed (Debian has it since release 13)"
)
LOBBY = RoomId("#lobby")


class Behind:
    """Bob, an adapter that was there for the first time, and the soju between them."""

    def __init__(self, soju: Soju, bob: Client, run: Running) -> None:
        self.soju, self.bob, self.run = soju, bob, run

    async def say(self, *lines: str) -> None:
        """Bob says this, and the server has passed it on."""
        self.bob.say(*lines)
        await self.bob.sync()
        await asyncio.sleep(0.1)

    async def back(self) -> tuple[list[str], bool]:
        """The adapter comes back: what was said meanwhile, as history, and whether that is all."""
        await self.run.again()
        said, joined = await self.run.emitted.upto_joined("#lobby")
        assert all(event.replayed and abs((event.at or 0) - time.time()) < 60 for event in said)
        return once(said), joined.caught_up


@asynccontextmanager
async def behind(folder: Path, *, store: str = "db", without: str = "") -> AsyncIterator[Behind]:
    """`store`: see `Soju`; `without`: see `Inspircd`."""
    ircd = Inspircd(folder / "ircd", without=without)
    await ircd.start()
    soju = Soju(folder / "soju", ircd.port, store=store)
    try:
        async with client(ircd.port, "bob", "#lobby", caps="message-tags") as bob:
            await soju.start()
            # since when it is there is known in whole seconds
            await asyncio.sleep(1)
            async with running(soju.port, "#lobby", **soju.settings) as run:
                said, joined = await run.emitted.upto_joined("#lobby")
                assert (said, joined.caught_up) == ([], False)
                bob.say("PRIVMSG #lobby :heard")
                assert (await run.emitted.message()).content.text == "heard"
                yield Behind(soju, bob, run)
    finally:
        await soju.stop()
        await ircd.stop()


async def test_said_while_away(tmp_path: Path) -> None:
    """Before the room counts as joined, in order, with times and msgids, once, without ours; then live."""
    async with behind(tmp_path) as here:
        sent = await here.run.send("#lobby", "ours")
        # soju lets it wait for its turn, and answers the PING at once
        arrived = await here.bob.heard("PRIVMSG #lobby :ours")
        await asyncio.wait([sent])
        await here.run.stop()
        await here.say("PRIVMSG #lobby :away", "PRIVMSG #lobby :away", "PRIVMSG #lobby :\x01ACTION waves\x01")
        assert await here.back() == (["heard", "away", "away", "waves"], True)
        await here.say("NOTICE #lobby :live")
        live = await here.run.emitted.message()
        assert (live.content.text, live.replayed, live.kind) == ("live", False, Kind.NOTICE)
        # what arrived is found; what is not there may still wait in soju
        found = await here.run.adapter.find_sent(LOBBY, time.time() - 60, [Txn("1.abc"), Txn("2.abc")])
        receipt = found.pop(Txn("1.abc"))
        assert receipt is not None
        assert f"msgid={receipt.part.id}" in arrived
        assert found == {}
        await here.run.stop()
        read, whole = await here.back()  # how far it reaches back depends on where a second begins
        assert (read[-4:], whole) == (["away", "away", "waves", "live"], True)


async def test_what_its_owner_says_confirms_nothing(tmp_path: Path) -> None:
    """Another client of the same account: its lines are shown to us as ours are, while ours still waits."""
    async with behind(tmp_path) as here:
        owner = Client(*await asyncio.open_connection("127.0.0.1", here.soju.port))
        owner.say("PASS secret", "NICK owner", "USER hub/test 0 * :owner")
        await owner.heard(" 001 ")
        owner.say(*[f"PRIVMSG #lobby :by hand {number}" for number in range(5)])
        await owner.sync()
        await (await here.run.send(LOBBY, "ours"))
        await owner.close()
        await here.soju.stop()
        await here.bob.heard("PRIVMSG #lobby :ours")


async def test_a_network_without_message_ids(tmp_path: Path) -> None:
    """A line is called by its time and words then, live and in history; nothing marks ours."""
    async with behind(tmp_path, without="ircv3_msgid ircv3_ctctags ircv3_labeledresponse") as here:
        batches = here.run.emitted.batches
        heard = [event.id for batch in batches for event in batch if hasattr(event, "content")]
        sent = await here.run.send("#lobby", "ours")
        await here.bob.heard("PRIVMSG #lobby :ours")
        await asyncio.wait([sent])
        await here.run.stop()
        await here.say("PRIVMSG #lobby :away", "PRIVMSG #lobby :away")
        await here.run.again()
        said, joined = await here.run.emitted.upto_joined("#lobby")
        assert ([event.content.text for event in said], joined.caught_up) == (["heard", "away", "away"], True)
        assert [event.id for event in said][:1] == heard
        assert len({event.id for event in said}) == 3
        assert await here.run.adapter.find_sent(LOBBY, time.time() - 60, [Txn("1.abc")]) == {}


async def test_a_store_that_loses_the_names(tmp_path: Path) -> None:
    """message-store fs keeps neither msgids nor parts of seconds: nothing comes twice, and a gap is told."""
    async with behind(tmp_path, store="fs") as here:
        await here.run.stop()
        await here.say("PRIVMSG #lobby :away")
        assert await here.back() == ([], False)


async def test_while_it_was_away_itself_is_a_gap(tmp_path: Path) -> None:
    """RPL_WHOISIDLE: it came to the network after we were last there, although its history reaches back."""
    async with behind(tmp_path) as here:
        await here.run.stop()
        await asyncio.sleep(1)
        await here.soju.stop()
        await here.say("PRIVMSG #lobby :nobody hears this")
        await here.soju.start()
        await here.bob.heard(":hubbub!.* JOIN")
        await here.say("PRIVMSG #lobby :it is back")
        assert await here.back() == (["heard", "it is back"], False)


async def test_a_line_is_confirmed(tmp_path: Path) -> None:
    """Its echo is the confirmation, whenever that comes."""
    async with behind(tmp_path) as here:
        await (await here.run.send("#lobby", "ours"))
