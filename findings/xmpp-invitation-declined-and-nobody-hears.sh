#!/bin/sh
# profanity 0.13.1, Prosody 0.12.3 and ejabberd 23.01 (Debian 12's, which have to be installed), slixmpp 1.17.0 (PyPI),
# CPython 3.11 or later; XEP-0045 (section 7.8.2) and XEP-0249.
#
# An agent is invited into the room of a customer and declines, as XEP-0045 has it: by a message to the room, which
# hands it to whoever invited. Both servers do that, though one shows the inviter as an occupant (Prosody), the other as
# an account (ejabberd). But neither of two programs at the ends does its part:
#
# 1. profanity says "Declined invite to ..." and sends nothing, whether the invitation came by the room or directly (and
#    for that XEP-0249 has no way to decline).
# 2. slixmpp has the event "groupchat_decline", and as a client never raises it: it looks for the room among the keys of
#    a dict in which the keys are accounts. What Prosody hands on has a body too, and comes as a "message" of the room;
#    ejabberd's has none, and comes as no event at all.
#
# So an agent who refuses is to the desk like one who did not look yet, and the customer waits for them. Who invites
# needs a time limit of their own, and has to take silence for a refusal.
#
# Seen:
#   prosody: slixmpp declines, invited by the room: comes to the desk, events: message
#   prosody: profanity declines, invited by the room: nothing comes, events: none
#   prosody: profanity declines, invited directly: nothing comes, events: none
#   ejabberd: slixmpp declines, invited by the room: comes to the desk, events: none
#   ejabberd: profanity declines, invited by the room: nothing comes, events: none
#   ejabberd: profanity declines, invited directly: nothing comes, events: none
set -eu
command -v prosody profanity > /dev/null && ls /usr/lib/*/ejabberd-*/ebin/ejabberd.app > /dev/null 2>&1 || {
    echo "this needs profanity, prosody and ejabberd, as Debian's packages install them" >&2
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
import pty
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
        'modules_enabled = { "saslauth", "roster", "disco", "register_ibr" }\n'
        f'VirtualHost "{HOST}"\nComponent "muc.{HOST}" "muc"; muc_room_locking = false\n'
    )
    return ["prosody", "--config", f"{home}/prosody.lua", "-F"], {}


def ejabberd(home, port):
    (home / "ejabberd.yml").write_text(
        f"hosts: [{HOST}]\ns2s_access: none\nregistration_timeout: infinity\n"
        f"listen:\n  - {{port: {port}, ip: 127.0.0.1, module: ejabberd_c2s}}\n"
        "modules:\n  mod_disco: {}\n  mod_roster: {}\n  mod_register: {ip_access: all, access: all}\n"
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

    def __init__(self, name):
        super().__init__(f"{name}@{HOST}/slixmpp", "word", plugin_config=PLAIN)
        for plugin in ("xep_0045", "xep_0077", "xep_0249"):
            self.register_plugin(plugin)
        self.plugin["xep_0077"].force_registration = True
        self.enable_direct_tls = self.enable_starttls = False
        self.enable_plaintext = True
        self.invited_by, self.came, self.told = None, 0, []
        self._started = asyncio.Event()
        self.add_event_handler("register", self._register)
        self.add_event_handler("session_start", lambda _: self._started.set())
        self.add_event_handler("groupchat_decline", lambda _: self.told.append("groupchat_decline"))
        self.add_event_handler("message", lambda _: self.told.append("message"))
        self.add_filter("in", self._see)

    async def _register(self, _):
        wanted = self.Iq(stype="set")
        wanted["register"]["username"], wanted["register"]["password"] = self.boundjid.user, "word"
        with contextlib.suppress(Exception):  # it is there
            await wanted.send()

    def _see(self, stanza):
        if stanza.name == "message" and "<decline" in str(stanza):
            self.came += 1
        if stanza.name == "message" and "<invite" in str(stanza):
            self.invited_by = stanza["muc"]["invite"]["from"]
        return stanza

    async def up(self, port):
        self.connect("127.0.0.1", port)
        await asyncio.wait_for(self._started.wait(), 30)
        self.send_presence()
        await asyncio.sleep(1)  # until it counts as there
        return self

    async def down(self):
        await self.disconnect()


class Profanity:
    """Profanity on a terminal of its own."""

    def __init__(self, home):
        self._screen, theirs = pty.openpty()
        places = {"HOME": f"{home}", "XDG_CONFIG_HOME": f"{home}/config", "XDG_DATA_HOME": f"{home}/data"}
        settings = os.environ | places | {"TERM": "xterm", "LC_ALL": "C.UTF-8", "LINES": "50", "COLUMNS": "160"}
        self._process = subprocess.Popen(["profanity"], stdin=theirs, stdout=theirs, stderr=theirs, env=settings)
        os.close(theirs)
        os.set_blocking(self._screen, False)
        self._shown = b""

    async def types(self, words, until):
        """Type a line and wait until it shows something."""
        os.write(self._screen, words.encode() + b"\r")
        await self.shows(until)

    async def shows(self, words):
        async with asyncio.timeout(20):
            while words.encode() not in self._shown:
                await asyncio.sleep(0.1)
                with contextlib.suppress(BlockingIOError):
                    self._shown += os.read(self._screen, 65536)
        self._shown = b""

    def end(self):
        self._process.terminate()
        self._process.wait()
        os.close(self._screen)


def directly(desk):
    desk.plugin["xep_0249"].send_invitation(ADA, str(ROOM))


def by_the_room(desk):
    desk.plugin["xep_0045"].invite(ROOM, ADA)


async def heard(desk):
    await asyncio.sleep(2)
    came, told = "comes to the desk" if desk.came else "nothing comes", ", ".join(desk.told) or "none"
    desk.came, desk.told = 0, []
    return f"{came}, events: {told}"


async def talk(port, home):
    desk, ada = await Client("desk").up(port), await Client("ada").up(port)
    await desk.plugin["xep_0045"].join_muc_wait(ROOM, "desk", timeout=20)
    by_the_room(desk)
    await asyncio.sleep(2)
    ada.plugin["xep_0045"].decline(ROOM, ada.invited_by)
    yield f"slixmpp declines, invited by the room: {await heard(desk)}"
    await ada.down()
    profanity = Profanity(home)
    try:
        await profanity.shows("Type '/help'")
        await profanity.types(f"/connect {ADA} server 127.0.0.1 port {port} tls disable", "password")
        await profanity.types("word", "logged in successfully")
        for name, invite in (("by the room", by_the_room), ("directly", directly)):
            invite(desk)
            await profanity.shows("to decline the invitation")
            await profanity.types(f"/invite decline {ROOM}", "Declined invite")
            yield f"profanity declines, invited {name}: {await heard(desk)}"
    finally:
        profanity.end()
    await desk.down()


async def show(name, *about):
    async for line in talk(*about):
        print(f"{name}: {line}", flush=True)


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
        asyncio.run(show(make.__name__, port, home))
    finally:
        server.terminate()
        server.wait()
PYTHON
env/bin/python talk.py > seen
cat seen
[ "$(cat seen)" = "prosody: slixmpp declines, invited by the room: comes to the desk, events: message
prosody: profanity declines, invited by the room: nothing comes, events: none
prosody: profanity declines, invited directly: nothing comes, events: none
ejabberd: slixmpp declines, invited by the room: comes to the desk, events: none
ejabberd: profanity declines, invited by the room: nothing comes, events: none
ejabberd: profanity declines, invited directly: nothing comes, events: none" ]
