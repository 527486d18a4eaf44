#!/bin/sh
# ngIRCd 26.1 and InspIRCd 3.15.0 (Debian 12's, which have to be installed); RFC 2812, section 3.2.7.
#
# A room is for invited people alone (+i), and somebody is invited: an agent to the room of one customer, say. InspIRCd
# keeps with the invitation whose connection it is for. ngIRCd keeps nick!user@host as they were, compares that with
# whoever joins, and strikes it off when it was used; not when the invited one takes another nick, nor when they are
# gone. So an invitation there is a key to a name:
#
# 1. Who has a new nick before they join ("ada" to "ada|away" and the like, which clients do by themselves) is refused
#    with 473. Nobody has said that the invitation is void.
# 2. Whoever takes the nick that came free gets in instead. Where no ident is asked, everybody chooses their user, which
#    JOIN and WHOIS show to all; and the host is the same for all who come by one gateway, bouncer, web client or onion
#    service, or behind one address. With CloakHost that has nothing in it of the user it is the same for all
#    that there are.
# 3. It has no end but that of the room, and cannot be taken back: that of somebody who never came waits for whoever
#    comes with their name, days later.
#
# So who invites into a room that is private has to invite anew when a nick changes, and has to look who came in, by
# more than their nick, before anything is said there.
#
# Seen:
#   ngircd: invited, then another nick: refused
#   ngircd: another connection with the old nick: in
#   ngircd: the invited one is gone, another with their nick: in
#   ngircd: the same, of another user: refused
#   ngircd: cloaked, another host, the same nick: in
#   inspircd: invited, then another nick: in
#   inspircd: another connection with the old nick: refused
#   inspircd: the invited one is gone, another with their nick: refused
#   inspircd: the same, of another user: refused
set -eu
command -v ngircd > /dev/null && command -v inspircd > /dev/null || {
    echo "this needs ngircd and inspircd, as Debian's packages install them" >&2
    exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cd "$folder"
cat > talk.py <<'PYTHON'
import contextlib
import pathlib
import socket
import subprocess
import time


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def ngircd(home, port, cloak=""):
    (home / "conf").write_text(
        f"[Global]\nName = irc.finding.test\nInfo = x\nListen = 127.0.0.1\nPorts = {port}\nServerUID = 65534\n"
        "ServerGID = 65534\n[Limits]\nMaxConnectionsIP = 0\nMaxPenaltyTime = 0\n"
        f"[Options]\nDNS = no\nIdent = no\nPAM = no\n{cloak}\n"
    )
    return ["ngircd", "-n", "-f", f"{home}/conf"]


def inspircd(home, port):
    (home / "conf").write_text(
        '<server name="irc.finding.test" description="x" id="1TT" network="x"><admin name="a" nick="a" email="a@b.c">'
        f'<bind address="127.0.0.1" port="{port}" type="clients"><pid file="{home}/pid">'
        f'<path configdir="{home}" datadir="{home}" logdir="{home}" runtimedir="{home}"'
        ' moduledir="/usr/lib/inspircd/modules"><connect name="all" allow="*" localmax="99" globalmax="99"'
        ' resolvehostnames="no" useident="no">'
    )
    return ["inspircd", "--nofork", "--runasroot", f"--config={home}/conf"]


class Client:
    """Somebody connected to the server."""

    def __init__(self, port, nick, user="web", host="127.0.0.1"):
        for _ in range(100):
            with contextlib.suppress(ConnectionRefusedError):
                self._socket = socket.create_connection(("127.0.0.1", port), 20, (host, 0))
                break
            time.sleep(0.1)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\r\n")
        self._write(f"NICK {nick}")
        self._write(f"USER {user} 0 * :x")
        self._until("422", "376")  # the message of the day, or that there is none

    def _write(self, line):
        self._socket.sendall(f"{line}\r\n".encode())

    def _until(self, *wanted):
        while line := self._lines.readline():
            words = line.split()
            if words[0] == "PING":
                self._write(f"PONG {words[1]}")
            if words[1] in wanted or words[0] in wanted:
                return words[1]
        return None

    def ask(self, line, *answers):
        self._write(line)
        return self._until(*answers)

    def join(self, room):
        return {"JOIN": "in", "473": "refused"}[self.ask(f"JOIN {room}", "JOIN", "473")]

    def quit(self):
        self.ask("QUIT", "none")  # until the end
        self._socket.close()


def invite(desk, port, room):
    """Invite Ada into a new room, and give who she is."""
    desk.join(room)
    desk.ask(f"MODE {room} +i", "MODE")
    ada = Client(port, "ada")
    desk.ask(f"INVITE ada {room}", "341")
    return ada


def talk(port):
    desk = Client(port, "desk")
    ada = invite(desk, port, "#desk-1")
    ada.ask("NICK ada2", "NICK")
    yield f"invited, then another nick: {ada.join('#desk-1')}"
    other = Client(port, "ada")
    yield f"another connection with the old nick: {other.join('#desk-1')}"
    other.quit()
    invite(desk, port, "#desk-2").quit()
    other = Client(port, "ada")
    yield f"the invited one is gone, another with their nick: {other.join('#desk-2')}"
    other.quit()
    invite(desk, port, "#desk-3").quit()
    yield f"the same, of another user: {Client(port, 'ada', 'tor').join('#desk-3')}"


def cloaked(port):
    invite(Client(port, "desk"), port, "#desk-1").quit()
    yield f"cloaked, another host, the same nick: {Client(port, 'ada', host='127.0.0.2').join('#desk-1')}"


def served(make, said, *more):
    home, port = pathlib.Path.cwd() / f"{make.__name__}-{said.__name__}", free_port()
    home.mkdir()
    server = subprocess.Popen(make(home, port, *more), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for line in said(port):
            print(f"{make.__name__}: {line}", flush=True)
    finally:
        server.terminate()
        server.wait()


served(ngircd, talk)
served(ngircd, cloaked, "CloakHost = people.finding.test\n")
served(inspircd, talk)
PYTHON
python3 talk.py > seen
cat seen
[ "$(cat seen)" = "ngircd: invited, then another nick: refused
ngircd: another connection with the old nick: in
ngircd: the invited one is gone, another with their nick: in
ngircd: the same, of another user: refused
ngircd: cloaked, another host, the same nick: in
inspircd: invited, then another nick: in
inspircd: another connection with the old nick: refused
inspircd: the invited one is gone, another with their nick: refused
inspircd: the same, of another user: refused" ]
