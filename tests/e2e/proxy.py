"""A TCP proxy in the test process: the network between the bridge and a server, to be spoilt."""

import asyncio
import contextlib
import socket
from dataclasses import dataclass
from enum import Enum

from bridge.testing import free_port


class Way(Enum):
    """A direction."""

    OUT = "from the bridge to the server"
    IN = "from the server to the bridge"


@dataclass(slots=True, eq=False)
class _Half:
    """One direction of a connection."""

    way: Way
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    deaf: bool = False


class Proxy:
    """Forwards from a port of its own to a server's, while it is `up`."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = free_port()
        self.pace: float | None = None
        """Bytes a second in each direction; None: as they come."""
        self.grains = False
        """Whether each byte travels on its own."""
        self.swap: tuple[bytes, bytes] | None = None
        """What the server says, and what is read instead."""
        self._server: asyncio.Server | None = None
        self._halves: set[_Half] = set()
        self._silent = False

    async def start(self) -> None:
        """Let connections through; on the same port when it was started before."""
        self._silent = False
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)

    async def cut(self) -> None:
        """Break all connections and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.reset()
        while self._halves:
            await asyncio.sleep(0.01)

    def reset(self) -> None:
        """Break all connections (RST), and take new ones."""
        for half in self._halves:
            half.writer.transport.abort()

    def hang_up(self) -> None:
        """End all connections politely (FIN), and take new ones."""
        for half in self._halves:
            half.writer.close()

    def deafen(self, way: Way) -> None:
        """Swallow from now on what comes this way on the connections that there are: they are half-open."""
        for half in self._halves:
            half.deaf |= half.way is way

    def silence(self) -> None:
        """Go on holding connections, and carry nothing: a half-open network."""
        self._silent = True

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        halves = {_Half(Way.OUT, reader, far_writer), _Half(Way.IN, far_reader, writer)}
        self._halves |= halves
        try:
            async with asyncio.TaskGroup() as group:
                for half in halves:
                    group.create_task(self._pump(half))
        except* OSError:
            pass
        finally:
            for half in halves:
                if not half.writer.is_closing():
                    half.writer.transport.abort()
                with contextlib.suppress(OSError):
                    await half.writer.wait_closed()
            self._halves -= halves

    async def _pump(self, half: _Half) -> None:
        connection = half.writer.get_extra_info("socket")
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := await half.reader.read(256 if self.pace else 65536):
            if self._silent or half.deaf:
                continue
            if self.swap and half.way is Way.IN:
                data = data.replace(*self.swap)
            if self.pace:
                await asyncio.sleep(len(data) / self.pace)
            if not self.grains:
                half.writer.write(data)
            else:
                for byte in data:
                    half.writer.write(bytes([byte]))
                    await asyncio.sleep(0)
            await half.writer.drain()
        raise ConnectionError("one side closed")
