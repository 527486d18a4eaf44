"""What an owner can ask over HTTP, by whom, and what no page of another site can have a browser do."""

import asyncio
import contextlib
import json
import re
from pathlib import Path

import aiohttp
import pytest
from openapi_spec_validator import validate

from bridge.cli.openapi import page
from bridge.control import api
from bridge.control.abilities import Abilities
from bridge.control.api import add_api
from bridge.control.openapi import document
from bridge.errors import ConfigError
from bridge.kit.pace import Paces
from bridge.testing import ScriptedNetwork, free_port
from bridge.web import Site
from tests.bridge.world import config, running


class Client:
    """Somebody who asks a service over HTTP."""

    def __init__(self, port, session):
        self.port = port
        self.base = f"http://127.0.0.1:{port}/api"
        self.session = session

    async def get(self, path, **headers):
        async with self.session.get(f"{self.base}/{path}", headers=headers) as answer:
            return answer.status, await answer.json()

    async def post(self, path, body=None, data=None, **headers):
        data = json.dumps(body).encode() if data is None else data
        headers = {"Content-Type": "application/json"} | headers
        async with self.session.post(f"{self.base}/{path}", data=data, headers=headers) as answer:
            return answer.status, await answer.json()


@contextlib.asynccontextmanager
async def serving(abilities, **options):
    port = free_port()
    site = Site("web", f"127.0.0.1:{port}", **options)
    add_api(site, abilities)
    async with site.serving(), aiohttp.ClientSession() as session:
        yield Client(port, session)


@pytest.fixture
def left():
    return ScriptedNetwork("left")


@pytest.fixture
def right():
    return ScriptedNetwork("right")


@pytest.fixture
async def abilities(tmp_path, left, right):
    async def read():
        raise ConfigError(["bridge.yaml:1:1: wrong"])

    async with running(config(tmp_path, {"lobby": ["left one", "right two"]})) as bridge:
        yield Abilities(bridge, read)


@pytest.fixture
async def client(abilities):
    async with serving(abilities) as client:
        yield client


# What is answered


async def test_each_ability_has_a_path(client):
    status, found = await client.get("status")
    assert (status, found["wrong"], list(found["networks"])) == (200, [], ["left", "right"])
    status, found = await client.get("rooms?network=left")
    assert [(room["network"], room["room"]) for room in found["rooms"]] == [("left", "one")]
    assert (await client.get("muted"))[1] == {"muted": []}
    assert (await client.get("undelivered?limit=5&text=true"))[1]["count"] == 0
    assert await client.post("retry", {"everything": True}) == (200, {"queued": 0, "unmapped": 0})
    assert await client.post("unmute", {"who": "eve"}) == (200, {"lifted": 0})


async def test_something_is_said(client, right):
    status, found = await client.post("send", {"text": "hello", "network": "right", "room": "two"})
    assert (status, found["rooms"]) == (200, [["right", "two"]])
    await right.until(1)
    assert right.texts("two") == ["hello"]


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("send", {"text": "hello"}, 409, "say where"),
        ("send", {"text": ""}, 400, "length >= 1"),
        ("send", {"txt": "hello"}, 400, "/api/openapi.json tells what /api/send takes"),
        ("send", ["hello"], 400, "send an object"),
        ("reload", {}, 422, "nothing has changed"),
        ("catch-up", {"network": "lfet", "room": "one", "since": 0}, 409, "there is no network"),
    ],
)
async def test_what_is_not_done_is_told(client, path, body, status, error):
    found, answer = await client.post(path, body)
    assert (found, error in answer["error"]) == (status, True), answer
    assert answer.get("mistakes") == (["bridge.yaml:1:1: wrong"] if status == 422 else None)


@pytest.mark.parametrize("data", [b"{", b"\xff", b"[" * 60_000])
async def test_what_is_no_json_is_told(client, data):
    status, answer = await client.post("send", data=data)
    assert (status, answer["error"].startswith("this is no JSON")) == (400, True)


async def test_too_much_is_refused(client):
    status, answer = await client.post("send", data=b" " * 70_000)
    assert (status, answer["error"]) == (413, "what you send is too long: at most 64 KiB")


async def test_who_never_says_all_of_it_is_told(client, monkeypatch):
    monkeypatch.setattr(api, "_PATIENCE", 0.05)
    reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
    writer.write(
        b"POST /api/send HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{"
    )
    assert b" 408 " in await reader.readline()
    writer.close()


async def test_wrong_paths_and_methods_are_told(client):
    assert (await client.get("stauts"))[0] == 404
    assert await client.get("send") == (405, {"error": "/api/send is asked for with POST"})
    assert (await client.post("status", {}))[0] == 405
    assert (await client.get("rooms?netwrok=left"))[0] == 400


async def test_a_fault_of_ours_is_told_and_logged(client, abilities, caplog):
    abilities._able.clear()
    assert (await client.get("status"))[0] == 500
    assert "KeyError" in caplog.text


# Who may ask


async def test_elsewhere_the_token_is_needed(abilities):
    async with serving(abilities, proxied=True, token="sixteen-letters!") as client:
        status, answer = await client.get("status")
        assert (status, "Authorization: Bearer TOKEN" in answer["error"]) == (401, True)
        assert (await client.post("unmute", {"who": "eve"}))[0] == 401
        assert (await client.get("status", Authorization="Bearer other"))[0] == 401
        assert (await client.get("status", Authorization="Bearer sixteen-letters!"))[0] == 200
        assert (await client.get("nothing"))[0] == 401, "nobody learns what there is"


FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://["},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_a_page_of_another_site_can_have_nothing_done(client, right, headers):
    refusal = {"error": "a page of another site may not ask this"}
    body = {"text": "buy now", "conversation": "lobby"}
    assert await client.post("send", body, **headers) == (403, refusal)
    assert await client.get("status", **headers) == (403, refusal)
    assert right.texts("two") == []


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
async def test_what_a_form_can_send_is_not_taken(client, right, kind):
    body = {"text": "buy now", "conversation": "lobby"}
    status, answer = await client.post("send", body, **{"Content-Type": kind})
    assert (status, "Content-Type: application/json" in answer["error"]) == (415, True)
    assert right.texts("two") == []


@pytest.mark.parametrize(
    "headers",
    [{"Host": "evil.example"}, {"X-Forwarded-For": "192.0.2.1"}, {"Forwarded": "for=192.0.2.1"}],
    ids=str,
)
async def test_a_name_that_leads_here_and_a_proxy_are_not_this_machine(client, headers):
    assert (await client.get("status", **headers))[0] == 401
    assert (await client.post("unmute", {"who": "eve"}, **headers))[0] == 401


async def test_our_own_pages_may_ask(client):
    own = client.base.removesuffix("/api")
    assert (await client.get("status", Origin=own, **{"Sec-Fetch-Site": "same-origin"}))[0] == 200


async def test_nobody_may_ask_without_end(abilities, monkeypatch):
    monkeypatch.setattr(api, "Paces", lambda most, burst, per_second, clock: Paces(most, 3, 0.001, clock))
    async with serving(abilities) as client:
        assert [(await client.get("muted"))[0] for _ in range(4)] == [200, 200, 200, 429]
    async with serving(abilities) as client:
        changes = [(await client.post("unmute", {"who": "eve"}))[0] for _ in range(4)]
        assert changes == [200, 200, 200, 429]


async def test_who_changed_what_is_on_the_log(abilities, caplog):
    caplog.set_level("INFO")
    async with serving(abilities) as client:
        await client.post("send", {"text": "secret words", "conversation": "lobby"})
        await client.post("send", {"text": "secret words", "conversation": "attic"})
    async with serving(abilities, token="sixteen-letters!") as client:
        await client.post("unmute", {"who": "eve"}, Authorization="Bearer sixteen-letters!")
    lines = [record.getMessage() for record in caplog.records if "asked by" in record.getMessage()]
    here, words = "asked by somebody on this machine, over HTTP, and", "send text='(12 characters)'"
    assert lines == [
        f"{here} done: {words} conversation='lobby'",
        f"{here} not done: {words} conversation='attic' (there is no conversation \"attic\")",
        "asked by somebody with the token, from 127.0.0.1, over HTTP, and done: unmute who='eve'",
    ]


# Streams


async def events(answer):
    """What a stream tells: the name and the data of each event."""
    name = None
    async for line in answer.content:
        key, _, value = line.decode().rstrip("\n").partition(": ")
        if key == "event":
            name = value
        elif key == "data":
            yield name, json.loads(value)


async def test_what_passes_is_streamed(client, left, right):
    async with client.session.get(f"{client.base}/tail?text=true&network=left") as answer:
        assert answer.headers["Content-Type"] == "text/event-stream"
        found = events(answer)
        assert await anext(found) == ("begun", {"what": "begun"})
        left.say("one", "alice", "hello\nworld")
        name, said = await anext(found)
        assert (name, said["what"], said["author"], said["text"]) == (
            "taken",
            "taken",
            "alice",
            "hello\nworld",
        )


async def test_a_stream_of_what_is_not_there_is_refused(client):
    assert (await client.get("tail?network=lfet"))[0] == 409


async def test_who_leaves_a_stream_is_noticed(client, abilities, monkeypatch):
    monkeypatch.setattr("bridge.web.events._BEAT", 0.05)
    onlookers = abilities.bridge.features.onlookers
    async with client.session.get(f"{client.base}/tail") as answer:
        await anext(events(answer))
        assert len(onlookers._sights) == 1
        answer.close()
    while onlookers._sights:
        await asyncio.sleep(0.01)


async def test_only_so_many_look_on(client, monkeypatch):
    monkeypatch.setattr(api, "_STREAMS", 1)
    async with client.session.get(f"{client.base}/tail") as answer:
        await anext(events(answer))
        status, refusal = await client.get("tail")
        assert (status, "look on already" in refusal["error"]) == (503, True)


# The description


async def test_the_description_is_valid_and_served(client):
    validate(document())
    assert (await client.get("openapi.json"))[1] == document()


def test_the_description_in_the_docs_is_up_to_date():
    """`hubbub openapi > docs/openapi.json` makes it so."""
    assert (Path(__file__).parents[3] / "docs/openapi.json").read_text() == page()


def test_each_path_is_on_the_page():
    page = (Path(__file__).parents[3] / "docs/api.md").read_text()
    for path, methods in document()["paths"].items():
        for method in methods:
            assert f"| `{method.upper()} {path}` |" in page
        assert re.search(rf"^    .*{path}\b", page, re.MULTILINE), "an example"


def test_each_ability_and_each_field_is_described():
    found = document()
    assert len(found["paths"]) >= 10
    for operation in (one for path in found["paths"].values() for one in path.values()):
        assert operation["summary"].endswith(".")
        assert all(one["description"].endswith(".") for one in operation.get("parameters", ()))
        assert "409" in operation["responses"]
