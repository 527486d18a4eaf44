"""What browsers get at the door: by streams and polls, from pages that may ask, with the token of a chat."""

import asyncio
import contextlib
import gzip
import io
import json
import socket

import aiohttp
import pytest
from pydantic import ValidationError

from adapters.livechat import Adapter, followers
from adapters.livechat.followers import ChatFollowers
from adapters.livechat.preflight import look_at
from adapters.livechat.testing import Person as Visitor
from bridge.model import SetTyping, TypingChanged, plain
from bridge.testing import free_port

from .places import ALICE, ROOM, DeskPlace, address, new_adapter

SHOP = "https://shop.example"


@pytest.fixture
async def place(tmp_path):
    adapter = await new_adapter(tmp_path, origins=[SHOP], connections=20)
    visitor = Visitor("ann", address(adapter), ROOM)
    place = DeskPlace(adapter, ROOM, None, visitor)
    async with place.running():
        yield place
        await visitor.leave()


@pytest.fixture
async def browser(place):
    timeout = aiohttp.ClientTimeout(total=20)
    async with aiohttp.ClientSession(address(place.adapter), timeout=timeout) as session:
        yield session


async def opened(browser, **more):
    """A chat: what it is answered with, and what to ask with from then on."""
    async with browser.post("/desk/sales/chats", json={"text": "hello", "name": "bea", **more}) as answer:
        assert answer.status == 201
        found = await answer.json()
    return found, {"Authorization": f"Bearer {found['token']}"}


async def events(answer, count):
    """So many events of a stream."""
    found = []
    async with asyncio.timeout(10):
        while len(found) < count:
            line = await answer.content.readline()
            if line.startswith(b"data: "):
                found.append(json.loads(line[6:]))
    return found


async def test_the_widget_is_had_once_and_packed(browser):
    async with browser.get("/chat.js", headers={"Accept-Encoding": "identity"}) as answer:
        script, tag = await answer.read(), answer.headers["ETag"]
        assert answer.content_type == "text/javascript"
    async with browser.get("/chat.js", headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as answer:
        packed = await answer.read()
        assert gzip.decompress(packed) == script
        assert len(packed) < 15_000
    async with browser.get("/chat.js", headers={"If-None-Match": tag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")


async def test_pages_of_the_shop_may_ask_and_no_others(browser):
    asks = {"Origin": SHOP, "Access-Control-Request-Method": "POST"}
    async with browser.options("/desk/sales/chats", headers=asks) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == SHOP
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    for origin in ("https://other.example", "null", f"{SHOP}.other.example"):
        headers = {"Origin": origin}
        for method in ("OPTIONS", "GET"):
            async with browser.request(method, "/desk/sales", headers=headers) as answer:
                assert (answer.status, (await answer.json())["code"]) == (403, "origin")
                assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_refusal_is_read_by_the_page_too(browser):
    async with browser.get("/chat/events", headers={"Origin": SHOP}) as answer:
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (401, SHOP)


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer x", "Basic abc"])
async def test_nobody_gets_into_a_chat_without_its_token(browser, token):
    await opened(browser)
    for method, path in (("GET", "events"), ("POST", "say"), ("GET", "transcript"), ("GET", "file/1")):
        async with browser.request(method, f"/chat/{path}", headers={"Authorization": token}) as answer:
            assert answer.status == 401


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "truncated"),
        (b"[]", "object"),
        (b'{"text": 1}', "$.text"),
        (b'{"name": "x"}', "text"),
        (b'{"text": "' + b"x" * 4001 + b'"}', "$.text"),
        (b'{"text": "\\ud800"}', "truncated"),
        (b'{"text": "x", "fields": {"a": 1}}', "$.fields"),
        (b"[" * 100_000, "bytes"),
    ],
)
async def test_what_is_unclear_is_refused_with_a_sentence(browser, body, field):
    async with browser.post("/desk/sales/chats", data=body) as answer:
        assert answer.status in (400, 413)
        assert field in (await answer.json())["error"]


async def test_a_stream_goes_on_from_the_last_line(browser):
    found, token = await opened(browser)
    last = found["events"][-1]["n"]
    stream = {**token, "Accept": "text/event-stream"}
    async with browser.get("/chat/events?after=0", headers=stream) as answer:
        assert await events(answer, last) == found["events"]
        async with browser.post("/chat/say", headers=token, json={"key": "a", "text": "one"}) as said:
            n = (await said.json())["n"]
        assert [event["n"] for event in await events(answer, 1)] == [n]
    async with browser.get(f"/chat/events?after={n}", headers=stream) as answer:
        async with browser.post("/chat/say", headers=token, json={"key": "b", "text": "two"}) as said:
            assert (await said.json())["n"] == n + 1
        assert [(one["n"], one["key"], one["text"]) for one in await events(answer, 1)] == [
            (n + 1, "b", "two")
        ]


