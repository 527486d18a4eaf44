"""matterbridge's API, as a program of today speaks it: its field names, its greeting, its answers."""

import asyncio
import base64
import contextlib
import json
from dataclasses import replace

import aiohttp
import pytest

from adapters.http import Adapter
from bridge.model import (
    Attachment,
    Content,
    DeleteMessage,
    Kind,
    MessageCreated,
    MessageEdited,
    MessageId,
    Removed,
    RoomId,
    Support,
    plain,
)
from bridge.testing import ScriptedNetwork, free_port

from .world import client, configured, fetch, hosted, running

FIELDS = [
    *("text", "channel", "username", "userid", "avatar", "account", "event", "protocol", "gateway"),
    *("parent_id", "timestamp", "id", "Extra"),
]
"""In matterbridge's order (`bridge/config/config.go`)."""


@pytest.fixture
def chat():
    return ScriptedNetwork("chat")


@pytest.fixture
def config(tmp_path, chat):
    return configured(tmp_path)


async def read(stream):
    async with asyncio.timeout(20):
        return json.loads(await stream.readline())


async def test_what_is_said_elsewhere_is_fetched_once(config, chat):
    async with running(config), client(config) as program:
        chat.say("#one", "ann", "hello 👋")
        chat.say("#one", "ann", "waves", kind=Kind.EMOTE)
        hello, waves = await fetch(program, 2)
        assert await fetch(program, 0) == []
        async with program.get("/api/messages") as answer:
            assert (answer.content_type, await answer.text()) == ("application/json", "[]\n")
    assert list(hello) == FIELDS
    assert {key: hello[key] for key in ("text", "username", "userid", "account", "gateway", "event")} == {
        "text": "hello 👋",
        "username": "ann",
        "userid": "ann!user@host",
        "account": "chat",
        "gateway": "shop",
        "event": "",
    }
    assert (waves["text"], waves["event"]) == ("waves", "user_action")
    assert hello["id"] != waves["id"]


async def test_what_a_program_posts_is_said_elsewhere(config, chat):
    async with running(config), client(config) as program:
        message = {"text": "2 orders", "username": "till", "gateway": "shop", "avatar": "https://x.org/a.png"}
        async with program.post("/api/message", json=message) as answer:
            said = await answer.json()
        emote = {**message, "text": "rings", "event": "user_action"}
        async with program.post("/api/message", json=emote) as answer:
            assert answer.status == 200
        await chat.until(2)
        assert await fetch(program, 0) == [], "no program hears itself"
    assert chat.texts("#one") == ["<till> 2 orders", "* till rings"]
    assert list(said) == FIELDS
    assert {**said, "timestamp": "", "id": ""} == {
        **dict.fromkeys(FIELDS, ""),
        **message,
        "channel": "api",
        "protocol": "api",
        "account": "programs",
        "Extra": None,
    }


async def test_only_words_of_what_a_program_posts_are_shown_again(config, chat):
    async with running(config), client(config) as program:
        message = {"text": "hi", "gateway": "shop", "avatar": {"deep": [[]]}}
        async with program.post("/api/message", json=message) as answer:
            assert (await answer.json())["avatar"] == ""


async def test_the_stream_begins_with_its_greeting(config, chat):
    async with running(config), client(config) as program:
        chat.say("#one", "ann", "before")
        async with program.get("/api/stream") as stream:
            greeting = await read(stream.content)
            chat.say("#one", "ann", "after")
            said = [await read(stream.content) for _ in range(2)]
    assert list(greeting) == FIELDS
    assert (greeting["event"], greeting["text"], greeting["gateway"]) == ("api_connected", "", "")
    assert [message["text"] for message in said] == ["before", "after"]


async def test_all_who_read_have_all(config, chat):
    """Other than with matterbridge, whose streams take messages from each other."""
    async with running(config), client(config) as program:
        async with program.get("/api/stream") as one, program.get("/api/stream") as other:
            await read(one.content)
            await read(other.content)
            chat.say("#one", "ann", "hello")
            assert (await read(one.content))["text"] == (await read(other.content))["text"] == "hello"
        assert [message["text"] for message in await fetch(program, 1)] == ["hello"]


