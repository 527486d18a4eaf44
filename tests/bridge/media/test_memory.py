"""A large file passes through without ever being in memory."""

import asyncio
import os
import sys

from aiohttp import web

SIZE = 50_000_000
MOST = 30 * 1024**2
PROGRAM = """
import asyncio, sys, time
from pathlib import Path
from bridge.adapter import Source
from bridge.config import Media
from bridge.media import Files, Pending
from bridge.model import Attachment

def memory(kind):
    # Not getrusage: it counts what the parent had before this program took its place.
    status = Path("/proc/self/status").read_text()
    return int(status.partition(kind + ":")[2].split()[0]) * 1024

async def main(folder, address):
    config = Media(folder=Path(folder), hosts=("127.0.0.1:*",))
    files = Files(config, b"key", lambda _network, address: Source(address), lambda _seq: False)
    ended = asyncio.Event()
    files.ended = lambda _: ended.set()
    running = asyncio.ensure_future(files.run())
    for seq in range(2):
        ended.clear()
        began = time.process_time()
        before = memory("VmRSS")
        files.get("net", seq, 0, Attachment(address + str(seq)))
        await ended.wait()
        file = files.get("net", seq, 0, Attachment(""))
        grown = memory("VmHWM") - before
    print(file.size, file.digest, grown, round(time.process_time() - began, 2))
    running.cancel()
    await asyncio.wait({running})

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_large_file_takes_little_memory(server, tmp_path):
    sent = 0

    async def large(request):
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < SIZE:
            await response.write(os.urandom(100_000))
            sent += 100_000
        return response

    server.put("0", b"x" * 200_000)
    server.paths["1"] = large
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        str(tmp_path / "files"),
        server.address(""),
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    size, _, grown, seconds = said.split()
    assert int(size) == SIZE
    assert int(grown) < MOST, f"{int(grown) / 1024**2:.1f} MiB, {float(seconds)} s"
