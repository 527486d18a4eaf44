"""irssi, a client of another maker, in a terminal of its own: it hears us, and we hear it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge import Content, Kind, Mark, Span

from .harness import running
from .servers import Inspircd


class Terminal:
    """A program in tmux, on a tmux server of its own."""

    def __init__(self, folder: Path) -> None:
        self._socket = str(folder / "tmux")

    async def tmux(self, *words: str) -> str:
        process = await asyncio.create_subprocess_exec(
            "tmux", "-u", "-S", self._socket, *words,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        out, _ = await process.communicate()
        return out.decode()

    async def type(self, text: str) -> None:
        await self.tmux("send-keys", "-l", text)
        await self.tmux("send-keys", "Enter")

    async def shows(self, text: str) -> str:
        """Wait until the screen shows this. Returns it with its colours and marks."""
        async with asyncio.timeout(25):
            while text not in await self.tmux("capture-pane", "-p"):
                await asyncio.sleep(0.05)
        return await self.tmux("capture-pane", "-p", "-e")


@pytest.fixture
async def irssi(tmp_path: Path) -> AsyncIterator[tuple[Terminal, Inspircd]]:
    ircd = Inspircd(tmp_path / "ircd")
    terminal = Terminal(tmp_path)
    try:
        await ircd.start()
        home = tmp_path / "irssi"
        home.mkdir()
        (home / "config").write_text('settings = { "irc/core" = { cmd_queue_speed = "10msec"; }; };')
        program = f"irssi --home={home} -c 127.0.0.1 -p {ircd.port} -n ivy"
        command = f"TERM=screen-256color LC_ALL=C.UTF-8 {program}"
        await terminal.tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "50", command)
        await terminal.shows("ivy(+i)")
        await terminal.type("/join #lobby")
        await terminal.shows("has joined #lobby")
        yield terminal, ircd
    finally:
        await terminal.tmux("kill-server")
        await ircd.stop()


async def test_irssi_and_the_adapter(irssi: tuple[Terminal, Inspircd]) -> None:
    """modern.ircdocs.horse: text, formatting, ACTION and letters of all the world, both ways."""
    terminal, ircd = irssi
    async with running(ircd.port, "#lobby") as run:
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
        await terminal.type("grüße aus irssi 😀")
        event = await run.emitted.message()
        assert (event.sender.name, event.content.text, event.kind) == ("ivy", "grüße aus irssi 😀", Kind.TEXT)
        await terminal.type("/me nods")
        event = await run.emitted.message()
        assert (event.content.text, event.kind) == ("nods", Kind.EMOTE)
        await terminal.type("/notice #lobby mind this")
        assert (await run.emitted.message()).kind is Kind.NOTICE
