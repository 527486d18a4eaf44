#!/bin/sh
# CPython 3.11.2 (Debian 12), 3.11.7, 3.12.1 and 3.13.0, Linux: asyncio; openssl has to be installed.
#
# A process holds 200 quiet TLS connections as a client, as a gateway does that gives each person a connection to IRC.
# Each takes some 290 KiB of resident memory, about seventy times what a plain one does; 1,000 of them are 290 MB. It
# is not OpenSSL: by ssl.SSLSocket the same connection takes 26 KiB. And it is new: on CPython 3.10 it was 36 KiB.
#
# Since 3.11 asyncio's SSLProtocol makes with each connection a buffer of max_size, 256 KiB, to read ciphertext into,
# fills it with zeros, so that it is resident at once, and keeps it as long as the connection lives, though a record of
# TLS has at most 16 KiB and a quiet connection reads nothing. No argument of open_connection, create_connection or
# start_tls changes that, and StreamReader's limit has nothing to do with it: max_size is an attribute of the
# class, in no documentation, and read when a connection is made.
#
# Seen on 3.11.7, in KiB of resident memory for each connection:
#   plain 3, TLS 289, TLS with a max_size of 32 KiB 65, TLS by ssl.SSLSocket 26
# and, since such numbers vary a little, what the script holds them to:
#   the buffer of a connection: 262144 bytes
#   a TLS connection takes more than 20 plain ones: yes
#   with a smaller max_size it takes less than a third of that: yes
#   by ssl.SSLSocket it takes less than a third of that: yes
set -eu
command -v openssl > /dev/null || { echo "this needs the command openssl" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 \
    -subj /CN=localhost -addext subjectAltName=DNS:localhost 2> /dev/null
cat > serve.py <<'PYTHON'
import asyncio
import ssl
import sys


async def serve(reader, writer):
    writer.write(b"here\n")
    await reader.read()  # until the client goes
    writer.close()


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain("cert.pem", "key.pem")
    for one in (None, context):
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=one)
        print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)  # until it is ended


asyncio.run(main())
PYTHON
cat > hold.py <<'PYTHON'
"""Holds 200 connections, and prints what each takes: KiB of resident memory, and bytes of asyncio's buffer."""

import asyncio
import gc
import pathlib
import resource
import socket
import ssl
import sys
from asyncio import sslproto

COUNT = 200


def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024


async def by_asyncio(port, context):
    held = []
    for _ in range(COUNT + 1):
        if len(held) == 1:  # what the first one needs is not the cost of each
            before = resident()
        name = "localhost" if context else None
        held.append(await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name))
        assert await held[-1][0].readline() == b"here\n"
    gc.collect()
    cost = (resident() - before) / COUNT
    buffer = len(held[0][1].transport._ssl_protocol._ssl_buffer) if context else 0
    for _, writer in held:
        writer.transport.abort()
    return cost, buffer


def by_sockets(port, context):
    held = []
    for _ in range(COUNT + 1):
        if len(held) == 1:
            before = resident()
        held.append(context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost"))
        assert held[-1].recv(100) == b"here\n"
    gc.collect()
    cost = (resident() - before) / COUNT
    for one in held:
        one.close()
    return cost, 0


way, plain, tls = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
context = ssl.create_default_context(cafile="cert.pem")
if way == "smaller":
    sslproto.SSLProtocol.max_size = 32 * 1024
if way == "sockets":
    print(*by_sockets(tls, context))
else:
    print(*asyncio.run(by_asyncio(*((plain, None) if way == "plain" else (tls, context)))))
PYTHON
cat > compare.py <<'PYTHON'
import subprocess
import sys

server = subprocess.Popen([sys.executable, "serve.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
try:
    ports = [server.stdout.readline().strip() for _ in range(2)]
    costs, buffers = {}, {}
    for way in ("plain", "tls", "smaller", "sockets"):
        said = subprocess.run([sys.executable, "hold.py", way, *ports], stdout=subprocess.PIPE, text=True, check=True)
        cost, buffers[way] = said.stdout.split()
        costs[way] = float(cost)
finally:
    server.terminate()
    server.wait()
print(sys.version.split()[0], {way: round(cost) for way, cost in costs.items()}, file=sys.stderr)


def answer(holds):
    return "yes" if holds else "no"


third = costs["tls"] / 3
print("the buffer of a connection:", buffers["tls"], "bytes")
print("a TLS connection takes more than 20 plain ones:", answer(costs["tls"] > 20 * costs["plain"]))
print("with a smaller max_size it takes less than a third of that:", answer(costs["smaller"] < third))
print("by ssl.SSLSocket it takes less than a third of that:", answer(costs["sockets"] < third))
PYTHON
python3 compare.py > seen
cat seen
[ "$(cat seen)" = "the buffer of a connection: 262144 bytes
a TLS connection takes more than 20 plain ones: yes
with a smaller max_size it takes less than a third of that: yes
by ssl.SSLSocket it takes less than a third of that: yes" ]
