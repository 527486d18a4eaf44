"""Three real servers with the bridge between them, and people who send what real clients send."""

import asyncio
import contextlib
import itertools
import os
import re
import secrets
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from aiohttp import web

from adapters.irc.testing import Person as IrcPerson
from adapters.irc.wire.line import Line
from adapters.matrix.testing import SERVER
from adapters.matrix.testing import Demo as Synapse
from adapters.matrix.testing import Person as MatrixPerson
from adapters.xmpp.testing import Person as XmppPerson
from bridge.app import Bridge
from bridge.config import load
from bridge.model import Event, MessageCreated, RoomState, RoomStateChanged
from bridge.protocols import find
from bridge.testing import free_port
from tests.adapters.irc.servers import Inspircd
from tests.adapters.xmpp.servers import Archive
from tests.e2e.eyes import IrcEyes, MatrixEyes, Sight, XmppEyes
from tests.people import picture

__all__ = ["NETWORKS", "PEOPLE", "Square", "square"]

NETWORKS = ("irc", "xmpp", "matrix")
PEOPLE = {
    "irc": ("ada", "bob", "mallory"),
    "xmpp": ("grace", "heidi", "trudy"),
    "matrix": ("alan", "barbara", "oscar"),
}
"""The first moderates the room, speaks where nobody is named, and is the one who looks; the last is an
account that comes and goes.
"""
_PATIENCE = 60.0
_ROOMS = {"irc": "#corpus", "xmpp": f"corpus@{Archive.rooms}", "matrix": f"#corpus:{SERVER}"}
_PLACEHOLDER = re.compile(r"\{(?:(said|own|seen)\[(\d+)\]|(room|id|web|picture|sound))\}")
_SHOW = "members: note, removals: note, reactions: summary"
_CONFIG = """\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub,
    flood: {{burst: 1000, per_second: 1000}}, {show}}}
  xmpp: {{protocol: xmpp, jid: "hubbub@{domain}", password: hubbub, server: 127.0.0.1, port: {xmpp},
    tls: none, {show}}}
  matrix: {{protocol: matrix, homeserver: "http://127.0.0.1:{matrix}", user: "@hubbub:{server}",
    password: hubbub, {show}}}
media: {{public_url: "http://127.0.0.1:{files}", listen: "127.0.0.1:{files}", hosts: ["127.0.0.1:*"]}}
conversations:
  corpus:
    ignore: [usher*]
    irc: "{rooms[irc]}"
    xmpp: "{rooms[xmpp]}"
    matrix: "{rooms[matrix]}"
"""


_SOUND = b"OggS\0\2" + bytes(22) + b"\x01\x13OpusHead\x01\x01" + bytes(24)
_PAGES = {
    "plan.html": (b"<!DOCTYPE html><title>The plan</title><p>We meet at nine.", "text/html"),
    "cat.png": (picture(20, 10), "image/png"),
    "voice.ogg": (_SOUND, "audio/ogg"),
}


class OnIrc(IrcPerson):
    """Sends lines as they are."""

    def __init__(self, name: str, room: str) -> None:
        super().__init__(name, room)
        self.eyes = IrcEyes("hubbub")
        self.sights: list[Sight] = []
        self.said = asyncio.Queue[str]()
        self.ushered = asyncio.Queue[str]()
        self._pongs = asyncio.Queue[str]()

    async def do(self, item: Any, fresh: str) -> str:
        """Send this; returns what the server calls it, "" when it calls it nothing."""
        text = item["raw"] if isinstance(item, dict) else item
        encoding = item.get("encoding", "utf-8") if isinstance(item, dict) else "utf-8"
        self._send(*[line.encode(encoding) for line in text.split("\n")], f"PING :{fresh}".encode())
        await asyncio.wait_for(self._pongs.get(), _PATIENCE)
        return _last(self.said)

    async def hail(self, word: str) -> None:
        """Say a word."""
        self._send(f"PRIVMSG {self.room} :{word}".encode())

    def _happened(self, got: Line) -> None:
        if got.command == "PONG":
            self._pongs.put_nowait(got.params[-1])
            return
        who = got.source.partition("!")[0]
        if who == self._session.nick:
            if got.command == "NICK":
                self._session.nick = got.params[0]
            elif name := got.tags.get("msgid"):
                self.said.put_nowait(name)
        elif who.startswith("usher") and got.command == "PRIVMSG":
            self.ushered.put_nowait(got.params[1])
        if (sight := self.eyes.see(got.tags, got.source, got.command, got.params)) is not None:
            self.sights.append(sight)


