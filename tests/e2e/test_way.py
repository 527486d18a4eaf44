"""The way of one plain line from socket to socket, on real servers: which files it passes, and how often."""

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from bridge.app import Bridge
from bridge.config import load
from bridge.model import RoomState, RoomStateChanged, plain
from bridge.protocols import find
from tests.e2e.pair import pair

ROOT = Path(__file__).parents[2]
MOST_FILES = 58
MOST_TIMES = 6
MIDDLE = ("bridge/relay/", "bridge/compose/", "bridge/notices/", "bridge/identity/")
MOST_IN_THE_MIDDLE = 4
LEAVES = {"bridge/model/content.py"}
"""Words, which everybody looks at."""
_CONFIG = """\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub}}
  jabber: {{protocol: xmpp, jid: "hubbub@{domain}", password: hubbub, server: 127.0.0.1, port: {jabber},
    tls: none}}
conversations:
  tea: {{irc: "#tea", jabber: {{room: "tea@{rooms}", create: true}}}}
"""


class Trace:
    """Notes which of our files calls which, and what is done with sockets."""

    def __init__(self):
        self.calls = []

    def __call__(self, frame, what, arg):
        if what == "c_call" and getattr(arg, "__self__", None).__class__.__name__ == "socket":
            self.calls.append(("socket", arg.__name__))
        elif what == "call" and (file := self.ours(frame)):
            self.calls.append((file, self.ours(frame.f_back)))

    @staticmethod
    def ours(frame):
        file = frame.f_code.co_filename.removeprefix(f"{ROOT}/") if frame is not None else ""
        return file if file.startswith(("bridge/", "adapters/")) and "/testing/" not in file else ""

    def way(self, here, there):
        """The files that were entered from others between the sockets of two protocols, and how often."""
        start = next(n for n, (file, _) in enumerate(self.calls) if file.startswith(f"adapters/{here}/"))
        encode = next(
            n for n, (file, _) in enumerate(self.calls) if file.startswith(f"adapters/{there}/encode")
        )
        end = next(n for n, (file, _) in enumerate(self.calls) if n > encode and file == "socket")
        return Counter(file for file, caller in self.calls[start:end] if file not in ("socket", caller))


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("way")
    async with pair(folder) as (irc, jabber):
        file = folder / "bridge.yaml"
        ports = {"irc": irc.port, "jabber": jabber.port, "domain": jabber.domain, "rooms": jabber.rooms}
        file.write_text(_CONFIG.format(**ports))
        joined = asyncio.Queue()

        def watch(network, event):
            if isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED:
                joined.put_nowait(network)

        running = asyncio.create_task(Bridge(load(file, find, os.environ), watch=watch).run())
        try:
            async with asyncio.timeout(60):
                assert {await joined.get(), await joined.get()} == {"irc", "jabber"}
            ada, bob = await irc.person("ada", "#tea"), await jabber.person("bob", f"tea@{jabber.rooms}")
            yield {"irc": ada, "xmpp": bob}
        finally:
            running.cancel()
            await asyncio.wait([running])


@pytest.mark.parametrize(("here", "there"), [("irc", "xmpp"), ("xmpp", "irc")])
async def test_a_line_passes_few_files_and_none_again_and_again(world, here, there):
    talker, hearer = world[here], world[there]
    async with asyncio.timeout(60):
        for _ in range(2):  # what is only done for the first is done
            await talker.say(plain("warm"))
            await hearer.heard.get()
            await asyncio.sleep(0.3)
        trace = Trace()
        sys.setprofile(trace)
        try:
            await talker.say(plain("hello"))
            await hearer.heard.get()
        finally:
            sys.setprofile(None)
    files = trace.way(here, there)
    told = "\n".join(f"{count} {file}" for file, count in files.most_common())
    assert 20 < len(files) <= MOST_FILES, told
    assert not {file: n for file, n in files.items() if n > MOST_TIMES and file not in LEAVES}, told
    middle = {file: n for file, n in files.items() if file.startswith(MIDDLE)}
    assert max(middle.values()) <= MOST_IN_THE_MIDDLE, told
