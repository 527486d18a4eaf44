"""Proxies on loopback: real ones from Debian, and one that knows names that nobody else does."""

import asyncio
import contextlib
import shutil
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bridge.testing.server import Server, free_port

NAMES = ".hidden.localhost"
"""What ends the names that the proxy of names knows."""


@contextlib.asynccontextmanager
async def microsocks(folder: Path, *login: str) -> AsyncIterator[str]:
    """A SOCKS5 proxy. `login`: the name and password that it asks for. Gives its address."""
    assert shutil.which("microsocks"), "apt-get install microsocks"
    server, asked = Server(folder, "microsocks"), (["-u", login[0], "-P", login[1]] if login else [])
    port = await server.start(lambda port: ["microsocks", "-i", "127.0.0.1", "-p", str(port), *asked])
    try:
        yield f"socks5://127.0.0.1:{port}"
    finally:
        await server.stop()


@contextlib.asynccontextmanager
async def tinyproxy(folder: Path, *login: str) -> AsyncIterator[str]:
    """An HTTP proxy, the same."""
    assert shutil.which("tinyproxy"), "apt-get install tinyproxy"
    server, file = Server(folder, "tinyproxy"), folder / "tinyproxy.conf"

    def command(port: int) -> list[str]:
        asked = f"BasicAuth {' '.join(login)}\n" if login else ""
        file.write_text(f"Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 50\n{asked}")
        return ["tinyproxy", "-d", "-c", str(file)]

    port = await server.start(command)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        await server.stop()


class NamingProxy:
    """A SOCKS5 proxy (RFC 1928) that takes names alone, and those alone that it knows, as Tor does .onion."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        """`ports` of this machine are what is behind each name."""
        self.ports = ports
        self.port = free_port()
        self.asked: list[str] = []
        """The names that it was asked for."""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None] | None] = set()

    @property
    def address(self) -> str:
        return f"socks5://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def stop(self) -> None:
        """End, with all that goes through it."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._writers):
            writer.transport.abort()
        if self._serving:
            await asyncio.wait(self._serving, timeout=5)
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        self._serving.add(asyncio.current_task())
        try:
            _, methods = await reader.readexactly(2)
            await reader.readexactly(methods)
            writer.write(b"\x05\x00")
            _, _, _, kind = await reader.readexactly(4)
            if kind != 3:
                writer.write(b"\x05\x02\x00\x01" + bytes(6))
                return
            name = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
            await reader.readexactly(2)
            self.asked.append(name)
            if name not in self.ports:
                writer.write(b"\x05\x04\x00\x01" + bytes(6))
                return
            there, on = await asyncio.open_connection("127.0.0.1", self.ports[name])
            self._writers.add(on)
            writer.write(b"\x05\x00\x00\x01" + bytes(4) + struct.pack(">H", 1))
            await asyncio.gather(_pass_on(reader, on), _pass_on(there, writer))
        except (OSError, EOFError):
            pass
        finally:
            writer.close()
            self._writers.discard(writer)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.close()


@pytest.fixture
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that this process looks up."""
    names: list[str] = []
    before = socket.getaddrinfo

    def noted(host, *arguments, **more):
        names.append(str(host))
        return before(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    return names
