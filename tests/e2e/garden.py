"""Four real servers, and a bridge between their rooms that can be started again."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from adapters.irc.testing import Demo as Ngircd
from adapters.irc.testing import Person as OnIrc
from adapters.matrix.testing import SERVER
from adapters.matrix.testing import Demo as Synapse
from bridge.app import Bridge
from bridge.config import load
from bridge.model import (
    Event,
    RoomState,
    RoomStateChanged,
)
from bridge.protocols import find
from bridge.testing import free_port
from tests.adapters.irc.bouncers import Soju
from tests.adapters.irc.servers import Inspircd
from tests.adapters.xmpp.servers import Archive, Ejabberd
from tests.e2e.proxy import Proxy

__all__ = ["NAMES", "PATIENCE", "Garden", "garden"]

PATIENCE = 60.0
NAMES = {"irc": "edsger", "jabber": "grace", "matrix": "alan", "poor": "dennis", "qq": "linus",
    "broker": "barbara", "programs": "radia"}  # fmt: skip
_TITLES = {"irc": "IRC (InspIRCd)", "matrix": "Matrix (Synapse)", "poor": "IRC (ngIRCd)"}
_SHOW = "members: note, removals: note, reactions: summary"
_CONFIG = """\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub, {login}{flood}, {show}}}
  poor: {{protocol: irc, server: 127.0.0.1, port: {poor}, tls: false, nick: hubbub, {flood}, {show}}}
  jabber: {{protocol: xmpp, jid: hubbub@{domain}, password: hubbub, server: 127.0.0.1, port: {jabber},
    tls: none, {show}}}
  matrix: {{protocol: matrix, homeserver: "http://127.0.0.1:{matrix}", user: "@hubbub:demo.hubbub.test",
    password: hubbub, {show}}}
media: {{public_url: "http://127.0.0.1:{files}", listen: "127.0.0.1:{files}"}}
journal: {source}.sqlite3
conversations:
  tea:
    ignore: [usher*]
"""
_FLOOD = "flood: {burst: 1000, per_second: 1000}"
TALK = {"irc": "tea", "jabber": "cake", "matrix": "jam"}
"""What they talk about, by the network where they do: the name of the rooms."""
_POOR = {"jabber", "matrix"}
"""Who is heard on the poor network as well."""


class Garden:
    """The servers, and the bridge."""

    def __init__(self, folder: Path, own: str = "") -> None:
        """`own`, what is not as usual: `ejabberd` in place of Prosody, or `soju` before InspIRCd."""
        self.folder = folder
        self.own = own
        xmpp = Ejabberd if own == "ejabberd" else Archive
        self.ircd, self.ngircd = Inspircd(folder / "irc"), Ngircd(folder / "poor")
        self.xmpp, self.synapse = xmpp(folder / "jabber"), Synapse(folder / "matrix")
        self.titles = {**_TITLES, "jabber": f"XMPP ({xmpp.title})"}
        self._rooms = {
            "irc": "#{0}",
            "poor": "#{0}",
            "jabber": f"{{0}}@{xmpp.rooms}",
            "matrix": f"#{{0}}:{SERVER}",
        }
        self.events: asyncio.Queue[tuple[str, Event]] = asyncio.Queue()
        self._running: asyncio.Task[None] | None = None
        self.bridge: Bridge

    async def start(self) -> None:
        """Start the servers."""
        for name in ("irc", "poor", "jabber", "matrix"):
            (self.folder / name).mkdir()
        servers = (self.ircd, self.ngircd, self.xmpp, self.synapse)
        found = await asyncio.gather(*(server.start() for server in servers))
        await self.xmpp.register("hubbub", "hubbub")
        ports = {"irc": str(self.ircd.port), "poor": str(self.ngircd.port), "jabber": str(self.xmpp.port)}
        ports["matrix"] = found[3]["DEMO_MATRIX_PORT"]
        login = ""
        if self.own == "soju":
            self._way = Proxy(self.ircd.port)
            # or soju says one line in two seconds
            self._way.swap = (b" :are supported", b" soju.im/SAFERATE :are supported")
            await self._way.start()
            self._soju = Soju(self.folder / "soju", self._way.port)
            await self._soju.start()
            ports["irc"] = str(self._soju.port)
            login = "".join(f"{key}: {json.dumps(value)}, " for key, value in self._soju.settings.items())
        self._settings = {
            "files": str(free_port()), "flood": _FLOOD, "show": _SHOW, "domain": self.xmpp.domain,
            "login": login, **ports
        }  # fmt: skip

    async def stop(self) -> None:
        """Stop everything."""
        await self.end()
        if self.own == "soju":
            await self._soju.stop()
            await self._way.cut()
        await asyncio.gather(*(server.stop() for server in (self.ircd, self.ngircd, self.xmpp, self.synapse)))

    def places(self, source: str) -> dict[str, tuple[str, str]]:
        """Network and room of each place where people are heard, and, under "", of that where they talk."""

        def place(network: str, more: str = "") -> tuple[str, str]:
            return network, self._rooms[network].format(TALK[source] + more)

        others = [network for network in TALK if network != source] + (["poor"] if source in _POOR else [])
        return {"": place(source), **{to: place(to) for to in others}, source: place(source, "-too")}

    def plan(self, source: str) -> Path:
        """Write the map of the conversation whose people are on this network."""
        text = _CONFIG.format(source=source, **self._settings)
        rooms: dict[str, list[str]] = {}
        for to, (network, room) in self.places(source).items():
            more = ", topics: sync" if to == source else ", long: clip" if to == "poor" else ""
            rooms.setdefault(network, []).append(f'{{room: "{room}"{more}}}')
        for network, entries in rooms.items():
            text += f"    {network}: [{', '.join(entries)}]\n"
        file = self.folder / f"{source}.yaml"
        file.write_text(text)
        return file

    async def begin(self, plan: Path, wanted: set[tuple[str, str]]) -> None:
        """Let the bridge run; done when it is in all of these rooms."""
        config = load(plan, find, os.environ)
        self.bridge = Bridge(config, watch=lambda network, event: self.events.put_nowait((network, event)))
        self._running = asyncio.create_task(self.bridge.run())
        async with asyncio.timeout(PATIENCE):
            while wanted:
                network, event = await self.events.get()
                if isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED:
                    wanted = wanted - {(network, event.room)}

    async def end(self) -> None:
        """Stop the bridge."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
            self._running = None

    async def delivered(self) -> None:
        """Wait until nothing is owed to any room."""
        async with asyncio.timeout(PATIENCE):
            await self.bridge._router.dispatch.committed()
            while any(room.oldest is not None for room in self.bridge.rooms()):
                await asyncio.sleep(0.005)
            await self.bridge._router.dispatch.committed()

    async def person(self, name: str, network: str, room: str) -> Any:
        """Somebody who has joined a room."""
        match network:
            case "irc":
                person = OnIrc(name, room)
                await person.join(self.ircd.port)
                return person
            case "poor":
                return await self.ngircd.person(name, room)
            case "jabber":
                return await self.xmpp.person(name, room)
        return await self.synapse.person(name, room)


@contextlib.asynccontextmanager
async def garden(folder: Path, own: str = "") -> AsyncIterator[Garden]:
    """The servers, and the bridge when it is begun."""
    folder.chmod(0o755)
    folder.parent.chmod(0o755)
    made = Garden(folder, own)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()