async def test_a_poll_is_answered_when_there_is_something(browser):
    found, token = await opened(browser)
    last = found["events"][-1]["n"]
    async with browser.get("/chat/events", headers=token) as answer:
        assert await answer.json() == {"events": found["events"], "after": last}
    async with browser.get(f"/chat/events?after={last}&wait=0", headers=token) as answer:
        assert await answer.json() == {"events": [], "after": last}
    polling = asyncio.ensure_future(browser.get(f"/chat/events?after={last}", headers=token))
    async with browser.post("/chat/say", headers=token, json={"key": "a", "text": "one"}):
        pass
    assert [one["text"] for one in (await (await polling).json())["events"]] == ["one"]


async def test_the_same_again_is_the_same_line(place, browser):
    _, token = await opened(browser)
    names = []
    for _ in range(3):
        async with browser.post("/chat/say", headers=token, json={"key": "a", "text": "one"}) as answer:
            names.append((await answer.json())["n"])
    assert len(set(names)) == 1
    async with browser.post("/chat/say", headers=token, json={"key": "b", "text": "two"}):
        pass
    said = [(await place.said()).content.text for _ in range(3)]
    assert said == ["hello", "one", "two"]


async def test_an_agent_who_writes_is_seen_by_whom_they_talk_to_alone(place, browser):
    _, other = await opened(browser)
    await place.person.join()
    await place.deliver(plain("hi"))
    await place.heard()
    place.adapter.hint(SetTyping(room=ROOM, typing=True, speaker=ALICE))
    assert (await place.did(TypingChanged)).typing
    async with browser.get("/chat/events?after=0", headers=other) as answer:
        assert all(event["kind"] != "typing" for event in (await answer.json())["events"])


async def test_a_visitor_who_writes_is_seen_by_agents(place):
    await place.person.join()
    await place.person.type()
    while not isinstance(event := await asyncio.wait_for(place.events.get(), 5), TypingChanged):
        pass
    assert (event.sender.id, event.sender.name) == (str(place.person.chat), place.person.name)


async def test_a_transcript_has_what_was_said_and_not_what_was_noted(place):
    await place.person.join()
    await place.deliver(plain("good day"))
    await place.deliver(plain("!note is in a hurry"))
    await place.deliver(plain("// between us"))
    text = await place.person.transcript()
    said, link = text.split("\n\n")
    assert [line.partition(": ")[2] for line in said.splitlines()] == ["hello", "good day"]
    assert "/delete/" in link


async def test_who_reads_nothing_is_shown_out(place, browser, monkeypatch):
    """Lines stand in the store: of one who does not read, a hundred at most are in memory, for a while."""
    monkeypatch.setattr("adapters.livechat.streams._STUCK", 0.3)
    await place.person.join()
    await place.deliver(plain("hi"))
    host, port = place.adapter.config.address
    slow = socket.create_connection((host, port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    slow.sendall(
        b"GET /chat/events?after=0 HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\n"
        b"Authorization: Bearer " + place.person.token.encode() + b"\r\n\r\n"
    )
    for _ in range(700):
        place.adapter.send_now(place.message(plain("x" * 8000), speaker=ALICE), lambda _: None)
    following = place.adapter._session.desks.followers
    while len(following) < 2:
        await asyncio.sleep(0.01)
    while len(following) > 1:  # until its time is over
        await asyncio.sleep(0.01)
    slow.close()
    assert place.person.chat in following, "who reads is not shown out"


async def test_those_who_are_too_many_wait_outside(place):
    """`connections`: 20; who says nothing makes room for who asks."""
    host, port = place.adapter.config.address
    silent = [await asyncio.open_connection(host, port) for _ in range(40)]
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{address(place.adapter)}/desk/sales") as answer,
    ):
        assert answer.status == 200
    for _, writer in silent:
        writer.transport.abort()


def test_the_ninth_tab_takes_the_place_of_the_first():
    came = []
    all_ = ChatFollowers(lambda *here: came.append(here))
    with contextlib.ExitStack() as stack:
        first, *others = [stack.enter_context(all_.following(1, 0)) for _ in range(followers._MOST + 1)]
        assert first.over
        assert not any(one.over for one in others)
    assert came == [(1, True, 0), (1, False, 0)]


async def test_a_stop_ends_streams_as_http_does(tmp_path):
    """Each closes its own connection, so that ten thousand leave nothing to be ended one by one."""
    place = DeskPlace(await new_adapter(tmp_path), ROOM, None, None)
    async with aiohttp.ClientSession(address(place.adapter)) as session:
        async with place.running():
            _, token = await opened(session)
            stream = {**token, "Accept": "text/event-stream"}
            answers = [await session.get("/chat/events", headers=stream) for _ in range(3)]
        for answer in answers:
            assert answer.headers["Connection"] == "close"
            assert b"data: " in await answer.read(), "raises where it ends in the middle"


async def test_whoever_ends_followers_knows_when_they_are_gone():
    came = []
    all_ = ChatFollowers(lambda chat, here, reached: came.append((chat, here)))
    going = []

    async def follow(chat):
        with all_.following(chat, 0) as follower:
            await follower.news(60)
            going.append(chat)

    tasks = [asyncio.ensure_future(follow(chat)) for chat in (1, 2, 2)]
    await asyncio.sleep(0)
    await all_.end()
    assert sorted(going) == [1, 2, 2]
    assert sorted(came) == [(1, False), (1, True), (2, False), (2, True)]
    await asyncio.gather(*tasks)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"listen": "0.0.0.0:8490"}, "name the web server before it"),
        ({"origins": ["shop.example"]}, "https://shop.example"),
        ({"origins": ["https://shop.example/wool"]}, "without a path, such as https://shop.example"),
        ({"public_url": "chat.shop.example"}, "https://chat.shop.example"),
        ({"secret": "short"}, "openssl rand"),
    ],
)
def test_mistakes_in_the_map_are_told(settings, sentence):
    with pytest.raises(ValidationError, match=sentence):
        Adapter.NetworkConfig.model_validate(settings)


