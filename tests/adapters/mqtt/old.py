"""A broker that knows MQTT 3.1.1 alone: mosquitto, behind one who sends MQTT 5 away as amqtt 0.12.1 does."""

import asyncio
import contextlib

__all__ = ["OldBroker"]

_UNACCEPTABLE = b"\x20\x02\x00\x01"
"""CONNACK, unacceptable protocol version (MQTT 3.1.1 section 3.2.2.3)."""


class OldBroker:
    """A port before a port."""

    def __init__(self, port):
        self._behind = port
        self.silent = 0
        """So many connections are closed without a word."""
        self.knows_five = False

    async def start(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()

    async def _serve(self, reader, writer):
        first = await reader.read(4096)
        # the name of the protocol, and then its level (section 3.1.2.2)
        if self.silent:
            self.silent -= 1
            writer.close()
            return
        if not self.knows_five and first[first.index(b"MQTT") + 4] == 5:
            writer.write(_UNACCEPTABLE)
            writer.close()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self._behind)
        back.write(first)
        await asyncio.gather(_pass_on(reader, back), _pass_on(there, writer))


async def _pass_on(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()
