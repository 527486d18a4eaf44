"""What a command loads: an owner waits for no library that it has no use for."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from bridge.cli import commands

MAP = """
networks:
  a: {protocol: irc, server: 127.0.0.1, tls: false, nick: hubbub}
  b: {protocol: xmpp, jid: hubbub@example.org, password: hubbub}
  c: {protocol: matrix, homeserver: "https://example.org", user: "@hubbub:example.org", password: hubbub}
conversations:
  lobby: {a: "#lobby", b: lobby@muc.example.org, c: "#lobby:example.org"}
"""
PROGRAM = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
from bridge.cli import main
main()
"""
CONNECTING = {"PIL", "aiohttp", "babel", "irc", "msgspec", "nio", "puremagic", "rich"}


def loaded(*words: str) -> tuple[str, set[str]]:
    """What a command says and the packages that it has loaded in the end."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, check=True, timeout=120
    )
    modules = json.loads(done.stderr.splitlines()[-1])
    return done.stdout, {name.partition(".")[0] for name in modules} | {n for n in modules if "." in n}


def test_the_list_of_commands_loads_none_of_them():
    told, modules = loaded("--help")
    assert "undelivered" in told
    assert modules.isdisjoint(CONNECTING | {"asyncio", "pydantic", "slixmpp", "yaml", "bridge.model"})


def test_a_map_is_checked_without_what_its_connections_need(tmp_path: Path):
    file = tmp_path / "bridge.yaml"
    file.write_text(MAP)
    told, modules = loaded("check", str(file))
    assert "is in order" in told
    assert {"adapters.irc", "adapters.xmpp", "adapters.matrix"} <= modules
    relaying = {"bridge.relay", "bridge.compose", "bridge.journal", "bridge.media"}
    assert modules.isdisjoint(CONNECTING | relaying)


@pytest.mark.parametrize("name", commands.list_commands(click.Context(commands)))
def test_the_list_says_of_a_command_what_its_own_help_begins_with(name: str):
    context = click.Context(commands)
    command = commands.get_command(context, name)
    assert command is not None
    assert f" {command.get_short_help_str(200)}" in " ".join(commands.get_help(context).split())
