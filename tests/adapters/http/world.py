"""A bridge between a scripted chat and programs, with programs that share no code with the adapter."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from aiohttp import web

from bridge.app import Bridge
from bridge.config import Config, load
from bridge.protocols import find
from bridge.testing import ScriptedNetwork, free_port

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
CHAT = "bridge.testing:ScriptedAdapter"


def configured(
    folder: Path,
    *,
    network: str = "",
    room: str = "",
    more: str = "",
    first: bool = True,
) -> Config:
    """A map: a chat's room `#one` and the programs' room `shop`, with these settings; `first`: and a port."""
    file = folder / "bridge.yaml"
    listen = f"listen: '127.0.0.1:{free_port()}', " if first else ""
    file.write_text(
        f"networks:\n  chat: {{protocol: '{CHAT}', server: chat}}\n"
        f"  programs: {{protocol: http, {listen}{network}}}\n"
        f"conversations:\n  tea: {{chat: '#one', programs: {{room: shop, {room}}}}}\n{more}\n"
    )
    return load(file, find, {})


@contextlib.asynccontextmanager
async def running(config: Config) -> AsyncIterator[Bridge]:
    """The bridge, with its chat joined and its port open."""
    bridge = Bridge(config)
    task = asyncio.ensure_future(bridge.run())
    try:
        while not (ScriptedNetwork.named("chat").connected and await is_open(config)):
            assert not task.done(), task.result()
            await asyncio.sleep(0.005)
        yield bridge
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def address(config: Config) -> str:
    return f"http://{config.networks['programs'].settings.listen}"


async def is_open(config: Config) -> bool:
    try:
        _, writer = await asyncio.open_connection(*config.networks["programs"].settings.address)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


@contextlib.asynccontextmanager
async def client(config: Config, token: str = "") -> AsyncIterator[aiohttp.ClientSession]:
    """What a program asks with."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(address(config), headers=headers, timeout=timeout) as session:
        yield session


async def fetch(session: aiohttp.ClientSession, count: int) -> list[dict[str, object]]:
    """What a program that polls has once it has so many messages."""
    found: list[dict[str, object]] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            async with session.get("/api/messages") as answer:
                assert answer.status == 200
                found += await answer.json()
            await asyncio.sleep(0.005)
    return found


@contextlib.asynccontextmanager
async def hosted(data: bytes) -> AsyncIterator[str]:
    """A file on somebody's server: its address."""

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=data)

    application = web.Application()
    application.router.add_get("/file", answer)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{port}/file"
    await runner.cleanup()


async def curl(*arguments: str) -> str:
    """What the real curl prints."""
    process = await asyncio.create_subprocess_exec(
        "curl", "-s", "-m", "20", *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    return out.decode()


@dataclass
class Receiver:
    """Somebody's address for webhooks, on a port of its own."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """What the next ones are answered; then 204."""
    posted: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = field(default_factory=free_port)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    """Whether connections are dropped once their post was read."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator["Receiver"]:
        application = web.Application(client_max_size=20_000_000)
        application.router.add_route("*", "/{path:.*}", self._take)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self.port).start()
        yield self
        await runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if request.method != "POST":
            return web.Response(status=405)
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.posted.append((headers, body))
        self.came.set()
        if self.closed:
            request.transport.abort()
        status, more = self.answers.pop(0) if self.answers else (204, {})
        return web.Response(status=status, headers=more)

    async def until(self, count: int) -> None:
        """Wait until so many were posted."""
        async with asyncio.timeout(20):
            while len(self.posted) < count:
                self.came.clear()
                await self.came.wait()

    def data(self) -> list[dict[str, object]]:
        """What was said by them."""
        return [json.loads(body)["data"] for _, body in self.posted]
