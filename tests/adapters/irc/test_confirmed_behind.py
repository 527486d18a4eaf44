"""Behind real bouncers that answer and echo in the network's place: only the network's word confirms."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge import ConnectionLost, RoomState, RoomUnavailable

from .binaries import find
from .bouncers import Bip, Znc
from .harness import Client, client, running
from .servers import Inspircd

BOUNCERS = [
    Znc,
    pytest.param(Bip, marks=pytest.mark.skipif(not find("bip"), reason="this release of Debian has no bip")),
]


@pytest.fixture
async def bob(inspircd: Inspircd) -> AsyncIterator[Client]:
    async with client(inspircd.port, "bob", "#lobby") as bob:
        yield bob


@pytest.fixture(params=BOUNCERS)
async def bouncer(
    request: pytest.FixtureRequest, tmp_path: Path, inspircd: Inspircd, bob: Client
) -> AsyncIterator[Znc | Bip]:
    bouncer: Znc | Bip = request.param(tmp_path / "bouncer", inspircd.port, "#lobby")
    try:
        await bouncer.start()
        await bob.heard(":hubbub!.* JOIN")
        yield bouncer
    finally:
        await bouncer.close()


async def test_a_refusal_is_heard(bouncer: Znc | Bip, bob: Client) -> None:
    """404 comes behind the bouncer's own PONG, and behind its own echo."""
    async with running(bouncer.port, "#lobby", **bouncer.settings) as run:
        await run.joined()
        await (await run.send("#lobby", "taken"))
        await bob.heard("PRIVMSG #lobby :taken")
        bob.say("MODE #lobby +m")
        await bob.sync()
        with pytest.raises(RoomUnavailable, match="moderated"):
            await (await run.send("#lobby", "refused"))
        bob.say("MODE #lobby -m")
        await bob.sync()
        await (await run.send("#lobby", "taken again"))
        await bob.heard("PRIVMSG #lobby :taken again")


async def test_a_network_that_is_gone_confirms_nothing(
    bouncer: Znc | Bip, bob: Client, inspircd: Inspircd
) -> None:
    """What comes meanwhile is not delivered, though the bouncer answers; the room is not to be spoken in."""
    async with running(bouncer.port, "#lobby", **bouncer.settings) as run:
        await run.joined()
        await inspircd.stop_ircd()
        if isinstance(bouncer, Bip):
            # it hands the network's ERROR on
            with pytest.raises(ConnectionLost):
                await run.task
            return
        await run.emitted.state(RoomState.REFUSED)
        # while ZNC connects, it loses a line without a word
        lost = await run.send("#lobby", "lost")
        await asyncio.wait({lost}, timeout=1)
        await inspircd.start_ircd()
        await run.joined()
        await (await run.send("#lobby", "it is back"))
        await run.stop()
        with pytest.raises((RoomUnavailable, ConnectionLost)):
            await lost
