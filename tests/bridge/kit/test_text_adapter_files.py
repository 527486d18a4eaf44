"""A command with a file, in the base of simple adapters; and what is on record before a command leaves."""

import asyncio
import base64
from dataclasses import replace

import pytest

from bridge import (
    Authorship,
    Content,
    RoomId,
    SendMessage,
    Speaker,
    Support,
    plain,
)
from bridge.testing import Place
from bridge.testing.person import picked

from .chat import ChatAdapter, ChatServer, Network, Room

LOBBY = RoomId("lobby")
BOB = Speaker(Authorship.PREFIX, "bob")


class Slow(ChatAdapter):
    """A file is said as text, and takes as long as a test likes."""

    record = replace(ChatAdapter.record, file=Support.FULL)
    patience = 0.2

    async def post(self, command):
        if command.file is not None:
            self.begun.set()
            await self.through.wait()
            data = base64.b64encode(await asyncio.to_thread(command.file.path.read_bytes)).decode()
            command = replace(command, content=plain(data), file=None)
        await self.keep(command.room, f"before {command.txn}")
        return await super().post(command)

    def token(self, event):
        return None


@pytest.fixture
async def place():
    server = ChatServer()
    await server.start()
    person = await server.person("alice")
    adapter = Slow("chat", Network(port=server.port), "I am a bridge.")
    adapter.begun, adapter.through = asyncio.Event(), asyncio.Event()
    await adapter.serve({LOBBY: Room()})
    yield Place(adapter, LOBBY, server, person)
    await person.leave()
    await server.stop()


def with_file(place, path):
    file = picked(path)
    return SendMessage(room=LOBBY, speaker=BOB, txn=place.next_txn(), content=Content(), file=file)


async def test_a_file_has_its_place_once_it_is_through(place, tmp_path):
    """However long that takes: what is not confirmed in time counts as lost."""
    (tmp_path / "a.txt").write_text("tea")
    async with place.running():
        sending = asyncio.ensure_future(place.adapter.send(with_file(place, tmp_path / "a.txt")))
        await asyncio.wait_for(place.adapter.begun.wait(), 5)
        await asyncio.wait([sending], timeout=2 * place.adapter.patience)
        assert not sending.done()
        place.adapter.through.set()
        landed = await asyncio.wait_for(sending, 5)
        assert landed.done()
        assert (await landed).part is not None
        assert (await place.heard()).content.text == base64.b64encode(b"tea").decode()


async def test_a_file_that_is_gone_costs_its_message_alone(place, tmp_path):
    (tmp_path / "a.txt").write_text("tea")
    command = with_file(place, tmp_path / "a.txt")
    (tmp_path / "a.txt").unlink()
    place.adapter.through.set()
    async with place.running() as run:
        with pytest.raises(OSError, match="No such file"):
            await (await place.adapter.send(command))
        await place.deliver(plain("still here"))
        assert not run.done()


async def test_what_is_on_its_way_is_on_record_before_it_leaves(place):
    async with place.running():
        receipt = await place.deliver(plain("hello"))
        assert receipt.part is not None
        assert place.core.position(LOBBY) == f"before {place.last_txn}"
