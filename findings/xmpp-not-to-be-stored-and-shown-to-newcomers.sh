#!/bin/sh
# Prosody 0.12.3 and ejabberd 23.01 (Debian 12's, which have to be installed); XEP-0334, XEP-0045, XEP-0313, XEP-0359.
#
# A message can say that nobody in between shall keep it: <no-store/>, and less strictly <no-permanent-store/>. Both
# servers leave it out of the room's archive. But ejabberd's rooms have a memory besides, the history that is shown to
# who joins, and that looks at no hints: whoever comes later is shown the message, as long as twenty others have not
# followed, in a quiet room for months. XEP-0334 has just that for an example of what <no-store/> forbids (section 4.2).
# Prosody's history leaves the message out, like its archive.
#
# It also costs the message its name: a room gives an id (XEP-0359) to what it archives, and to nothing else. That id
# is what replies (XEP-0461), reactions (XEP-0444) and retractions (XEP-0424) in a room refer to. So what its author
# least wants to stay is what they cannot take back by the book.
#
# And who fills a gap from history and archive knows by these ids what it has already. In ejabberd's rooms it is shown
# at each return a message that no archive has and that has no id. It files it once more each time, or has to know it
# by its author, time and words.
#
# Seen, of four messages by their hints:
#   prosody: have an id: plain, store
#   prosody: in the archive: plain, store
#   prosody: shown to who comes later: plain, store
#   prosody: with an id: plain, store
#   ejabberd: have an id: plain, store
#   ejabberd: in the archive: plain, store
#   ejabberd: shown to who comes later: plain, no-store, no-permanent-store, store
#   ejabberd: with an id: plain, store
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
import glob
import hashlib
import os
import pathlib
import socket
import subprocess
import time
import xml.etree.ElementTree as ET

ROOM = "room@muc.finding.test"
NAME = "one.finding.test"
ACCEPT = "{jabber:component:accept}"
SID = "{urn:xmpp:sid:0}"
KINDS = ["plain", "no-store", "no-permanent-store", "store"]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def prosody(home, port):
    (home / "prosody.lua").write_text(
        f'run_as_root = true; data_path = "{home}"; pidfile = "{home}/pid"; log = "{home}/log"\n'
        f'component_ports = {{ {port} }}; component_interfaces = {{ "127.0.0.1" }}\n'
        'modules_disabled = { "c2s", "s2s" }; VirtualHost "finding.test"\n'
        'Component "muc.finding.test" "muc"; muc_room_locking = false; modules_enabled = { "muc_mam" }\n'
        'Component "one.finding.test"; component_secret = "word"\n'
    )
    return ["prosody", "--config", f"{home}/prosody.lua", "-F"], {}


def ejabberd(home, port):
    (home / "ejabberd.yml").write_text(
        "hosts: [finding.test]\ns2s_access: none\nlisten:\n"
        f"  - {{port: {port}, ip: 127.0.0.1, module: ejabberd_service, hosts: {{{NAME}: {{password: word}}}}}}\n"
        "modules:\n  mod_mam: {default: always}\n  mod_muc: {hosts: [muc.finding.test], access: [allow],"
        " access_create: [allow], default_room_options: {mam: true}}\n"
    )
    code = pathlib.Path(glob.glob("/usr/lib/*/ejabberd-*/ebin/ejabberd.app")[0]).parent
    variables = {
        "EJABBERD_CONFIG_PATH": f"{home}/ejabberd.yml",
        "EJABBERD_LOG_PATH": f"{home}/log",
        "ERL_LIBS": str(code.parent.parent),
        "HOME": str(home),
    }
    start = ["-noinput", "-noshell", "-pa", str(code), "-mnesia", "dir", f'"{home}/spool"', "-s", "ejabberd"]
    return ["erl", *start], variables


class Component:
    """A component (XEP-0114) that is connected."""

    def __init__(self, port):
        for _ in range(300):
            with contextlib.suppress(OSError):
                self._socket = socket.create_connection(("127.0.0.1", port))
                break
            time.sleep(0.1)
        self._parser = ET.XMLPullParser(("start", "end"))
        self._depth = 0
        namespaces = "xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams'"
        self.send(f"<stream:stream {namespaces} to='{NAME}'>")
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

    def join(self, nick):
        """Let somebody join. Returns what the room says meanwhile."""
        to = f"from='{nick}@{NAME}/r' to='{ROOM}/{nick}'"
        self.send(f"<presence {to}><x xmlns='http://jabber.org/protocol/muc'/></presence>")
        said = self.heard(2)
        assert any(one.find(f"{ACCEPT}subject") is not None for one in said), "nobody can join"
        return said


def words(said):
    return [one.findtext(f"{ACCEPT}body") for one in said if one.find(f"{ACCEPT}body") is not None]


def watch(port):
    people = Component(port)
    people.join("ada")
    for kind in KINDS:
        hint = "" if kind == "plain" else f"<{kind} xmlns='urn:xmpp:hints'/>"
        to = f"from='ada@{NAME}/r' to='{ROOM}' type='groupchat' id='{kind}'"
        people.send(f"<message {to}><body>{kind}</body>{hint}</message>")
    said = people.heard(2)
    assert words(said) == KINDS
    yield "have an id", words(one for one in said if one.find(f"{SID}stanza-id") is not None)
    people.send(f"<iq type='set' id='a' from='ada@{NAME}/r' to='{ROOM}'><query xmlns='urn:xmpp:mam:2'/></iq>")
    found = [one for one in people.heard(2) if one.find("{urn:xmpp:mam:2}result") is not None]
    yield "in the archive", [one.findtext(".//{jabber:client}body") for one in found]
    shown = people.join("eve")
    yield "shown to who comes later", words(shown)
    yield "with an id", words(one for one in shown if one.find(f"{SID}stanza-id") is not None)


for make in (prosody, ejabberd):
    home = pathlib.Path.cwd() / make.__name__
    home.mkdir()
    port = free_port()
    command, variables = make(home, port)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": os.environ | variables}
    server = subprocess.Popen(command, **quiet)
    try:
        for name, found in watch(port):
            print(f"{make.__name__}: {name}: {', '.join(found)}", flush=True)
    finally:
        server.terminate()
        server.wait()
PYTHON
python3 talk.py > seen
cat seen
[ "$(cat seen)" = "prosody: have an id: plain, store
prosody: in the archive: plain, store
prosody: shown to who comes later: plain, store
prosody: with an id: plain, store
ejabberd: have an id: plain, store
ejabberd: in the archive: plain, store
ejabberd: shown to who comes later: plain, no-store, no-permanent-store, store
ejabberd: with an id: plain, store" ]
