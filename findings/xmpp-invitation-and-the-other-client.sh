#!/bin/sh
# Prosody 0.12.3 and ejabberd 23.01 (Debian 12's, which have to be installed), slixmpp 1.17.0 (PyPI); XEP-0249,
# XEP-0045, XEP-0280 and XEP-0313.
#
# Somebody with several clients is invited into a room, once. A computer has the highest priority and gets the
# invitation. A phone is there too, with carbons on. A tablet comes a little later and reads its archive. An
# invitation has no body, and what both servers make of such a message is the opposite:
#
# 1. Prosody archives it, and makes no carbon of it. The phone, which has been there all the time and so has no gap for
#    which it would ask the archive, never shows it; the tablet, which was off, does.
# 2. ejabberd makes carbons, as XEP-0280 recommends for invitations, and archives none that came directly (XEP-0249).
#    The phone shows it; the tablet never does, nor any client that was without network at that moment. What comes by
#    the room it does archive.
#
# So neither way reaches all of somebody's clients on both servers, and that which gets around filters, as XEP-0249 is
# for, is the one that ejabberd forgets. With one client, or with two of the same priority that are both there, nothing
# is amiss. With a body, which XEP-0249 neither shows nor forbids, both servers copy it and archive it, and all get it.
#
# Seen:
#   prosody, directly: computer, tablet
#   prosody, directly, with a body: computer, phone, tablet
#   prosody, by the room: computer, tablet
#   ejabberd, directly: computer, phone
#   ejabberd, directly, with a body: computer, phone, tablet
#   ejabberd, by the room: computer, phone, tablet
set -eu
command -v prosody > /dev/null && ls /usr/lib/*/ejabberd-*/ebin/ejabberd.app > /dev/null 2>&1 || {
    echo "this needs prosody and ejabberd, as Debian's packages install them" >&2
    exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv env
env/bin/pip -q install --disable-pip-version-check 'slixmpp==1.17.0'
cat > talk.py <<'PYTHON'
import asyncio
import contextlib
import glob
import logging
import os
import pathlib
import socket
import subprocess
import time

from slixmpp import JID, ClientXMPP

HOST = "finding.test"
ADA, ROOM = JID(f"ada@{HOST}"), JID(f"room@muc.{HOST}")
PLAIN = {"feature_mechanisms": {"unencrypted_plain": True, "unencrypted_scram": True}}
logging.disable()


def prosody(home, port):
    (home / "prosody.lua").write_text(
        f'run_as_root = true; data_path = "{home}"; pidfile = "{home}/pid"; log = "{home}/log"\n'
        f'c2s_ports = {{ {port} }}; c2s_interfaces = {{ "127.0.0.1" }}; c2s_require_encryption = false\n'
        'allow_registration = true; modules_disabled = { "s2s", "tls" }\n'
        'modules_enabled = { "saslauth", "roster", "disco", "offline", "carbons", "mam", "register_ibr" }\n'
        f'VirtualHost "{HOST}"\nComponent "muc.{HOST}" "muc"; muc_room_locking = false\n'
    )
    return ["prosody", "--config", f"{home}/prosody.lua", "-F"], {}


def ejabberd(home, port):
    (home / "ejabberd.yml").write_text(
        f"hosts: [{HOST}]\ns2s_access: none\nregistration_timeout: infinity\n"
        f"listen:\n  - {{port: {port}, ip: 127.0.0.1, module: ejabberd_c2s}}\n"
        "modules:\n  mod_disco: {}\n  mod_roster: {}\n  mod_offline: {}\n  mod_carboncopy: {}\n"
        "  mod_mam: {default: always}\n  mod_register: {ip_access: all, access: all}\n"
        f"  mod_muc: {{hosts: [muc.{HOST}], access: all, access_create: all}}\n"
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


class Client(ClientXMPP):
    """A client of an account, which is made if there is none."""

    def __init__(self, name, resource):
        super().__init__(f"{name}@{HOST}/{resource}", "word", plugin_config=PLAIN)
        for plugin in ("xep_0045", "xep_0077", "xep_0249", "xep_0280", "xep_0313"):
            self.register_plugin(plugin)
        self.plugin["xep_0077"].force_registration = True
        self.enable_direct_tls = self.enable_starttls = False
        self.enable_plaintext = True
        self.invited = set()
        self._started = asyncio.Event()
        self.add_event_handler("register", self._register)
        self.add_event_handler("session_start", lambda _: self._started.set())
        self.add_filter("in", self._see)

    async def _register(self, _):
        wanted = self.Iq(stype="set")
        wanted["register"]["username"], wanted["register"]["password"] = self.boundjid.user, "word"
        with contextlib.suppress(Exception):  # it is there
            await wanted.send()

    def _see(self, stanza):
        if stanza.name == "message" and str(ROOM) in str(stanza):
            self.invited |= {way for way in WAYS if f"by way of {way}!" in str(stanza)}
        return stanza

    async def up(self, port, priority=0):
        self.connect("127.0.0.1", port)
        await asyncio.wait_for(self._started.wait(), 30)
        await self.plugin["xep_0280"].enable()  # carbons
        self.send_presence(ppriority=priority)
        await asyncio.sleep(1)  # until it counts as there
        return self

    async def down(self):
        await self.disconnect()


def direct(desk, way):
    desk.plugin["xep_0249"].send_invitation(ADA, str(ROOM), reason=f"by way of {way}!")


def direct_with_a_body(desk, way):
    message = desk.make_message(mto=ADA, mtype="normal", mbody=f"by way of {way}!")
    message["groupchat_invite"]["jid"] = str(ROOM)
    message.send()


def by_the_room(desk, way):
    desk.plugin["xep_0045"].invite(ROOM, ADA, reason=f"by way of {way}!")


WAYS = {"directly": direct, "directly, with a body": direct_with_a_body, "by the room": by_the_room}


async def talk(port):
    desk = await Client("desk", "desk").up(port)
    await desk.plugin["xep_0045"].join_muc_wait(ROOM, "desk", timeout=20)
    computer, phone = await Client("ada", "computer").up(port, 5), await Client("ada", "phone").up(port)
    for way, invite in WAYS.items():
        invite(desk, way)
    await asyncio.sleep(2)
    later = await Client("ada", "tablet").up(port)
    await later.plugin["xep_0313"].retrieve(iterator=False, timeout=20)
    await asyncio.sleep(1)
    for way in WAYS:
        saw = {"computer": computer, "phone": phone, "tablet": later}
        yield f"{way}: {', '.join(name for name, client in saw.items() if way in client.invited)}"
    for client in (desk, computer, phone, later):
        await client.down()


async def show(name, port):
    async for line in talk(port):
        print(f"{name}, {line}", flush=True)


def wait_for(port):
    for _ in range(300):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port)).close()
        time.sleep(0.1)


for make in (prosody, ejabberd):
    home = pathlib.Path.cwd() / make.__name__
    home.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    command, variables = make(home, port)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": os.environ | variables}
    server = subprocess.Popen(command, **quiet)
    try:
        wait_for(port)
        asyncio.run(show(make.__name__, port))
    finally:
        server.terminate()
        server.wait()
PYTHON
env/bin/python talk.py > seen
cat seen
[ "$(cat seen)" = "prosody, directly: computer, tablet
prosody, directly, with a body: computer, phone, tablet
prosody, by the room: computer, tablet
ejabberd, directly: computer, phone
ejabberd, directly, with a body: computer, phone, tablet
ejabberd, by the room: computer, phone, tablet" ]
