"""Somebody new sets Hubbub up at a terminal with `hubbub init`, wrong answers and all, and people talk."""

import asyncio
import contextlib
import os
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from bridge.model import plain
from bridge.testing import Server
from tests.adapters.irc.servers import make_certificate
from tests.adapters.places import demo_server
from tests.terminal import Terminal


@contextlib.asynccontextmanager
async def shell(folder: Path) -> AsyncIterator[Terminal]:
    """A shell at a terminal, in a folder of its own."""
    (folder / "home").mkdir()
    terminal = Terminal(folder)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    bash = f"env -u HUBBUB_CONFIG PATH={path} PS1='$ ' bash --norc --noprofile"
    await terminal.tmux("new-session", "-d", "-x", "160", "-y", "50", "-c", str(folder / "home"), bash)
    try:
        yield terminal
    finally:
        await terminal.tmux("kill-server")


@contextlib.asynccontextmanager
async def stranger(folder: Path) -> AsyncIterator[tuple[int, Path]]:
    """Something that speaks TLS with a certificate of its own, and no IRC: its port, and the certificate."""
    certificate, key = make_certificate(folder)
    server = Server(folder, "stranger")
    command = ["openssl", "s_server", "-quiet", "-cert", str(certificate), "-key", str(key), "-accept"]
    port = await server.start(lambda port: [*command, f"127.0.0.1:{port}"])
    try:
        yield port, certificate
    finally:
        await server.stop()


async def test_a_newcomer_s_afternoon(tmp_path: Path):
    (tmp_path / "irc").mkdir()
    (tmp_path / "xmpp").mkdir()
    async with (
        demo_server("irc", tmp_path / "irc") as (irc, _),
        demo_server("xmpp", tmp_path / "xmpp") as (xmpp, _),
        stranger(tmp_path) as (elsewhere, certificate),
        shell(tmp_path) as terminal,
    ):
        xmpp.account("bot", "sesame")
        await call(terminal, "hubbub init")
        await irc_with_wrong_answers(terminal, irc.port, elsewhere, certificate)
        await xmpp_with_wrong_answers(terminal, xmpp.port)
        await terminal.asked("protocol (Enter: that is all)")
        await terminal.asked("a name for it")
        await terminal.asked("room:", "lobby")
        await terminal.asked("room:", "#lobby")
        await terminal.asked("room:", "loby@rooms.demo.hubbub.test")
        await terminal.asked("what now?", "change")
        await terminal.shows("the room does not exist: create it, or set create: true")
        await terminal.asked("room [loby@rooms.demo.hubbub.test]", "lobby@rooms.demo.hubbub.test")
        await terminal.asked("create (true/false)", "yes")
        await terminal.asked("Shall other rooms be joined, too?")
        await terminal.asked("owner", "Ada")
        await terminal.asked("where? [here]")
        assert "sesame" not in await terminal.shows("bridge.yaml is written, for you alone to read.")
        assert stat.S_IMODE((tmp_path / "home/bridge.yaml").stat().st_mode) == 0o600

        await call(terminal, "hubbub check")
        await terminal.shows("bridge.yaml is in order")
        await call(terminal, "hubbub run")
        await terminal.shows("#lobby is joined")
        await terminal.shows("lobby@rooms.demo.hubbub.test is joined")
        ada, grace = await irc.person("ada"), await xmpp.person("grace")
        await ada.say(plain("hello"))
        heard = await asyncio.wait_for(grace.heard.get(), 25)
        assert heard.content.text.replace("\u200b", "") == "<ada> hello"
        await terminal.tmux("send-keys", "C-c")
        await terminal.shows("stopped by SIGINT")


async def call(terminal: Terminal, words: str) -> None:
    await terminal.waits("$")
    await terminal.type(words)


async def irc_with_wrong_answers(terminal: Terminal, port: int, elsewhere: int, certificate: Path) -> None:
    """Who needs a port finds that out, and who trusts a certificate of its own says so."""
    await terminal.asked("protocol (", "icr")
    await terminal.shows('did you mean "irc"?')
    await terminal.asked("protocol (", "irc")
    await terminal.asked("a name for it", "ca fe")
    await terminal.asked("a name for it", "cafe")
    await terminal.asked("server", "127.0.0.1:6667")
    await terminal.asked("server", "127.0.0.1")
    await terminal.asked("tls (true/false) [true]")
    await terminal.asked("nick", "hub bub")
    await terminal.asked("nick", "hubbub")
    await terminal.asked("sasl [y/N]")
    await terminal.asked("what now?", "change")
    await terminal.shows("nothing listens on port 6697 of 127.0.0.1: check server and port")
    await terminal.asked("server [127.0.0.1]")
    await terminal.asked("port", str(elsewhere))
    await terminal.asked("what now?", "change")
    await terminal.shows("name its authority in ca_file")
    await terminal.asked("ca_file", "nowhere.pem")
    await terminal.shows("there is no file")
    await terminal.asked("ca_file", str(certificate))
    await terminal.asked("what now?", "change")
    await terminal.asked("port [", str(port))
    await terminal.asked("tls (true/false) [true]", "false")


async def xmpp_with_wrong_answers(terminal: Terminal, port: int) -> None:
    await terminal.asked("protocol (Enter: that is all)", "xmpp")
    await terminal.asked("a name for it", "cafe")
    await terminal.shows("this name is taken")
    await terminal.asked("a name for it", "work")
    await terminal.asked("jid", "bot@demo.hubbub.test")
    await terminal.asked("password, not shown", "wrong")
    await terminal.asked("what now?", "change")
    await terminal.asked("jid [bot@demo.hubbub.test]")
    await terminal.asked("server", "127.0.0.1")
    await terminal.asked("what now?", "change")
    await terminal.asked("jid [bot@demo.hubbub.test]")
    await terminal.asked("server [127.0.0.1]")
    await terminal.asked("port", str(port))
    await terminal.asked("what now?", "change")
    await terminal.asked("server [127.0.0.1]")
    await terminal.asked("port [")
    await terminal.asked("tls (starttls/direct/none)", "none")
    await terminal.asked("what now?", "change")
    await terminal.shows("refuses bot@demo.hubbub.test: check jid and password")
    await terminal.asked("jid [bot@demo.hubbub.test]")
    await terminal.asked("password, not shown (Enter: as before)", "sesame")


async def test_whoever_has_enough_leaves_nothing_behind(tmp_path: Path):
    """In the midst of a password, which the terminal does not show: afterwards it shows all again."""
    async with shell(tmp_path) as terminal:
        await call(terminal, "hubbub init")
        await terminal.asked("protocol (", "toc")
        await terminal.asked("a name for it")
        await terminal.asked("server", "127.0.0.1")
        await terminal.asked("screen_name", "Hubbub")
        await terminal.waits("password, not shown")
        await terminal.tmux("send-keys", "C-c")
        await terminal.shows("Nothing is written.")
        await call(terminal, "stty -a | grep -o ' echo '; echo d''one")
        assert [line.split() for line in (await terminal.shows("done")).splitlines()].count(["echo"]) == 1
    assert list((tmp_path / "home").iterdir()) == []
