#!/bin/sh
# aiohttp 3.11.11 on CPython 3.11 or later, Linux.
#
# A process is stopped (SIGSTOP, as a paused container or a debugger does it) for longer than a request's
# total timeout. Meanwhile the server answers in full: the answer lies in the stopped process's socket.
# When it goes on, the request ends with TimeoutError. The bytes were there first, and the event loop even
# reads them in the same turn, before it looks at its timers; but the task that waits for them is only
# scheduled by that, and the timer's callback, which cancels it, stands in the same turn.
#
# For a client of a chat network this means: what a timeout says about a server is nothing after a stop, and
# a request that was carried out looks as if it had not been. It has to be asked again in a way that does
# nothing twice. Seen: "answered: yes", "the client got: TimeoutError". A client that was not stopped gets 200.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.11.11
cat > "$folder/client.py" <<'PYTHON'
import asyncio
import sys

import aiohttp


async def main():
    url, limit = sys.argv[1], aiohttp.ClientTimeout(total=3)
    async with aiohttp.ClientSession(timeout=limit) as session:
        print("asking", flush=True)
        try:
            async with session.get(url) as answer:
                print("the client got:", answer.status, (await answer.text()).strip(), flush=True)
        except TimeoutError:
            print("the client got: TimeoutError", flush=True)


asyncio.run(main())
PYTHON
cat > "$folder/stop.py" <<'PYTHON'
import asyncio
import os
import signal
import sys

from aiohttp import web

answered = asyncio.Event()


async def answer(request):
    await asyncio.sleep(1)
    response = web.Response(text="carried out")
    await response.prepare(request)
    await response.write_eof()
    answered.set()
    return response


async def ask(port, *, stop):
    answered.clear()
    client = await asyncio.create_subprocess_exec(
        sys.executable, sys.argv[1], f"http://127.0.0.1:{port}/", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert await client.stdout.readline() == b"asking\n"
        await asyncio.sleep(0.5)
        if stop:
            os.kill(client.pid, signal.SIGSTOP)
        await answered.wait()
        print("answered: yes", "(the client is stopped)" if stop else "", flush=True)
        if stop:
            await asyncio.sleep(4)
            os.kill(client.pid, signal.SIGCONT)
        said = (await client.stdout.readline()).decode().strip()
        print(said, flush=True)
        return said
    finally:
        if client.returncode is None:
            os.kill(client.pid, signal.SIGCONT)
        await client.wait()


async def main():
    application = web.Application()
    application.router.add_get("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    running, stopped = await ask(port, stop=False), await ask(port, stop=True)
    await runner.cleanup()
    if (running, stopped) != ("the client got: 200 carried out", "the client got: TimeoutError"):
        sys.exit("it is otherwise now")


asyncio.run(main())
PYTHON
"$folder/venv/bin/python" "$folder/stop.py" "$folder/client.py"
