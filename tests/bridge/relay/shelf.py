"""A web server with files, for tests, and a map whose files come from there."""

import asyncio
from dataclasses import replace

from aiohttp import web

from bridge.config import Media
from bridge.model import Attachment, Content, Span, Support
from tests.bridge.world import config

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(100)


class Shelf:
    """A web server with files, some of which take their time."""

    def __init__(self) -> None:
        self.files = {}
        self.slow = asyncio.Event()
        self.slow.set()
        self.asked = 0
        self.port = 0

    def put(self, name, body=PICTURE, **fields):
        self.files[name] = body
        return Attachment(f"http://127.0.0.1:{self.port}/{name}", name, **fields)

    async def open(self):
        server = web.Application()
        server.router.add_get("/{name}", self.answer)
        self.runner = web.AppRunner(server)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.port = self.runner.addresses[0][1]

    async def close(self):
        self.slow.set()
        await self.runner.cleanup()

    async def answer(self, request):
        self.asked += 1
        await self.slow.wait()
        if request.path[1:] not in self.files:
            raise web.HTTPNotFound
        return web.Response(body=self.files[request.path[1:]])


def media(tmp_path, **fields):
    return Media(folder=tmp_path / "files", hosts=("127.0.0.1:*",), **fields)


def mapped(tmp_path, show=None, **fields):
    return config(tmp_path, {"lobby": ["left one", "right two"]}, media=media(tmp_path, **fields), show=show)


def with_file(words, *attachments):
    return Content((Span(words),) if words else (), attachments)


def files(network, **fields):
    network.capabilities = replace(network.capabilities, file=Support.FULL, **fields)
