"""What the guard asks of others: dnsmasq, and ClamAV's daemon with a signature of our own."""

import ipaddress
import logging
import shutil

import aiohttp
import pytest

from adapters.livechat.guard.clamd import Clamd, ClamdFailed
from adapters.livechat.guard.dnsbl import Blocklists
from adapters.livechat.testing import Person
from bridge.testing import HandClock, Server, free_port

from .places import ROOM, DeskPlace, address, new_adapter

ZONE = "list.example"
LISTED, CLEAN, LISTED6 = map(ipaddress.ip_address, ("1.0.0.9", "1.0.0.10", "2600::9"))
NIBBLES = ".".join(reversed(LISTED6.exploded.replace(":", "")))
HARMLESS = b"this text of our own stands for a virus"


@pytest.fixture(scope="module")
async def dns(tmp_path_factory):
    """Where a name server listens that keeps lists."""
    if shutil.which("dnsmasq") is None:
        pytest.fail("dnsmasq is not installed: make servers")
    server = Server(tmp_path_factory.mktemp("dns"), "dnsmasq")
    records = {f"9.0.0.1.{ZONE}": "127.0.0.2", f"{NIBBLES}.{ZONE}": "127.0.0.4"}
    records |= {"9.0.0.1.closed.example": "127.255.255.254", "9.0.0.1.parked.example": "192.0.2.1"}

    def command(port):
        hosts = [f"--address=/{name}/{address}" for name, address in records.items()]
        return [
            *("dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--conf-file=/dev/null"),
            *(f"--port={port}", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=", "--pid-file="),
            *("--local=/example/", "--log-queries", "--log-facility=-"),
            *hosts,
        ]

    port = await server.start(command)
    yield f"127.0.0.1:{port}", server
    await server.stop()


@pytest.fixture
async def lists(dns):
    made = []

    def make(*zones, resolver=dns[0]):
        made.append(Blocklists(zones, resolver, HandClock()))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def test_who_is_on_a_list_is_known(lists):
    """RFC 5782 sections 2.1 and 2.4."""
    known = lists("other.example", ZONE)
    assert await known.listing(LISTED) == ZONE
    assert await known.listing(LISTED6) == ZONE
    assert await known.listing(CLEAN) is None


@pytest.mark.parametrize("zone", ["closed.example", "parked.example"])
async def test_a_list_that_does_not_answer_us_keeps_nobody_out(lists, zone, caplog):
    """What it says then is no address of the list, or one of those by which lists refuse who asks."""
    known = lists(zone)
    with caplog.at_level(logging.WARNING):
        assert await known.listing(LISTED) is None
        assert await known.listing(LISTED) is None
    (told,) = caplog.messages
    assert zone in told
    assert str(LISTED) not in told


async def test_a_name_server_that_is_gone_keeps_nobody_out(lists, caplog):
    known = lists(ZONE, resolver=f"127.0.0.1:{free_port()}")
    with caplog.at_level(logging.WARNING):
        assert await known.listing(LISTED) is None
    assert ZONE in caplog.text


async def test_an_answer_is_believed_for_a_while(lists, dns):
    """So that who comes again, or tries hundreds of times, costs one question."""
    known = lists(ZONE)
    for _ in range(3):
        assert await known.listing(ipaddress.ip_address("1.0.0.77")) is None
    asked = (dns[1]._log).read_text().count(f"query[A] 77.0.0.1.{ZONE}")
    assert asked == 1


async def test_an_address_inside_is_asked_about_nowhere(lists, dns):
    known = lists(ZONE)
    assert await known.listing(ipaddress.ip_address("10.0.0.9")) is None
    assert f"9.0.0.10.{ZONE}" not in (dns[1]._log).read_text()


async def test_who_is_on_a_list_begins_no_chat(dns, tmp_path):
    adapter = await new_adapter(tmp_path, guard={"dnsbl": [ZONE], "dns": dns[0]})
    place = DeskPlace(adapter, ROOM, None, Person("ann", address(adapter), ROOM))
    async with place.running(), aiohttp.ClientSession() as session:
        for who, status in ((LISTED, 403), (CLEAN, 201)):
            headers = {"X-Forwarded-For": f"{who}"}
            url = f"{address(adapter)}/desk/{ROOM}/chats"
            async with session.post(url, json={"text": "hello"}, headers=headers) as answer:
                told = await answer.json()
                assert (answer.status, told.get("code")) == (status, "listed" if status == 403 else None)


@pytest.fixture(scope="module")
async def daemon(tmp_path_factory):
    """The addresses of ClamAV's daemon, which knows one virus: it is none."""
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "base").mkdir()
    (folder / "base" / "own.ndb").write_text(f"Hubbub.Harmless:0:*:{HARMLESS.hex()}\n")
    server = Server(folder, "clamd")

    def command(port):
        (folder / "clamd.conf").write_text(
            f"Foreground yes\nDatabaseDirectory {folder}/base\nLocalSocket {folder}/clamd.ctl\n"
            f"TCPSocket {port}\nTCPAddr 127.0.0.1\nStreamMaxLength 1M\n"
        )
        return ["clamd", f"--config-file={folder}/clamd.conf"]

    port = await server.start(command)
    yield f"{folder}/clamd.ctl", f"127.0.0.1:{port}"
    await server.stop()


