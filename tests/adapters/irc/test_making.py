"""Rooms that are made for some people, and who is away, on ngIRCd and on InspIRCd."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from adapters.irc.connection import looking
from adapters.irc.rooms import away
from adapters.irc.testing import Demo
from bridge import Keepsake, Rejected, RoomId, RoomState, UserId
from tests.adapters.places import demo_server

from .harness import Running, client, running
from .servers import Inspircd


@pytest.fixture(scope="module", params=["ngircd", "inspircd"])
async def port(request, tmp_path_factory) -> AsyncIterator[int]:
    folder: Path = tmp_path_factory.mktemp(request.param)
    if request.param == "ngircd":
        async with demo_server("irc", folder) as (demo, _):
            assert isinstance(demo, Demo)
            yield demo.port
        return
    ircd = Inspircd(folder / "ircd", more='<module name="inviteexception"> <module name="ircv3">\n')
    try:
        await ircd.start()
        yield ircd.port
    finally:
        await ircd.stop()


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.01)


def who(run: Running, nick: str) -> UserId:
    """What somebody in the lobby is called."""
    return next((one.id for one in run.adapter.people(RoomId("#lobby")) if one.name == nick), UserId(""))


async def serve(run: Running, *rooms: RoomId) -> None:
    await run.adapter.serve({room: run.adapter.RoomConfig() for room in ("#lobby", *rooms)})


async def test_a_room_is_made_for_who_is_invited_alone(port: int) -> None:
    """RFC 2811 sections 4.2.6, 4.2.8: it is entered by invitation, and not seen from outside."""
    async with (
        client(port, "ann", "#lobby") as ann,
        client(port, "eve", "#lobby", "#desk-1") as eve,
        running(port, "#lobby") as run,
    ):
        await run.joined("#lobby")
        await ann.sync()
        ann.say("PRIVMSG #lobby :hello")
        eve.say("PRIVMSG #lobby :hello")
        await run.emitted.message()
        await run.emitted.message()
        room = await run.adapter.make_room("desk-1", "Zoe asks", [who(run, "ann")])
        assert room == "#desk-1-2"
        await serve(run, room)
        await run.joined(room)
        await ann.heard(f"INVITE ann :?{room}")
        eve.say(f"JOIN {room}")
        await eve.heard(f" 473 eve {room}")
        eve.say("LIST")
        assert room not in await eve.heard(" 32[23] eve .*(#desk-1-2|End)")
        ann.say(f"JOIN {room}", f"PRIVMSG {room} :I am here")
        await ann.heard(f" 332 ann {room} :Zoe asks")
        said = await run.emitted.message()
        assert (said.room, said.content.text) == (room, "I am here")
        assert await (await run.send(room, "<zoe> hello"))
        await ann.heard(f"PRIVMSG {room} :<zoe> hello")
        await run.adapter.invite(room, [who(run, "eve"), who(run, "ann")])
        await eve.heard(f"INVITE eve :?{room}")
        with pytest.raises(Rejected, match="bob is in no channel where hubbub is"):
            await run.adapter.invite(room, [UserId("bob!b@h")])
        with pytest.raises(Rejected, match=r"ann .* is somebody else by now"):
            await run.adapter.invite(room, [UserId("ann!another@h")])
        await run.adapter.unmake(room)
        await ann.heard(f"KICK {room} ann")
        eve.say(f"JOIN {room}")
        await eve.heard(f" 366 eve {room}")
        assert room not in run.adapter.rooms


async def test_after_a_restart_it_is_entered_again_and_is_still_closed(port: int, tmp_path: Path) -> None:
    """RFC 2811 section 4.3.3: an exception for ourselves; what everybody had left is closed anew."""
    kept = Keepsake(tmp_path / "journal", "irc")
    async with client(port, "ann", "#lobby") as ann, client(port, "eve") as eve:
        async with running(port, "#lobby") as run:
            run.adapter.keepsake = kept
            await run.joined("#lobby")
            full = await run.adapter.make_room("desk-2", "", [])
            left = await run.adapter.make_room("desk-3", "", [])
            await serve(run, full, left)
            await run.joined(left)
            ann.say("PRIVMSG #lobby :hello")
            await run.emitted.message()
            await run.adapter.invite(full, [who(run, "ann")])
            ann.say(f"JOIN {full}")
            await ann.heard(f" 366 ann {full}")
        await ann.heard("QUIT|PART")
        async with running(port, "#lobby", full, left) as run:
            run.adapter.keepsake = kept
            async with asyncio.timeout(20):
                states = [await run.emitted.state(RoomState.JOINED) for _ in range(3)]
            assert {state.room for state in states} == {"#lobby", full, left}
            ann.say(f"PRIVMSG {full} :still here")
            assert (await run.emitted.message()).content.text == "still here"
            assert await (await run.send("#lobby", "x"))
            eve.say(f"JOIN {full}", f"JOIN {left}")
            await eve.heard(f" 473 eve {full}")
            await eve.heard(f" 473 eve {left}")


async def test_who_is_away_is_known(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 2812 section 4.1; IRCv3 away-notify: of who is there already, of who goes, and of who comes."""
    monkeypatch.setattr(away, "_AGAIN", 0.2)
    monkeypatch.setattr(looking, "_GLANCE", 0.05)

    def knows(nick: str, is_away: bool) -> bool:
        found = who(run, nick)
        return bool(found) and run.adapter.is_away(RoomId("#lobby"), found) is is_away

    async with client(port, "ann", "#lobby") as ann, client(port, "bob", "#lobby") as bob:
        ann.say("AWAY :at lunch")
        await ann.sync()
        await bob.sync()
        async with running(port, "#lobby") as run:
            await run.joined("#lobby")
            said = [ann.say("PRIVMSG #lobby :x"), bob.say("PRIVMSG #lobby :x")]
            for _ in said:
                await run.emitted.message()
            await until(lambda: knows("ann", True) and knows("bob", False))
            ann.say("AWAY")
            bob.say("AWAY :gone", "NICK rob")
            await until(lambda: knows("ann", False) and knows("rob", True))
            async with client(port, "eve", "#lobby") as eve:
                eve.say("PRIVMSG #lobby :x")
                await until(lambda: knows("eve", False))


def test_names_on_the_wire_are_no_longer_than_the_server_takes() -> None:
    """ISUPPORT CHANNELLEN counts bytes."""
    from adapters.irc.rooms.making import _names
    from adapters.irc.session import Session

    session = Session("hubbub")
    session.support(["CHANNELLEN=9", "CHANTYPES=&#"])
    assert list(_names(session, "Désk 12"))[:2] == ["#désk12", "#désk1-2"]
