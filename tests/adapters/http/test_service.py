"""The service as its owner runs it, between a real IRC server and programs."""

import asyncio
import contextlib
import json
import sqlite3
from datetime import UTC, datetime

import aiohttp
import pytest
from standardwebhooks import Webhook

from adapters.http.testing import Person as Program
from adapters.irc.testing import Demo as Ngircd
from bridge.model import Kind, RoomId, plain
from bridge.testing import free_port
from tests.e2e.world import HUBBUB, Hubbub

from .world import SECRET, Receiver

MAP = """
networks:
  irc:
    {{protocol: irc, server: 127.0.0.1, port: {irc}, tls: false, nick: hubbub, flood: {{burst: 1000}}}}
  programs: {{protocol: http, listen: '127.0.0.1:{port}'}}
conversations:
  read: {{irc: '#read', programs: shop}}
  posted: {{irc: '#posted', programs: {{room: orders, to: '{to}', secret: {secret}}}}}
"""


@pytest.fixture(scope="module")
async def irc(tmp_path_factory):
    server = Ngircd(tmp_path_factory.mktemp("irc"))
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
async def receiver():
    async with Receiver().serving() as receiver:
        yield receiver


@pytest.fixture
def file(tmp_path, irc, receiver):
    path = tmp_path / "bridge.yaml"
    path.write_text(MAP.format(irc=irc.port, port=free_port(), to=receiver.url, secret=SECRET))
    return path


def url(file):
    return "http://" + file.read_text().partition("listen: '")[2].partition("'")[0]


@contextlib.asynccontextmanager
async def service(file):
    """`hubbub run`, in its channels."""
    log = file.with_name(f"hubbub-{len(list(file.parent.glob('*.log')))}.log")
    with log.open("w") as output:
        process = await asyncio.create_subprocess_exec(HUBBUB, "run", str(file), stderr=output)
    bridge = Hubbub(process, log)
    try:
        await bridge.logged("irc #read is joined", "irc #posted is joined", "programs orders is joined")
        yield bridge
    finally:
        if process.returncode is None:
            await bridge.stop()


async def heard(person):
    return (await asyncio.wait_for(person.heard.get(), 30)).content.text.replace("\u200b", "")


async def test_irc_and_a_program_talk(irc, file):
    program = Program("till", url(file), RoomId("shop"))
    async with service(file) as bridge:
        ann = await irc.person("ann", "#read")
        await program.join()
        await bridge.logged("programs shop is joined")
        await ann.say(plain("one tea, please"))
        await ann.say(plain("waits"), Kind.EMOTE)
        said = [await asyncio.wait_for(program.heard.get(), 30) for _ in range(2)]
        await program.say(plain("here you are 🍵"))
        await program.say(plain("bows"), Kind.EMOTE)
        assert [await heard(ann), await heard(ann)] == ["<till> here you are 🍵", "* till bows"]
        await program.leave()
    assert [(one.sender, one.content.text, one.kind) for one in said] == [
        ("ann", "one tea, please", Kind.TEXT),
        ("ann", "waits", Kind.EMOTE),
    ]


async def taken(file, count):
    """Wait until so many messages are in the journal."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.closing(sqlite3.connect(file.with_name("hubbub.sqlite3"))) as database:
                if database.execute("SELECT count(*) FROM event").fetchone() >= (count,):
                    return
            await asyncio.sleep(0.02)


async def post(file, number):
    """Post a message as a sender of webhooks does: again and again, until it is taken."""
    body, now = json.dumps({"text": f"order {number}", "username": "till"}), datetime.now(UTC)
    headers = {
        "webhook-id": f"order_{number}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign(f"order_{number}", now, body),
    }
    async with aiohttp.ClientSession(url(file)) as session:
        while True:
            with contextlib.suppress(aiohttp.ClientError, OSError):
                async with session.post("/webhook/orders", data=body, headers=headers) as answer:
                    if answer.status == 204:
                        return
            await asyncio.sleep(0.02)


async def post_all(file, count):
    for number in range(count):
        await post(file, number)


async def test_kills_lose_nothing_and_keep_the_order(irc, file, receiver):
    """kill -9 amid webhooks in both directions, and while a program reads. What comes twice has one name."""
    receiver.answers = 15 * [(503, {"Retry-After": "0"}), (204, {})]
    bob, carol = await irc.person("bob", "#posted"), await irc.person("carol", "#read")
    program = Program("till", url(file), RoomId("shop"))
    async with service(file) as bridge:
        await program.join()
        for number in range(20):
            await bob.say(plain(f"line {number}"))
            await carol.say(plain(f"line {number}"))
        await taken(file, 40)
        posting = asyncio.ensure_future(post_all(file, 20))
        await receiver.until(3)
        orders = [await heard(bob)]
        await bridge.kill()
    async with service(file) as bridge:
        await receiver.until(20)
        await bridge.kill()
    async with service(file):
        await asyncio.wait_for(posting, 30)
        while "line 19" not in (texts := said_once(receiver)):
            receiver.came.clear()
            await asyncio.wait_for(receiver.came.wait(), 30)
        while plainly(orders[-1]) != "<till> order 19":
            orders.append(await heard(bob))
        read = [plainly(await heard(program)) for _ in range(20)]
        await program.leave()
    assert texts == read == [f"line {number}" for number in range(20)]
    # the channel keeps nothing: at each kill one line may come twice, marked
    again = [order for order in orders if "[again?]" in order]
    assert len(again) <= 2
    assert list(dict.fromkeys(plainly(order) for order in orders)) == [
        f"<till> order {number}" for number in range(20)
    ]


def plainly(order):
    return order.replace("[again?] ", "")


def said_once(receiver):
    """What a receiver makes of it that knows names again."""
    found = {}
    for headers, body in receiver.posted:
        found.setdefault(headers["webhook-id"], Webhook(SECRET).verify(body, headers)["data"]["text"])
    return list(found.values())
