#!/bin/sh
# aiohttp 3.11.11 on CPython 3.11 or 3.13, Linux (epoll).
#
# A server sends a file (FileResponse, which asyncio's loop.sendfile does) to a client that reads slowly, and
# the application ends that connection by the public way, request.transport.abort(), as servers do with whoever
# takes too long. The socket is closed, and its number is free. But the loop goes on believing that it watches
# that number: what would take it off its list finds the socket closed already, and does nothing.
#
# The next socket of the process that gets the number, for whatever purpose, cannot be watched:
# FileNotFoundError from epoll, once. It need not have to do with HTTP: in a process that also
# keeps connections to chat networks it is the next of these as well. Cancelling the request's task first, and
# aborting in the loop's next turn, leaves nothing behind.
#
# Seen: "aborted: still watched; the next socket: FileNotFoundError" and "cancelled, then aborted: let go; the
# next socket: can be watched".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check aiohttp==3.11.11
cat > "$folder/serve.py" <<'PYTHON'
import asyncio
import socket
import sys
from pathlib import Path

from aiohttp import web

requests = asyncio.Queue()


async def give(request):
    requests.put_nowait(request)
    return web.FileResponse(sys.argv[1])


async def end(port, *, cancel):
    """Let a client ask and not read, and end it; returns what became of the number of its socket."""
    loop = asyncio.get_running_loop()
    client = socket.create_connection(("127.0.0.1", port))
    client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    request = await requests.get()
    await asyncio.sleep(0.5)
    transport = request.transport
    number = transport.get_extra_info("socket").fileno()
    if cancel:
        request.task.cancel()
        loop.call_soon(transport.abort)
    else:
        transport.abort()
    await asyncio.sleep(0.5)
    client.close()
    watched = "still watched" if number in loop._selector.get_map() else "let go"
    held = []
    while not held or held[-1].fileno() < number:  # the lowest free number is given first
        held.append(socket.socket())
    held[-1].setblocking(False)
    assert held[-1].fileno() == number
    try:
        loop.add_reader(held[-1], print)
        loop.remove_reader(held[-1])
        became = "can be watched"
    except OSError as error:
        became = type(error).__name__
    for one in held:
        one.close()
    print("cancelled, then aborted" if cancel else "aborted", f"{watched}; the next socket: {became}", sep=": ")
    return watched, became


async def main():
    asyncio.get_running_loop().set_exception_handler(lambda *_: None)
    application = web.Application()
    application.router.add_get("/", give)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    seen = [await end(port, cancel=False), await end(port, cancel=True)]
    await runner.cleanup()
    if seen != [("still watched", "FileNotFoundError"), ("let go", "can be watched")]:
        sys.exit("it is otherwise now")


Path(sys.argv[1]).write_bytes(bytes(30_000_000))
print(sys.version.split()[0])
asyncio.run(main())
PYTHON
"$folder/venv/bin/python" "$folder/serve.py" "$folder/file"
