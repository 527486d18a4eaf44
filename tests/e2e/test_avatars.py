"""The pictures of people cross between real servers, both ways, and nobody's words wait for them."""

import asyncio
import contextlib
import io
import os
from types import SimpleNamespace

import nio
import pytest
from PIL import Image

from adapters.matrix.puppets.registration import new_registration
from adapters.matrix.testing import SERVER, Demo
from bridge.app import Bridge
from bridge.config import load
from bridge.model import Change, MemberChanged, RoomState, RoomStateChanged, plain
from bridge.protocols import find
from tests.adapters.matrix.test_avatars import seen as seen_on_matrix
from tests.adapters.xmpp.test_avatars import Prosody, Showing, someone, started

BOT = f"@hubbub:{SERVER}"
_CONFIG = """\
networks:
  jabber: {{protocol: xmpp, jid: {jabber.component}, password: {jabber.component}, server: 127.0.0.1,
    port: {jabber.components}}}
  matrix: {{protocol: matrix, homeserver: "{matrix.url}", user: "{bot}", password: hubbub,
    registration: registration.yaml}}
conversations:
  tea:
    jabber: {{room: tea@{jabber.rooms}, create: true}}
    matrix: "{alias}"
"""


@pytest.fixture(scope="module")
async def matrix(tmp_path_factory):
    folder = tmp_path_factory.mktemp("matrix")
    made = new_registration("matrix", BOT, folder / "registration.yaml")
    made.file.write_text(made.text)
    server = Demo(folder / "synapse")
    server.registrations = (made.file,)
    await server.start()
    yield server
    await server.stop()


@contextlib.asynccontextmanager
async def relaying(folder, jabber, matrix):
    """Hubbub between the two; what it was told of people there."""
    file = folder / "bridge.yaml"
    file.write_text(_CONFIG.format(jabber=jabber, matrix=matrix, bot=BOT, alias=alias_at(jabber)))
    (folder / "registration.yaml").write_text(matrix.registrations[0].read_text())
    joined, pictured = asyncio.Queue(), []

    def watch(network, event):
        if isinstance(event, RoomStateChanged) and event.state is RoomState.JOINED:
            joined.put_nowait(network)
        elif isinstance(event, MemberChanged) and event.change is Change.PICTURED:
            pictured.append(event.sender)

    running = asyncio.create_task(Bridge(load(file, find, os.environ), watch=watch).run())
    try:
        async with asyncio.timeout(60):
            assert {await joined.get(), await joined.get()} == {"jabber", "matrix"}
        yield pictured
    finally:
        running.cancel()
        await asyncio.wait([running])


def alias_at(jabber):
    return f"#{jabber.domain.partition('.')[0]}:{SERVER}"


def drawn(colour, side=64):
    stream = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(stream, "PNG")
    return stream.getvalue()


def colour(data):
    """Which colour most of a picture has."""
    with Image.open(io.BytesIO(data)) as found:
        shades = dict(zip("rgb", found.convert("RGB").resize((1, 1)).getpixel((0, 0)), strict=True))
    return max(shades, key=shades.get)


@pytest.mark.parametrize("kind", [Prosody, Showing])
async def test_pictures_cross_both_ways_and_follow(tmp_path, matrix, kind, monkeypatch):
    monkeypatch.setattr("bridge.identity.avatars._PAUSE", 0.1)
    (tmp_path / "jabber").mkdir()
    async with started(kind, tmp_path / "jabber") as jabber:
        room = f"tea@{jabber.rooms}"
        alan = await matrix.person("alan", alias_at(jabber))
        reader = nio.AsyncClient(matrix.url, alan._user)
        reader.access_token = alan._token
        wire = await matrix.room(alias_at(jabber))
        there = SimpleNamespace(reader=reader, member=lambda user: member(matrix, wire, user))

        async def wear(data):
            answer, _ = await reader.upload(io.BytesIO(data), "image/png", filesize=len(data))
            await matrix.call(
                "PUT", f"/_matrix/client/v3/profile/{alan._user}/avatar_url", alan._token,
                {"avatar_url": answer.content_uri},
            )  # fmt: skip

        try:
            await wear(drawn("red"))
            async with (
                relaying(tmp_path, jabber, matrix) as pictured,
                someone(jabber, room, "wanda", drawn("blue", 300)) as wanda,
            ):
                await alan.say(plain("hello"))
                red = await wanda.sees("alan", [None])
                assert colour((await wanda.look("alan"))[1]) == "r"
                wanda.send_message(room, "hello, alan", mtype="groupchat")
                assert (await asyncio.wait_for(alan.heard.get(), 20)).content == plain("hello, alan")
                ghost = await ghost_of(matrix, wire)
                assert colour(await seen(there, ghost)) == "b"
                await wear(drawn("lime"))
                assert await wanda.sees("alan", [None, red])
                assert colour((await wanda.look("alan"))[1]) == "g"
                await wanda.wear(b"")
                await seen_on_matrix(there, ghost, None)
                names = [sender.name for sender in pictured]
                assert names.count("alan") == 1
                assert set(names) == {"alan", "wanda"}
        finally:
            await reader.close()
            await alan.leave()


async def member(matrix, wire, user):
    return await matrix.call(
        "GET", f"/_matrix/client/v3/rooms/{wire}/state/m.room.member/{user}", matrix._owner
    )


async def ghost_of(matrix, wire):
    people = await matrix.call("GET", f"/_matrix/client/v3/rooms/{wire}/joined_members", matrix._owner)
    return next(
        user for user, found in people["joined"].items()
        if user.startswith("@_hubbub_matrix_") and found["display_name"] == "wanda"
    )  # fmt: skip


async def seen(there, user):
    """Somebody's picture, once they have one."""
    async with asyncio.timeout(20):
        while not (address := (await there.member(user)).get("avatar_url")):
            await asyncio.sleep(0.05)
    return (await there.reader.download(address)).body
