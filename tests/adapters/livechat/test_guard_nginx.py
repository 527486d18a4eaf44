"""The web server of docs/visitors.md before the door: nginx, as the page has it."""

import contextlib
import ipaddress
import json
import re
import ssl
from pathlib import Path

import aiohttp
import pytest

from adapters.livechat.guard.addresses import address_key
from adapters.livechat.testing import Person
from bridge.model import SendMessage, plain
from bridge.testing import Server
from tests.adapters.irc.servers import make_certificate

from .places import ALICE, ROOM, DeskPlace, address, new_adapter

PAGE = Path(__file__).parents[3] / "docs" / "visitors.md"
HOST = "chat.shop.example"


def configured(folder, port, door):
    """Write what the page shows, with other ports and certificates."""
    (shown,) = re.findall(r"^```nginx\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    for old, new in (
        (" 443 ssl;", f" 127.0.0.1:{port} ssl;"),
        ("http://127.0.0.1:8490;", f"{door};"),
        (f"/etc/letsencrypt/live/{HOST}/fullchain.pem", f"{folder}/cert.pem"),
        (f"/etc/letsencrypt/live/{HOST}/privkey.pem", f"{folder}/key.pem"),
    ):
        assert old in shown
        shown = shown.replace(old, new)
    places = [f"{kind}_temp_path {folder};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    http = "\n".join([*places, shown])
    text = f"daemon off; master_process off; pid {folder}/pid; events {{}}\nhttp {{\n{http}\n}}\n"
    (folder / "nginx.conf").write_text(text)
    return ["nginx", "-p", str(folder), "-e", "stderr", "-c", f"{folder}/nginx.conf"]


@pytest.fixture
async def desk(tmp_path):
    adapter = await new_adapter(tmp_path)
    return DeskPlace(adapter, ROOM, None, Person("ann", address(adapter), ROOM))


@pytest.fixture
async def site(tmp_path, desk):
    """A session that asks as browsers do, and the address of the desk there."""
    make_certificate(tmp_path, host=HOST)
    server = Server(tmp_path, "nginx")
    port = await server.start(lambda port: configured(tmp_path, port, address(desk.adapter)))
    context = ssl.create_default_context(cafile=tmp_path / "cert.pem")

    class Here(aiohttp.abc.AbstractResolver):
        async def resolve(self, host, port=0, family=0):
            return [
                {"hostname": host, "host": "127.0.0.1", "port": port, "family": 2, "proto": 0, "flags": 0}
            ]

        async def close(self):
            pass

    connector = aiohttp.TCPConnector(ssl=context, resolver=Here())
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session, f"https://{HOST}:{port}"
    await server.stop()


async def test_lines_come_through_it_and_the_address_cannot_be_made_up(desk, site):
    session, url = site
    async with desk.running():
        told = {"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.7"}
        async with session.post(f"{url}/desk/{ROOM}/chats", json={"text": "wool?"}, headers=told) as answer:
            assert answer.status == 201
            opened = await answer.json()
        store = desk.adapter._session.desks.store
        key = desk.adapter.keepsake.read().encode()
        assert store.chat(opened["chat"]).address == address_key(key, ipaddress.ip_address("127.0.0.1"))
        headers = {"Authorization": f"Bearer {opened['token']}", "Accept": "text/event-stream"}
        async with session.get(f"{url}/chat/events?after=1", headers=headers) as stream:
            assert (await anext(lines(stream)))["kind"] == "state"
            for text in (f"{opened['chat']}: yes", f"{opened['chat']}: all of it"):
                said = SendMessage(room=ROOM, speaker=ALICE, txn=desk.next_txn(), content=plain(text))
                await desk.confirmed(said)
                async with contextlib.aclosing(lines(stream)) as heard:
                    texts = [one["text"] async for one in until_said(heard)]
                assert texts[-1] == text.partition(": ")[2]


async def until_said(events):
    async for event in events:
        if event["kind"] == "said":
            yield event
            return


async def lines(stream):
    async for line in stream.content:
        if line.startswith(b"data: "):
            yield json.loads(line[6:])
