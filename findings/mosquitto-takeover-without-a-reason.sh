#!/bin/sh
# mosquitto 2.0.11 (Debian 12, 2.0.11-1.2+deb12u2), MQTT 5.
#
# A second client connects with the client id of one that is connected, as a copy of a configuration does. The
# broker closes the first connection, as it has to; but MQTT 5 (section 3.1.4, MQTT-3.1.4-3) also has it
# say why, by DISCONNECT with reason 0x8E, "session taken over". It says nothing: the first client sees a
# connection that ended by itself, comes back, and so ends the second. Two services with one id take the session
# from each other for ever, and neither can tell its owner the reason, nor tell this from a broker that restarts.
# The same broker does say why in other cases: a subscription whose filter is not allowed ends with DISCONNECT 0x81.
# So a client that is closed without a word soon after its CONNACK should name a second user of its id as a
# possible reason.
#
# Seen: "taken over: closed without a packet" and "a filter that is none: DISCONNECT 0x81, closed".
set -eu
folder=$(mktemp -d)
broker=
trap '[ -z "$broker" ] || kill "$broker" 2>/dev/null; rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
apt-get download -qq 'mosquitto=2.0.11*' libcjson1 libdlt2 libwebsockets17 2>/dev/null
for package in *.deb; do dpkg-deb -x "$package" root; done
LD_LIBRARY_PATH=$(find "$folder/root" -name '*.so.*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf 'listener %s 127.0.0.1\nallow_anonymous true\n' "$port" > broker.conf
root/usr/sbin/mosquitto -c broker.conf > broker.log 2>&1 &
broker=$!
python3 - "$port" > seen <<'PYTHON'
import contextlib
import socket
import struct
import sys
import time


def text(word):
    return struct.pack("!H", len(word)) + word.encode()


def connected():
    """A client called "one", by MQTT 5 with a clean start, after its CONNACK."""
    body = text("MQTT") + b"\x05\x02\x00\x3c\x00" + text("one")
    for _ in range(100):
        with contextlib.suppress(ConnectionRefusedError):
            client = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10)
            client.sendall(bytes([0x10, len(body)]) + body)
            assert client.recv(1000)[0] == 0x20
            return client
        time.sleep(0.05)
    sys.exit("no broker")


def end(client):
    """What a client is told until its connection is closed."""
    said = b""
    while more := client.recv(1000):
        said += more
    if not said:
        return "closed without a packet"
    assert said[0] == 0xE0, said
    return f"DISCONNECT {said[2]:#x}, closed"


first, second = connected(), connected()
print("taken over:", end(first))
subscription = b"\x00\x01\x00" + text("a/#/b") + b"\x01"
second.sendall(bytes([0x82, len(subscription)]) + subscription)
print("a filter that is none:", end(second))
PYTHON
cat seen
[ "$(cat seen)" = "taken over: closed without a packet
a filter that is none: DISCONNECT 0x81, closed" ]
