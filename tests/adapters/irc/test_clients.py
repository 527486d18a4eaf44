"""Clients of other makers, each in a terminal of its own: they hear us, and we hear them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge import Content, Kind, Mark, Span, Whisper
from tests.terminal import Terminal

from .harness import client, running
from .servers import Inspircd


def irssi(home: Path, port: int) -> str:
    """Its settings, and the command."""
    (home / "config").write_text('settings = { "irc/core" = { cmd_queue_speed = "10msec"; }; };')
    return f"irssi --home={home} -c 127.0.0.1 -p {port} -n ivy"


def weechat(home: Path, port: int) -> str:
    """Version 4 begins with TLS unless it is told otherwise; version 3 does not know that setting."""
    told = (
        "/set irc.server_default.tls off", "/set irc.server_default.anti_flood 0",
        f"/server add test 127.0.0.1/{port} -nicks=ivy", "/connect test",
    )  # fmt: skip
    return " ".join([f"weechat -d {home}", *(f"-r '{line}'" for line in told)])


@pytest.fixture(params=[irssi, weechat], ids=lambda client: client.__name__)
async def terminal(
    request: pytest.FixtureRequest, tmp_path: Path, inspircd: Inspircd
) -> AsyncIterator[Terminal]:
    home = tmp_path / "home"
    home.mkdir()
    terminal = Terminal(tmp_path)
    program = f"TERM=screen-256color LC_ALL=C.UTF-8 HOME={home} {request.param(home, inspircd.port)}"
    try:
        await terminal.tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50", program)
        async with client(inspircd.port, "asker", "#lobby") as asker:
            there = asyncio.ensure_future(asker.heard(":ivy!.* JOIN "))
            while not there.done():  # who is still connecting does not hear what is typed
                await terminal.type("/join #lobby")
                await asyncio.wait({there}, timeout=0.5)
            await there
        yield terminal
    finally:
        await terminal.tmux("kill-server")


async def test_talk_both_ways(terminal: Terminal, inspircd: Inspircd) -> None:
    """modern.ircdocs.horse: text, formatting, ACTION and letters of all the world."""
    async with running(inspircd.port, "#lobby") as run:
        await run.joined()
        await (
            await run.send(
                "#lobby", Content((Span("<alice> héllo 中 "), Span("loud", frozenset({Mark.BOLD}))))
            )
        )
        screen = await terminal.shows("<alice> héllo 中")
        assert "\x1b[1mloud" in screen
        await (await run.send("#lobby", "alice waves", Kind.EMOTE))
        await terminal.shows("hubbub alice waves")
        await terminal.type("grüße 😀")
        event = await run.emitted.message()
        assert (event.sender.name, event.content.text, event.kind) == ("ivy", "grüße 😀", Kind.TEXT)
        await terminal.type("/me nods")
        event = await run.emitted.message()
        assert (event.content.text, event.kind) == ("nods", Kind.EMOTE)
        await terminal.type("/notice #lobby mind this")
        assert (await run.emitted.message()).kind is Kind.NOTICE


async def test_what_is_told_one_alone_stands_where_they_asked(terminal: Terminal, inspircd: Inspircd) -> None:
    """Both show a NOTICE of this form in the channel's window, which is before them here."""
    async with running(inspircd.port, "#lobby") as run:
        await run.joined()
        await terminal.type("!who")
        asked = await run.emitted.message()
        run.adapter.hint(Whisper(room=asked.room, user=asked.sender.id, text="nobody but you"))
        screen = await terminal.shows("nobody but you")
        assert "!who" in screen
