"""A service with a console, over scripted networks, and its map in a file."""

import asyncio
import contextlib
import logging
from pathlib import Path

import aiohttp

from bridge.clock import SYSTEM
from bridge.config import load
from bridge.config.models import Web
from bridge.console import console
from bridge.control.abilities import Abilities
from bridge.control.api import add_api
from bridge.protocols import find
from bridge.testing import ScriptedNetwork, free_port
from bridge.web.owner import owner_pages
from tests.bridge.world import PROTOCOL, running

TOKEN = "a token of many letters"


def written(conversations, networks):
    """A map as text, with comments."""
    lines = ["# the map of a test", "networks:"]
    lines += [f'  {name}: {{protocol: "{PROTOCOL}", server: {name}}}  # {name}' for name in networks]
    lines += ["conversations:"]
    for title, rooms in conversations.items():
        lines += [f'  "{title}":', *[f'    {network}: "{room}"' for network, room in rooms.items()]]
    return "\n".join([*lines, "# the end", ""])


async def check(path):
    return load(path, find)


class House:
    """A folder with a map, networks, and the service when it runs."""

    def __init__(self, folder: Path, conversations, networks, token=None):
        self.networks = {name: ScriptedNetwork(name) for name in networks}
        self.file = folder / "bridge.yaml"
        self.file.write_text(written(conversations, networks))
        self.port = free_port()
        self.token = token
        self.url = f"http://127.0.0.1:{self.port}/"

    @contextlib.asynccontextmanager
    async def open(self):
        """Run the service, with its pages."""
        async with running(load(self.file, find), self._beside) as self.bridge:
            async with asyncio.timeout(10):
                while True:
                    with contextlib.suppress(OSError):
                        _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                        writer.close()
                        break
                    await asyncio.sleep(0.01)
            yield self

    @contextlib.asynccontextmanager
    async def _beside(self, bridge):
        async def read():
            return await check(self.file)

        web = Web(listen=f"127.0.0.1:{self.port}", token=self.token)
        self.abilities = Abilities(bridge, read, self.file)

        ours = logging.getLogger("bridge")
        before = ours.level
        ours.setLevel(logging.INFO)
        site = owner_pages(web, self.abilities.status, bridge.counts, self.abilities.desks, SYSTEM.now)
        add_api(site, self.abilities)
        try:
            async with console(site, self.abilities, self.file, check), site.serving():
                yield
        finally:
            ours.setLevel(before)

    @contextlib.asynccontextmanager
    async def client(self):
        """Somebody without a browser."""
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(self.url, cookie_jar=jar) as session:
            yield session
