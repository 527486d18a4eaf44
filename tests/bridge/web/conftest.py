"""A service whose files are handed out, and somebody who opens links to them."""

from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import aiohttp
import pytest

from bridge.model import File
from bridge.testing import free_port
from bridge.web import Site, add_files
from tests.bridge.media.conftest import media, no_pauses, serve, server

__all__ = ["media", "no_pauses", "serve", "server"]

PUBLIC = "https://files.example.org/hub"


class Visitor:
    """Somebody who opens links behind the owner's reverse proxy."""

    def __init__(self, service, port, session):
        self.service, self.port, self.session = service, port, session

    async def open(self, link, method="GET", **headers):
        url = f"http://127.0.0.1:{self.port}{urlsplit(link).path}"
        async with self.session.request(method, url, headers=headers) as response:
            return response.status, response.headers, await response.read()


@asynccontextmanager
async def serving(port, files):
    """Hand these files out on a port."""
    site = Site("media", f"127.0.0.1:{port}", proxied=True)
    add_files(site, files, PUBLIC)
    async with site.serving():
        yield


@pytest.fixture
async def visitor(serve):
    port = free_port()
    service = await serve(public_url=PUBLIC)
    async with serving(port, service.files), aiohttp.ClientSession() as session:
        yield Visitor(service, port, session)


async def linked(visitor, server, content, seq=1, **attachment):
    file = await visitor.service.got(seq, server.put(f"f{seq}", content), **attachment)
    assert isinstance(file, File)
    link = visitor.service.files.link(seq, file)
    assert link.startswith(PUBLIC + "/")
    return link
