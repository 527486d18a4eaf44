"""irssi itself logs a talk; the export of the same talk is the same text."""

import asyncio
import contextlib
import re
from datetime import UTC, datetime
from pathlib import Path

from bridge.archive.entries import Person
from bridge.archive.exports import EXPORTERS, ExportOptions
from tests.terminal import Terminal

from .sample import NIGHT, K, Listed, filed, said

ROOM = ("pond", "#offer")
ALICE = Person(id="alice!al@host.example", name="alice")
BOB = Person(id="bob!b@host.example", name="bob")
ROBERT = Person(id="robert!b@host.example", name="robert")
KICKED = {"kind": K.MEMBER, "change": "kicked", "other": ALICE}
EVENING = datetime(2026, 11, 28, 23, 58, 1, tzinfo=UTC).timestamp()
SETTINGS = """settings = {{ "fe-common/core" = {{
  autolog = "yes"; autolog_path = "{home}/$0.log"; log_server_time = "on";
}}; }};"""

TALK = [
    (0, "hello there", ":{who} PRIVMSG #offer :hello there", ALICE, {}),
    (1, "waves", ":{who} PRIVMSG #offer :\x01ACTION waves\x01", ALICE, {"style": "emote"}),
    (2, "mind this", ":{who} NOTICE #offer :mind this", ALICE, {"style": "notice"}),
    (3, "grüße, 中文 😀 %d $1", ":{who} PRIVMSG #offer :grüße, 中文 😀 %d $1", ALICE, {}),
    (4, "", ":{who} JOIN #offer", BOB, {"kind": K.MEMBER, "change": "joined"}),
    (5, "pears: 11 €", ":{who} TOPIC #offer :pears: 11 €", BOB, {"kind": K.TOPIC}),
    (6, "", ":{who} TOPIC #offer :", BOB, {"kind": K.TOPIC}),
    (200, "past midnight", ":{who} PRIVMSG #offer :past midnight", ALICE, {}),
    (201, "robert", ":{who} NICK robert", BOB, {"kind": K.MEMBER, "change": "renamed"}),
    (
        202,
        "gone fishing",
        ":{who} PART #offer :gone fishing",
        ROBERT,
        {"kind": K.MEMBER, "change": "left"},
    ),
    (203, "", ":{who} JOIN #offer", ROBERT, {"kind": K.MEMBER, "change": "joined"}),
    (204, "spam", ":alice!al@host.example KICK #offer robert :spam", ROBERT, KICKED),
    (260, "the end", ":{who} PRIVMSG #offer :the end", ALICE, {}),
]
"""When, what, as its network has it, who, and what kind of thing it is."""


async def test_the_export_is_what_irssi_logs(tmp_path: Path):
    """irssi 1.4 with its own settings, but for `autolog` and the network's times. It writes more when it
    comes itself, in the first lines.
    """
    logged = (await log_of(tmp_path)).splitlines()
    parts = [said(seconds + EVENING - NIGHT, who, text, ROOM, **more) for seconds, text, _, who, more in TALK]
    ours = b"".join(EXPORTERS["text"].chunks(Listed(filed(parts)), ExportOptions())).decode().splitlines()
    begin = next(place for place, line in enumerate(logged) if line.endswith("hello there"))
    form = r"--- Log {} \w{{3}} \w{{3}} \d\d \d\d:\d\d:\d\d \d{{4}}"
    assert re.fullmatch(form.format("opened"), logged[0])
    assert ours[0] == "--- Log opened Sat Nov 28 23:58:01 2026"
    assert ours[1:-1] == logged[begin:-1]
    assert "--- Day changed Sun Nov 29 2026" in ours
    assert re.fullmatch(form.format("closed"), logged[-1])
    assert re.fullmatch(form.format("closed"), ours[-1])


async def log_of(folder: Path) -> str:
    """Let irssi hear the talk, at the times that its network tells of, and return what it wrote."""
    home, terminal = folder / "home", Terminal(folder)
    home.mkdir()
    (home / "config").write_text(SETTINGS.format(home=home))
    network = await asyncio.start_server(_served, "127.0.0.1", 0)
    port = network.sockets[0].getsockname()[1]
    program = f"TZ=UTC LC_ALL=C.UTF-8 irssi --home={home} -c 127.0.0.1 -p {port} -n ivy"
    try:
        await terminal.tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "50", program)
        await terminal.shows("Welcome")
        await terminal.type("/join #offer")
        await terminal.shows("the end")
        await terminal.type("/quit")
        file = home / "#offer.log"
        async with asyncio.timeout(25):
            while "Log closed" not in (text := file.read_text()):
                await asyncio.sleep(0.02)
        return text
    finally:
        await terminal.tmux("kill-server")
        network.close()


async def _served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A network of one room, which has server-time (IRCv3)."""
    with contextlib.suppress(ConnectionError):
        while (line := (await reader.readline()).decode().strip()) and not line.startswith("QUIT"):
            for answer in _answers(line):
                writer.write(f"{answer}\r\n".encode())
    writer.close()


def _answers(line: str) -> list[str]:
    word, _, rest = line.partition(" ")
    if line.startswith("CAP LS"):
        return ["CAP * LS :server-time"]
    if line.startswith("CAP REQ"):
        return [f"CAP ivy ACK {rest[4:]}"]
    if word == "PING":
        return [f"PONG test {rest}"]
    if line.startswith("CAP END"):
        return [
            ":test 001 ivy :Welcome",
            ":test 005 ivy CHANTYPES=# PREFIX=(ov)@+ :are supported",
            ":test 422 ivy :none",
        ]
    if word == "JOIN":
        there = [
            ":ivy!i@host.example JOIN #offer",
            ":test 353 ivy = #offer :ivy alice",
            ":test 366 ivy #offer :End",
        ]
        return there + [_tagged(seconds, wire.format(who=who.id)) for seconds, _, wire, who, _ in TALK]
    return []


def _tagged(seconds: float, line: str) -> str:
    at = datetime.fromtimestamp(EVENING + seconds, UTC)
    return f"@time={at:%Y-%m-%dT%H:%M:%S}.000Z {line}"
