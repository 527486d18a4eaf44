"""`hubbub check --online`, and settings that change while everything runs."""

import asyncio

import aiohttp
import pytest
from pydantic import SecretStr

from adapters.http import Adapter
from bridge.errors import ConnectionLost
from bridge.model import RoomId, RoomState, RoomStateChanged
from bridge.testing import free_port

from .world import SECRET, Receiver

TOKEN = "e5d1c0ffee00c0ffee00"


def programs(**fields):
    listen = f"127.0.0.1:{free_port()}"
    return Adapter("programs", Adapter.NetworkConfig(listen=listen, **fields), "")


def posted(url):
    return Adapter.RoomConfig(to=url, secret=SECRET)


async def test_the_port_must_be_free():
    adapter = programs()

    async def other(_, writer):
        writer.close()

    async with await asyncio.start_server(other, *adapter.config.address):
        with pytest.raises(ConnectionLost, match="choose another address or port"):
            await adapter.look({})
    assert await adapter.look({RoomId("shop"): Adapter.RoomConfig()}) == {"shop": None}


async def test_the_host_of_a_webhook_must_answer():
    async with Receiver().serving() as receiver:
        rooms = {
            RoomId("fine"): posted(receiver.url),
            RoomId("nobody"): posted(f"http://127.0.0.1:{free_port()}/"),
            RoomId("no TLS"): posted(receiver.url.replace("http:", "https:")),
        }
        found = await programs().look(rooms)
    assert found == {
        "fine": None,
        "nobody": "127.0.0.1 does not answer: check to: and firewalls",
        "no TLS": "the certificate of 127.0.0.1 does not verify",
    }
    assert receiver.posted == [], "nothing is posted"


async def test_rooms_and_the_token_change_while_it_runs():
    adapter, told = programs(), asyncio.Queue()

    def emit(events, *_):
        for event in events:
            told.put_nowait(event)

    run = asyncio.ensure_future(adapter.run(emit))
    async with (
        Receiver().serving() as receiver,
        aiohttp.ClientSession(f"http://{adapter.config.listen}") as program,
    ):
        await adapter.serve({RoomId("read"): Adapter.RoomConfig()})
        while not (adapter.rooms and adapter._emit):
            await asyncio.sleep(0)
        await adapter.serve({**adapter.rooms, RoomId("posted"): posted(receiver.url)})
        unread = await told.get()
        assert (unread.room, unread.state) == ("read", RoomState.JOINING)
        assert "no program reads what is said" in unread.reason
        assert await told.get() == RoomStateChanged(
            room=RoomId("posted"), state=RoomState.JOINED, caught_up=True
        )
        while True:
            try:
                async with program.get("/api/messages") as answer:
                    assert answer.status == 200
                    break
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.005)
        assert (await told.get()).state is RoomState.JOINED
        adapter.follow(adapter.config.model_copy(update={"token": SecretStr(TOKEN)}))
        async with program.get("/api/messages") as answer:
            assert answer.status == 401
        await adapter.serve({})
        async with program.get("/api/health", headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
            assert answer.status == 200
    run.cancel()
    await asyncio.wait({run})
