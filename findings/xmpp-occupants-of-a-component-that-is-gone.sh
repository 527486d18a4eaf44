#!/bin/sh
# Prosody 0.12.3 and ejabberd 23.01 (Debian 12's, which have to be installed); XEP-0114 and XEP-0045.
#
# A component has occupants in a room, as a gateway has its puppets there, and its connection is cut. For a client its
# server then says in all rooms that it has left. For what lives below a component nobody says so; XEP-0114 does not ask
# for it. Both servers leave its occupants in the room while that is quiet, and a component that comes back meanwhile
# gets every word once for each of them, without having joined.
#
# When somebody speaks while it is away, it depends on what the server makes of words that it cannot deliver:
#
# 1. Prosody answers the room remote-server-timeout for each occupant. They are put out, with status code 333, which
#    XEP-0045 has for just that.
# 2. ejabberd takes the component's name for one of another server, asks DNS for it, and answers the room
#    remote-server-not-found. They are put out, with no code, as if they had left, and with a text which says that
#    they sent error messages to the room.
# 3. ejabberd that does not federate (s2s_access: none) answers the room forbidden, which a room puts nobody out for.
#    They stay, and of each word said the speaker gets an error for each of them: "Access denied by service policy".
#
# The component is not told on its return, in any of these. So one that was cut off, however shortly, does not know
# whether its occupants are in their rooms, nor whether words were lost: it has to join again (that gives the history)
# or to ask by XEP-0410, and has to be ready for words to occupants that it does not know yet.
#
# Seen, with two occupants and somebody who watches:
#   prosody: after the cut, 10 s of quiet: 0 have left
#   prosody: back, not joined, somebody speaks: 2 hear it
#   prosody: cut again, somebody speaks: 2 have left, code 333; 0 errors for who spoke
#   prosody: back once more: 0 are told, and 0 hear what is said
#   ejabberd: after the cut, 10 s of quiet: 0 have left
#   ejabberd: back, not joined, somebody speaks: 2 hear it
#   ejabberd: cut again, somebody speaks: 2 have left, no code; 0 errors for who spoke
#   ejabberd: back once more: 0 are told, and 0 hear what is said
#   ejabberd, s2s_access none: after the cut, 10 s of quiet: 0 have left
#   ejabberd, s2s_access none: back, not joined, somebody speaks: 2 hear it
#   ejabberd, s2s_access none: cut again, somebody speaks: 0 have left; 2 errors for who spoke
#   ejabberd, s2s_access none: back once more: 0 are told, and 2 hear what is said
set -eu
command -v prosody > /dev/null && ls /usr/lib/*/ejabberd-*/ebin/ejabberd.app > /dev/null 2>&1 || {
    echo "this needs prosody and ejabberd, as Debian's packages install them" >&2
    exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > talk.py <<'PYTHON'
import contextlib
import functools
import glob
import hashlib
import os
import pathlib
import socket
import struct
import subprocess
import threading
import time
import xml.etree.ElementTree as ET

ROOM = "room@muc.finding.test"
USER = "{http://jabber.org/protocol/muc#user}"
STANZAS = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
ACCEPT = "{jabber:component:accept}"
CLOSED = struct.pack("ii", 1, 0)  # SO_LINGER: a reset, as of a process that was killed


def free_ports():
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        return one.getsockname()[1], other.getsockname()[1]


def prosody(home, ports):
    (home / "prosody.lua").write_text(
        f'run_as_root = true; data_path = "{home}"; pidfile = "{home}/pid"; log = "{home}/log"\n'
        f'component_ports = {{ {ports[0]}, {ports[1]} }}; component_interfaces = {{ "127.0.0.1" }}\n'
        'modules_disabled = { "c2s", "s2s" }; VirtualHost "finding.test"\n'
        'Component "muc.finding.test" "muc"; muc_room_locking = false\n'
        'Component "one.finding.test"; component_secret = "word"\n'
        'Component "two.finding.test"; component_secret = "word"\n'
    )
    return ["prosody", "--config", f"{home}/prosody.lua", "-F"], {}


def no_such_name(asked):
    """Answers all questions of DNS: there is no such name. So nobody outside is asked."""
    while True:
        question, sender = asked.recvfrom(4096)
        asked.sendto(question[:2] + b"\x81\x83" + question[4:6] + bytes(6) + question[12:], sender)


def ejabberd(home, ports, federation="all"):
    names = socket.socket(type=socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 0))
    threading.Thread(target=no_such_name, args=(names,), daemon=True).start()
    name_server = f"{{nameserver, {{127,0,0,1}}, {names.getsockname()[1]}}}"
    (home / "inetrc").write_text(f'{{resolv_conf, ""}}.\n{{hosts_file, ""}}.\n{{lookup, [dns]}}.\n{name_server}.\n')
    services = "".join(
        f"  - {{port: {port}, ip: 127.0.0.1, module: ejabberd_service, hosts: {{{name}: {{password: word}}}}}}\n"
        for port, name in zip(ports, ("one.finding.test", "two.finding.test"), strict=True)
    )
    (home / "ejabberd.yml").write_text(
        f"hosts: [finding.test]\ns2s_access: {federation}\nlisten:\n{services}"
        "modules:\n  mod_muc: {hosts: [muc.finding.test], access: [allow], access_create: [allow]}\n"
    )
    code = pathlib.Path(glob.glob("/usr/lib/*/ejabberd-*/ebin/ejabberd.app")[0]).parent
    variables = {
        "EJABBERD_CONFIG_PATH": f"{home}/ejabberd.yml",
        "EJABBERD_LOG_PATH": f"{home}/log",
        "ERL_INETRC": f"{home}/inetrc",
        "ERL_LIBS": str(code.parent.parent),
        "HOME": str(home),
    }
    start = ["-noinput", "-noshell", "-pa", str(code), "-mnesia", "dir", f'"{home}/spool"', "-s", "ejabberd"]
    return ["erl", *start], variables