class OnXmpp(XmppPerson):
    """Sends stanzas as they are."""

    def __init__(self, name: str, room: str, user: str, domain: str) -> None:
        super().__init__(name, room, user, domain, user)
        self.eyes = XmppEyes("hubbub")
        self.sights: list[Sight] = []
        self.said = asyncio.Queue[str]()
        self.ushered = asyncio.Queue[str]()

    async def do(self, item: Any, fresh: str) -> str:
        """Send this; returns what the room calls it, "" when it calls it nothing."""
        self._send(item["raw"] if isinstance(item, dict) else item)
        await self._look_around()
        return _last(self.said)

    async def hail(self, word: str) -> None:
        """Say a word."""
        self._send(f"<message to='{self._place.room}' type='groupchat'><body>{word}</body></message>")

    def _message(self, element: ET.Element) -> None:
        who = (element.get("from") or "").partition("/")[2]
        named = element.find("{urn:xmpp:sid:0}stanza-id")
        if who == self._place.nick and named is not None:
            self.said.put_nowait(named.get("id") or "")
        elif who.startswith("usher"):
            self.ushered.put_nowait(element.findtext("{jabber:client}body") or "")
        if (sight := self.eyes.see(element)) is not None:
            self.sights.append(sight)


class OnMatrix(MatrixPerson):
    """Sends events as they are."""

    def __init__(self, synapse: Synapse, name: str, room: str, token: str) -> None:
        super().__init__(synapse.call, name, room, f"@{name}:{SERVER}", token)
        self.eyes = MatrixEyes(f"@hubbub:{SERVER}")
        self.sights: list[Sight] = []
        self.ushered = asyncio.Queue[str]()

    async def do(self, item: Any, fresh: str) -> str:
        """Send the event; returns its id. With a key behind a slash it is one of the room's state."""
        ((kind, content),) = ((key, value) for key, value in item.items() if key != "who")
        kind, is_state, key = kind.partition("/")
        if is_state:
            path, method = f"{self._here}/state/{kind}/{quote(key, safe='')}", "PUT"
        elif kind == "m.room.redaction":
            path, method = f"{self._here}/redact/{quote(content.pop('redacts'))}/{fresh}", "PUT"
        else:
            path, method = f"{self._here}/send/{kind}/{fresh}", "PUT"
        return str((await self._call(method, path, content))["event_id"])

    async def hail(self, word: str) -> None:
        """Say a word."""
        await self._put("m.room.message", {"msgtype": "m.text", "body": word})

    async def upload(self, data: bytes) -> str:
        """The address of a file."""
        reply = await self._api("POST", "/_matrix/media/v3/upload", self._token, data, None)
        return str(reply["content_uri"])

    def _happened(self, event: dict[str, Any]) -> None:
        if event["sender"].startswith("@usher") and event["type"] == "m.room.message":
            self.ushered.put_nowait(event["content"]["body"])
        elif (sight := self.eyes.see(event)) is not None:
            self.sights.append(sight)


Someone = OnIrc | OnXmpp | OnMatrix


