"""From where people from elsewhere connect to a real server, and who it is told that they are."""

import asyncio
import socket
import ssl

import pytest

from adapters.irc.puppets import names
from adapters.irc.puppets.ident import identifying
from bridge import Authorship, Rejected, Speaker
from bridge.testing import free_port
from tests.adapters.irc.harness import client
from tests.adapters.irc.servers import Inspircd, webirc
from tests.adapters.irc.test_puppets import ADA, BOB, Room

pytestmark = pytest.mark.xdist_group("irc puppets")

IDENT = "127.0.0.1:113"
_SETTINGS = '<module name="ident"> <module name="botmode"> <ident timeout="5">'


class Asking(Inspircd):
    """A server that asks who is behind a connection."""

    def _command(self, port):
        command = super()._command(port)
        settings = self.folder / "inspircd.conf"
        settings.write_text(settings.read_text().replace('useident="no"', 'useident="yes"'))
        return command


@pytest.fixture(scope="module")
async def server(tmp_path_factory):
    server = Asking(tmp_path_factory.mktemp("asking"), more=_SETTINGS + webirc("gateway"))
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@pytest.fixture
async def room(server, tmp_path):
    room = Room(server, tmp_path)
    async with client(server.port, f"olga{room.number}", room.room) as room.owner:
        yield room


async def whois(owner, nick):
    """What an operator sees of somebody: their mask, where they connect from, and all else."""
    owner.say("OPER root root", f"WHOIS {nick}")
    said = []
    while not said or " 318 " not in said[-1]:
        said.append(await owner.heard(r" (311|338|378|335|318) "))
    mask = next(line.split() for line in said if " 311 " in line)
    shown = next(line for line in said if " 378 " in line or " 338 " in line)  # the second by InspIRCd 4
    origin = (
        shown.rpartition("connecting from ")[2].strip() if " 378 " in shown else " ".join(shown.split()[4:6])
    )
    return f"{mask[4]}@{mask[5]}", origin, said


async def test_by_webirc_each_is_shown_from_an_address_of_their_own(room):
    prefix = "2001:db8:1:2::/64"
    async with room.bridge(webirc={"password": "gateway", "gateway": "hub", "ipv6_prefix": prefix}):
        seen = {}
        for who in (ADA, BOB):
            await room.say(who, "hello")
            mask, origin, said = await whois(room.owner, who.name)
            assert mask == f"{names.ident_of(who.key)}@{origin.split()[-1]}"  # not the name that it was given
            assert not any(" 335 " in line for line in said), "nobody is marked as a bot"
            seen[who.key] = origin.split()[-1]
        assert len(set(seen.values())) == 2
        assert all(address.startswith("2001:db8:1:2:") for address in seen.values())
        room.owner.say(f"ZLINE {seen[ADA.key]} 1h :out")
        await room.owner.heard("QUIT .*out")
        await room.say(BOB, "still here")
        await room.heard(("Bob", "still here"))
        room.owner.say(f"ZLINE {seen[ADA.key]}")


async def test_a_gateway_that_the_server_does_not_know_is_told(room, caplog):
    async with room.bridge(webirc={"password": "wrong"}):
        outcome = await room.say(ADA, "hello")
        assert isinstance(outcome, Rejected), outcome
        assert not outcome.alone
        assert room.how(BOB) is Authorship.PREFIX
    assert "lets nobody else from elsewhere connect" in caplog.text


async def test_each_connects_from_an_address_of_this_machine(room):
    async with room.bridge(source="127.9.0.0/16"):
        seen = {}
        for who in (ADA, BOB):
            await room.say(who, "hello")
            seen[who.key] = (await whois(room.owner, who.name))[1].split()[-1]
        assert len(set(seen.values())) == 2
        assert all(address.startswith("127.9.") for address in seen.values())


async def test_an_address_that_this_machine_does_not_have_is_told(room, caplog):
    async with room.bridge(source="192.0.2.0/24"):
        assert isinstance(await room.say(ADA, "hello"), Rejected)
    assert "puppets.source: this machine cannot speak from 192.0.2." in caplog.text