async def test_a_websocket_goes_both_ways(config, chat):
    path = "/api/websocket"
    async with (
        running(config),
        client(config) as program,
        program.ws_connect(path) as one,
        program.ws_connect(path) as other,
    ):
        both = (one, other)
        assert [(await socket.receive_json())["event"] for socket in both] == 2 * ["api_connected"]
        await one.send_json({"text": "hello", "username": "till", "gateway": "shop"})
        await chat.until(1)
        shown = await other.receive_json()
        assert (shown["text"], shown["channel"], shown["protocol"]) == ("hello", "api", "api")
        chat.say("#one", "ann", "hi")
        assert [(await socket.receive_json())["text"] for socket in both] == 2 * ["hi"]
        await one.send_str('{"text": "\\ud800", "gateway": "shop"}')
        assert (await other.receive_json())["gateway"] == "shop"
        await one.send_str("{")
        assert (await one.receive_json())["event"] == "failure"
    assert chat.texts("#one")[0] == "<till> hello"


async def test_what_nobody_reads_waits_for_who_does(config, chat):
    """Also over a restart: then nothing was on its way, so that nothing is in doubt."""
    async with running(config):
        for number in range(40):
            chat.say("#one", "ann", f"line {number}")
        await chat.settled()
    async with running(config), client(config) as program:
        found = await fetch(program, 40)
        assert await fetch(program, 0) == []
    assert [message["text"] for message in found] == [f"line {number}" for number in range(40)]


async def test_what_waited_for_the_next_poll_is_in_no_doubt_after_a_restart(config, chat):
    async with running(config), client(config) as program:
        async with program.get("/api/messages"):
            pass
        chat.say("#one", "ann", "hello")
        await chat.settled()
    async with running(config), client(config) as program:
        (found,) = await fetch(program, 1)
    assert found["text"] == "hello"


async def test_edits_removals_and_answers_go_out(config, chat):
    async with running(config), client(config) as program:
        said = chat.say("#one", "ann", "helo")
        fields = {"room": said.room, "sender": said.sender, "target": said.id}
        (first,) = await fetch(program, 1)
        chat.happen(MessageEdited(id=MessageId("e"), content=plain("hello"), **fields))
        (edited,) = await fetch(program, 1)
        chat.say("#one", "bob", "hi", reply_to=said.id)
        (answer,) = await fetch(program, 1)
        chat.happen(Removed(id=MessageId("r"), **fields))
        (removed,) = await fetch(program, 1)
    assert (edited["id"], edited["text"]) == (first["id"], "hello")
    assert (answer["parent_id"], answer["text"]) == (first["id"], "hi")
    assert (removed["event"], removed["id"], removed["text"]) == ("msg_delete", first["id"], "")


async def test_answers_and_removals_come_in(config, chat):
    async with running(config), client(config) as program:
        chat.say("#one", "ann", "anybody?")
        (asked,) = await fetch(program, 1)
        mine = {"username": "till", "gateway": "shop"}
        answer = {**mine, "text": "me", "parent_id": asked["id"]}
        async with program.post("/api/message", json=answer) as response:
            name = (await response.json())["id"]
        await chat.until(1)
        other = {"username": "thief", "gateway": "shop", "event": "msg_delete", "id": name}
        for removal in (other, {**mine, "event": "msg_delete", "id": name}):
            async with program.post("/api/message", json=removal) as response:
                assert response.status == 200
        await chat.until_done(1)
        await chat.settled()
    assert chat.said[0].answered.text == "anybody?"
    assert [type(command) for command in chat.done] == [DeleteMessage], "only who said it takes it back"


