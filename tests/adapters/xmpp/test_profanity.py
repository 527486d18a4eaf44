"""profanity, a client of another maker, in a terminal of its own: it hears us, and we hear it."""

from dataclasses import replace

import pytest

from adapters.xmpp import Adapter
from adapters.xmpp.testing import Demo
from bridge import Kind, RoomState, plain
from tests.adapters.xmpp.harness import command, give, running
from tests.terminal import Terminal

ROOM = "lobby@rooms.demo.hubbub.test"
_ACCOUNT = """\
[guest]
enabled=true
jid=guest@demo.hubbub.test
server=127.0.0.1
port={port}
tls.policy=disable
password=guest
resource=profanity
muc.nick=ivy
"""


@pytest.fixture
async def server(tmp_path):
    demo = Demo(tmp_path / "prosody")
    tmp_path.chmod(0o755)
    try:
        await demo.start()
        yield demo
    finally:
        await demo.stop()


@pytest.fixture
async def profanity(tmp_path, server):
    terminal = Terminal(tmp_path)
    data = tmp_path / "data" / "profanity"
    data.mkdir(parents=True)
    (data / "accounts").write_text(_ACCOUNT.format(port=server.port))
    environment = f"HOME={tmp_path} XDG_DATA_HOME={tmp_path}/data XDG_CONFIG_HOME={tmp_path}/config"
    try:
        await terminal.tmux(
            "-f", "/dev/null", "new-session", "-d", "-x", "160", "-y", "50",
            f"env {environment} TERM=screen-256color LC_ALL=C.UTF-8 profanity -a guest",
        )  # fmt: skip
        await terminal.shows("logged in successfully")
        yield terminal
    finally:
        await terminal.tmux("kill-server")


async def test_profanity(server, profanity):
    """Words, an emote and a correction of theirs; words of ours."""
    config = Adapter.NetworkConfig(
        jid="hubbub@demo.hubbub.test", password="hubbub", server="127.0.0.1", port=server.port, tls="none"
    )
    made = Adapter("home", config, "I am a bridge.")
    async with running(made, {ROOM: made.RoomConfig(create=True)}, joined=False) as ears:
        await ears.state(RoomState.JOINED, ROOM)
        await profanity.type(f"/join {ROOM}")
        await profanity.shows("hubbub")
        await profanity.type("hello from profanity & <all>")
        event = await ears.said()
        assert (event.sender.name, event.content) == ("ivy", plain("hello from profanity & <all>"))
        await profanity.type("/me waves")
        event = await ears.said()
        assert (event.kind, event.content) == (Kind.EMOTE, plain("waves"))
        await give(made, command("<alice> *greetings* & <more>", room=ROOM))
        await profanity.shows("<alice> *greetings* & <more>")
        of_old = replace(command("said of old", "2.ab", ROOM), at=1_600_000_000.0)
        await give(made, of_old)
        await profanity.shows("said of old")
        await profanity.type("/msg hubbub who are you?")
        await profanity.shows("I am a bridge.")