async def test_a_server_that_asks_learns_who_it_is(room):
    try:
        socket.create_server(("127.0.0.1", 113)).close()
    except PermissionError:
        pytest.skip("servers ask at port 113, and only root may listen there")
    async with room.bridge(ident=IDENT):
        for who in (ADA, BOB):
            await room.say(who, "hello")
            mask, _, _ = await whois(room.owner, who.name)
            assert mask.partition("@")[0] == names.ident_of(who.key)
        async with client(room.server.port, "stranger"):
            mask, _, _ = await whois(room.owner, "stranger")
            assert mask.startswith("~"), "of others nothing is said"


async def ask(port, question):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question)
    try:
        return await asyncio.wait_for(reader.read(), 20)
    finally:
        writer.close()


async def test_who_asks_learns_what_the_rfc_says_and_nothing_else():
    port = free_port()
    async with identifying(f"127.0.0.1:{port}") as known, identifying(f"127.0.0.1:{port}") as same:
        assert same is known, "all networks share the port that servers ask at"
        known.add(("127.0.0.1", 6193, "127.0.0.1", 23), "ada12345")
        known.add(("127.0.0.1", 6194, "192.0.2.1", 23), "bob12345")
        known.add(("::ffff:127.0.0.1", 6195, "::ffff:127.0.0.1", 23), "eve12345")
        assert await ask(port, b"6193, 23\r\n") == b"6193 , 23 : USERID : UNIX : ada12345\r\n"
        assert await ask(port, b" 6195 ,23\n") == b"6195 , 23 : USERID : UNIX : eve12345\r\n"
        for question in (b"6194, 23\r\n", b"6193, 24\r\n", b"22, 23\r\n"):
            asked = question.strip().replace(b",", b" ,")
            assert await ask(port, question) == asked + b" : ERROR : NO-USER\r\n"
        assert await ask(port, b"0, 99999\r\n") == b"0 , 99999 : ERROR : INVALID-PORT\r\n"
        for question in (b"\r\n", b"GET / HTTP/1.1\r\n", b"6193,23,1\r\n", b"-1,2\n", b"1" * 500):
            assert await ask(port, question) == b""
        known.remove(("127.0.0.1", 6193, "127.0.0.1", 23))
        assert b"NO-USER" in await ask(port, b"6193, 23\r\n")
    with pytest.raises(ConnectionRefusedError):
        await ask(port, b"6193, 23\r\n")


async def test_where_ident_cannot_listen_they_speak_all_the_same(room, caplog):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        async with room.bridge(ident=f"127.0.0.1:{taken.getsockname()[1]}"):
            await room.say(ADA, "hello")
            await room.heard(("Ada", "hello"))
    assert "puppets.ident: no server is told who is who" in caplog.text


async def test_over_tls_they_believe_the_server_that_the_bot_believes(room, caplog):
    async with room.bridge(tls=True):
        await room.say(ADA, "hello")
        await room.say(BOB, "x" * 300)
        await room.heard(("Ada", "hello"), ("Bob", "x" * 300))
        room.owner.say(*(f"PRIVMSG {room.room} :{'y' * 400}" for _ in range(500)))
        await room.owner.sync()
        await room.say(ADA, "who has heard it all")
        await room.heard(("Ada", "who has heard it all"))
        room.puppets._arrival._context = ssl.create_default_context()
        outcome = await room.say(Speaker(Authorship.PUPPET, "Eve", "jabber/eve"), "hello")
        assert isinstance(outcome, Rejected), outcome
    assert "certificate verify failed" in caplog.text
    await room.gone("Ada", "Bob")


async def test_a_server_that_never_answers_keeps_no_sockets(room, monkeypatch):
    """One that takes connections and says nothing: TLS does not even begin."""
    monkeypatch.setattr("adapters.irc.puppets.puppets._ANSWER", 0.3)
    gone = asyncio.Event()

    async def silent(reader, writer):
        await reader.read()
        gone.set()
        writer.close()

    async with room.bridge(tls=True, ident=f"127.0.0.1:{free_port()}"):
        listener = await asyncio.start_server(silent, "127.0.0.1", 0)
        arrival = room.puppets._arrival
        port = listener.sockets[0].getsockname()[1]
        arrival._config = arrival._config.model_copy(update={"port": port})
        assert isinstance(await room.say(ADA, "hello"), Rejected)
        await asyncio.wait_for(gone.wait(), 20)
        listener.close()
        await listener.wait_closed()
        room.clock().move(601)
        assert isinstance(await room.say(BOB, "hello"), Rejected)
        assert not arrival.identities._known