def test_an_origin_may_end_as_browsers_show_it():
    config = Adapter.NetworkConfig.model_validate({"origins": "https://Shop.example/"})
    assert config.origins == ("https://shop.example",)


@pytest.mark.parametrize(
    ("text", "room"), [("Sales", "sales"), (" a-b_1 ", "a-b_1"), ("sales/12", "sales/12")]
)
def test_a_desk_has_a_word_for_its_name(text, room):
    assert Adapter.room_id(text) == room


async def test_a_look_says_what_keeps_visitors_from_it(place, tmp_path):
    port = free_port()
    for url, sentence in (
        (address(place.adapter), None),
        (f"http://127.0.0.1:{port}", "cannot be reached"),
        (f"{address(place.adapter)}/elsewhere", "is no widget"),
    ):
        config = place.adapter.config.model_copy(update={"public_url": url})
        found = (await look_at(config, {ROOM: None})).get("")
        assert found is None if sentence is None else sentence in found


async def test_files_of_chats_that_are_gone_go_too(place, tmp_path):
    await place.person.join()
    (tmp_path / "a.txt").write_text("words")
    await place.person.send(tmp_path / "a.txt")
    files, desks = place.adapter._session.files, place.adapter._session.desks
    await desks.tidy(files, 0.0)
    assert files.chats() == [place.person.chat]
    with desks.store.transaction():
        desks.store.erase(place.person.chat)
    await desks.tidy(files, 0.0)
    assert files.chats() == []


async def test_visitors_are_refused_in_their_language_and_builders_in_english(browser):
    _, token = await opened(browser)
    german = {**token, "Accept-Language": "de-AT,de;q=0.9"}
    async with browser.post("/chat/file?key=a&name=a.exe", data=b"MZ\x90", headers=german) as answer:
        assert (answer.status, (await answer.json())["error"].partition(" (")[0]) == (415, "Solche Dateien")
    for data, status, told in (
        (b"", 400, "Die Datei ist leer."),
        (io.BytesIO(b"x" * 5_000_001), 413, "Die Datei ist zu groß: höchstens 5,000,000 Bytes."),
    ):
        async with browser.post("/chat/file?key=b&name=b.txt", data=data, headers=german) as answer:
            assert (answer.status, (await answer.json())["error"]) == (status, told)
    async with browser.get("/desk/other", headers=german) as answer:
        assert (answer.status, (await answer.json())["error"]) == (404, "there is no desk 'other'")


async def test_what_happens_on_the_page_is_told_agents_once_and_is_a_field(place, browser):
    found, token = await opened(browser)
    number, desk = found["chat"], place.adapter._session.desks
    for data in ({"items": 2}, {"items": 2}, "see https://evil.example\nnow", "x" * 1001, "{braces}"):
        event = {"name": "cart", "data": data}
        async with browser.post("/chat/event", headers=token, json=event) as answer:
            assert answer.status == (400 if data == "x" * 1001 else 200)
    told = [row.body.text for row in desk.store.feed("sales") if "cart" in row.body.text]
    assert told == [
        f'{number} bea: cart: {{"items":2}}',
        f"{number} bea: cart: see https[:]//evil[.]example now",
        f"{number} bea: cart: {{braces}}",
    ]
    assert desk.store.chat(number).fields == {"cart": "{braces}"}
    for n in range(40):
        desk.desk("sales").happened(number, f"field{n}", "x" * 1000)
    assert len(desk.store.chat(number).fields) == 30
    assert max(len(row.body.text) for row in desk.store.feed("sales")) < 100
