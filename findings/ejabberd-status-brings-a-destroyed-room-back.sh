#!/bin/sh
# ejabberd 23.01 and, beside it, Prosody 0.12.3 (Debian 12's, which have to be installed), with slixmpp 1.17.0 (PyPI),
# CPython 3.11 or later; XEP-0045.
#
# A room is made for one chat, hidden and for its members alone, and destroyed when that is over. Then a member's status
# becomes "away", and their program says so in its rooms, by a presence with nothing but the status. ejabberd takes each
# presence of somebody who is not in for a wish to enter, as that was said before XEP-0045 marked it by <x/>. So the
# destroyed room is there again: public, open to all, and its owner is whoever was away first. Who had made it is nobody
# in it and cannot destroy it, and its name is taken at the next chat. In the same way somebody who was put out of a
# room comes back with their next status, though neither they nor anybody else asked for it. Prosody answers both with
# item-not-found.
#
# slixmpp makes it easy to miss. get_joined_rooms goes on naming a room that was destroyed, or that one was put out of:
# it has what one entered and did not leave by leave_muc. The event "self-presence" does not come for a room that
# ejabberd destroys, since the presence that says so has no status code 110; for Prosody's it comes. What comes of
# both is the event "presence", with <destroy/> in it. For an error that answers a status there is no event at all.
#
# Where access_create lets nobody make rooms but who makes those of the chats, a destroyed room stays away; but who was
# put out of one comes back there too.
#
# Seen:
#   prosody: put out, then away: item-not-found
#   prosody: destroyed: 1 self-presence, 1 presence with <destroy/>; among the rooms: yes
#   prosody: then away: item-not-found; the room: not there
#   ejabberd: put out, then away: in again
#   ejabberd: destroyed: 0 self-presence, 1 presence with <destroy/>; among the rooms: yes
#   ejabberd: then away: in again as its owner; the room: public, open; a stranger: in; its maker: participant, none
#   ejabberd, access_create: put out, then away: in again
#   ejabberd, access_create: destroyed: 0 self-presence, 1 presence with <destroy/>; among the rooms: yes
#   ejabberd, access_create: then away: forbidden; the room: not there
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
import functools
import glob
import logging
import os
import pathlib
import socket
import subprocess
import time

from slixmpp import JID, ComponentXMPP
from slixmpp.exceptions import IqError
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

ROOM = JID("chat@muc.finding.test")
DESK, ADA, EVE = JID("desk@one.finding.test/r"), JID("ada@two.finding.test/r"), JID("eve@two.finding.test/r")
NAMES = (DESK.domain, ADA.domain)
CONFIG = "http://jabber.org/protocol/muc#roomconfig"
logging.disable()


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


