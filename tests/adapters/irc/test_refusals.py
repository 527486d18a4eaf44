"""Lines that a real InspIRCd does not take, through the whole bridge: one of them costs itself at most."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from adapters.irc import Adapter
from adapters.irc.wire.line import Line
from bridge import Content, FormRefused, Kind, Mark, RoomId, RoomUnavailable, Span
from bridge.app import Bridge
from bridge.testing import ScriptedNetwork
from tests.bridge.world import config

from .harness import FAST, Client, ScriptedServer, client, running
from .servers import Inspircd

LOBBY = RoomId("#lobby")
_PICKY = """
<module name="anticaps"> <module name="noctcp"> <module name="nonotice"> <module name="censor">
<module name="regex_glob"> <module name="filter"> <module name="muteban">
<badword text="heck" replace=""> <filteropts engine="glob">
<keyword pattern="*spamword*" reason="no" action="block">
"""
BOLD = Content((Span("so "), Span("bold", frozenset({Mark.BOLD}))))
RED = Content((Span("so "), Span("red", colour=0xFF0000)))


@pytest.fixture
async def picky(tmp_path: Path) -> AsyncIterator[Inspircd]:
    """With modes that are particular about what is said."""
    ircd = Inspircd(tmp_path / "ircd", more=_PICKY)
    try:
        await ircd.start()
        yield ircd
    finally:
        await ircd.stop()


@contextlib.asynccontextmanager
async def bridged(folder: Path, port: int, **settings: Any) -> AsyncIterator[ScriptedNetwork]:
    """The room `one` of a scripted network, and #lobby, as one conversation."""
    left = ScriptedNetwork("left")
    ScriptedNetwork("irc")
    whole = config(folder, {"lobby": ["left one", "irc two"]})
    given = {"server": "127.0.0.1", "port": port, "tls": False, "nick": "hubbub", "flood": FAST, **settings}
    networks = {
        **whole.networks,
        "irc": replace(
            whole.networks["irc"], protocol="irc", settings=Adapter.NetworkConfig.model_validate(given)
        ),
    }
    lobby = whole.conversations["lobby"]
    rooms = (lobby.rooms[0], replace(lobby.rooms[1], room=LOBBY, settings=Adapter.RoomConfig()))
    task = asyncio.ensure_future(
        Bridge(replace(whole, networks=networks, conversations={"lobby": replace(lobby, rooms=rooms)})).run()
    )
    try:
        while not left.connected:
            assert not task.done(), task.result()
            await asyncio.sleep(0.01)
        yield left
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def bob(picky: Inspircd) -> AsyncIterator[Client]:
    async with client(picky.port, "bob", "#lobby") as bob:
        yield bob


async def mode(bob: Client, change: str) -> None:
    """Bob is the room's operator."""
    bob.say(f"MODE #lobby {change}")
    await bob.heard("MODE #lobby")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("+B block:10:50", "THIS IS SHOUTED ACROSS THE ROOM"),
        ("+G", "what the heck"),
        ("-n", "a spamword in it"),
        ("+G", Content((Span("what the "), Span("heck", frozenset({Mark.BOLD}))))),
    ],
    ids=["anticaps", "censor", "filter", "formatted"],
)
async def test_a_line_that_is_refused_does_not_stop_its_room(
    tmp_path: Path, picky: Inspircd, bob: Client, caplog: pytest.LogCaptureFixture, change: str, line: Any
) -> None:
    """Numeric 404 with words of each module's own. Two such lines in a row are no reason to wait either."""
    await mode(bob, change)
    async with bridged(tmp_path, picky.port) as left:
        await bob.heard(":hubbub!.* JOIN")
        with caplog.at_level(logging.WARNING):
            for said in ("before", line, line, "after"):
                left.say("one", "alice", said)
            heard = [await bob.heard(":hubbub!.* PRIVMSG") for _ in range(2)]
    assert [text.split("> ")[-1] for text in heard] == ["before", "after"]
    assert caplog.text.count("is given up: #lobby does not take this message") == 1, "the same is said once"


@pytest.mark.parametrize(
    ("change", "said", "kind", "words"),
    [
        ("+c", BOLD, Kind.TEXT, "PRIVMSG #lobby :<.*> so bold$"),
        ("+c", RED, Kind.TEXT, "PRIVMSG #lobby :<.*> so red$"),
        ("+T", "a note", Kind.NOTICE, "PRIVMSG #lobby :<.*> a note$"),
    ],
)
async def test_words_whose_form_is_refused_go_plain(
    tmp_path: Path,
    picky: Inspircd,
    bob: Client,
    caplog: pytest.LogCaptureFixture,
    change: str,
    said: Any,
    kind: Kind,
    words: str,
) -> None:
    """Modes c and T: at once, in order, from then on without a try, until the modes change."""
    await mode(bob, change)
    async with bridged(tmp_path, picky.port) as left:
        await bob.heard(":hubbub!.* JOIN")
        with caplog.at_level(logging.INFO):
            for _ in range(3):
                left.say("one", "alice", said, kind=kind)
                left.say("one", "alice", "and on")
            for _ in range(3):
                await bob.heard(words)
                await bob.heard("PRIVMSG #lobby :<.*> and on$")
            assert caplog.text.count("go again without their form") == 1
            await mode(bob, change.replace("+", "-"))
            bob.say("PRIVMSG #lobby :changed")
            await left.until(1)
            left.say("one", "alice", said, kind=kind)
            formed = "NOTICE #lobby :<.*> a note$" if kind is Kind.NOTICE else "so [\x02\x03]"
            await bob.heard(formed)
    assert "given up" not in caplog.text


@pytest.mark.parametrize("change", ["+m", "+b m:*!*@*"])
async def test_a_room_that_takes_nothing_waits(picky: Inspircd, bob: Client, change: str) -> None:
    """The room is asked without words: also what has form is not tried in another, and loses none of it."""
    async with running(picky.port, "#lobby") as run:
        await run.joined()
        await mode(bob, change)
        for said in ("x", BOLD):
            with pytest.raises(RoomUnavailable) as caught:
                await (await run.send("#lobby", said))
            assert caught.value.retry_after == 30
        assert run.adapter.capabilities(LOBBY).marks
        await mode(bob, change.replace("+", "-"))
        await (await run.send("#lobby", BOLD))
        await bob.heard("PRIVMSG #lobby :so \x02bold")


async def test_ctcp_is_refused() -> None:
    """Where ACTION is refused too, as by other servers' mode C."""
    async with (
        ScriptedServer(replies={"PRIVMSG": _no_ctcp}) as server,
        running(server.port, "#lobby") as run,
    ):
        await run.joined()
        with pytest.raises(FormRefused, match="may not take CTCP"):
            await (await run.send("#lobby", "waves", Kind.EMOTE))
        await (await run.send("#lobby", "waves", Kind.EMOTE))
        await server.heard("PRIVMSG #lobby :waves")


def _no_ctcp(got: Line) -> list[str]:
    return [":s 404 hubbub #lobby :Cannot send to nick/channel"] if "\x01" in got.params[1] else []