class Square:
    """The servers, the bridge, and everybody."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._servers = {
            "irc": Inspircd(folder / "irc"),
            "xmpp": Archive(folder / "xmpp"),
            "matrix": Synapse(folder / "matrix"),
        }
        self._people: dict[str, tuple[str, Someone]] = {}
        self._ushers: dict[str, Someone] = {}
        self._events = asyncio.Queue[tuple[str, Event]]()
        self._numbers = itertools.count(1)
        self._web: web.AppRunner | None = None
        self._words: dict[str, str] = {}
        self._room = dict(_ROOMS)
        self._running: asyncio.Task[None] | None = None
        self._bridge: Bridge

    async def start(self) -> None:
        """Let everybody come in, the bridge last."""
        for name in NETWORKS:
            (self._folder / name).mkdir()
        await asyncio.gather(*(server.start() for server in self._servers.values()))
        for network, people in PEOPLE.items():
            for name in people:  # one by one: the first moderates
                self._people[name] = network, await self._person(network, name)
            self._ushers[network] = await self._person(network, f"usher-{network}")
        synapse = self._servers["matrix"]
        assert isinstance(synapse, Synapse)
        self._room["matrix"] = await synapse.room(_ROOMS["matrix"])
        levels = {"users": {f"@alan:{SERVER}": 100}, "events": {"m.room.topic": 0}}
        path = f"/_matrix/client/v3/rooms/{self._room['matrix']}/state/m.room.power_levels"
        await synapse.call("PUT", path, synapse._owner, levels)
        await self._serve_pages()
        await self._begin()

    async def stop(self) -> None:
        """Let everybody go."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
        people = [person for _, person in self._people.values()]
        await asyncio.gather(*(person.leave() for person in (*people, *self._ushers.values())))
        if self._web is not None:
            await self._web.cleanup()
        await asyncio.gather(*(server.stop() for server in self._servers.values()))

    async def play(self, source: str, items: list[Any], after: list[Any]) -> dict[str, list[str]]:
        """Do this, one after another; returns what those on the other networks see of it."""
        watchers = {network: self._people[people[0]][1] for network, people in PEOPLE.items()}
        for watcher in watchers.values():
            watcher.sights.clear()
        said: list[str] = []
        own: list[str] = []
        for item in items:
            fresh = f"id-{next(self._numbers)}"
            name = item.get("who") if isinstance(item, dict) else None
            network, person = self._people[name or PEOPLE[source][0]]
            if "{seen[" in str(item):
                await self._usher(network)
            seen = [sight.name for sight in watchers[network].sights if sight.name]
            words = {**self._words, "room": self._room[network], "id": fresh}
            lists = {"said": said, "own": own, "seen": seen}
            said.append(await person.do(_filled(item, words, lists), fresh))
            own.append(fresh)
            await self._taken(network)
        await self._bridge.patrol()
        await self._delivered()
        await asyncio.gather(*(self._usher(network) for network in NETWORKS if network != source))
        seen_by = {network: [one.text for one in watcher.sights] for network, watcher in watchers.items()}
        if after:
            await self.play(source, after, [])
        return seen_by

    async def _person(self, network: str, name: str) -> Any:
        server, room = self._servers[network], _ROOMS[network]
        if isinstance(server, Inspircd):
            on_irc = OnIrc(name, room)
            await on_irc.join(server.port)
            return on_irc
        if isinstance(server, Archive):
            user = name.replace("-", "")
            server.account(user, user)
            on_xmpp = OnXmpp(name, room, user, server.domain)
            await on_xmpp.join(server.port)
            return on_xmpp
        token = await server.register(name, secrets.token_hex(8))
        on_matrix = OnMatrix(server, name, await server.room(room), token)
        await on_matrix.enter()
        return on_matrix

    async def _serve_pages(self) -> None:
        """A page and a picture, for links; another picture on the homeserver."""
        app = web.Application()
        app.router.add_get("/{name}", _answer)
        self._web = web.AppRunner(app)
        await self._web.setup()
        port = free_port()
        await web.TCPSite(self._web, "127.0.0.1", port).start()
        alan = self._people["alan"][1]
        assert isinstance(alan, OnMatrix)
        image, sound = await alan.upload(picture(20, 10)), await alan.upload(_SOUND)
        self._words = {"web": f"http://127.0.0.1:{port}", "picture": image, "sound": sound}

    async def _begin(self) -> None:
        irc, xmpp, synapse = (self._servers[network] for network in NETWORKS)
        file = self._folder / "bridge.yaml"
        assert isinstance(irc, Inspircd)
        assert isinstance(xmpp, Archive)
        assert isinstance(synapse, Synapse)
        file.write_text(
            _CONFIG.format(
                irc=irc.port, xmpp=xmpp.port, matrix=synapse._port, files=free_port(), domain=xmpp.domain,
                server=SERVER, rooms=_ROOMS, show=_SHOW,
            )
        )  # fmt: skip
        config = load(file, find, os.environ)
        self._bridge = Bridge(config, watch=lambda network, event: self._events.put_nowait((network, event)))
        self._running = asyncio.create_task(self._bridge.run())
        wanted = set(NETWORKS)
        async with asyncio.timeout(_PATIENCE):
            while wanted:
                network, event = await self._events.get()
                if isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED:
                    wanted.discard(network)

    async def _taken(self, network: str) -> None:
        """Wait until the bridge has heard all that was done so far, and passed it on."""
        word = f"please {next(self._numbers)}"
        await self._ushers[network].hail(word)
        async with asyncio.timeout(_PATIENCE):
            while True:
                heard, event = await self._events.get()
                if heard == network and isinstance(event, MessageCreated) and event.content.text == word:
                    break
        await self._delivered()

    async def _delivered(self) -> None:
        """Wait until nothing is owed to any room."""
        dispatch = self._bridge._router.dispatch
        async with asyncio.timeout(_PATIENCE):
            await dispatch.committed()
            while any(room.oldest is not None for room in self._bridge.rooms()):
                await asyncio.sleep(0.005)
            await dispatch.committed()

    async def _usher(self, network: str) -> None:
        """Wait until whoever looks there has seen everything."""
        word = f"please {next(self._numbers)}"
        await self._ushers[network].hail(word)
        async with asyncio.timeout(_PATIENCE):
            while await self._people[PEOPLE[network][0]][1].ushered.get() != word:
                pass


async def _answer(request: web.Request) -> web.Response:
    if (page := _PAGES.get(request.match_info["name"])) is None:
        raise web.HTTPNotFound
    return web.Response(body=page[0], content_type=page[1])


def _last(names: "asyncio.Queue[str]") -> str:
    name = ""
    while not names.empty():
        name = names.get_nowait()
    return name


def _filled(item: Any, words: Mapping[str, str], lists: Mapping[str, list[str]]) -> Any:
    """The same with names in place of the placeholders."""
    if isinstance(item, dict):
        return {_filled(key, words, lists): _filled(value, words, lists) for key, value in item.items()}
    if isinstance(item, list):
        return [_filled(one, words, lists) for one in item]
    if not isinstance(item, str):
        return item
    return _PLACEHOLDER.sub(
        lambda found: words[found[3]] if found[3] else lists[found[1]][int(found[2])], item
    )


@contextlib.asynccontextmanager
async def square(folder: Path) -> AsyncIterator[Square]:
    """Everything, started."""
    folder.chmod(0o755)
    folder.parent.chmod(0o755)  # servers that give up root's rights still have to get there
    made = Square(folder)
    try:
        await made.start()
        yield made
    finally:
        await made.stop()