class Component:
    """A component (XEP-0114) that is connected."""

    def __init__(self, port, name):
        for _ in range(300):
            with contextlib.suppress(OSError):
                self._socket = socket.create_connection(("127.0.0.1", port))
                break
            time.sleep(0.1)
        self._parser = ET.XMLPullParser(("start", "end"))
        self._depth = 0
        namespaces = "xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'"
        self.send(f"<stream:stream {namespaces} to='{name}'>")
        opened = next(self._elements(10))
        self.send(f"<handshake>{hashlib.sha1((opened.get('id') + 'word').encode()).hexdigest()}</handshake>")
        assert next(self._elements(10)).tag == f"{ACCEPT}handshake"

    def send(self, words):
        self._socket.sendall(words.encode())

    def _elements(self, seconds):
        """The stream's beginning and what stands in it, as it comes, for so many seconds."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._socket.settimeout(left)
            with contextlib.suppress(TimeoutError):
                self._parser.feed(self._socket.recv(65536))
            for event, element in self._parser.read_events():
                self._depth += 1 if event == "start" else -1
                if self._depth == 1:
                    yield element

    def heard(self, seconds):
        return list(self._elements(seconds))

    def join(self, name, nick):
        self.send(f"<presence from='{name}' to='{ROOM}/{nick}'><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        assert any(one.find(f"{ACCEPT}subject") is not None for one in self.heard(2)), "it cannot join"

    def say(self, name, words):
        self.send(f"<message type='groupchat' from='{name}' to='{ROOM}'><body>{words}</body></message>")

    def cut(self):
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, CLOSED)
        self._socket.close()


def left(seen):
    """Who of the occupants has left, and by which code."""
    gone = [one for one in seen if one.tag == f"{ACCEPT}presence" and one.get("type") == "unavailable"]
    codes = {one.get("code") for presence in gone for one in presence.iter(f"{USER}status")}
    return f"{len(gone)} have left" + (f", code {' '.join(sorted(codes))}" if codes else ", no code" if gone else "")


def hear(seen, words):
    return sum(one.findtext(f"{ACCEPT}body") == words for one in seen)


def watch(ports):
    eve = "eve@two.finding.test/r"
    watching = Component(ports[1], "two.finding.test")
    watching.join(eve, "eve")
    gateway = Component(ports[0], "one.finding.test")
    gateway.join("ada@one.finding.test/r", "ada")
    gateway.join("bob@one.finding.test/r", "bob")
    watching.heard(1)
    gateway.cut()
    yield "after the cut, 10 s of quiet: " + left(watching.heard(10))
    gateway = Component(ports[0], "one.finding.test")
    watching.say(eve, "first")
    yield f"back, not joined, somebody speaks: {hear(gateway.heard(3), 'first')} hear it"
    gateway.cut()
    watching.heard(1)
    watching.say(eve, "second")
    seen = watching.heard(5)
    errors = sum(one.find(f"{ACCEPT}error/{STANZAS}forbidden") is not None for one in seen)
    yield f"cut again, somebody speaks: {left(seen)}; {errors} errors for who spoke"
    gateway = Component(ports[0], "one.finding.test")
    told = gateway.heard(2)
    watching.say(eve, "third")
    yield f"back once more: {len(told)} are told, and {hear(gateway.heard(3), 'third')} hear what is said"


SERVERS = {
    "prosody": prosody,
    "ejabberd": ejabberd,
    "ejabberd, s2s_access none": functools.partial(ejabberd, federation="none"),
}
for number, (name, make) in enumerate(SERVERS.items()):
    home = pathlib.Path.cwd() / str(number)
    home.mkdir()
    ports = free_ports()
    command, variables = make(home, ports)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": os.environ | variables}
    server = subprocess.Popen(command, **quiet)
    try:
        for line in watch(ports):
            print(f"{name}: {line}", flush=True)
    finally:
        server.terminate()
        server.wait()
PYTHON
python3 talk.py > seen
cat seen
[ "$(cat seen)" = "prosody: after the cut, 10 s of quiet: 0 have left
prosody: back, not joined, somebody speaks: 2 hear it
prosody: cut again, somebody speaks: 2 have left, code 333; 0 errors for who spoke
prosody: back once more: 0 are told, and 0 hear what is said
ejabberd: after the cut, 10 s of quiet: 0 have left
ejabberd: back, not joined, somebody speaks: 2 hear it
ejabberd: cut again, somebody speaks: 2 have left, no code; 0 errors for who spoke
ejabberd: back once more: 0 are told, and 0 hear what is said
ejabberd, s2s_access none: after the cut, 10 s of quiet: 0 have left
ejabberd, s2s_access none: back, not joined, somebody speaks: 2 hear it
ejabberd, s2s_access none: cut again, somebody speaks: 0 have left; 2 errors for who spoke
ejabberd, s2s_access none: back once more: 0 are told, and 2 hear what is said" ]
