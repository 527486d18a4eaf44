"""The service as its owner runs it: visitors by its listener, agents on a real IRC server, and kills."""

import asyncio
import contextlib
import sqlite3

import pytest

from adapters.irc.testing import Demo as Ngircd
from adapters.livechat.testing import Person as Visitor
from bridge.model import RoomId, plain
from bridge.testing import free_port
from tests.e2e.world import HUBBUB, Hubbub

MAP = """
networks:
  irc:
    {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub, flood: {{burst: 1000}}}}
  shop: {{protocol: livechat, listen: '127.0.0.1:{port}'}}
conversations:
  sales: {{irc: '#sales', shop: {{room: sales, files: {{}}}}, prefix: '[{{name}}] '}}
"""


@pytest.fixture(scope="module")
async def irc(tmp_path_factory):
    server = Ngircd(tmp_path_factory.mktemp("irc"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def file(tmp_path, irc):
    path = tmp_path / "bridge.yaml"
    path.write_text(MAP.format(irc=irc.port, port=free_port()))
    return path


@pytest.fixture
async def visitors(file):
    url = "http://" + file.read_text().partition("listen: '")[2].partition("'")[0]
    found = [Visitor(name, url, RoomId("sales")) for name in ("小红", "bob")]
    yield found
    for visitor in found:
        await visitor.leave()


@contextlib.asynccontextmanager
async def service(file):
    """`hubbub run`, in its rooms."""
    log = file.with_name(f"hubbub-{len(list(file.parent.glob('*.log')))}.log")
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(HUBBUB, "run", str(file), stderr=output)
    bridge = Hubbub(process, log)
    try:
        await bridge.logged("irc #sales is joined", "shop sales is joined")
        yield bridge
    finally:
        if process.returncode is None:
            await bridge.stop()


async def heard(person):
    said = (await asyncio.wait_for(person.heard.get(), 30)).content.text
    return said.replace("\u200b", "").replace("[again?] ", "")


async def until(person, text):
    """What somebody hears up to a line that has this text."""
    found = [await heard(person)]
    while text not in found[-1]:
        found.append(await heard(person))
    return found


async def taken(file, count):
    """Wait until so many of an agent's lines are in the journal."""
    query = "SELECT count(*) FROM event WHERE room IN (SELECT number FROM room WHERE network = 'irc')"
    async with asyncio.timeout(30):
        while True:
            with contextlib.closing(sqlite3.connect(file.with_name("hubbub.sqlite3"))) as database:
                if database.execute(query).fetchone() >= (count,):
                    return
            await asyncio.sleep(0.02)


async def say_all(visitor, count):
    for number in range(count):
        await visitor.say(plain(f"{visitor.chat} asks {number}"))


async def test_a_kill_loses_nothing_says_nothing_twice_and_crosses_nothing(irc, file, visitors):
    """kill -9 while two visitors ask and an agent answers both; browsers say again what was not taken."""
    one, two = visitors
    ann = await irc.person("ann", "#sales")
    async with service(file) as bridge:
        for visitor in visitors:
            await visitor.join("hello")
            await ann.say(plain(f"!take {visitor.chat}"))
        await until(ann, f"{two.chat} bob is ann's")
        for number in range(20):
            await ann.say(plain(f"{(one, two)[number % 2].chat}: answer {number}"))
        await taken(file, 22)
        asking = [asyncio.ensure_future(say_all(visitor, 20)) for visitor in visitors]
        await until(ann, "asks 2")
        await bridge.kill()
    async with service(file):
        await ann.say(plain(f"{one.chat}: answer 20"))
        assert [await heard(one) for _ in range(11)] == [f"answer {n}" for n in range(0, 21, 2)]
        assert [await heard(two) for _ in range(10)] == [f"answer {n}" for n in range(1, 20, 2)]
        await asyncio.wait_for(asyncio.gather(*asking), 30)
        await one.close()
        lines = await until(ann, "小红 closed the chat")
        assert two.heard.empty()
    with contextlib.closing(sqlite3.connect(file.with_name("hubbub.sqlite3"))) as database:
        query = "SELECT count(*), count(DISTINCT id) FROM event WHERE id LIKE ? AND id NOT LIKE '%f%'"
        for visitor in visitors:
            assert database.execute(query, (f"{visitor.chat}.%",)).fetchone() == (21, 21)
    # what an IRC server has at the kill comes twice at most, marked: nobody can ask it
    for visitor in visitors:
        said = [line.partition("] ")[2] for line in lines if f"{visitor.chat} asks" in line]
        wanted = [f"{visitor.chat} asks {n}" for n in range(20)]
        assert list(dict.fromkeys(said)) == wanted[-len(set(said)) :]
        assert len(said) - len(set(said)) <= 1