@pytest.mark.parametrize("way", [0, 1])
async def test_a_file_is_looked_at(daemon, tmp_path, way):
    """clamd(8), INSTREAM; over a socket of the file system and over TCP."""
    clamd, clean, bad = Clamd(daemon[way]), tmp_path / "clean.txt", tmp_path / "bad.txt"
    clean.write_bytes(b"a sweater, please\n" * 40_000)
    bad.write_bytes(b"\n" * 300_000 + HARMLESS)
    assert await clamd.scan(clean) is None
    assert await clamd.scan(bad) == "Hubbub.Harmless.UNOFFICIAL"


async def test_a_file_that_is_too_large_for_the_daemon_was_not_looked_at(daemon, tmp_path):
    large = tmp_path / "large"
    large.write_bytes(bytes(9_000_000))
    with pytest.raises(ClamdFailed, match="StreamMaxLength"):
        await Clamd(daemon[0]).scan(large)


async def test_a_daemon_that_is_not_there_gives_no_verdict(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("a")
    for there in (f"{tmp_path}/clamd.ctl", f"127.0.0.1:{free_port()}"):
        with pytest.raises(ClamdFailed, match=r"refused|[Nn]o such file"):
            await Clamd(there).scan(file)


async def brought(place, content, name="a.txt"):
    """Send a file in a chat. Returns the status and what was answered."""
    url = f"{address(place.adapter)}/chat/file?key={name}&name={name}"
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {place.person.token}"}) as session,
        session.post(url, data=content) as answer,
    ):
        return answer.status, (await answer.json()).get("error")


async def test_what_a_visitor_sends_is_looked_at_first(daemon, tmp_path):
    adapter = await new_adapter(tmp_path, guard={"clamav": daemon[0]})
    place = DeskPlace(adapter, ROOM, None, Person("ann", address(adapter), ROOM))
    async with place.running():
        await place.person.join()
        refused = "The file is not taken: Hubbub.Harmless.UNOFFICIAL was found in it."
        assert await brought(place, HARMLESS) == (403, refused)
        assert not [path for path in tmp_path.rglob("*") if path.is_file() and HARMLESS in path.read_bytes()]
        assert await brought(place, b"a sweater", "b.txt") == (200, None)
        modes = {path.stat().st_mode & 0o077 for path in tmp_path.glob("*.files")}
        assert modes == {0}
        await place.person.leave()


async def test_without_the_daemon_no_file_is_taken(tmp_path, caplog):
    adapter = await new_adapter(tmp_path, guard={"clamav": f"{tmp_path}/clamd.ctl"})
    place = DeskPlace(adapter, ROOM, None, Person("ann", address(adapter), ROOM))
    async with place.running():
        await place.person.join()
        with caplog.at_level(logging.ERROR):
            status, told = await brought(place, b"a sweater")
        assert (status, told) == (
            403,
            "Files cannot be checked at the moment, so none is taken: try again later.",
        )
        assert "clamd.ctl does not look at files (No such file or directory)" in caplog.text
        await place.person.leave()
