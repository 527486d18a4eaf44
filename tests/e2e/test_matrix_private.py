"""What somebody of Matrix says to somebody from elsewhere alone, while the bridge is killed."""

import asyncio
import contextlib
import json
import socket
import sqlite3

import pytest

from adapters.matrix.puppets.registration import new_registration
from adapters.matrix.testing import SERVER, Demo
from tests.e2e.five import PLACES, gathered
from tests.e2e.world import hubbub

GRACE = f"@grace:{SERVER}"
COUNT = 25
PATIENCE = 40.0


class Synapse(Demo):
    """Synapse that tells the service what happens."""

    def __init__(self, folder):
        super().__init__(folder)
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.listen = f"127.0.0.1:{found.getsockname()[1]}"
        file = folder.parent / "registration.yaml"
        file.write_text(new_registration("matrix", f"@hubbub:{SERVER}", file, self.listen).text)
        self.registrations = (file,)


@pytest.fixture(scope="module")
async def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("private")
    async with gathered(folder, {"irc": PLACES["irc"], "matrix": Synapse}) as world:
        (folder / "bridge.yaml").write_text(
            f"""\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: "${{IRC_PORT}}", tls: false, nick: hubbub,
    flood: {{burst: 10000, per_second: 10000}}, tell_gap: 0s}}
  matrix: {{protocol: matrix, homeserver: "http://127.0.0.1:${{MATRIX_PORT}}", user: "@hubbub:{SERVER}",
    password: hubbub, registration: registration.yaml, listen: "{world.demos["matrix"].listen}"}}
conversations:
  alone: {{irc: "#lobby", matrix: "{GRACE}/irc=2fada"}}
"""
        )
        yield world


def taken(world):
    """What of hers the journal has, in order."""
    with contextlib.closing(sqlite3.connect(world.folder / "hubbub.sqlite3")) as database:
        rows = [json.loads(body) for (body,) in database.execute("SELECT body FROM event ORDER BY seq")]
    return [row["content"]["spans"][0]["text"] for row in rows if row["sender"]["id"] == GRACE]


async def test_nothing_is_lost_and_nothing_taken_twice(world):
    demo = world.demos["matrix"]
    token = demo._tokens["grace"]

    async def call(method, path, body=None):
        return await demo.call(method, f"/_matrix/client/v3/{path}", token, body)

    async with asyncio.timeout(PATIENCE), hubbub(world) as bridge:
        await bridge.joined("irc", "matrix")
        rooms = (await call("GET", "sync"))["rooms"]["invite"]
        (wire,) = rooms
        await call("POST", f"join/{wire}", {})
        await call("PUT", f"rooms/{wire}/send/m.room.message/first", {"msgtype": "m.text", "body": "first"})
        while "first" not in taken(world):
            await asyncio.sleep(0.05)
        await bridge.kill()

    async def talk():
        for number in range(COUNT):
            body = {"msgtype": "m.text", "body": str(number)}
            await call("PUT", f"rooms/{wire}/send/m.room.message/{number}", body)
            await asyncio.sleep(0.15)

    talking = asyncio.create_task(talk())
    for _ in range(2):
        async with hubbub(world) as bridge:
            await bridge.joined("irc", "matrix")
            await asyncio.sleep(0.3)
            await bridge.kill()
    wanted = ["first", *map(str, range(COUNT))]
    async with asyncio.timeout(PATIENCE), hubbub(world) as bridge:
        await talking
        while len(taken(world)) < len(wanted):
            await asyncio.sleep(0.1)
        heard = set()
        while not {f"{number}" for number in range(COUNT)} <= heard:
            heard |= {text.rpartition(" ")[2] for text in await world.heard("irc")}
    assert taken(world) == wanted
