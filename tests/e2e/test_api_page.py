"""What docs/api.md shows works as it stands, asked with curl of a running service."""

import asyncio
import contextlib
import json
import os
import re
from pathlib import Path

from bridge.archive.evidence.checkpoints import checkpoint
from bridge.archive.evidence.keys import KeyFile
from bridge.archive.store import Store
from bridge.clock import SYSTEM
from bridge.model import plain
from bridge.testing import free_port
from tests.adapters.places import demo_server
from tests.bridge.archive.store.said import message
from tests.e2e.world import HUBBUB

PAGE = (Path(__file__).parents[2] / "docs/api.md").read_text()
EXAMPLES = re.findall(r"^    (curl (?:.*\\\n)*.*)", PAGE, re.MULTILINE)
MAP = """\
networks:
  irc: {{protocol: irc, server: 127.0.0.1, port: {port}, tls: false, nick: hubbub}}
conversations:
  lobby: {{irc: ["#lobby", "#ops"], archive: {{keep: 1y}}}}
web: {{listen: "127.0.0.1:{web}", token: {token}}}
"""
TOKEN = "a-token-of-many-letters"
HEADER = '-H "Authorization: Bearer $TOKEN"'


@contextlib.asynccontextmanager
async def service(folder, port, web):
    """`hubbub run`, in both rooms."""
    (folder / "bridge.yaml").write_text(MAP.format(port=port, web=web, token=TOKEN))
    process = await asyncio.create_subprocess_exec(HUBBUB, "run", cwd=folder, stderr=asyncio.subprocess.PIPE)
    joined = 0
    async with asyncio.timeout(60):
        while joined < 2:
            joined += b"is joined" in await process.stderr.readline()
    try:
        yield
    finally:
        process.terminate()
        await asyncio.wait_for(process.communicate(), 30)


async def shell(command, web, folder=None):
    """A command, started. Since the archive needs a token, all of them do."""
    command = command.replace("127.0.0.1:8485", f"127.0.0.1:{web}").replace(HEADER, "")
    command = command.replace("curl ", f"exec curl -sS -m 20 {HEADER} ", 1)
    environment = os.environ | {"TOKEN": TOKEN}
    return await asyncio.create_subprocess_shell(
        command, stdout=asyncio.subprocess.PIPE, env=environment, cwd=folder
    )


async def answered(what, web):
    """What the example on the page prints that asks for this."""
    (found,) = [command for command in EXAMPLES if what in f"{command}\n"]
    process = await shell(found, web)
    out, _ = await process.communicate()
    assert process.returncode == 0, found
    return json.loads(out)


async def events(process):
    name = None
    async for line in process.stdout:
        key, _, value = line.decode().rstrip("\n").partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            yield name, json.loads(value)


def archived(folder):
    """An archive with something in it, from before."""
    store = Store(folder / "hubbub-archive.sqlite3", SYSTEM)
    store.add(
        [message(number, f"{number} chairs", "lobby", at=1795953600.0 + number) for number in range(1, 10)]
    )
    checkpoint(store, KeyFile(store.file), 1795953700.0)
    store.close()


async def ask_the_archive(web, folder):
    """What the examples about the archive answer."""
    stand = await answered("/api/archive\n", web)
    assert [one["name"] for one in stand["conversations"]] == ["lobby"]
    found = await answered("/api/archive/search", web)
    assert [hit["entry"]["number"] for hit in found["found"]] == [9, 8, 7, 6, 5]
    entry = await answered("/api/archive/entry?", web)
    assert [one["number"] for one in entry["around"]] == [1, 2, 3, 4]
    said = []
    async with asyncio.timeout(30):
        while "hello" not in said:  # just now: it is filed beside the relay
            entries = (await answered("/api/archive/entries", web))["entries"]
            said = [one["words"].get("text") for one in entries]
    assert [one["number"] for one in entries[:9]] == list(range(1, 10))
    for path, name in (("transcript", "lobby.html"), ("evidence", "lobby-evidence.zip")):
        (command,) = [command for command in EXAMPLES if f"/api/archive/{path}" in command]
        taken = await shell(command, web, folder)
        await taken.communicate()
        assert taken.returncode == 0, command
        assert (folder / name).stat().st_size > 1000
    assert "9 chairs" in (folder / "lobby.html").read_text()


