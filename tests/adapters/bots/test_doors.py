"""Who may come in, and the ways of HTTP."""

import asyncio
import hashlib
import hmac
import json

import aiohttp
import pytest
import websockets
from aiohttp import web

from bridge.errors import RoomUnavailable
from bridge.model import MessageCreated, plain
from bridge.testing import free_port
from tests.adapters.bots.places import address, did, new_place, send
from tests.adapters.bots.witness import Bot

TOKEN = "a-word-that-nobody-knows"


@pytest.fixture
async def http():
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def open_place(tmp_path):
    async with new_place(tmp_path) as place, place.running():
        yield place


@pytest.fixture
async def closed_place(tmp_path):
    async with new_place(tmp_path, token=TOKEN) as place, place.running():
        yield place


@pytest.mark.parametrize(
    ("headers", "query", "status"),
    [
        ({}, "", 401),
        ({"Authorization": "Bearer"}, "", 401),
        ({"Authorization": "Bearer wrong"}, "", 403),
        ({"Authorization": "Basic x"}, "", 401),
        ({}, "?access_token=wrong", 403),
        ({"Authorization": f"Bearer {TOKEN}"}, "", 200),
        ({"Authorization": f"Token {TOKEN}"}, "", 200),
        ({}, f"?access_token={TOKEN}", 200),
    ],
    ids=str,
)
async def test_the_token(closed_place, http, headers, query, status):
    url = f"{address(closed_place.adapter, 'http')}get_status{query}"
    async with http.get(url, headers=headers) as answer:
        assert answer.status == status
    if status != 200:
        with pytest.raises(websockets.InvalidStatus) as refused:
            await websockets.connect(
                address(closed_place.adapter) + query, additional_headers=headers, proxy=None
            )
        assert refused.value.response.status_code == status


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "none"}, {"Host": "evil.example"}],
    ids=str,
)
async def test_a_browser_is_no_bot(open_place, http, headers):
    async with http.get(f"{address(open_place.adapter, 'http')}get_status", headers=headers) as answer:
        assert answer.status == 403
    async with http.ws_connect(address(open_place.adapter)) as socket:
        assert not socket.closed
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(address(open_place.adapter), headers=headers)


async def test_actions_by_http(open_place, http):
    home = address(open_place.adapter, "http")

    async def ask(action, **how):
        async with http.request(how.pop("method", "POST"), f"{home}{action}", **how) as answer:
            return answer.status, await answer.json() if answer.content_type == "application/json" else None

    status, groups = await ask("get_group_list", method="GET")
    group = groups["data"][0]["group_id"]
    assert (status, groups["status"], groups["retcode"]) == (200, "ok", 0)
    for how in (
        {"json": {"group_id": group, "message": [{"type": "text", "data": {"text": "hello"}}]}},
        {"data": {"group_id": str(group), "message": "hello"}},
        {"method": "GET", "params": {"group_id": str(group), "message": "hello"}},
    ):
        status, sent = await ask("send_group_msg", **how)
        assert (status, sent["data"]["message_id"] > 0) == (200, True)
        assert (await did(open_place, MessageCreated)).content == plain("hello")
    assert (await ask("what_is_this"))[0] == 404
    assert (await ask("get_msg", json={"message_id": "x"}))[0] == 400
    assert (await ask("get_msg", data="{", headers={"Content-Type": "application/json"}))[0] == 400
    status, failed = await ask("get_msg", json={"message_id": 99})
    assert (status, failed["status"], failed["retcode"]) == (200, "failed", 100)


async def test_what_is_nested_too_deeply_is_refused(open_place, http):
    url = f"http://{open_place.adapter.config.listen}/get_msg"
    headers = {"Content-Type": "application/json"}
    async with http.post(url, data=b"[" * 5000, headers=headers) as answer:
        assert answer.status == 400


async def test_roles(open_place):
    events = Bot(address(open_place.adapter, path="/event"))
    actions = Bot(address(open_place.adapter, path="/api/"))
    assert (await actions.ask("get_status"))["good"]
    await events.next(meta_event_type="lifecycle")
    await send(open_place, "hello")
    await events.next(post_type="message")
    assert not actions.events
    await events.leave()
    await actions.leave()


class Posted:
    """A bot to which events are posted."""

    def __init__(self):
        self.port = free_port()
        self.bodies = asyncio.Queue()
        self.answer = {}
        self.status = 200
        self._runner = None

    async def start(self):
        application = web.Application()
        application.router.add_post("/", self._take)
        self._runner = web.AppRunner(application, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()

    async def _take(self, request):
        self.bodies.put_nowait((await request.read(), request.headers))
        if isinstance(self.answer, bytes):
            return web.Response(body=self.answer)
        return web.json_response(self.answer, status=self.status)

    async def next(self):
        while True:
            body, headers = await asyncio.wait_for(self.bodies.get(), 10)
            event = json.loads(body)
            if event["post_type"] == "message":
                return event, body, headers

    async def stop(self):
        await self._runner.cleanup()


@pytest.fixture
async def posted():
    bot = Posted()
    await bot.start()
    yield bot
    await bot.stop()


async def test_events_are_posted_and_signed_and_answered_at_once(tmp_path, posted):
    settings = {"post": [f"http://127.0.0.1:{posted.port}/"], "secret": "hush", "self_id": 10001}
    async with new_place(tmp_path, **settings) as place:
        await place.person.leave()
        async with place.running():
            posted.answer = {"reply": "42", "auto_escape": True}
            await send(place, "!price")
            event, body, headers = await posted.next()
            assert event["raw_message"] == "!price"
            signature = hmac.new(b"hush", body, hashlib.sha1).hexdigest()
            assert headers["X-Signature"] == f"sha1={signature}"
            assert headers["X-Self-ID"] == "10001"
            assert (await did(place, MessageCreated)).content.text == "@ada 42"


async def test_what_is_posted_is_confirmed_by_the_answer(tmp_path, posted):
    async with new_place(tmp_path, post=[f"http://127.0.0.1:{posted.port}/"]) as place:
        await place.person.leave()
        async with place.running():
            posted.status = 503
            with pytest.raises(RoomUnavailable, match="no bot is connected"):
                await send(place)


async def test_an_answer_that_is_garbage_ends_nothing(tmp_path, posted):
    async with new_place(tmp_path, post=[f"http://127.0.0.1:{posted.port}/"]) as place:
        await place.person.leave()
        async with place.running():
            for garbage in (b"[" * 5000, b"\xff", b"{", b'{"reply": {"data": 1}}'):
                posted.answer = garbage
                await send(place, "hello?")
                assert (await posted.next())[0]["raw_message"] == "hello?"


async def test_no_token_reaches_the_log(tmp_path, posted, caplog):
    caplog.set_level(0)
    url = f"http://127.0.0.1:{posted.port}/?access_token={TOKEN}"
    async with new_place(tmp_path, post=[url], token=TOKEN) as place, place.running():
        await send(place)
        await posted.next()
        found = await place.adapter.look(place.adapter.rooms)
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith("websockets")]
    assert f"bots: the bot at http://127.0.0.1:{posted.port}/ is connected" in ours
    assert not [line for line in ours if TOKEN in line]
    await posted.stop()
    found |= await place.adapter.look(place.adapter.rooms)
    assert "nobody listens" in found[""]
    assert TOKEN not in found[""]
