"""Places for the contract: the demo's server, the repository's own bridge.yaml, a fresh room each."""

import contextlib
import importlib.util
import itertools
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from unittest.mock import patch

from bridge.config import load
from bridge.protocols import find
from bridge.testing import Demo, Place

CONFIG = Path(__file__).parents[2] / "bridge.yaml"
LEFT_OUT = ("mqtt", "bots")
"""Networks of its map that tests of servers that people chat on do without."""
_ACCOUNT = """\
  jabber:
    protocol: xmpp
    jid: hubbub@demo.hubbub.test
    password: hubbub
    server: 127.0.0.1
    port: "${DEMO_XMPP_PORT:-5222}"
    tls: none
"""
_numbers = itertools.count(1)


def chat_map() -> str:
    """The map as it is, with those networks alone whose people chat, and an account on each."""
    text = CONFIG.read_text()
    for name in LEFT_OUT:
        text, networks = re.subn(rf"^  {name}:\n(?:    .*\n)+", "", text, flags=re.MULTILINE)
        text, rooms = re.subn(rf"^    {name}: .*\n", "", text, flags=re.MULTILINE)
        assert networks == rooms == 1, name
    text, accounts = re.subn(r"^  jabber:\n(?:    .*\n)+", _ACCOUNT, text, flags=re.MULTILINE)
    text, registrations = re.subn(r"^    (?:registration: |# Made by ).*\n", "", text, flags=re.MULTILINE)
    assert accounts == 1
    assert registrations == 2
    return text


@contextlib.asynccontextmanager
async def demo_server(
    protocol: str, folder: Path, *, poor: bool = True
) -> AsyncIterator[tuple[Demo, dict[str, str]]]:
    """A protocol's private server, and the variables that tell of it. The poorer one is the harder one."""
    folder.chmod(0o755)
    folder.parent.chmod(0o755)  # servers that give up root's rights still have to get there
    demo: Demo = importlib.import_module(f"adapters.{protocol}.testing").Demo(folder)
    if poor and hasattr(demo, "more"):
        demo.more = ""
    try:
        yield demo, dict(await demo.start())
    finally:
        await demo.stop()


@contextlib.asynccontextmanager
async def new_place(protocol: str, demo: Demo, variables: dict[str, str]) -> AsyncIterator[Place]:
    """An adapter as the demo's configuration has it, in a room of its own, with somebody there."""
    map_ = demo.folder / "bridge.yaml"
    map_.write_text(CONFIG.read_text() if protocol in LEFT_OUT else chat_map())
    config = load(map_, find, {**os.environ, **variables})
    (name,) = (network.name for network in config.networks.values() if network.protocol == protocol)
    (entry,) = (e for c in config.conversations.values() for e in c.rooms if e.network == name)
    network = config.networks[name]
    adapter = find(network.protocol)(name, network.settings, "I am a bridge.")
    number = next(_numbers)
    room = adapter.room_id(entry.room.replace("lobby", f"room{number}"))
    with witnessing(protocol):
        person = await demo.person(f"ann{number}", room)
    try:
        await adapter.serve({room: entry.settings})
        yield Place(adapter, room, demo, person, not_rooms=("", " ", "a b c", "x" * 5000))
    finally:
        await person.leave()
    assert not getattr(person, "contradictions", ()), "\n".join(person.contradictions)


def witnessing(protocol):
    """The context in which people have a library's client too, where a protocol's tests have one."""
    name = f"tests.adapters.{protocol}.witness"
    if importlib.util.find_spec(name) is None:
        return contextlib.nullcontext()
    return patch(f"adapters.{protocol}.testing.server.Person", importlib.import_module(name).Witness)
