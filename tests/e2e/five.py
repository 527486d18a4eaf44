"""Five networks in one conversation: of IRC and of XMPP one that forgets and one that keeps what is said."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import aiohttp

from adapters.irc.testing import Demo as Ngircd
from adapters.irc.testing import Person
from adapters.irc.wire.line import line
from adapters.matrix.testing import Demo as Synapse
from adapters.xmpp.testing import Demo as Prosody
from bridge.model import plain
from bridge.testing import Server
from tests.adapters.irc.servers import Inspircd
from tests.adapters.xmpp.servers import Archive, Plain
from tests.e2e.proxy import Proxy
from tests.e2e.world import World

FORGETFUL = frozenset({"irc", "jabber"})
"""Nobody can be asked there what was said, or only about the last lines."""

_IRC = """\
{{protocol: irc, server: 127.0.0.1, port: "${{{}}}", tls: false, nick: hubbub,
    flood: {{burst: 10000, per_second: 10000}}, ping: {{after: 3, timeout: 2}}, tell_gap: 0s,
    backlog: {{max_messages: 100000}}}}"""
_XMPP = """\
{{protocol: xmpp, jid: hubbub@demo.hubbub.test, password: hubbub, server: 127.0.0.1,
    port: "${{{}}}", tls: none, tell_gap: 0s}}"""
_MATRIX = """\
{{protocol: matrix, homeserver: "http://127.0.0.1:${{{}}}", user: "@hubbub:demo.hubbub.test",
    password: hubbub}}"""
CONFIG = f"""\
networks:
  irc: {_IRC.format("IRC_PORT")}
  kept: {_IRC.format("KEPT_PORT")}
  jabber: {_XMPP.format("JABBER_PORT")}
  prosody: {_XMPP.format("PROSODY_PORT")}
  matrix: {_MATRIX.format("MATRIX_PORT")}
conversations:
  lobby:
    irc: "#lobby"
    kept: "#lobby"
    jabber: {{room: lobby@rooms.demo.hubbub.test, create: true}}
    prosody: {{room: lobby@rooms.demo.hubbub.test, create: true}}
    matrix: "#lobby:demo.hubbub.test"
"""


class Kept(Inspircd):
    """InspIRCd whose room keeps the last lines and shows them on joining (mode +H)."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._people: list[Person] = []

    def _command(self, port: int) -> list[str]:
        command = super()._command(port)
        settings = self.folder / "inspircd.conf"
        settings.write_text(settings.read_text().replace('maxlines="50"', 'maxlines="1000"'))
        return command

    async def start(self) -> dict[str, str]:
        await super().start()
        return {"KEPT_PORT": str(self.port)}

    async def person(self, name: str, room: str | None = None) -> Person:
        person = Person(name, room or "#lobby")
        await person.join(self.port)
        await self.keep(person)
        self._people.append(person)
        return person

    async def keep(self, person: Person) -> None:
        """Have the room of the first one there kept."""
        person._send(line("MODE", person.room, "+H", "1000:1h"))
        await person.say(plain("so that there is a past from the start"))

    async def stop(self) -> None:
        for person in self._people:
            await person.leave()
        await super().stop()


PLACES: dict[str, Callable[[Path], Ngircd | Kept | Prosody | Synapse]] = {
    "irc": Ngircd,
    "kept": Kept,
    "jabber": Plain,
    "prosody": Archive,
    "matrix": Synapse,
}


def five(folder: Path) -> AbstractAsyncContextManager[World]:
    """The servers, each behind a proxy, with one person in each room."""
    (folder / "bridge.yaml").write_text(CONFIG)
    return gathered(folder, PLACES)


@contextlib.asynccontextmanager
async def gathered(folder: Path, places: Mapping[str, Callable[[Path], Any]]) -> AsyncIterator[World]:
    """A server for each network, each behind a proxy, with one person in each room.

    The variables are the ports of the proxies, such as IRC_PORT.
    """
    folder.chmod(0o755)  # servers that give up root's rights still have to get there
    world = World(folder)
    async with contextlib.AsyncExitStack() as stack:

        async def start(network: str) -> None:
            place = folder / network
            place.mkdir(mode=0o755)
            demo = places[network](place)
            stack.push_async_callback(demo.stop)
            port = next(iter((await demo.start()).values()))
            proxy = world.proxies[network] = Proxy(int(port))
            await proxy.start()
            stack.push_async_callback(proxy.cut)
            world.demos[network] = demo
            world.variables[f"{network.upper()}_PORT"] = str(proxy.port)

        await asyncio.gather(*map(start, places))
        world.demos = {network: world.demos[network] for network in places}
        await world.join()
        if (alan := world.people.get("matrix")) is not None:
            alan._api = _patient(alan._api)  # type: ignore[attr-defined]
        yield world


def _patient(call: Callable[..., Awaitable[dict[str, Any]]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Requests of somebody who tries again when the server is not there; a txn makes that harmless."""

    async def wrapped(*arguments: Any) -> dict[str, Any]:
        while True:
            try:
                return await call(*arguments)
            except (OSError, aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.1)

    return wrapped


async def kill_server(world: World, network: str) -> None:
    """SIGKILL a network's server."""
    demo: Any = world.demos[network]
    server: Server = demo._ircd if isinstance(demo, Kept) else demo._server
    await server.stop(patience=0)
    await world.proxies[network].cut()


async def revive_server(world: World, network: str) -> None:
    """Start it again on the data that it left, and let its person in; the bridge not yet.

    Where the room keeps what is said, the person reads there what the server took and died before it showed.
    """
    demo: Any = world.demos[network]
    person: Any = world.people[network]
    if isinstance(demo, Synapse):
        port = demo._port = await demo._server.start(demo._command, patience=30)
    elif isinstance(demo, Kept):
        await demo.start_ircd()
        port = demo.port
    else:
        port = next(iter((await demo.start()).values()))
    world.proxies[network].target = int(port)
    if isinstance(demo, Synapse):
        return
    await person.leave()
    if isinstance(person, Person):
        person._joined.clear()
    await person.join(demo.port)
    if isinstance(demo, Kept):
        await demo.keep(person)
    elif isinstance(demo, Archive):
        await person.catch_up()