async def test_files_cross_in_base64(tmp_path, chat):
    chat.capabilities = replace(chat.capabilities, file=Support.FULL, captions=True)
    data = bytes(range(256)) * 40
    config = configured(tmp_path, more="media: {hosts: ['127.0.0.1:*']}")
    async with running(config), client(config) as program, hosted(data) as url:
        file = {"Name": "a.bin", "Data": base64.b64encode(data).decode(), "Comment": "the plan"}
        message = {"text": "", "username": "till", "gateway": "shop", "Extra": {"file": [file]}}
        async with program.post("/api/message", json=message) as answer:
            assert "Data" not in await answer.text()
        await chat.until(1)
        (command,) = chat.said
        assert (command.content.text, command.file.name) == ("<till> the plan", "a.bin")
        assert command.file.path.read_bytes() == data
        chat.say("#one", "ann", Content(plain("see").spans, (Attachment(url, "b.bin"),)))
        (came,) = await fetch(program, 1)
    (sent,) = came["Extra"]["file"]
    assert (came["text"], sent["Name"], sent["Size"]) == ("see", "b.bin", len(data))
    assert base64.b64decode(sent["Data"]) == data


WRONG = {
    "no JSON": ("{", 400, "the body is no JSON"),
    "no object": ("[]", 400, "the body is no JSON object"),
    "no text": ('{"gateway": "shop"}', 400, "there is no text"),
    "a number": ('{"gateway": "shop", "text": 1}', 400, "text is no text"),
    "a long name": (
        '{"gateway": "shop", "text": "x", "username": "%s"}' % ("x" * 201),
        400,
        "username is too long",
    ),
    "no base64": (
        '{"gateway": "shop", "Extra": {"file": [{"Data": "%"}]}}',
        400,
        "Data of a file is no base64",
    ),
    "no file": ('{"gateway": "shop", "Extra": {"file": [{}]}}', 400, "a file has neither Data nor URL"),
    "no room": ('{"gateway": "tea", "text": "x"}', 404, 'there is no gateway "tea" (there are shop)'),
    "depth": ("[" * 100_000, 400, "the body is no JSON"),
    "half a letter": ('{"gateway": "shop", "text": "\\ud800"}', 200, None),
}


async def test_what_is_wrong_is_said(config, chat):
    async with running(config), client(config) as program:
        for case, (body, status, sentence) in WRONG.items():
            headers = {"Content-Type": "application/json"}
            async with program.post("/api/message", data=body, headers=headers) as answer:
                assert answer.status == status, case
                assert (await answer.json()).get("message") == sentence, case
        async with program.post("/api/message", data="text=x") as answer:
            assert answer.status == 415
        async with program.get("/api/nothing") as answer:
            assert answer.status == 404


async def test_with_a_key_it_is_taken_once(config, chat):
    async with running(config), client(config) as program:
        message = {"text": "paid", "username": "till", "gateway": "shop"}
        headers = {"Idempotency-Key": "x" * 201}
        async with program.post("/api/message", json=message, headers=headers) as answer:
            assert answer.status == 400
        for key in ("one", "one", "two"):
            headers = {"Idempotency-Key": key}
            async with program.post("/api/message", json=message, headers=headers) as answer:
                assert answer.status == 200
        await chat.until(2)
        await chat.settled()
    assert len(chat.said) == 2


async def test_a_post_is_answered_once_it_is_on_disk():
    """And not before: the program still has it, and posts it again."""
    adapter = Adapter("programs", Adapter.NetworkConfig(listen=f"127.0.0.1:{free_port()}"), "")
    await adapter.serve({RoomId("shop"): Adapter.RoomConfig()})
    durable = asyncio.get_running_loop().create_future()
    taken = asyncio.Event()

    def emit(events, *_):
        if isinstance(events[0], MessageCreated):
            taken.set()
        return durable

    run = asyncio.ensure_future(adapter.run(emit))
    async with aiohttp.ClientSession(f"http://{adapter.config.listen}") as program:
        while True:
            with contextlib.suppress(aiohttp.ClientConnectorError):
                async with program.get("/api/health") as answer:
                    assert await answer.text() == "OK"
                    break
            await asyncio.sleep(0.005)
        message = {"text": "paid", "username": "till", "gateway": "shop"}
        posting = asyncio.ensure_future(program.post("/api/message", json=message))
        await taken.wait()
        async with program.get("/api/health"):
            assert not posting.done()
        durable.set_result(None)
        assert (await posting).status == 200
    run.cancel()
    await asyncio.wait({run})
