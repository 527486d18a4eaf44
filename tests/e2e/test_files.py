"""Files cross real servers: whole, with little memory, and never at the cost of the words."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import time
from pathlib import Path

import aiohttp
import pytest

from adapters.irc.testing import Demo as Ngircd
from adapters.matrix.testing import Demo as Synapse
from adapters.xmpp.testing import Demo as Prosody
from bridge.model import FileKind, MessageCreated, Removed, plain
from bridge.testing import free_port
from tests.adapters.places import chat_map
from tests.e2e.five import gathered
from tests.e2e.proxy import Proxy
from tests.e2e.world import PATIENCE, hubbub
from tests.people import picture, sees

LARGE = 50_000_000
MOST = 30 * 1024
"""KiB of memory that the bridge may need more for it."""
SLOW = 200_000
"""Bytes per second."""


class Uploads(Prosody):
    """Prosody whose service for files is behind a proxy of its own."""

    def __init__(self, folder):
        super().__init__(folder)
        self.service = Proxy(0)

    async def start(self):
        await self.service.start()
        return await super().start()

    def settings(self):
        self.service.target = self._http
        own, shown = (f"http://127.0.0.1:{port}/" for port in (self._http, self.service.port))
        return super().settings().replace(f'"{own}"', f'"{shown}"')

    async def stop(self):
        await super().stop()
        await self.service.cut()


PLACES = {"irc": Ngircd, "jabber": Uploads, "matrix": Synapse}


@pytest.fixture(scope="module")
async def servers(tmp_path_factory):
    async with gathered(tmp_path_factory.mktemp("files"), PLACES) as world:
        yield world


@pytest.fixture
async def world(servers):
    servers.forget()
    shutil.rmtree(servers.folder / "hubbub-files", ignore_errors=True)
    for person in servers.people.values():
        while not person.seen.empty():
            person.seen.get_nowait()
    yield servers
    await restored(servers)


async def restored(world):
    """All servers can be reached, at full speed."""
    service = world.demos["jabber"].service
    world.proxies["matrix"].pace = service.pace = None
    if service._server is None:
        await service.start()


@contextlib.asynccontextmanager
async def started(world, **media):
    """The bridge, in all rooms, with these settings for files."""
    config = world.folder / "bridge.yaml"
    text = chat_map().replace("DEMO_XMPP_", "JABBER_").replace("DEMO_", "")
    settings = ", ".join(f'{name}: "{value}"' for name, value in media.items())
    config.write_text(f"{text}\nmedia: {{{settings}}}\n")
    async with hubbub(world, config=config) as bridge:
        await bridge.joined(*PLACES)
        yield bridge


def published():
    """Settings with which files have links."""
    port = free_port()
    return {"public_url": f"http://127.0.0.1:{port}", "listen": f"127.0.0.1:{port}"}


def random(path, size):
    """A file that is like no other; returns its path and its digest."""
    data = os.urandom(size)
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


async def digest(world, address):
    """What is found at an address, for somebody on that network."""
    headers = {}
    if address.startswith("mxc://"):
        person, demo = world.people["matrix"], world.demos["matrix"]
        headers = {"Authorization": f"Bearer {person._token}"}
        address = f"{demo.url}/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}"
    found = hashlib.sha256()
    async with aiohttp.ClientSession(headers=headers) as web, web.get(address) as answer:
        assert answer.status == 200
        async for chunk in answer.content.iter_chunked(65536):
            found.update(chunk)
    return found.hexdigest()


async def file_in(person):
    """The next message with a file that somebody sees, and it."""
    while not (event := await sees(person, MessageCreated)).content.attachments:
        pass
    return event, event.content.attachments[0]


async def seen_before(world, end, count, *, source="matrix", to="jabber"):
    """All words that are seen until a last line, and the digests of all files: it is said once so many of
    both are there, since a file holds up nothing.
    """
    found, over = [], False
    while not over:
        event = await sees(world.people[to], MessageCreated)
        words = event.content.text.replace("\u200b", "")
        over = words.endswith(end)
        found += [words] if words and not over else []
        found += [await digest(world, file.address) for file in event.content.attachments]
        if len(found) >= count > 0:
            count = 0
            await world.people[source].say(plain(end))
    return found


def memory(bridge, kind):
    """KiB of the bridge's, as the kernel counts them."""
    status = Path(f"/proc/{bridge.process.pid}/status").read_text()
    return int(re.search(rf"{kind}:\s+(\d+)", status)[1])


