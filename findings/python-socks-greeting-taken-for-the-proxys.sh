#!/bin/sh
# python-socks 3.2.1 (PyPI; aiohttp-socks stands on it), CPython 3.11 or later; tinyproxy 1.11.1 (Debian 12's, which
# has to be installed).
#
# Through an HTTP proxy (CONNECT) the library takes whatever its first recv, of up to 64 KiB, brings for the whole
# answer of the proxy: it reads the status in the first line, and neither looks for the end of the header nor keeps
# what comes after it. RFC 9110 (section 9.3.6) has the tunnel begin right after the blank line, wherever the
# segments of TCP begin. So two things happen, both without an error:
#
# 1. What the server behind says at once is gone when it comes with the answer. Servers of IRC, SMTP and IMAP speak
#    first: their client waits for a greeting that was acknowledged long ago. TLS from the start hides it, since then
#    the client speaks first.
# 2. When the answer's header comes in two segments, its second half is what the server seems to say.
#
# It takes no unusual proxy: tinyproxy sends answer and greeting one right after the other, and an event loop that
# is busy just then, as that of a gateway with many connections is when it starts, finds both in its socket. The same
# library reads the answers of SOCKS5 exactly.
#
# Seen, where the server greets with "220 here":
#   answer and greeting in two segments: 220 here
#   answer and greeting in one segment: nothing in 3 s
#   the answer's header in two segments: Via: 1.1 proxy
#   tinyproxy and a busy loop: nothing in 3 s
set -eu
command -v tinyproxy > /dev/null || { echo "this needs tinyproxy, as Debian's package installs it" >&2; exit 2; }
folder=$(mktemp -d)
proxy=
trap '[ -z "$proxy" ] || kill "$proxy" 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install --disable-pip-version-check 'python-socks[asyncio]==3.2.1'
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'Port %s\nListen 127.0.0.1\nTimeout 60\nMaxClients 10\n' "$port" > proxy.conf
tinyproxy -d -c proxy.conf > proxy.log 2>&1 &
proxy=$!
cat > talk.py <<'PYTHON'
import asyncio
import contextlib
import socket
import sys
import threading
import time

from python_socks.async_.asyncio import Proxy

GREETING = b"220 here\r\n"
STATUS, FIELDS = b"HTTP/1.1 200 OK\r\n", b"Via: 1.1 proxy\r\n\r\n"


def greet(listening):
    """A server that speaks first, as one of SMTP does, to one client."""
    client, _ = listening.accept()
    client.sendall(GREETING)
    client.recv(1000)  # until the client goes
    client.close()


async def busy():
    """What else the loop has to do: 0.3 s of it in each turn."""
    while True:
        time.sleep(0.3)
        await asyncio.sleep(0)


async def heard(proxy, behind=25):
    """The first line that a client gets through the proxy on this port."""
    connected = await Proxy.from_url(f"http://127.0.0.1:{proxy}").connect("127.0.0.1", behind)
    reader, writer = await asyncio.open_connection(sock=connected)
    try:
        return (await asyncio.wait_for(reader.readline(), 3)).decode().strip()
    except TimeoutError:
        return "nothing in 3 s"
    finally:
        writer.close()


async def through(*segments):
    """The same by a proxy that sends these segments; it plays the part of the server behind it too."""

    async def serve(reader, writer):
        with contextlib.suppress(OSError):
            await reader.readuntil(b"\r\n\r\n")
            for segment in segments:
                writer.write(segment)
                await asyncio.sleep(0.5)
            await reader.read()  # until the client goes
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        return await heard(server.sockets[0].getsockname()[1])


async def through_tinyproxy(port):
    """The same by tinyproxy, with a server behind it, while the loop is busy."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=greet, args=(listening,))
        server.start()
        work = asyncio.create_task(busy())
        asyncio.get_running_loop().call_later(2, work.cancel)
        said = await heard(port, listening.getsockname()[1])
        await asyncio.to_thread(server.join)
        return said


async def main(port):
    print("answer and greeting in two segments:", await through(STATUS + FIELDS, GREETING))
    print("answer and greeting in one segment:", await through(STATUS + FIELDS + GREETING))
    print("the answer's header in two segments:", await through(STATUS, FIELDS + GREETING))
    print("tinyproxy and a busy loop:", await through_tinyproxy(port))


for _ in range(100):
    with contextlib.suppress(OSError):
        socket.create_connection(("127.0.0.1", int(sys.argv[1]))).close()
        break
    time.sleep(0.05)
asyncio.run(main(int(sys.argv[1])))
PYTHON
env/bin/python talk.py "$port" > seen
cat seen
[ "$(cat seen)" = "answer and greeting in two segments: 220 here
answer and greeting in one segment: nothing in 3 s
the answer's header in two segments: Via: 1.1 proxy
tinyproxy and a busy loop: nothing in 3 s" ]