async def file_it(web):
    """What the examples about filing do."""
    assert (await answered("/api/archive/tag\n", web))["messages"] >= 9
    assert len((await answered("/api/archive/tags", web))["tags"]) == 1
    assert len((await answered("/api/archive/untag", web))["tagged"]) == 1
    assert [hold["name"] for hold in (await answered("/api/archive/hold\n", web))["holds"]] == ["case-7"]
    assert len((await answered("/api/archive/holds", web))["holds"]) == 1
    assert (await answered("/api/archive/filing", web))["holds"][0]["name"] == "case-7"
    assert (await answered("/api/archive/release", web))["holds"] == []
    assert "libera" in (await answered("/api/archive/erase", web))["error"]
    assert "digest" in await answered("/api/archive/checkpoint", web)
    assert len((await answered("/api/archive/rotate", web))["fingerprint"]) == 64


async def ask_about_desks(web):
    """What the examples about desks and lists answer where the map has none."""
    assert "there is no list" in (await answered("/api/announce", web))["error"]
    assert await answered("/api/desk/figures", web) == {"desks": []}
    assert "no desk" in (await answered("/api/desk/plan", web))["error"]
    assert await answered("/api/desk/mail", web) == {"done": 0, "mails": []}


def shown(what):
    """An event on the page."""
    (found,) = re.findall(rf"^    event: {what}\n    data: (.*)", PAGE, re.MULTILINE)
    return json.loads(found)


async def test_the_examples(tmp_path):
    web = free_port()
    (tmp_path / "irc").mkdir()
    archived(tmp_path)
    async with demo_server("irc", tmp_path / "irc") as (demo, _), service(tmp_path, demo.port, web):
        ann = await demo.person("ann", "#lobby")
        status = await answered("/api/status", web)
        assert status["networks"]["irc"]["state"] == "connected"
        rooms = (await answered("/api/rooms", web))["rooms"]
        assert [(room["room"], room["joined"]) for room in rooms] == [("#lobby", True), ("#ops", True)]
        (tail,) = [command for command in EXAMPLES if "/api/tail" in command]
        stream = await shell(tail, web)
        told = events(stream)
        assert (await anext(told))[0] == "begun"
        await ann.say(plain("hello"))
        (name, taken), (end_name, ended) = await anext(told), await anext(told)
        assert (name, taken["text"], list(taken)) == ("taken", "hello", list(shown("taken")))
        assert (end_name, ended["room"], ended["outcome"]) == ("ended", "#ops", "delivered")
        assert (list(ended), ended["number"]) == (list(shown("ended")), taken["number"])
        sent = await answered("We move", web)
        assert sent["rooms"] == [["irc", "#lobby"], ["irc", "#ops"]]
        heard = (await asyncio.wait_for(ann.heard.get(), 30)).content.text
        assert heard == "We move at 20:00 UTC."
        assert (await anext(told))[1]["number"] == sent["number"]
        stream.terminate()
        await stream.communicate()
        assert (await answered("Back again", web))["rooms"] == [["irc", "#ops"]]
        assert (await answered("/api/undelivered", web))["count"] == 0
        assert (await answered("/api/muted", web)) == {"muted": []}
        assert (await answered("/api/retry", web)) == {"queued": 0, "unmapped": 0}
        refused = await answered("/api/catch-up", web)
        assert "shows what was said in #ops only to who comes in" in refused["error"]
        assert (await answered("/api/reload", web))["kept"] == ["irc"]
        assert (await answered("/api/unmute", web)) == {"lifted": 0}
        assert (await answered("/api/log-level", web))["levels"]["bridge.relay"] == "debug"
        assert (await answered("openapi.json", web))["openapi"] == "3.1.0"
        await ask_the_archive(web, tmp_path)
        await file_it(web)
        await ask_about_desks(web)
        assert len(EXAMPLES) == 33, "each was asked"