def seconds(bridge):
    """Processor time of the bridge so far."""
    fields = Path(f"/proc/{bridge.process.pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


# -- large files


async def test_a_large_file_takes_little_memory_and_holds_up_nobody_else(world, tmp_path):
    irc, jabber, matrix = (world.people[network] for network in PLACES)
    path, wanted = await asyncio.to_thread(random, tmp_path / "film.bin", LARGE)
    delays = []

    async def talk():
        for number in range(10_000):
            began = time.monotonic()
            await irc.say(plain(f"line {number}"))
            assert await world.heard("matrix") == [f"<ada> line {number}"]
            delays.append(time.monotonic() - began)
            await asyncio.sleep(0.02)

    async with started(world) as bridge:
        Path(f"/proc/{bridge.process.pid}/clear_refs").write_text("5")  # the peak is from now on
        memory_before, cpu_before = memory(bridge, "VmRSS"), seconds(bridge)
        await matrix.send(path)
        began = time.monotonic()
        talking = asyncio.create_task(talk())
        _, file = await file_in(jabber)
        took = time.monotonic() - began
        talking.cancel()
        grown, cpu = memory(bridge, "VmHWM") - memory_before, seconds(bridge) - cpu_before
        assert (file.name, file.size) == ("film.bin", LARGE)
        assert await digest(world, file.address) == wanted
    assert grown < MOST, f"{grown} KiB, {cpu:.2f} s of CPU"
    assert len(delays) >= 5
    assert max(delays) < took, "none waited for the file"


# -- pictures, and links


async def test_a_picture_is_one_everywhere_until_it_is_taken_back(world, tmp_path):
    jabber, matrix = world.people["jabber"], world.people["matrix"]
    path = tmp_path / "cat.png"
    path.write_bytes(picture(20, 10))
    async with started(world, **published()), aiohttp.ClientSession() as web:
        await jabber.send(path, "my cat")
        event, file = await file_in(matrix)
        assert event.content.text.replace("\u200b", "").strip() == "<grace> my cat"
        assert (file.name, file.kind, file.type) == ("cat.png", FileKind.IMAGE, "image/png")
        assert (file.size, file.width, file.height) == (path.stat().st_size, 20, 10)
        (said,) = await world.heard("irc")
        found = re.fullmatch(r"<grace> my cat (http://\S+/cat\.png) \(\d+ B\)", said)
        assert found, said
        async with web.get(found[1]) as answer:
            assert await answer.read() == path.read_bytes()
            assert answer.headers["Content-Type"] == "image/png"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
            assert answer.headers["Content-Disposition"].startswith('inline; filename="cat.png"')

        sent = await matrix.send(path, "mine too")
        _, copy = await file_in(jabber)
        (said,) = await world.heard("irc")
        link = said.split()[3]
        async with web.get(link) as answer:
            assert answer.status == 200
        assert await digest(world, copy.address) == hashlib.sha256(path.read_bytes()).hexdigest()
        await matrix.remove(sent)
        await sees(jabber, Removed)
        await sees(jabber, Removed)  # the words, and the file behind them
        async with web.get(link) as answer:
            assert answer.status == 404


# -- files that do not cross


async def test_what_does_not_cross_is_named(world, tmp_path):
    matrix = world.people["matrix"]
    large, _ = random(tmp_path / "film.bin", 1_200_000)
    small = tmp_path / "cat.png"
    small.write_bytes(picture(20, 10))
    async with started(world, max_file="1MB"):
        await matrix.send(large, "the film")
        assert await world.heard("jabber") == ["<alan> the film [file film.bin: larger than 1 MB]"]
        assert await world.heard("irc") == ["<alan> the film [file film.bin, 1.2 MB]"]
        await matrix.send(small)
        assert await world.heard("irc") == [f"<alan> [picture cat.png, {small.stat().st_size} B]"]


async def test_words_wait_no_longer_than_they_have_to_for_a_service_that_is_away(world, tmp_path):
    path, wanted = random(tmp_path / "film.bin", 100_000)
    service = world.demos["jabber"].service
    async with started(world) as bridge:
        await service.cut()
        await world.people["matrix"].send(path, "the film")
        assert await world.heard("jabber") == ["<alan> the film [file film.bin follows]"]
        await bridge.logged("did not take the file film.bin")
        await service.start()
        assert await seen_before(world, "the end", 3) == [
            "<alan> the film [file film.bin follows]",
            "<alan> film.bin, sent with “the film”:",
            wanted,
        ]


async def test_a_store_that_takes_nothing_for_a_while(world, tmp_path):
    path, wanted = random(tmp_path / "film.bin", 100_000)
    store = world.folder / "matrix" / "media"
    away = store.rename(store.with_name("away"))
    store.touch()  # where there is no folder, nothing can be stored
    async with started(world) as bridge:
        await world.people["jabber"].send(path, "the film")
        await bridge.logged("did not take a file, trying again")
        store.unlink()
        away.rename(store)
        found = await seen_before(world, "the end", 2, source="jabber", to="matrix")
        assert found == ["<grace> the film", wanted]


# -- the bridge is killed


async def kill_while(bridge, condition):
    """SIGKILL as soon as this is so."""
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.005)
    await bridge.kill()


async def test_killed_while_a_file_is_fetched(world, tmp_path):
    path, wanted = random(tmp_path / "film.bin", 400_000)
    async with started(world) as bridge:
        await world.people["matrix"].send(path, "the film")
        world.proxies["matrix"].pace = SLOW
        parts = world.folder.glob
        await kill_while(bridge, lambda: any(p.stat().st_size for p in parts("hubbub-files/*/*.part")))
    world.proxies["matrix"].pace = None
    async with started(world):
        assert await seen_before(world, "the end", 2) == ["<alan> the film", wanted]


async def test_killed_while_a_file_is_uploaded_to_jabber(world, tmp_path):
    path, wanted = random(tmp_path / "film.bin", 400_000)
    service = world.demos["jabber"].service
    service.pace = SLOW
    async with started(world) as bridge:
        await world.people["matrix"].send(path, "the film")
        await kill_while(bridge, lambda: service._halves)
    service.pace = None
    async with started(world):
        assert await seen_before(world, "the end", 2) == ["<alan> the film", wanted]


async def test_killed_while_a_file_is_uploaded_to_matrix(world, tmp_path):
    path, wanted = random(tmp_path / "film.bin", 400_000)
    async with started(world) as bridge:
        await world.people["jabber"].send(path, "the film")
        world.proxies["matrix"].pace = SLOW
        notes = world.folder.glob
        await kill_while(bridge, lambda: any(notes("hubbub-files/*/*.json")))
    world.proxies["matrix"].pace = None
    async with started(world):
        found = await seen_before(world, "the end", 2, source="jabber", to="matrix")
        assert found == ["<grace> the film", wanted]
