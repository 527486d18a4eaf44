"""Secrets that a network quotes: struck out of the log, of what is told and of what is shown."""

import base64
import json
import logging
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape, quoteattr

import pytest

from adapters.irc.wire.line import Line
from bridge import secrets
from bridge.cli.log import log_to
from bridge.cli.online import look
from bridge.config import load
from bridge.errors import ConfigError, Rejected, RoomUnavailable
from bridge.model import RoomId, RoomState, RoomStateChanged
from bridge.protocols import find
from bridge.testing import ScriptedNetwork
from tests.adapters.irc.harness import ScriptedServer
from tests.bridge.world import config, running

SECRET = "s\\3 k/+r\"'&<ét>?"


@pytest.mark.parametrize(
    "text",
    [
        SECRET,
        repr(SECRET),
        repr(SECRET.replace('"', "")).replace("\\'", "'"),
        json.dumps(SECRET),
        json.dumps(SECRET, ensure_ascii=False),
        escape(SECRET),
        quoteattr(SECRET),
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        base64.b64encode(SECRET.encode()).decode(),
        *(base64.b64encode(f"{user}\0{user}\0{SECRET}".encode()).decode() for user in ("", "a", "ab", "abc")),
        base64.urlsafe_b64encode(f"hubbub:{SECRET}".encode()).decode(),
        base64.b64encode(f"hubbub:{SECRET}:more".encode()).decode(),
    ],
)
def test_every_encoding(text: str) -> None:
    """As it is written in SASL PLAIN (RFC 4616), HTTP Basic, JSON, XML, addresses and Python's own logs."""
    secrets.know([SECRET, SECRET.replace('"', "")])
    struck = secrets.strike(f"it says: {text}, no")
    assert struck.startswith("it says: ")
    assert struck.endswith(", no")
    left = struck.replace("[secret]", "")
    # of base64, at most what it shares with its neighbours
    assert len(left) <= len("it says: , no") + 28
    assert text not in struck
    assert not any(word in left for word in ("k/", "k%2F", "ét", "%C3%A9t", "u00e9"))


def test_a_short_one_is_no_part_of_words() -> None:
    secrets.know(["ab", "", " "])
    assert secrets.strike("about ab: 'ab', cab") == "about [secret]: '[secret]', cab"


def test_the_log_holds_none(tmp_path: Path) -> None:
    """Not in a message, not in its arguments, not in what is told of an exception."""
    secrets.know(["open sesame"])
    before = logging.getLogger().handlers[:], logging.getLogger().level
    file = tmp_path / "log"
    try:
        with file.open("w") as log:
            log_to(log.fileno(), verbose=2)
        try:
            int("bad token: open sesame")
        except ValueError:
            logging.getLogger("bridge.x").exception("refused %r", {"pass": "open sesame"})
        logging.getLogger("library").warning("PASS open+sesame; cGFzczpvcGVuIHNlc2FtZQ==")
    finally:
        (handler,) = logging.getLogger().handlers
        assert isinstance(handler, logging.StreamHandler)
        handler.stream.close()
        logging.getLogger().handlers[:], level = before
        logging.getLogger().setLevel(level)
        for package in ("bridge", "adapters"):
            logging.getLogger(package).setLevel(logging.NOTSET)
    text = file.read_text()
    assert "sesame" not in text
    assert "bad token" in text
    assert "NlYyMj" not in text


async def test_nothing_is_told_or_shown(tmp_path: Path) -> None:
    """Neither where a message came from, nor in the journal, nor why a room or a network is away."""
    secrets.know(["open sesame"])
    assert str(RoomUnavailable("no open sesame").reason) == "no [secret]"
    assert ConfigError(["no open sesame"]).problems == ["no [secret]"]
    left, right = ScriptedNetwork("left"), ScriptedNetwork("right")
    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})) as bridge:
        right.errors.append(Rejected("wrong password open sesame"))
        left.say("one", "alice", "hello")
        left.say("one", "alice", "you may open sesame here")
        await right.until(1)
        assert right.texts("two") == ["<alice> you may open sesame here"], "talk is left alone"
        await bridge.patrol()
        await left.until(1)
        assert "wrong password [secret]" in left.texts("one")[0]
        adapter = right._adapter
        assert adapter is not None
        adapter.announce(
            RoomStateChanged(room=RoomId("two"), state=RoomState.REFUSED, reason="no open sesame")
        )
        assert "no [secret]" in [room.reason for room in bridge.rooms()]


@pytest.mark.parametrize(
    "answer",
    [
        ":s 464 * :Password incorrect ({})",
        "ERROR :Closing link: password {} is wrong",
        ":s 465 * :go away with PASS {}",
    ],
)
async def test_check_shows_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], answer: str) -> None:
    """A server that quotes what it was sent; and its base64."""

    def quoting(got: Line) -> list[str]:
        quoted = f"{got.params[0]} or {base64.b64encode(got.params[0].encode()).decode()}"
        return [answer.format(quoted)]

    async with ScriptedServer(replies={"PASS": quoting}) as server:
        address = f"server: 127.0.0.1, port: {server.port}, tls: false"
        login = f"{{protocol: irc, {address}, nick: hub, password: open sesame}}"
        file = tmp_path / "bridge.yaml"
        file.write_text(
            f"""
networks:
  net: {login}
  other: {login}
conversations:
  lobby: {{net: "#lobby", other: "#lobby"}}
owner: Ann
"""
        )
        assert not await look(load(file, find))
    shown = capsys.readouterr().out
    assert "[secret] or [secret]" in shown
    assert "sesame" not in shown
    assert "b3Blbi" not in shown