def ejabberd(home, ports, makers="all"):
    services = "".join(
        f"  - {{port: {port}, ip: 127.0.0.1, module: ejabberd_service, hosts: {{{name}: {{password: word}}}}}}\n"
        for port, name in zip(ports, NAMES, strict=True)
    )
    (home / "ejabberd.yml").write_text(
        f"hosts: [finding.test]\ns2s_access: none\nlisten:\n{services}"
        f"acl: {{desk: {{server: {DESK.domain}}}}}\naccess_rules: {{makers: [{{allow: {makers}}}]}}\n"
        "modules:\n  mod_muc: {hosts: [muc.finding.test], access: [allow], access_create: makers}\n"
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


async def connected(name, port):
    component = ComponentXMPP(name, "word", "127.0.0.1", port, fix_error_ns=True)
    for plugin, options in (("xep_0004", {}), ("xep_0030", {}), ("xep_0045", {"multi_from": True})):
        component.register_plugin(plugin, options)
    started = asyncio.Event()
    component.add_event_handler("session_start", lambda _: started.set())
    component.connect("127.0.0.1", port)
    await asyncio.wait_for(started.wait(), 30)
    return component


class Chat:
    def __init__(self, desk, people):
        self._desk, self._people = desk, people
        self.made, self.entered = desk.plugin["xep_0045"], people.plugin["xep_0045"]
        self.own, self.all, self.errors = [], [], []
        people.add_event_handler(f"muc::{ROOM}::self-presence", self.own.append)
        people.add_event_handler(f"muc::{ROOM}::presence", self.all.append)
        error = MatchXPath("{jabber:component:accept}presence/{jabber:component:accept}error")  # slixmpp has no event
        people.register_handler(Callback("error", error, self.errors.append))

    async def enter(self, rooms, who):
        joined = await rooms.join_muc_wait(ROOM, who.user, presence_options={"pfrom": who}, timeout=10)
        await asyncio.sleep(1)
        return joined[0]["muc"]

    async def open(self):
        """A room of the desk's, hidden and for members alone, and Ada is in it."""
        await self.enter(self.made, DESK)
        form = self._desk.plugin["xep_0004"].make_form(ftype="submit")
        form.add_field(var="FORM_TYPE", ftype="hidden", value=CONFIG)
        form.add_field(var="muc#roomconfig_membersonly", ftype="boolean", value=True)
        form.add_field(var="muc#roomconfig_publicroom", ftype="boolean", value=False)
        await self.made.set_room_config(ROOM, form, ifrom=DESK)
        await self.made.set_affiliation(ROOM, "member", jid=ADA.bare, ifrom=DESK)
        assert await self.kind() >= {"muc_hidden", "muc_membersonly"}
        await self.enter(self.entered, ADA)

    async def put_out(self):
        self._forget()
        await self.made.set_role(ROOM, "ada", "none", ifrom=DESK)
        await asyncio.sleep(1)

    async def destroy(self):
        self._forget()
        await self.made.destroy(ROOM, ifrom=DESK)
        await asyncio.sleep(1)

    async def away(self):
        """Ada's program says in all rooms which it takes her to be in that she is away; returns what comes of it."""
        self._forget()
        for room in self.entered.get_joined_rooms(ADA):
            own = self.entered.get_our_jid_in_room(room, ADA)
            self._people.send_presence(pto=own, pfrom=ADA, pshow="away")
        await asyncio.sleep(2)
        if self.errors:
            return self.errors[0]["error"]["condition"]
        return "in again" + (" as its owner" if self.own[-1]["muc"]["affiliation"] == "owner" else "")

    async def look(self):
        """Returns what the room is now, and how a stranger and its maker fare there."""
        try:
            kind = await self.kind()
        except IqError as error:
            assert error.condition == "item-not-found"
            return "not there"
        stranger = "in" if (await self.enter(self.entered, EVE))["role"] == "participant" else "?"
        maker = await self.enter(self.made, DESK)
        words = [word for word in ("public", "open", "hidden", "membersonly") if f"muc_{word}" in kind]
        return f"{', '.join(words)}; a stranger: {stranger}; its maker: {maker['role']}, {maker['affiliation']}"

    async def kind(self):
        about = await self._desk.plugin["xep_0030"].get_info(ROOM, ifrom=DESK)
        return set(about["disco_info"]["features"])

    def among(self):
        return "yes" if ROOM in self.entered.get_joined_rooms(ADA) else "no"

    def _forget(self):
        for heard in (self.own, self.all, self.errors):
            heard.clear()


async def talk(ports):
    chat = Chat(*[await connected(name, port) for name, port in zip(NAMES, ports, strict=True)])
    await chat.open()
    await chat.put_out()
    yield f"put out, then away: {await chat.away()}"
    if chat.errors:
        await chat.enter(chat.entered, ADA)
    await chat.destroy()
    destroyed = sum(one["muc"].xml.find("{*}destroy") is not None for one in chat.all)
    told = f"{len(chat.own)} self-presence, {destroyed} presence with <destroy/>"
    yield f"destroyed: {told}; among the rooms: {chat.among()}"
    yield f"then away: {await chat.away()}; the room: {await chat.look()}"


def wait_for(port):
    for _ in range(300):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port)).close()
        time.sleep(0.1)


async def tell(name, ports):
    async for line in talk(ports):
        print(f"{name}: {line}", flush=True)


SERVERS = {
    "prosody": prosody,
    "ejabberd": ejabberd,
    "ejabberd, access_create": functools.partial(ejabberd, makers="desk"),
}
for number, (name, make) in enumerate(SERVERS.items()):
    home = pathlib.Path.cwd() / str(number)
    home.mkdir()
    ports = free_ports()
    command, variables = make(home, ports)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": os.environ | variables}
    server = subprocess.Popen(command, **quiet)
    try:
        wait_for(ports[1])
        asyncio.run(tell(name, ports))
    finally:
        server.terminate()
        server.wait()
PYTHON
env/bin/python talk.py > seen
cat seen
[ "$(cat seen)" = "prosody: put out, then away: item-not-found
prosody: destroyed: 1 self-presence, 1 presence with <destroy/>; among the rooms: yes
prosody: then away: item-not-found; the room: not there
ejabberd: put out, then away: in again
ejabberd: destroyed: 0 self-presence, 1 presence with <destroy/>; among the rooms: yes
ejabberd: then away: in again as its owner; the room: public, open; a stranger: in; its maker: participant, none
ejabberd, access_create: put out, then away: in again
ejabberd, access_create: destroyed: 0 self-presence, 1 presence with <destroy/>; among the rooms: yes
ejabberd, access_create: then away: forbidden; the room: not there" ]
