"""What a reload that adds a room takes, with 1,000 rooms mapped on a real ngIRCd: from the request until JOIN
stands on the connection; and the longest tick of the relay meanwhile.
"""

import asyncio
import os
import re
import statistics
import time
from contextlib import suppress
from pathlib import Path

from adapters.irc.testing import Demo
from bridge.app import Bridge
from bridge.cli.reading import read
from bridge.config import load
from bridge.control.abilities import Abilities
from bridge.control.requests import ReloadRequest
from bridge.protocols import find

ROOMS = 1000
TRIES = 15
FLOOD = "{burst: 1000000, per_second: 1000000}"
_JOIN = re.compile(rb"JOIN (\S*#new-\d+)")


class _Tap:
    """Stands between the bridge and the server, and knows when which JOIN passed."""

    def __init__(self, port):
        self.port = port
        self.joined = {}
        self.passed = asyncio.Event()

    async def serve(self, reader, writer):
        to_server = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(
            self._pass(reader, to_server[1], self._look), self._pass(to_server[0], writer, lambda _: None)
        )

    async def _pass(self, reader, writer, look):
        with suppress(OSError):
            while data := await reader.read(65536):
                look(data)
                writer.write(data)
        writer.close()

    def _look(self, data):
        for found in _JOIN.finditer(data):
            self.joined[found[1].decode()] = time.perf_counter()
            self.passed.set()


def _write(file, port, rooms):
    lines = [
        "networks:",
        f"  irc: {{protocol: irc, server: 127.0.0.1, port: {port}, tls: false, nick: me, flood: {FLOOD}}}",
        "conversations:",
    ]
    lines += [f"  {one[1:]}: {{irc: ['{one}', '{other}']}}" for one, other in rooms]
    file.write_text("\n".join(lines) + "\n")


async def _ticks(longest):
    last = time.perf_counter()
    while True:
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest[0] = max(longest[0], now - last)
        last = now


async def added(folder: Path):
    """Milliseconds until the JOIN, of each of some reloads; and the longest tick in each."""
    demo, file = Demo(folder / "ngircd"), folder / "bridge.yaml"
    await demo.start()
    tap = _Tap(demo.port)
    server = await asyncio.start_server(tap.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    rooms = [(f"#room-{n}", f"#room-{n + 1}") for n in range(0, ROOMS, 2)]
    _write(file, port, rooms)
    bridge = Bridge(load(file, find))
    service = asyncio.ensure_future(bridge.run())
    try:
        while not hasattr(bridge, "features") or sum(room.joined for room in bridge.rooms()) < ROOMS:  # noqa: ASYNC110 -- nobody tells
            await asyncio.sleep(0.1)
        abilities, took, ticks = Abilities(bridge, lambda: read(file), file), [], []
        for n in range(TRIES):
            rooms.append((f"#new-{n}", "#room-0"))
            _write(file, port, rooms)
            longest = [0.0]
            ticking = asyncio.ensure_future(_ticks(longest)) if n % 3 == 2 else None
            tap.passed.clear()
            began = time.perf_counter()
            reload = asyncio.ensure_future(abilities.do(ReloadRequest(), "a measurement"))
            await tap.passed.wait()
            if ticking is None:  # else it takes half of the processor's time
                took.append((tap.joined[f"#new-{n}"] - began) * 1e3)
            await reload
            if ticking is not None:
                ticking.cancel()
                ticks.append(longest[0] * 1e3)
        return took, ticks
    finally:
        service.cancel()
        await asyncio.gather(service, return_exceptions=True)
        server.close()
        await demo.stop()


def shown(took, ticks):
    return (
        f"a reload that adds a room, with {ROOMS:,} rooms mapped on ngIRCd: JOIN is sent after "
        f"{statistics.median(took):.0f} ms ({min(took):.0f} to {max(took):.0f}); the longest tick meanwhile "
        f"{statistics.median(ticks):.1f} ms; load {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        print(shown(*asyncio.run(added(Path(name)))))
