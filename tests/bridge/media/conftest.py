"""A web server on this machine that serves what a test wants, and the files of a service."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest
from aiohttp import web

from bridge.adapter import Source
from bridge.config import Media
from bridge.media import Files, Pending
from bridge.model import Attachment

KEY = b"k" * 32


class Web:
    """A server whose paths are functions, and what it was asked."""

    def __init__(self):
        self.asked = []
        self.paths = {}
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(
            application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True
        )

    async def start(self, tls=None):
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=tls)
        await site.start()
        self.port = site._server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        await self._runner.cleanup()

    def address(self, path, host="127.0.0.1"):
        return f"http://{host}:{self.port}/{path}"

    def put(self, path, content, **headers):
        async def give(_):
            return web.Response(body=content, headers=headers)

        self.paths[path] = give
        return self.address(path)

    def redirect(self, path, target):
        async def give(_):
            return web.Response(status=302, headers={"Location": target})

        self.paths[path] = give
        return self.address(path)

    async def _answer(self, request):
        self.asked.append(request)
        return await self.paths[request.match_info["path"]](request)


class Service:
    """Files that run, and a way to wait for them."""

    def __init__(self, config, source=None, owed=None):
        self.files = Files(
            config,
            KEY,
            source or (lambda _network, address: Source(address)),
            owed or (lambda _seq: False),
            sender=str,
        )
        self.config = config
        self.ends = 0
        self._ended = asyncio.Event()
        self.files.ended = self._tell

    def _tell(self, _seq):
        self.ends += 1
        self._ended.set()

    async def got(self, seq, address="", number=0, network="net", **attachment):
        """The answer, once there is one."""
        wanted = Attachment(address, **attachment)
        while isinstance(answer := self.files.get(network, seq, number, wanted), Pending):
            self._ended.clear()
            await asyncio.wait_for(self._ended.wait(), 40)
        return answer

    @asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.files.run())
        try:
            yield self
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.fixture
async def server():
    server = await Web().start()
    yield server
    await server.stop()


@pytest.fixture
def media(tmp_path):
    """A configuration that may reach the server of this test."""

    def make(**changes):
        return Media(**{"folder": tmp_path / "files", "hosts": ("127.0.0.1:*",)} | changes)

    return make


@pytest.fixture
async def serve(media):
    """A running service with this configuration."""
    stack = []

    async def start(*, source=None, owed=None, **changes):
        running = Service(media(**changes), source, owed).running()
        stack.append(running)
        return await running.__aenter__()

    yield start
    for running in reversed(stack):
        await running.__aexit__(None, None, None)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr("bridge.media.fetch._PAUSES", (0.01, 0.01))
