#!/bin/sh
# slixmpp 1.17.0 (PyPI), CPython 3.11 or later, with Prosody 0.12.3 and ejabberd 23.01 (Debian 12's, which have to be
# installed); XEP-0045 and XEP-0153.
#
# An occupant of a room takes a new nick and has a new picture, as when a gateway sees somebody change both elsewhere.
# Each is a presence: the first goes to the new nick, the second to the address in the room that the occupant has, which
# is the old one as long as the server has not answered. To a room there is no difference between the two: a presence to
# another nick than one's own asks for that nick (XEP-0045, section 7.6), whatever stands in it. So the picture takes
# the new nick back. Nobody is told of an error; all see two changes of nick. An "away" does the same.
#
# slixmpp makes that easy to miss: set_self_nick waits for the answer to the change and gives the new nick, when the
# occupant has the old one again, and get_our_jid_in_room gives the old address until that answer. Sometimes it goes
# on: where both answers come in one segment, set_self_nick sets its future twice, and slixmpp answers the presence
# whose handler failed with an error, for which a room puts the occupant out.
#
# So presence to a room has to wait for a nick that is under way, or to go to the nick that was asked for.
#
# Seen:
#   prosody: set_self_nick gives lovelace; the room shows: ada is lovelace, lovelace is ada
#   ejabberd: set_self_nick gives lovelace; the room shows: ada is lovelace, lovelace is ada
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

from slixmpp import JID, ComponentXMPP

ROOM = JID("room@muc.finding.test")
PICTURE = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
NAMES = ("one.finding.test", "two.finding.test")
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


def ejabberd(home, ports):
    services = "".join(
        f"  - {{port: {port}, ip: 127.0.0.1, module: ejabberd_service, hosts: {{{name}: {{password: word}}}}}}\n"
        for port, name in zip(ports, NAMES, strict=True)
    )
    (home / "ejabberd.yml").write_text(
        f"hosts: [finding.test]\ns2s_access: none\nlisten:\n{services}"
        "modules:\n  mod_muc: {hosts: [muc.finding.test], access: [allow], access_create: [allow]}\n"
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
    for plugin, options in (("xep_0045", {"multi_from": True}), ("xep_0153", {})):
        component.register_plugin(plugin, options)
    started = asyncio.Event()
    component.add_event_handler("session_start", lambda _: started.set())
    component.connect("127.0.0.1", port)
    await asyncio.wait_for(started.wait(), 30)
    return component


async def talk(ports):
    gateway, watching = [await connected(name, port) for name, port in zip(NAMES, ports, strict=True)]
    ada, eve = JID("ada@one.finding.test/r"), JID("eve@two.finding.test/r")
    rooms, shown = gateway.plugin["xep_0045"], []

    def see(presence):
        if 303 in presence["muc"]["status_codes"]:
            shown.append(f"{presence['from'].resource} is {presence['muc']['item_nick']}")

    await watching.plugin["xep_0045"].join_muc_wait(ROOM, "eve", presence_options={"pfrom": eve}, timeout=10)
    await rooms.join_muc_wait(ROOM, "ada", presence_options={"pfrom": ada}, timeout=10)
    watching.add_event_handler("groupchat_presence", see)
    change = asyncio.create_task(rooms.set_self_nick(ROOM, "lovelace", timeout=10, presence_options={"pfrom": ada}))
    await asyncio.sleep(0)  # so that it has been asked for
    picture = gateway.make_presence(pto=rooms.get_our_jid_in_room(ROOM, ada), pfrom=ada)
    picture["vcard_temp_update"]["photo"] = PICTURE
    picture.send()
    nick = await change
    await asyncio.sleep(2)
    return f"set_self_nick gives {nick}; the room shows: {', '.join(shown)}"


def wait_for(port):
    for _ in range(300):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port)).close()
        time.sleep(0.1)


for make in (prosody, ejabberd):
    home = pathlib.Path.cwd() / make.__name__
    home.mkdir()
    ports = free_ports()
    command, variables = make(home, ports)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": os.environ | variables}
    server = subprocess.Popen(command, **quiet)
    try:
        wait_for(ports[1])
        print(f"{make.__name__}: {asyncio.run(talk(ports))}", flush=True)
    finally:
        server.terminate()
        server.wait()
PYTHON
env/bin/python talk.py > seen
cat seen
[ "$(cat seen)" = "prosody: set_self_nick gives lovelace; the room shows: ada is lovelace, lovelace is ada
ejabberd: set_self_nick gives lovelace; the room shows: ada is lovelace, lovelace is ada" ]
