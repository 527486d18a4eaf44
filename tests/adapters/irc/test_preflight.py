"""`hubbub check --online` on real servers: nobody sees it where the server tells enough from outside."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from adapters.irc import preflight as looking
from adapters.irc.connection import login
from bridge import RoomId, RoomState
from tests.adapters.places import demo_server

from .harness import Client, client, make, running
from .servers import Inspircd

ROOMS = {
    "#open": "",
    "#invited": "+i",
    "#keyed": "+k secret",
    "#full": "+l 1",
    "#accounts": "+R",
    "#banned": "+b *!*@127.0.0.1",
    "#namely": "+b HUBBUB!*@*",
    "#others": "+b *!*@10.0.0.1",
    "#quiet": "+m",
}


@pytest.fixture(params=["ngircd", "inspircd"])
async def port(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[int]:
    """A server."""
    async with AsyncExitStack() as stack:
        if request.param == "ngircd":
            _, variables = await stack.enter_async_context(demo_server("irc", tmp_path))
            yield int(variables["DEMO_IRC_PORT"])
            return
        ircd = Inspircd(tmp_path / "ircd")
        stack.push_async_callback(ircd.stop)
        await ircd.start()
        yield ircd.port


@asynccontextmanager
async def operator(port: int) -> AsyncIterator[Client]:
    """Who made the rooms, with their modes."""
    async with client(port, "op", *ROOMS) as op:
        op.say(*[f"MODE {room} {modes}" for room, modes in ROOMS.items() if modes])
        await op.sync()
        yield op


async def look(port: int, *rooms: str, only_read: str = "", **settings: object) -> dict[str, str | None]:
    adapter = make(port, **settings)
    adapter.only_read = {RoomId(only_read)}
    found = await adapter.look({RoomId(room): adapter.RoomConfig() for room in rooms})
    return {str(room): sentence for room, sentence in found.items()}


async def nobody_came(op: Client) -> bool:
    """Whether no JOIN was seen."""
    op.say("PING :seen")
    return "PONG" in await op.heard("JOIN|PONG .*seen")


async def test_what_keeps_the_bridge_out_is_told_and_nobody_sees_a_look(port: int) -> None:
    async with operator(port) as op:
        found = await look(port, *(room for room in ROOMS if room not in ("#banned", "#namely")))
        assert await nobody_came(op)
    assert found["#open"] is None
    assert found["#others"] is None
    assert (found["#quiet"] or "").startswith(
        "#quiet is moderated (mode m): ask a channel operator for a voice"
    )
    assert (found["#invited"] or "").startswith(
        "#invited is invite-only: ask a channel operator to /invite hubbub #invited (the server says: Cannot "
    )
    assert found["#keyed"] == "#keyed has a key: write it as key: beside the room"
    assert (found["#full"] or "").startswith("#full is full:")
    assert (found["#accounts"] or "").startswith("#accounts lets registered nicks in only:")


async def test_a_ban_is_told_where_the_server_shows_bans(port: int, request: pytest.FixtureRequest) -> None:
    """ngIRCd shows them to nobody outside."""
    async with operator(port) as op:
        found = await look(port, "#banned", "#namely")
        assert await nobody_came(op)
    shown = "inspircd" in request.node.name
    assert (found["#banned"] or "").startswith("hubbub is banned from #banned") == shown
    assert (found["#namely"] or "").startswith("hubbub is banned from #namely (HUBBUB!*@*): ask ") == shown


async def test_where_the_running_service_is_it_needs_no_invitation(port: int) -> None:
    async with operator(port) as op, running(port, "#open", "#invited") as run:
        await run.emitted.state(RoomState.REFUSED, "#invited")
        op.say("INVITE hubbub #invited")
        await op.heard("hubbub.* JOIN .*#invited")
        assert await look(port, "#invited", "#open") == {"#invited": None, "#open": None}
        assert await nobody_came(op)


async def test_what_is_secret_is_told_with_care(port: int) -> None:
    """From outside nobody sees who is in a secret room."""
    async with operator(port) as op, running(port, "#open") as run:
        op.say("MODE #invited +s")
        await run.joined("#open")
        found = await look(port, "#invited")
    assert (found["#invited"] or "").startswith("unless the running hubbub is in #invited already: ")


async def test_a_room_that_is_not_there_can_be_made(port: int) -> None:
    assert await look(port, "#nobody") == {"#nobody": None}


@pytest.mark.parametrize(
    ("mask", "fits"),
    [
        ("hubbub!*@*", True),
        ("h?bbub!*@host", True),
        ("[x]!*@*", False),
        ("*!*@10.*", False),
        ("*u" * 60 + "*z", False),
    ],
)
def test_a_ban_fits(mask: str, fits: bool) -> None:
    """RFC 2812 section 2.5; no mask of a stranger's takes long."""
    long = "u" * 100 if mask.startswith("*u") else ""
    assert looking._fits(mask, f"hubbub!u@host{long}") == fits


async def test_where_nothing_is_to_be_written_nobody_needs_a_voice(port: int) -> None:
    async with operator(port):
        assert await look(port, "#quiet", only_read="#quiet") == {"#quiet": None}


async def test_a_nick_that_somebody_else_has_is_told(port: int, caplog: pytest.LogCaptureFixture) -> None:
    async with running(port, "#open") as run:
        await run.emitted.state(RoomState.JOINED, "#open")
        assert await look(port, "#open") == {"#open": None}
        assert "is taken" not in caplog.text
    async with client(port, "hubbub"):
        assert await look(port, "#open") == {"#open": None}
    assert "the nick hubbub is taken, by " in caplog.text
    assert "run takes one like it until it is free" in caplog.text


async def test_services_that_say_nothing_are_not_well(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(login, "_NICKSERV_TIMEOUT", 0.5)
    found = await look(port, "#open", nickserv={"password": "sekret"})
    assert (found[""] or "").startswith("the services do not answer, so that hubbub is not logged in")
    assert found["#open"] is None
